"""Step 2, the checks for interactions: the known fields and their allowed values.

The wordings are the API's own, as its users quote them from June to October 2026: of unknown fields, of values that
are not in a list, of values of another type, and of models that cannot run in the background.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import dicts, mapping, text
from completions.wire.gemini import media, rules
from completions.wire.gemini.fields import snake
from completions.wire.gemini.interactions.request import BUILT_IN_TOOLS, CONTENT_TYPES, formats_of, steps_of

Check = Callable[[Any, str], str | None]

OTHER_FORMAT_PATH = re.compile(r"^\* GenerateContentRequest\.\S+: ")
"""The path of a wrong field in `generateContent`, which interactions have elsewhere."""

LEGACY_INPUT = (
    "The legacy Interactions API schema is no longer supported. Please upgrade your client SDK to Python >= 2.0.0 or "
    "JavaScript/TypeScript >= 2.0.0 to adopt the new 'steps' schema. For details and migration examples, see: "
    "https://ai.google.dev/gemini-api/docs/interactions-breaking-changes-may-2026"
)
"""The error for an input of turns with roles (quoted 2026-06-12)."""

NO_BACKGROUND = "Model '{model}' does not support background interactions."
"""Quoted of gemini-2.5-flash, of gemini-3.5-flash-lite and of models that draw, until October 2026."""

FOREGROUND_MODELS = ("gemini-2.5-flash", "gemini-3.5-flash-lite")
NO_DELIVERY_MODE = "{kind} delivery mode is not supported."
"""Measured of images and audio on 2026-08-22: `delivery` is refused."""


def _has_type(*kinds: type) -> Check:
    """Check a value's type; a whole number is a decimal one too."""
    allowed = (*kinds, int) if float in kinds else kinds
    return lambda value, path: None if type(value) in allowed else f"Invalid input at '{path}'."


string, boolean, number, integer, obj = (
    _has_type(str),
    _has_type(bool),
    _has_type(float),
    _has_type(int),
    _has_type(dict),
)


def anything(value: Any, path: str) -> str | None:
    """Check nothing."""
    return None


def _one_of(*values: str, also: Collection[str] = ()) -> Check:
    """Check that a value is one of these, or one of others that are accepted but not listed in the error."""

    def check(value: Any, path: str) -> str | None:
        if not isinstance(value, str):
            return f"Invalid input at '{path}'."
        supported = ", ".join(f"'{each}'" for each in values)
        wrong = f"The value '{value[:200]}' is not supported for '{path}'. Supported values: {supported}."
        return None if value in values or value in also else wrong

    return check


def _each(check: Check) -> Check:
    def all_of(value: Any, path: str) -> str | None:
        if not isinstance(value, list):
            return f"Invalid input at '{path}'."
        return next(filter(None, (check(item, f"{path}[{at}]") for at, item in enumerate(value))), None)

    return all_of


def _fields(fields: Mapping[str, Check], required: Collection[str] = ()) -> Check:
    def check(value: Any, path: str) -> str | None:
        if not isinstance(value, dict):
            return f"Invalid input at '{path}'."
        start = f"{path}." if path else ""
        for name, item in value.items():
            if name not in fields:
                matches = get_close_matches(snake(name), fields, n=1, cutoff=0.7)
                hint = f" Did you mean '{matches[0]}'?" if matches else ""
                return f"Unknown parameter '{start}{name[:200]}'.{hint}"
            if item is not None and (wrong := fields[name](item, start + name)) is not None:
                return wrong
        missing = next((name for name in required if value.get(name) is None), None)
        return None if missing is None else f"Missing required parameter '{start}{missing}'."

    return check


def _by_type(variants: Mapping[str, Check]) -> Check:
    kinds = _one_of(*variants)

    def check(value: Any, path: str) -> str | None:
        if not isinstance(value, dict):
            return f"Invalid input at '{path}'."
        if "type" not in value:
            return f"Missing required parameter '{path}.type'."
        return kinds(value["type"], f"{path}.type") or variants[value["type"]](value, path)

    return check


