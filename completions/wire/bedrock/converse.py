"""Converse, Bedrock's format for every model: `POST /model/{id}/converse` and `/converse-stream`.

Shapes: `ConverseResponse` and `ConverseStreamOutput` in botocore's service model of `bedrock-runtime`; AWS sorts the
keys (recorded from 2025 to 2026). The times in `metrics` are made up, so that the same answer has the same times.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Prompt, Reply, Usage
from completions.event import Event, Events, Template
from completions.exceptions import RequestError
from completions.tokens.capabilities import is_known
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import claude_fields, claude_thinking, guardrail, model_fields, signing
from completions.wire.bedrock import rules as bedrock_rules
from completions.wire.bedrock.base import PADDING, BedrockFormat, collect_error, is_claude, model_of, padded
from completions.wire.bedrock.blocks import Block, blocks, is_run_by_server, sort_key, streamed
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.prompt import read_prompt
from completions.wire.bedrock.refusals import REFUSALS
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text
from completions.wire.framing import counts
from completions.wire.readback import Answer, ChoiceBuilder

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filtered",
}
FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
TOKEN_MS = 10

REPEATED_FIELDS: Mapping[str, str] = {"performanceConfig": "latency", "serviceTier": "type"}
"""The members of a request that its answer repeats."""

CACHE_COUNT_MODELS = re.compile(r"claude-(?!3-(?!7)|v?2|instant)|openai\.gpt-(?!oss)")
"""Models whose whole answers always have the cache's counts: Claude from 3.7 on, and GPT-5.6 (recorded in 2026)."""

CACHE_READ_ONLY_MODEL = "global.anthropic.claude-haiku-4-5"
"""A profile whose usage has only the tokens read, unless some were written (September 2026; in the US it has both)."""


class Converse(BedrockFormat):
    """An answer of any model, in one shape for all."""

    name = "converse"
    call_arguments = "object"
    vendor = "bedrock"
    refusals = REFUSALS

    def has_model(self, model: str) -> bool:
        """Tell whether Bedrock has a model, in some region."""
        return is_known(model_of(model), self.vendor) or is_known(model, self.vendor)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current."""
        if validate:
            signing.check(headers)
        document, model = decode_object(body), route.get("model", "")
        if validate:
            bedrock_rules.validate(document, model_of(model))
            model_fields.check(document, model_of(model))
            claude_thinking.check(document, model_of(model))
        prompt = read_prompt(document, headers, model, stream=route.get("method") == "converse-stream")
        return claude_fields.with_request_fields(prompt) if is_claude(model) else prompt

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message, its stop reason and its usage; a script's document as it is."""
        if (verbatim := reply.verbatim(Converse.name)) is not None:
            return dict(verbatim)
        content = [block.whole for block in sorted(blocks(reply, prompt), key=sort_key(prompt.model or ""))]
        document = {
            **_response_fields(reply, prompt),
            **_repeated_fields(reply, prompt),
            "metrics": _metrics(reply.used),
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": stop_reason(reply, prompt),
            "usage": _usage(reply, prompt),
        }
        return dict(sorted(document.items()))

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events: the start, each block up to its stop, the stop reason, and the usage."""
        content = [_streamed(index, block) for index, block in enumerate(streamed(reply, prompt))]
        stop_fields = _response_fields(reply, prompt) | PADDING | {"stopReason": stop_reason(reply, prompt)}
        usage_fields = {"metrics": _metrics(reply.used), "usage": _usage(reply, prompt)}
        usage_fields = dict(sorted((PADDING | usage_fields | _repeated_fields(reply, prompt)).items()))
        start = _event("messageStart", PADDING | {"role": "assistant"})
        ending, metadata = (
            _event("messageStop", stop_fields, part="finish"),
            _event("metadata", usage_fields, chunk=False),
        )
        return padded(Events([start], *content, [ending, metadata]))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read an answer back, or an event of its stream."""
        if collect_error(document, answer):
            return
        choice = answer.choice()
        for index, block in enumerate(dicts(mapping(mapping(document.get("output")).get("message")).get("content"))):
            _collect(index, block, choice)
        if "contentBlockIndex" in document:
            _collect(document["contentBlockIndex"], mapping(document.get("start") or document.get("delta")), choice)
        choice.set_finish_reason(document.get("stopReason"), FINISH_REASONS)
        if usage := mapping(document.get("usage")):
            prompt_tokens, cached = usage.get("inputTokens"), usage.get("cacheReadInputTokens", 0)
            if isinstance(prompt_tokens, int):
                prompt_tokens += sum(n for n in (cached, usage.get("cacheWriteInputTokens")) if isinstance(n, int))
            answer.set_usage(prompt_tokens, usage.get("outputTokens"), cached)


