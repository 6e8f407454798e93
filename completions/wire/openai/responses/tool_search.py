"""Step 4 for responses: the API's tool search, with which a model finds the deferred tools that it calls."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.conversation import Prompt
from completions.tokens.deferred import TOOL_ADDING_ITEMS
from completions.wire.fields import arranged, dicts, text
from completions.wire.openai.responses.echo import defaults, has_own_namespace, shown_tools


def with_search(items: Sequence[dict[str, Any]], prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Yield the items, with a search that finds all deferred tools before the first call of one.

    Nine of nine recordings of 2026 have this order. The client's own search is run by the client.
    """
    tools = _deferred_tools(items, prompt) if _is_offered(prompt) else []
    for item in items:
        if tools and item.get("type") == "function_call" and _is_call_of(item, tools):
            yield _search_item({"type": "tool_search_call", "arguments": {"paths": [tool["name"] for tool in tools]}})
            yield _search_item({"type": "tool_search_output", "tools": shown_tools(tools)})
            tools = []
        yield item


def namespace_of(name: str, prompt: Prompt) -> dict[str, str]:
    """Return the namespace of a function that an item has added."""
    for item in dicts(prompt.body.get("input")):
        if item.get("type") in TOOL_ADDING_ITEMS and any(name == tool.get("name") for tool in dicts(item.get("tools"))):
            return {"namespace": name} if has_own_namespace(item["type"], defaults(prompt.model or "")) else {}
    return {}


def _is_offered(prompt: Prompt) -> bool:
    tools = dicts(prompt.body.get("tools"))
    return any(tool.get("type") == "tool_search" and tool.get("execution") != "client" for tool in tools)


def _deferred_tools(items: Sequence[Mapping[str, Any]], prompt: Prompt) -> list[dict[str, Any]]:
    """Return the offered tools that are deferred, called, and not in the output of a search yet."""
    before = [*dicts(prompt.recalled.get("items")), *dicts(prompt.body.get("input"))]
    outputs = [item for item in before if item.get("type") in TOOL_ADDING_ITEMS]
    known = {text(tool.get("name")) for item in outputs for tool in dicts(item.get("tools"))}
    hidden = [tool for tool in dicts(prompt.body.get("tools")) if _is_deferred(tool) and tool.get("name") not in known]
    calls = [item for item in items if item.get("type") == "function_call"]
    return [tool for tool in hidden if any(_is_call_of(call, [tool]) for call in calls)]


def _is_deferred(tool: Mapping[str, Any]) -> bool:
    return any(each.get("defer_loading") is True for each in (tool, *dicts(tool.get("tools"))))


def _is_call_of(call: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a call is for one of the tools, or for one in their namespaces."""
    return any(call.get("name") == each.get("name") for tool in tools for each in (tool, *dicts(tool.get("tools"))))


def _search_item(item: Mapping[str, Any]) -> dict[str, Any]:
    fields = {**item, "call_id": None, "execution": "server"}
    return arranged({"type": item["type"], "status": "completed", **fields}, ("type", "status", *sorted(fields)))
