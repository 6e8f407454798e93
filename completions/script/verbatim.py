"""Step 3: `reply: {body: …}`, a chat completion word by word, read so that every format can say the same."""

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.script.node import Node


def verbatim(body: Node) -> Reply:
    """Read a document; what it has beside the known keys goes out too, to chat alone."""
    fields = _open(body, "id", "object", "created", "choices", "usage")
    if fields["object"].as_(str) != "chat.completion":
        raise fields["object"].error("must be chat.completion.")
    return Reply(
        id=fields["id"].as_(str),
        created=fields["created"].as_(int),
        model=_text(fields, "model"),
        choices=tuple(_choice(node) for node in fields["choices"].items()),
        usage=_usage(fields["usage"]),
        body=body.as_(dict),
    )


def _usage(node: Node) -> Usage:
    fields = _open(node, "prompt_tokens", "completion_tokens")
    asked, said = fields.get("prompt_tokens_details"), fields.get("completion_tokens_details")
    return Usage(
        fields["prompt_tokens"].as_(int),
        fields["completion_tokens"].as_(int),
        cached_tokens=_detail(asked, "cached_tokens"),
        reasoning_tokens=_detail(said, "reasoning_tokens"),
        cache_creation_tokens=_detail(asked, "cache_write_tokens"),
        audio_tokens=_detail(asked, "audio_tokens"),
        completion_audio_tokens=_detail(said, "audio_tokens"),
        accepted_prediction_tokens=_detail(said, "accepted_prediction_tokens"),
        rejected_prediction_tokens=_detail(said, "rejected_prediction_tokens"),
    )


def _detail(node: Node | None, key: str) -> int:
    fields = _open(node) if node and node.value is not None else {}
    return fields[key].as_(int) if key in fields else 0


def _choice(node: Node) -> Choice:
    fields = _open(node, "message", "finish_reason")
    message = _open(fields["message"], "role", "content")
    calls = [_call(child) for child in _list(message, "tool_calls")]
    if message.get("function_call"):
        calls.append(_function(message["function_call"], ""))
    return Choice(
        text=_text(message, "content"),
        finish_reason=_text(fields, "finish_reason"),
        tool_calls=tuple(calls),
        refusal=_text(message, "refusal"),
        reasoning=_text(message, "reasoning_content") or _text(message, "reasoning"),
        annotations=tuple(child.as_(dict) for child in _list(message, "annotations")),
    )


def _call(node: Node) -> ToolCall:
    fields = _open(node, "id", "type")
    identity = fields["id"].as_(str)
    if fields["type"].one_of(("function", "custom")) == "function":
        return _function(_open(node, "function")["function"], identity)
    custom = _open(_open(node, "custom")["custom"], "name", "input")
    return ToolCall(custom["name"].as_(str), custom["input"].as_(str), identity, "custom")


def _function(node: Node, identity: str) -> ToolCall:
    fields = _open(node, "name", "arguments")
    return ToolCall(fields["name"].as_(str), fields["arguments"].as_(str), identity)


def _open(node: Node, *required: str) -> dict[str, Node]:
    """Return a mapping's values; further keys may stand there."""
    return node.fields(required=required, optional=node.entries())


def _list(fields: dict[str, Node], key: str) -> list[Node]:
    return fields[key].items() if key in fields and fields[key].value is not None else []


def _text(fields: dict[str, Node], key: str) -> str | None:
    return fields[key].as_(str) if key in fields and fields[key].value is not None else None
