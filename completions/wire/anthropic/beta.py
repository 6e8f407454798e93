"""Step 2 for Anthropic's Messages API: the fields of betas, and the fields of the API's built-in tools.

A field is accepted only with its beta (Claude Code's page on errors: otherwise it is an extra input).

Shapes: `BetaRequestMCPServerURLDefinitionParam`, `BetaContextManagementConfigParam`, `BetaContainerParams`,
`BetaTokenTaskBudgetParam` and the tools of the anthropic SDK (November 2026). Fields that these lack are accepted.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.wire.anthropic.blocks import CACHE
from completions.wire.anthropic.checks import (
    Wrong,
    array,
    boolean,
    choice,
    integer,
    mapping,
    record,
    string,
    tagged,
    text_or,
)
from completions.wire.fields import dicts
from completions.wire.fields import mapping as mapping_of
from completions.wire.validation import Check, Problem, anything, nullable

_TEXTS = nullable(array(string()))
_CONFIGURATION = record({"allowed_tools": _TEXTS, "enabled": nullable(boolean)}, open_=True)
_SERVER = record(
    {
        "name": string(),
        "type": choice("url"),
        "url": string(),
        "authorization_token": nullable(string()),
        "tool_configuration": nullable(_CONFIGURATION),
    },
    ("name", "type", "url"),
    open_=True,
)
MCP_SERVERS = array(_SERVER)

_EDITS: Mapping[str, Mapping[str, Check]] = {
    "clear_tool_uses_20250919": {
        **dict.fromkeys(("clear_at_least", "keep", "trigger"), nullable(mapping)),
        "exclude_tools": _TEXTS,
    },
    "clear_thinking_20251015": {},
    "compact_20260112": {
        "instructions": nullable(string()),
        "pause_after_compaction": boolean,
        "trigger": nullable(mapping),
    },
}
_EDIT = tagged({name: record({"type": anything, **fields}, open_=True) for name, fields in _EDITS.items()})
CONTEXT_MANAGEMENT = nullable(record({"edits": array(_EDIT)}, open_=True))

_SKILL = record(
    {"skill_id": string(), "type": choice("anthropic", "custom"), "version": string()}, ("skill_id", "type"), open_=True
)
CONTAINER = nullable(text_or(record({"id": nullable(string()), "skills": nullable(array(_SKILL))}, open_=True)))

_FALLBACK = record(
    {
        "model": string(1, 256),
        "max_tokens": nullable(integer()),
        "speed": nullable(choice("standard", "fast")),
        **dict.fromkeys(("output_config", "thinking"), nullable(mapping)),
    },
    ("model",),
)
_FALLBACKS = array(_FALLBACK)


def fallbacks(value: Any) -> Problem | None:
    """Check the fallback models: a list of entries without other fields, or `default`."""
    return None if value is None or value == "default" else _FALLBACKS(value)


TASK_BUDGET = nullable(
    record({"total": integer(), "type": choice("tokens"), "remaining": nullable(integer())}, ("total", "type"))
)

_FLAGS = ("defer_loading", "strict")
_NUMBERS = ("display_number", "max_characters", "max_content_tokens", "max_uses")
DEFINED_TOOL = record(
    {
        "name": string(1),
        "cache_control": CACHE,
        **dict.fromkeys(_FLAGS, nullable(boolean)),
        **dict.fromkeys(_NUMBERS, nullable(integer())),
        **dict.fromkeys(("display_height_px", "display_width_px"), integer()),
        **dict.fromkeys(("allowed_callers", "allowed_domains", "blocked_domains"), _TEXTS),
        **dict.fromkeys(("citations", "user_location", "configs", "default_config"), nullable(mapping)),
        "input_examples": nullable(array(mapping)),
        "mcp_server_name": string(),
    },
    open_=True,
)
"""A tool that the API defines: those of its fields that have the same type in all tools."""

BETAS_OF_FIELDS: Mapping[str, tuple[str, ...]] = {
    "output_format": ("structured-outputs-",),
    "context_management": ("context-management-", "compact-"),
    "mcp_servers": ("mcp-client-",),
    "billing_policy": ("user-profiles-",),
    "compaction": ("compact-",),
    "fallbacks": ("server-side-fallback-",),
    "fallback_credit_token": ("fallback-credit-",),
}
"""The fields of a message's request that need a beta, and the prefixes of those betas."""

