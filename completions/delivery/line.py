"""Faults of the line: bytes that come slowly, in splinters, or not at all. What sleeps here sleeps until a due time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

DRIPS = 50
"""Writes a second of a line that drips, at most."""


async def silence(until: float | None) -> None:
    """Wait until a time on the monotonic clock, or for good: until whoever waits is cancelled."""
    if until is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(max(0.0, until - time.monotonic()))


async def held(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the pieces, and then never end."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
    await silence(None)


async def split(pieces: AsyncGenerator[bytes, None], size: int) -> AsyncGenerator[bytes, None]:
    """Cut the pieces into splinters of `size` bytes, each written by itself."""
    async with aclosing(pieces):
        async for piece in pieces:
            for start in range(0, len(piece), size):
                yield piece[start : start + size]
                await asyncio.sleep(0)  # so that the loop writes it before the next one


async def drip(
    pieces: AsyncGenerator[bytes, None],
    bytes_per_second: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[bytes, None]:
    """Yield the pieces' bytes at so many a second, in drops; each is due when the line has taken all before it."""
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
