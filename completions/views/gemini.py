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
from completions.views.edge import read_body
from completions.views.http import FastJsonResponse, RawResponse, Recorded
from completions.views.paced import pace_of
from completions.views.stored import Asked, stored, stored_behind
from completions.wire.base import decode_object
from completions.wire.gemini import caches, files
from completions.wire.gemini.caches import CACHE
from completions.wire.gemini.files import FILE, UPLOAD
from completions.wire.gemini.pages import page
from completions.wire.storage import MAX_STORED

GRANULARITY = "8388608"
"""The bytes of which all pieces of an upload but the last have to be a multiple, as recorded."""

FINAL, ACTIVE = {"x-goog-upload-status": "final"}, {"x-goog-upload-status": "active"}


def _answer(document: dict[str, Any] | bytes, headers: dict[str, str]) -> Recorded:
    response = RawResponse(document, 200, "text/plain") if isinstance(document, bytes) else FastJsonResponse(document)
    response.add_headers(headers)
    return response


class Target(NamedTuple):
    """What uploads at an address come to.

    `begin` makes an upload of a document and a media type, `end` what is answered once all of its bytes are kept.
    """

    begin: Callable[[Asked, dict[str, Any], str], Awaitable[dict[str, Any]]]
    end: Callable[[Asked, Document], Awaitable[dict[str, Any]]]


async def take_upload(asked: Asked, target: Target) -> Recorded:
    """Begin an upload, go on with it, or take all of it at once, as the headers say."""
    sent = TextHeaders(asked.headers)
    if name := asked.query.get("upload_id", ""):
        return await _resume(asked, name, sent, target)
    body, media_type = read_body(asked.request), sent.get("content-type") or ""
    protocol = sent.get("x-goog-upload-protocol") or asked.query.get("uploadType") or ""
    if protocol == "resumable":
        return await _begin(asked, body, sent, target)
    if protocol == "multipart" or media_type.startswith("multipart/related"):
        document, kind, data = files.related(body, media_type)
    else:
        document, kind, data = {}, media_type, body
    upload = files.received(await target.begin(asked, document, kind), len(data), "")
    await blobs.put(asked.records, (UPLOAD, upload["id"]), data)
    try:
        return _answer(await target.end(asked, upload), FINAL)
    except BaseException:
        await blobs.drop(asked.records, (UPLOAD, upload["id"]))
        raise


async def _new_upload(asked: Asked, document: dict[str, Any], media_type: str) -> dict[str, Any]:
    """Return an upload that begins; raise the error of a rule, or of a name that is taken."""
    upload = files.new_upload(document, media_type)
    if any(each["name"] == upload["name"] for each in await asked.all(FILE)):
        raise files.already_exists(upload["name"])
    facts = {"name": upload["name"], "display_name": upload["display_name"], "mime_type": upload["media_type"]}
    outcome = await pace_of(asked, FILE, facts, facts)
    return {**upload, "id": files.new_id(40), "processing": outcome.pacing.ttft_ms / 1000}


async def _begin(asked: Asked, body: bytes, sent: TextHeaders, target: Target) -> Recorded:
    document = decode_object(body) if body.strip() else {}
    upload = await target.begin(asked, document, sent.get("x-goog-upload-header-content-type") or "")
    await asked.records.put(UPLOAD, upload["id"], upload)
    root = root_of(asked.request, "" if asked.space.name == DEFAULT else asked.space.name)
    query = urlencode({"upload_id": upload["id"], "upload_protocol": "resumable"})
    url = f"{root}{without_prefix(asked.request.path)}?{query}"
    told = {"x-goog-upload-url": url, "x-goog-upload-control-url": url, "x-goog-upload-chunk-granularity": GRANULARITY}
    return _answer(b"", told | ACTIVE)


