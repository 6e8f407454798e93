"""Step 1: a body that its client has compressed is decompressed before anybody reads it.

Codex compresses what it sends to `responses` by Zstandard where it is signed in with ChatGPT (openai/codex 41662), and
Anthropic's API takes gzip (anthropics/claude-code 90457).
"""

import asyncio

from completions.conf import conf
from completions.delivery.decompressors import CODINGS, Decompressor
from completions.exceptions import BodyTooLarge, RequestError

CODING = b"content-encoding"

PIECE = 256 * 1024
"""Bytes that are decompressed at a time."""

MAX_CODINGS, MAX_PARTS = 4, 100
"""How often a body may be compressed, and of how many parts, one after the other, it may be."""

NOT_TAKEN = ("br", "compress", "x-compress", "dcb", "dcz")
"""Codings that are registered, and that no LLM API is known to take; other names are no codings, and change nothing."""


async def decoded(body: bytes, header: bytes) -> bytes:
    """Return a body as it was before its client compressed it, by the value of `Content-Encoding`.

    Raise the 415 for a coding that is not taken, the 400 for what is not in its coding, and `BodyTooLarge` as soon as
    it is larger than a body may be. It runs in a thread, since a small body may become a large one.
    """
    names = [name.strip() for name in header.decode("latin-1").lower().split(",")]
    if refused := next((name for name in names if name in NOT_TAKEN), None):
        raise _not_taken(f"The content encoding '{refused}' is not accepted: a body may be in {', '.join(CODINGS)}.")
    codings = [name for name in names if name in CODINGS]
    if len(codings) > MAX_CODINGS:
        raise _not_taken(f"A body may be compressed {MAX_CODINGS} times, not {len(codings)} times.")
    return await asyncio.to_thread(_decompressed, body, codings) if body and codings else body


def _decompressed(body: bytes, codings: list[str]) -> bytes:
    for coding in reversed(codings):
        try:
            body = _unpacked(body, coding)
        except ValueError as exc:
            why = f"could not be decompressed with '{coding}', the coding in Content-Encoding: {exc}."
            raise RequestError(f"The body of your request {why}", code="invalid_content_encoding") from exc
    return body


def _unpacked(body: bytes, coding: str) -> bytes:
    """Return a body without one coding; raise ValueError where it is not whole, or not in it."""
    whole, parts = bytearray(), 0
    while body:
        part = CODINGS[coding](body[:2])
        _read(part, body, whole)
        body, parts = part.unused_data, parts + 1
        if body and parts == MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
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


def _not_taken(message: str) -> RequestError:
    return RequestError(message, status=415, code="unsupported_content_encoding")
