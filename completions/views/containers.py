"""The views of OpenAI's containers, in which the API runs code, and of their files."""

import time
from typing import Any

from completions.state import blobs
from completions.state.records import Document
from completions.views.files import download
from completions.views.http import Recorded
from completions.views.paced import scripted_id
from completions.views.stored import Asked, keep_file, stored
from completions.wire.openai import containers, files
from completions.wire.openai.containers import CONTAINER, FILE
from completions.wire.openai.files import FILE as UPLOADED


@stored
async def made(asked: Asked) -> dict[str, Any]:
    """Make a container, with copies of files if there are any."""
    body, now = asked.body, time.time()
    if asked.validate:
        containers.check_container(body)
    container = containers.new_container(body, now)
    for file in container["file_ids"]:
        await asked.get(UPLOADED, file)
    container["id"] = await scripted_id(asked, body, CONTAINER, "name") or container["id"]
    await asked.records.put(CONTAINER, container["id"], container)
    return containers.shown(container, now)


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the containers, the newest first, with a name if one is asked for."""
    now, name = time.time(), asked.query.get("name")
    found = [each for each in await asked.all(CONTAINER) if name in (None, each["name"])]
    return asked.page([containers.shown(container, now) for container in found], "desc")


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a container as it is by now."""
    return containers.shown(await asked.get(CONTAINER, name), time.time())


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a container and its files."""
    files_there = await _files(asked, name)
    await asked.delete(CONTAINER, name)
    for file in files_there:
        await asked.delete_file(FILE, file["id"])
    return containers.deleted(name, "container")


async def _files(asked: Asked, name: str) -> list[Document]:
    """Return the files of a container; those that it was made with are copied into it on the first call."""
    container = await asked.get(CONTAINER, name)
    if wanted := container["file_ids"]:
        await asked.change(CONTAINER, name, lambda before: {**before, "file_ids": []})
        for each in wanted:
            if (file := await asked.records.get(UPLOADED, each)) is not None:
                await _copy(asked, name, file)
    return [file for file in await asked.all(FILE) if file["container_id"] == name]


async def _copy(asked: Asked, name: str, file: Document) -> Document:
    copy = containers.copied_file(name, file, time.time())
    data = await blobs.get(asked.records, (UPLOADED, file["id"])) or b""
    await keep_file(asked.records, FILE, copy, data, files.storage_full)
    return copy


@stored
async def file_added(asked: Asked, name: str) -> dict[str, Any]:
    """Put a file into a container: an upload, or a copy of one of the files."""
    await _touch(asked, name)
    if asked.request.content_type == "multipart/form-data":
        upload = files.named_file(asked.form, "file")
        file = containers.uploaded_file(name, upload.name, len(upload.data), time.time())
        file["id"] = await scripted_id(asked, {"filename": upload.name}, FILE, "filename") or file["id"]
        await keep_file(asked.records, FILE, file, upload.data, files.storage_full)
        return file
    body = asked.body
    containers.check_file(body)
    return dict(await _copy(asked, name, await asked.get(UPLOADED, body["file_id"])))


async def _touch(asked: Asked, name: str) -> None:
    """Note that a container is used, so that it expires later; raise the API's error if it has expired."""
    now = time.time()
    await asked.change(CONTAINER, name, lambda before: containers.touched(before, now))


@stored
async def files_listed(asked: Asked, name: str) -> dict[str, Any]:
    """List the files of a container, the newest first."""
    return asked.page(await _files(asked, name), "desc")


async def _file(asked: Asked, name: str, file_id: str) -> Document:
    found = next((file for file in await _files(asked, name) if file["id"] == file_id), None)
    if found is None:
        raise containers.file_not_found(file_id, name)
    return found


@stored
async def file_shown(asked: Asked, name: str, file_id: str) -> dict[str, Any]:
    """Show a file of a container."""
    return dict(await _file(asked, name, file_id))


@stored
async def file_content(asked: Asked, name: str, file_id: str) -> Recorded:
    """Send the bytes of a file of a container."""
    file = await _file(asked, name, file_id)
    await _touch(asked, name)
    return download(await asked.bytes_of(FILE, file_id), file["path"].removeprefix(containers.FOLDER))


@stored
async def file_removed(asked: Asked, name: str, file_id: str) -> dict[str, Any]:
    """Remove a file of a container."""
    await _file(asked, name, file_id)
    await asked.delete_file(FILE, file_id)
    return containers.deleted(file_id, "container.file")
