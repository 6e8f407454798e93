"""The views of OpenAI's files."""

import time
from typing import Any

from django.utils.http import content_disposition_header

from completions.exceptions import RequestError
from completions.state.records import Document, Records
from completions.views.http import RawResponse, Recorded
from completions.views.paced import scripted_id
from completions.views.stored import Asked, keep_file, stored
from completions.wire.openai import files
from completions.wire.openai.files import FILE


async def put_file(records: Records, file: Document, data: bytes) -> None:
    """Keep a file and its bytes; raise `RequestError` where there is no room."""
    await keep_file(records, FILE, file, data, files.storage_full)


@stored
async def uploaded(asked: Asked) -> dict[str, Any]:
    """Keep an upload."""
    form = asked.form
    upload = files.check_upload(form)
    lasts = files.expires_after(form)
    file = files.new_file(upload.name, len(upload.data), form.fields["purpose"], int(time.time()), lasts)
    file["id"] = await scripted_id(asked, file, FILE, "filename", "purpose") or file["id"]
    await put_file(asked.records, file, upload.data)
    return file


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the files, the newest first, of a purpose if one is asked for."""
    purpose = asked.query.get("purpose")
    return asked.page(
        [each for each in await asked.all(FILE) if purpose in (None, each["purpose"])], "desc", files.PAGE
    )


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a file."""
    return dict(await asked.get(FILE, name))


@stored
async def content(asked: Asked, name: str) -> Recorded:
    """Send a file's bytes back."""
    file = await asked.get(FILE, name)
    return download(await asked.bytes_of(FILE, name), file["filename"])


def download(data: bytes, filename: str) -> Recorded:
    """Return a response with a file's bytes, which a browser saves under this name."""
    response = RawResponse(data, 200, "application/octet-stream")
    plain = "".join(filter(str.isprintable, filename))
    response["content-disposition"] = content_disposition_header(as_attachment=True, filename=plain) or "attachment"
    return response


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a file."""
    await asked.delete_file(FILE, name)
    return files.deleted(name)


def check_lines_file(file: Document) -> None:
    """Raise what is wrong with a file from which a batch is to be made."""
    if file["purpose"] != "batch":
        message = f"Invalid file purpose: expected 'batch', but got '{file['purpose']}'."
        raise RequestError(message, code="invalid_purpose", param="input_file_id")
