"""The views of memory stores, memories and their versions; rules that name their formats can refuse them."""

import time
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.managed_agents.resources import archive, newest_first, with_betas
from completions.views.stored import ResourceRequest
from completions.wire.anthropic.managed import memory_stores
from completions.wire.anthropic.managed.checks import BETA, MEMORY_BETA
from completions.wire.anthropic.managed.kinds import MEMORY, STORE, VERSION, version_not_found
from completions.wire.anthropic.managed.listing import MAX_LIMIT, is_listed, list_page
from completions.wire.anthropic.managed.memory_stores import MAX_FULL

memory_resource = with_betas(BETA, MEMORY_BETA)


@memory_resource
async def create_memory_store(request: ResourceRequest) -> dict[str, Any]:
    """Keep a memory store."""
    body = request.body
    memory_stores.check_store(body)
    store = memory_stores.new_store(body, time.time())
    store["id"] = await scripted_id(request, body, STORE) or store["id"]
    await request.records.put(STORE, store["id"], store)
    return memory_stores.shown_store(store)


@memory_resource
async def list_memory_stores(request: ResourceRequest) -> dict[str, Any]:
    """List the memory stores, the newest first."""
    return await newest_first(request, STORE, memory_stores.shown_store)


@memory_resource
async def retrieve_memory_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a memory store."""
    return memory_stores.shown_store(await request.get(STORE, name))


@memory_resource
async def update_memory_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a memory store."""
    body, now = request.body, time.time()
    memory_stores.check_store_change(body)
    store = await request.change(STORE, name, lambda before: memory_stores.changed_store(before, body, now))
    return memory_stores.shown_store(store)


@memory_resource
async def archive_memory_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Archive a memory store: it takes no more memories."""
    return memory_stores.shown_store(await archive(request, STORE, name))


@memory_resource
async def delete_memory_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a memory store with its memories and their versions."""
    await request.delete(STORE, name)
    for kind in (MEMORY, VERSION):
        for each in await request.all(kind):
            if each["memory_store_id"] == name:
                await request.records.delete(kind, each["id"])
    return {"id": name, "type": "memory_store_deleted"}


async def _memories(request: ResourceRequest, name: str) -> list[Document]:
    await request.get(STORE, name)
    return [memory for memory in await request.all(MEMORY) if memory["memory_store_id"] == name]


async def _memory(request: ResourceRequest, name: str, memory: str) -> Document:
    """Return a memory of a store; raise the API's 404 where the store has none by that id."""
    found = next((each for each in await _memories(request, name) if each["id"] == memory), None)
    if found is None:
        raise memory_stores.memory_not_found(memory)
    return found


async def _check_path(request: ResourceRequest, name: str, path: str, own: str = "") -> None:
    """Raise the error of a path that another memory of the store has."""
    if any(each["path"] == path and each["id"] != own for each in await _memories(request, name)):
        raise memory_stores.path_taken(path)


async def _keep_version(request: ResourceRequest, memory: Document, operation: str) -> dict[str, Any]:
    version = memory_stores.new_version(memory, operation, time.time())
    await request.records.put(VERSION, version["id"], version)
    return version


@memory_resource
async def create_memory(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Keep a memory in a store, in its first version."""
    body, full = request.body, memory_stores.is_full(request.query)
    memory_stores.check_memory(body)
    memory_stores.check_open(await request.get(STORE, name))
    await _check_path(request, name, body["path"])
    memory = memory_stores.new_memory(name, body, time.time())
    memory["id"] = await scripted_id(request, body, MEMORY, "path") or memory["id"]
    memory["version"] = (await _keep_version(request, memory, "created"))["id"]
    await request.records.put(MEMORY, memory["id"], memory)
    return memory_stores.shown_memory(memory, full=full)


@memory_resource
async def list_memories(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the memories of a store by their paths, those of deeper folders as their folder."""
    query, full = request.query, memory_stores.is_full(request.query)
    items = memory_stores.listed_memories(await _memories(request, name), query, full=full)
    named = [{"id": item["path"], "item": item} for item in items]
    page = list_page(named, query, most=MAX_FULL if full else MAX_LIMIT)
    return {**page, "data": [each["item"] for each in page["data"]]}


@memory_resource
async def retrieve_memory(request: ResourceRequest, name: str, memory: str) -> dict[str, Any]:
    """Show a memory."""
    full = memory_stores.is_full(request.query, "full")
    return memory_stores.shown_memory(await _memory(request, name, memory), full=full)


@memory_resource
async def update_memory(request: ResourceRequest, name: str, memory: str) -> dict[str, Any]:
    """Change the content or the path of a memory, which gets a further version unless nothing changes."""
    body, now, full = request.body, time.time(), memory_stores.is_full(request.query)
    memory_stores.check_memory_change(body)
    memory_stores.check_open(await request.get(STORE, name))
    before = await _memory(request, name, memory)
    if body.get("path"):
        await _check_path(request, name, body["path"], memory)
    after = memory_stores.changed_memory(before, body, now)
    if after is not before:
        after = {**after, "version": (await _keep_version(request, after, "modified"))["id"]}
        await request.change(MEMORY, memory, lambda current: after)
    return memory_stores.shown_memory(after, full=full)


@memory_resource
async def delete_memory(request: ResourceRequest, name: str, memory: str) -> dict[str, Any]:
    """Remove a memory; its versions stay, and one of them says that it is gone."""
    found = await _memory(request, name, memory)
    memory_stores.check_precondition(found, request.query.get("expected_content_sha256"))
    await _keep_version(request, found, "deleted")
    await request.records.delete(MEMORY, memory)
    return {"id": memory, "type": "memory_deleted"}


@memory_resource
async def list_memory_versions(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the versions of a store's memories, the newest first."""
    await request.get(STORE, name)
    query, full = request.query, memory_stores.is_full(request.query)
    wanted = [
        memory_stores.shown_version(version, full=full)
        for version in reversed(await request.all(VERSION))
        if version["memory_store_id"] == name and memory_stores.is_wanted(version, query) and is_listed(version, query)
    ]
    return list_page(wanted, query, most=MAX_FULL if full else MAX_LIMIT)


async def _version(request: ResourceRequest, name: str, version: str) -> Document:
    found = await request.get(VERSION, version)
    if found["memory_store_id"] != name:
        raise version_not_found(version)
    return found


@memory_resource
async def retrieve_memory_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Show a version of a memory."""
    full = memory_stores.is_full(request.query, "full")
    return memory_stores.shown_version(await _version(request, name, version), full=full)


@memory_resource
async def redact_memory_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Take the content out of a version that is not the current one of its memory."""
    found, now = await _version(request, name, version), time.time()
    memory = await request.records.get(MEMORY, found["memory_id"])
    changed = await request.change(VERSION, version, lambda before: memory_stores.redacted(before, memory, now))
    return memory_stores.shown_version(changed, full=True)
