"""Answers under load: machines that answers share, with places, a queue, and a capacity in tokens per second."""

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from completions.delivery.capacity import Capacity, Share
from completions.delivery.places import Places
from completions.delivery.stream import SLACK
from completions.outcome import Load


class Machine:
    """The machine that all answers with the same `load:` share, with one timer, which fires at the next turn."""

    def __init__(self, load: Load, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = None if load.max_concurrent is None else Places(load.max_concurrent)
        self._capacity = None if load.tps is None else Capacity(load.tps)
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fires_at = 0.0

    async def enter(self) -> float:
        """Take a place, and return the seconds spent waiting for it. A cancelled caller has none."""
        if self._places is None:
            return 0.0
        before = self._clock()
        return self._clock() - before if await self._places.take() else 0.0

    def leave(self) -> None:
        """Give the place back."""
        if self._places is not None:
            self._places.release()

    def turns(self, due: Sequence[float], tokens: Sequence[int], start: float) -> "Turns | None":
        """Return the turns of an answer whose times (seconds, each frame's) count from `start`; None: it needs none."""
        return None if self._capacity is None else Turns(self, Share(due, tokens), start)

    def join(self, share: Share, start: float) -> None:
        """Add an answer to the capacity."""
        if self._capacity is not None:
            self._capacity.join(share, start)
            self._advance()

    def remove(self, share: Share) -> None:
        """Remove an answer from the capacity."""
        if self._capacity is not None:
            self._capacity.leave(share)

    def _advance(self) -> None:
        """Wake the answers whose turn has come, and set the timer for the next turn."""
        assert self._capacity is not None
        for share in self._capacity.advance(self._clock() + SLACK):
            if share.wake is not None:
                share.wake()
        at = self._capacity.next_turn()
        loop = asyncio.get_running_loop()
        if self._timer is not None and loop is self._loop:  # the timer of a loop that has ended never fires
            if at is not None and at >= self._fires_at:
                return  # it fires early enough, and then is set again
            self._timer.cancel()
        self._loop, self._fires_at = loop, at or 0.0
        self._timer = None if at is None else loop.call_later(max(0.0, at - self._clock()), self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._advance()


class Turns:
    """One answer's turns, for the duration of its `with`."""

    def __init__(self, machine: Machine, share: Share, start: float) -> None:
        self._machine, self._share, self._start = machine, share, start

    def __enter__(self) -> "Turns":
        self._machine.join(self._share, self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._machine.remove(self._share)

    async def after(self, position: int) -> int:
        """Wait until more than the first `position` frames are due, and return how many are."""
        share = self._share
        while share.ready <= position:
            wake_event = asyncio.Event()
            share.wake = wake_event.set
            await wake_event.wait()
        return share.ready


class Loads:
    """The machines of a namespace, each made when an answer first needs it."""

    def __init__(self) -> None:
        self._machines: dict[Load, Machine] = {}

    def of(self, load: Load) -> Machine:
        """Return the machine for a `load:`; equal loads share one."""
        machine = self._machines.get(load)
        if machine is None:
            machine = self._machines[load] = Machine(load)
        return machine
