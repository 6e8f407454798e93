"""Gates that answers of any worker wait at, and that any worker releases."""

from completions.delivery.gates import MAX_RELEASED
from completions.state.shared.link import Link
from completions.state.shared.scripts import CHANNEL, COUNTS, KEPT, RELEASE, WORKERS
from completions.state.shared.waiting import Waiting


class RedisGates:
    """One namespace's gates."""

    def __init__(self, space: str, link: Link, waiting: Waiting) -> None:
        self._space, self._link, self._waiting = space, link, waiting

    async def wait(self, name: str, seconds: float) -> bool:
        """Wait at a gate until it is released; return False where that took longer than `seconds`."""
        return await self._waiting.wait(self._space, name, seconds)

    async def release(self, name: str) -> int | None:
        """Let all pass that wait now, and return how many they are; where none does, the next one passes.

        None: nobody waits, and MAX_RELEASED others were released ahead.
        """
        released: int = await self._link.run(RELEASE, (self._space, WORKERS), name, KEPT, CHANNEL, MAX_RELEASED)
        return None if released < 0 else released

    async def release_all(self) -> None:
        """Let all pass that wait at any gate, and close those that were released ahead."""
        await self._link.run(RELEASE, (self._space, WORKERS), "", KEPT, CHANNEL, MAX_RELEASED)

    async def counts(self) -> dict[str, int]:
        """Return how many wait at each gate where somebody does."""
        found = iter(await self._link.run(COUNTS, (self._space, WORKERS)))
        return {name.decode("utf-8", "surrogatepass"): count for name, count in zip(found, found, strict=True)}
