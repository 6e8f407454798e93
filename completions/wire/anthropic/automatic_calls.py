"""Step 4: calls of server tools that a model makes automatically if the script has none.

Of 41 recorded answers to a user's message, whose requests offered code, a search or pages, 37 had run it, up to August
2026; the first calls of deferred tools came after a search for them in all of six.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Block, Choice, Prompt, Reply, ToolCall
from completions.wire.anthropic.mcp import DEFAULT_TOOL, servers
from completions.wire.anthropic.server_tools import undiscovered_tools
from completions.wire.content import DEFAULT_CODE, DEFAULT_OUTPUT, DEFAULT_PAGE, only_choice, urls_in
from completions.wire.fields import dicts, mapping, text

FIRST_CODE = "code_execution_20250522"
"""The version of the tool that runs Python; later ones run commands."""

MAX_QUERY = 200
"""The most characters of a search query."""

Tool = dict[str, Any]


class AutomaticCall(ToolCall):
    """A call that is not in the script, so that its tokens are not counted."""


def with_automatic_calls(reply: Reply, prompt: Prompt) -> Reply:
    """Return the reply with the automatic calls, each in its place."""
    choice = only_choice(reply)
    if choice.tool_calls:
        changed = _with_search(choice, prompt)
    elif choice.text and prompt.messages and prompt.messages[-1].role == "user":
        changed = _with_research(choice, prompt)
    else:
        changed = choice
    return reply if changed is choice else replace(reply, choices=(changed, *reply.choices[1:]))


def _with_research(choice: Choice, prompt: Prompt) -> Choice:
    """Return the choice with calls before its text; after a web search, the text cites a page."""
    calls = list(_research(prompt))
    at = next(at for at, block in enumerate(choice.content) if block.kind == "text")
    changed = _with_calls_at(at, calls, choice)
    if choice.annotations or not any(call.name == "web_search" for call in calls):
        return changed
    citation = {**DEFAULT_PAGE, "start_index": 0, "end_index": len(choice.text or "")}
    return replace(changed, annotations=({"type": "url_citation", "url_citation": citation},))


def _research(prompt: Prompt) -> Iterator[ToolCall]:
    """Yield calls of the callable tools: a page in the prompt is fetched, otherwise the web is searched."""
    kinds = [text(tool.get("type")) for tool in _callable(prompt)]
    pages = urls_in(prompt.last_user)
    if pages and _has(kinds, "web_fetch_"):
        yield _call("web_fetch", {"url": pages[0]})
    elif prompt.last_user and _has(kinds, "web_search_"):
        yield _call("web_search", {"query": prompt.last_user[:MAX_QUERY]})
    is_free = mapping(prompt.body.get("tool_choice")).get("type") not in ("none", "tool")
    for server in servers(prompt) if is_free else ():
        yield _call(next(iter(server.tools), DEFAULT_TOOL), {"query": prompt.last_user[:MAX_QUERY]})
    if FIRST_CODE in kinds:
        yield _call("code_execution", {"code": DEFAULT_CODE}, DEFAULT_OUTPUT.strip())
    elif _has(kinds, "code_execution_"):
        yield _call("bash_code_execution", {"command": f"python3 -c '{DEFAULT_CODE}'"}, DEFAULT_OUTPUT)


def _with_search(choice: Choice, prompt: Prompt) -> Choice:
    """Return the choice with a search for tools before the first call of an undiscovered one."""
    search = next((tool for tool in _callable(prompt) if text(tool.get("type")).startswith("tool_search_")), None)
    unseen = undiscovered_tools(prompt) if search else []
    called = [call.name for call in choice.tool_calls if call.name in unseen]
    if search is None or not called:
        return choice
    names = list(dict.fromkeys(called))
    name = text(search.get("name"))
    arguments = {"pattern": "|".join(names)} if name.endswith("_regex") else {"query": " ".join(names)}
    at = next(at for at, block in enumerate(choice.content) if block.call and block.call.name in unseen)
    return _with_calls_at(at, [_call(name, arguments, names)], choice)


def _callable(prompt: Prompt) -> list[Tool]:
    """Return the tools that the model may call: none, the chosen one, or all."""
    choice, tools = mapping(prompt.body.get("tool_choice")), dicts(prompt.body.get("tools"))
    match choice.get("type"):
        case "none":
            return []
        case "tool":
            return [tool for tool in tools if tool.get("name") == choice.get("name")]
    return tools


def _has(kinds: list[str], beginning: str) -> bool:
    return any(kind.startswith(beginning) for kind in kinds)


def _call(name: str, arguments: dict[str, str], result_value: object = None) -> ToolCall:
    result = "" if result_value is None else orjson.dumps(result_value).decode()
    return AutomaticCall(name, orjson.dumps(arguments).decode(), result=result)


def _with_calls_at(at: int, calls: list[ToolCall], choice: Choice) -> Choice:
    """Return the choice with calls before the block at an index."""
    if not calls:
        return choice
    blocks = [*choice.content[:at], *(Block("call", call=call) for call in calls), *choice.content[at:]]
    return replace(choice, blocks=tuple(blocks), tool_calls=tuple(block.call for block in blocks if block.call))
