"""The views of credentials; a rule that names `format: gemini_credential` can refuse one, or name its id."""

import time
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.google_agents.pages import page
from completions.views.stored import ResourceRequest, stored
from completions.wire.gemini.managed import credentials
from completions.wire.gemini.managed.checks import already_exists
from completions.wire.gemini.managed.kinds import CREDENTIAL


@stored
async def create_credential(request: ResourceRequest) -> dict[str, Any]:
    """Keep a credential, without its secrets."""
    body = request.body
    credentials.check(body, change=False)
    credential = credentials.new_credential(body, time.time())
    credential["id"] = await scripted_id(request, body, CREDENTIAL, "id", "type") or credential["id"]
    if await request.records.get(CREDENTIAL, credential["id"]) is not None:
        raise already_exists(credential["id"])
    await request.records.put(CREDENTIAL, credential["id"], credential)
    return credentials.shown(credential)


@stored
async def list_credentials(request: ResourceRequest) -> dict[str, Any]:
    """List the credentials, the newest first."""
    return page(request, [credentials.shown(each) for each in await request.all(CREDENTIAL)][::-1], "credentials")


@stored
async def retrieve_credential(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a credential."""
    return credentials.shown(await request.get(CREDENTIAL, name))


@stored
async def update_credential(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a credential."""
    body, now = request.body, time.time()
    credentials.check(body, change=True)
    found = await request.change(CREDENTIAL, name, lambda before: credentials.updated(before, body, now))
    return credentials.shown(found)


@stored
async def delete_credential(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a credential."""
    await request.delete(CREDENTIAL, name)
    return {}
