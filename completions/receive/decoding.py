"""Step 1: a body that its client has compressed is decompressed before anybody reads it.

Codex compresses what it sends to `responses` by Zstandard unless it has a key of the API (openai/codex 41662), and
Anthropic's API takes gzip (anthropics/claude-code 90457).
"""

import asyncio
import importlib
import sys
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Protocol, cast

from completions.conf import conf
from completions.exceptions import BodyTooLarge, RequestError

CODING = b"content-encoding"

PIECE = 256 * 1024
"""Bytes that are decompressed at a time."""


class Decompressor(Protocol):
    """What Python's decompressors have in common, but for what they call the bytes that are left for the next call."""

    @property
    def eof(self) -> bool:
        """Whether all of it has been read."""

    @property
    def unused_data(self) -> bytes:
        """What comes after it."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return so many bytes of the text, at most."""


class _Zlib:
    """zlib's decompressor, which keeps no bytes for the next call by itself."""

    def __init__(self, window: int) -> None:
        self._coder = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._coder.eof

    @property
    def unused_data(self) -> bytes:
        return self._coder.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._coder.decompress(self._coder.unconsumed_tail + data, max_length)


def _gzip(body: bytes) -> Decompressor:
    return _Zlib(zlib.MAX_WBITS | 16)


def _deflate(body: bytes) -> Decompressor:
    """Return the decompressor of zlib's format, or of its bare content, which some clients send by this name."""
    has_head = len(body) > 1 and body[0] & 15 == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return _Zlib(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)


def _zstd(body: bytes) -> Decompressor:
    return cast(Decompressor, _zstandard().ZstdDecompressor())


def _zstandard() -> ModuleType:
    """Return the module for Zstandard, which Python has since 3.14."""
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


CODINGS: dict[str, Callable[[bytes], Decompressor]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
"""What takes a body apart, by content coding."""

NOT_TAKEN = ("br", "compress", "x-compress", "dcb", "dcz")
"""Codings that are registered, and that no LLM API is known to take; other names are no codings, and change nothing."""


async def decoded(body: bytes, header: bytes) -> bytes:
    """Return a body as it was before its client has compressed it, by the value of `Content-Encoding`.

    Raise the 415 for a coding that is not taken, the 400 for what is not in its coding, and `BodyTooLarge` as soon as
    it is larger than a body may be. It runs in a thread, since a small body may become a large one.
    """
    for name in reversed(header.decode("latin-1").lower().split(",")):
        coding = name.strip()
        if coding in NOT_TAKEN:
            raise RequestError(
                f"The content encoding '{coding}' is not accepted: a body may be in {', '.join(CODINGS)}, or in none.",
                status=415,
                code="unsupported_content_encoding",
            )
        if body and coding in CODINGS:
            body = await asyncio.to_thread(_decompressed, body, coding)
    return body


def _decompressed(body: bytes, coding: str) -> bytes:
    whole = bytearray()
    while body:  # a body may be of several such parts, one after the other
        part = CODINGS[coding](body)
        try:
            _read(part, body, whole)
        except (zlib.error, ValueError, OSError, _zstandard().ZstdError) as exc:
            raise _broken(coding) from exc
        body = part.unused_data
    return bytes(whole)


def _read(part: Decompressor, body: bytes, whole: bytearray) -> None:
    """Add what a part of a body holds to what is known of the whole."""
    while not part.eof:
        more = part.decompress(body, PIECE)
        if not more and not part.eof:
            raise ValueError("it ends too early")
        body = b""
        whole += more
        if len(whole) > conf.MAX_BODY_BYTES:
            raise BodyTooLarge(conf.MAX_BODY_BYTES)


def _broken(coding: str) -> RequestError:
    return RequestError(
        f"The body of your request could not be decompressed: it is not whole, or not in '{coding}', which its header "
        "Content-Encoding says.",
        code="invalid_content_encoding",
    )
