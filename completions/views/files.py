"""The views of OpenAI's files."""

import time
from typing import Any

from django.utils.http import content_disposition_header

from completions.exceptions import RequestError
from completions.state.records import Document, Records
from completions.views.background_work import scripted_id
from completions.views.http import ExchangeResponse, RawResponse
from completions.views.stored import ResourceRequest, keep_file, stored
from completions.wire.openai import files
from completions.wire.openai.files import FILE


async def put_file(records: Records, file: Document, data: bytes) -> None:
    """Store a file and its bytes; raise `RequestError` where they exceed the storage."""
    await keep_file(records, FILE, file, data, files.storage_full)


@stored
async def upload_file(request: ResourceRequest) -> dict[str, Any]:
    """Keep an upload."""
    form = request.form
    upload = files.check_upload(form)
    lifetime = files.expires_after(form)
    file = files.new_file(upload.name, len(upload.data), form.fields["purpose"], int(time.time()), lifetime)
    file["id"] = await scripted_id(request, file, FILE, "filename", "purpose") or file["id"]
    await put_file(request.records, file, upload.data)
    return file


@stored
async def list_files(request: ResourceRequest) -> dict[str, Any]:
    """List the files, the newest first, of a purpose if one is asked for."""
    purpose = request.query.get("purpose")
    return request.page(
        [each for each in await request.all(FILE) if purpose in (None, each["purpose"])], "desc", files.PAGE
    )


@stored
async def retrieve_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a file."""
    return dict(await request.get(FILE, name))


@stored
async def download_file(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send a file's bytes back."""
    file = await request.get(FILE, name)
    return download(await request.bytes_of(FILE, name), file["filename"])


def download(data: bytes, filename: str) -> ExchangeResponse:
    """Return a response with a file's bytes, which a browser saves under this name."""
    response = RawResponse(data, 200, "application/octet-stream")
    plain = "".join(filter(str.isprintable, filename))
    response["content-disposition"] = content_disposition_header(as_attachment=True, filename=plain) or "attachment"
    return response


@stored
async def delete_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a file."""
    await request.delete_file(FILE, name)
    return files.deleted(name)


def check_lines_file(file: Document) -> None:
    """Raise the error of a file that cannot be the input of a batch."""
    if file["purpose"] != "batch":
        message = f"Invalid file purpose: expected 'batch', but got '{file['purpose']}'."
        raise RequestError(message, code="invalid_purpose", param="input_file_id")
