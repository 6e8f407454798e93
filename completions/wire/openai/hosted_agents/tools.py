"""The tools of agents: what is refused, how they are shown, and which of them the model is offered.

Shapes: `AgentToolParam`, `AgentTool` and `PersistedAgentTool` of the openai SDK 3.57.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.fields import mapping
from completions.wire.openai.hosted_agents.checks import STRINGS, texts_by_name
from completions.wire.validation import (
    TOOL_NAME,
    Check,
    anything,
    array,
    boolean,
    choice,
    nullable,
    obj,
    record,
    string,
    tagged,
)

SHELL = "shell"
"""The function by which the model runs a command in an environment; the real harness does not say its name."""

_HTTP: Mapping[str, Check] = {"type": anything, "server_url": string(low=1), "headers": nullable(texts_by_name)}
_STDIO: Mapping[str, Check] = {
    "type": anything,
    "command": string(low=1),
    "cwd": string(low=1),
    "args": STRINGS,
    "env_vars": STRINGS,
}
_LOCATION = record(dict.fromkeys(("city", "country", "region", "timezone"), nullable(string())))


_KINDS: Mapping[str, tuple[Mapping[str, Check], tuple[str, ...]]] = {
    "function": (
        {"name": TOOL_NAME, "description": string(), "parameters": obj, "defer_loading": boolean, "async": boolean},
        ("name", "description", "parameters"),
    ),
    "tool_search": ({}, ()),
    "programmatic_tool_calling": ({"enabled": boolean}, ()),
    "mcp": (
        {
            "server_label": string(low=1),
            "transport": obj,
            "allowed_tools": STRINGS,
            "connection_origin": nullable(choice("service", "environment")),
            "credential_id": nullable(string()),
            "request_metadata": nullable(obj),
            "required": boolean,
        },
        ("server_label", "transport"),
    ),
    "web_search": (
        {
            "allowed_domains": STRINGS,
            "context_size": nullable(choice("low", "medium", "high")),
            "location": nullable(_LOCATION),
            "mode": nullable(choice("disabled", "cached", "live")),
        },
        (),
    ),
    "computer_use": ({"include_screenshots": boolean}, ()),
    "automations": ({}, ()),
}
"""The tools by their type: their fields, and those that they must have."""


def _tools(http: Mapping[str, Check], stdio: Mapping[str, Check]) -> Check:
    """Check the tools of an agent; these are the fields of the transports of MCP servers."""
    transport = tagged("type", {"http": record(http, ("server_url",)), "stdio": record(stdio, ("command", "cwd"))})
    each = {}
    for kind, (fields, needed) in _KINDS.items():
        own = {"transport": transport} if kind == "mcp" else {}
        each[kind] = record({"type": anything, **fields, **own}, needed)
    return nullable(array(tagged("type", each), "objects"))


SAVED_TOOLS = _tools(_HTTP, _STDIO)
TOOLS = _tools({**_HTTP, "authorization": nullable(string())}, {**_STDIO, "env": nullable(texts_by_name)})
"""The tools of saved agents, which have no secrets, and those of sessions."""

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "function": {"defer_loading": False},
    "programmatic_tool_calling": {"enabled": True},
    "mcp": {
        "allowed_tools": None,
        "connection_origin": "service",
        "credential_id": None,
        "request_metadata": {},
        "required": False,
    },
    "web_search": {"allowed_domains": None, "context_size": "medium", "location": None, "mode": "live"},
    "computer_use": {"include_screenshots": False},
}
_CAN_BE_NULL = ("allowed_tools", "credential_id", "allowed_domains", "location")


def resolved(tools: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Return tools with all of their fields."""
    return [_resolved(tool) for tool in tools or ()]


def _resolved(tool: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in tool.items() if value is not None or key in _CAN_BE_NULL}
    fields = {**_DEFAULTS.get(tool["type"], {}), **given}
    if tool["type"] == "mcp":
        is_http = tool["transport"]["type"] == "http"
        defaults: dict[str, Any] = {"headers": {}} if is_http else {"args": [], "env_vars": []}
        transport = {key: value for key, value in tool["transport"].items() if value is not None}
        fields["transport"] = {**defaults, **transport}
    return fields


def shown(tools: Sequence[Mapping[str, Any]], *, saved: bool) -> list[dict[str, Any]]:
    """Return tools as an agent or, without `saved`, a session shows them: no secrets."""
    hidden = {"authorization", "env"} if saved else {"authorization", "env", "headers"}
    found = []
    for tool in tools:
        if tool["type"] == "tool_search" and not saved:
            continue
        if "transport" in tool:
            transport = {key: value for key, value in tool["transport"].items() if key not in hidden}
            found.append({**tool, "transport": transport})
        else:
            found.append(dict(tool))
    return found


def model_tools(tools: Sequence[Mapping[str, Any]], *, has_environment: bool) -> list[dict[str, Any]]:
    """Return the tools of the request to the Responses API; how the real harness offers its own is unknown."""
    offered = list(_offered(tools))
    if has_environment:
        schema = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
        offered.append(_function(SHELL, "Runs a command in the environment.", schema))
    return offered


def _offered(tools: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for tool in tools:
        match tool["type"]:
            case "function":
                yield _function(tool["name"], tool["description"], tool["parameters"])
            case "mcp":
                for name in tool["allowed_tools"] or ():
                    yield _function(name, f"A tool of {tool['server_label']}.", {"type": "object", "properties": {}})
            case "web_search" if tool["mode"] != "disabled":
                yield {"type": "web_search", "search_context_size": tool["context_size"]}


def _function(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "function", "name": name, "description": description, "parameters": schema, "strict": False}


def server_of(name: str, tools: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the label of the MCP server that has a tool: the first one that allows it by name, or all of its tools.

    None if a function of the application has that name, or no server allows it.
    """
    if any(tool["type"] == "function" and tool["name"] == name for tool in tools):
        return None
    servers = [mapping(tool) for tool in tools if tool["type"] == "mcp"]
    named = [server for server in servers if name in (server["allowed_tools"] or ())]
    found = [*named, *(server for server in servers if server["allowed_tools"] is None)]
    return str(found[0]["server_label"]) if found else None
