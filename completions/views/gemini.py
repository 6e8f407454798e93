"""The views of Gemini's files and cached contents.

By a rule that names `format: gemini_file`, `ttft_ms` is the time for which a video or a sound is processed.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from completions import budget
from completions.resolve.ask import TextHeaders
from completions.resolve.uploads import with_uploads
from completions.state import blobs
from completions.state.namespaces import DEFAULT
from completions.state.records import Document, Records
from completions.views.address import root_of, without_prefix
from completions.views.background_work import scripted_outcome
from completions.views.edge import read_body
from completions.views.http import ExchangeResponse, FastJsonResponse, RawResponse
from completions.views.stored import ResourceRequest, stored, stored_with_open_link
from completions.wire.base import decode_object
from completions.wire.gemini import caches, files
from completions.wire.gemini.caches import CACHE
from completions.wire.gemini.files import FILE, UPLOAD
from completions.wire.gemini.pages import page
from completions.wire.storage import MAX_STORED

GRANULARITY = "8388608"
"""The bytes of which all pieces of an upload but the last have to be a multiple, as recorded."""

FINAL, ACTIVE = {"x-goog-upload-status": "final"}, {"x-goog-upload-status": "active"}


def _respond(document: dict[str, Any] | bytes, headers: dict[str, str]) -> ExchangeResponse:
    response = RawResponse(document, 200, "text/plain") if isinstance(document, bytes) else FastJsonResponse(document)
    response.add_headers(headers)
    return response


class Target(NamedTuple):
    """The functions that handle uploads at an address.

    `begin` makes an upload of a document and a media type, `end` makes the answer once all of its bytes are stored.
    """

    begin: Callable[[ResourceRequest, dict[str, Any], str], Awaitable[dict[str, Any]]]
    end: Callable[[ResourceRequest, Document], Awaitable[dict[str, Any]]]


async def take_upload(request: ResourceRequest, target: Target) -> ExchangeResponse:
    """Begin an upload, continue it, or take all of it at once, as the headers say."""
    headers = TextHeaders(request.headers)
    if name := request.query.get("upload_id", ""):
        return await _resume(request, name, headers, target)
    body, media_type = read_body(request.http_request), headers.get("content-type") or ""
    protocol = headers.get("x-goog-upload-protocol") or request.query.get("uploadType") or ""
    if protocol == "resumable":
        return await _begin(request, body, headers, target)
    if protocol == "multipart" or media_type.startswith("multipart/related"):
        document, kind, data = files.parse_multipart(body, media_type)
    else:
        document, kind, data = {}, media_type, body
    upload = files.with_received(await target.begin(request, document, kind), len(data), "")
    await blobs.put(request.records, (UPLOAD, upload["id"]), data)
    try:
        return _respond(await target.end(request, upload), FINAL)
    except BaseException:
        await blobs.drop(request.records, (UPLOAD, upload["id"]))
        raise


async def _new_upload(request: ResourceRequest, document: dict[str, Any], media_type: str) -> dict[str, Any]:
    """Return an upload that begins; raise the error of a rule, or of a name that is taken."""
    upload = files.new_upload(document, media_type)
    if any(each["name"] == upload["name"] for each in await request.all(FILE)):
        raise files.already_exists(upload["name"])
    facts = {"name": upload["name"], "display_name": upload["display_name"], "mime_type": upload["media_type"]}
    outcome = await scripted_outcome(request, FILE, facts, facts)
    return {**upload, "id": files.new_id(40), "processing": outcome.pacing.ttft_ms / 1000}


async def _begin(request: ResourceRequest, body: bytes, headers: TextHeaders, target: Target) -> ExchangeResponse:
    document = decode_object(body) if body.strip() else {}
    upload = await target.begin(request, document, headers.get("x-goog-upload-header-content-type") or "")
    await request.records.put(UPLOAD, upload["id"], upload)
    root = root_of(request.http_request, "" if request.space.name == DEFAULT else request.space.name)
    query = urlencode({"upload_id": upload["id"], "upload_protocol": "resumable"})
    url = f"{root}{without_prefix(request.http_request.path)}?{query}"
    upload_headers = {
        "x-goog-upload-url": url,
        "x-goog-upload-control-url": url,
        "x-goog-upload-chunk-granularity": GRANULARITY,
    }
    return _respond(b"", upload_headers | ACTIVE)


async def _resume(request: ResourceRequest, name: str, headers: TextHeaders, target: Target) -> ExchangeResponse:
    upload = await request.get(UPLOAD, name)
    commands = {
        each.strip() for each in (headers.get("x-goog-upload-command") or "upload, finalize").lower().split(",")
    }
    if commands == {"query"}:
        return _respond(b"", {"x-goog-upload-size-received": str(upload["received"]), **ACTIVE})
    if commands == {"cancel"}:
        await request.records.delete(UPLOAD, name)
        await blobs.drop(request.records, (UPLOAD, name))
        return _respond(b"", {"x-goog-upload-status": "cancelled"})
    if "upload" in commands:
        data, offset = read_body(request.http_request), headers.get("x-goog-upload-offset") or ""
        upload = await request.change(UPLOAD, name, lambda before: files.with_received(before, len(data), offset))
        await blobs.append(request.records, (UPLOAD, name), data)
    if "finalize" not in commands:
        return _respond(b"", ACTIVE)
    document = await target.end(request, upload)
    await request.records.delete(UPLOAD, name)
    return _respond(document, FINAL)


async def _store_file(request: ResourceRequest, upload: Document) -> dict[str, Any]:
    """Store the file of an upload that has ended; raise the error of a full storage."""
    now, owner = time.time(), (UPLOAD, upload["id"])
    stored_bytes = sum(each["bytes"] for each in await request.all(FILE))
    if stored_bytes + upload["received"] > MAX_STORED:
        raise files.storage_full(stored_bytes + upload["received"])
    data = await blobs.get(request.records, owner) or b""
    file = await budget.in_thread(files.new_file, upload, data, now, now + upload["processing"])
    await blobs.move(request.records, [owner], (FILE, file["name"]))
    await request.records.put(FILE, file["name"], file)
    return {"file": files.file_resource(file, now)}


FILES = Target(_new_upload, _store_file)


async def has_begun(records: Records, query: Mapping[str, object], route: Mapping[str, str]) -> bool:
    """Return whether an address is that of an upload that has begun, for which Google requires no key."""
    return await records.get(UPLOAD, str(query.get("upload_id"))) is not None


@stored_with_open_link(has_begun)
async def upload_file(request: ResourceRequest) -> ExchangeResponse:
    """Take the bytes of a file."""
    return await take_upload(request, FILES)


@stored
async def list_files(request: ResourceRequest) -> dict[str, Any]:
    """List the files, the newest first."""
    now = time.time()
    shown_files = [files.file_resource(each, now) for each in await request.all(FILE)]
    return page(shown_files[::-1], request.query, "files", 10)


@stored
async def retrieve_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a file as it is by now."""
    return files.file_resource(await request.get(FILE, f"files/{name}"), time.time())


