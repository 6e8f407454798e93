"""The views of OpenAI's uploads, by which a file comes in parts."""

import time
from typing import Any

from completions import budget
from completions.exceptions import RequestError
from completions.state import blobs
from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.files import put_file
from completions.views.stored import ResourceRequest, stored
from completions.wire.openai import files, uploads
from completions.wire.openai.uploads import PART, UPLOAD
from completions.wire.storage import MAX_STORED


async def _change(request: ResourceRequest, name: str, **facts: Any) -> Document:
    """Change an upload, and return it; raise the API's error where it is missing or has ended."""

    def edited(before: Document) -> Document:
        uploads.check_pending(before, time.time())
        return {**before, **facts, "parts": {**before["parts"], **facts.get("parts", {})}}

    return await request.change(UPLOAD, name, edited)


@stored
async def create_upload(request: ResourceRequest) -> dict[str, Any]:
    """Begin an upload."""
    body = request.body
    uploads.check_upload(body)
    upload = uploads.new_upload(body, time.time())
    upload["id"] = await scripted_id(request, body, UPLOAD, "filename", "purpose") or upload["id"]
    await request.records.put(UPLOAD, upload["id"], upload)
    return uploads.shown(upload, time.time())


@stored
async def add_upload_part(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Keep a part of an upload."""
    before = await _change(request, name)
    data = files.named_file(request.form, "data")
    if (size := sum(before["parts"].values()) + len(data.data)) > MAX_STORED:
        raise files.storage_full(size)
    if len(data.data) > uploads.MAX_PART:
        raise RequestError(f"A part has at most {uploads.MAX_PART} bytes.", status=413, param="data")
    part = uploads.new_part(name, time.time())
    await blobs.put(request.records, (PART, part["id"]), data.data)
    await _change(request, name, parts={part["id"]: len(data.data)})
    return part


@stored
async def complete_upload(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Make a file of the parts, in the order in which they are named."""
    upload, body = await _change(request, name), request.body
    uploads.check_completion(body)
    uploads.check_parts(upload, body["part_ids"])
    parts = [await blobs.get(request.records, (PART, part)) for part in body["part_ids"]]
    data = b"".join(part for part in parts if part is not None)
    await budget.in_thread(uploads.check_sum, data, body.get("md5"))
    now = time.time()
    file = files.new_file(upload["filename"], len(data), upload["purpose"], int(now), upload["lasts"])
    await put_file(request.records, file, data)
    upload = await _change(request, name, file=file)
    await _drop_parts(request, upload)
    return uploads.shown(upload, now)


@stored
async def cancel_upload(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel an upload and drop its parts."""
    upload = await _change(request, name, cancelled=True)
    await _drop_parts(request, upload)
    return uploads.shown(upload, time.time())


async def _drop_parts(request: ResourceRequest, upload: Document) -> None:
    for part in upload["parts"]:
        await blobs.drop(request.records, (PART, part))
