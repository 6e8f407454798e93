"""Files of JSON lines: the requests and the results of batches."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

MAX_ERRORS = 50
"""The most invalid lines that a failed batch reports; the lines after them are not read."""


def numbered_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not empty, each after its number."""
    return ((number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip())


def dump_lines(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Return documents as JSON lines."""
    return b"".join(orjson.dumps(each) + b"\n" for each in documents)
