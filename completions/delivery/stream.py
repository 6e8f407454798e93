"""Send events on time: compute when each is due, so that lateness never adds up; sleep; write what is due."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from itertools import accumulate, takewhile
from random import Random
from typing import Any, NamedTuple, Protocol

from completions.event import Frames
from completions.event.scatter import Jitter
from completions.outcome import Pacing

WRITE_BYTES = 64 * 1024
"""The most bytes written at once; after that, the writer waits until the client has read them."""

SLACK = 0.0005
"""Seconds. Events due within this time count as due, because an event loop's timers are no finer than a millisecond."""

Sent = Callable[[int, int, float], None]
"""Called after a write with the index of the first event, the index after the last, and the seconds since the start."""


def schedule(tokens: Sequence[int], pacing: Pacing) -> list[float]:
    """Return when each event is due, in seconds after the start.

    `tokens` says of each event how many tokens it carries. The first token is due at `ttft_ms`, each further one
    `itl_ms` after the one before, and an event with its last token. An event without a token is due with the token
    before it, and events before the first token are due with that.
    """
    ttft, gap = pacing.ttft_ms / 1000, pacing.itl_ms / 1000
    if pacing.jitter is not None:
        return _scattered(tokens, ttft, gap, pacing.jitter)
    if not gap:
        return [ttft] * len(tokens)
    seen = accumulate(tokens)
    return [ttft + gap * max(count - 1, 0) for count in seen]


def _scattered(tokens: Sequence[int], ttft: float, gap: float, jitter: Jitter) -> list[float]:
    """Draw the time to the first token and then each gap; the sums are absolute, as without jitter."""
    random = Random(jitter.seed)
    at = jitter.draw(ttft, random)
    due, seen = [], 0
    for token in tokens:
        for _ in range(token):
            seen += 1
            if seen > 1:
                at += jitter.draw(gap, random)
        due.append(at)
    return due


async def deliver(  # the last two are for tests, whose time only passes when they say so
    frames: Frames,
    due: Sequence[float],
    start: float,
    *,
    sent: Sent | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[bytes, None]:
    """Yield the frames' bytes, each at `start` (on `clock`, in seconds) plus its own due time.

    Frames that are due together form one piece of at most 64 KiB. The consumer sends each piece before it asks for the
    next, so a slow client slows the stream down instead of filling memory.
    """
    position, count = 0, len(frames.sizes)
    while position < count:
        wait = start + due[position] - clock()
        if wait > SLACK:
            await sleep(wait)
        elapsed = clock() - start
        first, position = position, _fill(frames, position, bisect_right(due, elapsed + SLACK, position))
        piece = frames.joined(first, position)
        for offset in range(0, len(piece), WRITE_BYTES):
            if offset or (first and wait <= SLACK):
                await sleep(0)  # a long stream that is late or unpaced lets the others have their turn
            yield piece[offset : offset + WRITE_BYTES]
        if sent is not None:
            sent(first, position, elapsed)


class Turns(Protocol):
    """When the frames of an answer with shared capacity are due; it takes part while its `with` block lasts."""

    def __enter__(self) -> object: ...

    def __exit__(self, kind: Any, exc: Any, traceback: Any) -> None: ...

    async def after(self, position: int) -> int:
        """Wait until more than the first `position` frames are due, and return how many are."""


async def deliver_shared(
    frames: Frames,
    turns: Turns,
    start: float,
    *,
    sent: Sent | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[bytes, None]:
    """Yield the frames' bytes, each when its turn comes; otherwise like `deliver`."""
    position, count = 0, len(frames.sizes)
    with turns:
        while position < count:
            ready = await turns.after(position)
            elapsed = clock() - start
            first, position = position, _fill(frames, position, ready)
            piece = frames.joined(first, position)
            for offset in range(0, len(piece), WRITE_BYTES):
                if offset:
                    await asyncio.sleep(0)
                yield piece[offset : offset + WRITE_BYTES]
            if sent is not None:
                sent(first, position, elapsed)


class Pause(NamedTuple):
    """A pause in a stream: before the frame `at`, which is due at `due`, until `passed` returns."""

    at: int
    due: float
    passed: Callable[[], Awaitable[object]]


async def deliver_held(
    parts: Callable[[slice, float, Sent | None], AsyncGenerator[bytes, None]],
    start: float,
    pause: Pause,
    sent: Sent | None = None,
) -> AsyncGenerator[bytes, None]:
    """Deliver the frames before a pause, wait, and go on from there at the same pace.

    `parts` delivers some of the frames, whose times count from a given start.
    """
    at = pause.at
    async with aclosing(parts(slice(None, at), start, sent)) as pieces:
        async for piece in pieces:
            yield piece
    await pause.passed()
    resumed = time.monotonic() - pause.due

    def sent_after(first: int, last: int, elapsed: float) -> None:
        if sent is not None:
            sent(at + first, at + last, elapsed + resumed - start)

    async with aclosing(parts(slice(at, None), resumed, sent_after)) as pieces:
        async for piece in pieces:
            yield piece


async def wait(
    until: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Sleep until a moment on `clock`, so that an answer that is not streamed takes as long as its stream would."""
    if (seconds := until - clock()) > 0:
        await sleep(seconds)


def _fill(frames: Frames, position: int, end: int) -> int:
    """Return the end of the run of due frames from `position` that fits one write; it has at least one frame."""
    end = max(end, position + 1)
    sizes = frames.sizes[position:end]
    if sum(sizes) <= WRITE_BYTES:
        return end
    return position + max(1, sum(1 for _ in takewhile(WRITE_BYTES.__ge__, accumulate(sizes))))
