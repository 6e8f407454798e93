"""Gates at which answers of any worker wait, and that any worker releases."""

from completions.delivery.gates import MAX_RELEASED
from completions.state.shared.link import Link
from completions.state.shared.scripts import CHANNEL_PREFIX, COUNTS, MAX_IDLE_SECONDS, RELEASE, WORKERS
from completions.state.shared.waiting import GateWaiters


class RedisGates:
    """One namespace's gates."""

    def __init__(self, space: str, link: Link, waiters: GateWaiters) -> None:
        self._space, self._link, self._waiters = space, link, waiters

    async def wait(self, name: str, seconds: float) -> bool:
        """Wait at a gate until it is released; return False where that took longer than `seconds`."""
        return await self._waiters.wait(self._space, name, seconds)

    async def release(self, name: str) -> int | None:
        """Release all answers that wait now, and return their number; where none waits, the next one passes.

        None: no answer waits, and MAX_RELEASED gates were released ahead already.
        """
        released: int = await self._link.run(
            RELEASE, (self._space, WORKERS), name, MAX_IDLE_SECONDS, CHANNEL_PREFIX, MAX_RELEASED
        )
        return None if released < 0 else released

    async def release_all(self) -> None:
        """Release all answers at all gates, and close the gates that were released ahead."""
        await self._link.run(RELEASE, (self._space, WORKERS), "", MAX_IDLE_SECONDS, CHANNEL_PREFIX, MAX_RELEASED)

    async def counts(self) -> dict[str, int]:
        """Return the number of waiting answers for each gate that has any."""
        counts = iter(await self._link.run(COUNTS, (self._space, WORKERS)))
        return {name.decode("utf-8", "surrogatepass"): count for name, count in zip(counts, counts, strict=True)}
