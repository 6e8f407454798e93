"""Gemini's file search stores and their documents: the requests, and the resources at a given time.

Shapes as recorded of the API in November 2025 and July 2026, and `google.genai.types.FileSearchStore`, `Document`; the
403 as its users quote it. Documents are searched as OpenAI's vector stores are.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import text
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import inner, integer, many, pick
from completions.wire.gemini.files import new_id
from completions.wire.gemini.proto import message, number, repeated, string, whole
from completions.wire.gemini.times import timestamp
from completions.wire.openai import searching

STORE, DOCUMENTS = "file_search_store", "file_search_documents"
"""The kinds under which a store and its documents are stored; rules name the first too."""

DOCUMENT = "file_search_document"
"""The format that a rule names to control how a document becomes searchable."""

STORE_PREFIX = "fileSearchStores/"
EMBEDDING_MODEL = "models/gemini-embedding-001"
MAX_NAME, MAX_METADATA = 512, 20
TYPES = "type.googleapis.com/google.ai.generativelanguage.v1main."
INVALID = 3
"""`google.rpc.Code.INVALID_ARGUMENT`."""

_METADATA = message(
    "CustomMetadata",
    {
        "key": string,
        "stringValue": string,
        "numericValue": number,
        "stringListValue": message("StringList", {"values": repeated(string)}),
    },
)
_SPACES = message("WhiteSpaceConfig", {"maxTokensPerChunk": whole, "maxOverlapTokens": whole})
_DOCUMENT_FIELDS = {
    "displayName": string,
    "customMetadata": repeated(_METADATA),
    "chunkingConfig": message("ChunkingConfig", {"whiteSpaceConfig": _SPACES}),
}
_REQUESTS = {
    "store": message("FileSearchStore", {"name": string, "displayName": string, "embeddingModel": string}),
    "upload": message("UploadToFileSearchStoreRequest", {**_DOCUMENT_FIELDS, "mimeType": string}),
    "import": message("ImportFileRequest", {**_DOCUMENT_FIELDS, "fileName": string}),
}


def check(kind: str, body: Mapping[str, Any]) -> None:
    """Raise the API's error for an invalid request; its `kind` is `store`, `upload` or `import`."""
    if violations := _REQUESTS[kind](dict(body), ""):
        raise Violated(violations)
    if len(text(pick(body, "displayName"))) > MAX_NAME:
        raise RequestError(f"display_name must be at most {MAX_NAME} characters.")
    if len(metadata := many(pick(body, "customMetadata") or [])) > MAX_METADATA:
        raise RequestError(f"custom_metadata must have at most {MAX_METADATA} entries.")
    if any(not text(each.get("key")) for each in metadata):
        raise RequestError("custom_metadata.key must be specified.")
    if kind == "import" and not text(pick(body, "fileName")):
        raise RequestError("* ImportFileRequest.file_name: file_name is not specified\n")
    _chunking_strategy(body)


