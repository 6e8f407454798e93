"""What the Agents API keeps besides sessions: environments, templates, vaults, credentials and automations."""

import base64
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.views.hosted_agents.conftest import NONE, Desk, said

BETA = {"OpenAI-Beta": "agents=v1"}
INLINE: Any = {"type": "inline", "path": "/workspace/b.txt", "data": base64.b64encode(b"Hello").decode()}
HOSTED: Any = {"type": "openai_hosted"}


def test_environment__is_made_before_its_session(client: Any) -> None:
    environments = client.beta.agents.environments
    uploaded = client.files.create(file=("a.txt", b"Hi"), purpose="user_data")
    files = [{"type": "file_id", "file_id": uploaded.id, "path": "/workspace/a/a.txt"}, INLINE]
    made = environments.create(environment={**HOSTED, "files": files, "env": {"A": "secret"}})
    assert (made.status, [file.size_bytes for file in made.files]) == ("ready", [2, 5])
    sessions = client.beta.agents.sessions
    session = sessions.create(agent={"model": "m"}, environment={**HOSTED, "environment_id": made.id}, input="Hi")
    assert (session.environment.id, len(session.environment.files)) == (made.id, 2)
    assert environments.retrieve(made.id).status == "connected"
    with pytest.raises(openai.ConflictError):
        sessions.create(agent={"model": "m"}, environment={**HOSTED, "environment_id": made.id})
    added = environments.files.create(made.id, type="inline", path="/workspace/c.txt", data="")
    assert added.to_dict() == {
        "object": "agent.environment.file",
        "environment_id": made.id,
        "path": "/workspace/c.txt",
        "size_bytes": 0,
    }
    paths = ["/workspace/c.txt", "/workspace/b.txt", "/workspace/a/a.txt"]
    assert [file.path for file in environments.files.list(made.id, limit=2)] == paths
    assert [file.path for file in environments.files.list(made.id, path="/workspace/a", order="asc")] == paths[2:]
    own = sessions.create(agent={"model": "m"}, environment={"type": "self_hosted", "workspace_directory": "/srv"})
    assert own.environment.remote_url.startswith("http://127.0.0.1:")
    assert own.environment.remote_url.endswith(own.environment.id)
    assert [each.id for each in environments.list()] == [made.id]


def test_template__is_inherited(client: Any) -> None:
    templates = client.beta.agents.environments.templates
    made = templates.create(name="Base", packages={"python": ["numpy"]}, files=[INLINE])
    assert made.files[0].to_dict() == {"type": "inline", "path": "/workspace/b.txt", "size_bytes": 5}
    changed = templates.update(made.id, name=None, network={"access": "disabled"})
    assert (changed.name, changed.network.access, changed.packages.python) == (None, "disabled", ["numpy"])
    environment = {**HOSTED, "environment_template_id": made.id, "files": []}
    session = client.beta.agents.sessions.create(agent={"model": "m"}, environment=environment)
    assert (session.environment.packages.python, session.environment.files) == (["numpy"], [])
    assert [each.id for each in templates.list()] == [made.id]
    assert templates.delete(made.id).object == "agent.environment.template.deleted"
    with pytest.raises(openai.NotFoundError):
        client.beta.agents.sessions.create(agent={"model": "m"}, environment=environment)


def test_vault__has_credentials_without_their_secrets(client: Any) -> None:
    vaults = client.beta.agents.vaults
    vault = vaults.create(name="  Keys ", metadata={"team": "a"})
    assert (vault.name, vault.object) == ("Keys", "vault")
    assert vaults.update(vault.id, name=None, metadata={}).to_dict()["metadata"] == {}
    bearer = vaults.credentials.create(
        vault.id,
        name="Tracker",
        auth={"type": "static_bearer", "token": "secret", "mcp_server_url": "https://mcp.example"},
    )
    assert bearer.auth.to_dict() == {"type": "static_bearer", "mcp_server_url": "https://mcp.example"}
    client_auth = {"type": "client_secret_post", "client_secret": "secret"}
    refresh = {"client_id": "c", "refresh_token": "r", "token_endpoint": "https://t.example", "scope": "read"}
    oauth = vaults.credentials.create(
        vault.id,
        name="OAuth",
        auth={
            "type": "mcp_oauth",
            "access_token": "secret",
            "mcp_server_url": "https://mcp.example",
            "expires_at": "2027-01-01T00:00:00Z",
            "refresh": {**refresh, "token_endpoint_auth": client_auth},
        },
    )
    rotated = vaults.credentials.update(
        oauth.id, vault_id=vault.id, auth={"type": "mcp_oauth", "access_token": "new", "refresh": {"scope": None}}
    )
    assert (rotated.auth.expires_at, rotated.auth.refresh.scope) == (None, None)
    assert rotated.auth.refresh.token_endpoint_auth.to_dict() == {"type": "client_secret_post"}
    variable = vaults.credentials.create(
        vault.id,
        name="Service",
        auth={
            "type": "environment_variable",
            "secret_name": "SERVICE_KEY",
            "secret_value": "secret",
            "networking": {"type": "limited", "allowed_hosts": ["API.example"]},
        },
    )
    assert variable.auth.networking.allowed_hosts == ["api.example"]
    listed = vaults.credentials.list(vault.id, status="active")
    assert [each.id for each in listed] == [variable.id, oauth.id, bearer.id]
    assert list(vaults.list(status=["archived"])) == list(vaults.list(metadata={"team": "a"})) == []
    assert vaults.credentials.delete(bearer.id, vault_id=vault.id).object == "vault.credential.deleted"
    assert vaults.delete(vault.id).object == "vault.deleted"
    with pytest.raises(openai.NotFoundError):
        vaults.credentials.retrieve(oauth.id, vault_id=vault.id)


