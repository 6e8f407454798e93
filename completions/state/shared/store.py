"""The store of a worker: its connection, and the ledgers of all namespaces on it."""

import contextlib

from redis.exceptions import RedisError

from completions.exceptions import StateUnavailable
from completions.state.shared.calls import Calls
from completions.state.shared.ledger import RedisLedger
from completions.state.shared.link import TIMEOUT, Link
from completions.state.shared.scripts import KEPT, NAMED, NAMES, PROBE, PROBED
from completions.state.shared.waiting import Waiting
from completions.state.shared.worker import Worker


class RedisStore:
    """Redis at one address, which is away where it takes longer than `timeout` seconds to answer."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._link = Link(url, timeout)
        self._worker = Worker(self._link)
        self.calls = Calls(self._link, self._worker)
        self._waiting = Waiting(self._link, self._worker, self.calls)
        self._has_counted = False

    def ledger(self, name: str) -> RedisLedger:
        """Return the ledger of a namespace."""
        return RedisLedger(name, self._link, self._worker, self._waiting)

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` where the address has parameters, or values of them, that there are not."""
        try:
            self._link.connection()
        except RedisError as exc:
            raise ValueError(exc) from exc

    async def names(self) -> list[str]:
        """Return the names of the namespaces that some worker used lately, in no order."""
        return [name.decode() for name in await self._link.run(NAMED, (NAMES,), KEPT)]

    async def try_to_count(self) -> str | None:
        """Return why Redis does not count just now, or None; raise `StateUnavailable` where it never has."""
        try:
            await self._link.run(PROBE, (f"{PROBED}{self._worker.process}",), f"{PROBED}{self._worker.process}")
        except StateUnavailable as exc:
            if not self._has_counted:
                raise
            return f"refused a command: {exc.refusal}" if exc.refusal else "unavailable"
        self._has_counted = True
        return None

    async def open(self) -> None:
        """Connect. Where Redis is not there yet, the log says so, and it is looked for again and again."""
        with contextlib.suppress(StateUnavailable):
            await self.names()
            await self._worker.beat()
            await self._waiting.listen()
            await self.try_to_count()

    async def close(self) -> None:
        """Let go out what has to be noted, and end the connections."""
        await self._waiting.close()
        await self._worker.close()
        await self._link.close()
