"""The views of OpenAI's containers, in which the API runs code, and of their files."""

import time
from typing import Any

from completions.state import blobs
from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.files import download
from completions.views.http import ExchangeResponse
from completions.views.stored import ResourceRequest, keep_file, stored
from completions.wire.openai import containers, files
from completions.wire.openai.containers import CONTAINER, FILE
from completions.wire.openai.files import FILE as UPLOADED


@stored
async def create_container(request: ResourceRequest) -> dict[str, Any]:
    """Make a container, with copies of files if there are any."""
    body, now = request.body, time.time()
    containers.check_container(body, validate=request.validate)
    container = containers.new_container(body, now)
    for file in container["file_ids"]:
        await request.get(UPLOADED, file)
    container["id"] = await scripted_id(request, body, CONTAINER, "name") or container["id"]
    await request.records.put(CONTAINER, container["id"], container)
    return containers.shown(container, now)


@stored
async def list_containers(request: ResourceRequest) -> dict[str, Any]:
    """List the containers, the newest first, with a name if one is asked for."""
    now, name = time.time(), request.query.get("name")
    matching = [each for each in await request.all(CONTAINER) if name in (None, each["name"])]
    return request.page([containers.shown(container, now) for container in matching], "desc")


@stored
async def retrieve_container(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a container as it is by now."""
    return containers.shown(await request.get(CONTAINER, name), time.time())


@stored
async def delete_container(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a container and its files."""
    container_files = await _files(request, name)
    await request.delete(CONTAINER, name)
    for file in container_files:
        await request.delete_file(FILE, file["id"])
    return containers.deleted(name, "container")


async def _files(request: ResourceRequest, name: str) -> list[Document]:
    """Return the files of a container; those that it was made with are copied into it on the first call."""
    container = await request.get(CONTAINER, name)
    if uncopied := container["file_ids"]:
        await request.change(CONTAINER, name, lambda before: {**before, "file_ids": []})
        for each in uncopied:
            if (file := await request.records.get(UPLOADED, each)) is not None:
                await _copy(request, name, file)
    return [file for file in await request.all(FILE) if file["container_id"] == name]


async def _copy(request: ResourceRequest, name: str, file: Document) -> Document:
    copy = containers.copied_file(name, file, time.time())
    data = await blobs.get(request.records, (UPLOADED, file["id"])) or b""
    await keep_file(request.records, FILE, copy, data, files.storage_full)
    return copy


@stored
async def create_container_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Put a file into a container: an upload, or a copy of one of the files."""
    await _touch(request, name)
    if request.http_request.content_type == "multipart/form-data":
        upload = files.named_file(request.form, "file")
        file = containers.uploaded_file(name, upload.name, len(upload.data), time.time())
        file["id"] = await scripted_id(request, {"filename": upload.name}, FILE, "filename") or file["id"]
        await keep_file(request.records, FILE, file, upload.data, files.storage_full)
        return file
    body = request.body
    containers.check_file(body)
    return dict(await _copy(request, name, await request.get(UPLOADED, body["file_id"])))


async def _touch(request: ResourceRequest, name: str) -> None:
    """Note that a container is used, so that it expires later; raise the API's error if it has expired."""
    now = time.time()
    await request.change(CONTAINER, name, lambda before: containers.touched(before, now))


@stored
async def list_container_files(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the files of a container, the newest first."""
    return request.page(await _files(request, name), "desc")


async def _file(request: ResourceRequest, name: str, file_id: str) -> Document:
    match = next((file for file in await _files(request, name) if file["id"] == file_id), None)
    if match is None:
        raise containers.file_not_found(file_id, name)
    return match


@stored
async def retrieve_container_file(request: ResourceRequest, name: str, file_id: str) -> dict[str, Any]:
    """Show a file of a container."""
    return dict(await _file(request, name, file_id))


@stored
async def download_container_file(request: ResourceRequest, name: str, file_id: str) -> ExchangeResponse:
    """Send the bytes of a file of a container."""
    file = await _file(request, name, file_id)
    await _touch(request, name)
    return download(await request.bytes_of(FILE, file_id), file["path"].removeprefix(containers.FOLDER))


@stored
async def delete_container_file(request: ResourceRequest, name: str, file_id: str) -> dict[str, Any]:
    """Remove a file of a container."""
    await _file(request, name, file_id)
    await request.delete_file(FILE, file_id)
    return containers.deleted(file_id, "container.file")
