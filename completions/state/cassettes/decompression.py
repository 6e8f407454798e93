"""Decompression of bodies that were recorded compressed, as they were sent."""

import importlib
from typing import Any

from completions.delivery.relay.encoding import decompress_pieces

MAGIC_BYTES = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""The first bytes of compressed bodies, by which they are recognized without a header."""

WITHOUT_MAGIC = ("br", "deflate")
"""The codings that cannot be recognized by the first bytes."""


def without_codings(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Return a body without its compression; one that is decompressed already is returned unchanged.

    `encoding` is its `Content-Encoding`. Raise ValueError where it cannot be read, or has more bytes than `max_bytes`.
    """
    for name in reversed(encoding.lower().split(",")):  # the last one was applied last
        coding = next((known for start, known in MAGIC_BYTES.items() if body.startswith(start)), None)
        if coding is None and name.strip() in WITHOUT_MAGIC and not _is_text(body):
            coding = name.strip()
        body = body if coding is None else _decompress(body, coding, max_bytes)
    return body


def _decompress(body: bytes, coding: str, max_bytes: int) -> bytes:
    if coding == "br":
        return _decompress_brotli(body)
    pieces = decompress_pieces([body], coding, max_bytes)
    if pieces is None:
        raise ValueError(f"a body that is compressed by {coding} cannot be read")
    return b"".join(pieces)


def _decompress_brotli(body: bytes) -> bytes:
    try:
        brotli: Any = importlib.import_module("brotli")
    except ImportError as exc:
        raise ValueError("a body is compressed by br, which needs the package `brotli`: pip install brotli") from exc
    try:
        return bytes(brotli.decompress(body))
    except brotli.error as exc:
        raise ValueError("a body that is compressed by br cannot be read") from exc


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
