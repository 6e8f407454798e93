"""Memory stores of Managed Agents: the stores, the memories in them, and the versions of memories.

Shapes: `BetaManagedAgentsMemoryStore`, `BetaManagedAgentsMemory` and `BetaManagedAgentsMemoryVersion` of the anthropic
SDK 2.14, and its descriptions of paths, views and preconditions. Words: a clone's comparison (October 2026) for what is
missing; the others are ours.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import Wrong, choice, record, string
from completions.wire.anthropic.managed.checks import check_fields
from completions.wire.anthropic.managed.metadata import metadata, metadata_patch, patched
from completions.wire.anthropic.managed.records import new_id, new_record, optional_time, shown_times, written_time
from completions.wire.base import Document
from completions.wire.validation import Check, Problem, nullable

MAX_CONTENT, MAX_PATH, MAX_SEGMENTS = 102_400, 1024, 20
"""The most bytes of a memory and of its path, and the most segments of a path."""

MAX_FULL = 20
"""The most items of a page that has their contents."""

ACTOR = {"type": "api_actor", "api_key_id": "apikey_01Mock"}
"""Who writes memories here: the only caller of the API, whose key has this id."""


def _content(value: Any) -> Problem | None:
    if type(value) is str and len(value.encode("utf-8", "surrogatepass")) > MAX_CONTENT:
        return Wrong(f"Content should have at most {MAX_CONTENT} bytes")
    return string()(value)


def _path(value: Any) -> Problem | None:
    if (problem := string(1)(value)) is not None:
        return problem
    segments = value.split("/")[1:]
    is_clean = not any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in value)
    if not value.startswith("/") or not 1 <= len(segments) <= MAX_SEGMENTS:
        return Wrong(f"A path starts with '/' and has 1 to {MAX_SEGMENTS} segments")
    if any(segment in ("", ".", "..") for segment in segments):
        return Wrong("A segment of a path can't be empty, '.' or '..'")
    if not is_clean or unicodedata.normalize("NFC", value) != value or len(value.encode()) > MAX_PATH:
        return Wrong(f"A path is in Normalization Form C, without control characters, and of {MAX_PATH} bytes at most")
    return None


_NAME, _DESCRIPTION = string(1, 255), string(high=1024)
_STORE: Mapping[str, Check] = {"name": _NAME, "description": nullable(_DESCRIPTION), "metadata": metadata}
_STORE_CHANGES: Mapping[str, Check] = {
    "name": nullable(_NAME),
    "description": nullable(_DESCRIPTION),
    "metadata": metadata_patch,
}
_PRECONDITION = record({"type": choice("content_sha256"), "content_sha256": string(64, 64)}, ("type",))
_MEMORY: Mapping[str, Check] = {"path": _path, "content": nullable(_content)}
_MEMORY_CHANGES: Mapping[str, Check] = {
    "path": nullable(_path),
    "content": nullable(_content),
    "precondition": _PRECONDITION,
}


def check_store(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new store."""
    check_fields(body, _STORE, ("name",))


def check_store_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a store."""
    check_fields(body, _STORE_CHANGES)


def check_memory(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new memory."""
    check_fields(body, _MEMORY, ("path",))
    if "content" not in body:
        raise RequestError("content: value is required")


def check_memory_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a memory."""
    check_fields(body, _MEMORY_CHANGES)


def new_store(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new store."""
    return {
        **new_record("memstore", body, now),
        "name": body["name"],
        "description": body.get("description") or "",
    }


def check_open(store: Document) -> None:
    """Raise the error of an archived store (a clone's comparison, October 2026)."""
    if store["archived"] is not None:
        raise RequestError(f"Memory store {store['id']} is archived.")


