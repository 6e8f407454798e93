"""The views of vaults and credentials; rules that name their formats can refuse one, or name its id."""

import time
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.managed_agents.resources import archive, newest_first, resource
from completions.views.stored import ResourceRequest
from completions.wire.anthropic.managed import vaults
from completions.wire.anthropic.managed.kinds import CREDENTIAL, VAULT


@resource
async def create_vault(request: ResourceRequest) -> dict[str, Any]:
    """Keep a vault."""
    body = request.body
    vaults.check_vault(body)
    vault = vaults.new_vault(body, time.time())
    vault["id"] = await scripted_id(request, body, VAULT) or vault["id"]
    await request.records.put(VAULT, vault["id"], vault)
    return vaults.shown_vault(vault)


@resource
async def list_vaults(request: ResourceRequest) -> dict[str, Any]:
    """List the vaults, the newest first."""
    return await newest_first(request, VAULT, vaults.shown_vault)


@resource
async def retrieve_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a vault."""
    return vaults.shown_vault(await request.get(VAULT, name))


@resource
async def update_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a vault."""
    body, now = request.body, time.time()
    vaults.check_vault_change(body)
    return vaults.shown_vault(await request.change(VAULT, name, lambda before: vaults.changed_vault(before, body, now)))


@resource
async def archive_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Archive a vault and its credentials."""
    vault = await archive(request, VAULT, name)
    for credential in await _credentials(request, name):
        await archive(request, CREDENTIAL, credential["id"])
    return vaults.shown_vault(vault)


@resource
async def delete_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a vault with its credentials."""
    credentials = await _credentials(request, name)
    await request.delete(VAULT, name)
    for credential in credentials:
        await request.records.delete(CREDENTIAL, credential["id"])
    return {"id": name, "type": "vault_deleted"}


async def _credentials(request: ResourceRequest, name: str) -> list[Document]:
    await request.get(VAULT, name)
    return [credential for credential in await request.all(CREDENTIAL) if credential["vault_id"] == name]


async def _credential(request: ResourceRequest, name: str, credential: str) -> Document:
    """Return a credential of a vault; raise the API's 404 where the vault has none by that id."""
    found = next((each for each in await _credentials(request, name) if each["id"] == credential), None)
    if found is None:
        raise vaults.credential_not_found()
    return found


@resource
async def create_vault_credential(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Keep a credential in a vault."""
    body = request.body
    vaults.check_credential(body)
    credential = vaults.new_credential(await request.get(VAULT, name), body, time.time())
    facts = {"metadata": body.get("metadata"), "display_name": body.get("display_name")}
    credential["id"] = await scripted_id(request, facts, CREDENTIAL) or credential["id"]
    await request.records.put(CREDENTIAL, credential["id"], credential)
    return vaults.shown_credential(credential)


@resource
async def list_vault_credentials(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the credentials of a vault, the newest first."""
    await request.get(VAULT, name)
    return await newest_first(request, CREDENTIAL, vaults.shown_credential, lambda each: each["vault_id"] == name)


@resource
async def retrieve_vault_credential(request: ResourceRequest, name: str, credential: str) -> dict[str, Any]:
    """Show a credential."""
    return vaults.shown_credential(await _credential(request, name, credential))


@resource
async def update_vault_credential(request: ResourceRequest, name: str, credential: str) -> dict[str, Any]:
    """Change a credential."""
    body, now = request.body, time.time()
    vaults.check_credential_change(body)
    await _credential(request, name, credential)
    edited = await request.change(CREDENTIAL, credential, lambda before: vaults.changed_credential(before, body, now))
    return vaults.shown_credential(edited)


@resource
async def archive_vault_credential(request: ResourceRequest, name: str, credential: str) -> dict[str, Any]:
    """Archive a credential."""
    await _credential(request, name, credential)
    return vaults.shown_credential(await archive(request, CREDENTIAL, credential))


@resource
async def delete_vault_credential(request: ResourceRequest, name: str, credential: str) -> dict[str, Any]:
    """Remove a credential."""
    await _credential(request, name, credential)
    await request.records.delete(CREDENTIAL, credential)
    return {"id": credential, "type": "vault_credential_deleted"}


@resource
async def validate_vault_credential(request: ResourceRequest, name: str, credential: str) -> dict[str, Any]:
    """Tell whether a credential is accepted by its server, which nobody asks."""
    return vaults.validation(await _credential(request, name, credential), time.time())
