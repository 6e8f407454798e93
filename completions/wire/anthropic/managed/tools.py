"""The tools of an agent: custom tools, the agent toolset, and toolsets of MCP servers; and which calls need consent.

Shapes: `BetaManagedAgentsAgentToolset20260401`, `BetaManagedAgentsMCPToolset` and `BetaManagedAgentsCustomTool` of the
anthropic SDK 2.14. Defaults: the guide "Permission policies" (November 2026).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from completions.wire.anthropic.checks import Wrong, array, boolean, choice, integer, record, string, tagged
from completions.wire.anthropic.checks import mapping as any_object
from completions.wire.fields import mapping
from completions.wire.validation import Problem, anything, nullable

TOOLSET, MCP_TOOLSET, CUSTOM = "agent_toolset_20260401", "mcp_toolset", "custom"
MAX_TOOLS, MAX_SERVERS = 256, 20

ALLOW, ASK, AUTO = "always_allow", "always_ask", "auto"


def _object(required: Sequence[str], **kinds: str) -> dict[str, Any]:
    """Return the schema of an object whose properties have these types; in `kinds`, `texts` are a list of strings."""
    types: Mapping[str, dict[str, Any]] = {"integers": {"type": "array", "items": {"type": "integer"}}}
    properties = {name: types.get(kind, {"type": kind}) for name, kind in kinds.items()}
    return {"type": "object", "properties": properties, "required": list(required)}


BUILT_IN: Mapping[str, tuple[str, dict[str, Any]]] = {
    "bash": (
        "Run a command in a persistent shell.",
        _object(["command"], command="string", restart="boolean", timeout_ms="integer"),
    ),
    "edit": (
        "Replace a string in a file.",
        _object(
            ["file_path", "old_string", "new_string"],
            file_path="string",
            old_string="string",
            new_string="string",
            replace_all="boolean",
        ),
    ),
    "read": ("Read a file.", _object(["file_path"], file_path="string", view_range="integers")),
    "write": ("Write a file.", _object(["file_path", "content"], file_path="string", content="string")),
    "glob": ("Find files by a pattern.", _object(["pattern"], pattern="string", path="string")),
    "grep": ("Search files for a regular expression.", _object(["pattern"], pattern="string", path="string")),
    "web_fetch": ("Fetch a page.", _object(["url"], url="string")),
    "web_search": ("Search the web.", _object(["query"], query="string")),
}
"""The tools of the agent toolset: what they do, and their input.

Inputs: the SDK's `BetaManagedAgentsAgentToolset20260401BashInput` and others; the last two are of Claude's own tools.
"""

_POLICY = nullable(tagged({policy: record({"type": string()}) for policy in (ALLOW, ASK, AUTO)}))
_SWITCHES = {"enabled": nullable(boolean), "permission_policy": _POLICY}
_TEXTS = nullable(array(string()))
_TOOL_CONFIG = record(
    {
        "name": choice(*BUILT_IN),
        "type": choice(*BUILT_IN),
        **_SWITCHES,
        "allowed_domains": _TEXTS,
        "blocked_domains": _TEXTS,
        "max_content_tokens": nullable(integer(1)),
        "url_sources": anything,
        "user_location": nullable(any_object),
    },
    ("name",),
)
_SCHEMA = record({"type": choice("object")}, ("type",), open_=True)
_TOOL = tagged(
    {
        TOOLSET: record(
            {"type": string(), "configs": nullable(array(_TOOL_CONFIG)), "default_config": nullable(record(_SWITCHES))}
        ),
        MCP_TOOLSET: record(
            {
                "type": string(),
                "mcp_server_name": string(1, 255),
                "configs": nullable(array(record({"name": string(1, 128), **_SWITCHES}, ("name",)))),
                "default_config": nullable(record(_SWITCHES)),
            },
            ("mcp_server_name",),
        ),
        CUSTOM: record(
            {
                "type": string(),
                "name": string(1, 128, "[a-zA-Z0-9_-]+"),
                "description": string(),
                "input_schema": _SCHEMA,
            },
            ("name", "description", "input_schema"),
        ),
    }
)
TOOLS = nullable(array(_TOOL, MAX_TOOLS))
SERVERS = nullable(
    array(
        record({"type": choice("url"), "name": string(1, 255), "url": string(1)}, ("type", "name", "url")), MAX_SERVERS
    )
)


def tools_problem(tools: Sequence[Mapping[str, Any]], servers: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Return the problem of tools and MCP servers that do not fit together; the words are ours."""
    names = [server["name"] for server in servers]
    referenced = [tool["mcp_server_name"] for tool in tools if tool["type"] == MCP_TOOLSET]
    if twice := next((name for name in names if names.count(name) > 1), None):
        return Wrong(f"MCP server names must be unique, and '{twice}' is not", "mcp_servers")
    if unknown := next((name for name in referenced if name not in names), None):
        return Wrong(f"MCP server '{unknown}' is not defined in `mcp_servers`", "tools")
    if unused := next((name for name in names if name not in referenced), None):
        return Wrong(f"MCP server '{unused}' is not referenced by any `mcp_toolset` in `tools`", "mcp_servers")
    custom = [tool["name"] for tool in tools if tool["type"] == CUSTOM]
    if repeated := next((name for name in custom if custom.count(name) > 1), None):
        return Wrong(f"Tool names must be unique, and '{repeated}' is not", "tools")
    return None


