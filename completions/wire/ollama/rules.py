"""Step 2 for Ollama: the requests that its server refuses, in the wording of Go's JSON decoder.

The fields and their types are `ChatRequest`, `GenerateRequest`, `EmbedRequest` and `Message` of `api/types.go` in
ollama/ollama. Go ignores unknown fields, and treats null as absent.
"""

import binascii
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.wire.base import decode_object, json_type
from completions.wire.ollama import decode_errors


class Go(NamedTuple):
    """A Go type: its name, the JSON types that it accepts, the fields of an object, and the type of a list's items."""

    name: str
    takes: tuple[type, ...]
    fields: "Mapping[str, Go] | None" = None
    items: "Go | None" = None


TEXT, FLAG, WHOLE = Go("string", (str,)), Go("bool", (bool,)), Go("int", (int,))
NUMBERS, TEXTS = Go("[]int", (list,), items=WHOLE), Go("[]string", (list,), items=TEXT)
OPTIONS = Go("map[string]interface {}", (dict,))
ANY = Go("interface {}", (str, bool, int, float, list, dict))
DURATION = Go("api.Duration", ANY.takes)
PROPERTIES, PROPERTY_TYPE = Go("api.ToolPropertiesMap", (dict,)), Go("api.PropertyType", ANY.takes)
PROPERTY: Mapping[str, Go] = {"type": PROPERTY_TYPE, "description": TEXT, "enum": Go("[]interface {}", (list,))}
PARAMETERS = Go("api.ToolFunctionParameters", (dict,), {"type": TEXT, "required": TEXTS, "properties": PROPERTIES})
IMAGES = Go("[]api.ImageData", (list,))
FUNCTION = Go("api.ToolFunction", (dict,), {"name": TEXT, "description": TEXT, "parameters": PARAMETERS})
CALLED_FUNCTION = Go("api.ToolCallFunction", (dict,), {"name": TEXT, "arguments": OPTIONS})
MESSAGE: Mapping[str, Go] = {
    "role": TEXT,
    "content": TEXT,
    "thinking": TEXT,
    "images": IMAGES,
    "tool_calls": Go("[]api.ToolCall", (list,), {"id": TEXT, "function": CALLED_FUNCTION}),
    "tool_name": TEXT,
    "tool_call_id": TEXT,
}
SHARED_FIELDS: Mapping[str, Go] = {"model": TEXT, "options": OPTIONS, "keep_alive": DURATION}
GENERATION_FIELDS = {
    **SHARED_FIELDS,
    "stream": FLAG,
    "format": ANY,
    "think": ANY,
    "logprobs": FLAG,
    "top_logprobs": WHOLE,
}
CHAT: Mapping[str, Go] = {
    **GENERATION_FIELDS,
    **dict.fromkeys(("truncate", "shift"), FLAG),
    "messages": Go("[]api.Message", (list,), MESSAGE),
    "tools": Go("api.Tools", (list,), {"type": TEXT, "function": FUNCTION}),
}
GENERATE: Mapping[str, Go] = {
    **GENERATION_FIELDS,
    **dict.fromkeys(("prompt", "suffix", "system", "template"), TEXT),
    "context": NUMBERS,
    **dict.fromkeys(("raw", "truncate", "shift"), FLAG),
    "images": IMAGES,
}
EMBED: Mapping[str, Go] = {**SHARED_FIELDS, "input": ANY, "truncate": FLAG, "dimensions": WHOLE}
EMBEDDINGS: Mapping[str, Go] = {**SHARED_FIELDS, "prompt": TEXT}
SHOW: Mapping[str, Go] = {"model": TEXT, "name": TEXT, "system": TEXT, "verbose": FLAG, "options": OPTIONS}
PULL: Mapping[str, Go] = {
    **dict.fromkeys(("model", "name", "username", "password"), TEXT),
    **dict.fromkeys(("insecure", "stream"), FLAG),
}
CREATE: Mapping[str, Go] = {
    **dict.fromkeys(("model", "name", "from", "template", "system", "quantize"), TEXT),
    "stream": FLAG,
}
COPY: Mapping[str, Go] = {"source": TEXT, "destination": TEXT}
DELETE: Mapping[str, Go] = {"model": TEXT, "name": TEXT}

