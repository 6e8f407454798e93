"""The views of Anthropic's files; a rule that names `format: anthropic_file` can refuse one."""

import time
from typing import Any

from completions.state import blobs
from completions.state.records import Document
from completions.views.paced import scripted_id
from completions.views.stored import Asked, stored
from completions.wire.anthropic import files
from completions.wire.anthropic.files import FILE
from completions.wire.storage import MAX_STORED


async def _there(asked: Asked) -> list[Document]:
    now = time.time()
    return [file for file in await asked.records.all(FILE) if files.is_there(file, now)]


async def _file(asked: Asked, name: str) -> Document:
    file = await asked.records.get(FILE, name)
    if file is None or not files.is_there(file, time.time()):
        raise files.not_found(name)
    return file


@stored
async def uploaded(asked: Asked) -> dict[str, Any]:
    """Keep an upload."""
    file, data = files.read_upload(asked.form, time.time())
    if (size := sum(each["bytes"] for each in await _there(asked)) + len(data)) > MAX_STORED:
        raise files.storage_full(size)
    file["id"] = await scripted_id(asked, file, FILE, "filename", "mime_type") or file["id"]
    await blobs.put(asked.records, (FILE, file["id"]), data)
    await asked.records.put(FILE, file["id"], file)
    return files.shown(file)


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the files, the newest first."""
    wanted = [*asked.request.GET.getlist("ids"), *asked.request.GET.getlist("ids[]")]
    return files.file_page([files.shown(file) for file in await _there(asked)][::-1], asked.query, wanted)


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a file."""
    return files.shown(await _file(asked, name))


@stored
async def content(asked: Asked, name: str) -> dict[str, Any]:
    """Refuse to send back what was uploaded."""
    raise files.not_downloadable((await _file(asked, name))["id"])


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a file."""
    await _file(asked, name)
    await asked.records.delete(FILE, name)
    await blobs.drop(asked.records, (FILE, name))
    return files.deleted(name)
