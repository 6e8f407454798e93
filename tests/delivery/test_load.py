"""Shared capacity and places, on clocks that only move when told."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.delivery.capacity import Capacity, Share
from completions.delivery.load import Loads, Machine
from completions.delivery.places import Places
from completions.outcome import Load
from tests.patience import PATIENCE


def share(count: int, itl: float, ttft: float = 0.0) -> Share:
    """Return a share of so many tokens, one frame each."""
    return Share([ttft + itl * index for index in range(count)], [True] * count)


def times(capacity: Capacity, shares: Sequence[Share], until: float, step: float = 0.001) -> list[list[float]]:
    """Look at the clock every `step` seconds; return when each share's frames were seen to be due."""
    seen: list[list[float]] = [[] for _ in shares]
    for tick in range(round(until / step) + 1):
        capacity.advance(tick * step + 1e-9)
        for moments, each in zip(seen, shares, strict=True):
            moments += [tick * step] * (each.ready - len(moments))
    return seen


def rate(moments: list[float], since: float, until: float) -> float:
    """Return the tokens a second from one time to another."""
    return sum(since <= moment < until for moment in moments) / (until - since)


def test_capacity__an_answer_alone_goes_at_its_own_pace() -> None:
    capacity, one = Capacity(400), share(5, 0.02, ttft=0.05)
    capacity.join(one, 0)
    assert times(capacity, [one], 0.2)[0] == pytest.approx([0.05, 0.07, 0.09, 0.11, 0.13])


def test_capacity__an_answer_without_a_pace_has_all_of_it() -> None:
    capacity, one = Capacity(100), share(50, 0.0)
    capacity.join(one, 0)
    assert times(capacity, [one], 1)[0] == pytest.approx([index * 0.01 for index in range(50)])


def test_capacity__a_frame_of_several_tokens_takes_the_time_of_each() -> None:
    capacity, one = Capacity(100), Share([0.0] * 10, [3] * 10)
    capacity.join(one, 0)
    assert times(capacity, [one], 1)[0] == pytest.approx([index * 0.03 for index in range(10)])


def test_capacity__those_who_find_room_are_not_slowed() -> None:
    capacity, shares = Capacity(400), [share(20, 0.02, ttft=0.005 * number) for number in range(8)]
    for each in shares:
        capacity.join(each, 0)
    for number, moments in enumerate(times(capacity, shares, 1)):
        assert moments[-1] <= 0.005 * number + 19 * 0.02 + 8 / 400


def test_capacity__those_who_leave_after_their_end_or_twice_slow_nobody() -> None:
    capacity, over, left = Capacity(400), [share(1, 0.0) for _ in range(8)], [share(9, 1.0) for _ in range(8)]
    for each in (*over, *left):
        capacity.join(each, -1)
    capacity.advance(-0.5)
    for each in (*over, *left, *left):
        capacity.leave(each)
    shares = [share(20, 0.02, ttft=0.005 * number) for number in range(8)]
    for each in shares:
        capacity.join(each, 0)
    for number, moments in enumerate(times(capacity, shares, 1)):
        assert moments[-1] <= 0.005 * number + 19 * 0.02 + 8 / 400


@pytest.mark.parametrize("itl", [0.0, 0.001, 0.02])
def test_capacity__is_shared_in_equal_parts(itl: float) -> None:
    capacity, shares = Capacity(100), [share(500, itl) for _ in range(10)]
    for each in shares:
        capacity.join(each, 0)
    for moments in times(capacity, shares, 10):
        assert rate(moments, 0, 10) == pytest.approx(10, abs=0.2)
        assert max(after - before for before, after in pairwise(moments)) <= 0.11


def test_capacity__what_waited_long_goes_on_at_its_own_pace_and_catches_up_on_nothing() -> None:
    capacity, long, waits = Capacity(100), Share([0.0], [200]), share(4, 0.5)
    capacity.join(long, 0)
    capacity.join(waits, 0)
    moments = times(capacity, [long, waits], 4)[1]
    assert moments[0] == pytest.approx(2)
    assert min(after - before for before, after in pairwise(moments)) >= 0.45


def test_capacity__a_slow_one_keeps_its_pace_and_the_others_have_the_rest() -> None:
    capacity, slow, fast = Capacity(100), share(100, 0.1), [share(2000, 0.001) for _ in range(3)]
    for each in (slow, *fast):
        capacity.join(each, 0)
    seen = times(capacity, [slow, *fast], 9)
    assert rate(seen[0], 0, 9) == pytest.approx(10, rel=0.02)
    assert [rate(moments, 0, 9) for moments in seen[1:]] == pytest.approx([30] * 3, rel=0.03)


def test_capacity__who_leaves_or_ends_speeds_the_others_up() -> None:
    capacity, shares = Capacity(100), [share(100, 0.01), share(1000, 0.01), share(1000, 0.01)]
    for each in shares:
        capacity.join(each, 0)
    capacity.advance(1)
    capacity.leave(shares[2])  # with 33 tokens each
    seen = times(capacity, shares, 6)
    assert len(seen[2]) == pytest.approx(33, abs=1)
    assert rate(seen[1], 1.1, 2.2) == pytest.approx(50, rel=0.05)
    assert rate(seen[1], 2.5, 6) == pytest.approx(100, rel=0.01), "alone, at its own pace again"


