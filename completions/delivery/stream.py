"""Send events on time: compute when each is due, so that lateness never adds up; sleep; write what is due."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from itertools import accumulate, pairwise, takewhile
from random import Random
from typing import Any, NamedTuple, Protocol

from completions.event import Frames
from completions.event.scatter import Jitter
from completions.outcome import Pacing

WRITE_BYTES = 64 * 1024
"""The most bytes written at once; after that, the writer waits until the client has read them."""

WRITE_FRAMES = 4096
"""The most frames written at once; a long stream that is late is processed piece by piece."""

SLACK = 0.0005
"""Seconds. Events due within this time count as due, because an event loop's timers are no finer than a millisecond."""

MILLISECOND = 0.001

Sent = Callable[[int, int, float, int], None]
"""Called after a write with the index of the first event, the index after the last, the seconds from the start to the
write (for a slow reader, to its end), and its size in bytes."""


def schedule(tokens: Sequence[int], pacing: Pacing) -> list[float]:
    """Return when each event is due, in seconds after the start.

    `tokens` says of each event how many tokens it carries. The first token is due at `ttft_ms`, each further one
    `itl_ms` after the one before, and an event with its last token. An event without a token is due with the token
    before it, and events before the first token are due with that.
    """
    ttft, gap = pacing.ttft_ms / 1000, pacing.itl_ms / 1000
    if pacing.jitter is not None:
        return _schedule_with_jitter(tokens, ttft, gap, pacing.jitter)
    if not gap:
        return [ttft] * len(tokens)
    seen = accumulate(tokens)
    return [ttft + gap * max(count - 1, 0) for count in seen]


def _schedule_with_jitter(tokens: Sequence[int], ttft: float, gap: float, jitter: Jitter) -> list[float]:
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


