"""Send events on time: sleep until the next is due, then write all that is due."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from itertools import accumulate, takewhile

WRITE_BYTES = 64 * 1024
"""The largest piece handed on at once; after it, whoever writes waits for the client to take it."""

SLACK = 0.0005
"""Seconds. What is due within them counts as due: an event loop's timers are no finer than a millisecond."""

Sent = Callable[[int, int, float], None]
"""Called after a write with the first event's index, the last one's plus one, and the seconds since the start."""


async def deliver(
    frames: Sequence[bytes],
    due: Sequence[float],
    start: float,
    *,
    sent: Sent | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[bytes, None]:
    """Yield the frames' bytes, each at `start` (on `clock`, seconds) plus its own due time.

    Frames that are due together make one piece of at most 64 KiB. The reader of this generator sends a piece
    before it asks for the next, so a client that reads slowly slows the stream down instead of filling memory.
    """
    position, count = 0, len(frames)
    while position < count:
        wait = start + due[position] - clock()
        if wait > SLACK:
            await sleep(wait)
        elapsed = clock() - start
        first, position = position, _fill(frames, due, position, elapsed + SLACK)
        piece = b"".join(frames[first:position])
        for offset in range(0, len(piece), WRITE_BYTES):
            if offset or (first and wait <= SLACK):
                await sleep(0)  # a long stream that is late or unpaced lets the others have their turn
            yield piece[offset : offset + WRITE_BYTES]
        if sent is not None:
            sent(first, position, elapsed)


async def deliver_held(
    frames: Sequence[bytes],
    due: Sequence[float],
    start: float,
    at: int,
    passed: Callable[[], Awaitable[object]],
    *,
    sent: Sent | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[bytes, None]:
    """Deliver the frames before `at`, wait until `passed` returns, and go on from there at the same pace."""
    async with aclosing(deliver(frames[:at], due[:at], start, sent=sent, clock=clock, sleep=sleep)) as pieces:
        async for piece in pieces:
            yield piece
    await passed()
    resumed = clock() - due[at]

    def sent_after(first: int, last: int, elapsed: float) -> None:
        if sent is not None:
            sent(at + first, at + last, elapsed + resumed - start)

    rest = deliver(frames[at:], due[at:], resumed, sent=sent_after, clock=clock, sleep=sleep)
    async with aclosing(rest) as pieces:
        async for piece in pieces:
            yield piece


async def wait(
    until: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Sleep until a moment on `clock`: what an answer that comes whole does, to take as long as its stream."""
    if (seconds := until - clock()) > 0:
        await sleep(seconds)


def _fill(frames: Sequence[bytes], due: Sequence[float], position: int, until: float) -> int:
    """Return the end of the run of frames from `position` that are due and fit one write; at least one does."""
    end = max(bisect_right(due, until, position), position + 1)
    if sum(map(len, frames[position:end])) <= WRITE_BYTES:
        return end
    sizes = accumulate(map(len, frames[position:end]))
    return position + max(1, sum(1 for _ in takewhile(WRITE_BYTES.__ge__, sizes)))
