"""Step 2 for responses: validate the items of the input by type, and match outputs with calls.

The shapes are those of `openai.types.responses` in the SDK (`ResponseInputItemParam`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.capabilities import EFFORTS
from completions.tokens.media import is_picture
from completions.wire.fields import text, text_or_none
from completions.wire.openai.message_rules import CACHE_POINT, MAX_TEXT, file_data, image_url
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    either,
    missing,
    nullable,
    obj,
    record,
    string,
    tagged,
    text_or,
    worded_problem,
    wrong_type,
    wrong_value,
)

_STRING, _TEXT, _ID = string(), string(high=MAX_TEXT), string(low=1)
_CALL_ID = string(low=1, high=64)
_CALLED = string(low=1, pattern="^[a-zA-Z0-9_-]+$")
"""The name of a called tool, which has the error of tools' names (quoted until 2026-09)."""
_STATUS = nullable(choice("in_progress", "completed", "incomplete"))

TEXT_FILE = (
    "Expected a base64-encoded data URL with a valid file MIME type "
    "(e.g. 'data:text/plain;base64,SGVsbG8sIFdvcmxkIQ==')"
)
SUPPORTED = (
    "Please see https://platform.openai.com/docs/assistants/tools/file-search#supported-files for supported file types."
)


def _readable(value: Any) -> Problem | None:
    """Check a file's data, which cannot be audio or video (recorded in February 2026)."""
    if (problem := file_data(value)) is not None:
        return problem
    kind = value[len("data:") :].partition(",")[0].partition(";")[0]
    if not kind.lower().startswith(("audio/", "video/")):
        return None
    why = f"{TEXT_FILE}, but got unsupported MIME type '{kind[:80]}'. {SUPPORTED}"
    return Problem("Invalid file data:", f". {why}", "invalid_value")


def _picture(value: Any) -> Problem | None:
    """Check the URL of an image, whose data must begin like an image (quoted until 2026-09, of `data:` URLs)."""
    if (problem := image_url(value)) is None and value[:5].lower() == "data:" and not is_picture(value):
        raise RequestError(NO_PICTURE, code="invalid_value", param="input")
    return problem


NO_PICTURE = "The image data you provided does not represent a valid image. Please check your input and try again."


def _image(fields: Mapping[str, Check]) -> Check:
    seen = record(fields)

    def check(value: Any) -> Problem | None:
        problem = seen(value)
        is_given = problem is not None or value.get("image_url") or value.get("file_id")
        return problem if is_given else missing("image_url", value, fields)

    return check


def _file(fields: Mapping[str, Check]) -> Check:
    read = record(fields)

    def check(value: Any) -> Problem | None:
        problem = read(value)
        is_given = problem is not None or any(value.get(key) for key in ("file_data", "file_id", "file_url"))
        return problem if is_given else missing("file_id", value, fields)

    return check


def _input_parts(optional: Callable[[Check], Check]) -> Mapping[str, Check]:
    """Return the checks of the parts; `optional` makes the check of an optional field."""
    image = {"type": anything, "detail": optional(choice("low", "high", "auto", "original"))}
    image |= {"file_id": nullable(_ID), "image_url": nullable(_picture), **CACHE_POINT}
    file = {"type": anything, "detail": optional(choice("auto", "low", "high")), "file_data": optional(_readable)}
    file |= {"file_id": nullable(_ID), "file_url": optional(_ID), "filename": optional(_STRING), **CACHE_POINT}
    written = record({"type": anything, "text": _TEXT, **CACHE_POINT}, ("text",))
    return {"input_text": written, "input_image": _image(image), "input_file": _file(file)}


_INPUT_PARTS = _input_parts(lambda check: check)
_SOUND = record({"data": _ID, "format": choice("wav", "mp3")}, ("data", "format"))
_PARTS: Mapping[str, Check] = {
    **_INPUT_PARTS,
    "input_audio": record({"type": anything, "input_audio": _SOUND}, ("input_audio",)),
    "output_text": record(
        {
            "type": anything,
            "text": _TEXT,
            "annotations": nullable(array(obj, "objects")),
            "logprobs": nullable(array(obj, "objects")),
        },
        ("text",),
    ),
    "refusal": record({"type": anything, "refusal": _TEXT}, ("refusal",)),
    "summary_text": record({"type": anything, "text": _TEXT}, ("text",)),
    **dict.fromkeys(("computer_screenshot", "encrypted_content", "scoped_content"), anything),
}
_TOLD_PARTS = (
    *("input_text", "input_image", "input_audio", "output_text", "refusal", "input_file", "computer_screenshot"),
    *("summary_text", "encrypted_content"),
)
_SAID = ("output_text", "refusal")
_ASKED = ("input_text", "input_image", "input_file", "scoped_content", "input_audio")
"""The parts of any message, of answers, and of input messages, in the API's order (2026-08-30)."""


