"""Agents and environments: what is kept of them, their versions, and what is refused."""

import re
from typing import Any

import anthropic
import httpx
import pytest
from django.http import HttpRequest

from completions.views.dispatch import final_view
from completions.views.managed_agents.routes import MANAGED_AGENTS

MODEL = "claude-opus-5-5"
BETA = {"anthropic-beta": "managed-agents-2026-04-01"}
WEATHER: Any = {
    "type": "custom",
    "name": "get_weather",
    "description": "Tells the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}
TOOLSET: Any = {
    "type": "agent_toolset_20260401",
    "configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}, {"name": "write", "enabled": False}],
}
GITHUB: Any = {"type": "url", "name": "github", "url": "https://mcp.example/github"}


def test_agent__is_kept_with_all_of_its_fields(claude: anthropic.Anthropic) -> None:
    made = claude.beta.agents.create(
        name="Helper",
        model=MODEL,
        system="Be brief.",
        tools=[WEATHER, TOOLSET, {"type": "mcp_toolset", "mcp_server_name": "github"}],
        mcp_servers=[GITHUB],
        skills=[{"type": "anthropic", "skill_id": "xlsx"}],
        metadata={"team": "a"},
    )
    assert re.fullmatch("agent_01[1-9A-HJ-NP-Za-km-z]{22}", made.id)
    assert made.to_dict() | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "type": "agent",
        "name": "Helper",
        "model": {"id": MODEL, "effort": {"type": "high"}, "inference_geo": None, "speed": "standard"},
        "system": "Be brief.",
        "description": None,
        "tools": [
            WEATHER,
            {
                "type": "agent_toolset_20260401",
                "configs": [
                    {
                        "type": "bash",
                        "name": "bash",
                        "enabled": True,
                        "permission_policy": {"type": "always_ask"},
                    },
                    {
                        "type": "write",
                        "name": "write",
                        "enabled": False,
                        "permission_policy": {"type": "always_allow"},
                    },
                ],
                "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
            },
            {
                "type": "mcp_toolset",
                "mcp_server_name": "github",
                "configs": [],
                "default_config": {"enabled": True, "permission_policy": {"type": "always_ask"}},
            },
        ],
        "mcp_servers": [GITHUB],
        "skills": [{"type": "anthropic", "skill_id": "xlsx", "version": "20260203"}],
        "execution_identity": {"type": "service_account"},
        "multiagent": None,
        "metadata": {"team": "a"},
        "version": 1,
        "created_at": "",
        "updated_at": "",
        "archived_at": None,
    }
    assert claude.beta.agents.retrieve(made.id) == made


def test_agent__has_versions(claude: anthropic.Anthropic) -> None:
    made = claude.beta.agents.create(name="a", model={"id": MODEL, "effort": "low"}, metadata={"a": "1", "b": "2"})
    second = claude.beta.agents.update(
        made.id, version=1, system="Be brief.", tools=[WEATHER], metadata={"a": None, "c": "3"}
    )
    assert (second.version, second.system, second.metadata) == (2, "Be brief.", {"b": "2", "c": "3"})
    assert claude.beta.agents.update(made.id, name="a").version == 2, "nothing has changed"
    third = claude.beta.agents.update(made.id, model={"id": "claude-haiku-5-5"}, system="", tools=None)
    assert (third.system, third.tools, third.model.effort) == (None, [], made.model.effort)
    assert [each.version for each in claude.beta.agents.versions.list(made.id)] == [3, 2, 1]
    assert [each.version for each in claude.beta.agents.versions.list(made.id, limit=2)] == [3, 2, 1]
    assert claude.beta.agents.retrieve(made.id, version=2) == second
    with pytest.raises(anthropic.ConflictError, match="version 1 is not the agent's current version, 3"):
        claude.beta.agents.update(made.id, version=1, name="b")
    with pytest.raises(anthropic.NotFoundError, match=f"agent {made.id} version 9 not found"):
        claude.beta.agents.retrieve(made.id, version=9)


def test_agent__can_be_archived(claude: anthropic.Anthropic) -> None:
    made = claude.beta.agents.create(name="a", model=MODEL)
    archived = claude.beta.agents.archive(made.id)
    assert archived.archived_at is not None
    assert claude.beta.agents.archive(made.id) == archived
    assert list(claude.beta.agents.list()) == []
    assert [each.id for each in claude.beta.agents.list(include_archived=True)] == [made.id]
    with pytest.raises(anthropic.BadRequestError, match=f"agent {made.id} is archived"):
        claude.beta.agents.update(made.id, name="b")


