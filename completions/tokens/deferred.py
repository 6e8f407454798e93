"""Tools whose definitions a model is not shown until it has searched for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from completions.conversation import Prompt, Tool

TOOL_ADDING_ITEMS = ("additional_tools", "tool_search_output")
"""The types of the items of `responses` that bring tools."""

MAX_DEPTH = 8
"""Levels of a conversation's blocks that are looked at."""


def shown(prompt: Prompt) -> Sequence[Tool]:
    """Return the tools that stand before a conversation: neither those that are deferred nor those that items bring."""
    deferred = _deferred(prompt)
    brought = {tool.name for item in items_of(prompt) for tool in tools_in(item)}
    if not deferred and not brought:
        return prompt.tools
    own = _texts(name for tool in offered(prompt) for name in _names_in(tool))
    hidden = (deferred - _found(prompt)) | (brought - own)
    return [tool for tool in prompt.tools if tool.name not in hidden]


def loaded(prompt: Prompt) -> int:
    """Count the deferred tools that a search, or an addition, has brought."""
    return len(_deferred(prompt) & _found(prompt))


def _deferred(prompt: Prompt) -> set[str]:
    return _texts(tool.get("name") for tool in offered(prompt) if tool.get("defer_loading") is True)


def _texts(names: Iterable[object]) -> set[str]:
    """Return the names that are names: a request that nobody has checked may have anything there."""
    return {name for name in names if isinstance(name, str)}


def _names_in(tool: Mapping[str, Any]) -> list[object]:
    """Return a tool's name, and those of the tools in it if it is a namespace."""
    return [tool.get("name"), *(each.get("name") for each in objects_in(tool.get("tools")))]


def offered(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the tools that the request offers, as it has them."""
    return objects_in(prompt.body.get("tools"))


def objects_in(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in an array of JSON; none in what is no array."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _found(prompt: Prompt) -> set[str]:
    """Return the names of the tools that a search, or an addition, refers to."""
    blocks = walk(prompt.body.get("messages"))
    named = (block for block in blocks if block.get("type") == "tool_reference")
    return _texts(block.get("tool_name", block.get("name")) for block in named)


def has_hidden(prompt: Prompt) -> bool:
    """Tell whether there are tools that `responses` has not shown to the model yet."""
    hidden = {tool.name for tool in prompt.tools} - {tool.name for tool in shown(prompt)}
    return bool(hidden - {tool.name for item in items_of(prompt) for tool in tools_in(item)})


def items_of(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the items of `responses`."""
    return objects_in(prompt.body.get("input"))


def tools_in(item: Mapping[str, Any]) -> list[Tool]:
    """Return the tools that an item of `responses` brings."""
    if item.get("type") not in TOOL_ADDING_ITEMS:
        return []
    return list(map(as_tool, objects_in(item.get("tools"))))


def as_tool(definition: Mapping[str, Any]) -> Tool:
    """Read a tool's definition as `responses` has it."""
    name, description, parameters = (definition.get(key) for key in ("name", "description", "parameters"))
    return Tool(str(name or ""), str(description or ""), parameters if isinstance(parameters, Mapping) else {})


def walk(value: object) -> Iterator[Mapping[str, Any]]:
    """Go through all the objects in a JSON value, but for those that are very deep in it."""
    waiting = [(value, 0)]
    while waiting:
        each, level = waiting.pop()
        if isinstance(each, dict):
            yield each
            inner: Iterable[object] = each.values()
        elif isinstance(each, list):
            inner = each
        else:
            continue
        if level < MAX_DEPTH:
            waiting += [(one, level + 1) for one in inner if isinstance(one, (dict, list))][::-1]
