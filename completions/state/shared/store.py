"""The shared store: a worker's connection to Redis, and the ledgers of all namespaces."""

import contextlib

from redis.exceptions import RedisError

from completions.exceptions import StateUnavailable
from completions.state.shared.calls import Calls
from completions.state.shared.ledger import RedisLedger
from completions.state.shared.link import TIMEOUT, Link
from completions.state.shared.scripts import LIST_NAMES, MAX_IDLE_SECONDS, NAMES, PROBE, PROBE_PREFIX
from completions.state.shared.waiting import GateWaiters
from completions.state.shared.worker import Worker


class RedisStore:
    """Redis at one address, which counts as unreachable where it takes longer than `timeout` seconds to answer."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._link = Link(url, timeout)
        self._worker = Worker(self._link)
        self.calls = Calls(self._link, self._worker)
        self._waiting = GateWaiters(self._link, self._worker, self.calls)
        self._has_counted = False

    def ledger(self, name: str) -> RedisLedger:
        """Return the ledger of a namespace."""
        return RedisLedger(name, self._link, self._worker, self._waiting)

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` where the address has unknown parameters or invalid values."""
        try:
            self._link.connection()
        except RedisError as exc:
            raise ValueError(exc) from exc

    async def names(self) -> list[str]:
        """Return the names of the namespaces that any worker used recently, in no order."""
        return [name.decode() for name in await self._link.run(LIST_NAMES, (NAMES,), MAX_IDLE_SECONDS)]

    async def try_to_count(self) -> str | None:
        """Return why Redis does not count at present, or None; raise `StateUnavailable` where it never has."""
        try:
            await self._link.run(
                PROBE, (f"{PROBE_PREFIX}{self._worker.process}",), f"{PROBE_PREFIX}{self._worker.process}"
            )
        except StateUnavailable as exc:
            if not self._has_counted:
                raise
            return f"refused a command: {exc.refusal}" if exc.refusal else "unavailable"
        self._has_counted = True
        return None

    async def open(self) -> None:
        """Connect. Where Redis is not available yet, log that, and keep trying."""
        with contextlib.suppress(StateUnavailable):
            await self.names()
            await self._worker.send_heartbeat()
            await self._waiting.listen()
            await self.try_to_count()

    async def close(self) -> None:
        """Send the remaining notes, and end the connections."""
        await self._waiting.close()
        await self._worker.close()
        await self._link.close()
