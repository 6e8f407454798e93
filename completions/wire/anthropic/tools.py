"""Step 2 for Anthropic's Messages API: the tools, the tool choice, and its combination with thinking.

Shapes: `ToolUnionParam`, `ToolChoiceParam` and `ThinkingConfigParam` of the anthropic SDK. `beta`
has the checks of the tools that the API defines (`bash_20250124`, `web_search_20250305`, …).
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

DEFINED_TYPES = (
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
"""The prefixes of the types of tools that the API defines."""

NAMES: Mapping[str, str] = {
    **{f"{name}_20": name for name in ("bash", "code_execution", "computer", "memory", "web_fetch", "web_search")},
    **{f"tool_search_tool_{way}": f"tool_search_tool_{way}" for way in ("bm25", "regex")},
    **dict.fromkeys(("text_editor_2024", "text_editor_20250124"), "str_replace_editor"),
    "text_editor_20": "str_replace_based_edit_tool",
}
"""The names of these tools, by the prefixes of their types; the `Tool*Param` of the SDK have them too."""

CLOUD_TOOL_TYPES = (
    "bash_20250124",
    "custom",
    "memory_20250818",
    *(f"text_editor_{version}" for version in (20250124, 20250429, 20250728)),
    *(f"tool_search_tool_{way}" for way in ("bm25", "bm25_20251119", "regex", "regex_20251119")),
)
"""The types of tools that Bedrock and Vertex AI accept without a beta (quoted up to October 2026)."""

HOSTED_TOOL_TYPES = ("advisor_", "code_execution_", "mcp_toolset", "web_fetch_", "web_search_")
"""The prefixes of the types of tools that run on Anthropic's servers."""

_SCHEMA = record({"type": choice("object"), "properties": nullable(mapping)}, ("type",), open_=True)
INVALID_SCHEMA = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://docs.claude.com/en/docs/tool-use."
)


TOP_LEVEL_UNIONS = ("oneOf", "allOf", "anyOf")
"""Keywords that a tool's schema cannot have at its top level (quoted until July 2026: anomalyco/opencode 37916)."""

PROPERTY_KEY = r"^[a-zA-Z0-9_.-]{1,64}$"
"""The pattern of the names of a tool's parameters (quoted until September 2026)."""


def _schema(value: Any) -> Problem | None:
    """Check a tool's schema: that of an object, a valid JSON Schema, with valid names of parameters."""
    if (problem := _SCHEMA(value)) is not None:
        return problem
    if any(word in value for word in TOP_LEVEL_UNIONS):
        return Wrong("input_schema does not support oneOf, allOf, or anyOf at the top level")
    if not all(re.match(PROPERTY_KEY, key) for key in value.get("properties") or ()):
        return Wrong(f"Property keys should match pattern '{PROPERTY_KEY}'", "properties")
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
    if type(kind) is str and kind.startswith(DEFINED_TYPES):
        problem = DEFINED_TOOL(value) or _name(kind, value.get("name"))
        return problem and problem.under(kind)
    return _unexpected(kind, ("custom", *(f"{name}…" for name in DEFINED_TYPES)))


def _name(kind: str, name: object) -> Problem | None:
    """Check the name of a tool that the API defines; each type has one (quoted by many until October 2026)."""
    expected = next((name for beginning, name in NAMES.items() if kind.startswith(beginning)), None)
    return None if expected is None or name in (expected, None) else Wrong(f"Input should be '{expected}'", "name")


def _unexpected(kind: object, expected: Sequence[str], where: str = "") -> Problem:
    names = ", ".join(f"'{name}'" for name in expected)
    return Wrong(f"Input tag '{kind}' found using 'type' does not match any of the expected tags: {names}", where)


def unsupported_tool(tools: Sequence[Mapping[str, Any]], supported: Sequence[str]) -> Problem | None:
    """Return the problem of the first tool that runs on Anthropic's servers and has none of the `supported` types.

    Clouds refuse tools that they do not have in this way.
    """
    for index, tool in enumerate(tools):
        kind = tool.get("type")
        if isinstance(kind, str) and kind.startswith(HOSTED_TOOL_TYPES) and kind not in supported:
            return _unexpected(kind, supported, f"tools.{index}")
    return None


_SEVERAL = array(_tool)


def tools(value: Any) -> Problem | None:
    """Check the tools, and that their names differ."""
    if (problem := _SEVERAL(value)) is not None:
        return problem
    names = [tool["name"] for tool in value if isinstance(tool.get("name"), str)]
    return Wrong("Tool names must be unique.") if len(set(names)) < len(names) else None


def deferral_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of deferred tools: one has `cache_control`, or all tools are deferred.

    From Anthropic's page "Tool search tool", and quoted until September 2026.
    """
    offered = body.get("tools") or []
    deferred = [tool for tool in offered if tool.get("defer_loading") is True]
    for tool in deferred:
        if tool.get("cache_control") is not None:
            return Wrong(
                f"Tool '{tool.get('name')}' cannot have both defer_loading=true and cache_control set. Tools with "
                "defer_loading cannot use prompt caching."
            )
    if deferred and len(deferred) == len(offered):
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
    """Check `thinking`; its `block_binding` may come without a `type` (recorded in September 2026)."""
    untyped = type(value) is dict and "type" not in value and "block_binding" in value
    return _UNTYPED(value) if untyped else _TYPED(value)


def tool_choice_problem(body: Mapping[str, Any]) -> Problem | None:
    """Refuse a call that is forced without tools, the choice of an unknown tool, and thinking before a forced call.

    The choice `auto` is accepted without tools too (measured on 2026-09-04).
    """
    choice_ = body.get("tool_choice")
    if choice_ is None:
        return None
    offered = body.get("tools") or []
    if choice_["type"] == "any" and not offered:
        return Wrong("tool_choice.any may only be specified while providing tools.")
    if choice_["type"] == "tool" and choice_["name"] not in [tool.get("name") for tool in offered]:
        return Wrong(f"Tool '{choice_['name']}' not found in provided tools")
    forced = choice_["type"] in ("any", "tool")
    if forced and (body.get("thinking") or {}).get("type") == "enabled":  # adaptive thinking gives way to the tool
        return Wrong("Thinking may not be enabled when tool_choice forces tool use.")
    return None
