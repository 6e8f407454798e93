"""A response as a JSON document: the request's fields with the API's defaults, and the items of the output.

Shapes: `Response` and `ResponseOutputItem` of the openai SDK.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson

from completions.conversation import Block, Choice, ErrorSaid, Prompt, Reply, ToolCall, Usage
from completions.tokens import text as tokens
from completions.wire.content import cited, only_choice
from completions.wire.fields import arranged, dicts, mapping, object_of, text, whole
from completions.wire.openai import moderated
from completions.wire.openai.base import made_id
from completions.wire.openai.logprobs import chat_entries
from completions.wire.openai.responses import containers, hosted, order
from completions.wire.openai.responses.echo import TOOL_USAGE, by_name, echo, summary_wanted
from completions.wire.openai.responses.prompt import included
from completions.wire.openai.responses.tool_search import namespace_of, with_search
from completions.wire.openai.responses.updates import COMPACTION, compacts

FAILED = "The server had an error while processing your request."

UNFINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""The finish reasons that leave a response incomplete, and the API's names for them."""

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

_CALLED = ("computer_call", "local_shell_call", "shell_call", "apply_patch_call")


def response_id(reply: Reply) -> str:
    """Return the answer's id; the id of a chat completion gets this API's prefix."""
    if (given := reply.id or "").startswith("chatcmpl-"):
        return f"resp_{given.removeprefix('chatcmpl-')}"
    return given or order.free_id("resp_", reply.serial)


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
        "moderation": moderated.of_response(reply, prompt),
    }