def test_agent__coordinates_others(claude: anthropic.Anthropic) -> None:
    helper = claude.beta.agents.create(name="helper", model=MODEL)
    claude.beta.agents.update(helper.id, name="better helper")
    roster: Any = {
        "type": "coordinator",
        "agents": [helper.id, {"type": "agent", "id": helper.id, "version": 1}, {"type": "self"}],
    }
    made = claude.beta.agents.create(name="lead", model=MODEL, multiagent=roster)
    assert made.multiagent is not None
    assert made.multiagent.to_dict() == {
        "type": "coordinator",
        "agents": [
            {"type": "agent", "id": helper.id, "version": 2},
            {"type": "agent", "id": helper.id, "version": 1},
            {"type": "agent", "id": made.id, "version": 1},
        ],
    }
    with pytest.raises(anthropic.BadRequestError, match="must contain at least 1 item"):
        claude.beta.agents.create(name="lead", model=MODEL, multiagent={"type": "coordinator", "agents": []})


def test_lists__have_pages_and_bounds(claude: anthropic.Anthropic) -> None:
    made = [claude.beta.agents.create(name=f"agent {number}", model=MODEL) for number in range(3)]
    page = claude.beta.agents.list(limit=2)
    assert [each.id for each in page.data] == [made[2].id, made[1].id]
    assert [each.id for each in page] == [each.id for each in reversed(made)]
    assert [each.id for each in claude.beta.agents.list(created_at_gte=made[1].created_at)] == [made[2].id, made[1].id]
    assert [each.id for each in claude.beta.agents.list(created_at_lte=made[0].created_at)] == [made[0].id]
    for wrong, why in (
        ({"page": "bogus"}, "invalid page cursor"),
        ({"limit": 101}, "limit: Input should be less than or equal to 100"),
        ({"created_at_gte": "soon"}, "Input should be a valid datetime"),
        ({"extra_query": {"include_archived": "perhaps"}}, "include_archived: Input should be a valid boolean"),
    ):
        with pytest.raises(anthropic.BadRequestError, match=re.escape(why)):
            claude.beta.agents.list(**wrong)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "name: value is required"),
        ({"name": "a"}, "model: value is required"),
        ({"name": "a", "model": MODEL, "z": 1, "b": 2}, 'Failed to parse request body: unknown field "b"'),
        ({"name": "", "model": MODEL}, "name: String should have at least 1 character"),
        ({"name": "a", "model": {"id": MODEL, "effort": "huge"}}, "model.effort: Input should be"),
        ({"name": "a", "model": MODEL, "tools": [{"type": "bash"}]}, "tools.0: Input tag 'bash' found"),
        ({"name": "a", "model": MODEL, "tools": [WEATHER | {"name": "get weather"}]}, "tools.0.custom.name: String"),
        ({"name": "a", "model": MODEL, "tools": [WEATHER, WEATHER]}, "tools: Tool names must be unique"),
        ({"name": "a", "model": MODEL, "mcp_servers": [GITHUB]}, "MCP server 'github' is not referenced"),
        ({"name": "a", "model": MODEL, "mcp_servers": [GITHUB, GITHUB]}, "MCP server names must be unique"),
        (
            {"name": "a", "model": MODEL, "tools": [{"type": "mcp_toolset", "mcp_server_name": "x"}]},
            "tools: MCP server 'x' is not defined",
        ),
        ({"name": "a", "model": MODEL, "metadata": {"a": 1}}, "metadata.a: Input should be a valid string"),
        ({"name": "a", "model": MODEL, "metadata": dict.fromkeys(map(str, range(17)), "")}, "at most 16 pairs"),
    ],
)
def test_agent__that_is_wrong_is_refused(claude: anthropic.Anthropic, body: Any, why: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=re.escape(why)):
        claude.post("/v1/agents", body=body, cast_to=object, options={"headers": BETA})


