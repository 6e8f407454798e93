"""Step 4: tools of MCP servers, which Anthropic's API calls itself.

Shapes: `BetaMCPToolUseBlock` and `BetaMCPToolResultBlock` of the anthropic SDK; four answers of five recorded requests
with a server had a call before the text (pydantic/pydantic-ai, up to October 2026). A later beta has an answer begin
with what each server can do (three recordings of braintrustdata/braintrust-sdk-python, September and October 2026).
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from completions.conversation import Prompt, ToolCall
from completions.tokens.deferred import walk
from completions.wire.fields import as_text, dicts, mapping, text, texts

ANY = "search"
"""The tool of a server that tells of none."""

OUTPUT = "This is a mock result."


BETA = re.compile(r"mcp-client-(\d{4}-\d\d-\d\d)")
LISTS_SINCE = "2026-09-15"
"""The first of those betas whose answers begin with a listing."""


class Server(NamedTuple):
    """A server of a request: the tools that are named, and whether it has no others."""

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
    found = (_server(server, toolsets) for server in dicts(prompt.body.get("mcp_servers")))
    return [server for server in found if server.tools or not server.is_whole]


def _server(server: dict[str, Any], toolsets: dict[str, dict[str, Any]]) -> Server:
    name = text(server.get("name"))
    if (toolset := toolsets.get(name)) is not None:
        return _by_toolset(name, toolset)
    asked = mapping(server.get("tool_configuration"))
    allowed = texts(asked.get("allowed_tools"))
    return Server(name, allowed, bool(allowed) or asked.get("enabled") is False)


def _by_toolset(name: str, toolset: dict[str, Any]) -> Server:
    """Return a server whose tools a toolset lists, or says which of them are enabled."""
    usual = mapping(toolset.get("default_config")).get("enabled") is not False
    configs = {tool: mapping(config).get("enabled", usual) for tool, config in mapping(toolset.get("configs")).items()}
    listed = [text(tool.get("name")) for tool in dicts(toolset.get("tools"))]
    tools = tuple(tool for tool in dict.fromkeys((*listed, *configs)) if configs.get(tool, usual) is not False)
    return Server(name, tools, bool(listed) or not usual)


def listings(prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Yield what an answer tells first: the tools of each server whose listing did not come back to the API."""
    betas = BETA.findall(prompt.headers.get("anthropic-beta") or "")
    if max(betas, default="") < LISTS_SINCE:
        return
    blocks = [block for block in walk(prompt.body.get("messages")) if block.get("type") == "mcp_tool_listing"]
    known = {text(block.get("mcp_server_name")) for block in blocks}
    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    for server in servers(prompt):
        tools = [
            {"name": name, "description": f"The tool {name}", "input_schema": schema} for name in server.tools or (ANY,)
        ]
        if server.name not in known:
            yield {"type": "mcp_tool_listing", "mcp_server_name": server.name, "tools": tools}


def server_of(call: ToolCall, prompt: Prompt) -> str | None:
    """Return the server whose tool a call is for; a tool that nobody names is a server's if the call has a result."""
    if not prompt.body.get("mcp_servers") or any(tool.name == call.name for tool in prompt.tools):
        return None
    offered = servers(prompt)
    named = [server.name for server in offered if call.name in (server.tools or (ANY,))]
    others = [server.name for server in offered if call.result and not server.is_whole]
    return next(iter(named + others), None)


def result(call: ToolCall, identity: str) -> dict[str, Any]:
    """Return the block of what a call came to: a text, or content blocks, or an object with `is_error`."""
    found = orjson.loads(call.result) if call.result else OUTPUT
    given = mapping(found)
    content = given.get("content", "") if "is_error" in given else found
    if not isinstance(content, list):
        content = [{"type": "text", "text": as_text(content)}]
    is_error = given.get("is_error") is True
    return {"type": "mcp_tool_result", "tool_use_id": identity, "is_error": is_error, "content": content}
