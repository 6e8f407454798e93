"""Step 2 for Anthropic's Messages API: calls and their results, of the client's tools and of those that the API runs.

The words are the API's, as its users quote them up to October 2026, and as Anthropic's page "Stop reasons" has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.fields import contents, dicts, mapping, text
from completions.wire.validation import Problem

RESULTS: Mapping[str, str] = {
    **{name: f"{name}_tool_result" for name in ("web_search", "web_fetch", "code_execution", "advisor")},
    **{name: f"{name}_tool_result" for name in ("bash_code_execution", "text_editor_code_execution")},
    **dict.fromkeys(("tool_search_tool_regex", "tool_search_tool_bm25"), "tool_search_tool_result"),
}
"""The blocks in which the API's own tools answer, by the tool's name."""


def unmatched(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a call without its result in the next turn, or of a result without its call."""
    problem = _unmatched(conversation) or _unrun(conversation)
    return (problem and problem.under("messages")) or _unfinished(conversation)


def _unmatched(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    asked: dict[str, int] = {}
    answered: set[str] = set()
    role, late = "", False
    for index, message in enumerate(conversation):
        if message["role"] == "assistant" and role != "assistant":
            if (problem := _unanswered(asked, answered)) is not None:
                return problem
            asked, answered, late = {}, set(), False
        role, content = message["role"], message.get("content")
        late = late or (role == "user" and isinstance(content, str))
        for place, block in enumerate(dicts(content)):
            if block["type"] == "tool_use":
                if block["id"] in asked:
                    return Wrong("`tool_use` ids must be unique", f"[{index}].content[{place}]")
                asked[block["id"]] = index
            elif block["type"] == "tool_result":
                if problem := _misplaced(block["tool_use_id"], asked if role != "assistant" else {}, answered):
                    return problem.under(f"[{index}].content[{place}]")
                if late:  # what stands behind other content is not looked at
                    return _unanswered(asked, answered)
                answered.add(block["tool_use_id"])
            else:
                late = late or role == "user"
    return _unanswered(asked, answered)


def _misplaced(call: str, asked: Mapping[str, int], answered: set[str]) -> Problem | None:
    if call in answered:
        return Wrong(f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {call}")
    if call in asked:
        return None
    rule = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    return Wrong(f"unexpected `tool_use_id` found in `tool_result` blocks: {call}. {rule}")


def _unanswered(asked: dict[str, int], answered: set[str]) -> Problem | None:
    """Return the calls that have no result, in the order of their ids (recorded in October 2026)."""
    left = sorted(call for call in asked if call not in answered)
    if not left:
        return None
    rule = "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    found = "`tool_use` ids were found without `tool_result` blocks immediately after"
    return Wrong(f"{found}: {', '.join(left)}. {rule}", f"[{asked[left[0]]}]")


def _unrun(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the result of one of the API's tools that nothing called."""
    called: set[object] = set()
    for index, message in enumerate(conversation):
        for place, block in enumerate(dicts(message.get("content"))):
            kind, call = block["type"], block.get("tool_use_id")
            if kind == "server_tool_use":
                called.add(block.get("id"))
            elif kind in RESULTS.values() and call not in called:
                rule = f"Each `{kind}` block must have a corresponding `server_tool_use` block before it."
                said = f"unexpected `tool_use_id` found in `{kind}` blocks: {call}. {rule}"
                return Wrong(said, f"[{index}].content[{place}]")
    return None


def _unfinished(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return a call of one of the API's tools that has no result although its turn is over: the user has spoken."""
    done = {block.get("tool_use_id") for block in contents(conversation) if block["type"] in RESULTS.values()}
    for block in contents(conversation[: _spoke_last(conversation)]):
        if block["type"] != "server_tool_use" or block.get("id") in done:
            continue
        if (name := text(block.get("name"))) in RESULTS:
            said = f"`{name}` tool use with id `{block.get('id')}` was found without a corresponding"
            return Wrong(f"{said} `{RESULTS[name]}` block")
    return None


def _spoke_last(conversation: Sequence[dict[str, Any]]) -> int:
    """Return where the user spoke last, and not only with tools' results."""
    for index in range(len(conversation) - 1, -1, -1):
        content = conversation[index].get("content")
        results = isinstance(content, list) and all(block["type"] == "tool_result" for block in dicts(content))
        if conversation[index]["role"] == "user" and not results:
            return index
    return 0


def unfound(conversation: Sequence[dict[str, Any]], offered: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Return a tool that an earlier search found, or a call's code that ran before, and that is no longer there.

    Recorded in October 2026. What is in a toolset is not known here.
    """
    blocks = contents(conversation)
    offered = [*offered, *(mapping(mapping(block.get("tool")).get("definition")) for block in blocks)]
    names = {text(tool.get("name")) for tool in offered} - {""}
    is_open = any("toolset" in str(tool.get("type")) for tool in offered)
    ran: set[object] = set()
    for block in blocks:
        if block["type"] == "server_tool_use":
            ran.add(block.get("id"))
        source = mapping(block.get("caller")).get("tool_id") if block["type"] == "tool_use" else None
        if source is not None and source not in ran:
            return Wrong(f"source tool `{source}` not found for tool use block `{block['id']}`")
        for name in () if is_open else _referred(block):
            if name not in names:
                return Wrong(f"Tool reference '{name}' not found in available tools")
    return None


def _referred(block: Mapping[str, Any]) -> Iterator[str]:
    """Return the names of the tools that a search found, the API's own or the client's."""
    told = block.get("content") if block["type"] in ("tool_search_tool_result", "tool_result") else None
    found = dicts(told.get("tool_references")) if isinstance(told, dict) else dicts(told)
    return (text(each.get("tool_name")) for each in found if each.get("type") == "tool_reference")


RUNNING = ("code_execution_", "web_fetch_2026", "web_search_2026")
"""How the types of the tools begin that run code: searches sort what they find by it, since February 2026."""


def uncontained(body: Mapping[str, Any]) -> Problem | None:
    """Return that a request has a container without tools that run code, or resumes code and names none.

    The words on skills are quoted from March to August 2026, also of an empty object.
    """
    container = body.get("container")
    named = container.get("id") if isinstance(container, dict) else container
    if not any(text(tool.get("type")).startswith(RUNNING) for tool in body.get("tools") or []):
        if named is not None:
            return Wrong("Container identifier can only be provided when using the code execution tool", "container")
        if container == {} or mapping(container).get("skills"):
            return Wrong("skills can only be used when a code execution tool is enabled", "container")
    last = body["messages"][-1]
    if container is not None or last["role"] != "user" or not isinstance(last["content"], list):
        return None
    blocks = contents(body["messages"])
    done = {block.get("tool_use_id") for block in blocks if block["type"] in RESULTS.values()}
    answered = {block["tool_use_id"] for block in last["content"] if block["type"] == "tool_result"}
    for block in blocks:
        source = mapping(block.get("caller")).get("tool_id") if block["type"] == "tool_use" else None
        if source is not None and source not in done and block["id"] in answered:
            return Wrong(
                "container_id is required when there are pending tool uses generated by code execution with tools."
            )
    return None
