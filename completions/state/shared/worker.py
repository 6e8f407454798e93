"""What tells one worker from another in Redis, and that it lives: what a dead one held is given back."""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Callable

from completions.exceptions import StateUnavailable
from completions.state.shared.link import Link
from completions.state.shared.scripts import BEAT, CHANNEL, ERA, KEPT, WORKERS

BELIEVED = 10.0
"""Seconds that a worker is believed to live after it was last heard of."""

BEAT_EVERY = 3.0
"""Seconds between two signs of life."""


class Worker:
    """This process, as the others know it.

    `name` is the process's with a generation: a worker that was thought to be dead, or whose Redis lost its memory,
    goes on under another name, and whoever asked is told by `on_lapse`.
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
        """The name under which it is believed to live; the script that is given it says so the first time."""
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.get_running_loop().create_task(self._live())
        return self._name

    @property
    def channel(self) -> str:
        """The channel on which it is told what concerns it."""
        return CHANNEL + self.process

    def member(self) -> str:
        """Return a name for something that this worker holds."""
        return f"{self.name}/{next(self._numbers)}"

    async def beat(self) -> None:
        """Say that it lives; raise `StateUnavailable` where nobody hears it."""
        name, following = self._name, f"{self.process}.{self._generation + 1}"
        told = (name, following, BELIEVED, self.channel, self._era, secrets.token_hex(6), KEPT)
        alive, era = await self._link.run(BEAT, (WORKERS, ERA), *told)
        self._era = era
        if not alive and name == self._name:
            self._generation, self._name = self._generation + 1, following
            for tell in self.on_lapse:
                tell()

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(StateUnavailable):
                await self.beat()
            await asyncio.sleep(BEAT_EVERY)

    async def close(self) -> None:
        """Stop the signs of life."""
        task, self._task = self._task, None
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
