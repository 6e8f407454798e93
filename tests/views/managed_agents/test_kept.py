"""Vaults and memory stores: what is kept of them, and what is refused."""

import hashlib
import re
from typing import Any

import anthropic
import pytest

from tests.views.managed_agents.conftest import Desk

OAUTH: Any = {
    "type": "mcp_oauth",
    "mcp_server_url": "https://mcp.example/github",
    "access_token": "secret-access",
    "refresh": {
        "client_id": "me",
        "refresh_token": "secret-refresh",
        "token_endpoint": "https://auth.example/token",
        "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": "secret-client"},
    },
}


def test_vault__is_kept(claude: anthropic.Anthropic) -> None:
    vaults = claude.beta.vaults
    made = vaults.create(display_name="Alice", metadata={"user": "1"})
    assert re.fullmatch("vlt_01[1-9A-HJ-NP-Za-km-z]{22}", made.id)
    assert made.to_dict() | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "type": "vault",
        "display_name": "Alice",
        "metadata": {"user": "1"},
        "created_at": "",
        "updated_at": "",
        "archived_at": None,
    }
    assert vaults.update(made.id, metadata={"user": None, "team": "a"}).metadata == {"team": "a"}
    other = vaults.create(display_name="Bob")
    assert [each.id for each in vaults.list(limit=1)] == [other.id, made.id]
    assert vaults.archive(made.id).archived_at is not None
    assert [each.id for each in vaults.list()] == [other.id]
    with pytest.raises(anthropic.BadRequestError, match=f"vault {made.id} is archived"):
        vaults.update(made.id, display_name="Eve")
    assert vaults.delete(other.id).to_dict() == {"id": other.id, "type": "vault_deleted"}
    with pytest.raises(anthropic.NotFoundError, match=f"vault {other.id} not found"):
        vaults.retrieve(other.id)


def test_credential__is_shown_without_secrets(claude: anthropic.Anthropic) -> None:
    vault = claude.beta.vaults.create(display_name="Alice")
    credentials = claude.beta.vaults.credentials
    made = credentials.create(vault.id, auth=OAUTH, display_name="GitHub")
    assert "secret-" not in made.to_json()
    assert made.auth.to_dict() == {
        "type": "mcp_oauth",
        "mcp_server_url": "https://mcp.example/github",
        "refresh": {
            "client_id": "me",
            "token_endpoint": "https://auth.example/token",
            "token_endpoint_auth": {"type": "client_secret_basic"},
        },
    }
    variable = credentials.create(
        vault.id,
        auth={
            "type": "environment_variable",
            "secret_name": "TOKEN",
            "secret_value": "secret-value",
            "networking": {"type": "unrestricted"},
        },
    )
    assert variable.auth.to_dict() == {
        "type": "environment_variable",
        "secret_name": "TOKEN",
        "networking": {"type": "unrestricted"},
        "injection_location": {"body": False, "header": True},
    }
    changed = credentials.update(
        made.id, vault_id=vault.id, auth={"type": "mcp_oauth", "refresh": {"scope": "repo"}}, display_name="Git"
    )
    auth: Any = changed.auth.to_dict()
    assert (changed.display_name, auth["refresh"]["scope"]) == ("Git", "repo")
    assert [each.id for each in credentials.list(vault.id)] == [variable.id, made.id]
    validation = credentials.mcp_oauth_validate(made.id, vault_id=vault.id)
    assert (validation.status, validation.has_refresh_token) == ("valid", True)
    for name in (made.id, "vcrd_x"):
        other = claude.beta.vaults.create(display_name="Bob")
        with pytest.raises(anthropic.NotFoundError, match=r"Credential not found\."):
            credentials.retrieve(name, vault_id=other.id)
    with pytest.raises(anthropic.BadRequestError, match="The type of the credential is 'mcp_oauth'"):
        credentials.update(made.id, vault_id=vault.id, auth={"type": "static_bearer", "token": "x"})
    with pytest.raises(anthropic.BadRequestError, match="Only credentials of the type `mcp_oauth`"):
        credentials.mcp_oauth_validate(variable.id, vault_id=vault.id)
    assert credentials.archive(made.id, vault_id=vault.id).archived_at is not None
    assert credentials.delete(made.id, vault_id=vault.id).type == "vault_credential_deleted"
    claude.beta.vaults.archive(vault.id)
    assert credentials.retrieve(variable.id, vault_id=vault.id).archived_at is not None
    with pytest.raises(anthropic.BadRequestError, match=f"vault {vault.id} is archived"):
        credentials.create(vault.id, auth=OAUTH)


