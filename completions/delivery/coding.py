"""Step 5: content codings, with which the bytes of an answer or of a stream are compressed."""

import importlib
import zlib
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol

from completions.delivery.line_faults import Pieces

LEVEL = 6
"""zlib's own default."""

BROTLI_QUALITY = 5
"""About the usual quality of servers that compress each answer; the highest, 11, takes a hundred times as long."""


class Coder(Protocol):
    """A compressor. After `flush` the receiver can read all bytes so far, and after `end` nothing follows."""

    def compress(self, data: bytes) -> bytes:
        """Compress some bytes, and return the output that is ready."""

    def flush(self) -> bytes:
        """Return the output of all bytes so far."""

    def end(self) -> bytes:
        """Return the remaining output, and the end."""


class Zlib:
    """A coder with zlib: in gzip's format, or that of `deflate`."""

    def __init__(self, window: int) -> None:
        self._coder = zlib.compressobj(LEVEL, zlib.DEFLATED, window)

    def compress(self, data: bytes) -> bytes:
        """Compress some bytes."""
        return self._coder.compress(data)

    def flush(self) -> bytes:
        """Return the remaining output at the end of an event."""
        return self._coder.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """Return the remaining output, and the checksum."""
        return self._coder.flush(zlib.Z_FINISH)


class Brotli:
    """A coder with the package `brotli`."""

    def __init__(self) -> None:
        brotli: Any = importlib.import_module("brotli")
        self._coder = brotli.Compressor(mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)

    def compress(self, data: bytes) -> bytes:
        """Compress some bytes."""
        return bytes(self._coder.process(data))

    def flush(self) -> bytes:
        """Return the remaining output at the end of an event."""
        return bytes(self._coder.flush())

    def end(self) -> bytes:
        """Return the remaining output, and the end."""
        return bytes(self._coder.finish())


CODERS: Mapping[str, Callable[[], Coder]] = {
    "gzip": lambda: Zlib(zlib.MAX_WBITS + 16),
    "deflate": lambda: Zlib(zlib.MAX_WBITS),  # RFC 9110: the zlib format, with its header
    "br": Brotli,
}
"""The function that makes a coder, by content coding."""


def compress_body(name: str, data: bytes) -> bytes:
    """Return a whole body in a coding."""
    coder = CODERS[name]()
    return coder.compress(data) + coder.end()


async def compress_pieces(name: str, pieces: Pieces, *, ends: bool = True) -> Pieces:
    """Yield the pieces in a coding, each so that it can be read at once; with `ends` also the coding's end."""
    coder = CODERS[name]()
    async with aclosing(pieces):
        async for piece in pieces:
            yield coder.compress(piece) + coder.flush()
    if ends:
        yield coder.end()


def choose_coding(offered: tuple[str, ...], accepted: str) -> str | None:
    """Return the coding that the header `Accept-Encoding` prefers, of equal ones the first that is offered."""
    weights = dict(map(_parse_item, filter(None, map(str.strip, accepted.lower().split(",")))))
    best = max(offered, key=lambda name: _weight(weights, name), default=None)
    if best is None or _weight(weights, best) <= 0 or weights.get("identity", 0) > _weight(weights, best):
        return None
    return best


def _weight(weights: Mapping[str, float], name: str) -> float:
    return weights.get(name, weights.get("*", 0.0))


def _parse_item(item: str) -> tuple[str, float]:
    """Return a coding of the header and its weight; one that cannot be parsed has the weight 0."""
    name, *parameters = (part.strip() for part in item.split(";"))
    weight = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0
