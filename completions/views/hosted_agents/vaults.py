"""The views of vaults and credentials; rules that name their formats can refuse one, or name its id."""

import time
from collections.abc import Callable
from typing import Any

from completions.state.records import Document
from completions.views.hosted_agents.resources import keep_new, page_of, resource
from completions.views.stored import ResourceRequest
from completions.wire.openai.hosted_agents import vaults
from completions.wire.openai.hosted_agents.kinds import CREDENTIAL, VAULT, not_found
from completions.wire.openai.hosted_agents.records import deleted


@resource
async def create_vault(request: ResourceRequest) -> dict[str, Any]:
    """Keep a vault."""
    body = request.body
    vaults.check_vault(body)
    return vaults.shown_vault(await keep_new(request, VAULT, vaults.new_vault(body, time.time()), body))


def _has_status(request: ResourceRequest) -> Callable[[Document], bool]:
    parameters = request.http_request.GET
    wanted = vaults.check_status([*parameters.getlist("status"), *parameters.getlist("status[]")])
    return lambda record: wanted


@resource
async def list_vaults(request: ResourceRequest) -> dict[str, Any]:
    """List the vaults, the newest first."""
    return await page_of(request, VAULT, vaults.shown_vault, _has_status(request))


@resource
async def retrieve_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a vault."""
    return vaults.shown_vault(await request.get(VAULT, name))


@resource
async def update_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a vault."""
    body = request.body
    vaults.check_vault_change(body)
    return vaults.shown_vault(await request.change(VAULT, name, lambda before: vaults.changed_vault(before, body)))


@resource
async def delete_vault(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a vault with its credentials."""
    await request.delete(VAULT, name)
    for credential in await request.all(CREDENTIAL):
        if credential["vault"] == name:
            await request.records.delete(CREDENTIAL, credential["id"])
    return deleted(name, "vault")


async def _credential(request: ResourceRequest, vault: str, name: str) -> Document:
    """Return a credential of a vault; raise the API's 404 where the vault has none by that id."""
    await request.get(VAULT, vault)
    found = await request.get(CREDENTIAL, name)
    if found["vault"] != vault:
        raise not_found("Credential", name)
    return found


@resource
async def create_vault_credential(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Keep a credential in a vault."""
    body = request.body
    vaults.check_credential(body)
    credential = vaults.new_credential(await request.get(VAULT, name), body, time.time())
    facts = {"metadata": body.get("metadata"), "name": body["name"]}
    return vaults.shown_credential(await keep_new(request, CREDENTIAL, credential, facts))


@resource
async def list_vault_credentials(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the credentials of a vault, the newest first."""
    await request.get(VAULT, name)
    has_status = _has_status(request)
    return await page_of(
        request, CREDENTIAL, vaults.shown_credential, lambda each: each["vault"] == name and has_status(each)
    )


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
    return vaults.shown_credential(
        await request.change(CREDENTIAL, credential, lambda before: vaults.changed_credential(before, body, now))
    )


@resource
async def delete_vault_credential(request: ResourceRequest, name: str, credential: str) -> dict[str, Any]:
    """Remove a credential."""
    await _credential(request, name, credential)
    await request.records.delete(CREDENTIAL, credential)
    return deleted(credential, "vault.credential")
