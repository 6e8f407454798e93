"""What other programs recorded, in one form; and what of it cannot be taken over, with the reason."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from completions.state.cassettes.decompression import without_codings

Rule = dict[str, Any]

MAX_BYTES = 256 * 1024 * 1024
"""Bytes of a file or a body, unpacked."""


class NotTaken(Exception):
    """What cannot be taken over, and why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; header names are in lower case, bodies are not compressed."""

    method: str
    url: str
    request: bytes
    status: int
    response: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """What a file has: exchanges, or rules where it has fixtures, and what cannot be taken over."""

    kind: str
    exchanges: list[Exchange] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def read_each(
    kind: str, word: str, entries: Iterable[Any], read: Callable[[Any], Exchange | Rule], first: int = 0
) -> Found:
    """Read a file's entries, and note by `word` and number why one cannot be taken over."""
    found = Found(kind)
    for number, entry in enumerate(entries, first):
        try:
            taken = read(entry)
        except NotTaken as exc:
            found.left.append(f"{word} {number}: {exc}")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as exc:
            found.left.append(f"{word} {number}: it is not as expected ({type(exc).__name__}: {exc})")
        else:
            if isinstance(taken, Exchange):
                found.exchanges.append(taken)
            else:
                found.rules.append(taken)
    return found


def as_bytes(body: object) -> bytes:
    """Return a body as bytes: a text, a mapping as VCR and others have it, or JSON."""
    match body:
        case None:
            return b""
        case bytes():
            return body
        case str():
            return body.encode()
        case {"base64_string": str(text)} | {"base64": str(text)}:
            return decoded(text)
        case {"string": text}:
            return as_bytes(text)
    return json.dumps(body, ensure_ascii=False).encode()


def decoded(text: str) -> bytes:
    """Return what is in base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise NotTaken(f"a body is not base64: {exc}") from exc


def unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a body as it was before it was compressed; one that a recorder has unpacked already stays."""
    try:
        return without_codings(body, headers.get("content-encoding", ""), MAX_BYTES)
    except ValueError as exc:
        raise NotTaken(str(exc)) from exc


def header_map(headers: object) -> dict[str, str]:
    """Return headers by lower-case name: of a mapping, of pairs, of HAR's list, or of a flat list."""
    match headers:
        case dict():
            found = {name: value[0] if isinstance(value, list) and value else value for name, value in headers.items()}
        case [{"name": _, "value": _}, *_]:
            found = {each["name"]: each["value"] for each in cast(list[dict[str, Any]], headers)}
        case [str(), str(), *_]:
            found = dict(zip(headers[::2], headers[1::2], strict=False))
        case list():
            found = dict(headers)
        case _:
            found = {}
    return {str(name).lower(): str(value) for name, value in found.items() if value is not None}
