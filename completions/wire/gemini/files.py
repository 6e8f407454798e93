"""Gemini's files: the resource, the progress of an upload, and the errors.

Shapes and headers as recorded of the API in August 2026, and `google.genai.types.File`; times and sizes are those of
Google's page on the Files API.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import orjson

from completions.exceptions import RequestError
from completions.wire.base import Document, Place
from completions.wire.fields import mapping, text
from completions.wire.gemini.errors import SERVICE, Violated
from completions.wire.gemini.fields import inner, many, pick
from completions.wire.gemini.proto import anything, long, message, string
from completions.wire.gemini.times import timestamp
from completions.wire.storage import MAX_STORED, no_room

FILE, UPLOAD = "gemini_file", "gemini_upload"
"""The kinds under which a file and an unfinished upload are stored; rules name the first too."""

LIFETIME = 48 * 3600
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
NAME = re.compile(r"files/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
SLOW_TYPES = ("video/", "audio/")
"""Media types of files that are processed for a while, until the rule's `ttft_ms` is over."""


OWN_URIS = ("files/", f"https://{SERVICE}/")


def place_of(source: str) -> Place | None:
    """Return the place of the file with a URI or a name."""
    found = NAME.search(source)
    return (FILE, found[0]) if found and found.end() == len(source) else None


def file_places(contents: object) -> list[Place]:
    """Return the places of the files that contents name by the API's own URIs."""
    parts = (part for content in many(contents) for part in many(content.get("parts")))
    uris = (text(pick(inner(part, "fileData"), "fileUri")) for part in parts)
    return [place for uri in uris if uri.startswith(OWN_URIS) and (place := place_of(uri)) is not None]


def check_usable(places: Iterable[Place], documents: Mapping[Place, Document], now: float) -> None:
    """Raise the API's error for a file that is still processing (quoted until October 2026).

    An unknown file is accepted: it may have been uploaded to the real API, as in recordings and fixtures.
    """
    for place in places:
        if (file := documents.get(place)) is not None and now < file["ready"]:
            why = f"The File {place[1].rpartition('/')[2]} is not in an ACTIVE state and usage is not allowed."
            raise RequestError(why, status=400, code="FAILED_PRECONDITION", facts=None)


_TEXTS = ("name", "displayName", "mimeType", "createTime", "updateTime", "expirationTime", "sha256Hash")
_OTHERS = ("uri", "downloadUri", "state", "source", "error", "videoMetadata")
_FILE = message("File", {**dict.fromkeys(_TEXTS, string), "sizeBytes": long, **dict.fromkeys(_OTHERS, anything)})
"""The fields of a file in a request for an upload: `google.genai.types.File`."""


def new_id(length: int) -> str:
    """Return a random id as the API makes them."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def new_upload(body: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    """Return a new upload; `body` may have the `file`'s name and display name."""
    if body.get("file") is not None and (violations := _FILE(body["file"], "file")):
        raise Violated(violations)
    file = inner(body, "file")
    name = text(pick(file, "name"))
    if name and not NAME.fullmatch(name):
        raise RequestError(
            f"* CreateFileRequest.file.name: {name[:100]} must be files/ and at most 40 lowercase letters, digits and "
            "dashes\n"
        )
    return {
        "name": name or f"files/{new_id(12)}",
        "display_name": text(pick(file, "displayName")),
        "media_type": media_type or text(pick(file, "mimeType")) or "application/octet-stream",
        "received": 0,
    }


def with_received(upload: Document, size: int, offset: str) -> dict[str, Any]:
    """Return an upload with `size` more bytes; raise the error for a wrong offset."""
    if offset and offset != str(upload["received"]):
        raise RequestError(f"The upload has {upload['received']} bytes, so the offset cannot be {offset[:20]}.")
    if (total := upload["received"] + size) > MAX_STORED:
        raise storage_full(total)
    return {**upload, "received": total}


def new_file(upload: Document, data: bytes, now: float, ready: float) -> dict[str, Any]:
    """Return the file of a complete upload; it is processing until `ready`."""
    return {
        "name": upload["name"],
        "display_name": upload["display_name"],
        "media_type": upload["media_type"],
        "bytes": len(data),
        "sha256": base64.b64encode(hashlib.sha256(data).hexdigest().encode()).decode(),
        "created": now,
        "ready": ready if upload["media_type"].startswith(SLOW_TYPES) else now,
        "expires": now + LIFETIME,
    }


def file_resource(file: Document, now: float) -> dict[str, Any]:
    """Return a file as it is at a time."""
    created = timestamp(file["created"])
    return {
        "name": file["name"],
        **({"displayName": file["display_name"]} if file["display_name"] else {}),
        "mimeType": file["media_type"],
        "sizeBytes": str(file["bytes"]),
        "createTime": created,
        "updateTime": created,
        "expirationTime": timestamp(file["expires"], digits=9),
        "sha256Hash": file["sha256"],
        "uri": f"https://{SERVICE}/v1beta/{file['name']}",
        "state": "ACTIVE" if now >= file["ready"] else "PROCESSING",
        "source": "UPLOADED",
    }


def parse_multipart(body: bytes, media_type: str) -> tuple[dict[str, Any], str, bytes]:
    """Return the document, the media type and the bytes of an upload in one body (`multipart/related`)."""
    message = message_from_bytes(b"Content-Type: " + media_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if len(parts) != 2:
        raise RequestError("Malformed multipart body: expected a JSON document and a file.")
    head, data = (payload if isinstance(payload := part.get_payload(decode=True), bytes) else b"" for part in parts)
    try:
        document = mapping(orjson.loads(head or b"{}"))
    except orjson.JSONDecodeError as exc:
        raise RequestError(f"Invalid JSON payload received. {exc}") from exc
    return document, parts[1].get_content_type(), data


def not_found(name: str) -> RequestError:
    """Return the API's error for an unknown file."""
    why = f"You do not have permission to access the File {name[:100]} or it may not exist."
    return RequestError(why, status=403, code="PERMISSION_DENIED", facts=None)


def not_downloadable(name: str) -> RequestError:
    """Return the API's error for downloading an uploaded file: only generated files can be downloaded."""
    why = f"File {name[:100]} is not downloadable: it was uploaded."
    return RequestError(why, status=400, code="FAILED_PRECONDITION", facts=None)


def already_exists(name: str) -> RequestError:
    """Return the API's error for a name that is in use."""
    return RequestError(f"Resource already exists: {name}", status=409, code="ALREADY_EXISTS", facts=None)


def storage_full(size: int) -> RequestError:
    """Return the error for a file for which there is no room."""
    return no_room(size, status=429, code="RESOURCE_EXHAUSTED", facts=None)