def _either(**checks: Check) -> Check:
    """Check a value by its JSON type: `text`, `many` or `one`."""

    def check(value: Any, path: str) -> str | None:
        kind = next((name for name, of in (("text", str), ("many", list), ("one", dict)) if type(value) is of), "")
        return checks[kind](value, path) if kind in checks else f"Invalid input at '{path}'."

    return check


_KIND = {"type": string}
_FILE: dict[str, Check] = {
    **_KIND,
    **dict.fromkeys(("data", "uri", "mime_type", "name"), string),
    "resolution": _one_of("low", "medium", "high", "ultra_high"),
    "processing": _either(text=_one_of("static", "agentic"), one=anything),
    "channels": integer,
    "sample_rate": integer,
    "rate": integer,
}
_TEXT = _fields({**_KIND, "text": string, "annotations": anything}, ("text",))
CONTENT = _by_type({kind: _TEXT if kind == "text" else _fields(_FILE) for kind in CONTENT_TYPES})

_CALL = {
    **_KIND,
    **dict.fromkeys(("id", "signature", "search_type", "retrieval_type", "name"), string),
    "arguments": anything,
}
_RESULT = {**_KIND, "call_id": string, "result": anything, "is_error": boolean, "signature": string, "name": string}
BUILT_IN_TOOL_STEPS = (
    "code_execution",
    "google_search",
    "url_context",
    "file_search",
    "google_maps",
    "retrieval",
    "tool_search",
)
"""The built-in tools, whose calls and results are steps that clients send back unchanged."""

STEP = _by_type(
    {
        "user_input": _fields({**_KIND, "content": _each(CONTENT)}),
        "model_output": _fields({**_KIND, "content": _each(CONTENT), "error": anything}),
        "thought": _fields({**_KIND, "signature": string, "summary": _each(CONTENT)}),
        "function_call": _fields({**_CALL, "arguments": obj}, ("id", "name", "arguments")),
        "function_result": _fields(
            {**_RESULT, "result": _either(text=string, one=anything, many=_each(anything))}, ("call_id", "result")
        ),
        **{
            f"{name}_{half}": _fields({**fields, "server_name": string})
            for name in (*BUILT_IN_TOOL_STEPS, "mcp_server_tool", "processing")
            for half, fields in (("call", _CALL), ("result", _RESULT))
        },
    }
)

_ASPECTS = _one_of(*media.RATIOS)
_SIZES = _one_of("512", "1K", "2K", "4K")
_FORMATS: dict[str, Check] = {
    "text": _fields({**_KIND, "mime_type": _one_of("application/json", "text/plain"), "schema": obj}),
    "image": _fields(
        {
            **_KIND,
            "mime_type": _one_of("image/jpeg"),
            "aspect_ratio": _ASPECTS,
            "image_size": _SIZES,
            "delivery": _one_of("inline", "uri"),
        }
    ),
    "audio": _fields(
        {
            **_KIND,
            "mime_type": string,
            "sample_rate": integer,
            "bit_rate": integer,
            "delivery": _one_of("inline", "uri"),
        }
    ),
    "video": anything,
}
_TYPED_FORMAT = _by_type(_FORMATS)


def _format(value: Any, path: str) -> str | None:
    """Check a response format; one without a known type is itself a schema."""
    return (_TYPED_FORMAT if text(mapping(value).get("type")) in _FORMATS else obj)(value, path)


def _item(value: Any, path: str) -> str | None:
    """Check an element of the input: a content, or a step."""
    return (CONTENT if mapping(value).get("type") in CONTENT_TYPES else STEP)(value, path)


