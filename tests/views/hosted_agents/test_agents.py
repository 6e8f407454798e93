"""Agents: they are made, changed, listed and removed; and the addresses that Anthropic has too."""

from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.views.hosted_agents.conftest import NONE, WEATHER, Desk

BETA = {"OpenAI-Beta": "agents=v1"}


def test_agent__has_the_fields_of_a_recorded_one(client: Any) -> None:
    agent = client.beta.agents.create(model="gpt-6-luna", instructions="Be brief.", metadata={"created_by": "probe"})
    document = agent.to_dict()
    assert (document.pop("id")[:6], document.pop("created_at") == document.pop("updated_at")) == ("agent_", True)
    assert document == {
        "object": "agent",
        "name": None,
        "metadata": {"created_by": "probe"},
        "model": "gpt-6-luna",
        "reasoning": {"effort": "medium", "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "service_tier": "auto",
        "instructions": "Be brief.",
        "tools": [],
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
        "compaction": {"async": False},
        "experimental": {"time_awareness": False},
    }


def test_agent__is_changed_listed_and_removed(client: Any) -> None:
    agents = client.beta.agents
    first, second = agents.create(model="gpt-6-luna", name="One", tools=[WEATHER]), agents.create(model="gpt-6-luna")
    changed = agents.update(first.id, name=None, reasoning={"effort": "high"}, metadata={"a": "b"})
    assert (changed.name, changed.reasoning.effort, changed.metadata) == (None, "high", {"a": "b"})
    assert changed.tools[0].to_dict() == {**WEATHER, "defer_loading": False}
    assert agents.update(first.id, tools=None, multi_agent={"enabled": True}).tools == []
    assert agents.retrieve(first.id).multi_agent.max_concurrent_subagents == 6
    assert [agent.id for agent in agents.list()] == [second.id, first.id]
    assert [agent.id for agent in agents.list(limit=1, order="asc")] == [first.id, second.id]
    assert agents.delete(first.id).to_dict() == {"id": first.id, "object": "agent.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError) as caught:
        agents.retrieve(first.id)
    assert caught.value.code == "not_found_error"


def test_agent__tools_hide_their_secrets(client: Any) -> None:
    http: Any = {"type": "http", "server_url": "https://mcp.example", "authorization": "secret", "headers": {"a": "b"}}
    stdio: Any = {"type": "stdio", "command": "run", "cwd": "/workspace", "env": {"KEY": "secret"}}
    tools: Any = [
        {"type": "mcp", "server_label": "one", "transport": http},
        {"type": "mcp", "server_label": "two", "transport": stdio},
        {"type": "tool_search"},
        {"type": "web_search", "mode": "cached"},
    ]
    shown = [tool.to_dict() for tool in Desk(client, tools=tools).session.agent.tools]
    assert [tool["type"] for tool in shown] == ["mcp", "mcp", "web_search"]
    assert shown[0]["transport"] == {"type": "http", "server_url": "https://mcp.example"}
    assert shown[1]["transport"] == {"type": "stdio", "command": "run", "cwd": "/workspace", "args": [], "env_vars": []}
    with pytest.raises(openai.BadRequestError) as caught:
        client.beta.agents.create(model="gpt-6-luna", tools=tools[:1])
    assert caught.value.param == "tools[0].transport.authorization"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model"),
        ({"model": 1}, "model"),
        ({"model": "m", "color": "red"}, "color"),
        ({"model": "m", "metadata": {"a": 1}}, "metadata.a"),
        ({"model": "m", "service_tier": "slow"}, "service_tier"),
        ({"model": "m", "tools": [{"type": "function", "name": "f", "parameters": {}}]}, "tools[0].description"),
        ({"model": "m", "tools": [{"type": "hammer"}]}, "tools[0].type"),
        ({"model": "m", "multi_agent": {}}, "multi_agent.enabled"),
    ],
)
def test_agent__refuses_what_is_wrong(url: str, body: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{url}/v1/agents", json=body, headers=BETA)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, "invalid_request_error")


@pytest.mark.parametrize("headers", [{}, {"OpenAI-Beta": "assistants=v2"}])
def test_beta__is_asked_for(url: str, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{url}/v1/agents/sessions", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_beta")


def test_rule__names_and_refuses(client: Any) -> None:
    assert client.beta.agents.create(model="m", metadata={"id": "chosen"}).id == "chosen_id"
    with pytest.raises(openai.PermissionDeniedError, match=r"None today\."):
        client.beta.agents.create(model="m", metadata={"id": "refused"})
    with pytest.raises(openai.PermissionDeniedError):
        client.beta.agents.sessions.create(
            agent_id="chosen_id", environment=NONE, input="Hi", metadata={"id": "refused"}
        )


def test_addresses__are_shared_with_anthropic(url: str, client: Any) -> None:
    with anthropic.Anthropic(base_url=url, api_key="any", max_retries=0) as claude:
        managed = claude.beta.agents.create(name="Claude's", model="claude-opus-5-5")
        hosted = client.beta.agents.create(model="gpt-6-luna")
        assert [agent.id for agent in claude.beta.agents.list()] == [managed.id]
        assert [agent.id for agent in client.beta.agents.list()] == [hosted.id]
        assert claude.beta.agents.retrieve(managed.id).name == "Claude's"
        with pytest.raises(anthropic.NotFoundError):
            claude.beta.agents.retrieve(hosted.id)
        with pytest.raises(openai.NotFoundError):
            client.beta.agents.retrieve(managed.id)
