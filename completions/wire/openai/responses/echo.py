"""What a response repeats of its request, with the API's defaults for what the request does not say.

Keys, their order and the defaults as they were recorded of the API, the last in October 2026; some differ by model.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from completions.conversation import Prompt
from completions.tokens import models
from completions.tokens.capabilities import capabilities, is_known
from completions.tokens.deferred import BRINGS_TOOLS, items_of
from completions.wire.fields import arranged, dicts, mapping, text, text_or_none, texts, whole, without_fields
from completions.wire.openai.base import service_tier
from completions.wire.openai.responses import templates
from completions.wire.openai.responses.prompt import included

ORDER = (
    *("id", "object", "created_at", "status", "access_programs", "background", "billing", "completed_at"),
    *("content_filters", "conversation", "error", "frequency_penalty", "incomplete_details", "instructions"),
    *("max_output_tokens", "max_tool_calls", "model", "moderation", "output", "parallel_tool_calls"),
    *("presence_penalty", "previous_response_id", "prompt", "prompt_cache_diagnostics", "prompt_cache_key"),
    *("prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store"),
    *("temperature", "text", "tool_choice", "tool_usage", "tools", "top_logprobs", "top_p", "truncation", "usage"),
    *("user", "metadata"),
)
"""The order of a response's keys."""

_TEXTS = ("previous_response_id", "prompt_cache_key", "safety_identifier", "user")
_COUNTS = ("max_output_tokens", "max_tool_calls")
"""The fields that a response repeats if its request has them."""

_NO_TOKENS = {"image_tokens": 0, "text_tokens": 0}
TOOL_USAGE = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": _NO_TOKENS,
        "output_tokens": 0,
        "output_tokens_details": _NO_TOKENS,
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}
"""The usage of hosted tools of a response without searches: pictures are billed as they are drawn."""

STEADY = {"billing": {"payer": "developer"}, "moderation": None, "tool_usage": TOOL_USAGE}
"""Fields that do not depend on the request."""

SUMMARIES = {"auto": "detailed", "concise": "concise", "detailed": "detailed"}
"""The summaries of reasoning, by what a request asks for."""

LATER = re.compile(r"gpt-(5\.([2-9]|\d\d)|[6-9])")
"""Models that keep a cache for a day, and have a `top_p` of their own."""

WHOLE_REASONING = re.compile(r"gpt-(5\.([6-9]|\d\d)|[6-9])")
"""Models that reason over all turns of a conversation unless they are told not to."""

PRO = re.compile(r"gpt-5(\.\d+)?-pro")
"""Models that think in several ways at once before they answer (recorded of gpt-5.2-pro, 2026-09-29)."""

REDACTED = "<redacted>"

_NOWHERE = dict.fromkeys(("city", "country", "region", "timezone"))
_SEARCH = {"search_context_size": "medium", "user_location": {"type": "approximate", **_NOWHERE, "country": "US"}}
TOOLS: Mapping[str, Mapping[str, Any]] = {
    "function": {"description": None, "output_schema": None, "parameters": None},
    "custom": {"format": {"type": "text"}},
    "web_search": {"return_token_budget": "default", "search_content_types": ["text"], **_SEARCH},
    "web_search_preview": _SEARCH,
    "file_search": {
        "filters": None,
        "max_num_results": 20,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
    },
    "image_generation": {
        **dict.fromkeys(("background", "moderation", "quality", "size"), "auto"),
        "n": 1,
        "output_compression": 100,
        "output_format": "png",
    },
    "mcp": dict.fromkeys(("allowed_tools", "headers", "server_description")),
    "tool_search": {"description": None, "parameters": None},
}
"""What tools have by default, by type."""

_PLACES = {"function": 0, "custom": 0, "namespace": 2}
"""Functions come first, then the API's own tools, then what is in a namespace; in each the order is the request's."""


class Defaults(NamedTuple):
    """What a model does unless it is told otherwise; how it reasons is None where it does not."""

    is_known: bool
    effort: str | None
    context: str | None
    mode: str | None
    top_p: float
    retention: str | None


