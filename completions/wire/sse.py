"""Server-sent events: data-only frames, as WHATWG's HTML standard and OpenAI's API have them.

The chunks of a stream differ in one value only, so a template is encoded once, with a hole where that value
goes; a chunk is then two or three constant pieces around one small encoded value.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import orjson

from completions.event import Event

HOLE, PAD = secrets.token_hex(16), secrets.token_hex(16)
"""Stand in a template for the value that changes and for its padding. Random, so no request can contain them."""

DONE = Event(b"data: [DONE]\n\n", chunk=False)
"""The terminator of OpenAI's streams."""

WIDTH = 16
"""Bytes. A padded chunk's value and padding together are a multiple of it, so sizes tell little of the text."""

NOISE = b"x7QmZ0aLw3RkPd9vTnUeYb5sHcGiJf2oKq8WzXjB1tMrVyNl4gCpAhEuSD6FOI7x"
"""What padding is cut from; it need not be secret here, only not alike."""


class Template:
    """A frame for a document in which one value, `HOLE`, changes; `PAD`, if it is there, comes after the hole.

    `start` and `stop` stand around the document: those of an event, or what another framing has.
    """

    def __init__(self, document: dict[str, Any], start: bytes = b"data: ", stop: bytes = b"\n\n") -> None:
        before, after = orjson.dumps(document).split(orjson.dumps(HOLE))
        self._before, self._after, *end = (start + before, *(after + stop).split(PAD.encode()))
        self._end = end[0] if end else None

    def fill(self, values: Iterable[object]) -> list[bytes]:
        """Return a frame for each of `values`, any JSON values, with it in the hole."""
        before, after, end, dumps = self._before, self._after, self._end, orjson.dumps
        if end is None:
            return [before + dumps(value) + after for value in values]
        encoded = map(dumps, values)
        return [before + data + after + padding(data) + end for data in encoded]


def frame(document: dict[str, Any], event: str = "") -> bytes:
    """Return the frame of one document, with a name if one is given."""
    return head(event) + orjson.dumps(document) + b"\n\n"


def head(event: str) -> bytes:
    """Return how the frame of an event begins."""
    return f"event: {event}\ndata: ".encode() if event else b"data: "


def padding(data: bytes) -> bytes:
    """Return what brings an encoded value to a multiple of `WIDTH`."""
    start = data[len(data) // 2] % 32
    return NOISE[start : start + WIDTH - len(data) % WIDTH]
