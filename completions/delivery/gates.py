"""Gates: answers that wait until somebody lets them pass, so that a test knows that a request is under way."""

import asyncio
from collections import defaultdict, deque
from typing import Protocol

MAX_RELEASED = 1000
"""Gates of a namespace that can be released ahead, before somebody comes to them."""


class Gates(Protocol):
    """A namespace's gates, by name; each is there as soon as somebody waits at it or releases it."""

    async def wait(self, name: str, seconds: float) -> bool:
        """Wait at a gate until it is released; return False where that took longer than `seconds`."""

    async def release(self, name: str) -> int | None:
        """Let all pass that wait now, and return how many they are; where none does, the next one passes.

        None: nobody waits, and MAX_RELEASED others were released ahead.
        """

    async def release_all(self) -> None:
        """Let all pass that wait at any gate, and close those that were released ahead."""

    async def counts(self) -> dict[str, int]:
        """Return how many wait at each gate where somebody does."""


class LocalGates:
    """Gates within this process."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._open: set[str] = set()

    @property
    def are_in_use(self) -> bool:
        """Whether something waits at one, or one is open."""
        return bool(self._open) or any(self._waiting.values())

    async def wait(self, name: str, seconds: float) -> bool:
        """Wait at a gate until it is released; return False where that took longer than `seconds`."""
        if name in self._open:
            self._open.discard(name)
            return True
        passing = asyncio.get_running_loop().create_future()
        self._waiting[name].append(passing)
        try:
            async with asyncio.timeout(seconds):
                await passing
        except TimeoutError:
            return False
        finally:
            waiting = self._waiting.get(name, deque())
            if passing in waiting:  # it timed out, or its client left
                waiting.remove(passing)
                if not waiting:
                    del self._waiting[name]
        return True

    async def release(self, name: str) -> int | None:
        """Let all pass that wait now, and return how many they are; where none does, the next one passes.

        None: nobody waits, and MAX_RELEASED others were released ahead.
        """
        if name not in self._waiting and name not in self._open and len(self._open) >= MAX_RELEASED:
            return None
        waiting = self._waiting.pop(name, deque())
        for passing in waiting:
            if not passing.done():
                passing.set_result(None)
        if not waiting:
            self._open.add(name)
        return len(waiting)

    async def release_all(self) -> None:
        """Let all pass that wait at any gate, and close those that were released ahead."""
        for name in [*self._waiting]:
            await self.release(name)
        self._open.clear()

    async def counts(self) -> dict[str, int]:
        """Return how many wait at each gate where somebody does."""
        return {name: len(waiting) for name, waiting in self._waiting.items() if waiting}
