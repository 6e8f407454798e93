"""Step 2 for chat: validate messages by their roles, and match tool messages with calls.

The shapes are those of `openai.types.chat` in the SDK (`ChatCompletion*MessageParam`, `ChatCompletionContentPart*`).
"""

import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.media import is_picture
from completions.wire.openai.requests import LastProblem, later_problem
from completions.wire.validation import (
    TOOL_NAME,
    Check,
    Problem,
    anything,
    array,
    choice,
    integer,
    missing,
    nullable,
    obj,
    record,
    string,
    tagged,
    text_or,
)

MAX_TEXT = 10_485_760
"""Characters of one text, from the API's `string_above_max_length` for a message's content."""

BAD_IMAGE = "invalid_image_url"
IMAGE_TYPES = ("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp")
EXAMPLE = (
    "Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
)
NO_PICTURE = (
    "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
    "['png', 'jpeg', 'gif', 'webp']."
)
PDF_EXAMPLE = (
    "Expected a base64-encoded data URL with an application/pdf MIME type "
    "(e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ==')"
)

_TEXT = string(high=MAX_TEXT)
_STRING = string()
CACHE_POINT: dict[str, Check] = {
    "prompt_cache_breakpoint": nullable(record({"mode": choice("explicit"), "ttl": choice("30m", "12h")}, ("mode",)))
}
"""The field that ends the cached part of a prompt, which any part of the input may have."""


def image_url(value: Any) -> Problem | None:
    """Check the URL of an image: http(s), or a data URL with the base64 of an image."""
    if (problem := _STRING(value)) is not None:
        return problem
    head = value[:8].lower()
    if head.startswith(("http://", "https://")):
        host = value.partition("://")[2][:1]
        return None if host.strip() else _bad_image("Expected a valid URL, but got a value with an invalid format.")
    if not head.startswith("data:"):
        return _bad_image(f"{EXAMPLE}, but got a value without the 'data:' prefix.")
    kind, _, data = value[5:].partition(",")
    mime, *options = kind.split(";")
    if mime.lower() not in IMAGE_TYPES:
        return _bad_image(f"{EXAMPLE}, but got unsupported MIME type '{mime[:80]}'.")
    why = _not_base64(options, data)
    return _bad_image(f"{EXAMPLE}, but got {why}.") if why else None


def _picture(value: Any) -> Problem | None:
    """Check the URL of an image in a chat, including its bytes (traceloop/openllmetry, 2026-03)."""
    if (problem := image_url(value)) is None and value[:5].lower() == "data:" and not is_picture(value):
        raise RequestError(NO_PICTURE, code="invalid_image_format")
    return problem


def file_data(value: Any) -> Problem | None:
    """Check a file's data: a data URL in base64."""
    if (problem := _STRING(value)) is not None:
        return problem
    head, _, data = value.partition(",")
    why: str | None = "a value without the 'data:' prefix"
    if head[:5].lower() == "data:":
        why = _not_base64(head.split(";")[1:], data)
    return Problem("Invalid file data:", f". {PDF_EXAMPLE}, but got {why}.", "invalid_value") if why else None


def _pdf(value: Any) -> Problem | None:
    """Check a file's data in a chat, which supports only PDFs (quoted by users in 2026)."""
    if (problem := file_data(value)) is not None:
        return problem
    kind = value[len("data:") :].partition(",")[0].partition(";")[0].lower()
    if kind in ("", "application/pdf"):
        return None
    why = f"{PDF_EXAMPLE}, but got unsupported MIME type '{kind[:80]}'"
    return Problem("Invalid file data:", f". {why}.", "invalid_value")


def _bad_image(why: str) -> Problem:
    return Problem("Invalid image URL:", f". {why}", BAD_IMAGE)


def _not_base64(options: Sequence[str], data: str) -> str | None:
    """Return why a data URL's data is not base64; it is decoded in C, some 2 ms a megabyte."""
    if not data:
        return "empty base64-encoded bytes"
    if " " in data or "\n" in data:  # in lines, as many encoders write it
        data = "".join(data.split())
    try:
        binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        return "an invalid base64-encoded value"
    return None if options and options[-1].strip().lower() == "base64" else "an invalid base64-encoded value"


