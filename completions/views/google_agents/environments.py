"""The views of environments; a rule that names `format: gemini_environment` can refuse one, or name its id."""

import time
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.google_agents.pages import page
from completions.views.http import ExchangeResponse, RawResponse
from completions.views.stored import ResourceRequest, stored
from completions.wire.gemini.managed import environments
from completions.wire.gemini.managed.kinds import ENVIRONMENT, not_found


@stored
async def create_environment(request: ResourceRequest) -> dict[str, Any]:
    """Keep an environment: a new one, or a copy of another."""
    body = request.body
    environments.check(body)
    source = environments.source_of(body)
    copied = await request.get(ENVIRONMENT, source) if source else {}
    environment = environments.new_environment(body, copied, time.time())
    environment["id"] = await scripted_id(request, body, ENVIRONMENT, "mode") or environment["id"]
    await request.records.put(ENVIRONMENT, environment["id"], environment)
    return environments.with_key(environment)


@stored
async def list_environments(request: ResourceRequest) -> dict[str, Any]:
    """List the environments, the newest first."""
    found = [environments.shown(each) for each in await request.all(ENVIRONMENT)]
    return page(request, found[::-1], "environments")


@stored
async def retrieve_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an environment."""
    return environments.shown(await request.get(ENVIRONMENT, name))


@stored
async def delete_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an environment."""
    await request.delete(ENVIRONMENT, name)
    return {}


@stored
async def list_environment_files(request: ResourceRequest, name: str, path: str) -> dict[str, Any] | ExchangeResponse:
    """List a directory of an environment, or show a file, or send its bytes."""
    environment, query = await request.get(ENVIRONMENT, name), request.query
    if query.get("alt") == "media":
        if (content := environments.content_of(environment, path)) is None:
            raise not_found(path)
        return RawResponse(content, 200, "application/octet-stream")
    found = environments.files_at(environment, path, recursive=query.get("recursive") == "true")
    if not found and path.strip("/."):
        raise not_found(path)
    return page(request, found, "files")