_MODE = _one_of("auto", "any", "none", "validated")
_VOICE = _fields({"voice": string, "language": string, "speaker": string})
CONFIG = _fields(
    {
        "temperature": number,
        "top_p": number,
        "seed": integer,
        "stop_sequences": _each(string),
        "max_output_tokens": integer,
        "thinking_level": _one_of("minimal", "low", "medium", "high", also=("xhigh",)),  # the SDK of November 2026
        "thinking_summaries": _one_of("auto", "none"),
        "tool_choice": _either(
            text=_MODE, one=_fields({"allowed_tools": _fields({"mode": _MODE, "tools": _each(string)})})
        ),
        "image_config": _fields({"aspect_ratio": _ASPECTS, "image_size": _SIZES}),
        "speech_config": _either(many=_each(_VOICE), one=_fields({"speakers": _each(_VOICE)})),
        "video_config": anything,
        "transcription_config": anything,
    }
)
_NAMED = {**_KIND, "name": string, "description": string, "short_description": string, "defer_loading": boolean}
TOOL = _by_type(
    {
        "function": _fields({**_NAMED, "parameters": obj}, ("name",)),
        "google_search": _fields(
            {**_KIND, "search_types": _each(_one_of("web_search", "image_search", "enterprise_web_search"))}
        ),
        "file_search": _fields(
            {**_KIND, "file_search_store_names": _each(string), "metadata_filter": string, "top_k": integer}
        ),
        "mcp_server": _fields({**_NAMED, "url": string, "headers": obj, "allowed_tools": anything}),
        **dict.fromkeys([kind for kind in BUILT_IN_TOOLS if kind != "google_search"], obj),
        **dict.fromkeys(("retrieval", "tool_search"), obj),
    }
)
REQUEST = _fields(
    {
        **dict.fromkeys(("model", "agent", "system_instruction", "previous_interaction_id"), string),
        **dict.fromkeys(("cached_content", "continuation_token", "response_mime_type"), string),
        **dict.fromkeys(("stream", "store", "background"), boolean),
        "input": _either(text=string, one=_item, many=_each(_item)),
        "tools": _each(TOOL),
        "generation_config": CONFIG,
        "agent_config": obj,
        "response_format": _either(one=_format, many=_each(_format)),
        "response_modalities": _each(_one_of("text", "image", "audio", "video", "document")),
        "safety_settings": _each(obj),
        "service_tier": _one_of("flex", "standard", "priority", "deferred"),
        "labels": obj,
        "environment": anything,
        "webhook_config": obj,
    }
)


def validate(body: dict[str, Any]) -> None:
    """Raise the API's error for a request that it refuses."""
    if any("role" in item for item in dicts(body.get("input"))):
        raise RequestError(LEGACY_INPUT)
    wrong = REQUEST(body, "") or next(_field_problems(body), None)
    if wrong is not None:
        raise RequestError(wrong)


def check_content(request: dict[str, Any], model: str) -> None:
    """Raise the error for the contents and options of the equivalent request for `generateContent`."""
    config = request["generationConfig"]
    problems = chain(rules.config_problems(config), rules.function_problems(request), media.problems(config, model))
    wrong = next(chain(problems, rules.file_problems(request), rules.turn_problems(request)), None)
    if wrong is not None:
        raise RequestError(OTHER_FORMAT_PATH.sub("", wrong).strip())


def _field_problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of fields that are valid in themselves but not in combination."""
    model, agent = text(body.get("model")), text(body.get("agent"))
    if bool(model) == bool(agent):
        yield "Exactly one of 'model' and 'agent' must be set." if model else "Missing required parameter 'model'."
    if not steps_of(body.get("input")) and body.get("previous_interaction_id") is None:
        yield "Missing required parameter 'input'."
    if agent and body.get("generation_config") is not None:
        yield "Unknown parameter 'generation_config'."
    if body.get("background") is True and (model.startswith(FOREGROUND_MODELS) or media.draws(model)):
        yield NO_BACKGROUND.format(model=model)
    if body.get("background") is True and body.get("store") is False:
        yield "Background interactions must be stored: 'store' must be true."
    for each in formats_of(body):
        if each.get("delivery") is not None and each.get("type") in ("image", "audio"):
            yield NO_DELIVERY_MODE.format(kind=str(each["type"]).capitalize())
