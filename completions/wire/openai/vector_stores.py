"""OpenAI's vector stores, their files and batches of files: the rules for requests, and the documents.

Shapes: `openai.types.VectorStore`, `VectorStoreFile`, `VectorStoreFileBatch`. A store is kept in two documents: itself,
and its files with their chunks, each with the time from which it is ready, so that a status follows from the clock.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import dicts, mapping, texts
from completions.wire.openai import searching
from completions.wire.openai.stored import MAX_KEY, MAX_PAIRS, metadata
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    decimal,
    integer,
    nullable,
    record,
    refuse,
    string,
    tagged,
    text_or,
    wrong_type,
)

STORE, STORE_FILES = "vector_store", "vector_store_files"
FILE, FILE_BATCH = "vector_store_file", "vector_store_file_batch"
"""The kinds under which a store, the files of a store, and a batch of files are kept.

Rules name a store, a batch, and how a file becomes searchable.
"""

DAY = 86_400
MAX_FILES = 2000
"""The most files in a batch."""


def _attributes(value: Any) -> Problem | None:
    """Check a file's attributes: metadata whose values can also be numbers and booleans."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    texts_only = {key: item for key, item in value.items() if isinstance(item, str)}
    if len(value) > MAX_PAIRS:
        return metadata(dict.fromkeys(value, ""))
    if (problem := metadata(texts_only)) is not None:
        return problem
    for key, item in value.items():
        if len(key) > MAX_KEY:
            return metadata({key: ""})
        if not isinstance(item, str | int | float):
            return wrong_type("one of a string, number, or boolean", item).under(key)
    return None


def _half(value: Any) -> Problem | None:
    """Check a static strategy: its overlap is at most half of its size."""
    if (problem := _STATIC(value)) is not None:
        return problem
    if value["chunk_overlap_tokens"] > value["max_chunk_size_tokens"] // 2:
        why = ": must be at most half of 'max_chunk_size_tokens'."
        return Problem("Invalid", why, "invalid_value", "chunk_overlap_tokens")
    return None


_SIZES: Mapping[str, Check] = {"max_chunk_size_tokens": integer(100, 4096), "chunk_overlap_tokens": integer(0)}
_STATIC = record(_SIZES, tuple(_SIZES))
_STRATEGY = tagged(
    "type",
    {"auto": record({"type": anything}), "static": record({"type": anything, "static": _half}, ("static",))},
)
_ID = string(low=1)
_IDS = array(_ID, "strings", high=MAX_FILES)
_OF_FILES: Mapping[str, Check] = {"attributes": nullable(_attributes), "chunking_strategy": nullable(_STRATEGY)}
_FILE: Mapping[str, Check] = {"file_id": _ID, **_OF_FILES}
_EXPIRES = record({"anchor": choice("last_active_at"), "days": integer(1, 365)}, ("anchor", "days"))
_STORE: Mapping[str, Check] = {
    "name": nullable(string()),
    "description": nullable(string()),
    "expires_after": nullable(_EXPIRES),
    "metadata": nullable(metadata),
}
_RANKING: Mapping[str, Check] = {
    "ranker": choice("none", "auto", "default-2024-11-15"),
    "score_threshold": decimal(0, 1),
}

CHECKS: Mapping[str, Check] = {
    "store": record({**_STORE, "file_ids": nullable(_IDS), "chunking_strategy": nullable(_STRATEGY)}),
    "change": record(_STORE),
    "search": record(
        {
            "query": text_or("strings", array(string(), "strings", low=1)),
            "filters": nullable(searching.FILTERS),
            "max_num_results": nullable(integer(1, 50)),
            "ranking_options": nullable(record(_RANKING)),
            "rewrite_query": nullable(boolean),
        },
        ("query",),
    ),
    "file": record(_FILE, ("file_id",)),
    "attributes": record({"attributes": nullable(_attributes)}, ("attributes",)),
    "batch": record(
        {
            "file_ids": nullable(_IDS),
            "files": nullable(array(record(_FILE, ("file_id",)), "objects", high=MAX_FILES)),
            **_OF_FILES,
        }
    ),
}
"""The fields of each request. LiteLLM 1.110 sends null for missing ones."""


def check(kind: str, body: Mapping[str, Any], *, validate: bool = True) -> None:
    """Raise the error of an invalid request; with `validate` also of a batch without files, or with both lists."""
    refuse(CHECKS[kind](body))
    if validate and kind == "batch" and (body.get("file_ids") is None) == (body.get("files") is None):
        raise RequestError("Exactly one of 'file_ids' or 'files' must be provided.", code="invalid_request")


class FileToAdd(NamedTuple):
    """A file to add to a store: its id, its attributes, and its chunking strategy."""

    file_id: str
    attributes: Mapping[str, Any]
    strategy: Mapping[str, Any]


def files_to_add(body: Mapping[str, Any]) -> list[FileToAdd]:
    """Return the files of a request, each with its own settings, or with those for all."""
    each = dicts(body.get("files")) or [{**body, "file_id": name} for name in texts(body.get("file_ids"))]
    return [
        FileToAdd(one["file_id"], mapping(one.get("attributes")), strategy(mapping(one.get("chunking_strategy"))))
        for one in (each or ([dict(body)] if "file_id" in body else []))
    ]


