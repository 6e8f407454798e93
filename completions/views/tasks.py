"""Work that goes on after its request has been answered."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Tasks that are under way. The event loop keeps only weak references to them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start work in this event loop."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def wait(self) -> None:
        """Wait until all that is now under way in this event loop has ended."""
        loop = asyncio.get_running_loop()
        if running := {each for each in self._running if each.get_loop() is loop}:
            await asyncio.wait(running)