@pytest.mark.parametrize(
    ("auth", "param"),
    [
        ({"type": "static_bearer", "token": "t", "mcp_server_url": "http://x"}, "auth.mcp_server_url"),
        ({"type": "static_bearer", "mcp_server_url": "https://x"}, "auth.token"),
        ({"type": "password"}, "auth.type"),
        (
            {
                "type": "environment_variable",
                "secret_name": "CODEX_KEY",
                "secret_value": "s",
                "networking": {"type": "unrestricted"},
            },
            "auth.secret_name",
        ),
    ],
)
def test_credential__refuses_what_is_wrong(url: str, client: Any, auth: dict[str, Any], param: str) -> None:
    vault = client.beta.agents.vaults.create()
    answer = httpx.post(f"{url}/v1/vaults/{vault.id}/credentials", json={"name": "n", "auth": auth}, headers=BETA)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_vaults__are_shared_with_anthropic(url: str, client: Any) -> None:
    with anthropic.Anthropic(base_url=url, api_key="any", max_retries=0) as claude:
        theirs = claude.beta.vaults.create(display_name="Claude's")
        ours = client.beta.agents.vaults.create(name="Ours")
        assert [vault.id for vault in claude.beta.vaults.list()] == [theirs.id]
        assert [vault.id for vault in client.beta.agents.vaults.list()] == [ours.id]
        assert list(claude.beta.vaults.credentials.list(theirs.id)) == []


def test_automation__is_invoked_by_hand(client: Any) -> None:
    automations, message = client.beta.agents.automations, said("Report")["input"]
    made = automations.create(
        type="periodic",
        name="Daily",
        expression="0 9 * * 1-5",
        timezone="Europe/Berlin",
        target={"type": "new_session", "agent": {"model": "m"}, "environment": NONE, "input": message},
    )
    assert (made.status, made.target.agent.model, made.created_by.type) == ("active", "m", "developer")
    invocation = automations.invocations.create(made.id)
    assert (invocation.status, invocation.source.type, invocation.scheduled_at) == ("completed", "manual", None)
    items = client.beta.agents.sessions.items.list(invocation.session_id, order="asc")
    assert [item.content[0].text for item in items] == ["Report", "Report"]
    assert automations.pause(made.id).status == "paused"
    assert automations.resume(made.id).status == "active"
    assert automations.update(made.id, name="Weekly", expression="0 9 * * 1").name == "Weekly"
    assert [each.id for each in automations.invocations.list(made.id)] == [invocation.id]
    assert automations.invocations.retrieve(invocation.id, automation_id=made.id) == invocation
    assert automations.delete(made.id).object == "agent.automation.deleted"
    with pytest.raises(openai.NotFoundError):
        automations.retrieve(made.id)


def test_automation__delivers_to_a_session(client: Any) -> None:
    desk, automations = Desk(client), client.beta.agents.automations
    target = {"type": "existing_session", "session_id": desk.id, "instructions": "Wake up"}
    made = automations.create(type="once", name="Later", run_at=1_900_000_000, target=target)
    assert [each.id for each in automations.list(session_id=desk.id)] == [made.id]
    assert automations.invocations.create(made.id).session_id == desk.id
    assert desk.texts[-1] == "Wake up"
    client.beta.agents.sessions.delete(desk.id)
    failed = automations.invocations.create(made.id)
    assert (failed.status, failed.error.code) == ("failed", "not_found_error")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"expression": "daily"}, "expression"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"run_at": 1}, "run_at"),
        ({"target": {"type": "existing_session", "instructions": "x"}}, "target.session_id"),
        ({"target": {"type": "new_session", "environment": NONE, "input": said("x")["input"]}}, "target.agent"),
        ({"type": "twice"}, "type"),
    ],
)
def test_automation__refuses_what_is_wrong(url: str, changes: dict[str, Any], param: str) -> None:
    target = {"type": "new_session", "agent": {"model": "m"}, "environment": NONE, "input": said("x")["input"]}
    body = {"type": "periodic", "name": "n", "expression": "0 9 * * *", "timezone": "UTC", "target": target, **changes}
    answer = httpx.post(f"{url}/v1/agents/automations", json=body, headers=BETA)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"environment": {"type": "none"}}, "environment.type"),
        ({"environment": {**HOSTED, "files": [{**INLINE, "path": "/etc/x"}]}}, "environment.files[0].path"),
        ({"environment": {**HOSTED, "files": [{**INLINE, "data": "?"}]}}, "environment.files[0].data"),
        ({"environment": {**HOSTED, "files": [{**INLINE, "data": "ü"}]}}, "environment.files[0].data"),
        (
            {"environment": {**HOSTED, "network": {"access": "enabled", "allowed_domains": ["x.io"]}}},
            "environment.network.allowed_domains",
        ),
    ],
)
def test_environment__refuses_what_is_wrong(url: str, body: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{url}/v1/agents/environments", json=body, headers=BETA)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