async def _resume(asked: Asked, name: str, sent: TextHeaders, target: Target) -> Recorded:
    upload = await asked.get(UPLOAD, name)
    commands = {each.strip() for each in (sent.get("x-goog-upload-command") or "upload, finalize").lower().split(",")}
    if commands == {"query"}:
        return _answer(b"", {"x-goog-upload-size-received": str(upload["received"]), **ACTIVE})
    if commands == {"cancel"}:
        await asked.records.delete(UPLOAD, name)
        await blobs.drop(asked.records, (UPLOAD, name))
        return _answer(b"", {"x-goog-upload-status": "cancelled"})
    if "upload" in commands:
        data, offset = read_body(asked.request), sent.get("x-goog-upload-offset") or ""
        upload = await asked.change(UPLOAD, name, lambda before: files.received(before, len(data), offset))
        await blobs.append(asked.records, (UPLOAD, name), data)
    if "finalize" not in commands:
        return _answer(b"", ACTIVE)
    made = await target.end(asked, upload)
    await asked.records.delete(UPLOAD, name)
    return _answer(made, FINAL)


async def _made(asked: Asked, upload: Document) -> dict[str, Any]:
    """Keep the file of an upload that has ended; raise the error of no room."""
    now, owner = time.time(), (UPLOAD, upload["id"])
    there = sum(each["bytes"] for each in await asked.all(FILE))
    if there + upload["received"] > MAX_STORED:
        raise files.storage_full(there + upload["received"])
    data = await blobs.get(asked.records, owner) or b""
    file = await budget.in_thread(files.new_file, upload, data, now, now + upload["processing"])
    await blobs.move(asked.records, [owner], (FILE, file["name"]))
    await asked.records.put(FILE, file["name"], file)
    return {"file": files.shown(file, now)}


FILES = Target(_new_upload, _made)


async def has_begun(records: Records, query: Mapping[str, object], route: Mapping[str, str]) -> bool:
    """Tell whether an address is that of an upload that has begun, at which Google asks for no key."""
    return await records.get(UPLOAD, str(query.get("upload_id"))) is not None


@stored_behind(has_begun)
async def uploaded(asked: Asked) -> Recorded:
    """Take the bytes of a file."""
    return await take_upload(asked, FILES)


@stored
async def files_listed(asked: Asked) -> dict[str, Any]:
    """List the files, the newest first."""
    now = time.time()
    there = [files.shown(each, now) for each in await asked.all(FILE)]
    return page(there[::-1], asked.query, "files", 10)


@stored
async def file_shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a file as it is by now."""
    return files.shown(await asked.get(FILE, f"files/{name}"), time.time())


@stored
async def file_removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a file."""
    await asked.delete_file(FILE, f"files/{name}")
    return {}


@stored
async def cache_made(asked: Asked, place: str = "") -> dict[str, Any]:
    """Cache contents."""
    body = asked.body
    await pace_of(asked, CACHE, body)
    prompt = caches.prompt_of(body, place, TextHeaders(asked.headers))
    prompt = await with_uploads(asked.records, files.place_of, prompt)
    cache = await budget.run(caches.new_cache, body, place, prompt, time.time())
    await asked.records.put(CACHE, cache["name"], cache)
    return caches.shown(cache)


@stored
async def caches_listed(asked: Asked, place: str = "") -> dict[str, Any]:
    """List the caches, the newest first."""
    start = f"{place}cachedContents/"
    found = [caches.shown(each) for each in await asked.all(CACHE) if each["name"].startswith(start)]
    return page(found[::-1], asked.query, "cachedContents", 50)


@stored
async def cache_shown(asked: Asked, name: str, place: str = "") -> dict[str, Any]:
    """Show a cache."""
    return caches.shown(await asked.get(CACHE, f"{place}cachedContents/{name}"))


@stored
async def cache_changed(asked: Asked, name: str, place: str = "") -> dict[str, Any]:
    """Change when a cache ends."""
    whole, body, now = f"{place}cachedContents/{name}", asked.body, time.time()
    cache = await asked.change(CACHE, whole, lambda before: caches.changed(before, body, now))
    return caches.shown(cache)


@stored
async def cache_removed(asked: Asked, name: str, place: str = "") -> dict[str, Any]:
    """Remove a cache."""
    await asked.delete(CACHE, f"{place}cachedContents/{name}")
    return {}