@stored
async def delete_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a file."""
    await request.delete_file(FILE, f"files/{name}")
    return {}


@stored
async def create_cached_content(request: ResourceRequest, place: str = "") -> dict[str, Any]:
    """Cache contents."""
    body = request.body
    await scripted_outcome(request, CACHE, body)
    prompt = caches.prompt_for_counting(body, place, TextHeaders(request.headers))
    prompt = await with_uploads(request.records, files.place_of, prompt)
    cache = await budget.run(caches.new_cache, body, place, prompt, time.time())
    await request.records.put(CACHE, cache["name"], cache)
    return caches.cache_resource(cache)


@stored
async def list_cached_contents(request: ResourceRequest, place: str = "") -> dict[str, Any]:
    """List the caches, the newest first."""
    start = f"{place}cachedContents/"
    shown_caches = [caches.cache_resource(each) for each in await request.all(CACHE) if each["name"].startswith(start)]
    return page(shown_caches[::-1], request.query, "cachedContents", 50)


@stored
async def retrieve_cached_content(request: ResourceRequest, name: str, place: str = "") -> dict[str, Any]:
    """Show a cache."""
    return caches.cache_resource(await request.get(CACHE, f"{place}cachedContents/{name}"))


@stored
async def update_cached_content(request: ResourceRequest, name: str, place: str = "") -> dict[str, Any]:
    """Change when a cache ends."""
    whole, body, now = f"{place}cachedContents/{name}", request.body, time.time()
    cache = await request.change(CACHE, whole, lambda before: caches.updated_cache(before, body, now))
    return caches.cache_resource(cache)


@stored
async def delete_cached_content(request: ResourceRequest, name: str, place: str = "") -> dict[str, Any]:
    """Remove a cache."""
    await request.delete(CACHE, f"{place}cachedContents/{name}")
    return {}
