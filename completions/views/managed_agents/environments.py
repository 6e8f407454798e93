"""The views of environments; a rule that names `format: managed_environment` can refuse one, or name its id."""

import time
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.managed_agents.resources import archive, newest_first, resource
from completions.views.stored import ResourceRequest
from completions.wire.anthropic.managed import environments
from completions.wire.anthropic.managed.kinds import ENVIRONMENT, SESSION
from completions.wire.anthropic.managed.listing import flag


@resource
async def create_environment(request: ResourceRequest) -> dict[str, Any]:
    """Keep an environment; each name is taken once among those that are not archived."""
    body = request.body
    environments.check_environment(body)
    await _check_name(request, body["name"])
    environment = environments.new_environment(body, time.time())
    environment["id"] = await scripted_id(request, body, ENVIRONMENT) or environment["id"]
    await request.records.put(ENVIRONMENT, environment["id"], environment)
    return environments.shown(environment)


async def _check_name(request: ResourceRequest, name: str, own: str = "") -> None:
    """Raise the error of a name that another environment has."""
    for each in await request.all(ENVIRONMENT):
        if each["name"] == name and each["id"] != own and each["archived"] is None:
            raise environments.name_taken(name)


@resource
async def list_environments(request: ResourceRequest) -> dict[str, Any]:
    """List the environments, the newest first."""
    return await newest_first(request, ENVIRONMENT, environments.shown)


@resource
async def retrieve_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an environment."""
    return environments.shown(await request.get(ENVIRONMENT, name))


@resource
async def update_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change an environment."""
    body, now = request.body, time.time()
    environments.check_change(body)
    await request.get(ENVIRONMENT, name)
    if body.get("name"):
        await _check_name(request, body["name"], name)
    return environments.shown(
        await request.change(ENVIRONMENT, name, lambda before: environments.changed_environment(before, body, now))
    )


@resource
async def archive_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Archive an environment: no session can be made in it any more."""
    return environments.shown(await archive(request, ENVIRONMENT, name))


@resource
async def delete_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an environment; one with sessions only if the query says `force`."""
    users = [session for session in await request.all(SESSION) if session["environment_id"] == name]
    await request.get(ENVIRONMENT, name)
    active = sum(session["archived"] is None for session in users)
    if active and not flag(request.query, "force"):
        raise environments.in_use(active)
    await request.delete(ENVIRONMENT, name)
    return environments.deleted(name)
