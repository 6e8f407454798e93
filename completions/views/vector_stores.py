"""The views of OpenAI's vector stores, which search the texts of uploaded files.

By a rule that names `format: vector_store_file`, `ttft_ms` is the time after which a file can be searched.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from completions import budget
from completions.exceptions import RequestError
from completions.state.records import Document
from completions.views.paced import pace_of, scripted_id
from completions.views.stored import Asked, stored, stored_at_pace
from completions.wire.openai import searching, vector_stores
from completions.wire.openai.files import FILE as UPLOADED
from completions.wire.openai.vector_stores import FILE, FILE_BATCH, STORE, STORE_FILES, FileToAdd, not_found

Files = Mapping[str, Document]


async def _files(asked: Asked, store: str) -> Files:
    kept: Files = (await asked.records.get(STORE_FILES, store) or {}).get("files", {})
    return kept


async def _shown(asked: Asked, store: Document) -> dict[str, Any]:
    return vector_stores.shown(store, await _files(asked, store["id"]), time.time())


async def _touch(asked: Asked, name: str) -> None:
    """Note that a store was in use, which puts off its end; raise the API's error where it has come."""
    now = time.time()

    def used(before: Document) -> Document:
        if vector_stores.is_expired(before, now):
            raise RequestError(f"Vector store {name[:200]} has expired.", code="vector_store_expired")
        return {**before, "last_active_at": now}

    await asked.change(STORE, name, used)


def _check(asked: Asked, what: str) -> dict[str, Any]:
    """Return the body, checked: these shapes are needed, so a script that does not validate asks for them too."""
    body = asked.body
    vector_stores.check(what, body, validate=asked.validate)
    return body


async def _index(asked: Asked, store: str, wanted: Iterable[FileToAdd], batch: str | None = None) -> Files:
    """Put files into a store, and return them."""
    added = {one.file_id: await _indexed(asked, store, one) | {"batch": batch} for one in wanted}

    def grown(before: Document | None) -> Document:
        return {"id": store, "files": {**(before or {}).get("files", {}), **added}}

    await asked.records.change(STORE_FILES, store, grown)
    return added


async def _indexed(asked: Asked, store: str, one: FileToAdd) -> dict[str, Any]:
    file, data = await asked.get(UPLOADED, one.file_id), await asked.bytes_of(UPLOADED, one.file_id)
    try:
        content = data.decode()
    except UnicodeDecodeError:
        content = None
    facts = {**file, "file_id": one.file_id, "vector_store_id": store, "metadata": dict(one.attributes)}
    outcome = await pace_of(asked, FILE, facts)
    now = time.time()
    ready = now + outcome.pacing.ttft_ms / 1000
    return await budget.in_thread(vector_stores.new_file, file, content, one, now, ready)


@stored_at_pace
async def made(asked: Asked) -> dict[str, Any]:
    """Make a vector store, with files if there are any."""
    body = _check(asked, "store")
    store = vector_stores.new_store(body, time.time())
    store["id"] = await scripted_id(asked, body, STORE) or store["id"]
    await asked.records.put(STORE, store["id"], store)
    if wanted := vector_stores.files_to_add(body):
        try:
            await _index(asked, store["id"], wanted)
        except BaseException:
            await asked.records.delete(STORE, store["id"])
            raise
    return await _shown(asked, store)


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the vector stores, the newest first."""
    return asked.page([await _shown(asked, store) for store in await asked.all(STORE)], "desc")


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a vector store as it is by now."""
    return await _shown(asked, await asked.get(STORE, name))


