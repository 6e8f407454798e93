"""Fingerprints of prompts, stored under their answers' ids, to find where a later prompt begins to differ.

OpenAI and Anthropic report so why a cache was missed. A document has `settings`, each by name as a digest and a size in
bytes, and `pieces` in order, each likewise.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from completions.conversation import Message
from completions.wire.base import Document, StoredDocument

FINGERPRINT = "prompt fingerprint"
LIFE = 3600
"""Seconds for which one is stored: both vendors say that it is short; users saw Anthropic's gone after an hour."""

Mark = tuple[str, int]


def fingerprint(settings: Mapping[str, object], pieces: Iterable[bytes]) -> Document:
    """Return the fingerprint of a prompt."""
    return {
        "settings": {name: _mark(as_bytes(value)) for name, value in settings.items()},
        "pieces": [_mark(piece) for piece in pieces],
    }


def to_store(name: str, document: Mapping[str, Any], ends: float) -> StoredDocument:
    """Return the record of a fingerprint under an answer's id; `ends` is when the answer is complete."""
    return StoredDocument(FINGERPRINT, name, {**document, "expires": ends + LIFE})


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Return the name of the first setting that differs."""
    earlier = before["settings"]
    return next((name for name, mark in now["settings"].items() if list(earlier[name]) != list(mark)), None)


def bytes_lost(before: Mapping[str, Any], now: Mapping[str, Any]) -> int | None:
    """Return how many bytes of the earlier prompt's pieces are not in the later one's beginning; None if all are."""
    earlier, later = before["pieces"], now["pieces"]
    pairs = enumerate(zip(earlier, later, strict=False))
    same = next((at for at, (old, new) in pairs if list(old) != list(new)), min(len(earlier), len(later)))
    return size(earlier[same:]) if same < len(earlier) else None


def size(marks: Iterable[Mark]) -> int:
    """Return how many bytes some pieces have together."""
    return sum(length for _, length in marks)


def message_bytes(message: Message) -> bytes:
    """Return a message as it is compared: everything that a model reads, with the sources of parts as digests."""
    calls = [[call.name, call.arguments] for call in message.tool_calls]
    parts = [_digest(part.source.encode("utf-8", "surrogatepass")) for part in message.parts]
    return as_bytes([message.role, message.name, message.text, calls, parts])


def as_bytes(value: object) -> bytes:
    """Return a value as JSON; empty if it cannot be encoded."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return b""


def _mark(piece: bytes) -> Mark:
    return _digest(piece), len(piece)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
