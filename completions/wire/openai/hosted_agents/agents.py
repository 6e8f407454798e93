"""Agents: what is refused, the configuration that a session takes, and what they look like.

Defaults: a recorded agent (2026-09-30), and for `compaction` and `experimental`, which came later, the SDK's types.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.openai.hosted_agents import tools
from completions.wire.openai.hosted_agents.checks import METADATA, check, invalid
from completions.wire.openai.hosted_agents.records import new_id, new_metadata
from completions.wire.validation import Check, anything, boolean, choice, integer, nullable, obj, record, string, tagged

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
DEFAULT_EFFORT = "medium"
"""The default of gpt-6-luna (recorded); which model has which is not known."""

TIERS = ("auto", "default", "flex", "priority", "fast", "ultrafast")
MAX_SUBAGENTS = 2**32 - 1
_FORMAT = tagged(
    "type",
    {"text": record({"type": anything}), "json_schema": record({"type": anything, "schema": obj}, ("schema",))},
)
REASONING = record(
    {"effort": nullable(choice(*EFFORTS)), "summary": nullable(choice("concise", "detailed", "auto"))},
)
_MULTI = record({"enabled": boolean, "max_concurrent_subagents": integer(1, MAX_SUBAGENTS)}, ("enabled",))

CONFIGURATION: Mapping[str, Check] = {
    "compaction": nullable(record({"async": nullable(boolean)})),
    "experimental": record({"time_awareness": boolean}),
    "instructions": nullable(string()),
    "model": string(low=1),
    "multi_agent": nullable(_MULTI),
    "reasoning": nullable(REASONING),
    "service_tier": nullable(choice(*TIERS)),
    "text": nullable(record({"format": nullable(_FORMAT), "verbosity": nullable(choice("low", "medium", "high"))})),
    "tools": tools.TOOLS,
}
"""The fields of the agent of a session."""

_FIELDS: Mapping[str, Check] = {
    **CONFIGURATION,
    "tools": tools.SAVED_TOOLS,
    "metadata": METADATA,
    "name": nullable(string()),
}
_NEW, _CHANGE = record(_FIELDS, ("model",)), record(_FIELDS)


def check_agent(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new agent."""
    check(body, _NEW)


def check_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of an agent."""
    check(body, _CHANGE)


DEFAULTS: Mapping[str, Any] = {
    "model": None,
    "reasoning": None,
    "text": None,
    "service_tier": None,
    "instructions": None,
    "tools": None,
    "multi_agent": None,
    "compaction": None,
    "experimental": {},
}


def resolved(given: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a configuration with all of its fields: those of a body, then those of `before`, then the defaults."""
    fields = dict(before or {})
    for key, default in DEFAULTS.items():
        if key in given or key not in fields:
            value = given.get(key, default)
            fields[key] = _RESOLVED[key](value, mapping(fields.get(key))) if key in _RESOLVED else value
    return fields


def _reasoning(value: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    fields = mapping(value)
    return {"effort": fields.get("effort") or DEFAULT_EFFORT, "summary": fields.get("summary")}


def _text(value: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    fields = mapping(value)
    return {"format": fields.get("format") or {"type": "text"}, "verbosity": fields.get("verbosity") or "medium"}


def _multi_agent(value: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    enabled = mapping(value).get("enabled") is True
    most = mapping(value).get("max_concurrent_subagents") or 6
    return {"enabled": enabled, "max_concurrent_subagents": most if enabled else None}


_RESOLVED: Mapping[str, Any] = {
    "reasoning": _reasoning,
    "text": _text,
    "service_tier": lambda value, before: value or "auto",
    "tools": lambda value, before: tools.resolved(value),
    "multi_agent": _multi_agent,
    "compaction": lambda value, before: {"async": mapping(value).get("async") is True},
    "experimental": lambda value, before: {"time_awareness": False, **before, **mapping(value)},
}


def new_agent(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new agent."""
    return {
        "id": new_id("agent"),
        "created": now,
        "updated": now,
        "name": body.get("name"),
        "metadata": new_metadata(body),
        **resolved(body),
    }


def changed_agent(before: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of an agent after a change."""
    changes: dict[str, Any] = {"name": body["name"]} if "name" in body else {}
    if "metadata" in body:
        changes["metadata"] = new_metadata(body)
    return {**resolved(body, before), **changes, "updated": now}


def configuration(agent: Document | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the agent of a new session: a saved one with what the session replaces in it, or one of its own."""
    if agent is None and given.get("model") is None:
        raise invalid("Missing required parameter: 'agent.model'.", "agent.model")
    if agent is None:
        return {"id": new_id("agent"), "name": None, **resolved(given)}
    saved = {key: agent[key] for key in ("id", "name", *DEFAULTS)}
    return resolved(given, saved)


def _shown_configuration(record: Mapping[str, Any], *, saved: bool) -> dict[str, Any]:
    fields = {key: record[key] for key in DEFAULTS}
    return {**fields, "tools": tools.shown(record["tools"], saved=saved)}


def shown(record: Document) -> dict[str, Any]:
    """Return a saved agent."""
    return {
        "id": record["id"],
        "object": "agent",
        "created_at": int(record["created"]),
        "updated_at": int(record["updated"]),
        "name": record["name"],
        "metadata": record["metadata"],
        **_shown_configuration(record, saved=True),
    }


def shown_in_session(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the agent of a session."""
    fields = {key: configuration[key] for key in ("id", "name") if key in configuration}
    return {**fields, **_shown_configuration(configuration, saved=False)}
