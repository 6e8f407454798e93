"""Step 2 for Anthropic's Messages API: the tools, the choice among them, and how it goes with thinking.

Shapes: `ToolUnionParam`, `ToolChoiceParam` and `ThinkingConfigParam` of the anthropic SDK. `beta`
has what is looked at in the tools that the API defines itself (`bash_20250124`, `web_search_20250305`, …).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.wire.anthropic.beta import DEFINED_TOOL
from completions.wire.anthropic.blocks import CACHE, TOOL_NAME
from completions.wire.anthropic.checks import Wrong, array, boolean, choice, integer, mapping, record, string, tagged
from completions.wire.anthropic.metaschema import is_valid
from completions.wire.validation import Check, Problem, anything, nullable

MIN_BUDGET = 1024
"""The smallest thinking budget in tokens, according to the SDK."""

DEFINED = (
    "advisor_",
    "bash_",
    "browser_",
    "code_execution_",
    "computer_",
    "memory_",
    "text_editor_",
    "tool_search_",
    "web_fetch_",
    "web_search_",
    "mcp_toolset",
)
"""The prefixes of the types of the API's own tools."""

NAMES: Mapping[str, str] = {
    **{f"{name}_20": name for name in ("bash", "code_execution", "computer", "memory", "web_fetch", "web_search")},
    **{f"tool_search_tool_{way}": f"tool_search_tool_{way}" for way in ("bm25", "regex")},
    **dict.fromkeys(("text_editor_2024", "text_editor_20250124"), "str_replace_editor"),
    "text_editor_20": "str_replace_based_edit_tool",
}
"""The names of the API's own tools, by how their types begin; the `Tool*Param` of the SDK have them too."""

ON_CLOUDS = (
    "bash_20250124",
    "custom",
    "memory_20250818",
    *(f"text_editor_{version}" for version in (20250124, 20250429, 20250728)),
    *(f"tool_search_tool_{way}" for way in ("bm25", "bm25_20251119", "regex", "regex_20251119")),
)
"""The types of tools that Bedrock takes without a beta, and Vertex AI too (quoted up to October 2026)."""

ANTHROPICS_OWN = ("advisor_", "code_execution_", "mcp_toolset", "web_fetch_", "web_search_")
"""The prefixes of the types of tools that run on Anthropic's servers."""

_SCHEMA = record({"type": choice("object"), "properties": nullable(mapping)}, ("type",), open_=True)
INVALID_SCHEMA = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://docs.claude.com/en/docs/tool-use."
)


COMBINED = ("oneOf", "allOf", "anyOf")
"""What the schema of a tool cannot have itself (quoted until July 2026: anomalyco/opencode 37916)."""

KEYS = r"^[a-zA-Z0-9_.-]{1,64}$"
"""What the names of a tool's parameters match (quoted until September 2026)."""


def _schema(value: Any) -> Problem | None:
    """Check the schema of an object, that it is a JSON Schema, and what it and its parameters are named."""
    if (problem := _SCHEMA(value)) is not None:
        return problem
    if any(word in value for word in COMBINED):
        return Wrong("input_schema does not support oneOf, allOf, or anyOf at the top level")
    if not all(re.match(KEYS, key) for key in value.get("properties") or ()):
        return Wrong(f"Property keys should match pattern '{KEYS}'", "properties")
    return None if is_valid(value) else Wrong(INVALID_SCHEMA)


_CUSTOM = record(
    {
        "type": anything,
        "name": TOOL_NAME,
        "input_schema": _schema,
        "description": string(),
        "cache_control": CACHE,
        "strict": nullable(boolean),
        "defer_loading": boolean,
        "eager_input_streaming": nullable(boolean),
        "allowed_callers": array(string()),
        "input_examples": array(mapping),
    },
    ("name", "input_schema"),
)


def _tool(value: Any) -> Problem | None:
    kind = value.get("type") if type(value) is dict else None
    if kind is None or kind == "custom":
        problem = _CUSTOM(value)
        return problem and problem.under("custom")
    if type(kind) is str and kind.startswith(DEFINED):
        problem = DEFINED_TOOL(value) or _name(kind, value.get("name"))
        return problem and problem.under(kind)
    return _unexpected(kind, ("custom", *(f"{name}…" for name in DEFINED)))


def _name(kind: str, given: object) -> Problem | None:
    """Check the name of a tool of the API's own, of which each kind has one (quoted by many until October 2026)."""
    own = next((name for beginning, name in NAMES.items() if kind.startswith(beginning)), None)
    return None if own is None or given in (own, None) else Wrong(f"Input should be '{own}'", "name")