@stored
async def changed(asked: Asked, name: str) -> dict[str, Any]:
    """Change a vector store's name, metadata or expiry."""
    await asked.get(STORE, name)
    body = _check(asked, "change")
    store = await asked.change(STORE, name, lambda before: vector_stores.changed(before, body))
    return await _shown(asked, store)


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a vector store; its files stay among the files."""
    await asked.delete(STORE, name)
    await asked.records.delete(STORE_FILES, name)
    return vector_stores.deleted(name, "vector_store")


@stored
async def searched(asked: Asked, name: str) -> dict[str, Any]:
    """Search a vector store."""
    body = _check(asked, "search")
    await _touch(asked, name)
    files = vector_stores.ready_files(await _files(asked, name), time.time())
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    found = await budget.run(searching.search, files, searching.question(body, queries))
    return vector_stores.results_page(queries, found)


@stored_at_pace
async def file_added(asked: Asked, name: str) -> dict[str, Any]:
    """Put a file into a vector store; it is in progress when this is answered."""
    body = _check(asked, "file")
    await _touch(asked, name)
    ((file_id, file),) = (await _index(asked, name, vector_stores.files_to_add(body))).items()
    return vector_stores.shown_file(name, file_id, file, now=0)


@stored
async def files_listed(asked: Asked, name: str, batch: str | None = None) -> dict[str, Any]:
    """List the files of a vector store or of a batch, the newest first, with a status if one is asked for."""
    await asked.get(STORE, name)
    if batch is not None:
        await asked.get(FILE_BATCH, f"{name}/{batch}")
    now, status = time.time(), asked.query.get("filter")
    files = [
        vector_stores.shown_file(name, file_id, file, now)
        for file_id, file in (await _files(asked, name)).items()
        if batch in (None, file["batch"])
    ]
    return asked.page([file for file in files if status in (None, file["status"])], "desc")


async def _file(asked: Asked, store: str, name: str) -> Document:
    await asked.get(STORE, store)
    file: Document | None = (await _files(asked, store)).get(name)
    if file is None:
        raise not_found("file", name, store)
    return file


@stored
async def file_shown(asked: Asked, name: str, file_id: str) -> dict[str, Any]:
    """Show a file of a vector store as it is by now."""
    return vector_stores.shown_file(name, file_id, await _file(asked, name, file_id), time.time())


@stored
async def file_changed(asked: Asked, name: str, file_id: str) -> dict[str, Any]:
    """Give a file of a vector store other attributes."""
    await _file(asked, name, file_id)
    attributes = _check(asked, "attributes")["attributes"] or {}
    files = await _change_files(asked, name, lambda each, file: {"attributes": attributes} if each == file_id else {})
    return vector_stores.shown_file(name, file_id, files[file_id], time.time())


@stored
async def file_content(asked: Asked, name: str, file_id: str) -> dict[str, Any]:
    """Show the text of a file of a vector store."""
    return vector_stores.content_page(await _file(asked, name, file_id))


@stored
async def file_removed(asked: Asked, name: str, file_id: str) -> dict[str, Any]:
    """Take a file out of a vector store; it stays among the files."""
    await _file(asked, name, file_id)
    await asked.change(
        STORE_FILES,
        name,
        lambda before: {**before, "files": {each: file for each, file in before["files"].items() if each != file_id}},
    )
    return vector_stores.deleted(file_id, "vector_store.file")


async def _change_files(asked: Asked, store: str, facts: Any) -> Files:
    """Change each file of a store by the facts that are found for its id and itself; return them all."""

    def edited(before: Document) -> Document:
        return {**before, "files": {each: {**file, **facts(each, file)} for each, file in before["files"].items()}}

    files: Files = (await asked.change(STORE_FILES, store, edited))["files"]
    return files


@stored_at_pace
async def batch_made(asked: Asked, name: str) -> dict[str, Any]:
    """Put several files into a vector store; all are in progress when this is answered."""
    body = _check(asked, "batch")
    await _touch(asked, name)
    batch = vector_stores.new_batch(name, time.time())
    batch["id"] = await scripted_id(asked, {"metadata": body.get("attributes")}, FILE_BATCH) or batch["id"]
    await asked.records.put(FILE_BATCH, f"{name}/{batch['id']}", batch)
    files = await _index(asked, name, vector_stores.files_to_add(body), batch["id"])
    return vector_stores.shown_batch(batch, list(files.values()), now=0)


async def _shown_batch(asked: Asked, batch: Document, files: Files) -> dict[str, Any]:
    own = [file for file in files.values() if file["batch"] == batch["id"]]
    return vector_stores.shown_batch(batch, own, time.time())


@stored
async def batch_shown(asked: Asked, name: str, batch: str) -> dict[str, Any]:
    """Show a batch of files as it is by now."""
    await asked.get(STORE, name)
    return await _shown_batch(asked, await asked.get(FILE_BATCH, f"{name}/{batch}"), await _files(asked, name))


@stored
async def batch_cancelled(asked: Asked, name: str, batch: str) -> dict[str, Any]:
    """Cancel what is still in progress of a batch of files."""
    await asked.get(STORE, name)
    record, now = await asked.get(FILE_BATCH, f"{name}/{batch}"), time.time()
    files = await _change_files(asked, name, lambda each, file: {"cancelled": now} if file["batch"] == batch else {})
    return await _shown_batch(asked, record, files)
