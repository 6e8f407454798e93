"""What betas bring, and what the API's own tools are given: other types are refused, the SDK's are taken."""

from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.anthropic.rules import validate

USER = {"role": "user", "content": "Hi"}
BODY: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [USER]}
BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "mcp-client-2025-04-04, context-management-2025-06-27"}
SERVER = {"type": "url", "name": "docs", "url": "https://mcp.example"}
EDIT = {"type": "clear_tool_uses_20250919"}
RUNS = {"type": "code_execution_20250825", "name": "code_execution"}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CLEARED = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
USED = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}


def left(*then: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the messages of a conversation in which a tool of the API's own was used."""
    return {"messages": [USER, {"role": "assistant", "content": [USED | more, *then]}, USER]}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mcp_servers": SERVER}, "mcp_servers: Input should be a valid array"),
        ({"mcp_servers": ["docs"]}, "mcp_servers.0: Input should be an object"),
        ({"mcp_servers": [SERVER | {"url": 5}]}, "mcp_servers.0.url: Input should be a valid string"),
        ({"mcp_servers": [{"type": "url", "name": "docs"}]}, "mcp_servers.0.url: Field required"),
        (
            {"mcp_servers": [SERVER | {"tool_configuration": {"enabled": "yes"}}]},
            "mcp_servers.0.tool_configuration.enabled: Input should be a valid boolean",
        ),
        ({"context_management": []}, "context_management: Input should be an object"),
        ({"context_management": {"edits": {}}}, "context_management.edits: Input should be a valid array"),
        (
            {"context_management": {"edits": [EDIT | {"exclude_tools": "a"}]}},
            "context_management.edits.0.clear_tool_uses_20250919.exclude_tools: Input should be a valid array",
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
        (left(input="a"), "messages.1.content.0.server_tool_use.input: Input should be an object"),
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
        {"context_management": CLEARED, "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
        {"context_management": CLEARED, "model": "claude-opus-5-5"},
        {"container": "container_1", "tools": [RUNS]},
        {"container": {"skills": [{"type": "anthropic", "skill_id": "pdf", "version": "latest"}]}, "tools": [RUNS]},
        {"output_config": {"task_budget": {"type": "tokens", "total": 9, "remaining": None}}},
        {"tools": [SEARCH | {"max_uses": 3, "blocked_domains": ["a.example"], "user_location": None}]},
        {"tools": [{"type": "mcp_toolset", "mcp_server_name": "docs", "default_config": {"enabled": False}}]},
        {"messages": left()["messages"][:2]},
        left(FOUND),
    ],
    ids=repr,
)
def test_beta__is_taken_as_the_sdk_sends_it(fields: dict[str, Any]) -> None:
    validate(BODY | fields, BETA)


FALLS = BETA | {"anthropic-beta": "server-side-fallback-2026-07-01"}
CURRENT = {"anthropic-version": "2023-06-01", "anthropic-beta": "mcp-client-2025-11-20"}


@pytest.mark.parametrize(
    ("fields", "headers", "message"),
    [
        ({}, BETA | {"anthropic-beta": "files-api-2025-04-14, mine"}, "Unexpected value(s) `mine` for the"),
        ({"mcp_servers": [SERVER]}, CURRENT, "MCP server 'docs' is defined but not referenced by any `mcp_toolset`"),
        ({"mcp_servers": [SERVER]}, FALLS, "mcp_servers: Extra inputs are not permitted"),
        ({"context_management": CLEARED}, BETA, "`clear_thinking_20251015` strategy requires `thinking` to be enabled"),
        ({"context_management": CLEARED}, CURRENT, "context_management: Extra inputs are not permitted"),
        ({"fallbacks": [{"max_tokens": 9}]}, FALLS, "fallbacks.0.model: Field required"),
        ({"fallbacks": [{"model": "m", "system": "a"}]}, FALLS, "fallbacks.0.system: Extra inputs are not permitted"),
    ],
    ids=repr,
)
def test_beta__is_refused_where_it_is_not_asked_for(fields: dict[str, Any], headers: Any, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        validate(BODY | fields, headers, beta=True)
    assert refused.value.message.startswith(message)


def test_beta__is_any_where_the_address_alone_asks() -> None:
    validate(BODY | {"mcp_servers": [SERVER]}, {"anthropic-version": "2023-06-01"}, beta=True)
    with pytest.raises(RequestError, match="mcp_servers: Extra inputs are not permitted"):
        validate(BODY | {"mcp_servers": [SERVER]}, {"anthropic-version": "2023-06-01"})


def test_beta__offers_the_tools_of_its_servers() -> None:
    offered = {"mcp_servers": [SERVER], "tools": [{"type": "mcp_toolset", "mcp_server_name": "docs"}]}
    validate(BODY | offered, CURRENT)


@pytest.mark.parametrize("named", ["default", None, [{"model": "claude-opus-4-8", "thinking": {"type": "adaptive"}}]])
def test_beta__falls_back_on_models(named: Any) -> None:
    validate(BODY | {"fallbacks": named}, FALLS)


LOOK = {"name": "look", "description": "Look.", "input_schema": {"type": "object", "properties": {}}}
TELL = {**LOOK, "name": "tell"}


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ([], ["look"]),
        ([("tool_addition", {"type": "tool_definition", "definition": TELL})], ["look", "tell"]),
        ([("tool_removal", {"type": "tool_reference", "name": "look"})], []),
        (
            [
                ("tool_addition", {"type": "tool_definition", "definition": TELL}),
                ("tool_removal", {"type": "tool_reference", "name": "tell"}),
            ],
            ["look"],
        ),
        (
            [
                ("tool_removal", {"type": "tool_reference", "name": "look"}),
                ("tool_addition", {"type": "tool_reference", "name": "look"}),
            ],
            ["look"],
        ),
    ],
)
def test_tools__are_those_that_the_messages_leave(changes: list[Any], offered: list[str]) -> None:
    blocks = [{"type": kind, "tool": tool} for kind, tool in changes] or [{"type": "text", "text": "Go on."}]
    messages = [{"role": "user", "content": "Hello"}, {"role": "system", "content": blocks}]
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": messages, "tools": [LOOK]}
    prompt = AnthropicMessages().parse(orjson.dumps(body), {}, validate=False)
    assert [tool.name for tool in prompt.tools] == offered
