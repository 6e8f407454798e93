"""Anthropic's files: the resource, and the errors.

Shapes: `anthropic.types.FileMetadata` and `DeletedFile`, and recordings of June to August 2026.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.anthropic.pages import MAX_LIMIT, token_page
from completions.wire.base import Document
from completions.wire.media_type import type_of
from completions.wire.multipart import Form
from completions.wire.storage import no_room

FILE = "anthropic_file"
"""The kind under which a file is stored, which rules name too."""

MAX_NAME = 255
FORBIDDEN = frozenset('<>:"|?*\\/' + "".join(map(chr, range(32))))
"""Characters that a file's name cannot have: Anthropic's guide "Files API"."""


def read_upload(form: Form, now: float) -> tuple[dict[str, Any], bytes]:
    """Return the file of a form and its bytes; raise the error for an invalid one."""
    upload = form.files.get("file")
    if upload is None:
        raise RequestError("file: Field required")
    if not 1 <= len(upload.name) <= MAX_NAME or not FORBIDDEN.isdisjoint(upload.name):
        raise RequestError(f'file: A name has 1 to {MAX_NAME} characters, and none of < > : " | ? * \\ /')
    lifetime = form.fields.get("expires_in_seconds")
    if lifetime is not None and not (lifetime.isdecimal() and 1 <= len(lifetime) <= 9):
        raise RequestError("expires_in_seconds: Input should be a valid integer")
    file = {
        "id": f"file_01{ids.spelled(secrets.token_hex(16), 22, ids.BASE58)}",
        "created": now,
        "filename": upload.name,
        "mime_type": upload.media_type or "application/octet-stream",
        "bytes": len(upload.data),
        "downloadable": False,
        "expires": None if lifetime is None else now + int(lifetime),
    }
    return file, upload.data


def generated_file(name: str, filename: str, size: int, now: float) -> dict[str, Any]:
    """Return a file that code has generated, with the id `name`."""
    return {
        "id": name,
        "created": now,
        "filename": filename,
        "mime_type": type_of(filename),
        "bytes": size,
        "downloadable": True,
        "expires": None,
    }


def file_resource(file: Document) -> dict[str, Any]:
    """Return a file; only generated ones can be downloaded."""
    return {
        "type": "file",
        "id": file["id"],
        "size_bytes": file["bytes"],
        "created_at": _time(file["created"]),
        "filename": file["filename"],
        "mime_type": file["mime_type"],
        "downloadable": file["downloadable"],
        **({} if file["expires"] is None else {"expires_at": _time(file["expires"])}),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def file_page(listed: Sequence[dict[str, Any]], query: Mapping[str, str], wanted: Sequence[str]) -> dict[str, Any]:
    """Return a page of the files, the newest first; if ids are `wanted`, the page has those files.

    The next page is requested with `page`, or with `after_id` in older versions of the SDK.
    """
    if wanted:
        listed, query = [file for file in listed if file["id"] in wanted], {"limit": str(MAX_LIMIT)}
    return token_page(listed, query)


def deleted_file(name: str) -> dict[str, Any]:
    """Return the confirmation that a file is deleted."""
    return {"id": name, "type": "file_deleted"}


def not_found(name: str) -> RequestError:
    """Return the API's 404 for a file."""
    return RequestError(f"File not found: {name[:200]}", status=404, facts=None)


def not_downloadable(name: str) -> RequestError:
    """Return the API's error for downloading an uploaded file: only generated files can be downloaded."""
    return RequestError(f"File '{name[:200]}' is not downloadable.", facts=None)


def storage_full(size: int) -> RequestError:
    """Return the error for a file for which there is no room."""
    return no_room(size, status=413, facts=None)
