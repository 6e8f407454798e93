"""OpenRouter's plugins that show in an answer: compression of the prompt, and a search of the web.

Source: `ContextCompressionPlugin`, `WebSearchPlugin` and `ChatRequest` of the SDK `openrouter` 1.3; a model's name with
`:online` stands for the plugin `web`.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from completions.conversation import Choice, Prompt, Reply
from completions.wire.content import DEFAULT_PAGE
from completions.wire.fields import dicts, text, texts

ONLINE = ":online"


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
    if not ((prompt.model or "").endswith(ONLINE) or ("plugins" in prompt.body and "web" in _plugins(prompt.body))):
        return dialect
    dialect = copy.copy(dialect)
    dialect.searches = True
    return dialect


def with_page(reply: Reply) -> Reply:
    """Return a reply whose texts cite the page that was found, unless a script has their sources."""
    return replace(reply, choices=tuple(map(_with_page, reply.choices)))


def _with_page(choice: Choice) -> Choice:
    if choice.annotations or not choice.text:
        return choice
    citation = {**DEFAULT_PAGE, "start_index": 0, "end_index": len(choice.text)}
    return replace(choice, annotations=({"type": "url_citation", "url_citation": citation},))
