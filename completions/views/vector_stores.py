"""The views of OpenAI's vector stores, which search the texts of uploaded files.

By a rule that names `format: vector_store_file`, `ttft_ms` is the time after which a file can be searched.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from completions import budget
from completions.exceptions import RequestError
from completions.state.records import Document
from completions.views.background_work import scripted_id, scripted_outcome
from completions.views.stored import ResourceRequest, stored, stored_with_pacing
from completions.wire.openai import searching, vector_stores
from completions.wire.openai.files import FILE as UPLOADED
from completions.wire.openai.vector_stores import FILE, FILE_BATCH, STORE, STORE_FILES, FileToAdd, not_found

Files = Mapping[str, Document]


async def _files(request: ResourceRequest, store: str) -> Files:
    files: Files = (await request.records.get(STORE_FILES, store) or {}).get("files", {})
    return files


async def _shown(request: ResourceRequest, store: Document) -> dict[str, Any]:
    return vector_stores.shown(store, await _files(request, store["id"]), time.time())


async def _touch(request: ResourceRequest, name: str) -> None:
    """Note that a store was used, which extends its life; raise the API's error where it has expired."""
    now = time.time()

    def used(before: Document) -> Document:
        if vector_stores.is_expired(before, now):
            raise RequestError(f"Vector store {name[:200]} has expired.", code="vector_store_expired")
        return {**before, "last_active_at": now}

    await request.change(STORE, name, used)


def _check(request: ResourceRequest, what: str) -> dict[str, Any]:
    """Return the checked body: the code relies on these shapes, so they are checked without `validate` too."""
    body = request.body
    vector_stores.check(what, body, validate=request.validate)
    return body


async def _index(
    request: ResourceRequest, store: str, files_to_add: Iterable[FileToAdd], batch: str | None = None
) -> Files:
    """Put files into a store, and return them."""
    added = {
        file_to_add.file_id: await _index_file(request, store, file_to_add) | {"batch": batch}
        for file_to_add in files_to_add
    }

    def grown(before: Document | None) -> Document:
        return {"id": store, "files": {**(before or {}).get("files", {}), **added}}

    await request.records.change(STORE_FILES, store, grown)
    return added


async def _index_file(request: ResourceRequest, store: str, file_to_add: FileToAdd) -> dict[str, Any]:
    file, data = await request.get(UPLOADED, file_to_add.file_id), await request.bytes_of(UPLOADED, file_to_add.file_id)
    try:
        content = data.decode()
    except UnicodeDecodeError:
        content = None
    facts = {**file, "file_id": file_to_add.file_id, "vector_store_id": store, "metadata": dict(file_to_add.attributes)}
    outcome = await scripted_outcome(request, FILE, facts)
    now = time.time()
    ready = now + outcome.pacing.ttft_ms / 1000
    return await budget.in_thread(vector_stores.new_file, file, content, file_to_add, now, ready)


@stored_with_pacing
async def create_vector_store(request: ResourceRequest) -> dict[str, Any]:
    """Make a vector store, with files if there are any."""
    body = _check(request, "store")
    store = vector_stores.new_store(body, time.time())
    store["id"] = await scripted_id(request, body, STORE) or store["id"]
    await request.records.put(STORE, store["id"], store)
    if files_to_add := vector_stores.files_to_add(body):
        try:
            await _index(request, store["id"], files_to_add)
        except BaseException:
            await request.records.delete(STORE, store["id"])
            raise
    return await _shown(request, store)


@stored
async def list_vector_stores(request: ResourceRequest) -> dict[str, Any]:
    """List the vector stores, the newest first."""
    return request.page([await _shown(request, store) for store in await request.all(STORE)], "desc")


@stored
async def retrieve_vector_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a vector store as it is by now."""
    return await _shown(request, await request.get(STORE, name))


@stored
async def update_vector_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a vector store's name, metadata or expiry."""
    await request.get(STORE, name)
    body = _check(request, "change")
    store = await request.change(STORE, name, lambda before: vector_stores.changed(before, body))
    return await _shown(request, store)


@stored
async def delete_vector_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a vector store; its files stay among the files."""
    await request.delete(STORE, name)
    await request.records.delete(STORE_FILES, name)
    return vector_stores.deleted(name, "vector_store")


@stored
async def search_vector_store(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Search a vector store."""
    body = _check(request, "search")
    await _touch(request, name)
    files = vector_stores.ready_files(await _files(request, name), time.time())
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    results = await budget.run(searching.search, files, searching.question(body, queries))
    return vector_stores.results_page(queries, results)


