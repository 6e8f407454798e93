"""Step 2 for responses: validate a request like the real API does, field by field, across fields, against what is kept.

The fields are `ResponseCreateParams` and `InputTokenCountParams` of `openai.types.responses` in the SDK. The wordings
about what is not there are the API's own, as its users quote them.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.capabilities import EFFORTS
from completions.wire.base import Document, Place
from completions.wire.fields import dicts
from completions.wire.media_type import named_type
from completions.wire.openai import strict_schema
from completions.wire.openai.message_rules import says_json
from completions.wire.openai.requests import request as whole_request
from completions.wire.openai.requests import shortened
from completions.wire.openai.responses.item_rules import INPUT, VARIABLE, item, unmatched
from completions.wire.openai.responses.prompt import own_items
from completions.wire.openai.responses.tool_rules import TOOL_CHOICE, tools, unsearchable, unsuitable
from completions.wire.openai.stored import metadata
from completions.wire.openai.strict_schema import OPENAI, SchemaRules
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
    worded_problem,
    wrong_type,
)
from completions.wire.wordings import listed

MIN_OUTPUT = 16
"""Tokens that `max_output_tokens` must allow at least; the API says so when it refuses less."""

INCLUDABLE = (
    *("file_search_call.results", "web_search_call.results", "web_search_call.action.sources"),
    *("message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs"),
    *("reasoning.encrypted_content", "message.output_text.logprobs"),
)

_STRING = string()
_EFFORTS = choice(*EFFORTS)


def _effort(value: Any) -> Problem | None:
    """Check an effort, for which the API has another wording of the expected values (measured on 2026-08-30)."""
    problem = _EFFORTS(value)
    if type(value) is int:
        return wrong_type("one of 'minimal', 'low', 'medium', or 'high'", value)
    if problem is not None and type(value) is not str:
        problem.after = (problem.after or "").replace("one of", "one of one of").replace("'max',", "'max' or integer,")
    return problem


_SUMMARY = nullable(choice("concise", "detailed", "auto"))
_REASONING = record(
    {
        "context": nullable(choice("auto", "current_turn", "all_turns")),
        "effort": nullable(_effort),
        "generate_summary": _SUMMARY,
        "mode": nullable(string(low=1)),
        "summary": _SUMMARY,
    }
)
_PLAIN = record({"type": anything})
_FORMATS = tagged(
    "type",
    {
        "json_object": _PLAIN,
        "text": _PLAIN,
        "json_schema": record(
            {"type": anything, "name": TOOL_NAME, "schema": obj, "description": nullable(_STRING)}
            | {"strict": nullable(boolean)},
            ("name", "schema"),
        ),
    },
)


def identifier(prefix: str) -> Check:
    """Check an id by its prefix."""
    text = string(low=1)

    def check(value: Any) -> Problem | None:
        if (problem := text(value)) is not None or value.startswith(prefix):
            return problem
        return Problem("Invalid", f": '{value[:200]}'. Expected an ID that begins with '{prefix}'.", "invalid_value")

    return check


def text(rules: SchemaRules) -> Check:
    """Return the check of `text`, including its schema if it is strict."""

    def form(value: Any) -> Problem | None:
        problem = _FORMATS(value)
        if problem is not None or value["type"] != "json_schema" or not value.get("strict"):
            return problem
        if (why := strict_schema.strict(value["schema"], rules)) is None:
            return None
        message = f"Invalid schema for response_format '{value['name']}': {why}"
        return worded_problem(message, "invalid_json_schema", "schema")

    verbosity = nullable(choice("low", "medium", "high"))
    return nullable(record({"format": nullable(form), "verbosity": verbosity}))


def _variables(value: Any) -> Problem | None:
    """Check the values of a prompt template's variables: texts, or parts of the input."""
    if (problem := obj(value)) is not None:
        return problem
    problems = ((name, VARIABLE(variable)) for name, variable in value.items())
    return next((problem.under(name) for name, problem in problems if problem is not None), None)


