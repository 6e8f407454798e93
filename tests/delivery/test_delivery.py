"""Schedules and delivery, on a clock that only moves when told."""

import asyncio
import math
import statistics
from collections.abc import AsyncGenerator, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.delivery.line_faults import with_keep_alives
from completions.delivery.stream import WRITE_BYTES, Delivery, deliver_shared, schedule, wait
from completions.event import Frames
from completions.event.scatter import Jitter
from completions.outcome import Pacing
from completions.views.streaming import keep_alive
from completions.wire.framing import SSE


class Clock:
    """A clock whose sleeps take exactly as long as asked, plus `late` seconds."""

    def __init__(self, late: float = 0.0) -> None:
        self.now, self.late = 100.0, late
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)
            self.now += seconds + self.late


async def collect(
    frames: Sequence[bytes], due: Sequence[float], clock: Clock, take: float = 0.0
) -> list[tuple[float, bytes]]:
    """Return each piece with its time since the start; the reader needs `take` seconds for each."""
    pieces = []
    async for piece in Delivery(Frames(frames), due, clock(), clock=clock, sleep=clock.sleep):
        pieces.append((round(clock() - 100, 6), piece))
        clock.now += take
    return pieces


@pytest.mark.parametrize(
    ("tokens", "due"),
    [
        ([], []),
        ([False], [0.05]),
        ([False, True, True, True, False, False], [0.05, 0.05, 0.07, 0.09, 0.09, 0.09]),
        ([True, False, True, False], [0.05, 0.05, 0.07, 0.07]),
        ([False, False, True], [0.05, 0.05, 0.05]),
        ([0, 3, 0, 3, 1, 0], [0.05, 0.09, 0.09, 0.15, 0.17, 0.17]),
    ],
)
def test_schedule__first_token_then_gaps_and_the_rest_rides_along(tokens: list[int], due: list[float]) -> None:
    assert schedule(tokens, Pacing(ttft_ms=50, itl_ms=20)) == pytest.approx(due)


def test_schedule__several_tokens_come_with_the_last_of_them() -> None:
    pacing = Pacing(50, 20, Jitter("normal", 0.5, "seed"))
    assert schedule([3, 0, 2, 1], pacing) == [schedule([1] * 6, pacing)[at] for at in (2, 2, 4, 5)]


def test_schedule__zero_is_at_once() -> None:
    assert schedule([False, True, True, False], Pacing(0, 0)) == [0, 0, 0, 0]


@given(st.lists(st.booleans()), st.floats(0, 1000), st.floats(0, 1000))
def test_schedule__never_goes_back(tokens: list[bool], ttft: float, itl: float) -> None:
    due = schedule(tokens, Pacing(ttft, itl))
    assert due == sorted(due)
    assert len(due) == len(tokens)


KINDS: list[Literal["uniform", "normal", "lognormal"]] = ["uniform", "normal", "lognormal"]


@pytest.mark.parametrize("kind", KINDS)
def test_jitter__keeps_the_mean_and_the_spread(kind: Literal["uniform", "normal", "lognormal"]) -> None:
    due = schedule([True] * 4001, Pacing(0, 20, Jitter(kind, 0.25, "seed")))
    gaps = [after - before for before, after in pairwise(due)]
    assert statistics.mean(gaps) == pytest.approx(0.020, rel=0.03)
    deviation = 0.25 / math.sqrt(3) if kind == "uniform" else 0.25
    assert statistics.pstdev(gaps) == pytest.approx(0.020 * deviation, rel=0.1)
    assert min(gaps) >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_jitter__same_seed_same_schedule(kind: Literal["uniform", "normal", "lognormal"]) -> None:
    tokens = [False, True, True, True, False]
    first = schedule(tokens, Pacing(50, 20, Jitter(kind, 0.5, "a")))
    assert schedule(tokens, Pacing(50, 20, Jitter(kind, 0.5, "a"))) == first
    assert schedule(tokens, Pacing(50, 20, Jitter(kind, 0.5, "b"))) != first
    assert first == sorted(first)
    assert (first[0], first[4]) == (first[1], first[3]), "what carries no token rides along"


