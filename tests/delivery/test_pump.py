"""Paced streams of one loop, written by one timer: what is written, in which order, and what one does to another."""

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Sequence

import pytest

from completions.delivery.pump import Pump, pump
from completions.delivery.stream import Delivery
from completions.event import Frames

SIZE = 40_000
"""Bytes of a frame: no two fit one write, so that a machine that is busy joins none."""


class Line:
    """A connection that takes what is written, until it is full; it keeps the first byte of each piece."""

    def __init__(self, room: int = 1000) -> None:
        self.pieces: list[bytes] = []
        self.times: list[float] = []
        self.room = room

    def write(self, piece: bytes) -> bool:
        """Take a piece if there is room for it."""
        if len(self.pieces) >= self.room:
            return False
        self.pieces.append(piece[:1])
        self.times.append(time.monotonic())
        return True


def delivery(due: Sequence[float], sent: Callable[[int, int, float, int], None] | None = None) -> Delivery:
    frames = Frames([b"%d" % number * SIZE for number in range(len(due))])
    return Delivery(frames, due, time.monotonic(), sent=sent)


async def test_pump__writes_each_piece_when_it_is_due() -> None:
    line, noted = Line(), list[tuple[int, int]]()
    start = time.monotonic()
    due = [0, 0, 0.02, 0.05]
    assert (
        await pump().write(delivery(due, lambda first, last, at, size: noted.append((first, last))), line.write) is None
    )
    assert line.pieces == [b"0", b"1", b"2", b"3"]
    assert noted == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert all(at >= start + when - 0.001 for at, when in zip(line.times, due, strict=True))


async def test_pump__serves_many_in_the_order_of_their_times() -> None:
    written: list[tuple[int, bytes]] = []

    def writes(number: int) -> Callable[[bytes], bool]:
        def write(piece: bytes) -> bool:
            written.append((number, piece[:1]))
            return True

        return write

    late = delivery([0.09])
    early = delivery([0.03, 0.06])
    await asyncio.gather(pump().write(late, writes(1)), pump().write(early, writes(2)))
    assert written == [(2, b"0"), (2, b"1"), (1, b"0")], "one that comes later may be due before all others"


async def test_pump__gives_back_what_cannot_be_written_and_goes_on_after_it() -> None:
    line, stream = Line(room=1), delivery([0, 0.01, 0.02])
    assert await pump().write(stream, line.write) == b"1" * SIZE
    line.room = 3
    stream.note_sent()
    assert await pump().write(stream, line.write) is None
    assert line.pieces == [b"0", b"2"]
    assert stream.is_ended


async def test_pump__gives_back_the_very_first_piece_too() -> None:
    assert await pump().write(delivery([0]), Line(room=0).write) == b"0" * SIZE


async def test_pump__fails_for_the_one_that_fails_alone() -> None:
    def fail(first: int, last: int, at: float, size: int) -> None:
        if first:
            raise ValueError

    line = Line()
    failing = asyncio.ensure_future(pump().write(delivery([0.01, 0.02, 0.03], fail), Line().write))
    assert await pump().write(delivery([0.01, 0.02, 0.03, 0.04]), line.write) is None
    with pytest.raises(ValueError):
        await failing
    assert len(line.pieces) == 4


async def test_pump__forgets_a_stream_whose_client_leaves() -> None:
    line, other = Line(), Line()
    left = asyncio.ensure_future(pump().write(delivery([0, 0.02, 3600]), line.write))
    stays = asyncio.ensure_future(pump().write(delivery([0.03, 0.06]), other.write))
    await asyncio.sleep(0.03)
    left.cancel()
    assert await stays is None
    assert line.pieces == [b"0", b"1"]
    assert other.pieces == [b"0", b"1"]


async def test_pump__lets_others_have_their_turn_between_the_pieces_of_a_late_stream() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    frames = Frames([b"x" * 60_000] * 10)  # of which no two fit one write
    await pump().write(Delivery(frames, [0] * 10, time.monotonic()), Line().write)
    counting.cancel()
    assert turns >= 9


async def test_pump__does_something_else_in_a_long_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("completions.delivery.pump.MAX_TURN_SECONDS", 0.0)
    ours = Pump()
    lines = [Line() for _ in range(5)]
    await asyncio.gather(*(ours.write(delivery([0.01, 0.02]), line.write) for line in lines))
    assert [line.pieces for line in lines] == [[b"0", b"1"]] * 5


async def test_pump__keeps_little_of_many_streams_that_are_left() -> None:
    ours, line = Pump(), Line()
    stays = asyncio.ensure_future(ours.write(delivery([0.1]), line.write))
    for _ in range(20):
        left = [asyncio.ensure_future(ours.write(delivery([3600]), line.write)) for _ in range(10)]
        await asyncio.sleep(0)
        for each in left:
            each.cancel()
        await asyncio.wait(left)
        assert len(ours._due) <= 3
    assert await stays is None
    assert line.pieces == [b"0"]


@pytest.mark.parametrize("streams", [1, 2])
def test_pump__does_not_outlive_a_loop_that_ends_before_its_streams(streams: int) -> None:
    async def leave() -> "weakref.ref[asyncio.AbstractEventLoop]":
        pieces = [pump().write(delivery([0, 3600]), Line().write) for _ in range(streams)]
        tasks.update(map(asyncio.ensure_future, pieces))
        await asyncio.sleep(0.01)
        return weakref.ref(asyncio.get_running_loop())

    tasks: set[asyncio.Future[bytes | None]] = set()
    loop = asyncio.run(leave())
    tasks.clear()
    gc.collect()
    assert loop() is None


def test_pump__is_one_for_each_loop() -> None:
    async def twice() -> tuple[Pump, Pump]:
        return pump(), pump()

    (one, same), (other, _) = asyncio.run(twice()), asyncio.run(twice())
    assert one is same
    assert one is not other
