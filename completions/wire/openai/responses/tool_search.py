"""Step 4 for responses: the API's own search, with which a model finds the deferred tools that it then calls."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.conversation import Prompt
from completions.tokens.deferred import BRINGS_TOOLS
from completions.wire.fields import arranged, dicts, text
from completions.wire.openai.responses.echo import defaults, is_apart, shown_tools


def with_search(items: Sequence[dict[str, Any]], prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Yield the items, and before the first call of a tool that was not found yet the search that finds all of them.

    Nine of nine recordings of 2026 have it so. The client's own search is the client's to run.
    """
    found = _to_find(items, prompt) if _is_offered(prompt) else []
    for item in items:
        if found and item.get("type") == "function_call" and _holder(item, found):
            yield _tool_run({"type": "tool_search_call", "arguments": {"paths": [tool["name"] for tool in found]}})
            yield _tool_run({"type": "tool_search_output", "tools": shown_tools(found)})
            found = []
        yield item


def namespace_of(name: str, prompt: Prompt) -> dict[str, str]:
    """Return the namespace of a function that an item has brought."""
    for item in dicts(prompt.body.get("input")):
        if item.get("type") in BRINGS_TOOLS and any(name == tool.get("name") for tool in dicts(item.get("tools"))):
            return {"namespace": name} if is_apart(item["type"], defaults(prompt.model or "")) else {}
    return {}


def _is_offered(prompt: Prompt) -> bool:
    tools = dicts(prompt.body.get("tools"))
    return any(tool.get("type") == "tool_search" and tool.get("execution") != "client" for tool in tools)


def _to_find(items: Sequence[Mapping[str, Any]], prompt: Prompt) -> list[dict[str, Any]]:
    """Return the offered tools that are deferred, called, and in no search's output so far."""
    before = [*dicts(prompt.recalled.get("items")), *dicts(prompt.body.get("input"))]
    outputs = [item for item in before if item.get("type") in BRINGS_TOOLS]
    known = {text(tool.get("name")) for item in outputs for tool in dicts(item.get("tools"))}
    hidden = [tool for tool in dicts(prompt.body.get("tools")) if _is_deferred(tool) and tool.get("name") not in known]
    calls = [item for item in items if item.get("type") == "function_call"]
    return [tool for tool in hidden if any(_holder(call, [tool]) for call in calls)]


def _is_deferred(tool: Mapping[str, Any]) -> bool:
    return any(each.get("defer_loading") is True for each in (tool, *dicts(tool.get("tools"))))


def _holder(call: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a call is of one of the tools, or of one in their namespaces."""
    return any(call.get("name") == each.get("name") for tool in tools for each in (tool, *dicts(tool.get("tools"))))


def _tool_run(item: Mapping[str, Any]) -> dict[str, Any]:
    told = {**item, "call_id": None, "execution": "server"}
    return arranged({"type": item["type"], "status": "completed", **told}, ("type", "status", *sorted(told)))
