"""OpenRouter's plugins that show in an answer: compression of the prompt, and a search of the web, also as a tool.

Sources: `ContextCompressionPlugin`, `WebSearchPlugin` and `ChatRequest` of the SDK `openrouter` 1.3; a search by the
tool that was recorded in August 2026. A model's name with `:online` stands for the plugin `web`.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from completions.conversation import Choice, Prompt, Reply
from completions.wire.content import DEFAULT_PAGE
from completions.wire.fields import dicts, text, texts

ONLINE, SEARCH_TOOL = ":online", "openrouter:web_search"

SEARCHES = ("web_search_requests", "tool_calls_requested", "tool_calls_executed")
"""The counts in the usage of an answer for which a tool has searched: one each."""

PAGE: Mapping[str, Any] = {**DEFAULT_PAGE, "start_index": 0, "end_index": 0, "content": DEFAULT_PAGE["title"]}
"""The page that is found; it is not cited at a place of the text."""


class Searcher(Protocol):
    """A dialect whose answers can be of a search."""

    searches: bool


D = TypeVar("D", bound=Searcher)


def _plugins(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the plugins of a request that are not turned off."""
    yield from (text(plugin.get("id")) for plugin in dicts(body.get("plugins")) if plugin.get("enabled") is not False)


def compresses(body: Mapping[str, Any]) -> bool:
    """Tell whether the middle of a long prompt is cut: by a plugin, or by the older `transforms`."""
    return "context-compression" in _plugins(body) or "middle-out" in texts(body.get("transforms"))


def searching(dialect: D, prompt: Prompt) -> D:
    """Return the dialect for a prompt, with a search if it asks for one: once for each request, not as a tool."""
    is_online, body = (prompt.model or "").endswith(ONLINE), prompt.body
    if not (is_online or ("plugins" in body and "web" in _plugins(body)) or ("tools" in body and _has_tool(body))):
        return dialect
    dialect = copy.copy(dialect)
    dialect.searches = True
    return dialect


def _has_tool(body: Mapping[str, Any]) -> bool:
    return any(tool.get("type") == SEARCH_TOOL for tool in dicts(body.get("tools")))


def tool_use(prompt: Prompt, searches: bool) -> dict[str, Any]:
    """Return the fields of a usage that tell of the search by a tool."""
    return {"server_tool_use_details": dict.fromkeys(SEARCHES, 1)} if searches and _has_tool(prompt.body) else {}


def with_page(reply: Reply) -> Reply:
    """Return a reply whose texts cite the page that was found, unless a script has their sources."""
    return replace(reply, choices=tuple(map(_with_page, reply.choices)))


def _with_page(choice: Choice) -> Choice:
    if choice.annotations or not choice.text:
        return choice
    return replace(choice, annotations=({"type": "url_citation", "url_citation": PAGE},))
