"""Step 3: `reply: {body: …}` with a document other than a chat completion: Anthropic's, Gemini's, a response.

Each is read so that every format can give the same answer; its own format sends it unchanged. Parts that no
other API has, such as the results of server tools, are only in the document.
"""

from collections.abc import Iterator, Mapping

import orjson

from completions.conversation import Block, Choice, Reply, ToolCall, Usage
from completions.script.text.node import Node

STOP_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
FINISH_REASONS: Mapping[str, str] = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}
SIDES = ("input", "output")
INCOMPLETE: Mapping[str, str] = {"max_output_tokens": "length", "content_filter": "content_filter"}


def message(body: Node) -> Reply:
    """Read a message of Anthropic's."""
    fields = opened(body, "role", "content", "usage")
    used = opened(fields["usage"], "input_tokens", "output_tokens")
    cache = "cache_read_input_tokens", "cache_creation_input_tokens"
    usage = cached_usage(used, ("input_tokens", "output_tokens"), cache)
    blocks = tuple(block for node in fields["content"].items() for block in _anthropic(node))
    choice = Choice(blocks=blocks, finish_reason=STOP_REASONS.get(word(fields, "stop_reason") or "", "stop"))
    name, model = word(fields, "id"), word(fields, "model")
    return Reply((choice,), name, None, model, usage, body=body.as_(dict), body_format="anthropic")


def _anthropic(node: Node) -> Iterator[Block]:
    fields = opened(node, "type")
    match fields["type"].as_(str):
        case "text":
            yield Block("text", opened(node, "text")["text"].as_(str))
        case "thinking":
            yield Block("reasoning", opened(node, "thinking")["thinking"].as_(str))
        case "tool_use":
            fields = opened(node, "id", "name", "input")
            yield called(fields["name"], fields["input"], word(fields, "id"))


def answer(body: Node) -> Reply:
    """Read an answer of Gemini's."""
    fields = opened(body, "candidates")
    used = inside(fields, "usageMetadata")
    thought = number(used, "thoughtsTokenCount")
    usage = Usage(
        number(used, "promptTokenCount"),
        number(used, "candidatesTokenCount") + thought,
        cached_tokens=number(used, "cachedContentTokenCount"),
        reasoning_tokens=thought,
    )
    choices = tuple(_candidate(node) for node in fields["candidates"].items())
    name, model = word(fields, "responseId"), word(fields, "modelVersion")
    return Reply(choices, name, None, model, usage, body=body.as_(dict), body_format="gemini")


def _candidate(node: Node) -> Choice:
    fields = opened(node)
    blocks = tuple(block for part in listed(inside(fields, "content"), "parts") for block in _part(part))
    reason = FINISH_REASONS.get(word(fields, "finishReason") or "", "stop")
    is_call = reason == "stop" and any(block.call for block in blocks)
    return Choice(blocks=blocks, finish_reason="tool_calls" if is_call else reason)


def _part(node: Node) -> Iterator[Block]:
    fields = opened(node)
    if "functionCall" in fields:
        call = opened(fields["functionCall"], "name")
        yield called(call["name"], call.get("args"), word(call, "id"))
    elif "text" in fields:
        thought = "thought" in fields and fields["thought"].value is True
        yield Block("reasoning" if thought else "text", fields["text"].as_(str))


def response(body: Node) -> Reply:
    """Read a response of OpenAI's."""
    fields = opened(body, "output")
    used = inside(fields, "usage")
    input_details, output_details = (inside(used, f"{key}_tokens_details") for key in SIDES)
    usage = Usage(
        number(used, "input_tokens"),
        number(used, "output_tokens"),
        cached_tokens=number(input_details, "cached_tokens"),
        reasoning_tokens=number(output_details, "reasoning_tokens"),
    )
    blocks = tuple(block for item in fields["output"].items() for block in _item(item))
    word(fields, "status")
    for tool in listed(fields, "tools"):
        opened(tool)
    details = inside(fields, "incomplete_details")
    default_reason = "tool_calls" if any(block.call for block in blocks) else "stop"
    choice = Choice(blocks=blocks, finish_reason=INCOMPLETE.get(word(details, "reason") or "", default_reason))
    name, created = word(fields, "id"), number(fields, "created_at") or None
    return Reply((choice,), name, created, word(fields, "model"), usage, body=body.as_(dict), body_format="responses")


def _item(node: Node) -> Iterator[Block]:
    fields = opened(node, "type")
    word(fields, "id")
    match fields["type"].as_(str):
        case "message":
            for part in listed(fields, "content"):
                yield from _content_part(part)
        case "reasoning":
            for key in ("content", "summary"):
                yield from (Block("reasoning", word(opened(part), "text") or "") for part in listed(fields, key))
        case "function_call":
            fields = opened(node, "name", "arguments")
            call = ToolCall(fields["name"].as_(str), fields["arguments"].as_(str), word(fields, "call_id") or "")
            yield Block("call", call=call)
        case "custom_tool_call":
            fields = opened(node, "name", "input")
            call = ToolCall(fields["name"].as_(str), fields["input"].as_(str), word(fields, "call_id") or "", "custom")
            yield Block("call", call=call)


def _content_part(node: Node) -> Iterator[Block]:
    fields = opened(node)
    for entry in listed(fields, "logprobs"):
        word(opened(entry, "token"), "token")
    listed(fields, "annotations")
    if (text := word(fields, "text")) is not None:
        yield Block("text", text)
    if (refusal := word(fields, "refusal")) is not None:
        yield Block("refusal", refusal)


def cached_usage(used: Mapping[str, Node], counts: tuple[str, str], cache: tuple[str, str]) -> Usage:
    """Return the usage of a document whose prompt count excludes cached tokens, by the names of its fields."""
    read, written = (number(used, name) for name in cache)
    input_tokens, output_tokens = (number(used, name) for name in counts)
    return Usage(input_tokens + read + written, output_tokens, cached_tokens=read, cache_creation_tokens=written)


def called(name: Node, arguments: Node | None, identity: str | None) -> Block:
    """Return a call whose arguments are a mapping; empty if they are missing."""
    values = {} if arguments is None else arguments.as_(dict)
    return Block("call", call=ToolCall(name.as_(str), orjson.dumps(values).decode(), identity or ""))


def opened(node: Node, *required: str) -> dict[str, Node]:
    """Return a mapping's values; further keys are allowed."""
    return node.fields(required=required, optional=node.entries())


def _is_given(fields: Mapping[str, Node], key: str) -> bool:
    return key in fields and fields[key].value is not None


def inside(fields: Mapping[str, Node], key: str) -> dict[str, Node]:
    """Return the values of a nested mapping; empty if it is null or missing."""
    return opened(fields[key]) if _is_given(fields, key) else {}


def listed(fields: Mapping[str, Node], key: str) -> list[Node]:
    """Return a list's nodes; empty if it is null or missing."""
    return fields[key].items() if _is_given(fields, key) else []


def word(fields: Mapping[str, Node], key: str) -> str | None:
    """Return a text; None if it is null or missing."""
    return fields[key].as_(str) if _is_given(fields, key) else None


def number(fields: Mapping[str, Node], key: str) -> int:
    """Return a whole number; 0 if it is null or missing."""
    return fields[key].as_(int) if _is_given(fields, key) else 0
