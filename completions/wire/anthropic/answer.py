"""The assistant's message in Anthropic's shape: its content blocks, complete and streamed, and its usage.

Shapes: `Message`, `ContentBlock`, `RawContentBlockDelta` and `Usage` of the anthropic SDK.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

import orjson

from completions import ids
from completions.conversation import Prompt, Reply, ToolCall
from completions.event import HOLE
from completions.wire.anthropic import compaction, credit, edits, fallbacks, mcp, server_tools
from completions.wire.anthropic.binding import binding
from completions.wire.anthropic.thinking import is_redacted, must_think, signature
from completions.wire.anthropic.unasked import Unasked
from completions.wire.anthropic.usage import GONE, THINKING
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


CALLED = frozenset({"tool_use", "web_search_tool_result", "web_fetch_tool_result"})
"""The blocks that say who calls a tool: calls recorded since the end of 2025, and results, in July 2026."""


MARK = re.compile(r"(?:msg_)?([a-z]{4}_)01")
"""What a cloud puts into the ids of its messages, and into those of their calls."""


class Run(NamedTuple):
    """The deltas of one kind in a block: the delta with its hole, the values for it, and its part for faults."""

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

    Calls begin with thinking where it is on with a budget, though the script says none: the next turn is held to that.
    """
    if compaction.is_alone(prompt):
        return _summary(reply, prompt)
    choice = only_choice(reply)
    found: list[Block] = []
    if choice.tool_calls and choice.content[0].kind != "reasoning" and must_think(prompt.body):
        found.append(_thinking("", reply, prompt, binding(prompt)))
    calls = count()
    for block, annotations in blocks_with_annotations(choice):
        if block.kind == "reasoning":
            found.append(_thinking(block.text, reply, prompt, b"" if found else binding(prompt)))
        elif block.kind == "text":
            found.append(_text(annotations, block.text, prompt))
        elif block.call is not None:
            found += _called(block.call, reply, next(calls), prompt)
    if found:
        found = [*(Block(listing, [], listing) for listing in mcp.listings(prompt)), *found]
    if compaction.KIND in prompt.recalled:
        found = [*_summary(reply, prompt), *found]
    return [*_declined(prompt), *found] if fallbacks.DECLINED in prompt.recalled else found


def _summary(reply: Reply, prompt: Prompt) -> list[Block]:
    """Return the summary, if there is one: what is signed opens whole in a stream, what is not comes in one delta."""
    made = compaction.block(reply, prompt)
    return [] if made is None else [_recorded(made, prompt)]


def _declined(prompt: Prompt) -> Iterator[Block]:
    """Go through what models said before they declined, each with the block that tells who came after it."""
    for said, boundary in fallbacks.boundaries(prompt):
        yield from said
        yield Block(boundary, [], boundary)


def recorded(message: Mapping[str, Any], prompt: Prompt) -> list[Block]:
    """Return the content of a message that is given word by word; what has no deltas of its own opens whole."""
    return [_recorded(block, prompt) for block in message["content"]]


def _recorded(block: dict[str, Any], prompt: Prompt) -> Block:
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
            given = orjson.dumps(block.get("input") or {}).decode()
            return Block({**block, "input": {}}, _arguments(given, prompt), block)
    return Block(block, [], block)


def _thinking(thought: str, reply: Reply, prompt: Prompt, bound: bytes) -> Block:
    """Return the thinking; where it is omitted or redacted, the signature is all that is there.

    The models that think by themselves omit it unless a request asks for it (recorded in July and September 2026).
    """
    display = mapping(prompt.body.get("thinking")).get("display")
    if display is None and THINKING.search(prompt.model or ""):
        display = "omitted"
    shown = "" if display == "omitted" else thought
    signed = signature(thought, reply.serial, bound)
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


def _text(annotations: Iterable[Mapping[str, object]], said: str, prompt: Prompt) -> Block:
    """Return a text; its citations come first, in a stream too (recorded in July 2026)."""
    citations = [citation for each in annotations if (citation := _citation(each, said))]
    run = Run({"type": "text_delta", "text": HOLE}, cut(said, prompt))
    if not citations:
        return Block({"type": "text", "text": ""}, [run], {"type": "text", "text": said})
    runs = [Run({"type": "citations_delta", "citation": HOLE}, citations, token=False), run]
    opening = {"citations": [], "type": "text", "text": ""}
    return Block(opening, runs, {"citations": citations, "type": "text", "text": said})


