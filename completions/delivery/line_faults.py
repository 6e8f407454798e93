"""Faults of the line: bytes arrive slowly, in small pieces, or not at all."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing

from completions.delivery.stream import wait
from completions.outcome import Fault

Pieces = AsyncGenerator[bytes, None]

MAX_DRIPS = 50
"""The most writes per second on a slow line."""


async def wait_until(until: float | None) -> None:
    """Wait until a time on the monotonic clock, or with None until cancelled."""
    if until is None:
        await asyncio.Event().wait()
    else:
        await wait(until)


async def never_ending(pieces: Pieces) -> Pieces:
    """Yield the pieces, then never end."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
    await wait_until(None)


async def delay_end(pieces: Pieces, seconds: float) -> Pieces:
    """Yield the pieces, and end so many seconds after the last one."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
    await asyncio.sleep(seconds)


async def split(pieces: Pieces, size: int, pause: float) -> Pieces:
    """Cut the pieces into smaller ones of `size` bytes, with a pause after each, so that they are read separately."""
    async with aclosing(pieces):
        async for piece in pieces:
            for start in range(0, len(piece), size):
                yield piece[start : start + size]
                await asyncio.sleep(pause)


async def with_keep_alives(pieces: Pieces, keep_alive: bytes, interval: float) -> Pieces:
    """Yield the pieces, and a keep-alive after each interval of silence between two events."""
    is_between_events = True
    next_piece = asyncio.ensure_future(_next(pieces))
    try:
        while True:
            if not (await asyncio.wait({next_piece}, timeout=interval))[0]:  # unlike a timeout, this cancels nothing
                if is_between_events:
                    yield keep_alive
                continue
            piece = next_piece.result()
            if piece is None:
                return
            yield piece
            is_between_events = piece.endswith(b"\n")  # within an event, a keep-alive would become a part of it
            next_piece = asyncio.ensure_future(_next(pieces))
    finally:
        next_piece.cancel()
        await asyncio.gather(next_piece, return_exceptions=True)  # a generator cannot be closed while it runs
        await pieces.aclose()


async def _next(pieces: Pieces) -> bytes | None:
    return await anext(pieces, None)


def apply(faults: Iterable[Fault], pieces: Pieces) -> Pieces:
    """Return the pieces as a line with these faults transmits them; other faults are ignored."""
    for fault in faults:
        if fault.name == "split_bytes":
            pieces = split(pieces, int(fault.parameters["bytes"]), fault.parameters["ms"] / 1000)
        elif fault.name == "drip":
            pieces = drip(pieces, fault.parameters["bytes_per_second"])
    return pieces


async def single_piece(body: bytes) -> Pieces:
    """Yield a body in one piece."""
    yield body


async def drip(
    pieces: Pieces,
    bytes_per_second: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Pieces:
    """Yield the bytes at a steady rate; each portion is due when the line has transmitted all before it."""
    size = max(1, int(bytes_per_second / MAX_DRIPS))
    free_at = clock()
    async with aclosing(pieces):
        async for piece in pieces:
            free_at = max(free_at, clock())
            for start in range(0, len(piece), size):
                drop = piece[start : start + size]
                free_at += len(drop) / bytes_per_second
                await sleep(max(0.0, free_at - clock()))
                yield drop
