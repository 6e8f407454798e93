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
from completions.views.gemini import Target, has_begun, take_upload
from completions.views.http import Recorded
from completions.views.paced import id_by, pace_of, scripted_id
from completions.views.stored import Asked, stored, stored_at_pace, stored_behind
from completions.wire.fields import text
from completions.wire.gemini import file_search, files
from completions.wire.gemini.fields import pick
from completions.wire.gemini.file_search import DOCUMENT, DOCUMENTS, PLACE, STORE, Source
from completions.wire.gemini.files import FILE, UPLOAD, new_id
from completions.wire.gemini.pages import page
from completions.wire.storage import MAX_STORED

PAGE = 10


@stored
async def made(asked: Asked) -> dict[str, Any]:
    """Make a store."""
    body = asked.body
    file_search.check("store", body)
    store = file_search.new_store(body, time.time())
    facts = {"display_name": store["display_name"]}
    store["id"] = (await scripted_id(asked, facts, STORE, "display_name") or store["id"]).removeprefix(PLACE)
    await asked.records.put(STORE, store["id"], store)
    await asked.records.put(DOCUMENTS, store["id"], {"documents": {}})
    return file_search.shown_store(store, {}, time.time())


async def _documents(asked: Asked, store: str) -> Mapping[str, Document]:
    documents: Mapping[str, Document] = (await asked.records.get(DOCUMENTS, store) or {}).get("documents", {})
    return documents


async def _document(asked: Asked, store: str, name: str) -> Document:
    await asked.get(STORE, store)
    document = (await _documents(asked, store)).get(name)
    if document is None:
        raise file_search.no_document(store, name)
    return document


async def _shown(asked: Asked, store: Document) -> dict[str, Any]:
    return file_search.shown_store(store, await _documents(asked, store["id"]), time.time())


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the stores."""
    there = [await _shown(asked, store) for store in await asked.all(STORE)]
    return page(there, asked.query, "fileSearchStores", PAGE)


@stored
async def shown(asked: Asked, store: str) -> dict[str, Any]:
    """Show a store as it is by now."""
    return await _shown(asked, await asked.get(STORE, store))


def _forced(asked: Asked) -> bool:
    return asked.query.get("force", "").lower() in ("true", "1")


@stored
async def removed(asked: Asked, store: str) -> dict[str, Any]:
    """Remove a store; one that has documents only if it is forced."""
    await asked.get(STORE, store)
    if await _documents(asked, store) and not _forced(asked):
        raise file_search.not_empty("FileSearchStore")
    await asked.records.delete(STORE, store)
    await asked.records.delete(DOCUMENTS, store)
    return {}


class Plan(NamedTuple):
    """What the script says of a document: the seconds for which it is pending, and its id."""

    pending: float = 0.0
    id: str | None = None


async def _plan(asked: Asked, store: str, body: Mapping[str, Any], media_type: str) -> Plan:
    """Return what the script says of a document; raise the error of a rule."""
    facts = {"display_name": text(pick(body, "displayName")), "mime_type": media_type, "file_search_store": store}
    outcome = await pace_of(asked, DOCUMENT, facts, facts)
    return Plan(outcome.pacing.ttft_ms / 1000, id_by(outcome))


async def _add(asked: Asked, store: str, source: Source, plan: Plan) -> Document:
    """Put a document into a store, and return it; raise the error of no room."""
    taken = [each["bytes"] for one in await asked.all(DOCUMENTS) for each in one["documents"].values()]
    if (size := sum(taken) + len(source.data)) > MAX_STORED:
        raise files.storage_full(size)
    now = time.time()
    document = await budget.in_thread(file_search.new_document, source, now, now + plan.pending)
    document["id"] = plan.id or document["id"]

    def grown(before: Document) -> Document:
        return {"documents": {**before["documents"], document["id"]: document}}

    await asked.change(DOCUMENTS, store, grown)
    return document


@stored_behind(has_begun)
async def uploaded(asked: Asked, store: str) -> Recorded:
    """Take a document's bytes, in pieces or at once."""
    await asked.get(STORE, store)
    return await take_upload(asked, Target(partial(_begin_upload, store), _end_upload))


async def _begin_upload(store: str, asked: Asked, body: dict[str, Any], media_type: str) -> dict[str, Any]:
    file_search.check("upload", body)
    upload = file_search.new_upload(store, body, media_type)
    return {**upload, "id": new_id(40), "plan": [*await _plan(asked, store, body, upload["media_type"])]}


async def _end_upload(asked: Asked, upload: Document) -> dict[str, Any]:
    data = await blobs.get(asked.records, (UPLOAD, upload["id"])) or b""
    await blobs.drop(asked.records, (UPLOAD, upload["id"]))
    source = Source(upload["asked"], upload["media_type"], data)
    document = await _add(asked, upload["store"], source, Plan(*upload["plan"]))
    begun = file_search.operation(upload["store"], document, time.time(), upload=True)
    return {key: value for key, value in begun.items() if key != "done"}  # as recorded: asked again, it tells


@stored_at_pace
async def imported(asked: Asked, store: str) -> dict[str, Any]:
    """Put a file that is among the files into a store."""
    await asked.get(STORE, store)
    body = asked.body
    file_search.check("import", body)
    file = await asked.get(FILE, f"files/{text(pick(body, 'fileName')).removeprefix('files/')}")
    data = await asked.bytes_of(FILE, file["name"])
    source = Source({"displayName": file["display_name"], **body}, file["media_type"], data)
    document = await _add(asked, store, source, await _plan(asked, store, source.asked, source.media_type))
    return {"name": file_search.operation(store, document, 0, upload=False)["name"]}


@stored
async def operation(asked: Asked, store: str, name: str, upload: str = "") -> dict[str, Any]:
    """Show how far a document is on its way into a store."""
    document = await _document(asked, store, name)
    return file_search.operation(store, document, time.time(), upload=bool(upload))


@stored
async def documents_listed(asked: Asked, store: str) -> dict[str, Any]:
    """List the documents of a store."""
    await asked.get(STORE, store)
    now = time.time()
    there = [file_search.shown_document(store, each, now) for each in (await _documents(asked, store)).values()]
    return page(there, asked.query, "documents", PAGE)


@stored
async def document_shown(asked: Asked, store: str, name: str) -> dict[str, Any]:
    """Show a document as it is by now."""
    return file_search.shown_document(store, await _document(asked, store, name), time.time())


@stored
async def document_removed(asked: Asked, store: str, name: str) -> dict[str, Any]:
    """Remove a document; one that has chunks only if it is forced."""
    document = await _document(asked, store, name)
    if document["chunks"] and not _forced(asked):
        raise file_search.not_empty("Document")

    def without(before: Document) -> Document:
        return {"documents": {each: one for each, one in before["documents"].items() if each != name}}

    await asked.change(DOCUMENTS, store, without)
    return {}