def _part(value: Any) -> Problem | None:
    """Check a part by its type."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    if "type" not in value:
        return missing("type", value, _PARTS)
    if type(kind := value["type"]) is not str or kind not in _PARTS:
        return wrong_value(kind if type(kind) is str else "", _TOLD_PARTS).under("type")
    return _PARTS[kind](value)


def _foreign(message: Mapping[str, Any]) -> Problem | None:
    """Return the problem of an output part in an input message, or the reverse."""
    allowed = _SAID if message["role"] == "assistant" else _ASKED
    for at, part in enumerate(message["content"]):
        if part["type"] not in allowed:
            return wrong_value(part["type"], allowed).under(f"content[{at}]")
    return None


_CONTENT = text_or("objects", array(_part, "objects"), high=MAX_TEXT)
_OUTPUT = text_or("objects", array(tagged("type", _input_parts(nullable)), "objects"), high=MAX_TEXT)

VARIABLE = either("one of a string or object", string=_TEXT, object=tagged("type", _INPUT_PARTS))
"""The check of a value of a prompt template's variable."""

_ROLES = ("assistant", "system", "developer", "user")
_CODEX: Mapping[str, Check] = {"internal_chat_message_metadata_passthrough": nullable(obj)}
"""The fields in items of Codex if it is signed in with ChatGPT (0.171)."""
_BASE: Mapping[str, Check] = {"type": anything, "id": nullable(_ID), "status": _STATUS, **_CODEX}


_HEARD = record({**_BASE, "role": anything, "content": _CONTENT}, ("content",))
_ANSWERED = record(
    {**_BASE, "role": anything, "content": _CONTENT} | {"phase": nullable(choice("commentary", "final_answer"))},
    ("content",),
)


def _message(value: dict[str, Any]) -> Problem | None:
    """Check a message: its role, whose error has the message's path, and then the role's fields."""
    role = value.get("role")
    if type(role) is not str or role not in _ROLES:
        return wrong_value(role if type(role) is str else "", _ROLES)
    problem = (_ANSWERED if role == "assistant" else _HEARD)(value)
    return _foreign(value) if problem is None and type(value["content"]) is list else problem


def _item(required: Sequence[str] = (), **fields: Check) -> Check:
    return record({**_BASE, **dict.fromkeys(required, anything), **fields}, required)


_FROM: Mapping[str, Check] = {"caller": nullable(obj), "namespace": nullable(_STRING), "created_by": nullable(_STRING)}
_LATER: Mapping[str, Check] = {"async": nullable(boolean)}
_SUMMARY = array(record({"type": choice("summary_text"), "text": _TEXT}, ("type", "text")), "objects")
_UNTOLD = array(obj, "objects", high=0)
"""The content of reasoning, which is not sent, and not accepted back (quoted of GPT-5.6 and GPT-6 until 2026-10)."""

_ANY_STATUS = nullable(_STRING)

_FUNCTION_OUTPUT_FIELDS: Mapping[str, Check] = {
    **_BASE,
    **_FROM,
    "call_id": nullable(_CALL_ID),
    "name": nullable(_STRING),
    "output": _OUTPUT,
}
_FUNCTION_OUTPUT = record(_FUNCTION_OUTPUT_FIELDS, ("output",))


def _function_output(value: Any) -> Problem | None:
    """Check a function's output: it has the id of its call, or the name of the tool that made it without a call."""
    problem = _FUNCTION_OUTPUT(value)
    is_given = any(value.get(key) is not None for key in ("call_id", "name"))
    return problem or (None if is_given else missing("call_id", value, _FUNCTION_OUTPUT_FIELDS))


_EFFORT = record({"effort": choice(*EFFORTS)}, ("effort",))
_FORM = record({"format": record({"type": choice("text", "json_schema")}, ("type",), others=True)}, ("format",))
_UPDATE = record({"type": anything, "id": nullable(_ID), "reasoning": _EFFORT, "text": _FORM, **_CODEX})


def _update(value: Any) -> Problem | None:
    """Check a configuration update, which cannot be empty (measured on 2026-10-01 of the effort)."""
    return _UPDATE(value) or (None if value.keys() & {"reasoning", "text"} else missing("reasoning", value, ()))