def _unexpected(kind: object, expected: Sequence[str], where: str = "") -> Problem:
    names = ", ".join(f"'{name}'" for name in expected)
    return Wrong(f"Input tag '{kind}' found using 'type' does not match any of the expected tags: {names}", where)


def elsewhere(tools: Sequence[Mapping[str, Any]], taken: Sequence[str]) -> Problem | None:
    """Return the problem of the first tool that runs on Anthropic's servers, and is none of the `taken` types.

    So do clouds refuse tools that they do not have.
    """
    for index, tool in enumerate(tools):
        kind = tool.get("type")
        if isinstance(kind, str) and kind.startswith(ANTHROPICS_OWN) and kind not in taken:
            return _unexpected(kind, taken, f"tools.{index}")
    return None


_SEVERAL = array(_tool)


def tools(value: Any) -> Problem | None:
    """Check the tools, and that their names differ."""
    if (problem := _SEVERAL(value)) is not None:
        return problem
    names = [tool["name"] for tool in value if isinstance(tool.get("name"), str)]
    return Wrong("Tool names must be unique.") if len(set(names)) < len(names) else None


def deferred(body: Mapping[str, Any]) -> Problem | None:
    """Return what is wrong with tools that wait to be found: one is in the cache, or no other is there.

    So it is on Anthropic's page "Tool search tool", and quoted until September 2026.
    """
    offered = body.get("tools") or []
    late = [tool for tool in offered if tool.get("defer_loading") is True]
    for tool in late:
        if tool.get("cache_control") is not None:
            return Wrong(
                f"Tool '{tool.get('name')}' cannot have both defer_loading=true and cache_control set. Tools with "
                "defer_loading cannot use prompt caching."
            )
    if late and len(late) == len(offered):
        return Wrong("At least one tool must have defer_loading=false. All tools cannot be deferred.")
    return None


def _choice(required: tuple[str, ...] = (), **fields: Check) -> Check:
    return record({"type": anything, "disable_parallel_tool_use": boolean, **fields}, required)


TOOL_CHOICE = tagged(
    {
        "auto": _choice(),
        "any": _choice(),
        "tool": _choice(("name",), name=string(1)),
        "none": record({"type": anything}),
    }
)

EFFORT = choice("low", "medium", "high", "xhigh", "max")


def _thinking(*displays: str, **more: Check) -> Check:
    fields: dict[str, Check] = {"type": anything, "display": nullable(choice(*displays)), **more}
    return tagged(
        {
            "enabled": record({**fields, "budget_tokens": integer(MIN_BUDGET)}, ("budget_tokens",)),
            "adaptive": record(fields),
            "disabled": record({"type": anything}),
            "between_tools": record({"type": anything}),
        }
    )


THINKING = _thinking("summarized", "omitted")
_BINDING = nullable(record({"prefix_mismatch_behavior": nullable(choice("error", "drop_block"))}))
_DISPLAYS = ("summarized", "omitted", "updates")
_TYPED = _thinking(*_DISPLAYS, block_binding=_BINDING)
_UNTYPED = record({"display": nullable(choice(*_DISPLAYS)), "block_binding": _BINDING})


def beta_thinking(value: Any) -> Problem | None:
    """Check how to think; what thinking is bound to may be all that is said of it (recorded in September 2026)."""
    untyped = type(value) is dict and "type" not in value and "block_binding" in value
    return _UNTYPED(value) if untyped else _TYPED(value)


def unsuitable_tools(body: Mapping[str, Any]) -> Problem | None:
    """Refuse a call that is forced without tools, the choice of an unknown tool, and thinking before a forced call.

    Whether one is called can be left to Claude without tools too (so it was measured on 2026-09-04).
    """
    chosen = body.get("tool_choice")
    if chosen is None:
        return None
    offered = body.get("tools") or []
    if chosen["type"] == "any" and not offered:
        return Wrong("tool_choice.any may only be specified while providing tools.")
    if chosen["type"] == "tool" and chosen["name"] not in [tool.get("name") for tool in offered]:
        return Wrong(f"Tool '{chosen['name']}' not found in provided tools")
    forced = chosen["type"] in ("any", "tool")
    if forced and (body.get("thinking") or {}).get("type") == "enabled":  # adaptive thinking gives way to the tool
        return Wrong("Thinking may not be enabled when tool_choice forces tool use.")
    return None
