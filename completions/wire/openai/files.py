"""OpenAI's files: their documents and the validation of uploads.

Shapes: `openai.types.FileObject` and `FileDeleted`; sizes and purposes are those of OpenAI's reference ("Files").
"""

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from completions import ids
from completions.exceptions import RequestError
from completions.wire.multipart import Form, Upload
from completions.wire.storage import no_room
from completions.wire.validation import Check, choice, integer, nullable, record, refuse

FILE = "file"
"""The kind under which a file is stored; rules match files by it too."""

PURPOSES = ("assistants", "batch", "evals", "fine-tune", "user_data", "vision")


class JsonLinesApi(NamedTuple):
    """An API whose files have one JSON document per line: its name, and the allowed file extensions."""

    name: str
    endings: tuple[str, ...] = (".jsonl",)


LINES_ONLY = {"batch": JsonLinesApi("Batch API", (".jsonl", ".json")), "fine-tune": JsonLinesApi("Fine-Tuning API")}
"""Purposes of such files. BerriAI/litellm 37527 (2026-08) quotes the refusal; a .json was recorded in April 2026."""

HOUR, MONTH = 3600, 2_592_000
"""The shortest and the longest lifetime of a file, in seconds."""

PAGE = 10_000
"""The largest page of files, which is also the default: the SDK's `FileListParams`."""

_EXPIRES: Mapping[str, Check] = {"anchor": choice("created_at"), "seconds": integer(HOUR, MONTH)}
EXPIRES = record(_EXPIRES, tuple(_EXPIRES))
"""The check of `expires_after` of files, uploads and batches, as in the SDK's parameters."""


def named_file(form: Form, field: str) -> Upload:
    """Return the file in a form's field; raise the API's error if there is none, or it has no name.

    Both errors as openai-node 804 (2024-04-29) and openai-java 284, 353 and 552 (2025-07-23) quote them.
    """
    if (upload := form.files.get(field)) is not None:
        return upload
    if field not in form.fields:
        raise RequestError(f"'{field}' is a required property")
    raise RequestError(
        "The browser (or proxy) sent a request that this server could not understand.", type="server_error"
    )


def check_upload(form: Form) -> Upload:
    """Return the file of a form; raise the error of an invalid form."""
    upload, purpose = named_file(form, "file"), form.fields.get("purpose")
    if purpose is None:
        raise RequestError("'purpose' is a required property")
    if purpose not in PURPOSES:
        allowed = ", ".join(f"'{each}'" for each in PURPOSES)
        raise RequestError(f"'{purpose[:100]}' is not one of [{allowed}] - 'purpose'", param="purpose")
    if (api := LINES_ONLY.get(purpose)) is not None and not upload.name.endswith(api.endings):
        raise RequestError(f"Invalid file format for {api.name}. Must be .jsonl")
    return upload


def expires_after(form: Form) -> int | None:
    """Return the seconds in `expires_after` of an upload, or the default of its purpose; None if it does not expire."""
    value = form.document().get("expires_after")
    refuse(record({"expires_after": nullable(EXPIRES)})({} if value is None else {"expires_after": value}))
    return seconds(value, MONTH if form.fields.get("purpose") == "batch" else None)


def seconds(expiry: Any, default: int | None = None) -> int | None:
    """Return the seconds in `expires_after`, or the default."""
    return expiry["seconds"] if isinstance(expiry, Mapping) else default


def new_file(name: str, size: int, purpose: str, created: int, lasts: int | None = None) -> dict[str, Any]:
    """Return a new file, which expires after `lasts` seconds, or never."""
    return {
        "object": "file",
        "id": f"file-{ids.spelled(secrets.token_hex(16), 22, ids.ALPHANUMERIC)}",
        "purpose": purpose,
        "filename": name,
        "bytes": size,
        "created_at": created,
        "expires_at": None if lasts is None else created + lasts,
        "status": "processed",
        "status_details": None,
    }


def not_found(name: str) -> RequestError:
    """Return the API's 404 for a file."""
    return RequestError(f"No such File object: {name[:200]}", status=404, param="id")


def storage_full(size: int) -> RequestError:
    """Return the error of a file that does not fit into the storage."""
    return no_room(size, status=413, code="storage_limit_exceeded")


def deleted(name: str) -> dict[str, Any]:
    """Return the document of a deleted file."""
    return {"id": name, "object": "file", "deleted": True}
