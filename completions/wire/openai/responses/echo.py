"""The fields of a response that repeat its request, with the API's defaults for missing ones.

Keys, their order and the defaults as they were recorded of the API, the last in October 2026; some differ by model.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from completions.conversation import Prompt
from completions.tokens import models
from completions.tokens.capabilities import capabilities, is_known
from completions.tokens.deferred import TOOL_ADDING_ITEMS, items_of
from completions.wire.fields import arranged, dicts, mapping, text, text_or_none, texts, whole, without_fields
from completions.wire.openai.chat.format import service_tier
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
"""The usage of hosted tools of a response without searches; pictures are billed separately."""

CONSTANT_FIELDS = {"billing": {"payer": "developer"}, "moderation": None, "tool_usage": TOOL_USAGE}
"""Fields that do not depend on the request."""

SUMMARIES = {"auto": "detailed", "concise": "concise", "detailed": "detailed"}
"""The summary in the response, by the requested one."""

SINCE_GPT_5_2 = re.compile(r"gpt-(5\.([2-9]|\d\d)|[6-9])")
"""Models that cache prompts for a day, and have another default `top_p`."""

REASONS_OVER_ALL_TURNS = re.compile(r"gpt-(5\.([6-9]|\d\d)|[6-9])")
"""Models that reason over all turns of a conversation by default."""

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
"""The default fields of tools, by type."""

_PLACES = {"function": 0, "custom": 0, "namespace": 2}
"""The order of tools: functions, the API's own tools, namespaces; within each, the order of the request."""


class Defaults(NamedTuple):
    """The defaults of a model; those of reasoning are None if it does not reason."""

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
    can, known, is_later = capabilities(name, "openai"), is_known(name, "openai"), bool(SINCE_GPT_5_2.match(name))
    reasons = known and "reasoning" not in can.lacks
    context = "all_turns" if REASONS_OVER_ALL_TURNS.match(name) else "current_turn"
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
    body, model_defaults = prompt.body, defaults(model)
    conversation, images = conversation_id(body), templates.IMAGE_URL in included(body)
    text_options = mapping(body.get("text"))
    fields = {
        "access_programs": mapping(body.get("access_programs")) or None,
        "background": prompt.background,
        "model": model,
        "instructions": templates.shown_instructions(body, images=images),
        **{key: text_or_none(body.get(key)) for key in _TEXTS},
        **{key: whole(body.get(key), 0) for key in _COUNTS},
        "parallel_tool_calls": prompt.parallel_tool_calls,
        "prompt_cache_retention": _one_of(body.get("prompt_cache_retention"), ("in_memory", "24h"))
        or model_defaults.retention,
        "reasoning": _reasoning(prompt, model_defaults),
        "service_tier": service_tier(body),
        "store": body.get("store") is not False,
        "temperature": _number(body.get("temperature"), 1.0),
        "text": {
            "format": _format(mapping(text_options.get("format"))),
            "verbosity": text(text_options.get("verbosity")) or "medium",
        },
        "tool_choice": _choice(body.get("tool_choice")),
        "tools": shown_tools(_known_tools(prompt, model_defaults)),
        "top_logprobs": whole(body.get("top_logprobs"), 0) or 0,
        "top_p": _number(body.get("top_p"), model_defaults.top_p),
        "truncation": _one_of(body.get("truncation"), ("auto", "disabled")) or "disabled",
        "metadata": {key: value for key, value in prompt.metadata.items() if isinstance(value, str)},
        **{key: _number(body.get(key), 0.0) for key in ("frequency_penalty", "presence_penalty")},
        **CONSTANT_FIELDS,
    }
    if cache_options := mapping(body.get("prompt_cache_options")):
        fields["prompt_cache_options"] = {"mode": "implicit", "ttl": "30m", **cache_options}
        fields["prompt_cache_options"].pop("prewarm", None)
    if mapping(body.get("prompt")):
        fields["prompt"] = templates.shown_prompt(body, images=images)
    return fields | {"conversation": {"id": conversation}} if conversation else fields


