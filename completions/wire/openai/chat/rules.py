"""Step 2 for chat: validate a request as the real API does, first each field and then across fields.

The fields are those of `CompletionCreateParams` in `openai.types.chat`; a field is nullable if the SDK says so, and so
are `response_format` (zchee/decision-model-sdk-go recorded it on 2026-10-09) and `tool_choice` (as Swarm sends it).
"""

from collections.abc import Mapping
from typing import Any

from completions.tokens.capabilities import EFFORTS, capabilities
from completions.wire.openai import strict_schema
from completions.wire.openai.message_rules import CACHE_POINT, NO_JSON, messages, says_json
from completions.wire.openai.requests import LastProblem
from completions.wire.openai.requests import request as whole_request
from completions.wire.openai.stored import metadata
from completions.wire.openai.strict_schema import OPENAI, SchemaRules
from completions.wire.openai.tool_rules import FUNCTION_CALL, REQUIRED_BY, TOOL_CHOICE, functions, tools, unsuitable
from completions.wire.validation import (
    SHARED,
    TOOL_NAME,
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    either,
    integer,
    missing,
    nullable,
    obj,
    only_with,
    record,
    refuse,
    string,
    tagged,
    text_or,
    worded_problem,
    wrong_value,
)

VOICES = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "nova"),
    *("onyx", "sage", "shimmer", "verse", "marin", "cedar"),
)
_VOICE = either("one of a string or object", string=choice(*VOICES), object=record({"id": string(low=1)}, ("id",)))
_AUDIO = record({"format": choice("wav", "aac", "mp3", "flac", "opus", "pcm16"), "voice": _VOICE}, ("format", "voice"))
_MODE = nullable(record({"mode": choice("score", "block")}, ("mode",)))
_MODERATION = record(
    {"model": string(low=1), "policy": nullable(record({"input": _MODE, "output": _MODE}))}, ("model",)
)
_TEXT_PART = tagged("type", {"text": record({"type": anything, "text": string(), **CACHE_POINT}, ("text",))})
_PREDICTION = tagged(
    "type",
    {
        "content": record(
            {"type": anything, "content": text_or("objects", array(_TEXT_PART, "objects", low=1))}, ("content",)
        )
    },
)
_PLACE = record(dict.fromkeys(("city", "country", "region", "timezone"), string()))
_LOCATION = tagged("type", {"approximate": record({"type": anything, "approximate": _PLACE}, ("approximate",))})
_WEB_SEARCH = record({"search_context_size": choice("low", "medium", "high"), "user_location": nullable(_LOCATION)})
_JSON_SCHEMA = record(
    {"name": TOOL_NAME, "description": string(), "schema": obj, "strict": nullable(boolean)}, ("name", "schema")
)
# The SDK's types let `schema` out; the API answers "Missing required parameter: 'response_format.json_schema.schema'."
_PLAIN = record({"type": anything})
_FORMATS = tagged(
    "type",
    {
        "json_object": _PLAIN,
        "json_schema": record({"type": anything, "json_schema": _JSON_SCHEMA}, ("json_schema",)),
        "text": _PLAIN,
    },
)
_CACHE = record({"mode": choice("implicit", "explicit"), "ttl": choice("30m")})


def response_format(rules: SchemaRules) -> Check:
    """Return the check for `response_format`, including its schema if it is strict."""

    def check(value: Any) -> Problem | None:
        problem = _FORMATS(value)
        if (
            problem is not None
            or value["type"] != "json_schema"
            or not (json_schema := value["json_schema"]).get("strict")
        ):
            return problem
        why = strict_schema.strict(json_schema["schema"], rules)
        return (
            worded_problem(f"Invalid schema for response_format '{json_schema['name']}': {why}", None, "")
            if why
            else None
        )

    return check


def _retention(value: Any) -> Problem | None:
    """Check for how long a prompt is cached; an unknown string has its own wording (2026-08-30)."""
    problem = _RETENTION(value)
    if problem is None or type(value) is not str:
        return problem
    return worded_problem("Invalid prompt_cache_retention argument", None, "")


_RETENTION = choice("in_memory", "24h")
NO_MODEL = "you must provide a model parameter"
"""The message if the model is missing, null or empty (measured on 2026-08-30)."""


