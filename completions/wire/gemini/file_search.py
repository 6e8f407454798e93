"""Gemini's file search stores and their documents: what is asked for, and what they look like at a time.

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
from completions.wire.gemini.times import written
from completions.wire.openai import searching

STORE, DOCUMENTS = "file_search_store", "file_search_documents"
"""The kinds under which a store and its documents are kept; the first names its rules too."""

DOCUMENT = "file_search_document"
"""The format that a rule names to say how a document becomes searchable."""

PLACE = "fileSearchStores/"
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
_OF_DOCUMENT = {
    "displayName": string,
    "customMetadata": repeated(_METADATA),
    "chunkingConfig": message("ChunkingConfig", {"whiteSpaceConfig": _SPACES}),
}
_REQUESTS = {
    "store": message("FileSearchStore", {"name": string, "displayName": string, "embeddingModel": string}),
    "upload": message("UploadToFileSearchStoreRequest", {**_OF_DOCUMENT, "mimeType": string}),
    "import": message("ImportFileRequest", {**_OF_DOCUMENT, "fileName": string}),
}


def check(what: str, body: Mapping[str, Any]) -> None:
    """Raise the API's error for a request for a `store`, an `upload` or an `import`."""
    if violations := _REQUESTS[what](dict(body), ""):
        raise Violated(violations)
    if len(text(pick(body, "displayName"))) > MAX_NAME:
        raise RequestError(f"display_name must be at most {MAX_NAME} characters.")
    if len(given := many(pick(body, "customMetadata") or [])) > MAX_METADATA:
        raise RequestError(f"custom_metadata must have at most {MAX_METADATA} entries.")
    if any(not text(each.get("key")) for each in given):
        raise RequestError("custom_metadata.key must be specified.")
    if what == "import" and not text(pick(body, "fileName")):
        raise RequestError("* ImportFileRequest.file_name: file_name is not specified\n")
    _strategy(body)


def _strategy(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how a document is cut, in the terms of vector stores."""
    spaces = inner(body, "chunkingConfig", "whiteSpaceConfig")
    asked, common = pick(spaces, "maxTokensPerChunk"), integer(pick(spaces, "maxOverlapTokens"), 0)
    if not spaces:
        return searching.AUTO
    size = searching.AUTO["static"]["max_chunk_size_tokens"] if asked is None else integer(asked, 1)
    if size is None:
        raise RequestError("max_tokens_per_chunk must be positive.")
    if (common or 0) >= size:
        raise RequestError("max_overlap_tokens must be less than max_tokens_per_chunk.")
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": common or 0}}


def new_store(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a store without documents; its name comes of its display name."""
    shown_as = text(pick(body, "displayName"))
    return {
        "id": _name(shown_as),
        "display_name": shown_as,
        "model": text(pick(body, "embeddingModel")) or EMBEDDING_MODEL,
        "created": now,
    }


def _name(shown_as: str) -> str:
    """Return a name of at most 40 characters: letters and digits of what is shown, and chance."""
    return f"{re.sub('[^a-z0-9]', '', shown_as.lower())[:27] or new_id(12)}-{new_id(12)}"


def shown_store(store: Document, documents: Mapping[str, Document], now: float) -> dict[str, Any]:
    """Return a store as it is at a time; counts of nothing are left out, and documents are no update."""
    states = [state_at(each, now) for each in documents.values()]
    counts = {
        "activeDocumentsCount": states.count("STATE_ACTIVE"),
        "pendingDocumentsCount": states.count("STATE_PENDING"),
        "failedDocumentsCount": states.count("STATE_FAILED"),
        "sizeBytes": sum(each["bytes"] for each in documents.values()),
    }
    return {
        "name": PLACE + store["id"],
        **({"displayName": store["display_name"]} if store["display_name"] else {}),
        "createTime": written(store["created"]),
        "updateTime": written(store["created"]),
        **{key: str(count) for key, count in counts.items() if count},
        "embeddingModel": store["model"],
    }


def new_upload(store: str, body: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    """Return an upload of a document that begins."""
    return {
        "store": store,
        "asked": dict(body),
        "media_type": media_type or text(pick(body, "mimeType")) or "text/plain",
        "received": 0,
    }


class Source(NamedTuple):
    """What a document is made of: what is asked for, and its bytes."""

    asked: Mapping[str, Any]
    media_type: str
    data: bytes


def new_document(source: Source, now: float, ready: float) -> dict[str, Any]:
    """Return a document with its chunks; what is no text fails."""
    asked, media_type, data = source
    try:
        content = data.decode()
    except UnicodeDecodeError:
        content = None
    metadata, shown_as = many(pick(asked, "customMetadata") or []), text(pick(asked, "displayName"))
    return {
        "id": _name(shown_as),
        "display_name": shown_as,
        "filename": shown_as,
        "media_type": media_type,
        "bytes": len(data),
        "attributes": {each["key"]: _value(each) for each in metadata},
        "created": now,
        "ready": ready,
        "error": None if content is not None else "This mock reads documents of text in UTF-8 alone.",
        "chunks": searching.chunks(content, _strategy(asked)) if content is not None else [],
    }


def _value(given: Mapping[str, Any]) -> str | float | list[str]:
    listed, numeric = inner(given, "stringListValue"), pick(given, "numericValue")
    if listed:
        return [each for each in listed.get("values") or [] if isinstance(each, str)]
    return float(numeric) if numeric is not None else text(pick(given, "stringValue"))


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


def shown_document(store: str, document: Document, now: float) -> dict[str, Any]:
    """Return a document as it is at a time."""
    metadata = custom_metadata(document["attributes"])
    return {
        "name": f"{PLACE}{store}/documents/{document['id']}",
        **({"displayName": document["display_name"]} if document["display_name"] else {}),
        **({"customMetadata": metadata} if metadata else {}),
        "updateTime": written(document["created"]),
        "createTime": written(document["created"]),
        "state": state_at(document, now),
        "sizeBytes": str(document["bytes"]),
        "mimeType": document["media_type"],
    }


def operation(store: str, document: Document, now: float, *, upload: bool) -> dict[str, Any]:
    """Return the operation that makes a document, as it is at a time."""
    begun = {"name": f"{PLACE}{store}/{'upload/' if upload else ''}operations/{document['id']}"}
    match state_at(document, now):
        case "STATE_PENDING":
            return begun
        case "STATE_FAILED":
            return {**begun, "done": True, "error": {"code": INVALID, "message": document["error"]}}
    made = {
        "@type": f"{TYPES}{'UploadToFileSearchStore' if upload else 'ImportFile'}Response",
        "parent": PLACE + store,
        "documentName": f"{PLACE}{store}/documents/{document['id']}",
    }
    facts = {"mimeType": document["media_type"], "sizeBytes": str(document["bytes"])} if upload else {}
    return {**begun, "done": True, "response": made | facts}


def not_found(store: str) -> RequestError:
    """Return the API's error of a store that is not there."""
    why = f"You do not have permission to access the file search store {store[:100]} or it may not exist."
    return RequestError(why, status=403, code="PERMISSION_DENIED", facts=None)


def no_document(store: str, name: str) -> RequestError:
    """Return the error of a document, or of an operation, that is not there."""
    why = f"{PLACE}{store[:100]}/documents/{name[:100]} is not found."
    return RequestError(why, status=404, code="NOT_FOUND", facts=None)


def not_empty(what: str) -> RequestError:
    """Return the API's error of what is not removed before what is in it, unless `force` is true."""
    why = f"Cannot delete non-empty {what}. Set force to true to delete what is in it too."
    return RequestError(why, status=400, code="FAILED_PRECONDITION", facts=None)
