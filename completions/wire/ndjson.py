"""Streams of JSON documents, a line each (`application/x-ndjson`)."""

from collections.abc import Iterable
from typing import Any

import orjson

from completions.wire.sse import HOLE

MEDIA_TYPE = "application/x-ndjson"


def line(document: dict[str, Any]) -> bytes:
    """Return a document's line."""
    return orjson.dumps(document) + b"\n"


class Lines:
    """Lines of one document in which one value, `HOLE`, changes; what stays is encoded once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._before, after = orjson.dumps(document).split(orjson.dumps(HOLE))
        self._after = after + b"\n"

    def fill(self, values: Iterable[object]) -> list[bytes]:
        """Return a line for each of `values`, any JSON values, with it in the hole."""
        before, after, dumps = self._before, self._after, orjson.dumps
        return [before + dumps(value) + after for value in values]
