"""The exchanges whose requests a condition holds for, and waiting for them: each request is read once.

The rows come from the writer's thread; the condition, which may be slow, runs in another.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Traffic
from completions.exceptions import RequestError
from completions.journal.documents import REQUEST_COLUMNS, request_traffic
from completions.journal.queries import LIMIT, Filter, ask, count, listing, select, wake_at_end
from completions.journal.store import Store

BATCH = 200
"""The rows that are read at a time."""

OVERLAP = 100
"""The places before the last one that are checked again: concurrent writers may finish in another order."""

MATCH_SECONDS = 60.0
"""The processor time for the condition of one call, over all exchanges."""

SLICE_SECONDS = 0.25
"""The processor time after which its thread ends, and another continues if the client still waits."""

MAX_MATCHES = 30_000
"""The most exchanges that a condition may hold for: so many ids fit every database's queries."""

CHECK_INTERVAL = 0.1
"""Seconds after which a wait checks again, because other processes may write to the same database."""

MIN_CHECK_INTERVAL = 0.02
"""The fewest seconds between two checks, however many exchanges end."""

Condition = Callable[[Traffic], bool | None]
"""Returns whether a condition holds for a request; None if the journal has too little of it to decide."""


class MatchingExchanges:
    """The exchanges that a filter selects and a condition, if there is one, holds for.

    `unread` is the number of those for which that is unknown.
    """

    def __init__(self, filter: Filter, holds: Condition | None = None) -> None:
        self._filter, self._holds = filter, holds
        self._seen: set[int] = set()
        self._found: list[int] = []
        self._last, self._spent = 0, 0.0
        self.unread = 0

    async def check(self) -> Filter:
        """Read the exchanges that have ended since the last check, and return the filter for all matching exchanges.

        Raise `RequestError` where that takes too long, or too many match.
        """
        if self._holds is None:
            return self._filter
        while rows := await ask(self._next):
            if self._spent > MATCH_SECONDS:
                raise await self._too_slow()
            verdicts, seconds = await asyncio.to_thread(self._verdicts, rows, self._holds)
            self._spent += seconds
            for place, holds in verdicts:
                self._seen.add(place)
                self.unread += holds is None
                if holds:
                    self._found.append(place)
                self._last = max(self._last, place)
        if len(self._found) > MAX_MATCHES:
            raise RequestError(
                f"`match` matches more than {MAX_MATCHES} exchanges; select fewer with `since` or another filter.",
                param="match",
                code="too_many_exchanges",
            )
        return replace(self._filter, ids=tuple(self._found))

    async def wait(self, least: int, seconds: float) -> list[dict[str, Any]] | None:
        """Wait until `least` exchanges match, and list them; return None if fewer match within so many `seconds`."""
        deadline = time.monotonic() + seconds
        with wake_at_end(self._filter.namespace) as wake_event:
            while True:
                wake_event.clear()
                check_started = time.monotonic()
                matching = await self.check()
                if await count(matching) >= least:
                    return await listing(matching, max(least, LIMIT))
                if (seconds_left := deadline - time.monotonic()) <= 0:
                    return None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(seconds_left, CHECK_INTERVAL)):
                        await wake_event.wait()
                await asyncio.sleep(max(0.0, min(check_started + MIN_CHECK_INTERVAL, deadline) - time.monotonic()))

    def _next(self, store: Store) -> Sequence[tuple[int, Traffic]]:
        rows = select(store, self._filter).filter(id__gt=self._last - OVERLAP).order_by("id")
        places = [place for place in rows.values_list("id", flat=True)[: BATCH + OVERLAP] if place not in self._seen]
        results = rows.filter(id__in=places[:BATCH]).only(*REQUEST_COLUMNS)
        return [(row.pk, request_traffic(row)) for row in results]

    async def _too_slow(self) -> RequestError:
        return RequestError(
            f"`match` took more than {MATCH_SECONDS:g} s of processor time: it was tried on {len(self._seen)} of "
            f"{await count(self._filter)} exchanges. Select fewer with `since` or another filter.",
            param="match",
            code="match_too_slow",
        )

    @staticmethod
    def _verdicts(rows: Sequence[tuple[int, Traffic]], holds: Condition) -> tuple[list[tuple[int, bool | None]], float]:
        """Return the verdicts for rows, as many as fit into a time slice, and the processor time that they took."""
        start, results, seconds = time.thread_time(), list[tuple[int, bool | None]](), 0.0
        for place, traffic in rows:
            results.append((place, holds(traffic)))
            if (seconds := time.thread_time() - start) > SLICE_SECONDS:
                break
        return results, seconds
