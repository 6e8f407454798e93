"""The views of Anthropic's files; a rule that names `format: anthropic_file` can refuse one."""

import time
from typing import Any

from completions.views.background_work import scripted_id
from completions.views.files import download
from completions.views.http import ExchangeResponse
from completions.views.stored import ResourceRequest, keep_file, stored
from completions.wire.anthropic import files
from completions.wire.anthropic.files import FILE


@stored
async def upload_file(request: ResourceRequest) -> dict[str, Any]:
    """Keep an upload."""
    file, data = files.read_upload(request.form, time.time())
    file["id"] = await scripted_id(request, file, FILE, "filename", "mime_type") or file["id"]
    await keep_file(request.records, FILE, file, data, files.storage_full)
    return files.file_resource(file)


@stored
async def list_files(request: ResourceRequest) -> dict[str, Any]:
    """List the files, the newest first."""
    wanted = [*request.http_request.GET.getlist("ids"), *request.http_request.GET.getlist("ids[]")]
    return files.file_page([files.file_resource(file) for file in await request.all(FILE)][::-1], request.query, wanted)


@stored
async def retrieve_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a file."""
    return files.file_resource(await request.get(FILE, name))


@stored
async def download_file(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send what code has made; refuse to send back what was uploaded."""
    file = await request.get(FILE, name)
    if not file["downloadable"]:
        raise files.not_downloadable(file["id"])
    return download(await request.bytes_of(FILE, name), file["filename"])


@stored
async def delete_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a file."""
    await request.delete_file(FILE, name)
    return files.deleted_file(name)
