"""The answers of this worker that wait at gates, and the connection on which it is told that they may pass."""

import asyncio
import contextlib
from dataclasses import dataclass

from completions.exceptions import StateUnavailable
from completions.state.shared.calls import Calls
from completions.state.shared.link import FAILURES, LOOK_AGAIN, Link
from completions.state.shared.scripts import LEAVE, WAIT, WAITING, WORKERS
from completions.state.shared.worker import BELIEVED, Worker


@dataclass(eq=False, slots=True)
class Waiter:
    """One answer at a gate: `member` is what Redis knows it by, once it is `noted`; `until` is on the loop's clock."""

    space: str
    gate: str
    until: float
    passing: "asyncio.Future[None]"
    member: str
    noted: bool = False


class Waiting:
    """All that wait in this worker. What it was not told of while a connection was lost, it looks up afterwards."""

    def __init__(self, link: Link, worker: Worker, calls: Calls) -> None:
        self._link, self._worker, self._calls = link, worker, calls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        link.on_back.append(self._look_up)
        worker.on_lapse.append(self._look_up)

    async def wait(self, space: str, gate: str, seconds: float) -> bool:
        """Wait at a gate; return False where that took longer than `seconds`."""
        await self.listen()
        loop = asyncio.get_running_loop()
        waiter = Waiter(space, gate, loop.time() + seconds, loop.create_future(), self._worker.member())
        self._waiters[waiter.member] = waiter
        passed = False
        try:
            await self._note(waiter)
            async with asyncio.timeout_at(waiter.until):
                await waiter.passing
            passed = True
        except TimeoutError:
            return False
        finally:
            self._waiters.pop(waiter.member, None)
            if not passed:
                self._link.post(LEAVE, (space,), gate, waiter.member, again=True)
        return True

    async def close(self) -> None:
        """End the connection."""
        tasks, self._tasks = self._tasks, set()
        if self._loop is asyncio.get_running_loop():
            self._loop = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _note(self, waiter: Waiter) -> None:
        """Tell Redis who waits; where the gate was released before, it passes."""
        left = max(waiter.until - asyncio.get_running_loop().time(), 0)
        worker = waiter.member.partition("/")[0]
        keys = (waiter.space, WORKERS)
        if await self._link.run(WAIT, keys, waiter.gate, waiter.member, left, worker, BELIEVED):
            _pass(waiter)
        waiter.noted = True

    async def listen(self) -> None:
        """Make sure that releases are heard; raise `StateUnavailable` where they cannot be."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._tasks = loop, set()
            self._waiters: dict[str, Waiter] = {}
            self._heard, self._stale = asyncio.Event(), asyncio.Event()
            self._tasks = {loop.create_task(self._listen()), loop.create_task(self._keep_up())}
        if self._link.away:
            raise StateUnavailable
        try:
            async with asyncio.timeout(2 * self._link.timeout):
                await self._heard.wait()
        except TimeoutError:
            raise StateUnavailable from None

    async def _listen(self) -> None:
        """Hear what is released; a connection on which not even the worker's own beat comes is a dead one."""
        while True:
            connection = self._link.connection()
            try:
                async with asyncio.timeout(2 * self._link.timeout):
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
                    await connection.send_command("SUBSCRIBE", self._worker.channel)
                    await connection.read_response()
                self._heard.set()
                self._look_up()
                while True:
                    async with asyncio.timeout(BELIEVED):
                        _, _, members = await connection.read_response()
                    for member in members.decode().split():
                        if not self._calls.take(member) and member in self._waiters:
                            _pass(self._waiters[member])
            except FAILURES:
                self._heard.clear()
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(LOOK_AGAIN)

    def _look_up(self) -> None:
        if self._loop is not None:
            self._stale.set()

    async def _keep_up(self) -> None:
        """Whenever something may have been missed: note again what Redis forgot, and let pass what was released."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            with contextlib.suppress(StateUnavailable):  # it is looked up again when Redis is back
                await self._worker.beat()
                await self._note_again()
                await self._let_pass()

    async def _note_again(self) -> None:
        """Note those under this worker's name that are known by an older one: in Redis they are gone, or seem dead."""
        for old, waiter in list(self._waiters.items()):
            if waiter.noted and not old.startswith(f"{self._worker.name}/"):
                del self._waiters[old]
                waiter.member = self._worker.member()
                self._waiters[waiter.member], waiter.noted = waiter, False
                try:
                    await self._note(waiter)
                except StateUnavailable:
                    if self._waiters.pop(waiter.member, None) is not None:  # else it has left meanwhile
                        waiter.member, waiter.noted = old, True
                        self._waiters[old] = waiter
                    raise

    async def _let_pass(self) -> None:
        places: dict[tuple[str, str], list[str]] = {}
        for member, waiter in self._waiters.items():
            if waiter.noted:
                places.setdefault((waiter.space, waiter.gate), []).append(member)
        for (space, gate), members in places.items():
            still = {member.decode() for member in await self._link.run(WAITING, (space,), gate, *members)}
            for member in members:
                if member not in still and member in self._waiters:
                    _pass(self._waiters[member])


def _pass(waiter: Waiter) -> None:
    if not waiter.passing.done():
        waiter.passing.set_result(None)
