"""Deferred tools: the model sees their definitions only after it has searched for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from completions.conversation import Prompt, Tool

TOOL_ADDING_ITEMS = ("additional_tools", "tool_search_output")
"""The types of the items of `responses` that contain tools."""

MAX_DEPTH = 8
"""The levels of a conversation's blocks that are searched."""


def visible_tools(prompt: Prompt) -> Sequence[Tool]:
    """Return the tools before a conversation: neither the deferred ones nor those that items contain."""
    deferred = _deferred(prompt)
    added = {tool.name for item in items_of(prompt) for tool in tools_in(item)}
    if not deferred and not added:
        return prompt.tools
    requested = _names(name for tool in raw_tools(prompt) for name in _names_in(tool))
    hidden = (deferred - _discovered(prompt)) | (added - requested)
    return [tool for tool in prompt.tools if tool.name not in hidden]


def count_loaded(prompt: Prompt) -> int:
    """Count the deferred tools that a search or an addition has loaded."""
    return len(_deferred(prompt) & _discovered(prompt))


def _deferred(prompt: Prompt) -> set[str]:
    return _names(tool.get("name") for tool in raw_tools(prompt) if tool.get("defer_loading") is True)


def _names(names: Iterable[object]) -> set[str]:
    """Return the names that are strings, as the request may not have been validated."""
    return {name for name in names if isinstance(name, str)}


def _names_in(tool: Mapping[str, Any]) -> list[object]:
    """Return a tool's name, and those of the tools in it if it is a namespace."""
    return [tool.get("name"), *(each.get("name") for each in objects_in(tool.get("tools")))]


def raw_tools(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the tools as the request has them."""
    return objects_in(prompt.body.get("tools"))


def objects_in(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in a JSON array; empty for anything else."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _discovered(prompt: Prompt) -> set[str]:
    """Return the names of the tools that a search or an addition refers to."""
    blocks = walk(prompt.body.get("messages"))
    references = (block for block in blocks if block.get("type") == "tool_reference")
    return _names(block.get("tool_name", block.get("name")) for block in references)


def has_hidden_tools(prompt: Prompt) -> bool:
    """Tell whether there are tools that the model has not seen yet at `responses`."""
    hidden = {tool.name for tool in prompt.tools} - {tool.name for tool in visible_tools(prompt)}
    return bool(hidden - {tool.name for item in items_of(prompt) for tool in tools_in(item)})


def items_of(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the items of `responses`."""
    return objects_in(prompt.body.get("input"))


def tools_in(item: Mapping[str, Any]) -> list[Tool]:
    """Return the tools that an item of `responses` contains."""
    if item.get("type") not in TOOL_ADDING_ITEMS:
        return []
    return list(map(as_tool, objects_in(item.get("tools"))))


def as_tool(definition: Mapping[str, Any]) -> Tool:
    """Read a tool's definition in the form of `responses`."""
    name, description, parameters = (definition.get(key) for key in ("name", "description", "parameters"))
    return Tool(str(name or ""), str(description or ""), parameters if isinstance(parameters, Mapping) else {})


def walk(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield all objects in a JSON value, down to a maximum depth."""
    remaining = [(value, 0)]
    while remaining:
        each, level = remaining.pop()
        if isinstance(each, dict):
            yield each
            inner: Iterable[object] = each.values()
        elif isinstance(each, list):
            inner = each
        else:
            continue
        if level < MAX_DEPTH:
            remaining += [(one, level + 1) for one in inner if isinstance(one, (dict, list))][::-1]
