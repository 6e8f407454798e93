"""Step 2 for Anthropic's Messages API: the pairs of calls and results, of the client's tools and of server tools.

The words are the API's, as its users quote them up to October 2026, and as Anthropic's page "Stop reasons" has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.fields import contents, dicts, mapping, text
from completions.wire.validation import Problem

RESULT_TYPES: Mapping[str, str] = {
    **{name: f"{name}_tool_result" for name in ("web_search", "web_fetch", "code_execution", "advisor")},
    **{name: f"{name}_tool_result" for name in ("bash_code_execution", "text_editor_code_execution")},
    **dict.fromkeys(("tool_search_tool_regex", "tool_search_tool_bm25"), "tool_search_tool_result"),
}
"""The types of blocks with results of server tools, by the tool's name."""


def pairing_problem(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a call without a result in the next turn, or of a result without a call."""
    problem = _client_tool_problem(conversation) or _uncalled_result(conversation)
    return (problem and problem.under("messages")) or _call_without_result(conversation)


def _client_tool_problem(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    calls: dict[str, int] = {}
    answered: set[str] = set()
    role, is_after_content = "", False
    for index, message in enumerate(conversation):
        if message["role"] == "assistant" and role != "assistant":
            if (problem := _missing_results(calls, answered)) is not None:
                return problem
            calls, answered, is_after_content = {}, set(), False
        role, content = message["role"], message.get("content")
        is_after_content = is_after_content or (role == "user" and isinstance(content, str))
        for place, block in enumerate(dicts(content)):
            if block["type"] == "tool_use":
                if block["id"] in calls:
                    return Wrong("`tool_use` ids must be unique", f"[{index}].content[{place}]")
                calls[block["id"]] = index
            elif block["type"] == "tool_result":
                if problem := _result_problem(block["tool_use_id"], calls if role != "assistant" else {}, answered):
                    return problem.under(f"[{index}].content[{place}]")
                if is_after_content:  # results after other content are not checked
                    return _missing_results(calls, answered)
                answered.add(block["tool_use_id"])
            else:
                is_after_content = is_after_content or role == "user"
    return _missing_results(calls, answered)


def _result_problem(call: str, calls: Mapping[str, int], answered: set[str]) -> Problem | None:
    if call in answered:
        return Wrong(f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {call}")
    if call in calls:
        return None
    rule = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    return Wrong(f"unexpected `tool_use_id` found in `tool_result` blocks: {call}. {rule}")


def _missing_results(calls: dict[str, int], answered: set[str]) -> Problem | None:
    """Return the problem of calls without a result, in the order of their ids (recorded in October 2026)."""
    missing = sorted(call for call in calls if call not in answered)
    if not missing:
        return None
    rule = "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    message = "`tool_use` ids were found without `tool_result` blocks immediately after"
    return Wrong(f"{message}: {', '.join(missing)}. {rule}", f"[{calls[missing[0]]}]")


def _uncalled_result(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a server tool's result without a call."""
    called: set[object] = set()
    for index, message in enumerate(conversation):
        for place, block in enumerate(dicts(message.get("content"))):
            kind, call = block["type"], block.get("tool_use_id")
            if kind == "server_tool_use":
                called.add(block.get("id"))
            elif kind in RESULT_TYPES.values() and call not in called:
                rule = f"Each `{kind}` block must have a corresponding `server_tool_use` block before it."
                message_text = f"unexpected `tool_use_id` found in `{kind}` blocks: {call}. {rule}"
                return Wrong(message_text, f"[{index}].content[{place}]")
    return None


def _call_without_result(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a server tool's call without a result although its turn is over."""
    done = {block.get("tool_use_id") for block in contents(conversation) if block["type"] in RESULT_TYPES.values()}
    for block in contents(conversation[: _last_user_turn(conversation)]):
        if block["type"] != "server_tool_use" or block.get("id") in done:
            continue
        if (name := text(block.get("name"))) in RESULT_TYPES:
            message = f"`{name}` tool use with id `{block.get('id')}` was found without a corresponding"
            return Wrong(f"{message} `{RESULT_TYPES[name]}` block")
    return None


def _last_user_turn(conversation: Sequence[dict[str, Any]]) -> int:
    """Return the index of the user's last message, apart from tools' results."""
    for index in range(len(conversation) - 1, -1, -1):
        content = conversation[index].get("content")
        results = isinstance(content, list) and all(block["type"] == "tool_result" for block in dicts(content))
        if conversation[index]["role"] == "user" and not results:
            return index
    return 0


def missing_tool_problem(
    conversation: Sequence[dict[str, Any]], offered: Sequence[Mapping[str, Any]]
) -> Problem | None:
    """Return the problem of a tool that an earlier search found, or of a call's code, that is missing now.

    Recorded in October 2026. The tools in a toolset are not known here.
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
        for name in () if is_open else _referenced_tools(block):
            if name not in names:
                return Wrong(f"Tool reference '{name}' not found in available tools")
    return None


def _referenced_tools(block: Mapping[str, Any]) -> Iterator[str]:
    """Return the names of the tools that a search found, by the API's search or the client's."""
    content = block.get("content") if block["type"] in ("tool_search_tool_result", "tool_result") else None
    references = dicts(content.get("tool_references")) if isinstance(content, dict) else dicts(content)
    return (text(each.get("tool_name")) for each in references if each.get("type") == "tool_reference")


CODE_TOOL_TYPES = ("code_execution_", "web_fetch_2026", "web_search_2026")
"""The prefixes of the types of tools that run code: web tools filter their results with it since February 2026."""


def container_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of a container without tools that run code, or of resumed code without a container.

    The words on skills are quoted from March to August 2026, also of an empty object.
    """
    container = body.get("container")
    identifier = container.get("id") if isinstance(container, dict) else container
    if not any(text(tool.get("type")).startswith(CODE_TOOL_TYPES) for tool in body.get("tools") or []):
        if identifier is not None:
            return Wrong("Container identifier can only be provided when using the code execution tool", "container")
        if container == {} or mapping(container).get("skills"):
            return Wrong("skills can only be used when a code execution tool is enabled", "container")
    last = body["messages"][-1]
    if container is not None or last["role"] != "user" or not isinstance(last["content"], list):
        return None
    blocks = contents(body["messages"])
    done = {block.get("tool_use_id") for block in blocks if block["type"] in RESULT_TYPES.values()}
    answered = {block["tool_use_id"] for block in last["content"] if block["type"] == "tool_result"}
    for block in blocks:
        source = mapping(block.get("caller")).get("tool_id") if block["type"] == "tool_use" else None
        if source is not None and source not in done and block["id"] in answered:
            return Wrong(
                "container_id is required when there are pending tool uses generated by code execution with tools."
            )
    return None
