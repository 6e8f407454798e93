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
from completions.wire.bedrock.blocks import Block, blocks, is_run, streamed, text_first
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.prompt import read_prompt
from completions.wire.bedrock.refusals import REFUSALS
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text
from completions.wire.framing import counts
from completions.wire.readback import Answer, Voice

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

CHOSEN: Mapping[str, str] = {"performanceConfig": "latency", "serviceTier": "type"}
"""What of a request its answer repeats."""

CACHING = re.compile(r"claude-(?!3-(?!7)|v?2|instant)|openai\.gpt-(?!oss)")
"""Models that tell in each whole answer what a cache did: Claude from 3.7 on, and GPT-5.6 (recorded in 2026)."""

READING = "global.anthropic.claude-haiku-4-5"
"""Of this profile it is told only what was read, unless it was written too (September 2026; in the US it is both)."""


class Converse(BedrockFormat):
    """An answer of any model, in one shape for all."""

    name = "converse"
    arguments = "object"
    vendor = "bedrock"
    refusals = REFUSALS

    def knows(self, model: str) -> bool:
        """Tell whether Bedrock has a model, in some region."""
        return is_known(model_of(model), self.vendor) or is_known(model, self.vendor)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now."""
        if validate:
            signing.check(headers)
        document, model = decode_object(body), route.get("model", "")
        if validate:
            bedrock_rules.validate(document, model_of(model))
            model_fields.check(document, model_of(model))
            claude_thinking.check(document, model_of(model))
        prompt = read_prompt(document, headers, model, stream=route.get("method") == "converse-stream")
        return claude_fields.extended(prompt) if is_claude(model) else prompt

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message, why it ends, and what it cost; a document of a script as it is."""
        if (own := reply.verbatim(Converse.name)) is not None:
            return dict(own)
        content = [block.whole for block in sorted(blocks(reply, prompt), key=text_first(prompt.model or ""))]
        told = {
            **_pointed_at(reply, prompt),
            **_chosen(reply, prompt),
            "metrics": _metrics(reply.used),
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": stop_reason(reply, prompt),
            "usage": _usage(reply, prompt),
        }
        return dict(sorted(told.items()))

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events: the start, each block to its stop, why the message ends, and what it cost."""
        content = [_streamed(at, block) for at, block in enumerate(streamed(reply, prompt))]
        stopped = _pointed_at(reply, prompt) | PADDING | {"stopReason": stop_reason(reply, prompt)}
        costs = {"metrics": _metrics(reply.used), "usage": _usage(reply, prompt)}
        costs = dict(sorted((PADDING | costs | _chosen(reply, prompt)).items()))
        start = _event("messageStart", PADDING | {"role": "assistant"})
        ending, metadata = _event("messageStop", stopped, part="finish"), _event("metadata", costs, chunk=False)
        return padded(Events([start], *content, [ending, metadata]))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in an answer, or an event of its stream."""
        if collect_error(document, answer):
            return
        voice = answer.voice()
        for index, block in enumerate(dicts(mapping(mapping(document.get("output")).get("message")).get("content"))):
            _collect(index, block, voice)
        if "contentBlockIndex" in document:
            _collect(document["contentBlockIndex"], mapping(document.get("start") or document.get("delta")), voice)
        voice.ends(document.get("stopReason"), FINISH_REASONS)
        if usage := mapping(document.get("usage")):
            asked, cached = usage.get("inputTokens"), usage.get("cacheReadInputTokens", 0)
            if isinstance(asked, int):
                asked += sum(n for n in (cached, usage.get("cacheWriteInputTokens")) if isinstance(n, int))
            answer.costs(asked, usage.get("outputTokens"), cached)


class UnknownOperation(Converse):
    """The operations of Bedrock's runtime that are not here, under the name that is common to AWS's services."""

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return AWS's name for it, where the model has not been looked for."""
        if exc.status == 404:
            exc = AmazonError("UnknownOperationException", exc.message, 404)
        return super().adapt_error(exc)