@functools.lru_cache(maxsize=1024)
def defaults(model: str) -> Defaults:
    """Return the defaults of a model, by its name without a vendor's."""
    name = models.base(model).rpartition("/")[2]
    can, known, is_later = capabilities(name, "openai"), is_known(name, "openai"), bool(LATER.match(name))
    reasons = known and "reasoning" not in can.lacks
    context = "all_turns" if WHOLE_REASONING.match(name) else "current_turn"
    return Defaults(
        known,
        can.default_effort if reasons else None,
        context if reasons else None,
        ("pro" if PRO.match(name) else "standard") if reasons else None,
        0.98 if is_later else 1.0,
        "24h" if is_later else "in_memory" if known else None,
    )


def echo(prompt: Prompt, model: str) -> dict[str, Any]:
    """Return the fields that repeat the request, with the defaults of missing ones."""
    body, usual = prompt.body, defaults(model)
    conversation, images = conversation_id(body), templates.IMAGE_URL in included(body)
    form = mapping(body.get("text"))
    told = {
        "access_programs": mapping(body.get("access_programs")) or None,
        "background": prompt.background,
        "model": model,
        "instructions": templates.shown_instructions(body, images=images),
        **{key: text_or_none(body.get(key)) for key in _TEXTS},
        **{key: whole(body.get(key), 0) for key in _COUNTS},
        "parallel_tool_calls": prompt.parallel_tool_calls,
        "prompt_cache_retention": _one_of(body.get("prompt_cache_retention"), ("in_memory", "24h")) or usual.retention,
        "reasoning": _reasoned(prompt, usual),
        "service_tier": service_tier(body),
        "store": body.get("store") is not False,
        "temperature": _number(body.get("temperature"), 1.0),
        "text": {"format": _format(mapping(form.get("format"))), "verbosity": text(form.get("verbosity")) or "medium"},
        "tool_choice": _choice(body.get("tool_choice")),
        "tools": shown_tools(_known_tools(prompt, usual)),
        "top_logprobs": whole(body.get("top_logprobs"), 0) or 0,
        "top_p": _number(body.get("top_p"), usual.top_p),
        "truncation": _one_of(body.get("truncation"), ("auto", "disabled")) or "disabled",
        "metadata": {key: value for key, value in prompt.metadata.items() if isinstance(value, str)},
        **{key: _number(body.get(key), 0.0) for key in ("frequency_penalty", "presence_penalty")},
        **STEADY,
    }
    if kept := mapping(body.get("prompt_cache_options")):
        told["prompt_cache_options"] = {"mode": "implicit", "ttl": "30m", **kept}
        told["prompt_cache_options"].pop("prewarm", None)
    if mapping(body.get("prompt")):
        told["prompt"] = templates.shown_prompt(body, images=images)
    return told | {"conversation": {"id": conversation}} if conversation else told


