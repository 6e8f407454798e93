"""The assistant's message in Anthropic's shape: its content blocks, complete and streamed, and its usage.

Shapes: `Message`, `ContentBlock`, `RawContentBlockDelta` and `Usage` of the anthropic SDK.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

import orjson

from completions import ids
from completions.conversation import Prompt, Reply, ToolCall
from completions.event import HOLE
from completions.wire.anthropic import client_tools, compaction, credit, edits, fallbacks, mcp, server_tools
from completions.wire.anthropic.automatic_calls import AutomaticCall
from completions.wire.anthropic.binding import binding
from completions.wire.anthropic.citations import Sources
from completions.wire.anthropic.thinking import is_redacted, must_think, signature
from completions.wire.anthropic.usage import RETIRED_MODELS, THINKING_MODELS
from completions.wire.base import UNREACHED
from completions.wire.content import blocks_with_annotations, only_choice, written_arguments
from completions.wire.fields import mapping, text, whole
from completions.wire.fragments import partial
from completions.wire.framing import pieces as cut

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}


HAS_CALLER = frozenset({"tool_use", "web_search_tool_result", "web_fetch_tool_result"})
"""The types of blocks with a `caller`: calls recorded since the end of 2025, and results, in July 2026."""


CLOUD_MARK = re.compile(r"(?:msg_)?([a-z]{4}_)01")
"""The mark of a cloud in the ids of its messages and of their calls."""


class Run(NamedTuple):
    """The deltas of one kind in a block: the delta with its placeholder, the values for it, and its part for faults."""

    delta: dict[str, Any]
    values: list[Any]
    part: str = ""
    token: bool = True


class Block(NamedTuple):
    """A content block: its opening in a stream, its deltas, and the complete block."""

    opening: dict[str, Any]
    runs: list[Run]
    whole: dict[str, Any]


def blocks(reply: Reply, prompt: Prompt) -> list[Block]:
    """Return the content in its order; a refusal has no block here.

    Calls begin with thinking if it has a budget, even if the script has none, because the next turn is checked for it.
    """
    if compaction.is_whole_answer(prompt):
        return _summary_blocks(reply, prompt)
    choice = only_choice(reply)
    content: list[Block] = []
    if choice.tool_calls and choice.content[0].kind != "reasoning" and must_think(prompt.body):
        content.append(_thinking("", reply, prompt, binding(prompt)))
    calls, sources = count(), Sources(prompt)
    for block, annotations in blocks_with_annotations(choice):
        if block.kind == "reasoning":
            content.append(_thinking(block.text, reply, prompt, b"" if content else binding(prompt)))
        elif block.kind == "text":
            cited = [found for each in annotations if (found := _citation(each, block.text, sources))]
            content.append(_text(cited or sources.first(choice, block.text), block.text, prompt))
        elif block.call is not None:
            content += _call_blocks(block.call, reply, next(calls), prompt)
    if content:
        content = [*(Block(listing, [], listing) for listing in mcp.listings(prompt)), *content]
    if compaction.KIND in prompt.recalled:
        content = [*_summary_blocks(reply, prompt), *content]
    return [*_declined_blocks(prompt), *content] if fallbacks.DECLINED in prompt.recalled else content


def _summary_blocks(reply: Reply, prompt: Prompt) -> list[Block]:
    """Return the summary, if there is one: a signed one is whole when it opens in a stream, any other is one delta."""
    summary = compaction.block(reply, prompt)
    return [] if summary is None else [_verbatim_block(summary, prompt)]


def _declined_blocks(prompt: Prompt) -> Iterator[Block]:
    """Yield the content of models before they declined, each followed by the block that names the next model."""
    for partial_blocks, boundary in fallbacks.boundaries(prompt):
        yield from partial_blocks
        yield Block(boundary, [], boundary)


def verbatim_blocks(message: Mapping[str, Any], prompt: Prompt) -> list[Block]:
    """Return the content of a verbatim message; blocks without deltas are whole when they open."""
    return [_verbatim_block(block, prompt) for block in message["content"]]


def _verbatim_block(block: dict[str, Any], prompt: Prompt) -> Block:
    match block.get("type"):
        case "text":
            run = Run({"type": "text_delta", "text": HOLE}, cut(block["text"], prompt))
            return Block({**block, "text": ""}, [run], block)
        case "thinking":
            run = Run({"type": "thinking_delta", "thinking": HOLE}, cut(block["thinking"], prompt))
            signed = Run({"type": "signature_delta", "signature": HOLE}, [block.get("signature", "")], token=False)
            return Block({**block, "thinking": "", "signature": ""}, [run, signed], block)
        case compaction.BLOCK if "signature" not in block:
            run = Run({"type": "compaction_delta", "content": HOLE}, [block.get("content")], token=False)
            return Block({**block, "content": None}, [run], block)
        case "tool_use" | "server_tool_use":
            arguments = orjson.dumps(block.get("input") or {}).decode()
            return Block({**block, "input": {}}, _arguments(arguments, prompt), block)
    return Block(block, [], block)


def _thinking(thought: str, reply: Reply, prompt: Prompt, bound_to: bytes) -> Block:
    """Return the thinking; if it is omitted or redacted, only the signature.

    The models that think by default omit it unless a request asks for it (recorded in July and September 2026).
    """
    display = mapping(prompt.body.get("thinking")).get("display")
    if display is None and THINKING_MODELS.search(prompt.model or ""):
        display = "omitted"
    shown = "" if display == "omitted" else thought
    signed = signature(thought, reply.serial, bound_to)
    if is_redacted(prompt):
        redacted = {"type": "redacted_thinking", "data": signed}
        return Block(redacted, [], redacted)
    runs = [
        Run({"type": "thinking_delta", "thinking": HOLE}, cut(shown, prompt)),
        Run({"type": "signature_delta", "signature": HOLE}, [signed], token=False),
    ]
    return Block(
        {"type": "thinking", "thinking": "", "signature": ""},
        runs,
        {"type": "thinking", "thinking": shown, "signature": signed},
    )


def _text(citations: list[dict[str, Any]], content: str, prompt: Prompt) -> Block:
    """Return a text; its citations come first, in a stream too (recorded in July 2026)."""
    run = Run({"type": "text_delta", "text": HOLE}, cut(content, prompt))
    if not citations:
        return Block({"type": "text", "text": ""}, [run], {"type": "text", "text": content})
    runs = [Run({"type": "citations_delta", "citation": HOLE}, citations, token=False), run]
    opening = {"citations": [], "type": "text", "text": ""}
    return Block(opening, runs, {"citations": citations, "type": "text", "text": content})


def _citation(annotation: Mapping[str, object], content: str, sources: Sources) -> dict[str, Any] | None:
    """Return a URL citation, which scripts write in OpenAI's shape, in this API's; None for any other annotation."""
    source = mapping(annotation.get("url_citation"))
    if not source:
        return None
    url = text(source.get("url"))
    if (cited := sources.named(url, content)) is not None:
        return cited
    start, end = whole(source.get("start_index"), 0), whole(source.get("end_index"), 0)
    return {
        "type": "web_search_result_location",
        "cited_text": content[start:end],
        "url": url,
        "title": text(source.get("title")),
        "encrypted_index": server_tools.opaque(f"{url} {start}"),
    }


def _call_blocks(call: ToolCall, reply: Reply, place: int, prompt: Prompt) -> list[Block]:
    """Return the block of a call, and its result if the API or an MCP server runs the tool."""
    if server_tools.is_server_tool(call, prompt):
        identity = call.id or _call_id("srvtoolu_", reply, place)
        result = server_tools.result(call, identity, reply, prompt)
        result |= _caller(result["type"], prompt)
        return [_call("server_tool_use", call, identity, prompt), Block(result, [], result)]
    if (server := mcp.server_of(call, prompt)) is not None:
        identity = call.id or _call_id("mcptoolu_", reply, place)
        result = mcp.result(call, identity)
        return [_call("mcp_tool_use", call, identity, prompt, server_name=server), Block(result, [], result)]
    toolset = client_tools.toolset_of(call.name, prompt.body.get("tools"))
    more = {} if toolset is None else {"toolset_name": toolset}
    return [_call("tool_use", call, call.id or _call_id("toolu_", reply, place), prompt, **more)]


def _call(kind: str, call: ToolCall, identity: str, prompt: Prompt, **more: str) -> Block:
    arguments = written_arguments(call)
    document = {"type": kind, "id": identity, "name": call.name, "input": {}, **_caller(kind, prompt), **more}
    counts = not isinstance(call, AutomaticCall)
    return Block(document, _arguments(arguments, prompt, counts=counts), document | {"input": partial(arguments)})


def _caller(kind: str, prompt: Prompt) -> Mapping[str, Any]:
    """Return the `caller` of a tool, which is always the model, if blocks of this kind have it."""
    return (
        {"caller": {"type": "direct"}} if kind in HAS_CALLER and not RETIRED_MODELS.search(prompt.model or "") else {}
    )


def _arguments(arguments: str, prompt: Prompt, *, counts: bool = True) -> list[Run]:
    """Return the runs of a call's arguments, an empty one first; `{}` has no other (recorded in October 2026)."""
    delta = {"type": "input_json_delta", "partial_json": HOLE}
    pieces = [] if arguments == "{}" else cut(arguments, prompt)
    return [Run(delta, [""], token=False), Run(delta, pieces, part="arguments", token=counts)]