_IMAGE = record({"url": _picture, "detail": choice("auto", "low", "high", "original")}, ("url",))
_AUDIO = record({"data": string(low=1), "format": choice("wav", "mp3")}, ("data", "format"))
_FILE_FIELDS = {"file_data": _pdf, "file_id": string(low=1), "filename": string()}
_FILE = record(_FILE_FIELDS)
_ID = record({"id": string(low=1)}, ("id",))
_SPOKEN = record({"id": string(low=1), **dict.fromkeys(("data", "expires_at", "transcript"), anything)}, ("id",))
"""The audio of an answer: only its id is required; the SDK's own message sends the other fields back too."""


def file(value: Any) -> Problem | None:
    """Check a file: it has its data or its id."""
    problem = _FILE(value)
    if problem is None and not {"file_data", "file_id"} & value.keys():
        return missing("file_id", value, _FILE_FIELDS)
    return problem


_PART_FIELDS: Mapping[str, Check] = {
    "text": _TEXT,
    "image_url": _IMAGE,
    "input_audio": _AUDIO,
    "refusal": _TEXT,
    "audio": _ID,
    "file": file,
}
PARTS: Mapping[str, Check] = {
    name: record({"type": anything, name: check} | ({} if name in ("refusal", "audio") else CACHE_POINT), (name,))
    for name, check in _PART_FIELDS.items()
}
"""The content parts; each has its content under the key of its type's name."""

NOUNS = {
    "image_url": ("Image URLs", "an image URL", "user"),
    "input_audio": ("Audio inputs", "an audio input", "user"),
    "file": ("Files", "a file", "user"),
    "refusal": ("Refusals", "a refusal", "assistant"),
    "audio": ("Audio outputs", "an audio output", "assistant"),
}
"""The names of a part in the error for a wrong role, and the role that may have it."""


_LOOSE_PARTS: Mapping[str, Check] = {
    **PARTS,
    "text": record({"type": anything, "text": _TEXT} | CACHE_POINT, ("text",), others=True),
    "refusal": record({"type": anything, "refusal": _TEXT}, ("refusal",), others=True),
}
"""The parts of messages of the roles `system` and `assistant`, whose texts may have any further keys.

A `cache_control` was seen to be taken in gpt-4o's system message, and refused in a developer's (2026-08). The Agents
SDK for JavaScript sends each text of an answer with what stood around it: `role`, `refusal`, `annotations`, calls.
"""


def _content(parts: Mapping[str, Check]) -> Check:
    return text_or("objects", array(tagged("type", parts), "objects"), high=MAX_TEXT)


_CONTENT, _LOOSE_CONTENT = _content(PARTS), _content(_LOOSE_PARTS)


def _foreign_part(message: dict[str, Any]) -> Problem | None:
    """Return a part that messages of this role may not have."""
    role = message["role"]
    for part in message["content"]:
        plural, single, owner = NOUNS.get(part["type"], ("", "", role))
        if owner != role:
            only = f"{plural} are only allowed for messages with role '{owner}'"
            why = f"{only}, but this message with role '{role}' contains {single}."
            return Problem("Invalid", f". {why}", "invalid_value")
    return None


def _call_payload(name: str, key: str, **parsed: Check) -> Check:
    call = record({"name": TOOL_NAME, key: _TEXT, **parsed}, ("name", key))
    # the index is what a stream's deltas carry, and clients send the calls that they gathered back as they are
    fields = {"id": string(low=1, high=40), "type": anything, "index": integer(0), name: call}
    return record(fields, ("id", name))


_CALLS = array(
    tagged(
        "type",
        {
            "function": _call_payload("function", "arguments", parsed_arguments=anything),  # as OpenAI's SDK adds it
            "custom": _call_payload("custom", "input"),
        },
    ),
    "objects",
    low=1,
    high=128,
)
_FUNCTION_CALL = record({"name": TOOL_NAME, "arguments": _TEXT}, ("name", "arguments"))
_NAME = string(low=1, high=64, pattern=r"^[^\s<|\\/>]+$")


_INSTEAD = ("tool_calls", "function_call", "refusal", "audio")


def _message(extra: Mapping[str, Check], required: Sequence[str] = (), *, loose: bool = False) -> Check:
    content = nullable(_LOOSE_CONTENT if loose else _CONTENT)
    fields: dict[str, Check] = {"role": anything, "name": _NAME, "content": content}
    check = record({**fields, **dict.fromkeys(_INSTEAD, anything), **extra}, required)

    def with_content(value: dict[str, Any]) -> Problem | None:
        if (problem := check(value)) is not None:
            return problem
        content = value.get("content")
        if type(content) is str:
            return None
        return _no_content(value) if content is None else _foreign_part(value)

    return with_content