def test_session__has_vaults_and_memory_stores(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude)
    vault = claude.beta.vaults.create(display_name="Alice")
    store = claude.beta.memory_stores.create(name="User Preferences!", description="What she likes")
    session = claude.beta.sessions.create(
        agent=desk.agent.id,
        environment_id=desk.environment.id,
        vault_ids=[vault.id],
        resources=[{"type": "memory_store", "memory_store_id": store.id, "access": "read_only"}],
    )
    assert session.vault_ids == [vault.id]
    assert session.resources[0].to_dict() == {
        "type": "memory_store",
        "memory_store_id": store.id,
        "access": "read_only",
        "instructions": None,
        "name": "User Preferences!",
        "description": "What she likes",
        "mount_path": "/mnt/memory/user-preferences",
    }
    assert [each.id for each in claude.beta.sessions.list(memory_store_id=store.id)] == [session.id]
    for more, why in (
        ({"vault_ids": ["vlt_x"]}, "vault vlt_x not found"),
        (
            {"resources": [{"type": "memory_store", "memory_store_id": "memstore_x"}]},
            "Memory store `memstore_x` not found.",
        ),
    ):
        with pytest.raises(anthropic.NotFoundError, match=re.escape(why)):
            claude.beta.sessions.create(agent=desk.agent.id, environment_id=desk.environment.id, **more)
    claude.beta.memory_stores.archive(store.id)
    with pytest.raises(anthropic.BadRequestError, match=f"Memory store {store.id} is archived"):
        claude.beta.sessions.create(
            agent=desk.agent.id,
            environment_id=desk.environment.id,
            resources=[{"type": "memory_store", "memory_store_id": store.id}],
        )


def test_memory__has_versions(claude: anthropic.Anthropic) -> None:
    store = claude.beta.memory_stores.create(name="Notes")
    memories, versions = claude.beta.memory_stores.memories, claude.beta.memory_stores.memory_versions
    made = memories.create(store.id, path="/notes/a.md", content="One")
    assert (made.content, made.content_size_bytes) == (None, 3)
    assert made.content_sha256 == hashlib.sha256(b"One").hexdigest()
    assert memories.retrieve(made.id, memory_store_id=store.id).content == "One"
    changed = memories.update(
        made.id,
        memory_store_id=store.id,
        content="Two",
        precondition={"type": "content_sha256", "content_sha256": made.content_sha256},
        view="full",
    )
    assert changed.content == "Two" and changed.memory_version_id != made.memory_version_id
    with pytest.raises(anthropic.ConflictError, match="another content_sha256 than expected"):
        memories.delete(made.id, memory_store_id=store.id, expected_content_sha256=made.content_sha256)
    first = versions.retrieve(made.memory_version_id, memory_store_id=store.id)
    assert (first.operation, first.content, first.path) == ("created", "One", "/notes/a.md")
    redacted = versions.redact(first.id, memory_store_id=store.id)
    assert (redacted.content, redacted.path, redacted.content_sha256) == (None, None, None)
    assert redacted.redacted_at is not None
    with pytest.raises(anthropic.BadRequestError, match="is the current version of its memory"):
        versions.redact(changed.memory_version_id, memory_store_id=store.id)
    assert memories.delete(made.id, memory_store_id=store.id).type == "memory_deleted"
    listed = list(versions.list(store.id, memory_id=made.id, view="full"))
    assert [(each.operation, each.content) for each in listed] == [
        ("deleted", None),
        ("modified", "Two"),
        ("created", None),
    ]
    assert [each.operation for each in versions.list(store.id, operation="modified")] == ["modified"]
    with pytest.raises(anthropic.NotFoundError, match=f"memory `{made.id}` not found"):
        memories.retrieve(made.id, memory_store_id=store.id)


