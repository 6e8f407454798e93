"""Step 4 for Anthropic's Messages API: the usage of a message, whose fields depend on the model.

Recorded from September 2025 to August 2026; of models that were retired by then, while they were available.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Reply, Usage
from completions.wire.anthropic import compaction, credit, fallbacks, server_tools
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text, without_fields

TIER = {"service_tier": "standard"}

EARLIER_MODELS = re.compile(r"claude-(?:[23]|instant|(?:haiku|sonnet|opus)-4(?:-[0-5])?(?:-20\d{6}|$))")
"""Models without a region in the usage: those up to 4.5."""

THINKING_MODELS = re.compile(r"claude-(?:opus-4-[7-9]|[a-z]+-[5-9])")
"""Models that think by default, and Opus 4.7, whose usage has thinking tokens too (2026-07)."""

SCREENED_MODELS = re.compile(r"claude-(?:fable|mythos)-")
"""Models whose requests are screened first."""

RETIRED_MODELS = re.compile(r"\bclaude-(?:[23]-|v?2\b|instant)")
"""Models that were retired before answers had a tool's caller, a refusal's reason and a region."""

PLAIN_USAGE_MODELS = re.compile(r"\bclaude-(?:2|instant|3-opus)")
"""Models whose usage mentions the cache only if it was used."""

SERVER_TOOL_COUNTS = {"web_search": "web_search_requests", "web_fetch": "web_fetch_requests"}
"""The keys of the counts of server tools' calls."""

START_KEYS = ("cache_creation", "service_tier", "inference_geo", "speed")
END_KEYS = ("output_tokens_details", "server_tool_use", "iterations")
"""The keys of a usage that only the start of a stream has, and those that only its end has."""


def usage(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage of a message; in this API, input tokens exclude what was read from the cache."""
    used, model = reply.used, reply.model or prompt.model or ""
    if PLAIN_USAGE_MODELS.search(model):
        return plain_usage(used)
    is_stopped = _is_stopped(reply, model)
    service_fields = {"inference_geo": "not_available"} if is_stopped else TIER | _place(model, prompt)
    input_fields = _input(used) | credit.redeemed_credit(prompt)
    output_fields = _output(used, prompt)
    if is_stopped and "completion_tokens" not in reply.counts:
        output_fields["output_tokens"] = 0
    document = (
        input_fields
        | _iterations(reply, input_fields | output_fields, prompt)
        | output_fields
        | service_fields
        | _server_tool_use(reply, prompt)
    )
    return compaction.with_steps(document, step_of(document), prompt) if compaction.kind(prompt) else document


STEP_KEYS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
)


def step_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a usage that each step has."""
    return {name: document[name] for name in STEP_KEYS if name in document}


def plain_usage(used: Usage) -> dict[str, Any]:
    """Return the usage in the form of the first models: without the cache, unless it was used."""
    document = _input(used) | {"output_tokens": used.completion_tokens}
    if used.cached_tokens or used.cache_creation_tokens:
        return document
    return {name: document[name] for name in ("input_tokens", "output_tokens")}


def usage_at_start(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage at the start of a message's stream, with one output token.

    After a compaction, it has the input of the compaction (recorded of Claude Opus 4.6 in 2026).
    """
    first: Mapping[str, Any] = next(iter(document.get("iterations", ())), {})
    start = without_fields(document, *END_KEYS)
    if first.get("type") == "compaction":
        start |= {key: value for key, value in first.items() if key in start}
    return start | {"output_tokens": min(document["output_tokens"], 1)}


def usage_at_end(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage in a stream's `message_delta`: the totals, which replace those at the start."""
    repeated = () if "cache_read_input_tokens" in document else ("input_tokens",)
    return without_fields(document, *START_KEYS, *END_KEYS, *repeated) | {
        key: document[key] for key in END_KEYS if key in document
    }


def _input(used: Usage) -> dict[str, Any]:
    written, long = used.cache_creation_tokens, used.cache_creation_1h_tokens
    return {
        "input_tokens": max(used.prompt_tokens - used.cached_tokens - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": used.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": max(written - long, 0), "ephemeral_1h_input_tokens": long},
    }


def _output(used: Usage, prompt: Prompt) -> dict[str, Any]:
    """Return the output tokens, with the thinking tokens if the model thinks."""
    fields: dict[str, Any] = {"output_tokens": used.completion_tokens}
    is_thinking_set = mapping(prompt.body.get("thinking")).get("type") in ("enabled", "adaptive")
    if used.reasoning_tokens or is_thinking_set or THINKING_MODELS.match(prompt.model or ""):
        fields["output_tokens_details"] = {"thinking_tokens": used.reasoning_tokens}
    return fields


def _iterations(reply: Reply, whole: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return the usage of each step: of each fallback model, or of the message if it may be compacted."""
    if of_fallbacks := fallbacks.iterations(prompt, step_of(whole), serves=not is_refused(reply)):
        return of_fallbacks
    edits = dicts(mapping(prompt.body.get("context_management")).get("edits"))
    if not any(text(edit.get("type")).startswith("compact") for edit in edits):
        return {}
    return {"iterations": [step_of(whole) | {"type": "message"}]}


def is_refused(reply: Reply) -> bool:
    """Tell whether the model has declined: with a refusal, or by a filter."""
    choice = only_choice(reply)
    return bool(choice.refusal) or choice.finish_reason == "content_filter"


def _is_stopped(reply: Reply, model: str) -> bool:
    """Tell whether a request was refused before the model answered (recorded of Fable 5.1 in September 2026)."""
    choice = only_choice(reply)
    return bool(choice.refusal and not choice.text and SCREENED_MODELS.match(model))


def _place(model: str, prompt: Prompt) -> dict[str, Any]:
    """Return the region, and the speed if the request sets it (measured in September 2026)."""
    if RETIRED_MODELS.search(model):
        return {}
    requested, speed = text(prompt.body.get("inference_geo")), text(prompt.body.get("speed"))
    place = {"inference_geo": "not_available" if EARLIER_MODELS.match(model) else requested or "global"}
    return place | ({"speed": speed} if speed else {})


def _server_tool_use(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the number of calls of server tools, if any."""
    called = [call.name for call in only_choice(reply).tool_calls if server_tools.is_server_side(call, prompt)]
    if not called:
        return {}
    return {"server_tool_use": {key: called.count(name) for name, key in SERVER_TOOL_COUNTS.items()}}
