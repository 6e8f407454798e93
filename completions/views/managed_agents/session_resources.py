"""The views of the resources of sessions."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from completions.views.managed_agents.resources import resource
from completions.views.stored import ResourceRequest
from completions.wire.anthropic import files
from completions.wire.anthropic.managed import memory_stores, resources
from completions.wire.anthropic.managed.kinds import SESSION, STORE
from completions.wire.anthropic.managed.listing import list_page
from completions.wire.anthropic.managed.sessions import shown_resource

MAX_LIMIT = 1000
"""The most resources of a page, and their number if a list asks for none: the SDK's `resources.list`."""


async def attached(request: ResourceRequest, given: Sequence[Mapping[str, Any]], now: float) -> list[dict[str, Any]]:
    """Return the resources of a new session; raise what is wrong with them, then the 404 of one that is not there."""
    resources.check_resources(given)
    return [await _new(request, each, now) for each in given]


async def _new(request: ResourceRequest, given: Mapping[str, Any], now: float) -> dict[str, Any]:
    store = None
    if given["type"] == "file":
        await request.get(files.FILE, given["file_id"])
    elif given["type"] == "memory_store":
        store = await request.records.get(STORE, given["memory_store_id"])
        if store is None:
            raise resources.store_not_found(given["memory_store_id"])
        memory_stores.check_open(store)
    return resources.new_resource(given, store, now)


@resource
async def add_session_resource(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Add a file to a session."""
    body, now = request.body, time.time()
    resources.check_added(body)
    await request.get(SESSION, name)
    new = await _new(request, body, now)
    await request.change(
        SESSION, name, lambda before: {**before, "resources": [*before["resources"], new], "updated": now}
    )
    return shown_resource(new)


@resource
async def list_session_resources(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the resources of a session, the first one first."""
    session = await request.get(SESSION, name)
    named = [{"id": resources.resource_name(each), "resource": shown_resource(each)} for each in session["resources"]]
    page = list_page(named, request.query, MAX_LIMIT, MAX_LIMIT)
    return {**page, "data": [each["resource"] for each in page["data"]]}


@resource
async def retrieve_session_resource(request: ResourceRequest, name: str, resource_id: str) -> dict[str, Any]:
    """Show a resource of a session."""
    return shown_resource(resources.resource_of(await request.get(SESSION, name), resource_id))


@resource
async def rotate_session_resource_token(request: ResourceRequest, name: str, resource_id: str) -> dict[str, Any]:
    """Give a repository another token."""
    body, now = request.body, time.time()
    session = await request.change(SESSION, name, lambda before: resources.rotated(before, resource_id, body, now))
    return shown_resource(resources.resource_of(session, resource_id))


@resource
async def delete_session_resource(request: ResourceRequest, name: str, resource_id: str) -> dict[str, Any]:
    """Take a resource out of a session."""
    now = time.time()
    await request.change(SESSION, name, lambda before: resources.without(before, resource_id, now))
    return {"id": resource_id, "type": "session_resource_deleted"}