def test_memories__are_listed_by_folder(claude: anthropic.Anthropic) -> None:
    store = claude.beta.memory_stores.create(name="Notes")
    memories = claude.beta.memory_stores.memories
    for path in ("/b.md", "/notes/a.md", "/notes/deep/c.md", "/notes-archive/d.md"):
        memories.create(store.id, path=path, content="")

    def paths(**query: Any) -> list[str]:
        return [each.path for each in memories.list(store.id, **query)]

    assert paths() == ["/b.md", "/notes-archive/d.md", "/notes/a.md", "/notes/deep/c.md"]
    assert paths(depth=1) == ["/b.md", "/notes-archive/", "/notes/"]
    assert paths(path_prefix="/notes/", limit=1) == ["/notes/a.md", "/notes/deep/c.md"]
    assert paths(path_prefix="/notes/", depth=1) == ["/notes/a.md", "/notes/deep/"]
    for wrong, why in (
        ({"path_prefix": "/notes"}, "path_prefix: must end with '/'"),
        ({"view": "all"}, "view: Input should be 'basic' or 'full'"),
        ({"view": "full", "limit": 21}, "limit: Input should be less than or equal to 20"),
    ):
        with pytest.raises(anthropic.BadRequestError, match=re.escape(why)):
            memories.list(store.id, **wrong)


def test_memory_store__is_changed_archived_and_deleted(claude: anthropic.Anthropic) -> None:
    stores = claude.beta.memory_stores
    made = stores.create(name="Notes", metadata={"a": "1"})
    changed = stores.update(made.id, description="Small", metadata={"a": None})
    assert (changed.name, changed.description, changed.metadata) == ("Notes", "Small", {})
    memory = stores.memories.create(made.id, path="/a", content="a")
    assert stores.archive(made.id).archived_at is not None
    for refused in (
        lambda: stores.update(made.id, name="b"),
        lambda: stores.memories.create(made.id, path="/b", content="b"),
        lambda: stores.memories.update(memory.id, memory_store_id=made.id, content="b"),
    ):
        with pytest.raises(anthropic.BadRequestError, match=f"Memory store {made.id} is archived"):
            refused()
    assert stores.memories.retrieve(memory.id, memory_store_id=made.id).content == "a"
    assert stores.delete(made.id).to_dict() == {"id": made.id, "type": "memory_store_deleted"}
    with pytest.raises(anthropic.NotFoundError, match=f"memory store {made.id} not found"):
        stores.memories.list(made.id)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"path": "/a"}, "content: value is required"),
        ({"content": "a"}, "path: value is required"),
        ({"path": "a", "content": "a"}, "path: A path starts with '/'"),
        ({"path": "/a//b", "content": "a"}, "path: A segment of a path can't be empty"),
        ({"path": "/a/../b", "content": "a"}, "path: A segment of a path can't be empty, '.' or '..'"),
        ({"path": "/a\n", "content": "a"}, "without control characters"),
        ({"path": "/a", "content": "a" * 102_401}, "content: Content should have at most 102400 bytes"),
        ({"path": "/there", "content": "a"}, "A memory at /there already exists."),
    ],
)
def test_memory__that_is_wrong_is_refused(claude: anthropic.Anthropic, body: Any, why: str) -> None:
    store = claude.beta.memory_stores.create(name="Notes")
    claude.beta.memory_stores.memories.create(store.id, path="/there", content="")
    with pytest.raises(anthropic.APIStatusError, match=re.escape(why)):
        claude.post(
            f"/v1/memory_stores/{store.id}/memories",
            body=body,
            cast_to=object,
            options={"headers": {"anthropic-beta": "agent-memory-2026-07-22"}},
        )