NO_CONTENT = "Invalid value for 'content': expected a string, got null."


def _no_content(message: dict[str, Any]) -> Problem | None:
    """Let an assistant's message do without content when it has something else to say.

    To leave it out is to send null, and an empty array is content (gpt-5.5, 5.6-sol and 5.6-terra on 2026-08-31).
    """
    if message["role"] == "assistant" and any(message.get(key) is not None for key in _INSTEAD):
        return None
    if message["role"] == "function" and "content" in message:
        return None  # `ChatCompletionFunctionMessageParam.content` is nullable
    return LastProblem(NO_CONTENT, None, None, "content")


_SAID: Mapping[str, Check] = {
    "tool_calls": nullable(_CALLS),  # the types have no null here, but answers that are sent back have
    "function_call": nullable(_FUNCTION_CALL),
    "refusal": nullable(_TEXT),
    "audio": nullable(_SPOKEN),
    "annotations": nullable(array(obj, "objects")),  # what answers carry
}

MESSAGE = tagged(
    "role",
    {
        "system": _message({}, loose=True),
        "assistant": _message(_SAID, loose=True),
        "user": _message({}),
        "function": _message({}, ("name",)),
        "tool": _message({"tool_call_id": string(low=1)}, ("tool_call_id",)),
        "developer": _message({"content": _CONTENT}, ("content",)),
    },
)
"""One message; the roles in the order in which the API lists them."""

_SEVERAL = array(MESSAGE, "objects", low=1)

NO_CALL = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
NOT_FOUND = "Invalid parameter: 'tool_call_id' of '{call}' not found in 'tool_calls' of previous message."
NOT_ANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: "
)


def messages(value: Any) -> Problem | None:
    """Check the messages one by one, then that calls and tool messages match."""
    if (problem := _SEVERAL(value)) is not None:
        return (_earlier_problem(value) or problem) if isinstance(problem, LastProblem) else problem
    if any("tool_calls" in message or message["role"] == "tool" for message in value):
        return unmatched(value)
    return None


def _earlier_problem(value: Sequence[Any]) -> Problem | None:
    """Return the first problem that is not a `LastProblem`."""
    wrong = ((at, problem) for at, each in enumerate(value) if (problem := MESSAGE(each)) is not None)
    return next((problem.under(f"[{at}]") for at, problem in wrong if not isinstance(problem, LastProblem)), None)


def steps(conversation: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Sequence[Any], Sequence[Any], int]]:
    """Yield the messages that are not results.

    For each: its role, the ids of its calls, the ids in the results right after it, and the place of the first result.
    """
    role, place = "", 0
    called: list[Any] = []
    answered: list[Any] = []
    for index, message in enumerate(conversation, 1):
        if message["role"] == "tool":
            answered.append(message.get("tool_call_id"))
            continue
        yield role, called, answered, place
        role, answered, place = message["role"], [], index
        called = [call.get("id") for call in message.get("tool_calls") or ()] if role == "assistant" else []
    yield role, called, answered, place


def unmatched(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a call without a tool message right after it, or of a tool message without a call.

    The place of the first is where a tool message should be (maruel/genai, 2026-10-05), or all messages at their end.
    """
    for _, called, answered, start in steps(conversation):
        if called == answered:  # nearly always
            continue
        for place, call in enumerate(answered, start):
            if not called:
                return later_problem(NO_CALL, "role").under(f"[{place}]")
            if call not in called:
                return later_problem(NOT_FOUND.format(call=call), "tool_call_id").under(f"[{place}]")
        if left := [call for call in called if call not in answered]:
            message, end = NOT_ANSWERED + ", ".join(left), start + len(answered)
            at_end = end == len(conversation)
            return later_problem(message, "") if at_end else later_problem(message, "role").under(f"[{end}]")
    return None


NO_JSON = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."


def says_json(conversation: Sequence[dict[str, Any]]) -> bool:
    """Tell whether any text contains `json`, in any case, which JSON mode requires."""
    texts = _texts(conversation)
    has_common_case = any("JSON" in text or "json" in text for text in texts)
    return has_common_case or any("json" in text.lower() for text in texts)


def _texts(conversation: Sequence[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for message in conversation:
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        found += [text for part in parts if isinstance(text := part.get("text"), str)]
    return found
