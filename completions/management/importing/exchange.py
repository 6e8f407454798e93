"""The recordings of other programs in one form, and the entries that cannot be imported, with the reasons."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from completions.state.cassettes.decompression import without_codings

Rule = dict[str, Any]

MAX_BYTES = 256 * 1024 * 1024
"""The most bytes of a file or a body, decompressed."""


class NotImportable(Exception):
    """An entry or a file cannot be imported."""


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
class ImportedFile:
    """The content of a file: exchanges, or rules for fixtures, and the problems of entries that cannot be imported."""

    kind: str
    exchanges: list[Exchange] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_each(
    kind: str, word: str, entries: Iterable[Any], read: Callable[[Any], Exchange | Rule], first: int = 0
) -> ImportedFile:
    """Read a file's entries, and note the problems of those that cannot be imported, by `word` and number."""
    found = ImportedFile(kind)
    for number, entry in enumerate(entries, first):
        try:
            entry_read = read(entry)
        except NotImportable as exc:
            found.problems.append(f"{word} {number}: {exc}")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as exc:
            found.problems.append(f"{word} {number}: it is not as expected ({type(exc).__name__}: {exc})")
        else:
            if isinstance(entry_read, Exchange):
                found.exchanges.append(entry_read)
            else:
                found.rules.append(entry_read)
    return found


def as_bytes(body: object) -> bytes:
    """Return a body as bytes: of a text, of a mapping as in VCR and others, or of JSON."""
    match body:
        case None:
            return b""
        case bytes():
            return body
        case str():
            return body.encode()
        case {"base64_string": str(text)} | {"base64": str(text)}:
            return decode_base64(text)
        case {"string": text}:
            return as_bytes(text)
    return json.dumps(body, ensure_ascii=False).encode()


def decode_base64(text: str) -> bytes:
    """Decode base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise NotImportable(f"a body is not base64: {exc}") from exc


def decompress(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a body without its compression; one that a recorder has decompressed already stays unchanged."""
    try:
        return without_codings(body, headers.get("content-encoding", ""), MAX_BYTES)
    except ValueError as exc:
        raise NotImportable(str(exc)) from exc


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
