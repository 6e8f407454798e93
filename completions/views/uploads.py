"""The views of OpenAI's uploads, by which a file comes in parts."""

import time
from typing import Any

from completions import budget
from completions.exceptions import RequestError
from completions.state import blobs
from completions.state.records import Document
from completions.views.files import put_file
from completions.views.paced import scripted_id
from completions.views.stored import Asked, stored
from completions.wire.openai import files, uploads
from completions.wire.openai.uploads import PART, UPLOAD
from completions.wire.storage import MAX_STORED


async def _change(asked: Asked, name: str, **facts: Any) -> Document:
    """Change an upload, and return it; raise the API's error where it is not there or over."""

    def edited(before: Document) -> Document:
        uploads.check_pending(before, time.time())
        return {**before, **facts, "parts": {**before["parts"], **facts.get("parts", {})}}

    return await asked.change(UPLOAD, name, edited)


@stored
async def made(asked: Asked) -> dict[str, Any]:
    """Begin an upload."""
    body = asked.body
    uploads.check_upload(body)
    upload = uploads.new_upload(body, time.time())
    upload["id"] = await scripted_id(asked, body, UPLOAD, "filename", "purpose") or upload["id"]
    await asked.records.put(UPLOAD, upload["id"], upload)
    return uploads.shown(upload, time.time())


@stored
async def part_added(asked: Asked, name: str) -> dict[str, Any]:
    """Keep a part of an upload."""
    before = await _change(asked, name)
    data = files.named_file(asked.form, "data")
    if (size := sum(before["parts"].values()) + len(data.data)) > MAX_STORED:
        raise files.storage_full(size)
    if len(data.data) > uploads.MAX_PART:
        raise RequestError(f"A part has at most {uploads.MAX_PART} bytes.", status=413, param="data")
    part = uploads.new_part(name, time.time())
    await blobs.put(asked.records, (PART, part["id"]), data.data)
    await _change(asked, name, parts={part["id"]: len(data.data)})
    return part


@stored
async def completed(asked: Asked, name: str) -> dict[str, Any]:
    """Make a file of the parts, in the order in which they are named."""
    upload, body = await _change(asked, name), asked.body
    uploads.check_completion(body)
    uploads.check_parts(upload, body["part_ids"])
    kept = [await blobs.get(asked.records, (PART, part)) for part in body["part_ids"]]
    data = b"".join(part for part in kept if part is not None)
    await budget.in_thread(uploads.check_sum, data, body.get("md5"))
    now = time.time()
    file = files.new_file(upload["filename"], len(data), upload["purpose"], int(now), upload["lasts"])
    await put_file(asked.records, file, data)
    upload = await _change(asked, name, file=file)
    await _forget(asked, upload)
    return uploads.shown(upload, now)


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel an upload, whose parts go."""
    upload = await _change(asked, name, cancelled=True)
    await _forget(asked, upload)
    return uploads.shown(upload, time.time())


async def _forget(asked: Asked, upload: Document) -> None:
    for part in upload["parts"]:
        await blobs.drop(asked.records, (PART, part))