def by_name(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with its type first, and its other keys in the order of their names."""
    return arranged(document, ("type", *sorted(document)))


def conversation_id(body: Mapping[str, object]) -> str | None:
    """Return the id of the conversation that a request belongs to."""
    conversation = body.get("conversation")
    return text_or_none(conversation.get("id") if isinstance(conversation, dict) else conversation)


def requested_summary(reasoning: Mapping[str, Any]) -> str | None:
    """Return the requested summary of the reasoning, under either name."""
    return text_or_none(reasoning.get("summary") or reasoning.get("generate_summary"))


def _reasoning(prompt: Prompt, model_defaults: Defaults) -> dict[str, Any]:
    requested = mapping(prompt.body.get("reasoning"))
    effort, summary = (
        text_or_none(requested.get("effort")) or model_defaults.effort,
        SUMMARIES.get(requested_summary(requested) or ""),
    )
    if model_defaults.effort is None:
        return {**({"context": None} if model_defaults.is_known else {}), "effort": effort, "summary": summary}
    context = text(requested.get("context"))
    return {
        "context": model_defaults.context if context in ("", "auto") else context,
        "effort": effort,
        "mode": text(requested.get("mode")) or model_defaults.mode,
        "summary": summary,
    }


def _one_of(value: object, allowed: tuple[str, ...]) -> str | None:
    return value if isinstance(value, str) and value in allowed else None


def _number(value: object, default: float) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def _format(requested: Mapping[str, Any]) -> dict[str, Any]:
    """Return the format of the answer; its schema has no `$schema` (recorded from 2025-08 to 2026-09)."""
    if requested.get("type") not in ("json_object", "json_schema"):
        return {"type": "text"}
    default_fields = {"description": None, "strict": False} if requested["type"] == "json_schema" else {}
    if isinstance(schema := requested.get("schema"), dict) and "$schema" in schema:
        requested = {**requested, "schema": without_fields(schema, "$schema")}
    return by_name({**default_fields, **requested})


def _choice(choice: object) -> Any:
    """Return the choice of tools; an object has its type first, as recorded in October 2026."""
    if isinstance(choice, dict):
        return by_name(choice)
    return choice if choice in ("none", "required") else "auto"


def shown_tools(tools: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return tools as a response shows them: with their defaults, and without secrets."""
    shown = [by_name(_tool(tool)) for tool in tools if isinstance(tool.get("type"), str)]
    return sorted(shown, key=lambda tool: _PLACES.get(tool["type"], 1))


def _known_tools(prompt: Prompt, model_defaults: Defaults) -> list[Mapping[str, Any]]:
    """Return the model's tools: those of the request, and those that its items add.

    Functions that a search found are in a namespace of their own name; added ones too, with models before `gpt-5.6`.
    """
    tools: list[Mapping[str, Any]] = list(dicts(prompt.body.get("tools")))
    for item in items_of(prompt):
        if (kind := item.get("type")) not in TOOL_ADDING_ITEMS:
            continue
        added = [tool for tool in dicts(item.get("tools")) if isinstance(tool.get("type"), str)]
        names = [tool.get("name") for tool in added]
        tools = [tool for tool in tools if tool.get("name") not in names or tool.get("defer_loading") is not True]
        has_namespace = has_own_namespace(kind, model_defaults)
        tools += [_in_namespace(tool) if has_namespace and tool["type"] == "function" else tool for tool in added]
    return tools


def has_own_namespace(kind: object, model_defaults: Defaults) -> bool:
    """Tell whether a function that an item adds is in a namespace of its own name."""
    return kind == "tool_search_output" or model_defaults.context != "all_turns"


def _in_namespace(tool: Mapping[str, Any]) -> dict[str, Any]:
    namespace = {"type": "namespace", "description": tool.get("description"), "name": tool.get("name")}
    return namespace | {"tools": [without_fields(tool, "defer_loading")]}


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    shown = {**TOOLS.get(tool["type"], {}), **tool}
    match tool["type"]:
        case "function":
            shown["strict"] = tool.get("strict") is not False
            if shown["strict"] and shown["parameters"] is None:
                shown["parameters"] = dict(NOTHING)
            elif tool.get("strict") is None and "properties" in mapping(shown["parameters"]):
                shown["parameters"] = _made_strict(shown["parameters"])
        case "namespace":
            shown["tools"] = shown_tools(dicts(tool.get("tools")))
        case "web_search" | "web_search_preview":
            shown.pop("external_web_access", None)
            if isinstance(place := tool.get("user_location"), dict):
                shown["user_location"] = {"type": "approximate", **_NOWHERE, **place}
        case "mcp":
            if "authorization" in tool:
                shown["authorization"] = REDACTED
            if "connector_id" in tool:
                shown.setdefault("server_url", None)
            if isinstance(approval := tool.get("require_approval"), dict):
                shown["require_approval"] = {"always": None, "never": None, **approval}
            if isinstance(headers := tool.get("headers"), dict):
                shown["headers"] = dict.fromkeys(headers, REDACTED)
    return shown


NOTHING = {"additionalProperties": False, "type": "object", "properties": {}, "required": []}
"""The parameters of a strict function that says nothing of any (recorded in September 2026)."""


def _made_strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API makes of a function's parameters where `strict` is left to it."""
    required = texts(schema.get("required"))
    others = mapping(schema.get("properties")).keys() - required
    optional = [name for name in mapping(schema.get("properties")) if name in others]
    return {**schema, "additionalProperties": False, "required": [*required, *optional]}