DURATION_PATTERN = re.compile(r"[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
UNIT_PATTERN = re.compile(r"[-+]?\d+(?:\.\d*)?([a-z]{1,20})", re.ASCII)
GO_TYPES: Mapping[type, str] = {bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}
"""The Go types into which JSON values are decoded."""

JSON_TYPE_NAMES = {list: "array", dict: "object", str: "string", bool: "bool", int: "number", float: "number"}
"""Go's names of the JSON types."""

THINK_LEVELS = ("high", "medium", "low", "max")

INTEGER_OPTIONS = (
    "num_keep",
    "seed",
    "num_predict",
    "top_k",
    "repeat_last_n",
    "num_ctx",
    "num_batch",
    "num_gpu",
    "main_gpu",
    "num_thread",
)
BOOLEAN_OPTIONS = ("use_mmap",)
FLOAT_OPTIONS = (
    "top_p",
    "min_p",
    "typical_p",
    "temperature",
    "repeat_penalty",
    "presence_penalty",
    "frequency_penalty",
)
"""The options by type, from `Options` of `api/types.go`; the server takes any others, and ignores them."""

OPTION_TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    **dict.fromkeys(INTEGER_OPTIONS, ("integer", (int, float))),
    **dict.fromkeys(FLOAT_OPTIONS, ("float32", (int, float))),
    **dict.fromkeys(BOOLEAN_OPTIONS, ("boolean", (bool,))),
    "stop": ("array", (list,)),
}
"""What the server calls the type of an option, with the JSON types that it takes; all numbers are floats to it."""


def read(body: bytes, request: str) -> dict[str, Any]:
    """Decode a body; `request` is what Ollama calls its type, such as `ChatRequest`."""
    try:
        return decode_object(body)
    except RequestError as exc:
        raise RequestError(
            decode_errors.decode_error(body, f"api.{request}", "missing request body") or exc.message
        ) from exc


def validate(body: Mapping[str, Any], struct: str, fields: Mapping[str, Go], *, model_key: str = "model") -> None:
    """Raise `RequestError` for the first problem that the server would report."""
    check_types(body, f"{struct}.", fields)
    if not (body.get("model") or body.get(model_key)):
        raise no_name() if struct == "GenerateRequest" else RequestError("model is required")
    body = {key: body[key] for key in fields if key in body}  # the server ignores all other fields
    if not 0 <= (body.get("top_logprobs") or 0) <= 20:
        raise RequestError("top_logprobs must be between 0 and 20")
    think, format = body.get("think"), body.get("format")
    if not (think is None or type(think) is bool or think in THINK_LEVELS):
        raise RequestError(f"invalid think value: {orjson.dumps(think).decode()} (must be \"high\", \"medium\", "
                           f"\"low\", \"max\", true, or false)")  # fmt: skip  # a table by hand
    if not (format in (None, "", "json") or isinstance(format, dict)):
        raise RequestError(
            f'invalid format: {orjson.dumps(format).decode()}; expected "json" or a valid JSON Schema object'
        )
    if struct != "ShowRequest":  # it only repeats them
        _options(body.get("options") or {})


def no_name() -> RequestError:
    """Return the error for a completion without a model's name."""
    return RequestError("model '' not found", status=404)


