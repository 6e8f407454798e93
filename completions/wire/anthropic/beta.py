"""Step 2 for Anthropic's Messages API: the fields that a beta brings, and what tools of the API's own are given.

Shapes: `BetaRequestMCPServerURLDefinitionParam`, `BetaContextManagementConfigParam`, `BetaContainerParams`,
`BetaTokenTaskBudgetParam` and the tools of the anthropic SDK (November 2026). Fields that these lack are taken.
"""

from collections.abc import Mapping

from completions.wire.anthropic.blocks import CACHE
from completions.wire.anthropic.checks import array, boolean, choice, integer, mapping, record, string, tagged, text_or
from completions.wire.validation import Check, anything, nullable

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
"""A tool that the API defines: those of its fields that have the same type wherever they are."""