def _citation(annotation: Mapping[str, object], said: str) -> dict[str, Any] | None:
    """Return a URL citation, which scripts write in OpenAI's shape, in this API's; None for any other annotation."""
    source = mapping(annotation.get("url_citation"))
    if not source:
        return None
    start, end = whole(source.get("start_index"), 0), whole(source.get("end_index"), 0)
    url = text(source.get("url"))
    return {
        "type": "web_search_result_location",
        "cited_text": said[start:end],
        "url": url,
        "title": text(source.get("title")),
        "encrypted_index": server_tools.sealed(f"{url} {start}"),
    }


def _called(call: ToolCall, reply: Reply, place: int, prompt: Prompt) -> list[Block]:
    """Return the block of a call, and its result if the API or an MCP server runs the tool."""
    if server_tools.is_own(call, prompt):
        identity = call.id or _call_id("srvtoolu_", reply, place)
        found = server_tools.result(call, identity, reply, prompt)
        found |= _caller(found["type"], prompt)
        return [_call("server_tool_use", call, identity, prompt), Block(found, [], found)]
    if (server := mcp.server_of(call, prompt)) is not None:
        identity = call.id or _call_id("mcptoolu_", reply, place)
        found = mcp.result(call, identity)
        return [_call("mcp_tool_use", call, identity, prompt, server_name=server), Block(found, [], found)]
    return [_call("tool_use", call, call.id or _call_id("toolu_", reply, place), prompt)]


def _call(kind: str, call: ToolCall, identity: str, prompt: Prompt, **more: str) -> Block:
    arguments = written_arguments(call)
    document = {"type": kind, "id": identity, "name": call.name, "input": {}, **_caller(kind, prompt), **more}
    counts = not isinstance(call, Unasked)
    return Block(document, _arguments(arguments, prompt, counts=counts), document | {"input": partial(arguments)})


def _caller(kind: str, prompt: Prompt) -> Mapping[str, Any]:
    """Return who called a tool, the model itself or code that it runs, where a block of this kind says it."""
    return {"caller": {"type": "direct"}} if kind in CALLED and not GONE.search(prompt.model or "") else {}


def _arguments(written: str, prompt: Prompt, *, counts: bool = True) -> list[Run]:
    """Return the runs of a call's arguments, an empty one first; of none that is all (recorded in October 2026)."""
    delta = {"type": "input_json_delta", "partial_json": HOLE}
    pieces = [] if written == "{}" else cut(written, prompt)
    return [Run(delta, [""], token=False), Run(delta, pieces, part="arguments", token=counts)]


def _call_id(prefix: str, reply: Reply, place: int) -> str:
    marked = MARK.match(reply.id or "")
    return made_id(prefix + (marked[1] if marked else ""), reply, place)


def made_id(prefix: str, reply: Reply, place: int = 0) -> str:
    """Return an id, unique to this answer, for the object at `place` in it: `msg_01…`, `toolu_01…`."""
    return f"{prefix}01{ids.spelled(f'{prefix}{reply.serial}{place}', 22, ids.BASE58)}"


def _id_of(given: str) -> str:
    """Return a script's id with this API's prefix."""
    return given if given.startswith("msg_") else f"msg_{given.removeprefix('chatcmpl-')}"


def head(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return a message without content, stop reason and usage."""
    return {
        "model": reply.model or prompt.model or "mock",
        "id": _id_of(reply.id) if reply.id else made_id("msg_", reply),
        "type": "message",
        "role": "assistant",
    }


def ending(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return why a message ends. The text of a refusal is its explanation, because the API refuses without text."""
    choice = only_choice(reply)
    if compaction.is_alone(prompt) and compaction.block(reply, prompt) is not None:
        return {"stop_reason": "compaction", "stop_sequence": None, "stop_details": None}
    served = all(server_tools.is_servers(call, prompt) for call in choice.tool_calls)
    if choice.finish_reason == "tool_calls" and choice.tool_calls and served:
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
        details |= credit.offered(prompt, reply.serial, said=bool(choice.text))
        if (model := prompt.recalled.get(UNREACHED)) is not None:
            details["recommended_model"] = model
    stopped = choice.stopped_by if reason == "stop_sequence" else None
    untold = details is None and GONE.search(reply.model or prompt.model or "")
    return {"stop_reason": reason, "stop_sequence": stopped} | ({} if untold else {"stop_details": details})


EDITS = "context-management-"
"""How the name of the beta begins that edits conversations."""


def edited(prompt: Prompt) -> dict[str, Any]:
    """Return which edits of a conversation were applied, where some or their beta are asked for.

    The beta alone was seen to bring it until October 2026.
    """
    asked = edits.edits_of(prompt.body) or EDITS in (prompt.headers.get("anthropic-beta") or "")
    return {"context_management": {"applied_edits": [*edits.applied(prompt)]}} if asked else {}
