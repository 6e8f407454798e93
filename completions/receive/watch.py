"""Cancel a response whose client has gone, and pay for the watching only when the response has to wait."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from typing import Any

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

CLIENT_LEFT = "The client left."


async def watched(work: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run `work`; once it first waits, watch for `http.disconnect` and cancel it when that comes.

    Most answers never wait, so most requests need no second task.
    """
    watcher = _Watcher(receive)
    try:
        await _Driven(work, watcher.start)
    except asyncio.CancelledError:
        if not watcher.left:
            raise
    finally:
        watcher.stop()


class _Watcher:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[None] | None = None
        self.left = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(asyncio.current_task()))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None  # a cancelled task remembers where it was: here; that would be a circle

    async def _watch(self, worker: asyncio.Task[Any] | None) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if worker is not None:
            worker.cancel(CLIENT_LEFT)


class _Driven:
    """Awaits a coroutine like `await`, and calls `on_wait` the first time that it suspends."""

    def __init__(self, work: Coroutine[Any, Any, None], on_wait: Callable[[], None]) -> None:
        self._work, self._on_wait = work, on_wait

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            pending = self._work.send(None)
        except StopIteration:
            return
        self._on_wait()
        while True:
            try:
                try:
                    value = yield pending
                except BaseException as exc:  # a cancellation: it belongs to the coroutine, as with `await`
                    pending = self._work.throw(exc)
                else:
                    pending = self._work.send(value)
            except StopIteration:
                return
