"""A response as a JSON document: the request's fields with the API's defaults, and the items of the output.

Shapes: `Response` and `ResponseOutputItem` of the openai SDK.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson

from completions.conversation import Block, Choice, ErrorContent, Prompt, Reply, ToolCall, Usage
from completions.tokens import text as tokens
from completions.wire.content import blocks_with_annotations, only_choice
from completions.wire.fields import arranged, dicts, mapping, object_of, text, whole
from completions.wire.openai import inline_moderation
from completions.wire.openai.base import made_id
from completions.wire.openai.logprobs import chat_entries
from completions.wire.openai.responses import containers, hosted, reasoning_order
from completions.wire.openai.responses.configuration_items import COMPACTION, compacts
from completions.wire.openai.responses.echo import TOOL_USAGE, by_name, echo, requested_summary
from completions.wire.openai.responses.prompt import included
from completions.wire.openai.responses.tool_search import namespace_of, with_search

FAILED = "The server had an error while processing your request."

UNFINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""The API's reasons of incomplete responses, by finish reason."""

_PREFIXES = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    "web_search_call": "ws_",
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
    "image_generation_call": "ig_",
    "computer_call": "cu_",
    "mcp_list_tools": "mcpl_",
    "mcp_approval_request": "mcpr_",
    "mcp_call": "mcp_",
    "local_shell_call": "lsh_",
    "shell_call": "sh_",
    "shell_call_output": "sho_",
    "apply_patch_call": "apc_",
    "compaction": "cmp_",
    "configuration_update": "cnfu_",
    "tool_search_call": "tsc_",
    "tool_search_output": "tso_",
}
"""The prefixes of items' ids, by type."""

_CLIENT_CALLS = ("computer_call", "local_shell_call", "shell_call", "apply_patch_call")


def response_id(reply: Reply) -> str:
    """Return the answer's id; the id of a chat completion gets this API's prefix."""
    if (reply_id := reply.id or "").startswith("chatcmpl-"):
        return f"resp_{reply_id.removeprefix('chatcmpl-')}"
    return reply_id or reasoning_order.free_id("resp_", reply.serial)


def prefix(kind: str) -> str:
    """Return the prefix of an item's id, by type."""
    return _PREFIXES.get(kind, "item_")