def resolved_tools(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return an agent's tools with all of their fields."""
    return [_resolved(tool) for tool in tools]


def _resolved(tool: Mapping[str, Any]) -> dict[str, Any]:
    if tool["type"] == CUSTOM:
        return dict(tool)
    default = mapping(tool.get("default_config"))
    usual: dict[str, Any] = {
        "enabled": default.get("enabled") is not False,
        "permission_policy": default.get("permission_policy") or {"type": ALLOW if tool["type"] == TOOLSET else ASK},
    }
    configs = [_resolved_config(config, usual) for config in tool.get("configs") or ()]
    if tool["type"] == TOOLSET:
        configs = [{"type": config["name"], **config} for config in configs]
    return {**tool, "configs": configs, "default_config": usual}


def _resolved_config(config: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in config.items() if value is not None}
    return {**usual, **given}


def model_tools(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the tools of a request to the Messages API: all that the agent may call.

    Of an MCP server these are the tools that its toolset configures, for nobody asks the server for others.
    """
    listed: list[dict[str, Any]] = []
    for tool in tools:
        if tool["type"] == CUSTOM:
            listed.append({key: tool[key] for key in ("name", "description", "input_schema")})
        elif tool["type"] == TOOLSET:
            listed += [
                {"name": name, "description": about, "input_schema": schema}
                for name, (about, schema) in BUILT_IN.items()
                if _config(tool, name)["enabled"]
            ]
        else:
            listed += [
                {"name": config["name"], "description": f"A tool of {tool['mcp_server_name']}", "input_schema": _ANY}
                for config in tool["configs"]
                if config["enabled"]
            ]
    return list({tool["name"]: tool for tool in reversed(listed)}.values())[::-1]


_ANY: dict[str, Any] = {"type": "object", "properties": {}}


def _config(toolset: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the configuration of a toolset's tool."""
    found: dict[str, Any] = next(
        (config for config in toolset["configs"] if config["name"] == name), toolset["default_config"]
    )
    return found


class CalledTool(NamedTuple):
    """What a call calls: a `custom` tool, a tool of the agent toolset, or one of an MCP server; and its policy."""

    kind: str
    policy: str = ""
    server: str = ""


def called_tool(name: str, tools: Sequence[Mapping[str, Any]]) -> CalledTool:
    """Return what a call by a name calls; a name that no tool has is one of an MCP server, or else a custom tool."""
    if any(tool["type"] == CUSTOM and tool["name"] == name for tool in tools):
        return CalledTool(CUSTOM)
    toolset = next((tool for tool in tools if tool["type"] == TOOLSET), None)
    if toolset is not None and name in BUILT_IN:
        return CalledTool(TOOLSET, _config(toolset, name)["permission_policy"]["type"])
    of_servers = [tool for tool in tools if tool["type"] == MCP_TOOLSET]
    listed = (tool for tool in of_servers if any(config["name"] == name for config in tool["configs"]))
    server = next(listed, of_servers[0] if of_servers else None)
    if server is None:
        return CalledTool(CUSTOM)
    return CalledTool(MCP_TOOLSET, _config(server, name)["permission_policy"]["type"], server["mcp_server_name"])