def _usage(reply: Reply, compacted: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return the usage of an answer that is nothing but the item that stands for the conversation."""
    counted, written = usage(reply.used), tokens.count(compacted["encrypted_content"], prompt.model)
    said = {"output_tokens": written, "output_tokens_details": {"reasoning_tokens": 0}}
    return counted | said | {"total_tokens": counted["input_tokens"] + written}


def _failure(failure: ErrorSaid | None) -> dict[str, Any]:
    """Return what a response that failed says of it (`ResponseError` of OpenAI's OpenAPI document)."""
    failure = failure or ErrorSaid("")
    return {"code": failure.code or "server_error", "message": failure.message or FAILED}


def tier_at_first(body: Mapping[str, Any]) -> str:
    """Return which of its two tiers a response tells before it is complete: the one asked for (recorded 2026-10)."""
    return "default" if body.get("service_tier") == "default" else "auto"


def begun(document: Mapping[str, Any], status: str, tier: str) -> dict[str, Any]:
    """Return a response that is not complete: `queued`, `in_progress` or `cancelled`; `tier` stands for `default`."""
    names = ("completed_at", "content_filters", "error", "incomplete_details", "usage", "moderation")
    unsaid = dict.fromkeys(name for name in names if name in document)  # a dialect may have left some out
    told = {**document, **unsaid, "output": [], "status": status}
    for name in ("billing", "prompt_cache_diagnostics"):
        told.pop(name, None)
    if "tool_usage" in told and told["service_tier"] == "default":  # other vendors tell the tier at once
        told["service_tier"] = tier
    if "tool_usage" in told:
        told["tool_usage"] = TOOL_USAGE
    return told


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


def without_writes(usage: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a response's usage as those have it whose caches are not written on demand."""
    if usage is None:
        return None
    return usage | {"input_tokens_details": {"cached_tokens": usage["input_tokens_details"]["cached_tokens"]}}


SEALED = re.compile(r"gpt-(5\.([5-9]|\d\d)|5\.\d+-pro|[6-9])")
"""Models whose reasoning is always told encrypted (recorded since September 2026, and not yet in July)."""
PHASED = re.compile(r"(^|/)gpt-(5\.(3-codex|[4-9]|\d\d)|[6-9])")
"""Models whose messages say whether they are the answer, or are said on the way to it.

Recorded since March 2026; of gpt-5.3-codex, which the API's types name as the first, by 0xPlaygrounds/rig in September.
"""


def _output(reply: Reply, prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Yield the items: what was thought, what the API's own tools did, what is said, which tools are called."""
    if compacts(prompt):
        said = "\n".join(message.text for message in prompt.messages)
        yield {"id": order.free_id(prefix(COMPACTION), reply.serial, 0), **_compacted(said, reply)}
        return
    if not reply.choices:
        return
    choice = _within_limit(reply.choices[0], prompt)
    items = list(containers.run_in_container(list(_items(choice, prompt, reply.serial)), choice, prompt, reply.serial))
    before, after = _compactions(reply, prompt)
    items = [*before, *with_search(items, prompt), *after]
    for place, item in enumerate(items):
        made: dict[str, Any] = {"id": _item_id(items, place, reply)}
        if item["type"] == containers.SHELL_OUTPUT:
            item = {**item, "call_id": items[place - 1]["call_id"]}
            item = arranged(item, ("type", "status", *sorted(item)))
        elif item["type"] in _CALLED:
            item["call_id"] = item.get("call_id") or made_id("call_", reply, place)
            item = arranged(item, ("type", "status", *sorted(item)))  # as the API's were recorded in October 2026
        elif not item.get("call_id", "call") and "execution" not in item:
            item["call_id"] = made_id("call_", reply, place)
        yield made | item


def _within_limit(choice: Choice, prompt: Prompt) -> Choice:
    """Return what is said without the calls of the API's own tools that are more than a request allows."""
    if (most := whole(prompt.body.get("max_tool_calls"), 0)) is None:
        return choice
    own = [call for call in choice.tool_calls if hosted.kind_of(call, prompt) in hosted.API_TOOLS]
    dropped = {id(call) for call in own[most:]}
    calls = tuple(call for call in choice.tool_calls if id(call) not in dropped)
    return replace(
        choice, tool_calls=calls, blocks=tuple(each for each in choice.blocks if id(each.call) not in dropped)
    )


def _compactions(reply: Reply, prompt: Prompt) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what stands for a conversation that is as long as the request says, at the start, or that has become so.

    The one was measured by two projects in September 2026, the other was recorded in February.
    """
    told = [each for each in dicts(prompt.body.get("context_management")) if each.get("type") == "compaction"]
    most = min((most for each in told if (most := whole(each.get("compact_threshold"), 0))), default=None)
    counted, choice = reply.used, reply.choices[0]
    said = [message.text for message in prompt.messages]
    if most is None or counted.total_tokens < most:
        return [], []
    if counted.prompt_tokens >= most:
        return [_compacted("\n".join(said), reply)], []
    if choice.finish_reason in (*UNFINISHED, "error"):
        return [], []
    return [], [_compacted("\n".join([*said, choice.text or ""]), reply)]


def _compacted(said: str, reply: Reply) -> dict[str, Any]:
    return {"type": COMPACTION, "encrypted_content": order.encrypted(said, reply.serial)}


def _item_id(items: Sequence[Mapping[str, Any]], place: int, reply: Reply) -> str:
    """Return an item's id, which tells of which reasoning it came, if it came of any."""
    kind = items[place]["type"]
    if kind == "reasoning":
        return order.reasoning_id(reply.serial, alone=len(items) == 1)
    if items[0]["type"] == "reasoning":
        return order.follower_id(prefix(kind), reply.serial, place)
    return order.free_id(prefix(kind), reply.serial, place)


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
        before = list(_unasked(prompt, include))
    yield from (hosted.without_results(item, include) for item in before)
    asks = any(item["type"] == "mcp_approval_request" for item in before)
    if not asks and (choice.text or choice.refusal or not (calls or choice.reasoning)):
        sources = [found for item in before if (found := hosted.source(item))]
        said = [each for each in cited(choice) if each[0].kind in ("text", "refusal")]
        yield _message(said or [NOTHING], choice, prompt, sources)
    yield from (call for call, kind in zip(calls, kinds, strict=True) if kind not in hosted.API_TOOLS)


def _in_order(choice: Choice, prompt: Prompt, include: tuple[str, ...], serial: str) -> Iterator[dict[str, Any]]:
    """Yield an item for each run of blocks of a kind; texts and refusals are parts of one message."""
    kinds, sources = {"text": "message", "refusal": "message"}, list[Mapping[str, Any]]()
    for kind, run in groupby(cited(choice), key=lambda each: kinds.get(each[0].kind, each[0].kind)):
        said = list(run)
        if kind == "message":
            yield _message(said, choice, prompt, sources)
        elif kind == "reasoning":
            yield _reasoning([block.text for block, _ in said], prompt, include, serial)
        else:
            for call in (block.call for block, _ in said if block.call):
                item = _call(call, hosted.kind_of(call, prompt), prompt, include)
                sources += [found] if (found := hosted.source(item)) else []
                yield hosted.without_results(item, include)


def thoughts(choice: Choice) -> list[list[str]]:
    """Return the texts of each reasoning item."""
    runs = groupby(choice.content, key=lambda block: block.kind)
    return [[block.text for block in run] for kind, run in runs if kind == "reasoning"]


def _unasked(prompt: Prompt, include: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    items = [*dicts(prompt.recalled.get("items")), *dicts(prompt.body.get("input"))]
    known = [text(item.get("type")) for item in items]
    for tool in hosted.offered(prompt):
        yield from hosted.called(tool, prompt, include, known)


def _reasoning(said: list[str], prompt: Prompt, include: tuple[str, ...], serial: str) -> dict[str, Any]:
    """Return a reasoning item; its texts are visible only in a requested summary."""
    wanted = summary_wanted(mapping(prompt.body.get("reasoning")))
    summary = [{"type": "summary_text", "text": each} for each in said] if wanted else []
    hidden = "reasoning.encrypted_content" in include or SEALED.match(prompt.model or "")
    sealed = {"encrypted_content": order.encrypted("".join(said), serial)} if hidden else {}
    return {"type": "reasoning", "content": [], **sealed, "summary": summary}


Cited = tuple[Block, list[Mapping[str, Any]]]
"""A block, and the annotations of its text."""

NOTHING: Cited = (Block("text"), [])


def _message(
    said: Sequence[Cited], choice: Choice, prompt: Prompt, sources: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for block, annotations in said:
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


def _logprobs(said: str, prompt: Prompt, choice: Choice) -> list[dict[str, Any]]:
    entries = chat_entries(tokens.split(said, prompt.model), prompt.top_logprobs or 0, choice.logprobs)
    return [by_name({**entry, "top_logprobs": list(map(by_name, entry["top_logprobs"]))}) for entry in entries]


def _annotations(
    annotations: Sequence[Mapping[str, Any]], said: str, sources: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the script's annotations, flat as they are here; who searched cites its sources without them.

    A file is cited at the last character of what it is cited for (recorded in December 2025).
    """
    given: list[dict[str, Any]] = []
    for annotation in annotations:
        inner = annotation.get("url_citation")
        given.append(by_name({"type": "url_citation", **inner} if isinstance(inner, dict) else annotation))
    if given or not said:
        return given
    page, file = {"start_index": 0, "end_index": len(said)}, {"index": len(said) - 1}
    return [by_name({**source, **(file if source["type"] == "file_citation" else page)}) for source in sources]


def _call(call: ToolCall, kind: str, prompt: Prompt, include: tuple[str, ...]) -> dict[str, Any]:
    if kind == "custom":
        said = {"call_id": call.id, "input": call.arguments, "name": call.name}
        return {"type": "custom_tool_call", "status": "completed", **said}
    if kind == "function":
        said = {"arguments": call.arguments, "call_id": call.id, "name": call.name}
        space = hosted.namespace_of(call, prompt) or namespace_of(call.name, prompt)
        return {"type": "function_call", "status": "completed", **said, **space}
    given = object_of(call.arguments) or {}
    tool = hosted.tool_for(kind, prompt)
    if kind == "mcp" and call.name != "mcp":
        given = {"name": call.name, "arguments": call.arguments}
    if call.result:
        given |= hosted.found(kind, orjson.loads(call.result))
    item = hosted.item(kind, given, tool, prompt, include)
    return item | {"call_id": call.id} if call.id and item["type"] in _CALLED else item
