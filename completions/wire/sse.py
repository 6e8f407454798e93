"""Server-sent events: data-only frames, as WHATWG's HTML standard and OpenAI's API have them.

The chunks of a stream differ in one value only, so a template is encoded once, with a hole where that value
goes; a chunk is then two constant pieces around one small encoded value.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import orjson

from completions.wire.base import Event

HOLE = secrets.token_hex(16)
"""Stands in a template for the value that changes. Random, so that no request can contain it."""

_ENCODED_HOLE = orjson.dumps(HOLE)

DONE = Event(b"data: [DONE]\n\n", chunk=False)
"""The terminator of OpenAI's streams."""


class Template:
    """A frame for a document in which one value, `HOLE`, changes from chunk to chunk."""

    def __init__(self, document: dict[str, Any]) -> None:
        before, after = orjson.dumps(document).split(_ENCODED_HOLE)
        self._before, self._after = b"data: " + before, after + b"\n\n"

    def fill_each(self, values: Iterable[object]) -> list[bytes]:
        """Return a frame for each of `values`, any JSON values, with it in the hole."""
        before, after, dumps = self._before, self._after, orjson.dumps
        return [before + dumps(value) + after for value in values]


def frame(document: dict[str, Any]) -> bytes:
    """Return the frame of one whole document."""
    return b"data: " + orjson.dumps(document) + b"\n\n"
