"""Step 2 for Cohere's chat: the rules for a body whose fields have the right types, with Cohere's error messages.

The sources are programs that quote the API's answers, and Cohere's list of errors as it was quoted last.
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
MODELS_WITHOUT_TOOLS = re.compile("command-a-vision")
"""Models that take no tools."""
MODELS_WITHOUT_IMAGES = re.compile("command-a-reasoning")
"""Models that were seen to take no images."""

STRICT_KEYWORDS = {
    *("type", "title", "description", "default", "example", "examples", "enum", "format", "properties", "required"),
    *("items", "additionalProperties", "anyOf", "uniqueItems", "exclusiveMinimum"),
}
"""The keywords that a schema may have if `strict_tools` is true."""

_EMPTY_MESSAGE = "invalid request: invalid message provided at index {at}: must have non-empty content or tool calls."
_INVALID_CALL = "invalid tool call provided in messages[{at}].tool_calls[{place}]: {why}"
_INVALID_RESULT = "invalid tool message at messages[{at}]: {why}"
_TEXT_WITH_CALLS = "messages with non-empty 'tool_calls' cannot contain content items of type 'text'"
_UNANSWERED = (
    "invalid request: An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: "
)
_NOT_STRICT = (
    "invalid function at tools[{at}].function: extra restrictions to tool parameters apply when strict_tools=true"
)
_TOO_MANY_OUTPUT_TOKENS = (
    "too many tokens: max tokens must be less than or equal to {most}, the maximum output for this model - received"
)


def _messages(body: Body, role: str) -> Iterator[tuple[int, Body]]:
    return ((at, message) for at, message in enumerate(body["messages"]) if message["role"] == role)


def _calls(body: Body) -> Iterator[tuple[int, int, Body]]:
    for at, message in _messages(body, "assistant"):
        for place, call in enumerate(dicts(message.get("tool_calls"))):
            yield at, place, call


def _kinds(message: Body) -> set[str]:
    """Return the kinds of content in a message, without empty ones."""
    content = message.get("content")
    if isinstance(content, str):
        return {"text"} if content else set()
    return {kind for block in dicts(content) if block.get(kind := text(block.get("type")))}


def _empty_message(body: Body) -> RequestError | None:
    for at, message in enumerate(body["messages"]):
        if not _kinds(message) and not (message["role"] == "assistant" and message.get("tool_calls")):
            return RequestError(_EMPTY_MESSAGE.format(at=at))
    return None


def _text_with_calls(body: Body) -> RequestError | None:
    has_both = any(
        message.get("tool_calls") and "text" in _kinds(message) for _, message in _messages(body, "assistant")
    )
    return RequestError(_TEXT_WITH_CALLS) if has_both else None


def _invalid_arguments(body: Body) -> RequestError | None:
    for at, place, call in _calls(body):
        arguments = text(mapping(call.get("function")).get("arguments"))
        if arguments.strip(" \t\r\n") != "null" and object_of(arguments) is None:
            why = "tool arguments must be a stringified JSON object"
            return RequestError(_INVALID_CALL.format(at=at, place=place, why=why))
    return None


def _duplicate_call_id(body: Body) -> RequestError | None:
    seen = set()
    for at, place, call in _calls(body):
        if (call_id := text(call.get("id"))) in seen:
            return RequestError(
                _INVALID_CALL.format(at=at, place=place, why=f"cannot have duplicate tool ids {call_id}")
            )
        seen.add(call_id)
    return None


def _result_without_call_id(body: Body) -> RequestError | None:
    for at, message in _messages(body, "tool"):
        if not text(message.get("tool_call_id")):
            return RequestError(_INVALID_RESULT.format(at=at, why="tool_call_id is a required field"))
    return None


def _result_without_call(body: Body) -> RequestError | None:
    calls = [(at, text(call.get("id"))) for at, _, call in _calls(body)]
    for at, message in _messages(body, "tool"):
        call_id = text(message.get("tool_call_id"))
        if not any(before < at and called_id == call_id for before, called_id in calls):
            return RequestError(
                _INVALID_RESULT.format(at=at, why=f"tool call id '{call_id}' not found in previous tool calls")
            )
    return None


def _call_without_result(body: Body) -> RequestError | None:
    """Refuse calls without a result although the conversation goes on; they are listed in alphabetical order."""
    last_user = max((at for at, message in enumerate(body["messages"]) if message["role"] == "user"), default=-1)
    answered_ids = {text(message.get("tool_call_id")) for _, message in _messages(body, "tool")}
    open_ids = sorted({text(call.get("id")) for at, _, call in _calls(body) if at < last_user} - answered_ids)
    return RequestError(_UNANSWERED + ", ".join(open_ids), type=NO_RESULTS) if open_ids else None


def _no_images(body: Body) -> RequestError | None:
    has_images = any("image_url" in _kinds(message) for message in body["messages"])
    if not has_images or not MODELS_WITHOUT_IMAGES.match(text(body.get("model"))):
        return None
    return RequestError("invalid request: image content is not supported for this model")


def _no_tools(body: Body) -> RequestError | None:
    if not body.get("tools") or not MODELS_WITHOUT_TOOLS.match(model := text(body.get("model"))):
        return None
    message = f"invalid request: tool use is not supported by the provided model: {model}"
    return RequestError(message, type=NO_TOOLS)


def _not_strict_schema(body: Body) -> RequestError | None:
    for at, tool in enumerate(dicts(body.get("tools")) if body.get("strict_tools") else ()):
        if any(
            STRICT_KEYWORDS.isdisjoint([word]) for word in _keywords(mapping(tool.get("function")).get("parameters"))
        ):
            return RequestError(_NOT_STRICT.format(at=at))
    return None


def _keywords(schema: object) -> Iterator[str]:
    """Yield the keywords of a schema and of all schemas nested in it."""
    pending = [schema]
    while pending:
        if current := mapping(pending.pop()):
            yield from current
            pending += (*dicts(current.get("anyOf")), current.get("items"), current.get("additionalProperties"))
            pending += mapping(current.get("properties")).values()


def _too_many_output_tokens(body: Body) -> RequestError | None:
    max_tokens, maximum = body.get("max_tokens"), max_output(text(body.get("model")))
    if max_tokens is not None and max_tokens < 0:
        return RequestError("invalid request: max_tokens cannot be less than 0.")
    if max_tokens is None or maximum is None or max_tokens <= maximum:
        return None
    return RequestError(f"{_TOO_MANY_OUTPUT_TOKENS.format(most=maximum)} {max_tokens}.", type=TOO_MANY_TOKENS)


def _sampling_out_of_range(body: Body) -> RequestError | None:
    bounds = {"temperature": "1.0", "presence_penalty": "1", "frequency_penalty": "1"}
    for name, maximum in bounds.items():
        if (value := body.get(name)) is not None and not 0 <= value <= float(maximum):
            return RequestError(f"invalid request: {name} must be between 0 and {maximum} inclusive.")
    return None


def _two_penalties(body: Body) -> RequestError | None:
    both = body.get("frequency_penalty") and body.get("presence_penalty")
    return (
        RequestError("invalid request: cannot specify both frequency_penalty and presence_penalty.") if both else None
    )


TRIED = "programs that were tried against the API: "

MESSAGE_RULES = (
    Rule(_empty_message, "users of OpenRouter's Cohere models, north-mini-code among them", "2026-07-05"),
    Rule(_text_with_calls, f"{TRIED}command-a-plus-05-2026", "2026-05-31"),
    Rule(_invalid_arguments, "users of OpenRouter's Cohere models", "2026-09-17"),
    Rule(_duplicate_call_id, f"{ERRORS_PAGE}, and users of OpenRouter's Cohere models", "2026-09-17"),
    Rule(_result_without_call_id, f"{TRIED}command-a-03-2025", "2026-08-25"),
    Rule(_result_without_call, "users of OpenRouter's Cohere models, north-mini-code among them", "2026-07-05"),
    Rule(_call_without_result, "recordings: maruel/genai, of command-a-reasoning-08-2025", "2026-10-05"),
    Rule(_no_images, "recordings: maruel/genai, of command-a-reasoning-08-2025", "2026-09-13"),
    Rule(_not_strict_schema, f"{TRIED}command-a-03-2025", "2026-05-31"),
)
"""The rules for a conversation and its tools."""

OPTION_RULES = (
    Rule(_no_tools, "users of a gateway, of command-a-vision-07-2025", "2026-09-17"),
    Rule(_too_many_output_tokens, ERRORS_PAGE, "2026-07-28"),
    Rule(_sampling_out_of_range, ERRORS_PAGE, "2026-07-28"),
    Rule(_two_penalties, ERRORS_PAGE, "2026-07-28"),
)
"""The rules for the other fields, which both versions of the API have."""