def document(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the complete response."""
    choice = only_choice(reply)
    reason = UNFINISHED.get(choice.finish_reason or "")
    failed = choice.finish_reason == "error"
    output = list(_output(reply, prompt))
    if (reason or failed) and output and output[-1].get("status") == "completed":
        output[-1]["status"] = "incomplete"
    created = reply.created or 0
    searches = sum(mapping(item.get("action")).get("type") == "search" for item in output)
    return echo(prompt, reply.model or prompt.model or "mock") | {
        "id": response_id(reply),
        "object": "response",
        "created_at": created,
        "status": "failed" if failed else "incomplete" if reason else "completed",
        "completed_at": None if reason or failed else created,
        "error": _failure(choice.failure) if failed else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        "tool_usage": {**TOOL_USAGE, "web_search": {"num_requests": searches}},
        "usage": _usage(reply, output[0], prompt) if compacts(prompt) else usage(reply.used),
        "moderation": inline_moderation.of_response(reply, prompt),
    }


def _usage(reply: Reply, compacted: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return the usage of an answer that is only a compaction of the conversation."""
    counted, written = usage(reply.used), tokens.count(compacted["encrypted_content"], prompt.model)
    output = {"output_tokens": written, "output_tokens_details": {"reasoning_tokens": 0}}
    return counted | output | {"total_tokens": counted["input_tokens"] + written}


def _failure(failure: ErrorContent | None) -> dict[str, Any]:
    """Return the error of a failed response (`ResponseError` of OpenAI's OpenAPI document)."""
    failure = failure or ErrorContent("")
    return {"code": failure.code or "server_error", "message": failure.message or FAILED}


def initial_tier(body: Mapping[str, Any]) -> str:
    """Return the tier that a response has before it is complete: the requested one (recorded 2026-10)."""
    return "default" if body.get("service_tier") == "default" else "auto"


def unfinished(document: Mapping[str, Any], status: str, tier: str) -> dict[str, Any]:
    """Return a response that is not complete: `queued`, `in_progress` or `cancelled`; `tier` replaces `default`."""
    names = ("completed_at", "content_filters", "error", "incomplete_details", "usage", "moderation")
    nulls = dict.fromkeys(name for name in names if name in document)  # a dialect may have left some out
    response = {**document, **nulls, "output": [], "status": status}
    for name in ("billing", "prompt_cache_diagnostics"):
        response.pop(name, None)
    if "tool_usage" in response and response["service_tier"] == "default":  # other vendors have the tier from the start
        response["service_tier"] = tier
    if "tool_usage" in response:
        response["tool_usage"] = TOOL_USAGE
    return response


def usage(counted: Usage) -> dict[str, Any]:
    """Return the usage with its details."""
    return {
        "input_tokens": counted.prompt_tokens,
        "input_tokens_details": {
            "cache_write_tokens": counted.cache_creation_tokens,
            "cached_tokens": counted.cached_tokens,
        },
        "output_tokens": counted.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": counted.reasoning_tokens},
        "total_tokens": counted.total_tokens,
    }


def without_cache_writes(usage: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a response's usage without the tokens written to the cache, for vendors that do not report them."""
    if usage is None:
        return None
    return usage | {"input_tokens_details": {"cached_tokens": usage["input_tokens_details"]["cached_tokens"]}}


ENCRYPTS_REASONING = re.compile(r"gpt-(5\.([5-9]|\d\d)|5\.\d+-pro|[6-9])")
"""Models that always send encrypted reasoning (recorded since September 2026, and not yet in July)."""
PHASED = re.compile(r"(^|/)gpt-(5\.(3-codex|[4-9]|\d\d)|[6-9])")
"""Models whose messages have a phase: the final answer, or a commentary before it.

Recorded since March 2026; of gpt-5.3-codex, which the API's types name as the first, by 0xPlaygrounds/rig in September.
"""


def _output(reply: Reply, prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Yield the items: reasoning, calls of the API's own tools, the message, calls of the client's tools."""
    if compacts(prompt):
        conversation = "\n".join(message.text for message in prompt.messages)
        yield {"id": reasoning_order.free_id(prefix(COMPACTION), reply.serial, 0), **_compacted(conversation, reply)}
        return
    if not reply.choices:
        return
    choice = _within_limit(reply.choices[0], prompt)
    items = list(containers.run_in_container(list(_items(choice, prompt, reply.serial)), choice, prompt, reply.serial))
    before, after = _compactions(reply, prompt)
    items = [*before, *with_search(items, prompt), *after]
    for place, item in enumerate(items):
        identity: dict[str, Any] = {"id": _item_id(items, place, reply)}
        if item["type"] == containers.SHELL_OUTPUT:
            item = {**item, "call_id": items[place - 1]["call_id"]}
            item = arranged(item, ("type", "status", *sorted(item)))
        elif item["type"] in _CLIENT_CALLS:
            item["call_id"] = item.get("call_id") or made_id("call_", reply, place)
            item = arranged(item, ("type", "status", *sorted(item)))  # as the API's were recorded in October 2026
        elif not item.get("call_id", "call") and "execution" not in item:
            item["call_id"] = made_id("call_", reply, place)
        yield identity | item


def _within_limit(choice: Choice, prompt: Prompt) -> Choice:
    """Return the choice without those calls of the API's own tools that exceed the request's limit."""
    if (limit := whole(prompt.body.get("max_tool_calls"), 0)) is None:
        return choice
    hosted_calls = [call for call in choice.tool_calls if hosted.kind_of(call, prompt) in hosted.API_TOOLS]
    dropped = {id(call) for call in hosted_calls[limit:]}
    calls = tuple(call for call in choice.tool_calls if id(call) not in dropped)
    return replace(
        choice, tool_calls=calls, blocks=tuple(each for each in choice.blocks if id(each.call) not in dropped)
    )


def _compactions(reply: Reply, prompt: Prompt) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return compactions of a conversation that reaches the request's threshold: before the answer, or after it.

    The one was measured by two projects in September 2026, the other was recorded in February.
    """
    settings = [each for each in dicts(prompt.body.get("context_management")) if each.get("type") == "compaction"]
    threshold = min(
        (threshold for each in settings if (threshold := whole(each.get("compact_threshold"), 0))), default=None
    )
    counted, choice = reply.used, reply.choices[0]
    messages = [message.text for message in prompt.messages]
    if threshold is None or counted.total_tokens < threshold:
        return [], []
    if counted.prompt_tokens >= threshold:
        return [_compacted("\n".join(messages), reply)], []
    if choice.finish_reason in (*UNFINISHED, "error"):
        return [], []
    return [], [_compacted("\n".join([*messages, choice.text or ""]), reply)]


def _compacted(conversation: str, reply: Reply) -> dict[str, Any]:
    return {"type": COMPACTION, "encrypted_content": reasoning_order.encrypted(conversation, reply.serial)}


def _item_id(items: Sequence[Mapping[str, Any]], place: int, reply: Reply) -> str:
    """Return an item's id, which says from which reasoning the item follows, if any."""
    kind = items[place]["type"]
    if kind == "reasoning":
        return reasoning_order.reasoning_id(reply.serial, alone=len(items) == 1)
    if items[0]["type"] == "reasoning":
        return reasoning_order.follower_id(prefix(kind), reply.serial, place)
    return reasoning_order.free_id(prefix(kind), reply.serial, place)


def _items(choice: Choice, prompt: Prompt, serial: str) -> Iterator[dict[str, Any]]:
    include = included(prompt.body)
    if choice.blocks:
        yield from _in_order(choice, prompt, include, serial)
        return
    if choice.reasoning:
        yield _reasoning([choice.reasoning], prompt, include, serial)
    kinds = [hosted.kind_of(call, prompt) for call in choice.tool_calls]
    calls = [_call(call, kind, prompt, include) for call, kind in zip(choice.tool_calls, kinds, strict=True)]
    before = [call for call, kind in zip(calls, kinds, strict=True) if kind in hosted.API_TOOLS]
    if not calls and choice.text:
        before = list(_default_calls(prompt, include))
    yield from (hosted.without_results(item, include) for item in before)
    needs_approval = any(item["type"] == "mcp_approval_request" for item in before)
    if not needs_approval and (choice.text or choice.refusal or not (calls or choice.reasoning)):
        sources = [found for item in before if (found := hosted.source(item))]
        texts = [each for each in blocks_with_annotations(choice) if each[0].kind in ("text", "refusal")]
        yield _message(texts or [NOTHING], choice, prompt, sources)
    yield from (call for call, kind in zip(calls, kinds, strict=True) if kind not in hosted.API_TOOLS)


def _in_order(choice: Choice, prompt: Prompt, include: tuple[str, ...], serial: str) -> Iterator[dict[str, Any]]:
    """Yield an item for each run of blocks of a kind; texts and refusals are parts of one message."""
    kinds, sources = {"text": "message", "refusal": "message"}, list[Mapping[str, Any]]()
    for kind, run in groupby(blocks_with_annotations(choice), key=lambda each: kinds.get(each[0].kind, each[0].kind)):
        blocks = list(run)
        if kind == "message":
            yield _message(blocks, choice, prompt, sources)
        elif kind == "reasoning":
            yield _reasoning([block.text for block, _ in blocks], prompt, include, serial)
        else:
            for call in (block.call for block, _ in blocks if block.call):
                item = _call(call, hosted.kind_of(call, prompt), prompt, include)
                sources += [found] if (found := hosted.source(item)) else []
                yield hosted.without_results(item, include)


def thoughts(choice: Choice) -> list[list[str]]:
    """Return the texts of each reasoning item."""
    runs = groupby(choice.content, key=lambda block: block.kind)
    return [[block.text for block in run] for kind, run in runs if kind == "reasoning"]


def _default_calls(prompt: Prompt, include: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    items = [*dicts(prompt.recalled.get("items")), *dicts(prompt.body.get("input"))]
    known = [text(item.get("type")) for item in items]
    for tool in hosted.default_tools(prompt):
        yield from hosted.default_items(tool, prompt, include, known)


def _reasoning(texts: list[str], prompt: Prompt, include: tuple[str, ...], serial: str) -> dict[str, Any]:
    """Return a reasoning item; its texts are visible only in a requested summary."""
    summary_kind = requested_summary(mapping(prompt.body.get("reasoning")))
    summary = [{"type": "summary_text", "text": each} for each in texts] if summary_kind else []
    hidden = "reasoning.encrypted_content" in include or ENCRYPTS_REASONING.match(prompt.model or "")
    encrypted = {"encrypted_content": reasoning_order.encrypted("".join(texts), serial)} if hidden else {}
    return {"type": "reasoning", "content": [], **encrypted, "summary": summary}


Cited = tuple[Block, list[Mapping[str, Any]]]
"""A block, and the annotations of its text."""

NOTHING: Cited = (Block("text"), [])


def _message(
    blocks: Sequence[Cited], choice: Choice, prompt: Prompt, sources: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for block, annotations in blocks:
        if block.kind == "refusal":
            content.append({"type": "refusal", "refusal": block.text})
            continue
        entries = [] if prompt.top_logprobs is None else _logprobs(block.text, prompt, choice)
        part = {
            "type": "output_text",
            "annotations": _annotations(annotations, block.text, sources),
            "logprobs": entries,
            "text": block.text,
        }
        content.append(part)
    message: dict[str, Any] = {"type": "message", "status": "completed", "content": content}
    if PHASED.search(prompt.model or ""):
        message["phase"] = "commentary" if choice.tool_calls else "final_answer"
    return message | {"role": "assistant"}


def _logprobs(text: str, prompt: Prompt, choice: Choice) -> list[dict[str, Any]]:
    entries = chat_entries(tokens.split(text, prompt.model), prompt.top_logprobs or 0, choice.logprobs)
    return [by_name({**entry, "top_logprobs": list(map(by_name, entry["top_logprobs"]))}) for entry in entries]


def _annotations(
    annotations: Sequence[Mapping[str, Any]], text: str, sources: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the script's annotations in this API's flat shape; a search without annotations cites its sources.

    A file is cited at the last character of the text (recorded in December 2025).
    """
    flat: list[dict[str, Any]] = []
    for annotation in annotations:
        inner = annotation.get("url_citation")
        flat.append(by_name({"type": "url_citation", **inner} if isinstance(inner, dict) else annotation))
    if flat or not text:
        return flat
    page, file = {"start_index": 0, "end_index": len(text)}, {"index": len(text) - 1}
    return [by_name({**source, **(file if source["type"] == "file_citation" else page)}) for source in sources]


def _call(call: ToolCall, kind: str, prompt: Prompt, include: tuple[str, ...]) -> dict[str, Any]:
    if kind == "custom":
        fields = {"call_id": call.id, "input": call.arguments, "name": call.name}
        return {"type": "custom_tool_call", "status": "completed", **fields}
    if kind == "function":
        fields = {"arguments": call.arguments, "call_id": call.id, "name": call.name}
        namespace = hosted.namespace_of(call, prompt) or namespace_of(call.name, prompt)
        return {"type": "function_call", "status": "completed", **fields, **namespace}
    values = object_of(call.arguments) or {}
    tool = hosted.tool_for(kind, prompt)
    if kind == "mcp" and call.name != "mcp":
        values = {"name": call.name, "arguments": call.arguments}
    if call.result:
        values |= hosted.result_arguments(kind, orjson.loads(call.result))
    item = hosted.item(kind, values, tool, prompt, include)
    return item | {"call_id": call.id} if call.id and item["type"] in _CLIENT_CALLS else item
