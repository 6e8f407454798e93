"""Bodies that were recorded as they were sent, compressed: what was in them."""

import importlib
from typing import Any

from completions.delivery.relay.encoding import unpacked

MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed bodies begin, also where no header says that they are."""

UNMARKED = ("br", "deflate")
"""The codings that do not show in the first bytes."""


def without_codings(body: bytes, encoding: str, most: int) -> bytes:
    """Return a body as it was before it was compressed, which one that is unpacked already still is.

    `encoding` is its `Content-Encoding`. Raise ValueError where it cannot be read, or comes to more bytes than `most`.
    """
    for name in reversed(encoding.lower().split(",")):  # the last one was applied last
        coding = next((known for start, known in MAGIC.items() if body.startswith(start)), None)
        if coding is None and name.strip() in UNMARKED and not _is_text(body):
            coding = name.strip()
        body = body if coding is None else _unpacked(body, coding, most)
    return body


def _unpacked(body: bytes, coding: str, most: int) -> bytes:
    if coding == "br":
        return _without_brotli(body)
    found = unpacked([body], coding, most)
    if found is None:
        raise ValueError(f"a body that is compressed by {coding} cannot be read")
    return b"".join(found)


def _without_brotli(body: bytes) -> bytes:
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