class UnknownOperation(Converse):
    """The operations of Bedrock's runtime that the mock lacks, with the error that AWS's services share."""

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return a 404 as an unknown operation; no model has been looked up."""
        if exc.status == 404:
            exc = AmazonError("UnknownOperationException", exc.message, 404)
        return super().adapt_error(exc)


def _response_fields(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the model's own fields to which a request has pointers; known of Claude alone."""
    return claude_fields.response_fields(reply, prompt) if is_claude(prompt.model or "") else {}


def _repeated_fields(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the request's members that an answer repeats, and a guardrail's trace (recorded in 2026)."""
    fields = {
        name: {key: value}
        for name, key in REPEATED_FIELDS.items()
        if (value := text(mapping(prompt.body.get(name)).get(key)))
    }
    return fields | guardrail.trace(reply, prompt)


def _collect(index: object, block: Mapping[str, Any], choice: ChoiceBuilder) -> None:
    choice.add_text(block.get("text"), place=index)
    for blocks_with_annotations in dicts(mapping(block.get("citationsContent")).get("content")):
        choice.add_text(blocks_with_annotations.get("text"), place=index)
    reasoning = mapping(block.get("reasoningContent"))
    choice.add_text(
        mapping(reasoning.get("reasoningText")).get("text") or reasoning.get("text"), "reasoning", place=index
    )
    if call := mapping(block.get("toolUse")):
        call_index = index if isinstance(index, int) else -1
        choice.add_call(call_index, name=call.get("name"), id=call.get("toolUseId"), arguments=call.get("input", ""))


def _streamed(index: int, block: Block) -> Events:
    index_field, events = {"contentBlockIndex": index}, Events()
    if block.opening is not None:
        events.append(_event("contentBlockStart", {**index_field, **PADDING, "start": block.opening}, token=True))
    part = "arguments" if block.opening is not None else ""
    for delta, values, token in block.runs:
        template, name = Template({**index_field, "delta": delta, **PADDING}), "contentBlockDelta"
        if token:
            events += template.events(values, part, name, counts(values))
        else:
            events += [Event(data, name=name) for data in template.fill(values)]
    events.append(_event("contentBlockStop", index_field | PADDING))
    return events


def _event(name: str, document: dict[str, Any], *, token: bool = False, chunk: bool = True, part: str = "") -> Event:
    return Event(orjson.dumps(document), token, chunk, part, name)


def stop_reason(reply: Reply, prompt: Prompt) -> str:
    """Return AWS's stop reason; with `content_filter`, that of a guardrail if the request has one."""
    choice = only_choice(reply)
    if guardrail.intervenes(reply, guardrail.from_body(prompt)):
        return "guardrail_intervened"
    if choice.stopped_by is not None and choice.finish_reason == "stop":
        return "stop_sequence"
    if choice.tool_calls and all(is_run_by_server(call, prompt) for call in choice.tool_calls):
        return "end_turn"
    return STOP_REASONS.get(choice.finish_reason or "stop", "end_turn")


def _metrics(usage: Usage) -> dict[str, int]:
    return {"latencyMs": TOKEN_MS * usage.completion_tokens}


def _usage(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the counts of tokens, 0 if a guardrail blocks; tokens read from a cache or written to it are not input.

    A whole answer of `CACHE_COUNT_MODELS` has the cache's counts even if nothing was cached; only Claude's have the
    tokens by time to live (recorded in 2026, as Nova's were).
    """
    blocked = guardrail.intervenes(reply, guardrail.from_body(prompt))
    usage = Usage(0, 0) if blocked else reply.used
    cache_read, cache_write, cache_write_1h = (
        usage.cached_tokens,
        usage.cache_creation_tokens,
        usage.cache_creation_1h_tokens,
    )
    counts: dict[str, Any] = {
        "inputTokens": max(usage.prompt_tokens - cache_read - cache_write, 0),
        "outputTokens": usage.completion_tokens,
        "serverToolUsage": {},
        "totalTokens": usage.total_tokens,
    }
    has_cache_counts = CACHE_COUNT_MODELS.search(prompt.model or "") and not prompt.stream and not blocked
    if cache_read or cache_write or (prompt.cache_blocks and not blocked) or has_cache_counts:
        counts |= {"cacheReadInputTokenCount": cache_read, "cacheReadInputTokens": cache_read}
        if cache_write or prompt.cache_blocks or CACHE_READ_ONLY_MODEL not in (prompt.model or ""):
            counts |= {"cacheWriteInputTokenCount": cache_write, "cacheWriteInputTokens": cache_write}
    if cache_write and is_claude(prompt.model or ""):
        details = [("5m", max(cache_write - (cache_write_1h or 0), 0)), ("1h", cache_write_1h)]
        counts["cacheDetails"] = [{"inputTokens": count, "ttl": ttl} for ttl, count in details if count]
    return dict(sorted(counts.items()))
