"""The capabilities in the list of models: `ModelCapabilities` of Anthropic's SDK, from the table of models.

Capabilities that the table does not have are as recorded of Claude Haiku 4.5 (2026-10-02) and Sonnet 4.6, or from
Anthropic's pages on code execution and programmatic tool calling.
"""

from typing import Any

from completions.tokens.capabilities import capabilities
from completions.tokens.models import entry

LEVELS = ("low", "medium", "high", "xhigh", "max")
CODE_WITHOUT_TOOLS = "claude-haiku-"
"""The prefix of models whose code cannot call the request's other tools."""


def _supported(supported: bool) -> dict[str, bool]:
    return {"supported": supported}


def model_capabilities(name: str) -> dict[str, Any] | None:
    """Return the capabilities of a model, or None if the table does not have it."""
    known = entry(name, "anthropic")
    if known is None:
        return None
    can = capabilities(name, "anthropic")
    edits = ("clear_tool_uses_20250919", "clear_thinking_20251015")
    compacts = {"compact_20260112": _supported("anthropic_compaction" in known.yes)}
    levels = () if "reasoning" in can.lacks else can.efforts or ()
    tools = {"web_search": _supported("web_search" in known.yes), "code_execution": _supported(True)}
    thinks = "reasoning" in known.yes
    return {
        "batch": _supported(True),
        "citations": _supported(True),
        "code_execution": _supported(not name.startswith(CODE_WITHOUT_TOOLS)),
        "context_management": {**_supported(True), **dict.fromkeys(edits, _supported(True)), **compacts},
        "effort": {**_supported(bool(levels)), **{level: _supported(level in levels) for level in LEVELS}},
        "image_input": _supported("images" not in can.lacks),
        "pdf_input": _supported("pdf_input" in known.yes),
        "server_tools": {**_supported(True), **tools},
        "structured_outputs": _supported("native_structured_output" in known.yes),
        "thinking": {
            **_supported(thinks),
            "types": {
                "enabled": _supported(thinks and "thinking_budget" not in can.lacks),
                "adaptive": _supported(thinks and "adaptive_thinking" not in can.lacks),
                "disabled": _supported("no_thinking" not in can.lacks),
                "between_tools": _supported(thinks and "thinking_between_tools" not in can.lacks),
            },
        },
    }
