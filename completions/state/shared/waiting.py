"""The answers of this worker that wait at gates, and the connection on which releases arrive."""

import asyncio
import contextlib
from dataclasses import dataclass

from completions.exceptions import StateUnavailable
from completions.state.shared.calls import Calls
from completions.state.shared.link import FAILURES, RECONNECT_INTERVAL, Link
from completions.state.shared.scripts import LEAVE, WAIT, WAITING, WORKERS
from completions.state.shared.worker import WORKER_TIMEOUT, Worker


@dataclass(eq=False, slots=True)
class Waiter:
    """One answer at a gate: `member` is its name in Redis, `until` is on the loop's clock."""

    space: str
    gate: str
    until: float
    released: "asyncio.Future[None]"
    member: str
    is_registered: bool = False


class GateWaiters:
    """All waiting answers of this worker. It looks up releases that it missed while a connection was lost."""

    def __init__(self, link: Link, worker: Worker, calls: Calls) -> None:
        self._link, self._worker, self._calls = link, worker, calls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        link.on_back.append(self._mark_stale)
        worker.on_lapse.append(self._mark_stale)

    async def wait(self, space: str, gate: str, seconds: float) -> bool:
        """Wait at a gate; return False where that took longer than `seconds`."""
        await self.listen()
        loop = asyncio.get_running_loop()
        waiter = Waiter(space, gate, loop.time() + seconds, loop.create_future(), self._worker.member())
        self._waiters[waiter.member] = waiter
        passed = False
        try:
            await self._register(waiter)
            async with asyncio.timeout_at(waiter.until):
                await waiter.released
            passed = True
        except TimeoutError:
            return False
        finally:
            self._waiters.pop(waiter.member, None)
            if not passed:
                self._link.post(LEAVE, (space,), gate, waiter.member, is_repeatable=True)
        return True

    async def close(self) -> None:
        """End the connection."""
        tasks, self._tasks = self._tasks, set()
        if self._loop is asyncio.get_running_loop():
            self._loop = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _register(self, waiter: Waiter) -> None:
        """Register a waiter in Redis; where the gate was released before, it passes."""
        left = max(waiter.until - asyncio.get_running_loop().time(), 0)
        worker = waiter.member.partition("/")[0]
        keys = (waiter.space, WORKERS)
        if await self._link.run(WAIT, keys, waiter.gate, waiter.member, left, worker, WORKER_TIMEOUT):
            _release(waiter)
        waiter.is_registered = True

    async def listen(self) -> None:
        """Make sure that releases arrive; raise `StateUnavailable` where they cannot."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._tasks = loop, set()
            self._waiters: dict[str, Waiter] = {}
            self._is_listening, self._stale = asyncio.Event(), asyncio.Event()
            self._tasks = {loop.create_task(self._listen()), loop.create_task(self._catch_up())}
        if self._link.away:
            raise StateUnavailable
        try:
            async with asyncio.timeout(2 * self._link.timeout):
                await self._is_listening.wait()
        except TimeoutError:
            raise StateUnavailable from None

    async def _listen(self) -> None:
        """Receive releases; a connection on which not even the worker's own heartbeat arrives is dead."""
        while True:
            connection = self._link.connection()
            try:
                async with asyncio.timeout(2 * self._link.timeout):
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
                    await connection.send_command("SUBSCRIBE", self._worker.channel)
                    await connection.read_response()
                self._is_listening.set()
                self._mark_stale()
                while True:
                    async with asyncio.timeout(WORKER_TIMEOUT):
                        _, _, members = await connection.read_response()
                    for member in members.decode().split():
                        if not self._calls.handle(member) and member in self._waiters:
                            _release(self._waiters[member])
            except FAILURES:
                self._is_listening.clear()
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(RECONNECT_INTERVAL)

    def _mark_stale(self) -> None:
        if self._loop is not None:
            self._stale.set()

    async def _catch_up(self) -> None:
        """Whenever releases may have been missed: register again what Redis lost, and release what may pass."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            with contextlib.suppress(StateUnavailable):  # it is looked up again when Redis is back
                await self._worker.send_heartbeat()
                await self._register_again()
                await self._release_passed()

    async def _register_again(self) -> None:
        """Register waiters of an older worker name under the present one: in Redis they are lost, or seem dead."""
        for old_member, waiter in list(self._waiters.items()):
            if waiter.is_registered and not old_member.startswith(f"{self._worker.name}/"):
                del self._waiters[old_member]
                waiter.member = self._worker.member()
                self._waiters[waiter.member], waiter.is_registered = waiter, False
                try:
                    await self._register(waiter)
                except StateUnavailable:
                    if self._waiters.pop(waiter.member, None) is not None:  # else it has stopped waiting
                        waiter.member, waiter.is_registered = old_member, True
                        self._waiters[old_member] = waiter
                    raise

    async def _release_passed(self) -> None:
        members_by_gate: dict[tuple[str, str], list[str]] = {}
        for member, waiter in self._waiters.items():
            if waiter.is_registered:
                members_by_gate.setdefault((waiter.space, waiter.gate), []).append(member)
        for (space, gate), members in members_by_gate.items():
            still_waiting = {member.decode() for member in await self._link.run(WAITING, (space,), gate, *members)}
            for member in members:
                if member not in still_waiting and member in self._waiters:
                    _release(self._waiters[member])


def _release(waiter: Waiter) -> None:
    if not waiter.released.done():
        waiter.released.set_result(None)