@given(
    st.lists(st.booleans(), max_size=30),
    st.floats(0, 100),
    st.floats(0, 100),
    st.sampled_from(KINDS),
    st.floats(0, 5),
    st.text(),
)
def test_jitter__never_goes_back(
    tokens: list[bool],
    ttft: float,
    itl: float,
    kind: Literal["uniform", "normal", "lognormal"],
    spread: float,
    seed: str,
) -> None:
    due = schedule(tokens, Pacing(ttft, itl, Jitter(kind, spread, seed)))
    assert due == sorted(due)
    assert all(at >= 0 for at in due)


async def test_wait__until_a_moment() -> None:
    clock = Clock()
    await wait(clock() + 0.5, clock=clock, sleep=clock.sleep)
    await wait(clock() - 1, clock=clock, sleep=clock.sleep)
    assert clock.slept == [0.5]


async def test_deliver__each_frame_at_its_time() -> None:
    clock = Clock()
    assert await collect([b"a", b"b", b"c"], [0.05, 0.07, 0.09], clock) == [(0.05, b"a"), (0.07, b"b"), (0.09, b"c")]
    assert clock.slept == pytest.approx([0.05, 0.02, 0.02])


async def test_deliver__lateness_does_not_add_up() -> None:
    clock = Clock(late=0.004)
    pieces = await collect([b"%d" % n for n in range(100)], [n * 0.02 for n in range(1, 101)], clock)
    assert pieces[-1][0] == pytest.approx(100 * 0.02 + 0.004)


async def test_deliver__what_is_due_together_goes_in_one_piece() -> None:
    clock = Clock()
    assert await collect([b"a", b"b", b"c"], [0.05, 0.05, 0.09], clock) == [(0.05, b"ab"), (0.09, b"c")]
    assert await collect([b"a", b"b", b"c"], [0, 0, 0], Clock()) == [(0, b"abc")]


async def test_deliver__slow_reader_gets_the_overdue_together() -> None:
    clock = Clock()
    pieces = await collect([b"a", b"b", b"c", b"d"], [0.01, 0.02, 0.03, 0.5], clock, take=0.1)
    assert pieces == [(0.01, b"a"), (0.11, b"bc"), (0.5, b"d")]


@given(st.lists(st.integers(0, 3 * WRITE_BYTES), max_size=8))
async def test_deliver__no_piece_is_over_64_kib_and_nothing_is_lost(sizes: list[int]) -> None:
    frames = [bytes([65 + index]) * size for index, size in enumerate(sizes)]
    pieces = [piece for _, piece in await collect(frames, [0.0] * len(frames), Clock())]
    assert b"".join(pieces) == b"".join(frames)
    assert all(len(piece) <= WRITE_BYTES for piece in pieces)


class Listed:
    """Turns that come as they are listed: how many frames are due each time."""

    def __init__(self, *ready: int) -> None:
        self.ready = list(ready)

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, exc: Any, traceback: Any) -> None:
        self.ready.clear()

    async def after(self, position: int) -> int:
        return next(ready for ready in self.ready if ready > position)


async def test_deliver_shared__sends_what_is_due_in_pieces_of_64_kib_and_tells() -> None:
    clock, sent, turns = Clock(), [], Listed(1, 4, 5)
    frames = [b"a", b"b" * WRITE_BYTES, b"c", b"d" * (WRITE_BYTES + 1), b"e"]
    stream = deliver_shared(Frames(frames), turns, clock(), clock=clock, sent=lambda *facts: sent.append(facts))
    pieces = [piece async for piece in stream]
    assert b"".join(pieces) == b"".join(frames)
    assert list(map(len, pieces)) == [1, WRITE_BYTES, 1, WRITE_BYTES, 1, 1]
    assert [facts[:2] for facts in sent] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert [facts[3] for facts in sent] == list(map(len, frames))
    assert turns.ready == [], "it has left"