def _pointed_at(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of its own model that a request points at; of models but Claude none is known."""
    return claude_fields.pointed_at(reply, prompt) if is_claude(prompt.model or "") else {}


def _chosen(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return what an answer repeats of how it was asked for, and what a guardrail did (recorded in 2026)."""
    told = {
        name: {key: given} for name, key in CHOSEN.items() if (given := text(mapping(prompt.body.get(name)).get(key)))
    }
    return told | guardrail.trace(reply, prompt)


def _collect(index: object, block: Mapping[str, Any], voice: Voice) -> None:
    voice.says(block.get("text"), place=index)
    for told in dicts(mapping(block.get("citationsContent")).get("content")):
        voice.says(told.get("text"), place=index)
    thought = mapping(block.get("reasoningContent"))
    voice.says(mapping(thought.get("reasoningText")).get("text") or thought.get("text"), "reasoning", place=index)
    if call := mapping(block.get("toolUse")):
        place = index if isinstance(index, int) else -1
        voice.call(place, name=call.get("name"), id=call.get("toolUseId"), arguments=call.get("input", ""))


def _streamed(index: int, block: Block) -> Events:
    at, events = {"contentBlockIndex": index}, Events()
    if block.opening is not None:
        events.append(_event("contentBlockStart", {**at, **PADDING, "start": block.opening}, token=True))
    part = "arguments" if block.opening is not None else ""
    for delta, values, token in block.runs:
        template, name = Template({**at, "delta": delta, **PADDING}), "contentBlockDelta"
        if token:
            events += template.events(values, part, name, counts(values))
        else:
            events += [Event(each, name=name) for each in template.fill(values)]
    events.append(_event("contentBlockStop", at | PADDING))
    return events


def _event(name: str, document: dict[str, Any], *, token: bool = False, chunk: bool = True, part: str = "") -> Event:
    return Event(orjson.dumps(document), token, chunk, part, name)


def stop_reason(reply: Reply, prompt: Prompt) -> str:
    """Return why an answer ends, in AWS's words; what a filter stops, a guardrail does if the request has one."""
    choice = only_choice(reply)
    if guardrail.intervenes(reply, guardrail.configured(prompt)):
        return "guardrail_intervened"
    if choice.stopped_by is not None and choice.finish_reason == "stop":
        return "stop_sequence"
    if choice.tool_calls and all(is_run(call, prompt) for call in choice.tool_calls):
        return "end_turn"
    return STOP_REASONS.get(choice.finish_reason or "stop", "end_turn")


def _metrics(usage: Usage) -> dict[str, int]:
    return {"latencyMs": TOKEN_MS * usage.completion_tokens}


def _usage(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the tokens, none where a guardrail blocks; the input is what was neither read from a cache nor written.

    A whole answer of a model in `CACHING` tells of the cache even where nothing was to be cached; for how long it
    keeps what was written, Claude alone does (recorded in 2026, beside Nova's).
    """
    blocked = guardrail.intervenes(reply, guardrail.configured(prompt))
    known = Usage(0, 0) if blocked else reply.used
    cached, written, long = known.cached_tokens, known.cache_creation_tokens, known.cache_creation_1h_tokens
    counts: dict[str, Any] = {
        "inputTokens": max(known.prompt_tokens - cached - written, 0),
        "outputTokens": known.completion_tokens,
        "serverToolUsage": {},
        "totalTokens": known.total_tokens,
    }
    always = CACHING.search(prompt.model or "") and not prompt.stream and not blocked
    if cached or written or (prompt.cache_blocks and not blocked) or always:
        counts |= {"cacheReadInputTokenCount": cached, "cacheReadInputTokens": cached}
        if written or prompt.cache_blocks or READING not in (prompt.model or ""):
            counts |= {"cacheWriteInputTokenCount": written, "cacheWriteInputTokens": written}
    if written and is_claude(prompt.model or ""):
        details = [("5m", max(written - (long or 0), 0)), ("1h", long)]
        counts["cacheDetails"] = [{"inputTokens": count, "ttl": ttl} for ttl, count in details if count]
    return dict(sorted(counts.items()))
