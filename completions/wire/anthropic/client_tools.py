"""Step 2 for Anthropic's Messages API: the tools that the API defines and the client runs.

A request has no schemas of them: `{"type": "bash_20250124", "name": "bash"}`. A toolset has no name either; its
members are called, with the family's name in `toolset_name`.

Their schemas allow a first step that changes nothing: a screenshot, a view, a harmless command. Sources: the `*Param`
and `*Input` types of the anthropic SDK; pydantic/pydantic-ai's recording of the memory tool.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.conversation import Tool
from completions.wire.fields import dicts, mapping, text

PARAMETERS: Mapping[str, Mapping[str, object]] = {
    "bash_": {"command": {"type": "string"}},
    "computer_2": {"action": {"const": "screenshot"}},
    "memory_": {"command": {"const": "view"}, "path": {"const": "/memories"}},
    "text_editor_": {"command": {"const": "view"}, "path": {"type": "string"}},
}
"""The properties of the tools' arguments, by the prefixes of their types."""

TOOLSETS: Mapping[str, str] = {"browser_toolset_": "browser", "computer_toolset_": "computer"}
"""The names of the families, by the prefixes of the toolsets' types."""

FIRST_MEMBERS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "browser": {"navigate": {"url": {"type": "string", "format": "uri"}}, "screenshot": {}},
    "computer": {"screenshot": {}, "cursor_position": {}},
}
"""The members of each family that a model can call first, the likeliest before the others."""

_POINTER = (
    *("screenshot", "zoom", "left_click", "right_click", "middle_click", "double_click", "triple_click"),
    *("left_click_drag", "left_mouse_down", "left_mouse_up", "mouse_move", "scroll", "type", "key", "hold_key", "wait"),
)
_BROWSER = (
    *("navigate", "list_tabs", "new_tab", "switch_tab", "close_tab", "read_page", "get_page_text", "read_console"),
    *("read_network", "find", "form_input", "file_upload", "scroll_to", "hover", "javascript_exec"),
)
MEMBERS: Mapping[str, frozenset[str]] = {
    "browser": frozenset((*_POINTER, *_BROWSER)),
    "computer": frozenset((*_POINTER, "cursor_position")),
}
"""The members of each family."""


def parameters(kind: str) -> Mapping[str, object] | None:
    """Return the JSON Schema of the arguments of a tool that the API defines, by its type; None for another one."""
    known = next((properties for beginning, properties in PARAMETERS.items() if kind.startswith(beginning)), None)
    return None if known is None else _schema(known)


def first_member(tool: Mapping[str, Any]) -> Iterator[Tool]:
    """Yield the member of a toolset that a model would call first; none if it is no toolset, or has disabled those."""
    if (family := _family(tool)) is not None:
        enabled = (name for name in FIRST_MEMBERS[family] if _is_enabled(tool, name))
        yield from (Tool(name, defined=_schema(FIRST_MEMBERS[family][name])) for name in [*enabled][:1])


def toolset_of(name: str, tools: object) -> str | None:
    """Return the family of the offered toolset that has a member of this name; None if another tool has the name."""
    offered: Sequence[Mapping[str, Any]] = dicts(tools)
    if any(tool.get("name") == name for tool in offered):
        return None
    families = (_family(tool) for tool in offered if _is_enabled(tool, name))
    return next((family for family in families if family is not None and name in MEMBERS[family]), None)


def _family(tool: Mapping[str, Any]) -> str | None:
    kind = text(tool.get("type"))
    return next((family for beginning, family in TOOLSETS.items() if kind.startswith(beginning)), None)


def _is_enabled(tool: Mapping[str, Any], member: str) -> bool:
    return mapping(mapping(tool.get("configs")).get(member)).get("enabled") is not False


def _schema(properties: Mapping[str, object]) -> Mapping[str, object]:
    return {"type": "object", "properties": properties, "required": [*properties]}
