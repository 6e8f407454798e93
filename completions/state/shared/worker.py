"""The identity of a worker in Redis, and its heartbeats: what a dead worker held is given back."""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Callable

from completions.exceptions import StateUnavailable
from completions.state.shared.link import Link
from completions.state.shared.scripts import BEAT, CHANNEL_PREFIX, ERA, MAX_IDLE_SECONDS, WORKERS

WORKER_TIMEOUT = 10.0
"""Seconds after its last heartbeat for which a worker counts as alive."""

HEARTBEAT_INTERVAL = 3.0
"""Seconds between two heartbeats."""


class Worker:
    """This process, as the other workers know it.

    `name` is the process's with a generation: a worker that counted as dead, or whose Redis lost its data, continues
    under another name, and the callbacks in `on_lapse` are called.
    """

    def __init__(self, link: Link) -> None:
        self.process = secrets.token_hex(6)
        self.on_lapse: list[Callable[[], None]] = []
        self._link = link
        self._generation, self._era = 0, b""
        self._numbers = itertools.count()
        self._task: asyncio.Task[None] | None = None
        self._name = f"{self.process}.0"

    @property
    def name(self) -> str:
        """The name of the live worker; the first script that gets it registers it."""
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.get_running_loop().create_task(self._send_heartbeats())
        return self._name

    @property
    def channel(self) -> str:
        """The channel on which it receives messages."""
        return CHANNEL_PREFIX + self.process

    def member(self) -> str:
        """Return a name for something that this worker holds."""
        return f"{self.name}/{next(self._numbers)}"

    async def send_heartbeat(self) -> None:
        """Send a heartbeat; raise `StateUnavailable` if Redis does not answer."""
        name, next_name = self._name, f"{self.process}.{self._generation + 1}"
        arguments = (name, next_name, WORKER_TIMEOUT, self.channel, self._era, secrets.token_hex(6), MAX_IDLE_SECONDS)
        alive, era = await self._link.run(BEAT, (WORKERS, ERA), *arguments)
        self._era = era
        if not alive and name == self._name:
            self._generation, self._name = self._generation + 1, next_name
            for callback in self.on_lapse:
                callback()

    async def _send_heartbeats(self) -> None:
        while True:
            with contextlib.suppress(StateUnavailable):
                await self.send_heartbeat()
            await asyncio.sleep(HEARTBEAT_INTERVAL)

    async def close(self) -> None:
        """Stop the heartbeats."""
        task, self._task = self._task, None
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
