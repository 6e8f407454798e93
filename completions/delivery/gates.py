"""Gates: answers wait at them until they are released, so that a test knows that a request is in progress."""

import asyncio
from collections import defaultdict, deque
from typing import Protocol

MAX_RELEASED = 1000
"""The most gates of a namespace that can be released ahead, before any answer waits at them."""


class Gates(Protocol):
    """A namespace's gates, by name; each exists as soon as an answer waits at it, or it is released."""

    async def wait(self, name: str, seconds: float) -> bool:
        """Wait at a gate until it is released; return False where that took longer than `seconds`."""

    async def release(self, name: str) -> int | None:
        """Release all answers that wait now, and return their number; where none waits, the next one passes.

        None: no answer waits, and MAX_RELEASED gates were released ahead already.
        """

    async def release_all(self) -> None:
        """Release all answers at all gates, and close the gates that were released ahead."""

    async def counts(self) -> dict[str, int]:
        """Return the number of waiting answers for each gate that has any."""


class LocalGates:
    """Gates within this process."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._open: set[str] = set()

    @property
    def are_in_use(self) -> bool:
        """Whether an answer waits at a gate, or a gate is open."""
        return bool(self._open) or any(self._waiting.values())

    async def wait(self, name: str, seconds: float) -> bool:
        """Wait at a gate until it is released; return False where that took longer than `seconds`."""
        if name in self._open:
            self._open.discard(name)
            return True
        released = asyncio.get_running_loop().create_future()
        self._waiting[name].append(released)
        try:
            async with asyncio.timeout(seconds):
                await released
        except TimeoutError:
            return False
        finally:
            waiting = self._waiting.get(name, deque())
            if released in waiting:  # it timed out, or its client left
                waiting.remove(released)
                if not waiting:
                    del self._waiting[name]
        return True

    async def release(self, name: str) -> int | None:
        """Release all answers that wait now, and return their number; where none waits, the next one passes.

        None: no answer waits, and MAX_RELEASED gates were released ahead already.
        """
        if name not in self._waiting and name not in self._open and len(self._open) >= MAX_RELEASED:
            return None
        waiting = self._waiting.pop(name, deque())
        for released in waiting:
            if not released.done():
                released.set_result(None)
        if not waiting:
            self._open.add(name)
        return len(waiting)

    async def release_all(self) -> None:
        """Release all answers at all gates, and close the gates that were released ahead."""
        for name in [*self._waiting]:
            await self.release(name)
        self._open.clear()

    async def counts(self) -> dict[str, int]:
        """Return the number of waiting answers for each gate that has any."""
        return {name: len(waiting) for name, waiting in self._waiting.items() if waiting}