_ITEMS: Mapping[str, Check] = {
    "message": _message,
    "file_search_call": _item(("queries",), results=nullable(array(obj, "objects")), status=_ANY_STATUS),
    "computer_call": _item(("call_id",), **_FROM, action=anything, actions=anything, pending_safety_checks=anything),
    "computer_call_output": _item(
        ("call_id", "output"), output=obj, acknowledged_safety_checks=anything, created_by=nullable(_STRING)
    ),
    "web_search_call": _item((), action=obj, status=_ANY_STATUS),
    "function_call": _item(
        ("call_id", "name", "arguments"), call_id=_CALL_ID, name=_CALLED, arguments=_TEXT, **_LATER, **_FROM
    ),
    "function_call_output": _function_output,
    "reasoning": _item(("summary",), summary=_SUMMARY, content=nullable(_UNTOLD), encrypted_content=nullable(_STRING)),
    "image_generation_call": record(
        {
            "type": anything,
            "id": _ID,
            "result": nullable(_STRING),
            "status": _ANY_STATUS,
            **dict.fromkeys(("background", "output_format", "quality", "size", "revised_prompt", "action"), anything),
            **dict.fromkeys(("error", "svg_usage"), anything),
            **_CODEX,
        },
        ("id",),
    ),
    "code_interpreter_call": _item(
        ("container_id",), code=nullable(_STRING), outputs=nullable(array(obj, "objects")), status=_ANY_STATUS
    ),
    "local_shell_call": _item(("action", "call_id"), action=obj, call_id=_CALL_ID),
    "local_shell_call_output": _item(("output",), output=_TEXT, call_id=_CALL_ID),
    "shell_call": _item(("action", "call_id"), action=obj, call_id=_CALL_ID, environment=nullable(obj), **_FROM),
    "shell_call_output": _item(("call_id", "output"), call_id=_CALL_ID, max_output_length=anything, **_FROM),
    "apply_patch_call": _item(("call_id", "operation"), call_id=_CALL_ID, operation=obj, **_FROM),
    "apply_patch_call_output": _item(
        ("call_id", "status"), call_id=_CALL_ID, output=nullable(_TEXT), status=choice("completed", "failed"), **_FROM
    ),
    "mcp_list_tools": _item(("server_label", "tools"), tools=array(obj, "objects"), error=anything),
    "mcp_approval_request": _item(("name", "arguments", "server_label")),
    "mcp_approval_response": _item(
        ("approval_request_id", "approve"), approval_request_id=_ID, approve=boolean, reason=nullable(_STRING)
    ),
    "mcp_call": _item(
        ("name", "arguments", "server_label"),
        **dict.fromkeys(("output", "error", "approval_request_id"), anything),
        status=_ANY_STATUS,
    ),
    "custom_tool_call_output": _item(("call_id", "output"), call_id=_CALL_ID, output=_OUTPUT, **_FROM),
    "custom_tool_call": _item(
        ("call_id", "name", "input"), call_id=_CALL_ID, name=_CALLED, input=_TEXT, **_LATER, **_FROM
    ),
    "item_reference": record({"type": anything, "id": _ID}, ("id",)),
    "configuration_update": _update,
    **dict.fromkeys(
        (
            *("tool_search_call", "tool_search_output", "additional_tools", "compaction"),
            *("compaction_trigger", "program", "program_output"),
            *("agent_message", "multi_agent_call", "multi_agent_call_output"),
        ),
        obj,
    ),
}
_TOLD_ITEMS = sorted(_ITEMS.keys() - {"configuration_update"})
"""The types in the API's list (measured on 2026-08-30); the SDK has one more."""
_REFERENCE = record({"type": anything, "id": _ID}, ("id",))


def item(value: Any) -> Problem | None:
    """Check one item; without a type it is a message, or a reference if it has only an id."""
    if type(value) is not dict:
        return wrong_type("an input item", value)
    if (kind := value.get("type")) is None:
        return _REFERENCE(value) if "id" in value and "role" not in value else _message(value)
    if type(kind) is not str or kind not in _ITEMS:
        return wrong_value(kind if type(kind) is str else "", _TOLD_ITEMS)
    return _ITEMS[kind](value)


ITEMS = array(item, "input items")
INPUT = either("one of a string or array of input items", string=_TEXT, array=ITEMS)

_CALLS = {
    "function_call": ("function_call_output", "function call"),
    "custom_tool_call": ("custom_tool_call_output", "custom tool call"),
    "computer_call": ("computer_call_output", "computer call"),
    "shell_call": ("shell_call_output", "shell call"),
    "apply_patch_call": ("apply_patch_call_output", "apply patch call"),
}
"""The types of calls that the client answers: the type of the output, and its name in the API's error."""

_ANSWERS = {answer: (call, noun) for call, (answer, noun) in _CALLS.items()}


def unmatched(items: Iterable[Mapping[str, Any]]) -> Problem | None:
    """Return the problem of a call without an output, or of an output without a call."""
    open_calls: dict[tuple[Any, Any], Any] = {}
    for entry in items:
        kind, call = text(entry.get("type")), text_or_none(entry.get("call_id"))
        if kind in _CALLS:
            open_calls[kind, call] = call
        elif kind == "tool_search_call":  # one that the client runs may be answered as a function's is, or not
            open_calls["function_call", call] = ""
        elif kind in _ANSWERS and call is not None:
            output_type, noun = _ANSWERS[kind]
            if (output_type, call) not in open_calls:
                return worded_problem(f"No tool call found for {noun} output with call_id {call}.", None, "input")
            open_calls[output_type, call] = ""
    left = next(((kind, call) for (kind, _), call in open_calls.items() if call), None)
    return worded_problem(f"No tool output found for {_CALLS[left[0]][1]} {left[1]}.", None, "input") if left else None