def strategy(requested: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the static strategy for a requested one."""
    return requested if requested.get("type") == "static" else searching.AUTO


def new_store(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a store without files."""
    return {
        "id": f"vs_{secrets.token_hex(16)}",
        "created_at": int(now),
        "name": body.get("name") or "",
        "description": body.get("description"),
        "expires_after": body.get("expires_after"),
        "last_active_at": now,
        "metadata": body.get("metadata") or {},
    }


def changed(store: Document, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a store with the changes of a request."""
    changes = {key: body[key] for key in _STORE if key in body}
    fallbacks = {"name": "", "metadata": {}}
    return {**store, **{key: value or fallbacks.get(key) for key, value in changes.items()}}


def expires_at(store: Document) -> int | None:
    """Return when a store expires, in seconds since the epoch; None if it does not."""
    after = store["expires_after"]
    return None if after is None else int(store["last_active_at"]) + after["days"] * DAY


def is_expired(store: Document, now: float) -> bool:
    """Tell whether a store has expired at a time."""
    return (end := expires_at(store)) is not None and now >= end


def shown(store: Document, files: Mapping[str, Document], now: float) -> dict[str, Any]:
    """Return a store as it is at a time."""
    expired, counted = is_expired(store, now), counts(files.values(), now)
    return {
        "id": store["id"],
        "object": "vector_store",
        "created_at": store["created_at"],
        "name": store["name"],
        "description": store["description"],
        "usage_bytes": 0 if expired else sum(file_bytes(file, now) for file in files.values()),
        "file_counts": counted,
        "status": "expired" if expired else "in_progress" if counted["in_progress"] else "completed",
        "expires_after": store["expires_after"],
        "expires_at": expires_at(store),
        "last_active_at": int(store["last_active_at"]),
        "metadata": store["metadata"],
    }


def new_file(file: Document, content: str | None, one: FileToAdd, now: float, ready: float) -> dict[str, Any]:
    """Return a file of a store, with its chunks; without `content` it has failed, because it is not text."""
    failed = {
        "code": "unsupported_file",
        "message": "This mock reads files of text in UTF-8 alone; this one is something else.",
    }
    return {
        "filename": file["filename"],
        "created_at": int(now),
        "ready": ready,
        "attributes": dict(one.attributes),
        "strategy": one.strategy,
        "error": failed if content is None else None,
        "cancelled": None,
        "batch": None,
        "chunks": [] if content is None else searching.chunks(content, one.strategy),
        "content": content or "",
    }


FileStatus = Literal["in_progress", "completed", "cancelled", "failed"]


def status_at(file: Document, now: float) -> FileStatus:
    """Return the status of a file of a store at a time."""
    if file["cancelled"] is not None and file["cancelled"] < file["ready"]:
        return "cancelled"
    if now < file["ready"]:
        return "in_progress"
    return "completed" if file["error"] is None else "failed"


def file_bytes(file: Document, now: float) -> int:
    """Return the size of a file in its store, in bytes: its chunks and their vectors."""
    if status_at(file, now) != "completed":
        return 0
    return sum(len(chunk["text"].encode()) + 4 * searching.DIMENSIONS for chunk in file["chunks"])


def shown_file(store: str, name: str, file: Document, now: float) -> dict[str, Any]:
    """Return a file of a store as it is at a time."""
    status = status_at(file, now)
    return {
        "id": name,
        "object": "vector_store.file",
        "usage_bytes": file_bytes(file, now),
        "created_at": file["created_at"],
        "vector_store_id": store,
        "status": status,
        "last_error": file["error"] if status == "failed" else None,
        "chunking_strategy": file["strategy"],
        "attributes": file["attributes"],
    }


def counts(files: Any, now: float) -> dict[str, int]:
    """Return the number of files by status, and the total."""
    found = [status_at(file, now) for file in files]
    statuses: tuple[FileStatus, ...] = ("in_progress", "completed", "failed", "cancelled")
    return {**{status: found.count(status) for status in statuses}, "total": len(found)}


def new_batch(store: str, now: float) -> dict[str, Any]:
    """Return the record of a batch of files; its files have its id."""
    return {"id": f"vsfb_{secrets.token_hex(16)}", "created_at": int(now), "store": store}


def shown_batch(batch: Document, files: Sequence[Document], now: float) -> dict[str, Any]:
    """Return a batch of files as it is at a time."""
    counted = counts(files, now)
    over = "cancelled" if counted["cancelled"] else "failed" if counted["failed"] == len(files) > 0 else "completed"
    return {
        "id": batch["id"],
        "object": "vector_store.files_batch",  # as the SDK types it
        "created_at": batch["created_at"],
        "vector_store_id": batch["store"],
        "status": "in_progress" if counted["in_progress"] else over,
        "file_counts": counted,
    }


def ready_files(files: Mapping[str, Document], now: float) -> dict[str, Document]:
    """Return the files that can be searched at a time."""
    return {name: file for name, file in files.items() if status_at(file, now) == "completed"}


def results_page(queries: Sequence[str], found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the page of a search's results."""
    return {
        "object": "vector_store.search_results.page",
        "search_query": list(queries),
        "data": list(found),
        "has_more": False,
        "next_page": None,
    }


def content_page(file: Document) -> dict[str, Any]:
    """Return the page with a file's text."""
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": file["content"]}],
        "has_more": False,
        "next_page": None,
    }


def deleted(name: str, kind: str) -> dict[str, Any]:
    """Return the document of a deleted store, or of a deleted file of one."""
    return {"id": name, "object": f"{kind}.deleted", "deleted": True}


def not_found(what: str, name: str, store: str = "") -> RequestError:
    """Return the API's 404 for a store, or for what a store does not have."""
    within = f" in vector store '{store[:200]}'" if store else ""
    return RequestError(f"No {what} found with id '{name[:200]}'{within}.", status=404)
