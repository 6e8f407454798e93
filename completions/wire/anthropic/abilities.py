"""What the list of models tells of each: `ModelCapabilities` of Anthropic's SDK, by the table of models.

What the table has no word for is what was recorded of Claude Haiku 4.5 (2026-10-02) and Sonnet 4.6, and what
Anthropic's pages on code execution and programmatic tool calling say.
"""

from typing import Any

from completions.tokens.capabilities import capabilities
from completions.tokens.models import entry

LEVELS = ("low", "medium", "high", "xhigh", "max")
CODE_WITHOUT_TOOLS = "claude-haiku-"
"""How the names of models begin whose code cannot call the request's other tools."""


def _supported(supported: bool) -> dict[str, bool]:
    return {"supported": supported}


def abilities(name: str) -> dict[str, Any] | None:
    """Return what a model can do; None if the table does not know the model."""
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