def by_name(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with its type first, and its other keys in the order of their names."""
    return arranged(document, ("type", *sorted(document)))


def conversation_id(body: Mapping[str, object]) -> str | None:
    """Return the id of the conversation that a request belongs to."""
    given = body.get("conversation")
    return text_or_none(given.get("id") if isinstance(given, dict) else given)


def summary_wanted(reasoning: Mapping[str, Any]) -> str | None:
    """Return the requested summary of the reasoning, under either name."""
    return text_or_none(reasoning.get("summary") or reasoning.get("generate_summary"))


def _reasoned(prompt: Prompt, usual: Defaults) -> dict[str, Any]:
    asked = mapping(prompt.body.get("reasoning"))
    effort, summary = text_or_none(asked.get("effort")) or usual.effort, SUMMARIES.get(summary_wanted(asked) or "")
    if usual.effort is None:
        return {**({"context": None} if usual.is_known else {}), "effort": effort, "summary": summary}
    context = text(asked.get("context"))
    return {
        "context": usual.context if context in ("", "auto") else context,
        "effort": effort,
        "mode": text(asked.get("mode")) or usual.mode,
        "summary": summary,
    }


def _one_of(value: object, allowed: tuple[str, ...]) -> str | None:
    return value if isinstance(value, str) and value in allowed else None


def _number(value: object, default: float) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def _format(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form of the answer; its schema names no standard (recorded from 2025-08 to 2026-09)."""
    if given.get("type") not in ("json_object", "json_schema"):
        return {"type": "text"}
    usual = {"description": None, "strict": False} if given["type"] == "json_schema" else {}
    if isinstance(schema := given.get("schema"), dict) and "$schema" in schema:
        given = {**given, "schema": without_fields(schema, "$schema")}
    return by_name({**usual, **given})


def _choice(given: object) -> Any:
    """Return the choice of tools; an object has its type first, as recorded in October 2026."""
    if isinstance(given, dict):
        return by_name(given)
    return given if given in ("none", "required") else "auto"


def shown_tools(tools: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return tools as a response shows them: with their defaults, and without secrets."""
    shown = [by_name(_tool(tool)) for tool in tools if isinstance(tool.get("type"), str)]
    return sorted(shown, key=lambda tool: _PLACES.get(tool["type"], 1))


def _known_tools(prompt: Prompt, usual: Defaults) -> list[Mapping[str, Any]]:
    """Return the tools that the model knows: those of the request, and those that its items bring.

    What a search has found is in a namespace of its own name; what is added too, at models before `gpt-5.6`.
    """
    tools: list[Mapping[str, Any]] = list(dicts(prompt.body.get("tools")))
    for item in items_of(prompt):
        if (kind := item.get("type")) not in BRINGS_TOOLS:
            continue
        brought = [tool for tool in dicts(item.get("tools")) if isinstance(tool.get("type"), str)]
        names = [tool.get("name") for tool in brought]
        tools = [tool for tool in tools if tool.get("name") not in names or tool.get("defer_loading") is not True]
        apart = is_apart(kind, usual)
        tools += [_in_namespace(tool) if apart and tool["type"] == "function" else tool for tool in brought]
    return tools


def is_apart(kind: object, usual: Defaults) -> bool:
    """Tell whether a function that an item brings is in a namespace of its own name."""
    return kind == "tool_search_output" or usual.context != "all_turns"


def _in_namespace(tool: Mapping[str, Any]) -> dict[str, Any]:
    named = {"type": "namespace", "description": tool.get("description"), "name": tool.get("name")}
    return named | {"tools": [without_fields(tool, "defer_loading")]}


def _tool(given: Mapping[str, Any]) -> dict[str, Any]:
    told = {**TOOLS.get(given["type"], {}), **given}
    match given["type"]:
        case "function":
            told["strict"] = given.get("strict") is not False
            if told["strict"] and told["parameters"] is None:
                told["parameters"] = dict(NOTHING)
            elif given.get("strict") is None and "properties" in mapping(told["parameters"]):
                told["parameters"] = _made_strict(told["parameters"])
        case "namespace":
            told["tools"] = shown_tools(dicts(given.get("tools")))
        case "web_search" | "web_search_preview":
            told.pop("external_web_access", None)
            if isinstance(place := given.get("user_location"), dict):
                told["user_location"] = {"type": "approximate", **_NOWHERE, **place}
        case "mcp":
            if "authorization" in given:
                told["authorization"] = REDACTED
            if "connector_id" in given:
                told.setdefault("server_url", None)
            if isinstance(approval := given.get("require_approval"), dict):
                told["require_approval"] = {"always": None, "never": None, **approval}
            if isinstance(headers := given.get("headers"), dict):
                told["headers"] = dict.fromkeys(headers, REDACTED)
    return told


NOTHING = {"additionalProperties": False, "type": "object", "properties": {}, "required": []}
"""The parameters of a strict function that says nothing of any (recorded in September 2026)."""


def _made_strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API makes of a function's parameters where `strict` is left to it."""
    required = texts(schema.get("required"))
    others = [name for name in mapping(schema.get("properties")) if name not in required]
    return {**schema, "additionalProperties": False, "required": [*required, *others]}