def check_raw(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for a raw prompt with what is put around one."""
    if body.get("raw") and any(body.get(name) for name in ("template", "system", "context")):
        raise RequestError("raw mode does not support template, system, or context")


def check_types(body: Mapping[str, Any], path: str, fields: Mapping[str, Go]) -> None:
    """Raise `RequestError` for a field whose value is not of its type; `path` is put before the field's name."""
    for key, value in body.items():
        if value is None or (go := fields.get(key)) is None:
            continue
        _check_kind(value, path + key, go)
        if go is IMAGES:
            _images(value, path + key)
        elif go is DURATION:
            _duration(value)
        elif go is PROPERTIES:
            for item in filter(None, value.values()):
                _check_kind(item, "ToolProperty", Go("api.ToolProperty", (dict,)))
                check_types(item, "ToolProperty.", PROPERTY)
        elif go is PROPERTY_TYPE:
            _property_type(value)
        elif go.items is not None:
            for item in (item for item in value if item is not None):
                _check_kind(item, path + key, go.items)
        elif go.fields:
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, dict):
                    raise _mismatch(item, path + key, go.name.removeprefix("[]"))
                check_types(item, f"{path}{key}.", go.fields)


def _check_kind(value: object, path: str, go: Go) -> None:
    if type(value) not in go.takes:
        raise _mismatch(value, path, go.name)


def _mismatch(value: object, path: str, type_name: str) -> RequestError:
    return RequestError(
        f"json: cannot unmarshal {_shown(value, type_name)} into Go struct field {path} of type {type_name}"
    )


def _shown(value: object, type_name: str) -> str:
    json_name = JSON_TYPE_NAMES.get(type(value), json_type(value))
    return (
        f"{json_name} {orjson.dumps(value).decode()}" if type_name == "int" and isinstance(value, float) else json_name
    )


def _property_type(value: object) -> None:
    """Refuse a value that is neither the name of a type nor a list of names, as `PropertyType` reads it."""
    if not isinstance(value, str | list):
        raise RequestError(f"json: cannot unmarshal {_shown(value, '[]string')} into Go value of type []string")
    for item in value:
        if not isinstance(item, str):
            raise RequestError(f"json: cannot unmarshal {_shown(item, 'string')} into Go value of type string")


def _duration(value: object) -> None:
    """Refuse a value that is neither a number of seconds nor a Go duration, as `Duration` reads it."""
    if isinstance(value, bool | list | dict):
        raise RequestError(f"Unsupported type: '{GO_TYPES[type(value)]}'")
    if isinstance(value, str) and DURATION_PATTERN.fullmatch(value) is None:
        lacks_unit = DURATION_PATTERN.fullmatch(f"{value}s") is not None
        unknown_unit = None if lacks_unit else UNIT_PATTERN.fullmatch(value)
        problem = (
            "missing unit in"
            if lacks_unit
            else "invalid"
            if unknown_unit is None
            else f'unknown unit "{unknown_unit[1]}" in'
        )
        raise RequestError(f"time: {problem} duration {orjson.dumps(value).decode()}")


def _images(images: list[Any], path: str) -> None:
    for image in images:
        if not isinstance(image, str):
            raise _mismatch(image, path, "api.ImageData")
        if not is_base64(image):
            raise RequestError("illegal base64 data at input byte 0")


def is_base64(value: str) -> bool:
    """Tell whether a string is base64 that Go can decode."""
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        return False
    return True


def _options(options: Mapping[str, Any]) -> None:
    """Refuse an option of a wrong type, as `FromMap` does: by a 500, as the model is about to be loaded."""
    for key, value in options.items():
        if value is None or key not in OPTION_TYPES:
            continue
        type_name, types = OPTION_TYPES[key]
        if type(value) not in types:
            raise RequestError(f'option "{key}" must be of type {type_name}', status=500)
        if key == "stop" and not all(isinstance(item, str) for item in value):
            raise RequestError('option "stop" must be of an array of strings', status=500)


def integer_option(body: Mapping[str, Any], name: str) -> int | None:
    """Return an option as the server reads it: a number without its fraction."""
    options = body.get("options")
    value = options.get(name) if isinstance(options, dict) else None
    return None if isinstance(value, bool) or not isinstance(value, int | float) else int(value)
