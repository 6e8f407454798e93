"""Documents that differ in one value only, as the chunks of a stream do.

A template is encoded once, with a hole where that value goes; a document is then two or three constant pieces around
one small encoded value.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import orjson

HOLE, PAD = secrets.token_hex(16), secrets.token_hex(16)
"""Stand in a template for the value that changes and for its padding. Random, so no request can contain them."""

WIDTH = 16
"""Bytes. A padded chunk's value and padding together are a multiple of it, so sizes tell little of the text."""

NOISE = b"x7QmZ0aLw3RkPd9vTnUeYb5sHcGiJf2oKq8WzXjB1tMrVyNl4gCpAhEuSD6FOI7x"
"""What padding is cut from; it need not be secret here, only not alike."""


class Template:
    """A document in which one value, `HOLE`, changes, wherever it stands; a `PAD` comes behind the hole."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._before, *self._between, after = orjson.dumps(document).split(orjson.dumps(HOLE))
        self._after, *end = after.split(PAD.encode())
        self._end = end[0] if end else None

    def fill(self, values: Iterable[object]) -> list[bytes]:
        """Return the document for each of `values`, any JSON values, with it in the hole."""
        before, after, end, dumps = self._before, self._after, self._end, orjson.dumps
        if self._between:
            pieces = [before, *self._between, after]
            return [dumps(value).join(pieces) for value in values]
        if end is None:
            return [before + dumps(value) + after for value in values]
        encoded = map(dumps, values)
        return [before + data + after + padding(data) + end for data in encoded]


def padding(data: bytes) -> bytes:
    """Return what brings an encoded value to a multiple of `WIDTH`."""
    start = data[len(data) // 2] % 32
    return NOISE[start : start + WIDTH - len(data) % WIDTH]