class Delivery(AsyncGenerator[bytes, None]):
    """A stream's frames, each due at `start` (on `clock`, in seconds) plus its own time.

    Frames that are due together form one piece of at most 64 KiB. The sender takes each piece when it is due, and notes
    when it is sent, or iterates over the pieces: the generator waits for each, and makes the next one only after the
    previous one was sent, so a slow client slows the stream down instead of filling memory.
    """

    def __init__(  # tests replace the last two, to control the time
        self,
        frames: Frames,
        due: Sequence[float],
        start: float,
        *,
        sent: Sent | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._frames, self._due, self._start, self._sent = frames, due, start, sent
        self._clock, self._sleep = clock, sleep
        self._taken = self._position = self._size = 0
        self._elapsed = 0.0
        self._count = len(frames)
        self.is_ended = not self._count
        """Whether all frames were taken."""
        self._pieces: AsyncGenerator[bytes, None] | None = None

    @property
    def due(self) -> float:
        """When the next frame is due, on the clock."""
        return self._start + self._due[self._position]

    @property
    def remaining(self) -> float:
        """The seconds until the next frame is due."""
        return self.due - self._clock()

    @property
    def longest_silence(self) -> float:
        """The longest time, in seconds, in which no frame is due."""
        return max((later - earlier for earlier, later in pairwise((0.0, *self._due))), default=0.0)

    def take(self) -> bytes:
        """Return the bytes of the frames that are due, at least of the next one."""
        first = self._taken = self._position
        self._elapsed = self._clock() - self._start
        last, latest = first + 1, self._elapsed + SLACK
        if last < self._count and self._due[last] <= latest:  # in a paced stream, mostly one frame is due
            last = _end_of_write(self._frames, first, bisect_right(self._due, latest, last))
        self._position, self.is_ended = last, last >= self._count
        piece = self._frames.joined(first, last)
        self._size = len(piece)
        return piece

    def note_sent(self) -> None:
        """Note that the piece that was taken last is sent."""
        if self._sent is not None:
            self._sent(self._taken, self._position, self._elapsed, self._size)

    def note_sent_late(self) -> None:
        """Note that the piece that was taken last is sent only now: the reader may have been slow."""
        self._elapsed = self._clock() - self._start
        self.note_sent()

    def __anext__(self) -> Coroutine[Any, Any, bytes]:
        """Return the next piece once it is due."""
        return self._generator().__anext__()

    def asend(self, value: None) -> Coroutine[Any, Any, bytes]:
        """Return the next piece once it is due."""
        return self._generator().asend(value)

    def athrow(self, *exc: Any) -> Coroutine[Any, Any, bytes]:
        """Raise an exception in the generator."""
        return self._generator().athrow(*exc)

    async def aclose(self) -> None:
        """Close the generator."""
        if self._pieces is not None:
            await self._pieces.aclose()

    def _generator(self) -> AsyncGenerator[bytes, None]:
        if self._pieces is None:
            self._pieces = self._generate()
        return self._pieces

    async def _generate(self) -> AsyncGenerator[bytes, None]:
        while not self.is_ended:
            waited = False
            while (seconds := self.remaining) > SLACK:  # a timer of whole milliseconds may end too early
                waited = True
                await self._sleep(seconds)
            piece = self.take()
            for offset in range(0, len(piece), WRITE_BYTES):
                if offset or (self._taken and not waited):
                    await self._sleep(0)  # a long stream that is late or unpaced lets the others have their turn
                yield piece[offset : offset + WRITE_BYTES]
            self.note_sent_late()


class Turns(Protocol):
    """The turns of an answer with shared capacity, in which it takes part for the duration of its `with` block."""

    def __enter__(self) -> object: ...

    def __exit__(self, kind: Any, exc: Any, traceback: Any) -> None: ...

    async def after(self, position: int) -> int:
        """Wait until more than the first `position` frames are due, and return how many are."""


async def deliver_shared(
    frames: Frames, turns: Turns, start: float, *, sent: Sent | None = None, clock: Callable[[], float] = time.monotonic
) -> AsyncGenerator[bytes, None]:
    """Yield the frames' bytes, each when its turn comes; otherwise like a `Delivery`."""
    position, count = 0, len(frames)
    with turns:
        while position < count:
            ready = await turns.after(position)
            first, position = position, _end_of_write(frames, position, ready)
            piece = frames.joined(first, position)
            for offset in range(0, len(piece), WRITE_BYTES):
                if offset:
                    await asyncio.sleep(0)
                yield piece[offset : offset + WRITE_BYTES]
            if sent is not None:
                sent(first, position, clock() - start, len(piece))


class Pause(NamedTuple):
    """A pause in a stream: before the frame `at`, which is due at `due`, until `wait` returns."""

    at: int
    due: float
    wait: Callable[[], Awaitable[object]]


async def deliver_held(
    parts: Callable[[slice, float, Sent | None], AsyncGenerator[bytes, None]],
    start: float,
    pause: Pause,
    sent: Sent | None,
) -> AsyncGenerator[bytes, None]:
    """Deliver the frames before a pause, wait, and continue at the same pace.

    `parts` delivers some of the frames, whose times count from a given start.
    """
    at = pause.at
    async with aclosing(parts(slice(None, at), start, sent)) as pieces:
        async for piece in pieces:
            yield piece
    await pause.wait()
    resumed = time.monotonic() - pause.due

    def sent_after(first: int, last: int, elapsed: float, size: int) -> None:
        if sent is not None:
            sent(at + first, at + last, elapsed + resumed - start, size)

    async with aclosing(parts(slice(at, None), resumed, sent_after)) as pieces:
        async for piece in pieces:
            yield piece


async def wait(
    until: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Sleep until a moment on `clock`, never less: a timer of whole milliseconds may end too early."""
    while (seconds := until - clock()) > 0:
        await sleep(max(seconds, MILLISECOND))


def _end_of_write(frames: Frames, position: int, end: int) -> int:
    """Return the end of the due frames from `position` that fit into one write; at least one."""
    if end <= position + 1:
        return position + 1
    if end - position == len(frames) and frames.size <= WRITE_BYTES:  # known without the size of each frame
        return end
    sizes = map(len, frames[position : min(end, position + WRITE_FRAMES)])
    return position + max(1, sum(1 for _ in takewhile(WRITE_BYTES.__ge__, accumulate(sizes))))