def _call_id(prefix: str, reply: Reply, place: int) -> str:
    marked = CLOUD_MARK.match(reply.id or "")
    return new_id(prefix + (marked[1] if marked else ""), reply, place)


def new_id(prefix: str, reply: Reply, place: int = 0) -> str:
    """Return an id, unique to this answer, for the object at `place` in it: `msg_01…`, `toolu_01…`."""
    return f"{prefix}01{ids.spelled(f'{prefix}{reply.serial}{place}', 22, ids.BASE58)}"


def _id_of(scripted_id: str) -> str:
    """Return a script's id with this API's prefix."""
    return scripted_id if scripted_id.startswith("msg_") else f"msg_{scripted_id.removeprefix('chatcmpl-')}"


def message_head(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return a message without content, stop reason and usage."""
    return {
        "model": reply.model or prompt.model or "mock",
        "id": _id_of(reply.id) if reply.id else new_id("msg_", reply),
        "type": "message",
        "role": "assistant",
    }


def message_end(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a message's end. The text of a refusal is its explanation: the API refuses without text."""
    choice = only_choice(reply)
    if compaction.is_whole_answer(prompt) and compaction.block(reply, prompt) is not None:
        return {"stop_reason": "compaction", "stop_sequence": None, "stop_details": None}
    is_server_side = all(server_tools.is_server_side(call, prompt) for call in choice.tool_calls)
    if choice.finish_reason == "tool_calls" and choice.tool_calls and is_server_side:
        reason = "end_turn"
    elif choice.stopped_by is not None and choice.finish_reason == "stop":
        reason = "stop_sequence"
    else:
        reason = STOP_REASONS.get(choice.finish_reason or "stop", "end_turn")
    if choice.refusal and reason == "end_turn":
        reason = "refusal"
    details: dict[str, Any] | None = None
    if reason == "refusal":
        details = {"type": "refusal", "category": None, "explanation": choice.refusal}
        details |= credit.offered_credit(prompt, reply.serial, has_content=bool(choice.text))
        if (model := prompt.recalled.get(UNREACHED)) is not None:
            details["recommended_model"] = model
    stopped = choice.stopped_by if reason == "stop_sequence" else None
    without_details = details is None and RETIRED_MODELS.search(reply.model or prompt.model or "")
    return {"stop_reason": reason, "stop_sequence": stopped} | ({} if without_details else {"stop_details": details})


EDITS_BETA = "context-management-"
"""The prefix of the beta that edits conversations."""


def context_management(prompt: Prompt) -> dict[str, Any]:
    """Return the applied edits of a conversation, if edits or their beta are requested.

    Until October 2026 the field was seen with the beta alone.
    """
    is_requested = edits.edits_of(prompt.body) or EDITS_BETA in (prompt.headers.get("anthropic-beta") or "")
    return {"context_management": {"applied_edits": [*edits.applied_edits(prompt)]}} if is_requested else {}
