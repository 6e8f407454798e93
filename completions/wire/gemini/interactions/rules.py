"""Step 2, the checks for interactions: the known fields and their allowed values.

The wordings are the API's own, as its users quote them from June to October 2026: of unknown fields, of values that
are not in a list, of values of another type, and of models that cannot run in the background.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import dicts, mapping, text
from completions.wire.gemini import media, rules
from completions.wire.gemini.interactions.checks import (
    Check,
    anything,
    boolean,
    by_type,
    each_of,
    either,
    integer,
    number,
    obj,
    one_of,
    record,
    string,
)
from completions.wire.gemini.interactions.request import BUILT_IN_TOOLS, CONTENT_TYPES, formats_of, steps_of
from completions.wire.gemini.webhooks import CONFIG as WEBHOOK_CONFIG

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


_KIND = {"type": string}
_FILE: dict[str, Check] = {
    **_KIND,
    **dict.fromkeys(("data", "uri", "mime_type", "name"), string),
    "resolution": one_of("low", "medium", "high", "ultra_high"),
    "processing": either(text=one_of("static", "agentic"), one=anything),
    "channels": integer,
    "sample_rate": integer,
    "rate": integer,
}
_TEXT = record({**_KIND, "text": string, "annotations": anything}, ("text",))
CONTENT = by_type({kind: _TEXT if kind == "text" else record(_FILE) for kind in CONTENT_TYPES})

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

STEP = by_type(
    {
        "user_input": record({**_KIND, "content": each_of(CONTENT)}),
        "model_output": record({**_KIND, "content": each_of(CONTENT), "error": anything}),
        "thought": record({**_KIND, "signature": string, "summary": each_of(CONTENT)}),
        "function_call": record({**_CALL, "arguments": obj}, ("id", "name", "arguments")),
        "function_result": record(
            {**_RESULT, "result": either(text=string, one=anything, many=each_of(anything))}, ("call_id", "result")
        ),
        **{
            f"{name}_{half}": record({**fields, "server_name": string})
            for name in (*BUILT_IN_TOOL_STEPS, "mcp_server_tool", "processing")
            for half, fields in (("call", _CALL), ("result", _RESULT))
        },
    }
)

_ASPECTS = one_of(*media.RATIOS)
_SIZES = one_of("512", "1K", "2K", "4K")
_FORMATS: dict[str, Check] = {
    "text": record({**_KIND, "mime_type": one_of("application/json", "text/plain"), "schema": obj}),
    "image": record(
        {
            **_KIND,
            "mime_type": one_of("image/jpeg"),
            "aspect_ratio": _ASPECTS,
            "image_size": _SIZES,
            "delivery": one_of("inline", "uri"),
        }
    ),
    "audio": record(
        {
            **_KIND,
            "mime_type": string,
            "sample_rate": integer,
            "bit_rate": integer,
            "delivery": one_of("inline", "uri"),
        }
    ),
    "video": anything,
}
_TYPED_FORMAT = by_type(_FORMATS)


def _format(value: Any, path: str) -> str | None:
    """Check a response format; one without a known type is itself a schema."""
    return (_TYPED_FORMAT if text(mapping(value).get("type")) in _FORMATS else obj)(value, path)


def _item(value: Any, path: str) -> str | None:
    """Check an element of the input: a content, or a step."""
    return (CONTENT if mapping(value).get("type") in CONTENT_TYPES else STEP)(value, path)


_MODE = one_of("auto", "any", "none", "validated")
_VOICE = record({"voice": string, "language": string, "speaker": string})
CONFIG = record(
    {
        "temperature": number,
        "top_p": number,
        "seed": integer,
        "stop_sequences": each_of(string),
        "max_output_tokens": integer,
        "thinking_level": one_of("minimal", "low", "medium", "high", also=("xhigh",)),  # the SDK of November 2026
        "thinking_summaries": one_of("auto", "none"),
        "tool_choice": either(
            text=_MODE, one=record({"allowed_tools": record({"mode": _MODE, "tools": each_of(string)})})
        ),
        "image_config": record({"aspect_ratio": _ASPECTS, "image_size": _SIZES}),
        "speech_config": either(many=each_of(_VOICE), one=record({"speakers": each_of(_VOICE)})),
        "video_config": anything,
        "transcription_config": anything,
    }
)
_NAMED = {**_KIND, "name": string, "description": string, "short_description": string, "defer_loading": boolean}
TOOL = by_type(
    {
        "function": record({**_NAMED, "parameters": obj}, ("name",)),
        "google_search": record(
            {**_KIND, "search_types": each_of(one_of("web_search", "image_search", "enterprise_web_search"))}
        ),
        "file_search": record(
            {**_KIND, "file_search_store_names": each_of(string), "metadata_filter": string, "top_k": integer}
        ),
        "mcp_server": record({**_NAMED, "url": string, "headers": obj, "allowed_tools": anything}),
        **dict.fromkeys([kind for kind in BUILT_IN_TOOLS if kind != "google_search"], obj),
        **dict.fromkeys(("retrieval", "tool_search"), obj),
    }
)
REQUEST = record(
    {
        **dict.fromkeys(("model", "agent", "system_instruction", "previous_interaction_id"), string),
        **dict.fromkeys(("cached_content", "continuation_token", "response_mime_type"), string),
        **dict.fromkeys(("stream", "store", "background"), boolean),
        "input": either(text=string, one=_item, many=each_of(_item)),
        "tools": each_of(TOOL),
        "generation_config": CONFIG,
        "agent_config": obj,
        "response_format": either(one=_format, many=each_of(_format)),
        "response_modalities": each_of(one_of("text", "image", "audio", "video", "document")),
        "safety_settings": each_of(obj),
        "service_tier": one_of("flex", "standard", "priority", "deferred"),
        "labels": obj,
        "environment": anything,
        "webhook_config": WEBHOOK_CONFIG,
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
    if body.get("webhook_config") is not None and body.get("background") is not True:  # no source has the words
        yield "'background' must be true where there is a 'webhook_config'."
    for each in formats_of(body):
        if each.get("delivery") is not None and each.get("type") in ("image", "audio"):
            yield NO_DELIVERY_MODE.format(kind=str(each["type"]).capitalize())
