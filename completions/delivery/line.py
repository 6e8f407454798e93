"""Faults of the line: bytes that arrive slowly, in small pieces, or not at all."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing

from completions.delivery.stream import wait
from completions.outcome import Fault

Pieces = AsyncGenerator[bytes, None]

DRIPS = 50
"""The most writes per second on a slow line."""


async def silence(until: float | None) -> None:
    """Wait until a time on the monotonic clock; None waits until cancelled."""
    if until is None:
        await asyncio.Event().wait()
    else:
        await wait(until)


async def held(pieces: Pieces) -> Pieces:
    """Yield the pieces, then never end."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
    await silence(None)


async def late_end(pieces: Pieces, seconds: float) -> Pieces:
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


async def kept_alive(pieces: Pieces, sign: bytes, every: float) -> Pieces:
    """Yield the pieces, and a keep-alive after every so many seconds of silence between two events."""
    between = True
    following = asyncio.ensure_future(_next(pieces))
    try:
        while True:
            if not (await asyncio.wait({following}, timeout=every))[0]:  # which, unlike a timeout, cancels nothing
                if between:
                    yield sign
                continue
            piece = following.result()
            if piece is None:
                return
            yield piece
            between = piece.endswith(b"\n")  # within an event, a sign would become a part of it
            following = asyncio.ensure_future(_next(pieces))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)  # a generator cannot be closed while it runs
        await pieces.aclose()


async def _next(pieces: Pieces) -> bytes | None:
    return await anext(pieces, None)


def over(faults: Iterable[Fault], pieces: Pieces) -> Pieces:
    """Return the pieces as a line with these faults transmits them; other faults are ignored."""
    for fault in faults:
        if fault.name == "split_bytes":
            pieces = split(pieces, int(fault.parameters["bytes"]), fault.parameters["ms"] / 1000)
        elif fault.name == "drip":
            pieces = drip(pieces, fault.parameters["bytes_per_second"])
    return pieces


async def once(body: bytes) -> Pieces:
    """Yield a body in one piece."""
    yield body


async def drip(
    pieces: Pieces,
    bytes_per_second: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Pieces:
    """Yield the bytes at a steady rate; each portion is due when the line has transmitted all before it."""
    size = max(1, int(bytes_per_second / DRIPS))
    free = clock()
    async with aclosing(pieces):
        async for piece in pieces:
            free = max(free, clock())
            for start in range(0, len(piece), size):
                drop = piece[start : start + size]
                free += len(drop) / bytes_per_second
                await sleep(max(0.0, free - clock()))
                yield drop
