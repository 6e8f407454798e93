"""The views of Anthropic's files; a rule that names `format: anthropic_file` can refuse one."""

import time
from typing import Any

from completions.views.files import download
from completions.views.http import Recorded
from completions.views.paced import scripted_id
from completions.views.stored import Asked, keep_file, stored
from completions.wire.anthropic import files
from completions.wire.anthropic.files import FILE


@stored
async def uploaded(asked: Asked) -> dict[str, Any]:
    """Keep an upload."""
    file, data = files.read_upload(asked.form, time.time())
    file["id"] = await scripted_id(asked, file, FILE, "filename", "mime_type") or file["id"]
    await keep_file(asked.records, FILE, file, data, files.storage_full)
    return files.shown(file)


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the files, the newest first."""
    wanted = [*asked.request.GET.getlist("ids"), *asked.request.GET.getlist("ids[]")]
    return files.file_page([files.shown(file) for file in await asked.all(FILE)][::-1], asked.query, wanted)


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a file."""
    return files.shown(await asked.get(FILE, name))


@stored
async def content(asked: Asked, name: str) -> Recorded:
    """Send what code has made; refuse to send back what was uploaded."""
    file = await asked.get(FILE, name)
    if not file["downloadable"]:
        raise files.not_downloadable(file["id"])
    return download(await asked.bytes_of(FILE, name), file["filename"])


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a file."""
    await asked.delete_file(FILE, name)
    return files.deleted(name)
