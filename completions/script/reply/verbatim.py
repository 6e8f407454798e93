"""Step 3: `reply: {body: …}`, an exact document, read so that every format can give the same answer.

A chat completion is read here, the others in `verbatim_formats` and `verbatim_vendors`.
"""

from collections.abc import Callable, Sequence

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.script.reply import verbatim_formats as formats
from completions.script.reply import verbatim_vendors as vendors
from completions.script.reply.verbatim_formats import inside, listed, number, opened, word
from completions.script.text.node import Node

BY_KEYS: Sequence[tuple[frozenset[str], Callable[[Node], Reply]]] = (
    (frozenset({"candidates"}), formats.answer),
    (frozenset({"message", "done"}), vendors.ollama),
    (frozenset({"response", "done"}), vendors.ollama),
    (frozenset({"message", "finish_reason"}), vendors.cohere),
    (frozenset({"output", "stopReason"}), vendors.converse),
)
"""Readers of documents without a type, by the keys that only they have."""


def verbatim(body: Node) -> Reply:
    """Read a document of any API whose answers can be recognized by their keys."""
    document = body.value if isinstance(body.value, dict) else {}
    if document.get("object") == "response":
        return formats.response(body)
    if document.get("type") == "message":
        return formats.message(body)
    for keys, read in BY_KEYS:
        if keys <= document.keys():
            return read(body)
    return _completion(body)


def _completion(body: Node) -> Reply:
    """Read a chat completion; its further keys are sent too, but only to chat clients."""
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
    prompt_details, completion_details = (inside(fields, f"{side}_tokens_details") for side in ("prompt", "completion"))
    return Usage(
        fields["prompt_tokens"].as_(int),
        fields["completion_tokens"].as_(int),
        cached_tokens=number(prompt_details, "cached_tokens"),
        reasoning_tokens=number(completion_details, "reasoning_tokens"),
        cache_creation_tokens=number(prompt_details, "cache_write_tokens"),
        audio_tokens=number(prompt_details, "audio_tokens"),
        completion_audio_tokens=number(completion_details, "audio_tokens"),
        accepted_prediction_tokens=number(completion_details, "accepted_prediction_tokens"),
        rejected_prediction_tokens=number(completion_details, "rejected_prediction_tokens"),
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