def changed_store(before: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a store after a change."""
    check_open(before)
    description = body.get("description", before["description"])
    return {
        **before,
        "updated": now,
        "name": body.get("name") or before["name"],
        "description": description or "",
        "metadata": patched(before["metadata"], body.get("metadata")),
    }


def shown_store(store: Document) -> dict[str, Any]:
    """Return a store."""
    return {
        "id": store["id"],
        "type": "memory_store",
        "name": store["name"],
        "description": store["description"],
        "metadata": store["metadata"],
        **shown_times(store),
    }


def new_memory(store: str, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new memory, which has no version yet."""
    content = body["content"] or ""
    return {
        "id": new_id("mem"),
        "memory_store_id": store,
        "created": now,
        "updated": now,
        "path": body["path"],
        "content": content,
        "sha256": hashed(content),
        "version": None,
    }


def hashed(content: str) -> str:
    """Return the SHA-256 of a content in UTF-8."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def changed_memory(before: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of a memory after a change, or the same one if nothing changes."""
    if "precondition" in body:
        check_precondition(before, body["precondition"].get("content_sha256"))
    content = before["content"] if body.get("content") is None else body["content"]
    path = body.get("path") or before["path"]
    if (content, path) == (before["content"], before["path"]):
        return before
    return {**before, "updated": now, "path": path, "content": content, "sha256": hashed(content)}


def check_precondition(memory: Document, expected: str | None) -> None:
    """Raise the 409 of a memory whose content is not the expected one."""
    if expected is not None and expected != memory["sha256"]:
        raise RequestError(f"memory {memory['id']} has another content_sha256 than expected", status=409)


def path_taken(path: str) -> RequestError:
    """Return the 409 of a path that another memory has."""
    return RequestError(f"A memory at {path[:200]} already exists.", status=409)


def new_version(memory: Document, operation: str, now: float) -> dict[str, Any]:
    """Return the record of a version, which says what a memory is after an operation."""
    return {
        "id": new_id("memver"),
        "created": now,
        "memory_id": memory["id"],
        "memory_store_id": memory["memory_store_id"],
        "operation": operation,
        "path": memory["path"],
        "content": None if operation == "deleted" else memory["content"],
        "redacted": None,
    }


def redacted(before: Document, memory: Document | None, now: float) -> Document:
    """Return the record of a version without its content; that of a memory's current one cannot be redacted."""
    if memory is not None and memory["version"] == before["id"]:
        raise RequestError(f"memory version {before['id']} is the current version of its memory")
    return before if before["redacted"] is not None else {**before, "content": None, "path": None, "redacted": now}


VIEWS = ("basic", "full")


def is_full(query: Mapping[str, str], default: str = "basic") -> bool:
    """Tell whether a response has contents, by the query's `view`."""
    view = query.get("view", default)
    if view not in VIEWS:
        raise RequestError("view: Input should be 'basic' or 'full'")
    return view == "full"


def shown_memory(memory: Document, *, full: bool) -> dict[str, Any]:
    """Return a memory, with its content in a full view."""
    content: str = memory["content"]
    return {
        "id": memory["id"],
        "type": "memory",
        "memory_store_id": memory["memory_store_id"],
        "memory_version_id": memory["version"],
        "path": memory["path"],
        "content": content if full else None,
        "content_sha256": memory["sha256"],
        "content_size_bytes": len(content.encode("utf-8", "surrogatepass")),
        "created_at": written_time(memory["created"]),
        "updated_at": written_time(memory["updated"]),
    }


def shown_version(version: Document, *, full: bool) -> dict[str, Any]:
    """Return a version of a memory, with its content in a full view, unless it is redacted."""
    content = version["content"]
    return {
        "id": version["id"],
        "type": "memory_version",
        "memory_id": version["memory_id"],
        "memory_store_id": version["memory_store_id"],
        "operation": version["operation"],
        "path": version["path"],
        "content": content if full else None,
        "content_sha256": None if content is None else hashed(content),
        "content_size_bytes": None if content is None else len(content.encode("utf-8", "surrogatepass")),
        "created_at": written_time(version["created"]),
        "created_by": ACTOR,
        "redacted_at": optional_time(version["redacted"]),
        "redacted_by": None if version["redacted"] is None else ACTOR,
    }


def listed_memories(memories: Sequence[Document], query: Mapping[str, str], *, full: bool) -> list[dict[str, Any]]:
    """Return what a list has, by path: the memories below a prefix; those below `depth` are grouped by their folder."""
    prefix, depth = query.get("path_prefix", "/"), query.get("depth", "0")
    if not prefix.endswith("/"):
        raise RequestError("path_prefix: must end with '/'")
    if not depth.isdecimal() or len(depth) > 9:
        raise RequestError("depth: Input should be a valid integer, unable to parse string as an integer")
    items = _items(memories, prefix, int(depth), full=full)
    return sorted({item["path"]: item for item in items}.values(), key=lambda item: item["path"])


def _items(memories: Sequence[Document], prefix: str, depth: int, *, full: bool) -> Iterator[dict[str, Any]]:
    for memory in memories:
        if not memory["path"].startswith(prefix):
            continue
        folders = memory["path"].removeprefix(prefix).split("/")[:-1]
        if depth and len(folders) >= depth:
            path = prefix + "".join(f"{folder}/" for folder in folders[:depth])
            yield {"type": "memory_prefix", "path": path}
        else:
            yield shown_memory(memory, full=full)


def is_wanted(version: Document, query: Mapping[str, str]) -> bool:
    """Tell whether a list has a version, by its memory, its operation and its author."""
    if query.get("memory_id") not in (None, version["memory_id"]):
        return False
    if query.get("operation") not in (None, version["operation"]):
        return False
    return query.get("api_key_id") in (None, ACTOR["api_key_id"]) and not {"session_id", "service_account_id"} & {
        *query
    }


def memory_not_found(name: str) -> RequestError:
    """Return the 404 of a memory."""
    return RequestError(f"memory `{name[:200]}` not found", status=404)
