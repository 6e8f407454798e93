"""Tools that are not functions: those that the API runs itself, and those with a fixed shape that the client runs.

A script uses them with a tool call of the tool's type (`{name: web_search, arguments: {query: …}}`). By default, the
API's own tools are called once before a text. The client's are offered to scripts like any tool, with a schema for
`auto`. Shapes: `ResponseOutputItem` of the openai SDK.
"""

import re
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

from completions.conversation import Prompt, Tool, ToolCall
from completions.wire.content import DEFAULT_PAGE
from completions.wire.fields import arranged, as_text, by_name, dicts, mapping, text, texts, without_fields
from completions.wire.openai.picture_options import edges_of, encoding_of, picture_of_text
from completions.wire.openai.searching import question, search
from completions.wire.openai.vector_stores import ready_files
from completions.wire.picture_files import packed

ALIASES = {
    "web_search_preview": "web_search",
    "web_search_preview_2025_03_11": "web_search",
    "web_search_2025_08_26": "web_search",
    "computer": "computer_use_preview",
    "computer_use": "computer_use_preview",
}
"""Other type names of tools."""

PICTURE_DEFAULTS = {"background": "opaque", "output_format": "png", "quality": "medium", "size": "1024x1024"}
"""The properties of a picture that the request leaves to the model."""

IN_CONTAINER = ("code_interpreter", "hosted_shell")
"""The API's own tools that run in a container; a shell only if its environment says so."""

API_TOOLS = ("web_search", "file_search", "image_generation", "mcp", *IN_CONTAINER)
PICTURE = re.compile(r"(?i)\b(?:draw|icon|illustrat|image|logo|paint|photo|picture|sketch)")
SEARCH = re.compile(
    r"(?i)\b(?:search|look(?:ing)? (?:up|for)|find out|web|online|internet|site|news|latest|current(?:ly)?|today"
    r"|recent(?:ly)?|weather|price|stock|who|when|https?)\b"
)
TRIGGERS = {"image_generation": PICTURE, "web_search": SEARCH}
"""Words that request a tool. Coding agents offer these in every request next to their own, and rarely use them."""


def _tool(name: str, description: str, **properties: Mapping[str, Any]) -> Tool:
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return Tool(name, description, schema)


def _word(value: str) -> Mapping[str, Any]:
    return {"type": "string", "enum": [value]}


_WORDS = {"type": "array", "items": _word("ls"), "minItems": 1, "maxItems": 1}
_COMPUTER = "Control a computer: take a screenshot, click, type"
_ACTION = {"type": "object", "properties": {"type": _word("screenshot")}, "required": ["type"]}
PATCH = {"type": "create_file", "diff": "+Hello\n", "path": "draft.txt"}
_PATCH = {"type": "object", "properties": {key: _word(value) for key, value in PATCH.items()}, "required": list(PATCH)}
_EXEC = {
    "type": "object",
    "properties": {"type": _word("exec"), "command": _WORDS, "env": {"type": "object", "properties": {}}},
    "required": ["type", "command", "env"],
}

CLIENT_TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        "computer_use_preview": _tool("computer_use_preview", _COMPUTER, action=_ACTION),
        "computer": _tool(
            "computer", _COMPUTER, actions={"type": "array", "items": _ACTION, "minItems": 1, "maxItems": 1}
        ),
        "local_shell": _tool("local_shell", "Run a command in the local shell", action=_EXEC),
        "shell": _tool("shell", "Run commands in a shell", commands=_WORDS),
        "apply_patch": _tool("apply_patch", "Change files by a patch", operation=_PATCH),
    }
)
"""The tools of a fixed shape that the client runs, as scripts see them, by type."""

_CLIENT_ITEMS = {
    "computer_call": ("computer_use_preview", "action"),
    "local_shell_call": ("local_shell", "action"),
    "shell_call": ("shell", "action"),
    "apply_patch_call": ("apply_patch", "operation"),
}


