"""Decompressors by content coding, for bodies of requests and of other servers' answers."""

import importlib
import sys
import zlib
from collections.abc import Callable
from typing import Any, Protocol


class Decompressor(Protocol):
    """Decompresses one part of a body, in pieces, and raises ValueError for bytes that are not in its coding."""

    @property
    def eof(self) -> bool:
        """Whether the part has ended."""

    @property
    def unused_data(self) -> bytes:
        """The bytes after the part."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return the next bytes, at most `max_length`; the rest comes with the next call."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._coder = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._coder.eof

    @property
    def unused_data(self) -> bytes:
        return self._coder.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        try:
            return self._coder.decompress(self._coder.unconsumed_tail + data, max_length)
        except zlib.error as exc:
            raise ValueError(str(exc)) from exc


class _Zstandard:
    """Python's module since 3.14, or `backports.zstd` before; it is loaded for the first body."""

    def __init__(self) -> None:
        zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        self._coder: Any = zstd.ZstdDecompressor()
        self._error: type[Exception] = zstd.ZstdError

    @property
    def eof(self) -> bool:
        return bool(self._coder.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._coder.unused_data)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        try:
            return bytes(self._coder.decompress(data, max_length))
        except (self._error, EOFError) as exc:
            raise ValueError(str(exc)) from exc


def _gzip(head: bytes) -> Decompressor:
    return _Zlib(zlib.MAX_WBITS | 16)


def _deflate(head: bytes) -> Decompressor:
    """Return a decompressor of zlib's format, or of raw deflate, which some programs also call `deflate`."""
    has_head = len(head) > 1 and head[0] & 15 == zlib.DEFLATED and int.from_bytes(head[:2], "big") % 31 == 0
    return _Zlib(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)


CODINGS: dict[str, Callable[[bytes], Decompressor]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": lambda head: _Zstandard(),
}
"""The function that makes the decompressor of a part, by content coding; it gets the part's first two bytes."""