@stored_with_pacing
async def create_vector_store_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Put a file into a vector store; it is in progress when this is answered."""
    body = _check(request, "file")
    await _touch(request, name)
    ((file_id, file),) = (await _index(request, name, vector_stores.files_to_add(body))).items()
    return vector_stores.shown_file(name, file_id, file, now=0)


@stored
async def list_vector_store_files(request: ResourceRequest, name: str, batch: str | None = None) -> dict[str, Any]:
    """List the files of a vector store or of a batch, the newest first, with a status if one is asked for."""
    await request.get(STORE, name)
    if batch is not None:
        await request.get(FILE_BATCH, f"{name}/{batch}")
    now, status = time.time(), request.query.get("filter")
    files = [
        vector_stores.shown_file(name, file_id, file, now)
        for file_id, file in (await _files(request, name)).items()
        if batch in (None, file["batch"])
    ]
    return request.page([file for file in files if status in (None, file["status"])], "desc")


async def _file(request: ResourceRequest, store: str, name: str) -> Document:
    await request.get(STORE, store)
    file: Document | None = (await _files(request, store)).get(name)
    if file is None:
        raise not_found("file", name, store)
    return file


@stored
async def retrieve_vector_store_file(request: ResourceRequest, name: str, file_id: str) -> dict[str, Any]:
    """Show a file of a vector store as it is by now."""
    return vector_stores.shown_file(name, file_id, await _file(request, name, file_id), time.time())


@stored
async def update_vector_store_file(request: ResourceRequest, name: str, file_id: str) -> dict[str, Any]:
    """Give a file of a vector store other attributes."""
    await _file(request, name, file_id)
    attributes = _check(request, "attributes")["attributes"] or {}
    files = await _change_files(request, name, lambda each, file: {"attributes": attributes} if each == file_id else {})
    return vector_stores.shown_file(name, file_id, files[file_id], time.time())


@stored
async def retrieve_vector_store_file_content(request: ResourceRequest, name: str, file_id: str) -> dict[str, Any]:
    """Show the text of a file of a vector store."""
    return vector_stores.content_page(await _file(request, name, file_id))


@stored
async def delete_vector_store_file(request: ResourceRequest, name: str, file_id: str) -> dict[str, Any]:
    """Take a file out of a vector store; it stays among the files."""
    await _file(request, name, file_id)
    await request.change(
        STORE_FILES,
        name,
        lambda before: {**before, "files": {each: file for each, file in before["files"].items() if each != file_id}},
    )
    return vector_stores.deleted(file_id, "vector_store.file")


async def _change_files(request: ResourceRequest, store: str, facts: Any) -> Files:
    """Update each file of a store with the facts that `facts` returns for its id and file; return all files."""

    def edited(before: Document) -> Document:
        return {**before, "files": {each: {**file, **facts(each, file)} for each, file in before["files"].items()}}

    files: Files = (await request.change(STORE_FILES, store, edited))["files"]
    return files


@stored_with_pacing
async def create_vector_store_file_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Put several files into a vector store; all are in progress when this is answered."""
    body = _check(request, "batch")
    await _touch(request, name)
    batch = vector_stores.new_batch(name, time.time())
    batch["id"] = await scripted_id(request, {"metadata": body.get("attributes")}, FILE_BATCH) or batch["id"]
    await request.records.put(FILE_BATCH, f"{name}/{batch['id']}", batch)
    files = await _index(request, name, vector_stores.files_to_add(body), batch["id"])
    return vector_stores.shown_batch(batch, list(files.values()), now=0)


async def _shown_batch(request: ResourceRequest, batch: Document, files: Files) -> dict[str, Any]:
    batch_files = [file for file in files.values() if file["batch"] == batch["id"]]
    return vector_stores.shown_batch(batch, batch_files, time.time())


@stored
async def retrieve_vector_store_file_batch(request: ResourceRequest, name: str, batch: str) -> dict[str, Any]:
    """Show a batch of files as it is by now."""
    await request.get(STORE, name)
    return await _shown_batch(request, await request.get(FILE_BATCH, f"{name}/{batch}"), await _files(request, name))


@stored
async def cancel_vector_store_file_batch(request: ResourceRequest, name: str, batch: str) -> dict[str, Any]:
    """Cancel the files of a batch that are still in progress."""
    await request.get(STORE, name)
    record, now = await request.get(FILE_BATCH, f"{name}/{batch}"), time.time()
    files = await _change_files(request, name, lambda each, file: {"cancelled": now} if file["batch"] == batch else {})
    return await _shown_batch(request, record, files)