async def test_deliver__tells_what_was_sent() -> None:
    clock, sent = Clock(), []
    frames = [b"a", b"b", b"c"]
    stream = Delivery(
        Frames(frames),
        [0.05, 0.05, 0.09],
        clock(),
        clock=clock,
        sleep=clock.sleep,
        sent=lambda *facts: sent.append(facts),
    )
    assert [piece async for piece in stream] == [b"ab", b"c"]
    assert [(first, last, round(at, 6), size) for first, last, at, size in sent] == [(0, 2, 0.05, 2), (2, 3, 0.09, 1)]


async def test_deliver__tells_when_what_waited_for_a_slow_reader_left() -> None:
    clock, sent = Clock(), []
    due = [0.01, 0.02, 0.5]
    tell = lambda first, last, elapsed, size: sent.append((first, last, round(elapsed, 6)))  # noqa: E731  # as Sent takes it
    stream = Delivery(Frames([b"a", b"b", b"c"]), due, clock(), sent=tell, clock=clock, sleep=clock.sleep)
    async for _ in stream:
        clock.now += 0.1
    assert sent == [(0, 1, 0.11), (1, 2, 0.21), (2, 3, 0.6)]


async def test_deliver_shared__tells_when_what_waited_for_a_slow_reader_left() -> None:
    clock, sent = Clock(), []
    tell = lambda first, last, elapsed, size: sent.append((first, last, round(elapsed, 6)))  # noqa: E731  # as Sent takes it
    async for _ in deliver_shared(Frames([b"a", b"b"]), Listed(1, 2), clock(), clock=clock, sent=tell):
        clock.now += 0.1
    assert sent == [(0, 1, 0.1), (1, 2, 0.2)]


async def test_deliver__closed_early_does_not_count_what_the_reader_did_not_take() -> None:
    clock, sent = Clock(), []
    stream = Delivery(
        Frames([b"a", b"b"]),
        [0.05, 0.09],
        clock(),
        clock=clock,
        sleep=clock.sleep,
        sent=lambda *facts: sent.append(facts),
    )
    assert await anext(stream) == b"a"
    await stream.aclose()
    assert sent == []


async def test_kept_alive__that_is_left_in_a_silence_ends_what_it_waits_for() -> None:
    ended = list[str]()

    async def pieces() -> AsyncGenerator[bytes, None]:
        try:
            yield b"data: {}\n"
            await asyncio.Event().wait()
        finally:
            ended.append("pieces")

    line = with_keep_alives(pieces(), b": alive\n", 0.001)
    assert [await anext(line) for _ in range(3)] == [b"data: {}\n", b": alive\n", b": alive\n"]
    await line.aclose()
    assert ended == ["pieces"]


async def test_deliver__starts_late_when_the_request_took_its_time() -> None:
    clock = Clock()
    start = clock()
    clock.now += 0.06
    stream = Delivery(Frames([b"a", b"b", b"c"]), [0.05, 0.055, 0.09], start, clock=clock, sleep=clock.sleep)
    assert [piece async for piece in stream] == [b"ab", b"c"]
    assert clock.slept == pytest.approx([0.03])


@pytest.mark.parametrize(
    ("due", "silence"), [([], 0), ([0.3], 0.3), ([0.02, 0.04, 0.5, 0.5, 0.6], 0.46), ([1, 1.1], 1)]
)
def test_deliver__knows_its_longest_silence(due: list[float], silence: float) -> None:
    assert Delivery(Frames([b"x"] * len(due)), due, 0).longest_silence == pytest.approx(silence)


@pytest.mark.parametrize(("given", "kept"), [(None, False), (0.0, False), (400.0, True), (600.0, False)])
def test_keep_alive__needs_nothing_where_the_silence_is_shorter(given: float | None, kept: bool) -> None:
    turn: Any = SimpleNamespace(outcome=SimpleNamespace(pacing=Pacing(keep_alive_ms=given)))
    pieces = Delivery(Frames([b"a", b"b"]), [0.1, 0.6], 0)
    assert (keep_alive(turn, SSE, pieces) is pieces) is not kept
