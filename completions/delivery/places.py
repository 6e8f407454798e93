"""A limited number of places, with a queue: first come, first served."""

import asyncio
from collections import deque


class Places:
    """A limited number of places."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> bool:
        """Take a place, or wait for one in the queue; return whether it had to wait.

        A cancelled caller has no place.
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
                self.release()  # it got the place at the same moment
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        return True

    def release(self) -> None:
        """Give a place back, to the first in the queue."""
        while self._waiting:
            if not (turn := self._waiting.popleft()).cancelled():
                turn.set_result(None)
                return
        self._free += 1