FIELDS: Mapping[str, Check] = {
    "model": SHARED["model"],
    "messages": messages,
    "functions": functions(OPENAI),
    "function_call": FUNCTION_CALL,
    "tools": nullable(tools(OPENAI)),
    "tool_choice": nullable(TOOL_CHOICE),
    "parallel_tool_calls": boolean,
    "max_completion_tokens": nullable(integer(1)),
    **{key: SHARED[key] for key in ("n", "temperature", "top_p", "presence_penalty", "frequency_penalty")},
    "logprobs": nullable(boolean),
    "top_logprobs": nullable(integer(0, 20)),
    **{key: SHARED[key] for key in ("user", "seed")},
    "moderation": nullable(_MODERATION),
    "safety_identifier": nullable(string(high=64)),
    "prompt_cache_options": _CACHE,
    "prompt_cache_key": nullable(string(high=64)),
    "prompt_cache_retention": nullable(_retention),
    "response_format": nullable(response_format(OPENAI)),
    "service_tier": nullable(choice("auto", "default", "fast", "flex", "priority", also=("scale",))),
    "max_tokens": nullable(integer(1)),
    "reasoning_effort": nullable(string()),
    **{key: SHARED[key] for key in ("logit_bias", "stop", "stream", "stream_options")},
    "store": nullable(boolean),
    "metadata": nullable(metadata),
    "prediction": nullable(_PREDICTION),
    "verbosity": nullable(choice("low", "medium", "high")),
    "audio": nullable(_AUDIO),
    "modalities": nullable(array(choice("text", "audio"), "strings", low=1)),
    "web_search_options": _WEB_SEARCH,
}
"""The fields in the order in which the API checks them (measured on 2026-08-30, except for the last three)."""

REQUIRED = ("model", "messages")
REQUEST = whole_request(FIELDS, REQUIRED, model=NO_MODEL)


def request(rules: SchemaRules) -> Check:
    """Return the check for a request if the rules for schemas are not OpenAI's."""
    return whole_request(
        {
            **FIELDS,
            "functions": functions(rules),
            "response_format": nullable(response_format(rules)),
            "tools": nullable(tools(rules)),
        },
        REQUIRED,
        model=NO_MODEL,
    )


def validate(body: dict[str, Any], fields: Check = REQUEST) -> None:
    """Raise `RequestError` for the first problem that the API would report."""
    problem = fields(body)
    if problem is None or isinstance(problem, LastProblem):
        problem = _across(body) or problem
    refuse(problem)


def _across(body: Mapping[str, Any]) -> Problem | None:
    return (
        only_with("stream_options", "stream", body)
        or _two_limits(body)
        or only_with("top_logprobs", "logprobs", body)
        or _audio_without_settings(body)
        or (None if "reasoning_effort" not in body else _unknown_effort(body))
        or (None if REQUIRED_BY.keys().isdisjoint(body) else unsuitable(body))
        or _json_mode(body)
    )


def _two_limits(body: Mapping[str, Any]) -> Problem | None:
    if body.get("max_tokens") is None or body.get("max_completion_tokens") is None:
        return None
    why = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    return worded_problem(why, "invalid_parameter_combination", "max_tokens")


def _audio_without_settings(body: Mapping[str, Any]) -> Problem | None:
    """Refuse an audio answer without a voice: `modalities: ["audio"]` requires `audio`."""
    wants_audio = "audio" in (body.get("modalities") or ())
    return missing("audio", body, FIELDS) if wants_audio and body.get("audio") is None else None


def _unknown_effort(body: Mapping[str, Any]) -> Problem | None:
    """Refuse an effort that no model has; if the model's efforts are known, its own refusal lists them."""
    effort = body["reasoning_effort"]
    if effort is None or effort in EFFORTS or capabilities(body["model"], "openai").efforts is not None:
        return None
    return wrong_value(effort, EFFORTS).under("reasoning_effort")


def _json_mode(body: Mapping[str, Any]) -> Problem | None:
    if (body.get("response_format") or _PLAIN_TEXT)["type"] != "json_object" or says_json(body["messages"]):
        return None
    return worded_problem(NO_JSON, None, "messages")


_PLAIN_TEXT = {"type": "text"}
