"""A number of places, and a queue for those who find none: first come, first served."""

import asyncio
from collections import deque


class Places:
    """So many places at a time."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> bool:
        """Take a place, or wait for one behind all who wait already; return whether it was to wait.

        Whoever is cancelled has none.
        """
        if self._free:
            self._free -= 1
            return False
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give()  # the place came in the same moment
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        return True

    def give(self) -> None:
        """Give a place back: to the first who waits."""
        while self._waiting:
            if not (turn := self._waiting.popleft()).cancelled():
                turn.set_result(None)
                return
        self._free += 1
