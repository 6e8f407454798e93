"""One timer for all paced streams of an event loop: each is written when it is due, and no task is woken for it."""

import asyncio
import time
from collections.abc import Callable
from heapq import heapify, heappop, heappush, heapreplace
from itertools import count
from weakref import WeakKeyDictionary

from completions.delivery.stream import SLACK, Delivery

MAX_TURN_SECONDS = 0.005
"""Seconds of writing after which the loop does something else first."""

Write = Callable[[bytes], bool]
"""Writes a piece at once, or returns False if it cannot."""


class _Stream:
    """A running delivery; `future` gets the piece that could not be written, or None at the end."""

    __slots__ = ("delivery", "future", "write")

    def __init__(self, delivery: Delivery, write: Write, future: "asyncio.Future[bytes | None]") -> None:
        self.delivery, self.write, self.future = delivery, write, future

    def step(self) -> float | None:
        """Write the due piece, and return when the next is due, on the delivery's clock; None at the end."""
        if self.future.done():  # its client has left
            return None
        delivery = self.delivery
        try:
            if not self.write(piece := delivery.take()):
                self.future.set_result(piece)
                return None
            delivery.note_sent()
        except Exception as exc:  # the stream's caller gets it, and the other streams continue
            self.future.set_exception(exc)
            return None
        if delivery.is_ended:
            self.future.set_result(None)
            return None
        return delivery.due


class Pump:
    """The streams of a loop, by the time at which their next pieces are due."""

    def __init__(self) -> None:
        self._numbers = count()
        self._due: list[tuple[float, int, _Stream]] = []  # the number orders streams that are due together
        self._timer: asyncio.TimerHandle | None = None
        self._fires_at = 0.0
        self._abandoned = 0

    async def write(self, delivery: Delivery, write: Write) -> bytes | None:
        """Write a delivery's pieces when they are due, to its end.

        Return the piece that `write` did not accept, if there is one: after the caller has sent it, and noted that in
        the delivery, there may be more.
        """
        is_first = True
        while not delivery.is_ended:
            if delivery.remaining > SLACK:
                return await self._write_later(delivery, write)
            if not is_first:
                await asyncio.sleep(0)  # a long stream that is late or unpaced yields to the others
            if not write(piece := delivery.take()):
                return piece
            delivery.note_sent()
            is_first = False
        return None

    async def _write_later(self, delivery: Delivery, write: Write) -> bytes | None:
        stream = _Stream(delivery, write, asyncio.get_running_loop().create_future())
        self._add(stream)
        try:
            return await stream.future
        except asyncio.CancelledError:
            self._note_abandoned()
            raise
        finally:
            del stream.delivery, stream.write  # it may stay in the queue for a while

    def _note_abandoned(self) -> None:
        """Note that a stream was abandoned; abandoned streams never make up more than half of the queue."""
        self._abandoned += 1
        if self._abandoned > len(self._due) // 2:
            self._due[:] = [each for each in self._due if not each[2].future.done()]
            heapify(self._due)
            self._abandoned = 0
        if not self._due and self._timer is not None:  # it would keep the loop in memory
            self._timer.cancel()
            self._timer = None

    def _add(self, stream: _Stream) -> None:
        due = stream.delivery.due
        heappush(self._due, (due, next(self._numbers), stream))
        if self._timer is None or due < self._fires_at:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires_at = self._due[0][0]
        loop, wait = asyncio.get_running_loop(), self._fires_at - time.monotonic()
        self._timer = loop.call_later(max(wait, 0), self._fire)

    def _fire(self) -> None:
        """Write the due pieces, and set the timer for the next."""
        self._timer, start, due = None, time.monotonic(), self._due
        while due and due[0][0] <= start + SLACK:
            _, number, stream = due[0]
            if (next_due := stream.step()) is None:
                heappop(due)
            else:
                heapreplace(due, (next_due, number, stream))
            if time.monotonic() - start > MAX_TURN_SECONDS:
                break
        if due and self._timer is None:
            self._set_timer()


_pumps: "WeakKeyDictionary[asyncio.AbstractEventLoop, Pump]" = WeakKeyDictionary()


def pump() -> Pump:
    """Return the running loop's pump."""
    loop = asyncio.get_running_loop()
    found = _pumps.get(loop)
    if found is None:
        found = _pumps[loop] = Pump()
    return found
