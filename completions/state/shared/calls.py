"""Asking all workers to do something, and waiting until they have."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable

from completions.exceptions import StateUnavailable
from completions.state.shared.link import Link
from completions.state.shared.scripts import CALL, CHANNEL, TELL, WORKERS
from completions.state.shared.worker import Worker

ASKED, DONE, REMOVED = "do:", "done:", "removed:"
"""What tells a call, the answer to it, and a namespace that was removed from the names of waiters, which the same
channel carries."""


class Calls:
    """Calls to all workers of a store, this one included; `do` is what each does then.

    `on_removed` is called with the name of a namespace that another worker has removed.
    """

    def __init__(self, link: Link, worker: Worker) -> None:
        self._link, self._worker = link, worker
        self.do: Callable[[], Awaitable[object]] | None = None
        self.on_removed: Callable[[str], object] | None = None
        self._numbers = itertools.count()
        self._answers: dict[str, asyncio.Queue[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def all(self) -> None:
        """Have all workers do it; one that is away, or too slow, is not waited for."""
        name = f"{self._worker.process}:{next(self._numbers)}"
        answers = self._answers[name] = asyncio.Queue()
        try:
            with contextlib.suppress(StateUnavailable, TimeoutError):
                async with asyncio.timeout(2 * self._link.timeout):
                    for _ in range(await self._link.run(CALL, (WORKERS,), CHANNEL, ASKED + name)):
                        await answers.get()
        finally:
            del self._answers[name]

    async def tell_removed(self, namespace: str) -> None:
        """Tell the other workers that a namespace was removed; they know it before they hear the next call."""
        await self._link.run(CALL, (WORKERS,), CHANNEL, f"{REMOVED}{self._worker.process}:{namespace}")

    def take(self, told: str) -> bool:
        """Take what a channel carries, if it is a call, an answer to one, or a namespace that was removed."""
        if told.startswith(REMOVED):
            process, _, namespace = told.removeprefix(REMOVED).partition(":")
            if self.on_removed is not None and process != self._worker.process:
                self.on_removed(namespace)
            return True
        if told.startswith(DONE):
            if (answers := self._answers.get(told.removeprefix(DONE))) is not None:
                answers.put_nowait(None)
            return True
        if not told.startswith(ASKED):
            return False
        task = asyncio.get_running_loop().create_task(self._answer(told.removeprefix(ASKED)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, name: str) -> None:
        if self.do is not None:
            await self.do()
        self._link.post(TELL, (), CHANNEL + name.partition(":")[0], DONE + name)