def test_beta__is_required(url: str) -> None:
    answer = httpx.post(f"{url}/v1/agents", json={}, headers={"anthropic-version": "2023-06-01"})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        {
            "type": "invalid_request_error",
            "message": "this API is in beta: add `managed-agents-2026-04-01` to the `anthropic-beta` header",
        },
    )
    assert answer.json()["request_id"] == answer.headers["request-id"]


def test_script__names_and_refuses(claude: anthropic.Anthropic) -> None:
    assert claude.beta.agents.create(name="a", model=MODEL, metadata={"id": "chosen"}).id == "chosen_id"
    assert claude.beta.environments.create(name="a", metadata={"id": "chosen"}).id == "chosen_id"
    with pytest.raises(anthropic.PermissionDeniedError, match=r"None today\."):
        claude.beta.agents.create(name="a", model=MODEL, metadata={"id": "refused"})


def test_environment__is_kept_with_all_of_its_fields(claude: anthropic.Anthropic) -> None:
    usual = claude.beta.environments.create(name="usual")
    empty: dict[str, list[str]] = {manager: [] for manager in ("apt", "cargo", "gem", "go", "npm", "pip")}
    assert usual.to_dict() | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "type": "environment",
        "name": "usual",
        "description": None,
        "config": {
            "type": "cloud",
            "networking": {"type": "unrestricted"},
            "packages": {"type": "packages", **empty},
        },
        "metadata": {},
        "scope": "organization",
        "created_at": "",
        "updated_at": "",
        "archived_at": None,
    }
    limited = claude.beta.environments.create(
        name="limited",
        config={
            "type": "cloud",
            "networking": {"type": "limited", "allowed_hosts": ["example.com"], "allow_package_managers": True},
            "packages": {"type": "packages", "pip": ["django"]},
        },
    )
    changed = claude.beta.environments.update(
        limited.id,
        description="Small",
        metadata={"a": "1"},
        config={"type": "cloud", "networking": {"type": "limited", "allow_mcp_servers": True}},
    )
    assert changed.config.to_dict() == {
        "type": "cloud",
        "networking": {
            "type": "limited",
            "allow_mcp_servers": True,
            "allow_package_managers": True,
            "allowed_hosts": ["example.com"],
        },
        "packages": {"type": "packages", **empty, "pip": ["django"]},
    }
    assert (changed.description, changed.metadata, changed.name) == ("Small", {"a": "1"}, "limited")
    own = claude.beta.environments.create(name="own", config={"type": "self_hosted"})
    assert own.config.to_dict() == {"type": "self_hosted"}
    assert [each.name for each in claude.beta.environments.list(limit=1)] == ["own", "limited", "usual"]


def test_environment__is_archived_and_removed(claude: anthropic.Anthropic) -> None:
    made = claude.beta.environments.create(name="a")
    with pytest.raises(anthropic.ConflictError, match="An environment named 'a' already exists"):
        claude.beta.environments.create(name="a")
    assert claude.beta.environments.archive(made.id).archived_at is not None
    claude.beta.environments.create(name="a")
    with pytest.raises(anthropic.BadRequestError, match=f"environment {made.id} is archived"):
        claude.beta.environments.update(made.id, description="b")
    assert claude.beta.environments.delete(made.id).to_dict() == {"id": made.id, "type": "environment_deleted"}
    with pytest.raises(anthropic.NotFoundError, match=f"Environment {made.id} not found."):
        claude.beta.environments.retrieve(made.id)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "name: Field required"),
        ({"name": "a", "x": 1}, "x: Extra inputs are not permitted"),
        ({"name": "a", "config": {"type": "moon"}}, "config: Input tag 'moon' found"),
        (
            {
                "name": "a",
                "config": {"type": "cloud", "networking": {"type": "limited"}, "packages": {"pip": ["django"]}},
            },
            "config.packages: Packages require `networking.allow_package_managers` to be true",
        ),
    ],
)
def test_environment__that_is_wrong_is_refused(claude: anthropic.Anthropic, body: Any, why: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=re.escape(why)):
        claude.post("/v1/environments", body=body, cast_to=object, options={"headers": BETA})


def test_views__are_there_when_they_are_wanted() -> None:
    request = HttpRequest()
    for address in MANAGED_AGENTS:
        usual = getattr(address.callback, "usual", address.callback)
        for method, view in vars(usual)["views"].items():
            request.method = method
            assert callable(final_view(view, request)[0]), f"{method} {address.pattern}"