_PROMPT = record({"id": string(low=1), "variables": nullable(_variables), "version": nullable(_STRING)}, ("id",))
_CONVERSATION = either(
    "one of a string or object", string=identifier("conv"), object=record({"id": identifier("conv")}, ("id",))
)
_BACKGROUND = record({"completion_window": choice("soonest", "2h", "8h"), "continuation_id": _STRING})
_CACHE = record(
    {"mode": choice("implicit", "explicit"), "ttl": choice("30m", "12h")}
    | {"comparison_response_id": nullable(_STRING), "prewarm": boolean}
)
_IMAGE = record({"context_compression": choice("auto", "enabled", "disabled")})
_COUNTED: Mapping[str, Check] = {
    "conversation": nullable(_CONVERSATION),
    "input": nullable(INPUT),
    "instructions": nullable(_STRING),
    "model": nullable(string(low=1)),
    "parallel_tool_calls": nullable(boolean),
    "previous_response_id": nullable(identifier("resp")),
    "reasoning": nullable(_REASONING),
    "text": text(OPENAI),
    "tool_choice": nullable(TOOL_CHOICE),
    "tools": nullable(tools(OPENAI)),
    "truncation": nullable(choice("auto", "disabled")),
}
_INCLUDED = array(choice(*INCLUDABLE), f"one of {listed([shortened(name) for name in INCLUDABLE], 'or')}")
_TIER = choice("auto", "default", "fast", "flex", "priority", also=("scale", "ultrafast"))
_COMPACTION_SETTINGS = record({"type": string(), "compact_threshold": nullable(integer(1000))}, ("type",))
_MANAGEMENT = array(_COMPACTION_SETTINGS, "objects", low=1)


def _management(value: Any) -> Problem | None:
    """Check the compaction of a conversation (requests to gpt-6-astra and gpt-6-luna, and others, September 2026)."""
    if (problem := _MANAGEMENT(value)) is not None:
        return problem
    other = next((each["type"] for each in value if each["type"] != "compaction"), None)
    return other and worded_problem(f"Unsupported context_management type: '{other}'.", None, "")


