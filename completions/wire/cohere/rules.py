"""Step 2 for Cohere's chat: what it refuses of a body whose fields have the right types, in its words.

The sources are programs that quote what the API answered, and Cohere's list of errors as it was quoted last.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.models import max_output
from completions.wire.cohere.base import NO_RESULTS, NO_TOOLS, TOO_MANY_TOKENS
from completions.wire.fields import dicts, mapping, object_of, text
from completions.wire.validation import Rule

Body = Mapping[str, Any]

ERRORS_PAGE = "Cohere's list of errors"
TOOLLESS = re.compile("command-a-vision")
"""Models that take no tools."""
IMAGELESS = re.compile("command-a-reasoning")
"""Models that were seen to take no images."""

STRICT_KEYWORDS = {
    *("type", "title", "description", "default", "example", "examples", "enum", "format", "properties", "required"),
    *("items", "additionalProperties", "anyOf", "uniqueItems", "exclusiveMinimum"),
}
"""What a schema may have where `strict_tools` is true."""

_EMPTY = "invalid request: invalid message provided at index {at}: must have non-empty content or tool calls."
_CALL = "invalid tool call provided in messages[{at}].tool_calls[{place}]: {why}"
_RESULT = "invalid tool message at messages[{at}]: {why}"
_BOTH = "messages with non-empty 'tool_calls' cannot contain content items of type 'text'"
_UNANSWERED = (
    "invalid request: An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: "
)
_STRICT = "invalid function at tools[{at}].function: extra restrictions to tool parameters apply when strict_tools=true"
_OUTPUT = (
    "too many tokens: max tokens must be less than or equal to {most}, the maximum output for this model - received"
)


def _messages(body: Body, role: str) -> Iterator[tuple[int, Body]]:
    return ((at, message) for at, message in enumerate(body["messages"]) if message["role"] == role)


def _calls(body: Body) -> Iterator[tuple[int, int, Body]]:
    for at, message in _messages(body, "assistant"):
        for place, call in enumerate(dicts(message.get("tool_calls"))):
            yield at, place, call


def _kinds(message: Body) -> set[str]:
    """Return what kinds of content a message has, without those that are empty."""
    content = message.get("content")
    if isinstance(content, str):
        return {"text"} if content else set()
    return {kind for block in dicts(content) if block.get(kind := text(block.get("type")))}


def _empty(body: Body) -> RequestError | None:
    for at, message in enumerate(body["messages"]):
        if not _kinds(message) and not (message["role"] == "assistant" and message.get("tool_calls")):
            return RequestError(_EMPTY.format(at=at))
    return None


def _said_and_called(body: Body) -> RequestError | None:
    wrong = any(message.get("tool_calls") and "text" in _kinds(message) for _, message in _messages(body, "assistant"))
    return RequestError(_BOTH) if wrong else None


def _arguments(body: Body) -> RequestError | None:
    for at, place, call in _calls(body):
        arguments = text(mapping(call.get("function")).get("arguments"))
        if arguments.strip(" \t\r\n") != "null" and object_of(arguments) is None:
            why = "tool arguments must be a stringified JSON object"
            return RequestError(_CALL.format(at=at, place=place, why=why))
    return None


def _called_twice(body: Body) -> RequestError | None:
    seen = set()
    for at, place, call in _calls(body):
        if (found := text(call.get("id"))) in seen:
            return RequestError(_CALL.format(at=at, place=place, why=f"cannot have duplicate tool ids {found}"))
        seen.add(found)
    return None


def _unnamed_result(body: Body) -> RequestError | None:
    for at, message in _messages(body, "tool"):
        if not text(message.get("tool_call_id")):
            return RequestError(_RESULT.format(at=at, why="tool_call_id is a required field"))
    return None


def _unasked_result(body: Body) -> RequestError | None:
    called = [(at, text(call.get("id"))) for at, _, call in _calls(body)]
    for at, message in _messages(body, "tool"):
        asked = text(message.get("tool_call_id"))
        if not any(before < at and known == asked for before, known in called):
            return RequestError(_RESULT.format(at=at, why=f"tool call id '{asked}' not found in previous tool calls"))
    return None


def _unanswered(body: Body) -> RequestError | None:
    """Refuse calls without any result although the conversation goes on; they are told in alphabetical order."""
    last = max((at for at, message in enumerate(body["messages"]) if message["role"] == "user"), default=-1)
    answered = {text(message.get("tool_call_id")) for _, message in _messages(body, "tool")}
    waiting = sorted({text(call.get("id")) for at, _, call in _calls(body) if at < last} - answered)
    return RequestError(_UNANSWERED + ", ".join(waiting), type=NO_RESULTS) if waiting else None


def _no_images(body: Body) -> RequestError | None:
    shown = any("image_url" in _kinds(message) for message in body["messages"])
    if not shown or not IMAGELESS.match(text(body.get("model"))):
        return None
    return RequestError("invalid request: image content is not supported for this model")


def _no_tools(body: Body) -> RequestError | None:
    if not body.get("tools") or not TOOLLESS.match(model := text(body.get("model"))):
        return None
    message = f"invalid request: tool use is not supported by the provided model: {model}"
    return RequestError(message, type=NO_TOOLS)


def _strict(body: Body) -> RequestError | None:
    for at, tool in enumerate(dicts(body.get("tools")) if body.get("strict_tools") else ()):
        if any(
            STRICT_KEYWORDS.isdisjoint([word]) for word in _keywords(mapping(tool.get("function")).get("parameters"))
        ):
            return RequestError(_STRICT.format(at=at))
    return None


def _keywords(schema: object) -> Iterator[str]:
    """Go through the keywords of a schema and of those within it, however deep they are."""
    left = [schema]
    while left:
        if given := mapping(left.pop()):
            yield from given
            left += (*dicts(given.get("anyOf")), given.get("items"), given.get("additionalProperties"))
            left += mapping(given.get("properties")).values()


def _too_much(body: Body) -> RequestError | None:
    wanted, most = body.get("max_tokens"), max_output(text(body.get("model")))
    if wanted is not None and wanted < 0:
        return RequestError("invalid request: max_tokens cannot be less than 0.")
    if wanted is None or most is None or wanted <= most:
        return None
    return RequestError(f"{_OUTPUT.format(most=most)} {wanted}.", type=TOO_MANY_TOKENS)


def _sampling(body: Body) -> RequestError | None:
    bounds = {"temperature": "1.0", "presence_penalty": "1", "frequency_penalty": "1"}
    for name, most in bounds.items():
        if (value := body.get(name)) is not None and not 0 <= value <= float(most):
            return RequestError(f"invalid request: {name} must be between 0 and {most} inclusive.")
    return None


def _two_penalties(body: Body) -> RequestError | None:
    both = body.get("frequency_penalty") and body.get("presence_penalty")
    return (
        RequestError("invalid request: cannot specify both frequency_penalty and presence_penalty.") if both else None
    )


LIVE = "programs that were tried against the API: "

RULES = (
    Rule(_empty, "users of OpenRouter's Cohere models, north-mini-code among them", "2026-07-05"),
    Rule(_said_and_called, f"{LIVE}command-a-plus-05-2026", "2026-05-31"),
    Rule(_arguments, "users of OpenRouter's Cohere models", "2026-09-17"),
    Rule(_called_twice, f"{ERRORS_PAGE}, and users of OpenRouter's Cohere models", "2026-09-17"),
    Rule(_unnamed_result, f"{LIVE}command-a-03-2025", "2026-08-25"),
    Rule(_unasked_result, "users of OpenRouter's Cohere models, north-mini-code among them", "2026-07-05"),
    Rule(_unanswered, "recordings: maruel/genai, of command-a-reasoning-08-2025", "2026-10-05"),
    Rule(_no_images, "recordings: maruel/genai, of command-a-reasoning-08-2025", "2026-09-13"),
    Rule(_strict, f"{LIVE}command-a-03-2025", "2026-05-31"),
)
"""What is refused of a conversation and its tools."""

OPTIONS = (
    Rule(_no_tools, "users of a gateway, of command-a-vision-07-2025", "2026-09-17"),
    Rule(_too_much, ERRORS_PAGE, "2026-07-28"),
    Rule(_sampling, ERRORS_PAGE, "2026-07-28"),
    Rule(_two_penalties, ERRORS_PAGE, "2026-07-28"),
)
"""What is refused of the other fields, which both versions of the API have."""
