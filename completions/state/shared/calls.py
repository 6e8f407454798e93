"""Calls to all workers, and waiting until they have answered."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable

from completions.exceptions import StateUnavailable
from completions.state.shared.link import Link
from completions.state.shared.scripts import CALL, CHANNEL_PREFIX, TELL, WORKERS
from completions.state.shared.worker import Worker

CALL_PREFIX, DONE_PREFIX, REMOVED_PREFIX = "do:", "done:", "removed:"
"""The prefixes of a call, of the answer to it, and of a removed namespace, which distinguish them from the names of
waiters on the same channel."""


class Calls:
    """Calls to all workers of a store, this one included; each then runs its `action`.

    `on_removed` is called with the name of a namespace that another worker has removed.
    """

    def __init__(self, link: Link, worker: Worker) -> None:
        self._link, self._worker = link, worker
        self.action: Callable[[], Awaitable[object]] | None = None
        self.on_removed: Callable[[str], object] | None = None
        self._numbers = itertools.count()
        self._answers: dict[str, asyncio.Queue[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def call_all(self) -> None:
        """Have all workers run their action; do not wait for one that is unreachable or too slow."""
        name = f"{self._worker.process}:{next(self._numbers)}"
        answers = self._answers[name] = asyncio.Queue()
        try:
            with contextlib.suppress(StateUnavailable, TimeoutError):
                async with asyncio.timeout(2 * self._link.timeout):
                    for _ in range(await self._link.run(CALL, (WORKERS,), CHANNEL_PREFIX, CALL_PREFIX + name)):
                        await answers.get()
        finally:
            del self._answers[name]

    async def announce_removed(self, namespace: str) -> None:
        """Tell the other workers that a namespace was removed; the message arrives before the next call."""
        await self._link.run(CALL, (WORKERS,), CHANNEL_PREFIX, f"{REMOVED_PREFIX}{self._worker.process}:{namespace}")

    def handle(self, message: str) -> bool:
        """Handle a message if it is a call, an answer to one, or a removed namespace; return whether it was."""
        if message.startswith(REMOVED_PREFIX):
            process, _, namespace = message.removeprefix(REMOVED_PREFIX).partition(":")
            if self.on_removed is not None and process != self._worker.process:
                self.on_removed(namespace)
            return True
        if message.startswith(DONE_PREFIX):
            if (answers := self._answers.get(message.removeprefix(DONE_PREFIX))) is not None:
                answers.put_nowait(None)
            return True
        if not message.startswith(CALL_PREFIX):
            return False
        task = asyncio.get_running_loop().create_task(self._answer(message.removeprefix(CALL_PREFIX)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, name: str) -> None:
        if self.action is not None:
            await self.action()
        self._link.post(TELL, (), CHANNEL_PREFIX + name.partition(":")[0], DONE_PREFIX + name)
