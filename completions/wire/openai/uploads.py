"""OpenAI's uploads, files that come in parts: the rules for requests, and the documents of uploads.

Shapes: `openai.types.Upload` and `UploadPart`; sizes and times are those of OpenAI's reference ("Uploads").
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.openai import files
from completions.wire.validation import Check, array, choice, integer, nullable, record, refuse, string

UPLOAD, PART = "upload", "upload_part"
"""The kinds under which an upload and its parts are stored; rules match uploads by the first too."""

MAX_BYTES, MAX_PART = 8 * 1024**3, 64 * 1024**2
LIFETIME = 3600
"""Seconds after which an incomplete upload expires."""

_FIELDS: Mapping[str, Check] = {
    "bytes": integer(0, MAX_BYTES),
    "filename": string(low=1),
    "mime_type": string(low=1),
    "purpose": choice(*files.PURPOSES),
}
_UPLOAD = record({**_FIELDS, "expires_after": nullable(files.EXPIRES)}, tuple(_FIELDS))
_COMPLETE = record({"part_ids": array(string(), "strings", low=1), "md5": nullable(string())}, ("part_ids",))


def check_upload(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request for an upload."""
    refuse(_UPLOAD(body))


def check_completion(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request to complete an upload."""
    refuse(_COMPLETE(body))


def new_upload(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return an upload without parts."""
    return {
        "id": f"upload_{secrets.token_hex(16)}",
        "created_at": int(now),
        **{key: body[key] for key in _FIELDS},
        "lasts": files.seconds(body.get("expires_after")),
        "parts": {},
        "cancelled": False,
        "file": None,
    }


def shown(upload: Document, now: float) -> dict[str, Any]:
    """Return an upload as it is at a time."""
    return {
        "id": upload["id"],
        "object": "upload",
        "bytes": upload["bytes"],
        "created_at": upload["created_at"],
        "filename": upload["filename"],
        "purpose": upload["purpose"],
        "status": _status_at(upload, now),
        "expires_at": upload["created_at"] + LIFETIME,
        "file": upload["file"],
    }


def _status_at(upload: Document, now: float) -> str:
    if upload["file"] is not None:
        return "completed"
    if upload["cancelled"]:
        return "cancelled"
    return "expired" if now >= upload["created_at"] + LIFETIME else "pending"


def check_pending(upload: Document, now: float) -> None:
    """Raise the API's error if an upload is complete, cancelled or expired."""
    if (status := _status_at(upload, now)) != "pending":
        raise RequestError(f"Upload {upload['id']} is {status} and can no longer be changed.")


def new_part(upload: str, now: float) -> dict[str, Any]:
    """Return a part."""
    name = f"part_{secrets.token_hex(16)}"
    return {"id": name, "object": "upload.part", "created_at": int(now), "upload_id": upload}


def check_parts(upload: Document, names: Sequence[str]) -> None:
    """Raise the error of invalid parts for a file."""
    unknown = next((name for name in names if name not in upload["parts"]), None)
    if unknown is not None:
        raise RequestError(f"No such part: {unknown[:100]}", param="part_ids")
    if len(set(names)) < len(names):
        raise RequestError("A part is named twice.", param="part_ids")
    if (size := sum(upload["parts"][name] for name in names)) != upload["bytes"]:
        raise RequestError(f"The parts come to {size} bytes, and the upload was to have {upload['bytes']}.")


def check_sum(data: bytes, md5: str | None) -> None:
    """Raise the error of a file whose MD5 checksum, in hexadecimal digits, is not the expected one."""
    if md5 is not None and hashlib.md5(data, usedforsecurity=False).hexdigest() != md5.lower():
        raise RequestError("The file's MD5 checksum does not match 'md5'.", param="md5")


def not_found(name: str) -> RequestError:
    """Return the API's 404 for an upload."""
    return RequestError(f"No such Upload object: {name[:200]}", status=404, param="id")
