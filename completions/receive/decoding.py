"""Step 1: decompression of a request's body, before it is read.

Codex compresses what it sends to `responses` by Zstandard where it is signed in with ChatGPT (openai/codex 41662), and
Anthropic's API takes gzip (anthropics/claude-code 90457).
"""

import asyncio

from completions.conf import conf
from completions.delivery.decompressors import CODINGS, Decompressor
from completions.exceptions import BodyTooLarge, RequestError

CODING = b"content-encoding"

PIECE_BYTES = 256 * 1024
"""Bytes that are decompressed at a time."""

MAX_CODINGS, MAX_PARTS = 4, 100
"""The most codings of a body, and the most parts, one after the other, of which it may consist."""

UNSUPPORTED = ("br", "compress", "x-compress", "dcb", "dcz")
"""Registered codings that no LLM API is known to accept; other names are no codings, and are ignored."""


async def decompress_body(body: bytes, header: bytes) -> bytes:
    """Return a body without its compression, by the value of `Content-Encoding`.

    Raise the 415 for an unsupported coding, the 400 for a body that is not in its coding, and `BodyTooLarge` as soon as
    it is too large. It runs in a thread, since a small body may become a large one.
    """
    names = [name.strip() for name in header.decode("latin-1").lower().split(",")]
    if refused := next((name for name in names if name in UNSUPPORTED), None):
        raise _unsupported(f"The content encoding '{refused}' is not accepted: a body may be in {', '.join(CODINGS)}.")
    codings = [name for name in names if name in CODINGS]
    if len(codings) > MAX_CODINGS:
        raise _unsupported(f"A body may be compressed {MAX_CODINGS} times, not {len(codings)} times.")
    return await asyncio.to_thread(_remove_codings, body, codings) if body and codings else body


def _remove_codings(body: bytes, codings: list[str]) -> bytes:
    for coding in reversed(codings):
        try:
            body = _remove_coding(body, coding)
        except ValueError as exc:
            why = f"could not be decompressed with '{coding}', the coding in Content-Encoding: {exc}."
            raise RequestError(f"The body of your request {why}", code="invalid_content_encoding") from exc
    return body


def _remove_coding(body: bytes, coding: str) -> bytes:
    """Return a body without one coding; raise ValueError where it is incomplete, or not in this coding."""
    whole, parts = bytearray(), 0
    while body:
        part = CODINGS[coding](body[:2])
        _read(part, body, whole)
        body, parts = part.unused_data, parts + 1
        if body and parts == MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
    return bytes(whole)


def _read(part: Decompressor, body: bytes, whole: bytearray) -> None:
    """Append the decompressed bytes of a part of a body to the whole."""
    while not part.eof:
        piece = part.decompress(body, PIECE_BYTES)
        if not piece and not part.eof:
            raise ValueError("it ends too early")
        body = b""
        whole += piece
        if len(whole) > conf.MAX_BODY_BYTES:
            raise BodyTooLarge(conf.MAX_BODY_BYTES)


def _unsupported(message: str) -> RequestError:
    return RequestError(message, status=415, code="unsupported_content_encoding")