FIELDS: Mapping[str, Check] = {
    "model": SHARED["model"],
    **{name: _COUNTED[name] for name in ("input", "previous_response_id", "conversation")},
    "prompt": nullable(_PROMPT),
    "moderation": nullable(obj),
    "include": nullable(_INCLUDED),
    **{name: _COUNTED[name] for name in ("tools", "tool_choice")},
    "metadata": nullable(metadata),
    "text": _COUNTED["text"],
    **{name: SHARED[name] for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty")},
    "parallel_tool_calls": _COUNTED["parallel_tool_calls"],
    "stream": SHARED["stream"],
    "stream_options": nullable(record({"include_obfuscation": nullable(boolean)})),
    "background": nullable(boolean),
    "max_output_tokens": nullable(integer(MIN_OUTPUT)),
    "max_tool_calls": nullable(integer(1)),
    "reasoning": _COUNTED["reasoning"],
    "user": SHARED["user"],
    "safety_identifier": nullable(string(high=64)),
    "prompt_cache_options": nullable(_CACHE),
    "prompt_cache_key": nullable(string(high=64)),
    "prompt_cache_retention": nullable(choice("in_memory", "24h")),
    "truncation": _COUNTED["truncation"],
    "instructions": _COUNTED["instructions"],
    "store": nullable(boolean),
    "service_tier": nullable(_TIER),
    "top_logprobs": nullable(integer(0, 20)),
    "context_management": nullable(_management),
    "access_programs": nullable(record({"cyber": choice("standard", "daybreak_blue", "daybreak_red")})),
    "background_options": nullable(_BACKGROUND),
    "client_metadata": nullable(obj),  # Codex CLI sends it by default; the API took it in 2026
    "image": nullable(_IMAGE),
}
"""The fields in the order in which the API checks them (measured on 2026-08-30, except for the last four)."""

_REQUEST = whole_request(FIELDS)


def request(rules: SchemaRules) -> Check:
    """Return the check of a request's fields if the rules for schemas are not OpenAI's."""
    return whole_request({**FIELDS, "text": text(rules), "tools": nullable(tools(rules))})


_COUNT = record({**_COUNTED, "personality": _STRING})
_SENT_BY_CODEX = ("parallel_tool_calls", "reasoning", "text", "tools")
"""Fields that Codex CLI sends with each compaction (`CompactionInput` of its source), and that the SDK lacks."""

_COMPACTION = record(
    {
        "image": _IMAGE,
        **{name: _COUNTED[name] for name in _SENT_BY_CODEX},
        **{name: _COUNTED[name] for name in ("input", "instructions", "previous_response_id")},
        **{name: FIELDS[name] for name in ("model", "prompt_cache_key", "prompt_cache_options", "service_tier")},
        "prompt_cache_retention": FIELDS["prompt_cache_retention"],
    },
    ("model",),
)


def validate(body: dict[str, Any], fields: Check = _REQUEST) -> None:
    """Raise `RequestError` for the first thing that the API would refuse: of one field, then between fields."""
    refuse(_missing_first(body) or fields(body) or _across(body))


def validate_count(body: dict[str, Any]) -> None:
    """Raise `RequestError` for an invalid request to count tokens."""
    refuse(_COUNT(body) or _two_conversations(body))


def validate_compaction(body: dict[str, Any]) -> None:
    """Raise `RequestError` for an invalid request to compact a conversation."""
    refuse(_COMPACTION(body) or _nothing(body) or unsearchable(body))


def _across(body: Mapping[str, Any]) -> Problem | None:
    return (
        _two_conversations(body)
        or _empty(body)
        or only_with("stream_options", "stream", body)
        or _background_unstored(body)
        or _completion_window(body)
        or unsuitable(body)
        or unsearchable(body)
        or _unsupported_file(body)
        or _json_mode(body)
        or _searches_for_json(body)
    )


MOVED = (
    "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the "
    "new parameter. See the API documentation for more information: "
    "https://platform.openai.com/docs/api-reference/responses/create."
)


def _missing_first(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of missing, null or other APIs' fields, which comes before all others (2026-08-30).

    Continuing a previous response also requires an input; a prompt template may have its own.
    """
    if body.get("prompt") is None:
        if "model" not in body:
            return missing("model", body, FIELDS)
        if "input" not in body and "messages" not in body and body.get("conversation") is None:
            return missing("input", body, FIELDS)
    for key in ("model", "input"):
        if body.get(key, "") is None and body.get("prompt") is None and body.get("conversation") is None:
            return wrong_type("a string", {}).under(key)  # the API treats null as an object
    if body.get("model") == "":
        return worded_problem("The requested model '' does not exist.", "model_not_found", "model")
    return worded_problem(MOVED, "unsupported_parameter", "") if "messages" in body else None


def _empty(body: Mapping[str, Any]) -> Problem | None:
    if body.get("input") not in ("", []) or any(body.get(key) is not None for key in CONTINUATIONS):
        return None
    why = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."
    return worded_problem(why, "missing_required_parameter", "")


CONTINUATIONS = ("previous_response_id", "prompt", "conversation")


def _nothing(body: Mapping[str, Any]) -> Problem | None:
    if body.get("prompt") is not None:
        return None
    if "model" not in body:
        return missing("model", body, FIELDS)
    if any(body.get(key) is not None for key in ("input", "previous_response_id", "conversation")):
        return None
    return missing("input", body, FIELDS)


def _two_conversations(body: Mapping[str, Any]) -> Problem | None:
    if body.get("previous_response_id") is None or body.get("conversation") is None:
        return None
    only = "Ensure you are only providing one of: 'pre..._id' or 'conversation'."
    return worded_problem(f"Mutually exclusive parameters: ''. {only}", "mutually_exclusive_parameters", "")


def _background_unstored(body: Mapping[str, Any]) -> Problem | None:
    if body.get("background") is not True or body.get("store") is not False:
        return None
    return worded_problem("Background mode requires 'store' to be true.", None, "background")


def _completion_window(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of a long completion window without background mode (by the SDK's description)."""
    window = (body.get("background_options") or {}).get("completion_window", "soonest")
    if window == "soonest" or (body.get("background") is True and body.get("stream") is not True):
        return None
    why = f"Completion window '{window}' requires 'background' to be true and 'stream' to be false."
    return worded_problem(why, None, "background_options.completion_window")


def _unsupported_file(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of an audio or video file, by its URL (recorded in February 2026)."""
    parts = (part for one in own_items(body) for key in ("content", "output") for part in dicts(one.get(key)))
    media_types = (named_type(part.get("file_url") or "") or "" for part in parts if part.get("type") == "input_file")
    if not any(kind.startswith(("audio/", "video/")) for kind in media_types):
        return None
    return worded_problem(
        "The file type you uploaded is not supported. Please try again with a pdf", "unsupported_file", "input"
    )


def _json_mode(body: Mapping[str, Any]) -> Problem | None:
    form = (body.get("text") or {}).get("format") or {"type": "text"}
    if form["type"] != "json_object" or says_json([{"content": body.get("instructions")}, *own_items(body)]):
        return None
    where = "Response input messages must contain the word 'json' in some form"
    return worded_problem(f"{where} to use 'text.format' of type 'json_object'.", None, "input")


def _searches_for_json(body: Mapping[str, Any]) -> Problem | None:
    """Refuse JSON mode with web search, which is allowed with a schema (quoted until 2026-10)."""
    form = (body.get("text") or {}).get("format") or {"type": "text"}
    searches = any(tool["type"].startswith("web_search") for tool in body.get("tools") or ())
    if form["type"] != "json_object" or not searches:
        return None
    return worded_problem("Web Search cannot be used with JSON mode.", None, "")


def matched(items: Iterable[Mapping[str, Any]]) -> None:
    """Raise the error of a call without its output, or of an output without its call."""
    refuse(unmatched(items))


def present(places: Collection[Place], documents: Mapping[Place, Document]) -> None:
    """Raise the error of the first referenced document that is not stored."""
    for kind, name in places:
        if (kind, name) not in documents:
            raise _absent(kind, name)


def _absent(kind: str, name: str) -> RequestError:
    if kind == "response":
        why = f"Previous response with id '{name}' not found."
        return RequestError(why, code="previous_response_not_found", param="previous_response_id")
    if kind == "conversation":
        return RequestError(f"Conversation with id '{name}' not found.", status=404)
    why = (
        "Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item"
    )
    return RequestError(f"Item with id '{name}' not found. {why} from your input.", status=404, param="input")


MAX_NEW = 20
"""The most items that are added to a conversation at a time."""

_SOME = array(item, "objects", high=MAX_NEW)
_CONVERSATION_REQUEST = record({"items": nullable(_SOME), "metadata": nullable(metadata)})
_ITEMS_REQUEST = record({"items": _SOME}, ("items",))
_TYPES = record({"items": nullable(array(obj, "objects")), "metadata": nullable(metadata)}, others=True)


def check_conversation(body: dict[str, Any], *, validate: bool) -> None:
    """Raise `RequestError` for an invalid request for a conversation; without `validate`, only for wrong types."""
    refuse((_CONVERSATION_REQUEST if validate else _TYPES)(body))


def check_items(body: dict[str, Any], *, validate: bool) -> None:
    """Raise `RequestError` for invalid items for a conversation, likewise."""
    refuse((_ITEMS_REQUEST if validate else _TYPES)(body))
