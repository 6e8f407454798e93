"""The views of Gemini's file search stores and their documents.

By a rule that names `format: file_search_document`, `ttft_ms` is the time for which a document is pending.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from completions import budget
from completions.state import blobs
from completions.state.records import Document
from completions.views.background_work import id_of, scripted_id, scripted_outcome
from completions.views.gemini import Target, has_begun, take_upload
from completions.views.http import ExchangeResponse
from completions.views.stored import ResourceRequest, stored, stored_with_open_link, stored_with_pacing
from completions.wire.fields import text
from completions.wire.gemini import file_search, files
from completions.wire.gemini.fields import pick
from completions.wire.gemini.file_search import DOCUMENT, DOCUMENTS, STORE, STORE_PREFIX, Source
from completions.wire.gemini.files import FILE, UPLOAD, new_id
from completions.wire.gemini.pages import page
from completions.wire.storage import MAX_STORED

PAGE = 10


@stored
async def create_file_search_store(request: ResourceRequest) -> dict[str, Any]:
    """Make a store."""
    body = request.body
    file_search.check("store", body)
    store = file_search.new_store(body, time.time())
    facts = {"display_name": store["display_name"]}
    store["id"] = (await scripted_id(request, facts, STORE, "display_name") or store["id"]).removeprefix(STORE_PREFIX)
    await request.records.put(STORE, store["id"], store)
    await request.records.put(DOCUMENTS, store["id"], {"documents": {}})
    return file_search.store_resource(store, {}, time.time())


async def _documents(request: ResourceRequest, store: str) -> Mapping[str, Document]:
    documents: Mapping[str, Document] = (await request.records.get(DOCUMENTS, store) or {}).get("documents", {})
    return documents


async def _document(request: ResourceRequest, store: str, name: str) -> Document:
    await request.get(STORE, store)
    document = (await _documents(request, store)).get(name)
    if document is None:
        raise file_search.document_not_found(store, name)
    return document


async def _shown(request: ResourceRequest, store: Document) -> dict[str, Any]:
    return file_search.store_resource(store, await _documents(request, store["id"]), time.time())


@stored
async def list_file_search_stores(request: ResourceRequest) -> dict[str, Any]:
    """List the stores."""
    stores = [await _shown(request, store) for store in await request.all(STORE)]
    return page(stores, request.query, "fileSearchStores", PAGE)


@stored
async def retrieve_file_search_store(request: ResourceRequest, store: str) -> dict[str, Any]:
    """Show a store as it is by now."""
    return await _shown(request, await request.get(STORE, store))


def _is_forced(request: ResourceRequest) -> bool:
    return request.query.get("force", "").lower() in ("true", "1")


@stored
async def delete_file_search_store(request: ResourceRequest, store: str) -> dict[str, Any]:
    """Remove a store; one that has documents only if it is forced."""
    await request.get(STORE, store)
    if await _documents(request, store) and not _is_forced(request):
        raise file_search.not_empty("FileSearchStore")
    await request.records.delete(STORE, store)
    await request.records.delete(DOCUMENTS, store)
    return {}


class Plan(NamedTuple):
    """The script's settings for a document: the seconds for which it is pending, and its id."""

    pending: float = 0.0
    id: str | None = None


async def _plan(request: ResourceRequest, store: str, body: Mapping[str, Any], media_type: str) -> Plan:
    """Return the script's settings for a document; raise the error of a rule."""
    facts = {"display_name": text(pick(body, "displayName")), "mime_type": media_type, "file_search_store": store}
    outcome = await scripted_outcome(request, DOCUMENT, facts, facts)
    return Plan(outcome.pacing.ttft_ms / 1000, id_of(outcome))


async def _add(request: ResourceRequest, store: str, source: Source, plan: Plan) -> Document:
    """Put a document into a store, and return it; raise the error of a full storage."""
    sizes = [each["bytes"] for one in await request.all(DOCUMENTS) for each in one["documents"].values()]
    if (size := sum(sizes) + len(source.data)) > MAX_STORED:
        raise files.storage_full(size)
    now = time.time()
    document = await budget.in_thread(file_search.new_document, source, now, now + plan.pending)
    document["id"] = plan.id or document["id"]

    def grown(before: Document) -> Document:
        return {"documents": {**before["documents"], document["id"]: document}}

    await request.change(DOCUMENTS, store, grown)
    return document


@stored_with_open_link(has_begun)
async def upload_to_file_search_store(request: ResourceRequest, store: str) -> ExchangeResponse:
    """Take a document's bytes, in pieces or at once."""
    await request.get(STORE, store)
    return await take_upload(request, Target(partial(_begin_upload, store), _end_upload))


async def _begin_upload(store: str, request: ResourceRequest, body: dict[str, Any], media_type: str) -> dict[str, Any]:
    file_search.check("upload", body)
    upload = file_search.new_upload(store, body, media_type)
    return {**upload, "id": new_id(40), "plan": [*await _plan(request, store, body, upload["media_type"])]}


async def _end_upload(request: ResourceRequest, upload: Document) -> dict[str, Any]:
    data = await blobs.get(request.records, (UPLOAD, upload["id"])) or b""
    await blobs.drop(request.records, (UPLOAD, upload["id"]))
    source = Source(upload["asked"], upload["media_type"], data)
    document = await _add(request, upload["store"], source, Plan(*upload["plan"]))
    begun = file_search.operation(upload["store"], document, time.time(), upload=True)
    return {key: value for key, value in begun.items() if key != "done"}  # as recorded: a later request shows it


@stored_with_pacing
async def import_file(request: ResourceRequest, store: str) -> dict[str, Any]:
    """Put a file that is among the files into a store."""
    await request.get(STORE, store)
    body = request.body
    file_search.check("import", body)
    file = await request.get(FILE, f"files/{text(pick(body, 'fileName')).removeprefix('files/')}")
    data = await request.bytes_of(FILE, file["name"])
    source = Source({"displayName": file["display_name"], **body}, file["media_type"], data)
    document = await _add(request, store, source, await _plan(request, store, source.request, source.media_type))
    return {"name": file_search.operation(store, document, 0, upload=False)["name"]}


@stored
async def retrieve_operation(request: ResourceRequest, store: str, name: str, upload: str = "") -> dict[str, Any]:
    """Show the operation that puts a document into a store, as it is by now."""
    document = await _document(request, store, name)
    return file_search.operation(store, document, time.time(), upload=bool(upload))


@stored
async def list_documents(request: ResourceRequest, store: str) -> dict[str, Any]:
    """List the documents of a store."""
    await request.get(STORE, store)
    now = time.time()
    documents = [
        file_search.document_resource(store, each, now) for each in (await _documents(request, store)).values()
    ]
    return page(documents, request.query, "documents", PAGE)


@stored
async def retrieve_document(request: ResourceRequest, store: str, name: str) -> dict[str, Any]:
    """Show a document as it is by now."""
    return file_search.document_resource(store, await _document(request, store, name), time.time())


@stored
async def delete_document(request: ResourceRequest, store: str, name: str) -> dict[str, Any]:
    """Remove a document; one that has chunks only if it is forced."""
    document = await _document(request, store, name)
    if document["chunks"] and not _is_forced(request):
        raise file_search.not_empty("Document")

    def without(before: Document) -> Document:
        return {"documents": {each: one for each, one in before["documents"].items() if each != name}}

    await request.change(DOCUMENTS, store, without)
    return {}
