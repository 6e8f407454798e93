"""Find the JSON documents in the bytes of an answer, whatever their framing, even if a fault or a limit cut them."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import orjson

from completions.event import eventstream
from completions.wire.fragments import partial

Found = tuple[int, dict[str, Any]]
"""A document, and the index of the event in which it ends."""

DECODER = json.JSONDecoder()
BETWEEN = " \t\r\n,[]"
"""The characters between the elements of an array."""


def documents(frames: Sequence[bytes]) -> Iterator[Found]:
    """Yield the objects in a body or in a stream: SSE, lines, the elements of an array, AWS's messages."""
    body = b"".join(frames)
    ends = list(accumulate(map(len, frames)))
    for offset, document in _located(body):
        yield min(bisect_right(ends, offset), len(ends) - 1), document


def _located(body: bytes) -> Iterator[Found]:
    if body.startswith(b"\0"):
        return _messages(body)
    start = body.lstrip()[:1]
    if start not in (b"{", b"["):
        return _events(body)
    if start == b"[":
        return _elements(body)
    whole = _decoded(body)
    return iter([(0, whole)]) if isinstance(whole, dict) else _lines(body)


def _events(body: bytes) -> Iterator[Found]:
    """Yield the documents of server-sent events up to the terminator, as clients read them."""
    offset, start = 0, 0
    data: list[bytes] = []
    for line in body.split(b"\n"):
        stripped = line.rstrip(b"\r")
        if stripped.startswith(b"data:"):
            start = start if data else offset
            data.append(stripped[5:].lstrip(b" "))
        elif not stripped and data:
            text = b"\n".join(data)
            if text == b"[DONE]":
                return
            if isinstance(document := _decoded(text), dict):
                yield start, document
            data = []
        offset += len(line) + 1


def messages(body: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the documents of AWS's messages, each behind the name of its event or exception."""
    for message in eventstream.decode(body):
        name = message.headers.get(":event-type") or message.headers.get(":exception-type") or ""
        yield name, _decoded(message.payload)


def _messages(body: bytes) -> Iterator[Found]:
    """Yield the payloads of AWS's messages; an exception becomes an error with its name."""
    for message in eventstream.decode(body):
        if isinstance(document := _decoded(message.payload), dict):
            name = message.headers.get(":exception-type")
            yield message.offset, {"error": {"type": name, **document}} if name else document


def _lines(body: bytes) -> Iterator[Found]:
    """Yield the documents of lines, or the complete part of one that was cut."""
    offset, is_found = 0, False
    for line in body.split(b"\n"):
        if isinstance(document := _decoded(line), dict):
            is_found = True
            yield offset, document
        offset += len(line) + 1
    if not is_found and (document := partial(_text(body), strings=True)):
        yield 0, document


def _elements(body: bytes) -> Iterator[Found]:
    """Yield the objects of an array, which may be incomplete or have a broken element."""
    text, at, offset, counted_to = _text(body), 0, 0, 0
    while at < len(text):
        if text[at] in BETWEEN:
            at += 1
            continue
        try:
            end = DECODER.raw_decode(text, at)[1]
        except (ValueError, RecursionError):
            next_line = text.find("\n{", at)
            at = next_line + 1 if next_line >= 0 else len(text)
            continue
        if isinstance(document := _decoded(text[at:end].encode()), dict):
            offset, counted_to = offset + len(text[counted_to:at].encode()), at
            yield offset, document
        at = end


def _decoded(data: bytes) -> Any:
    """Return a JSON value, or None; invalid UTF-8 is skipped."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(_text(data))
    except orjson.JSONDecodeError:
        return None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "ignore")