def _chunking_strategy(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the chunking strategy of a document, in the terms of vector stores."""
    spaces = inner(body, "chunkingConfig", "whiteSpaceConfig")
    max_tokens, overlap = pick(spaces, "maxTokensPerChunk"), integer(pick(spaces, "maxOverlapTokens"), 0)
    if not spaces:
        return searching.AUTO
    size = searching.AUTO["static"]["max_chunk_size_tokens"] if max_tokens is None else integer(max_tokens, 1)
    if size is None:
        raise RequestError("max_tokens_per_chunk must be positive.")
    if (overlap or 0) >= size:
        raise RequestError("max_overlap_tokens must be less than max_tokens_per_chunk.")
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap or 0}}


def new_store(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a store without documents; its name is derived from its display name."""
    display_name = text(pick(body, "displayName"))
    return {
        "id": _name(display_name),
        "display_name": display_name,
        "model": text(pick(body, "embeddingModel")) or EMBEDDING_MODEL,
        "created": now,
    }


def _name(display_name: str) -> str:
    """Return a name of at most 40 characters: letters and digits of the display name, and random ones."""
    return f"{re.sub('[^a-z0-9]', '', display_name.lower())[:27] or new_id(12)}-{new_id(12)}"


def store_resource(store: Document, documents: Mapping[str, Document], now: float) -> dict[str, Any]:
    """Return a store as it is at a time; zero counts are left out, and adding documents does not update it."""
    states = [state_at(each, now) for each in documents.values()]
    counts = {
        "activeDocumentsCount": states.count("STATE_ACTIVE"),
        "pendingDocumentsCount": states.count("STATE_PENDING"),
        "failedDocumentsCount": states.count("STATE_FAILED"),
        "sizeBytes": sum(each["bytes"] for each in documents.values()),
    }
    return {
        "name": STORE_PREFIX + store["id"],
        **({"displayName": store["display_name"]} if store["display_name"] else {}),
        "createTime": timestamp(store["created"]),
        "updateTime": timestamp(store["created"]),
        **{key: str(count) for key, count in counts.items() if count},
        "embeddingModel": store["model"],
    }


def new_upload(store: str, body: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    """Return a new upload of a document."""
    return {
        "store": store,
        "asked": dict(body),
        "media_type": media_type or text(pick(body, "mimeType")) or "text/plain",
        "received": 0,
    }


class Source(NamedTuple):
    """The source of a document: the request, and its bytes."""

    request: Mapping[str, Any]
    media_type: str
    data: bytes


def new_document(source: Source, now: float, ready: float) -> dict[str, Any]:
    """Return a document with its chunks; one that is not text fails."""
    request, media_type, data = source
    try:
        content = data.decode()
    except UnicodeDecodeError:
        content = None
    metadata, display_name = many(pick(request, "customMetadata") or []), text(pick(request, "displayName"))
    return {
        "id": _name(display_name),
        "display_name": display_name,
        "filename": display_name,
        "media_type": media_type,
        "bytes": len(data),
        "attributes": {each["key"]: _value(each) for each in metadata},
        "created": now,
        "ready": ready,
        "error": None if content is not None else "This mock reads documents of text in UTF-8 alone.",
        "chunks": searching.chunks(content, _chunking_strategy(request)) if content is not None else [],
    }


def _value(metadata: Mapping[str, Any]) -> str | float | list[str]:
    listed, numeric = inner(metadata, "stringListValue"), pick(metadata, "numericValue")
    if listed:
        return [each for each in listed.get("values") or [] if isinstance(each, str)]
    return float(numeric) if numeric is not None else text(pick(metadata, "stringValue"))


def custom_metadata(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a document's attributes as the API has them."""
    return [{"key": key, **_typed(value)} for key, value in attributes.items()]


def _typed(value: object) -> dict[str, Any]:
    if isinstance(value, list):
        return {"stringListValue": {"values": value}}
    return {"stringValue": value} if isinstance(value, str) else {"numericValue": value}


def state_at(document: Document, now: float) -> str:
    """Return the state of a document at a time."""
    if now < document["ready"]:
        return "STATE_PENDING"
    return "STATE_FAILED" if document["error"] else "STATE_ACTIVE"


def document_resource(store: str, document: Document, now: float) -> dict[str, Any]:
    """Return a document as it is at a time."""
    metadata = custom_metadata(document["attributes"])
    return {
        "name": f"{STORE_PREFIX}{store}/documents/{document['id']}",
        **({"displayName": document["display_name"]} if document["display_name"] else {}),
        **({"customMetadata": metadata} if metadata else {}),
        "updateTime": timestamp(document["created"]),
        "createTime": timestamp(document["created"]),
        "state": state_at(document, now),
        "sizeBytes": str(document["bytes"]),
        "mimeType": document["media_type"],
    }


def operation(store: str, document: Document, now: float, *, upload: bool) -> dict[str, Any]:
    """Return the operation that creates a document, as it is at a time."""
    pending = {"name": f"{STORE_PREFIX}{store}/{'upload/' if upload else ''}operations/{document['id']}"}
    match state_at(document, now):
        case "STATE_PENDING":
            return pending
        case "STATE_FAILED":
            return {**pending, "done": True, "error": {"code": INVALID, "message": document["error"]}}
    response = {
        "@type": f"{TYPES}{'UploadToFileSearchStore' if upload else 'ImportFile'}Response",
        "parent": STORE_PREFIX + store,
        "documentName": f"{STORE_PREFIX}{store}/documents/{document['id']}",
    }
    facts = {"mimeType": document["media_type"], "sizeBytes": str(document["bytes"])} if upload else {}
    return {**pending, "done": True, "response": response | facts}


def not_found(store: str) -> RequestError:
    """Return the API's error for an unknown store."""
    message = f"You do not have permission to access the file search store {store[:100]} or it may not exist."
    return RequestError(message, status=403, code="PERMISSION_DENIED", facts=None)


def document_not_found(store: str, name: str) -> RequestError:
    """Return the error for an unknown document or operation."""
    message = f"{STORE_PREFIX}{store[:100]}/documents/{name[:100]} is not found."
    return RequestError(message, status=404, code="NOT_FOUND", facts=None)


def not_empty(kind: str) -> RequestError:
    """Return the API's error for deleting a resource that is not empty, unless `force` is true."""
    why = f"Cannot delete non-empty {kind}. Set force to true to delete what is in it too."
    return RequestError(why, status=400, code="FAILED_PRECONDITION", facts=None)