@given(st.lists(st.floats(0.001, 0.5), min_size=1, max_size=20))
def test_capacity__late_timers_make_no_one_later(looks: list[float]) -> None:
    """However rarely somebody looks, by the last look all has come that should have."""

    def ready(moments: list[float]) -> list[int]:
        capacity, shares = Capacity(60), [share(40, 0.01), share(40, 0.03), share(40, 0.05, ttft=0.2)]
        for each in shares:
            capacity.join(each, 0)
        for moment in moments:
            capacity.advance(moment)
        return [each.ready for each in shares]

    moments = [sum(looks[: index + 1]) for index in range(len(looks))]
    assert ready(moments) == ready(moments[-1:])


def test_share__frames_ride_along_with_their_token() -> None:
    capacity, one = Capacity(10), Share([0.5, 0.5, 0.5, 0.7, 0.7, 0.9], [False, True, True, True, False, False])
    capacity.join(one, 0)
    seen = times(capacity, [one], 2, step=0.01)[0]
    assert seen == pytest.approx([0.5, 0.5, 0.6, 0.7, 0.7, 0.9])


def test_capacity__nothing_to_send_needs_no_turn() -> None:
    capacity = Capacity(10)
    capacity.join(Share([], []), 0)
    assert capacity.next_turn() is None


async def settled() -> None:
    """Let all go on that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_places__first_come_first_served() -> None:
    places, order = Places(2), list[int]()

    async def come(number: int) -> None:
        await places.take()
        order.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(come(number))
        await settled()
        assert order == [0, 1]
        for served in (3, 4, 5):
            places.release()
            await settled()
            assert order == list(range(served))


async def test_places__who_is_cancelled_in_the_queue_has_none() -> None:
    places = Places(1)
    await places.take()
    gone, here = asyncio.create_task(places.take()), asyncio.create_task(places.take())
    await settled()
    gone.cancel()
    await settled()
    assert gone.cancelled()
    places.release()
    await here


@pytest.mark.parametrize("given_first", [False, True])
async def test_places__one_that_comes_as_its_taker_is_cancelled_goes_to_the_next(given_first: bool) -> None:
    places = Places(1)
    await places.take()
    gone, here = asyncio.create_task(places.take()), asyncio.create_task(places.take())
    await settled()
    acts: list[Callable[[], object]] = [gone.cancel, places.release]
    for act in reversed(acts) if given_first else acts:
        act()
    await here
    assert gone.cancelled()
    places.release()
    await places.take()


async def test_machine__without_limits_stops_no_one() -> None:
    machine = Machine(Load("a"))
    assert [await machine.enter() for _ in range(100)] == [0.0] * 100
    machine.leave()
    assert machine.turns([0.0], [True], 0) is None


async def test_machine__tells_how_long_the_queue_was() -> None:
    now = [100.0]
    machine = Machine(Load("a", max_concurrent=1), clock=lambda: now[0])
    assert await machine.enter() == 0
    second = asyncio.create_task(machine.enter())
    await settled()
    now[0] += 2.5
    machine.leave()
    assert await second == 2.5


async def test_machine__wakes_each_in_its_turn() -> None:
    loop = asyncio.get_running_loop()
    machine, order = Machine(Load("a", tps=200)), list[str]()
    start = loop.time()

    async def take(name: str, count: int) -> None:
        turns = machine.turns([0.0] * count, [True] * count, start)
        assert turns is not None
        with turns:
            position = 0
            while position < count:
                ready = await turns.after(position)
                order.extend(name * (ready - position))
                position = ready

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(take(name, 8))
    assert loop.time() - start >= 23 / 200 - 0.001
    assert sorted(order) == sorted("abc" * 8)


async def test_machine__who_comes_later_may_be_first() -> None:
    machine, now = Machine(Load("a", tps=1000)), asyncio.get_running_loop().time()
    late, soon = [machine.turns([wait], [True], now) for wait in (3600.0, 0.01)]
    assert late is not None and soon is not None
    with late:
        waits = asyncio.create_task(late.after(0))
        await settled()
        with soon:
            async with asyncio.timeout(PATIENCE):
                assert await soon.after(0) == 1
        assert not waits.done()
        waits.cancel()


@pytest.mark.parametrize(("before", "after"), [(3600, 0.01), (0.1, 0.1)], ids=["it rings later", "it rings earlier"])
def test_machine__goes_on_after_a_loop_that_was_left(before: float, after: float) -> None:
    """Under Django's test client each test has a loop of its own, and a namespace outlives them."""
    machine = Machine(Load("a", tps=1000))

    async def take(wait: float, patience: float) -> int:
        turns = machine.turns([wait], [True], asyncio.get_running_loop().time())
        assert turns is not None
        with turns:
            async with asyncio.timeout(patience):
                return await turns.after(0)

    with pytest.raises(TimeoutError):
        asyncio.run(take(before, 0.01))
    assert asyncio.run(take(after, PATIENCE)) == 1


def test_loads__one_machine_for_each() -> None:
    loads = Loads()
    assert loads.of(Load("defaults", tps=5)) is loads.of(Load("defaults", tps=5))
    assert loads.of(Load("defaults", tps=5)) is not loads.of(Load("rules[0]", tps=5))
