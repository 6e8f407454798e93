"""Step 5: content codings, by which the bytes of an answer or of a stream are compressed on their way."""

import importlib
import zlib
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol

from completions.delivery.line import Pieces

LEVEL = 6
"""zlib's own default."""

BROTLI_QUALITY = 5
"""Servers that compress as they answer use about this; the highest, 11, takes a hundred times as long."""


class Coder(Protocol):
    """Compresses what it takes. After `flush` the other side can read all of it, and after `end` nothing follows."""

    def take(self, data: bytes) -> bytes:
        """Take some bytes, and return what is ready."""

    def flush(self) -> bytes:
        """Return all that was taken and is not out yet."""

    def end(self) -> bytes:
        """Return the end."""


class Zlib:
    """A coder by zlib: gzip's format, or that of `deflate`."""

    def __init__(self, window: int) -> None:
        self._coder = zlib.compressobj(LEVEL, zlib.DEFLATED, window)

    def take(self, data: bytes) -> bytes:
        """Compress."""
        return self._coder.compress(data)

    def flush(self) -> bytes:
        """Return what is left at the end of an event."""
        return self._coder.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """Return what is left, and the checksum."""
        return self._coder.flush(zlib.Z_FINISH)


class Brotli:
    """A coder by the package `brotli`."""

    def __init__(self) -> None:
        brotli: Any = importlib.import_module("brotli")
        self._coder = brotli.Compressor(mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)

    def take(self, data: bytes) -> bytes:
        """Compress."""
        return bytes(self._coder.process(data))

    def flush(self) -> bytes:
        """Return what is left at the end of an event."""
        return bytes(self._coder.flush())

    def end(self) -> bytes:
        """Return what is left, and the end."""
        return bytes(self._coder.finish())


CODERS: Mapping[str, Callable[[], Coder]] = {
    "gzip": lambda: Zlib(zlib.MAX_WBITS + 16),
    "deflate": lambda: Zlib(zlib.MAX_WBITS),  # RFC 9110: the zlib format, with its header
    "br": Brotli,
}
"""What makes a coder for each content coding."""


def compressed(name: str, data: bytes) -> bytes:
    """Return a whole body in a coding."""
    coder = CODERS[name]()
    return coder.take(data) + coder.end()


async def coded(name: str, pieces: Pieces, *, ends: bool = True) -> Pieces:
    """Yield the pieces in a coding, each so that it can be read at once; with `ends` also the coding's end."""
    coder = CODERS[name]()
    async with aclosing(pieces):
        async for piece in pieces:
            yield coder.take(piece) + coder.flush()
    if ends:
        yield coder.end()


def chosen(offered: tuple[str, ...], accepted: str) -> str | None:
    """Return the coding that the header `Accept-Encoding` likes best, of equal ones the first that is offered."""
    weights = dict(map(_weighted, filter(None, map(str.strip, accepted.lower().split(",")))))
    best = max(offered, key=lambda name: _weight(weights, name), default=None)
    if best is None or _weight(weights, best) <= 0 or weights.get("identity", 0) > _weight(weights, best):
        return None
    return best


def _weight(weights: Mapping[str, float], name: str) -> float:
    return weights.get(name, weights.get("*", 0.0))


def _weighted(item: str) -> tuple[str, float]:
    """Return a coding of the header and its weight; one that cannot be read is not wanted."""
    name, *parameters = (part.strip() for part in item.split(";"))
    told = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
    try:
        return name, float(told)
    except ValueError:
        return name, 0.0
