"""Step 4: tools of MCP servers, which Anthropic's API calls itself.

Shapes: `BetaMCPToolUseBlock` and `BetaMCPToolResultBlock` of the anthropic SDK; four answers of five recorded requests
with a server had a call before the text (pydantic/pydantic-ai, up to October 2026). With a later beta an answer begins
with the tools of each server (three recordings of braintrustdata/braintrust-sdk-python, September and October 2026).
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from completions.conversation import Prompt, ToolCall
from completions.tokens.deferred import walk
from completions.wire.fields import as_text, dicts, mapping, text, texts

DEFAULT_TOOL = "search"
"""The tool of a server whose tools are not named."""

OUTPUT = "This is a mock result."


BETA = re.compile(r"mcp-client-(\d{4}-\d\d-\d\d)")
LISTS_SINCE = "2026-09-15"
"""The first of those betas whose answers begin with a listing of tools."""


class Server(NamedTuple):
    """A server of a request: its named tools, and whether it has no others."""

    name: str
    tools: tuple[str, ...]
    is_whole: bool


def servers(prompt: Prompt) -> list[Server]:
    """Return the servers whose tools the model may call."""
    toolsets = {
        text(tool.get("mcp_server_name")): tool
        for tool in dicts(prompt.body.get("tools"))
        if tool.get("type") == "mcp_toolset"
    }
    all_servers = (_server(server, toolsets) for server in dicts(prompt.body.get("mcp_servers")))
    return [server for server in all_servers if server.tools or not server.is_whole]


def _server(server: dict[str, Any], toolsets: dict[str, dict[str, Any]]) -> Server:
    name = text(server.get("name"))
    if (toolset := toolsets.get(name)) is not None:
        return _toolset_server(name, toolset)
    configuration = mapping(server.get("tool_configuration"))
    allowed = texts(configuration.get("allowed_tools"))
    return Server(name, allowed, bool(allowed) or configuration.get("enabled") is False)


def _toolset_server(name: str, toolset: dict[str, Any]) -> Server:
    """Return a server whose tools a toolset lists or enables."""
    is_enabled = mapping(toolset.get("default_config")).get("enabled") is not False
    configs = {
        tool: mapping(config).get("enabled", is_enabled) for tool, config in mapping(toolset.get("configs")).items()
    }
    listed = [text(tool.get("name")) for tool in dicts(toolset.get("tools"))]
    tools = tuple(tool for tool in dict.fromkeys((*listed, *configs)) if configs.get(tool, is_enabled) is not False)
    return Server(name, tools, bool(listed) or not is_enabled)


def listings(prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Yield the listings at the start of an answer: those of servers whose listing the request does not have."""
    betas = BETA.findall(prompt.headers.get("anthropic-beta") or "")
    if max(betas, default="") < LISTS_SINCE:
        return
    blocks = [block for block in walk(prompt.body.get("messages")) if block.get("type") == "mcp_tool_listing"]
    known = {text(block.get("mcp_server_name")) for block in blocks}
    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    for server in servers(prompt):
        tools = [
            {"name": name, "description": f"The tool {name}", "input_schema": schema}
            for name in server.tools or (DEFAULT_TOOL,)
        ]
        if server.name not in known:
            yield {"type": "mcp_tool_listing", "mcp_server_name": server.name, "tools": tools}


def server_of(call: ToolCall, prompt: Prompt) -> str | None:
    """Return the server of a call's tool; a call of an unnamed tool is a server's if it has a result."""
    if not prompt.body.get("mcp_servers") or any(tool.name == call.name for tool in prompt.tools):
        return None
    offered = servers(prompt)
    matches = [server.name for server in offered if call.name in (server.tools or (DEFAULT_TOOL,))]
    possible = [server.name for server in offered if call.result and not server.is_whole]
    return next(iter(matches + possible), None)


def result(call: ToolCall, identity: str) -> dict[str, Any]:
    """Return the block of a call's result: a text, content blocks, or an object with `is_error`."""
    value = orjson.loads(call.result) if call.result else OUTPUT
    fields = mapping(value)
    content = fields.get("content", "") if "is_error" in fields else value
    if not isinstance(content, list):
        content = [{"type": "text", "text": as_text(content)}]
    is_error = fields.get("is_error") is True
    return {"type": "mcp_tool_result", "tool_use_id": identity, "is_error": is_error, "content": content}
