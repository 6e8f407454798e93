"""Files of JSON lines: of requests that are sent as one batch, and of what they got."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

MAX_ERRORS = 50
"""Wrong lines that a failed batch tells of; what is behind them is not read."""


def numbered_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with something in them, each behind its number."""
    return ((number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip())


def dump_lines(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the file of some documents."""
    return b"".join(orjson.dumps(each) + b"\n" for each in documents)