BETA_NAME = re.compile(r"[a-z].*\d{4}-?\d\d-?\d\d")
"""The form of a beta's name; the list of betas changes too often to be kept here."""

TOOLSET_BETA = "mcp-client-2025-11-20"
"""The beta since which tools name MCP servers."""

CLEAR_THINKING = "clear_thinking_20251015"
THINKS_ON_REQUEST = re.compile(r"claude-(?:3|(?:haiku|sonnet|opus)-4)")
"""The models that do not think unless a request asks for it."""


def requested_betas(header: str | None) -> list[str]:
    """Return the betas in a header."""
    return [name for each in (header or "").split(",") if (name := each.strip())]


def unknown_beta_problem(betas: Sequence[str]) -> Problem | None:
    """Return the problem of malformed names of betas, in the words of Anthropic's page on them."""
    if not (invalid := [f"`{name[:100]}`" for name in betas if not BETA_NAME.fullmatch(name)]):
        return None
    return Wrong(
        f"Unexpected value(s) {', '.join(invalid)} for the `anthropic-beta` header. Please consult our documentation "
        "at platform.claude.com/docs or try again without the header."
    )


def missing_beta_problem(body: Mapping[str, Any], betas: Sequence[str]) -> Problem | None:
    """Return the problem of a field whose beta is not requested.

    `?beta=true` alone requests all betas: recordings leave the header out.
    """
    for field, names in BETAS_OF_FIELDS.items():
        if betas and field in body and not any(beta.startswith(names) for beta in betas):
            return Wrong("Extra inputs are not permitted", field)
    return None


NO_FAST_MODE = re.compile(r"claude-(?:3|haiku|sonnet|fable|mythos|opus-4(?:-[0-5])?(?:-20\d{6})?$)")
"""The models that have no fast mode (quoted of Opus 4.5, Sonnet 5, Haiku 4.5 and Fable 5.1 until September 2026)."""


def _speed_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of `speed` with a model without fast mode."""
    if body.get("speed") != "fast" or not NO_FAST_MODE.match(body["model"]):
        return None
    return Wrong(f"'{body['model']}' does not support the `speed` parameter.")


def beta_problem(body: Mapping[str, Any], betas: Sequence[str]) -> Problem | None:
    """Return the problem of a beta's field in this request."""
    return (
        missing_beta_problem(body, betas)
        or _unused_server_problem(body, betas)
        or _clear_thinking_problem(body)
        or _speed_problem(body)
    )


def _unused_server_problem(body: Mapping[str, Any], betas: Sequence[str]) -> Problem | None:
    """Return the problem of an MCP server that no toolset references (quoted on 2026-09-01)."""
    referenced = {tool.get("mcp_server_name") for tool in dicts(body.get("tools"))}
    unused = [server["name"] for server in dicts(body.get("mcp_servers")) if server["name"] not in referenced]
    if not unused or TOOLSET_BETA not in betas:
        return None
    return Wrong(f"MCP server '{unused[0]}' is defined but not referenced by any `mcp_toolset` in `tools`.")


def _clear_thinking_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of clearing thinking when thinking is off (quoted until August 2026)."""
    edits = dicts(mapping_of(body.get("context_management")).get("edits"))
    if all(edit.get("type") != CLEAR_THINKING for edit in edits):
        return None
    kind = mapping_of(body.get("thinking")).get("type")
    if kind == "disabled" or (kind is None and THINKS_ON_REQUEST.match(body["model"])):
        return Wrong(f"`{CLEAR_THINKING}` strategy requires `thinking` to be enabled or adaptive")
    return None
