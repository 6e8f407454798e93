"""What betas bring, and what the API's own tools are given: other types are refused, the SDK's are taken."""

from typing import Any

import pytest

from completions.exceptions import RequestError
from completions.wire.anthropic.rules import validate

USER = {"role": "user", "content": "Hi"}
BODY: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [USER]}
BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "mcp-client-2025-04-04"}
SERVER = {"type": "url", "name": "docs", "url": "https://mcp.example"}
EDIT = {"type": "clear_tool_uses_20250919"}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
USED = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}


def left(**more: Any) -> dict[str, Any]:
    """Return the messages of a conversation in which a tool of the API's own was used."""
    return {"messages": [USER, {"role": "assistant", "content": [USED | more]}, USER]}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mcp_servers": SERVER}, "mcp_servers: Input should be a valid list"),
        ({"mcp_servers": ["docs"]}, "mcp_servers.0: Input should be an object"),
        ({"mcp_servers": [SERVER | {"url": 5}]}, "mcp_servers.0.url: Input should be a valid string"),
        ({"mcp_servers": [{"type": "url", "name": "docs"}]}, "mcp_servers.0.url: Field required"),
        (
            {"mcp_servers": [SERVER | {"tool_configuration": {"enabled": "yes"}}]},
            "mcp_servers.0.tool_configuration.enabled: Input should be a valid boolean",
        ),
        ({"context_management": []}, "context_management: Input should be an object"),
        ({"context_management": {"edits": {}}}, "context_management.edits: Input should be a valid list"),
        (
            {"context_management": {"edits": [EDIT | {"exclude_tools": "a"}]}},
            "context_management.edits.0.clear_tool_uses_20250919.exclude_tools: Input should be a valid list",
        ),
        ({"container": 5}, "container: Input should be an object"),
        ({"container": {"skills": [{"skill_id": "pdf"}]}}, "container.skills.0.type: Field required"),
        (
            {"output_config": {"task_budget": {"type": "tokens", "total": "9"}}},
            "output_config.task_budget.total: Input should be a valid integer",
        ),
        (
            {"tools": [SEARCH | {"max_uses": "3"}]},
            "tools.0.web_search_20250305.max_uses: Input should be a valid integer",
        ),
        ({"tools": [SEARCH | {"name": []}]}, "tools.0.web_search_20250305.name: Input should be a valid string"),
        (
            {"tools": [SEARCH | {"allowed_domains": [5]}]},
            "tools.0.web_search_20250305.allowed_domains.0: Input should be a valid string",
        ),
        (left(input="a"), "messages.1.content.0.server_tool_use.input: Input should be a valid dictionary"),
        (left(id=5), "messages.1.content.0.server_tool_use.id: Input should be a valid string"),
    ],
    ids=repr,
)
def test_beta__is_refused_where_a_field_has_another_type(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as refused:
        validate(BODY | fields, BETA)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "fields",
    [
        {"mcp_servers": [SERVER | {"tool_configuration": {"enabled": True, "allowed_tools": None}}]},
        {"context_management": {"edits": [EDIT | {"keep": {"type": "tool_uses", "value": 3}}]}},
        {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}},
        {"container": "container_1"},
        {"container": {"skills": [{"type": "anthropic", "skill_id": "pdf", "version": "latest"}]}},
        {"output_config": {"task_budget": {"type": "tokens", "total": 9, "remaining": None}}},
        {"tools": [SEARCH | {"max_uses": 3, "blocked_domains": ["a.example"], "user_location": None}]},
        {"tools": [{"type": "mcp_toolset", "mcp_server_name": "docs", "default_config": {"enabled": False}}]},
        left(),
    ],
    ids=repr,
)
def test_beta__is_taken_as_the_sdk_sends_it(fields: dict[str, Any]) -> None:
    validate(BODY | fields, BETA)
