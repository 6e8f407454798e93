"""Step 3: `reply: {body: …}`, a document word by word, read so that every format can say the same.

A chat completion is read here, the others in `verbatim_others` and `verbatim_vendors`.
"""

from collections.abc import Callable, Sequence

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.script.reply import verbatim_others as others
from completions.script.reply import verbatim_vendors as vendors
from completions.script.reply.verbatim_others import inside, listed, number, opened, word
from completions.script.text.node import Node

BY_KEYS: Sequence[tuple[frozenset[str], Callable[[Node], Reply]]] = (
    (frozenset({"candidates"}), others.answer),
    (frozenset({"message", "done"}), vendors.ollama),
    (frozenset({"response", "done"}), vendors.ollama),
    (frozenset({"message", "finish_reason"}), vendors.cohere),
    (frozenset({"output", "stopReason"}), vendors.converse),
)
"""The documents that do not say what they are, by keys that only they have."""


def verbatim(body: Node) -> Reply:
    """Read a document of any API whose answers can be told apart by their keys."""
    given = body.value if isinstance(body.value, dict) else {}
    if given.get("object") == "response":
        return others.response(body)
    if given.get("type") == "message":
        return others.message(body)
    for keys, read in BY_KEYS:
        if keys <= given.keys():
            return read(body)
    return _completion(body)


def _completion(body: Node) -> Reply:
    """Read a chat completion; what it has beside the known keys goes out too, to chat alone."""
    fields = opened(body, "id", "object", "created", "choices", "usage")
    if fields["object"].as_(str) != "chat.completion":
        raise fields["object"].error("must be chat.completion or response.")
    return Reply(
        id=fields["id"].as_(str),
        created=fields["created"].as_(int),
        model=word(fields, "model"),
        choices=tuple(_choice(node) for node in fields["choices"].items()),
        usage=_usage(fields["usage"]),
        body=body.as_(dict),
    )


def _usage(node: Node) -> Usage:
    fields = opened(node, "prompt_tokens", "completion_tokens")
    asked, said = (inside(fields, f"{side}_tokens_details") for side in ("prompt", "completion"))
    return Usage(
        fields["prompt_tokens"].as_(int),
        fields["completion_tokens"].as_(int),
        cached_tokens=number(asked, "cached_tokens"),
        reasoning_tokens=number(said, "reasoning_tokens"),
        cache_creation_tokens=number(asked, "cache_write_tokens"),
        audio_tokens=number(asked, "audio_tokens"),
        completion_audio_tokens=number(said, "audio_tokens"),
        accepted_prediction_tokens=number(said, "accepted_prediction_tokens"),
        rejected_prediction_tokens=number(said, "rejected_prediction_tokens"),
    )


def _choice(node: Node) -> Choice:
    fields = opened(node, "message", "finish_reason")
    message = opened(fields["message"], "role", "content")
    calls = [_call(child) for child in listed(message, "tool_calls")]
    if message.get("function_call"):
        calls.append(_function(message["function_call"], ""))
    return Choice(
        text=word(message, "content"),
        finish_reason=word(fields, "finish_reason"),
        tool_calls=tuple(calls),
        refusal=word(message, "refusal"),
        reasoning=word(message, "reasoning_content") or word(message, "reasoning"),
        annotations=tuple(child.as_(dict) for child in listed(message, "annotations")),
    )


def _call(node: Node) -> ToolCall:
    fields = opened(node, "id", "type")
    identity = fields["id"].as_(str)
    if fields["type"].one_of(("function", "custom")) == "function":
        return _function(opened(node, "function")["function"], identity)
    custom = opened(opened(node, "custom")["custom"], "name", "input")
    return ToolCall(custom["name"].as_(str), custom["input"].as_(str), identity, "custom")


def _function(node: Node, identity: str) -> ToolCall:
    fields = opened(node, "name", "arguments")
    return ToolCall(fields["name"].as_(str), fields["arguments"].as_(str), identity)