def client_call(item: Mapping[str, Any]) -> ToolCall | None:
    """Return the call for an item of one of the client's tools; None for other items."""
    item_shape = _CLIENT_ITEMS.get(text(item.get("type")))
    if item_shape is None:
        return None
    name, key = item_shape
    if isinstance(item.get("actions"), list):
        name, key = "computer", "actions"
    arguments = {key: item.get(key)} if name != "shell" else item.get("action")
    return ToolCall(name, orjson.dumps(arguments).decode(), text(item.get("call_id")))


def call_of(item: Mapping[str, Any]) -> ToolCall | None:
    """Return the call in a script that makes an item of a tool that is not a function; None for other items."""
    arguments = _api_arguments(item)
    if arguments is None:
        return client_call(item)
    return ToolCall(text(item.get("type")).removesuffix("_call"), orjson.dumps(arguments).decode(), kind="hosted")


def _api_arguments(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the arguments, in a script, of a call of the API's own tools; None for other items."""
    keys: tuple[str, ...]
    match item.get("type"):
        case "web_search_call":
            action = without_fields(mapping(item.get("action")), "sources")
            query = text(action.get("query"))
            is_default = action == {"type": "search", "query": query, "queries": [query]}
            return {"query": query} if is_default else {"query": query, "action": action}
        case "file_search_call":
            keys = ("queries", "results")
        case "code_interpreter_call":
            logs = [text(output.get("logs")) for output in dicts(item.get("outputs"))]
            return {"code": item.get("code"), **({"logs": "".join(logs)} if logs else {})}
        case "image_generation_call":
            keys = ("result",)
        case "mcp_call":
            keys = ("name", "arguments", "output", "error")
        case _:
            return None
    return {key: item[key] for key in keys if item.get(key) is not None}


def kind_of(call: ToolCall, prompt: Prompt) -> str:
    """Return the type of the tool that a call is for: `function`, `custom`, or the type of an offered tool."""
    for tool in dicts(prompt.body.get("tools")):
        kind = text(tool.get("type"))
        if kind in ("function", "custom"):
            if tool.get("name") == call.name:
                return kind
        elif call.name in (kind, ALIASES.get(kind)) or (kind == "mcp" and call.name in _allowed(tool)):
            return canonical(tool)
    return call.kind


def namespace_of(call: ToolCall, prompt: Prompt) -> dict[str, str]:
    """Return the namespace of a called function; a deferred function is in a namespace of its own name."""
    for tool in dicts(prompt.body.get("tools")):
        inner = [text(each.get("name")) for each in dicts(tool.get("tools"))]
        if tool.get("type") == "namespace" and call.name in inner:
            return {"namespace": text(tool.get("name"))}
        if tool.get("name") == call.name and tool.get("defer_loading") is True:
            return {"namespace": call.name}
    return {}


def default_tools(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the API's own tools that are called by default before a text: those that are offered and may be called."""
    choice = prompt.body.get("tool_choice")
    if choice == "none":
        return []
    tools = [tool for tool in dicts(prompt.body.get("tools")) if canonical(tool) in API_TOOLS]
    if isinstance(choice, dict) and choice.get("type") != "allowed_tools":
        return [tool for tool in tools if canonical(tool) == canonical({**tool, "type": choice.get("type")})]
    if prompt.tools:
        not_triggered = [kind for kind, words in TRIGGERS.items() if not words.search(prompt.last_user)]
        return [tool for tool in tools if canonical(tool) not in not_triggered]
    return tools


def canonical(tool: Mapping[str, Any]) -> str:
    """Return the type of a tool, under its usual name."""
    kind = text(tool.get("type"))
    if kind == "shell" and text(mapping(tool.get("environment")).get("type")).startswith("container_"):
        return "hosted_shell"
    return ALIASES.get(kind, kind)


def default_items(
    tool: Mapping[str, Any], prompt: Prompt, include: Sequence[str], known: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the items, without ids, of a tool that is called by default; `known` are the types of items so far."""
    kind = canonical(tool)
    if kind != "mcp":
        return [item(kind, {}, tool, prompt, include)]
    tool_list = [] if "mcp_list_tools" in known else [_tool_list(tool)]
    items = dicts(prompt.body.get("input"))
    approval = next((each for each in items if each.get("type") == "mcp_approval_response"), None)
    call = item("mcp", {"name": _allowed(tool)[0]}, tool, prompt, include)
    if approval is not None:
        answered = call | {"approval_request_id": text(approval.get("approval_request_id"))}
        return [*tool_list, answered] if approval.get("approve") is True else tool_list
    if tool.get("require_approval", "always") == "never":
        return [*tool_list, call]
    request = {key: call[key] for key in ("arguments", "name", "server_label")}
    return [*tool_list, {"type": "mcp_approval_request", **request}]


def _allowed(tool: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a server's tools: the allowed ones, or else one."""
    allowed = tool.get("allowed_tools")
    names = texts(mapping(allowed).get("tool_names") if isinstance(allowed, dict) else allowed)
    return names or ("search",)


def _tool_list(tool: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    tools = [
        {"annotations": {"read_only": False}, "description": f"The tool {name}", "input_schema": schema, "name": name}
        for name in _allowed(tool)
    ]
    return {"type": "mcp_list_tools", "server_label": text(tool.get("server_label")), "tools": tools}


def tool_for(kind: str, prompt: Prompt) -> dict[str, Any]:
    """Return the offered tool of a type."""
    return next((tool for tool in dicts(prompt.body.get("tools")) if canonical(tool) == kind), {})


def item(
    kind: str, values: Mapping[str, Any], tool: Mapping[str, Any], prompt: Prompt, include: Sequence[str]
) -> dict[str, Any]:
    """Return the item, without id, of a call of a tool; `values` has the script's values.

    A file search has its results, also if the request does not include them (`without_results`).
    """
    query = text(values.get("query")) or prompt.last_user[:200]
    match kind:
        case "web_search":
            action: dict[str, Any] = {"type": "search", "queries": [query], "query": query}
            if "web_search_call.action.sources" in include:
                action["sources"] = values.get("sources", [{"type": "url", "url": DEFAULT_PAGE["url"]}])
            return {
                "type": "web_search_call",
                "status": "completed",
                "action": action | dict(mapping(values.get("action"))),
            }
        case "file_search":
            queries = list(texts(values.get("queries"))) or [query]
            results = values["results"] if "results" in values else _found(queries, tool, prompt)
            return {"type": "file_search_call", "status": "completed", "queries": queries, "results": results}
        case "code_interpreter":
            return _interpreted(values, include)
        case "hosted_shell":
            return _for_client("shell", values, tool) | {"output": _shell_output(values)}
        case "image_generation":
            return _drawn(text(values.get("result")), tool, query)
        case "mcp":
            return {
                "type": "mcp_call",
                "status": "completed",
                "approval_request_id": None,
                "arguments": as_text(values.get("arguments", {"query": query})),
                "error": values.get("error"),
                "name": text(values.get("name")) or _allowed(tool)[0],
                "output": text(values.get("output")) or "This is a mock result.",
                "server_label": text(tool.get("server_label")),
            }
    return _for_client(kind, values, tool)


def source(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the source that an answer cites from a search: the web page, or the first file; None for other items."""
    if item["type"] == "web_search_call":
        return {"type": "url_citation", **DEFAULT_PAGE}
    if item["type"] != "file_search_call" or not (results := dicts(item.get("results"))):
        return None
    return {"type": "file_citation", **{key: text(results[0].get(key)) for key in ("file_id", "filename")}}


def without_results(item: dict[str, Any], include: Sequence[str]) -> dict[str, Any]:
    """Return an item without the results of a file search, unless the request includes them."""
    is_hidden = item["type"] == "file_search_call" and "file_search_call.results" not in include
    return {**item, "results": None} if is_hidden else item


def _drawn(picture: str, tool: Mapping[str, Any], query: str) -> dict[str, Any]:
    """Return the item of a picture, with values for `auto`; without a scripted picture it shows the prompt's words."""
    settings = {
        key: value
        for key, value in tool.items()
        if key in PICTURE_DEFAULTS and isinstance(value, str) and value != "auto"
    }
    if not picture:
        encoding, (width, height) = encoding_of(tool), edges_of(tool)
        picture = packed(picture_of_text(query, tool), encoding)
        settings |= {"output_format": encoding.kind, "size": f"{width}x{height}"}
    fields = {**PICTURE_DEFAULTS, **settings, "result": picture, "revised_prompt": query}
    return {"type": "image_generation_call", "status": "completed", **{key: fields[key] for key in sorted(fields)}}


def stores(prompt: Prompt) -> list[str]:
    """Return the ids of the vector stores that `file_search` may search."""
    tools = [tool for tool in dicts(prompt.body.get("tools")) if tool.get("type") == "file_search"]
    return [name for tool in tools for name in texts(tool.get("vector_store_ids"))]


def _found(queries: Sequence[str], tool: Mapping[str, Any], prompt: Prompt) -> list[dict[str, Any]]:
    """Return the results of a search in the vector stores; if none of them exists, a made-up result."""
    records = mapping(prompt.recalled.get("files"))
    if not any(name in records for name in texts(tool.get("vector_store_ids"))):
        store = next(iter(texts(tool.get("vector_store_ids"))), "vs_mock")
        invented = {"file_id": "file-mock", "filename": "mock.txt", "score": 0.9, "text": queries[0], "attributes": {}}
        return [invented | {"vector_store_id": store}]
    stored = {each: name for name in texts(tool.get("vector_store_ids")) for each in records.get(name, {})}
    files = {each: records[name][each] for each, name in stored.items()}
    found = search(ready_files(files, time.time()), question(tool, queries))
    for result in found:  # told since December 2025
        result |= {"text": result.pop("content")[0]["text"], "vector_store_id": stored[result["file_id"]]}
    return [dict(by_name(result)) for result in found]


def result_arguments(kind: str, result: object) -> dict[str, Any]:
    """Return the result of one of the API's own tools as arguments of its call in a script."""
    match kind:
        case "web_search":
            return {"sources": result}
        case "file_search":
            return {"results": result}
    if kind == "hosted_shell":
        return {"output": result}
    return {{"code_interpreter": "logs", "image_generation": "result"}.get(kind, "output"): as_text(result)}


def _interpreted(values: Mapping[str, Any], include: Sequence[str]) -> dict[str, Any]:
    logs = [{"type": "logs", "logs": text(values.get("logs")) or "42\n"}]
    return {
        "type": "code_interpreter_call",
        "status": "completed",
        "code": text(values.get("code")) or "print(6 * 7)",
        "container_id": "",  # set when all items are known
        "outputs": logs if "code_interpreter_call.outputs" in include else None,
    }


def _shell_output(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the output of each command: a text is standard output, a mapping has all parts of the output."""
    output = values.get("output", "Hello\n")
    outputs = [
        {"stdout": each} if isinstance(each, str) else mapping(each)
        for each in (output if isinstance(output, list) else [output])
    ]
    defaults = {"outcome": {"type": "exit", "exit_code": 0}, "stderr": "", "stdout": ""}
    silent = len(list(texts(values.get("commands")))) - len(outputs)
    return [
        defaults | {key: each[key] for key in each.keys() & defaults.keys()} for each in [*outputs, *([{}] * silent)]
    ]


def _for_client(kind: str, values: Mapping[str, Any], tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item of a tool that the client runs, with minimal values for missing ones."""
    match kind:
        case "computer_use_preview":
            action = mapping(values.get("action")) or {"type": "screenshot"}
            if tool.get("type") == "computer":  # recorded in October 2026, of gpt-6-luna
                actions = dicts(values.get("actions")) or [action]
                return {"type": "computer_call", "status": "completed", "actions": actions}
            return {"type": "computer_call", "status": "completed", "action": action, "pending_safety_checks": []}
        case "local_shell":
            action = {"type": "exec", "command": ["ls"], "env": {}} | mapping(values.get("action"))
            return {"type": "local_shell_call", "status": "completed", "action": action}
        case "shell":
            commands = list(texts(values.get("commands"))) or ["ls"]
            action = {"commands": commands, "timeout_ms": None, "max_output_length": None}
            return {"type": "shell_call", "status": "completed", "action": action, "environment": None}
    changes = mapping(values.get("operation"))
    operation = arranged({"type": "delete_file", "path": PATCH["path"]} | changes if changes else PATCH, PATCH)
    return {"type": "apply_patch_call", "status": "completed", "operation": operation}
