"""Which exchanges a condition on what was asked holds for, and waiting for them: each request is read once.

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
from completions.journal.documents import ASKED, question_of
from completions.journal.queries import LIMIT, Filter, ask, chosen, count, ended_in, listing
from completions.journal.store import Store

BATCH = 200
"""Rows that are read at a time."""

OVERLAP = 100
"""Places before the last one that are looked at again: processes that write at once may end in another order."""

MATCH_SECONDS = 60.0
"""Processor time for the condition of one call, over all exchanges."""

SLICE_SECONDS = 0.25
"""Processor time after which its thread ends, and another goes on where the client still waits."""

MAX_MATCHES = 30_000
"""Exchanges that a condition may hold for: so many ids fit every database's queries."""

LOOK_EVERY = 0.1
"""Seconds after which a wait looks again, because other processes may write to the same database."""

LOOK_MIN = 0.02
"""Seconds from look to look, at the least, however many exchanges end."""

Holds = Callable[[Traffic], bool | None]
"""Says whether a condition holds for a request; None: that cannot be told, for the journal has only its beginning."""


class Matching:
    """The exchanges that a filter means and a condition, if there is one, holds for.

    `unread` is the number of those of which that is not known.
    """

    def __init__(self, filter: Filter, holds: Holds | None = None) -> None:
        self._filter, self._holds = filter, holds
        self._seen: set[int] = set()
        self._found: list[int] = []
        self._last, self._spent = 0, 0.0
        self.unread = 0

    async def look(self) -> Filter:
        """Read what has ended since the last look, and return the filter that means what the condition holds for.

        Raise `RequestError` where that takes too long, or there are too many.
        """
        if self._holds is None:
            return self._filter
        while rows := await ask(self._next):
            if self._spent > MATCH_SECONDS:
                raise await self._too_slow()
            verdicts, took = await asyncio.to_thread(self._verdicts, rows, self._holds)
            self._spent += took
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
        """Wait until there are so many, and list them; None where there are not within so many `seconds`."""
        deadline = time.monotonic() + seconds
        with ended_in(self._filter.namespace) as woken:
            while True:
                woken.clear()
                looked = time.monotonic()
                now = await self.look()
                if await count(now) >= least:
                    return await listing(now, max(least, LIMIT))
                if (left := deadline - time.monotonic()) <= 0:
                    return None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(left, LOOK_EVERY)):
                        await woken.wait()
                await asyncio.sleep(max(0.0, min(looked + LOOK_MIN, deadline) - time.monotonic()))

    def _next(self, store: Store) -> Sequence[tuple[int, Traffic]]:
        rows = chosen(store, self._filter).filter(id__gt=self._last - OVERLAP).order_by("id")
        places = [place for place in rows.values_list("id", flat=True)[: BATCH + OVERLAP] if place not in self._seen]
        found = rows.filter(id__in=places[:BATCH]).only(*ASKED)
        return [(row.pk, question_of(row)) for row in found]

    async def _too_slow(self) -> RequestError:
        return RequestError(
            f"`match` took more than {MATCH_SECONDS:g} s of processor time: it was tried on {len(self._seen)} of "
            f"{await count(self._filter)} exchanges. Select fewer with `since` or another filter.",
            param="match",
            code="match_too_slow",
        )

    @staticmethod
    def _verdicts(rows: Sequence[tuple[int, Traffic]], holds: Holds) -> tuple[list[tuple[int, bool | None]], float]:
        """Return what holds for rows, as far as a slice of time goes, and the processor time that it took."""
        start, found, took = time.thread_time(), list[tuple[int, bool | None]](), 0.0
        for place, traffic in rows:
            found.append((place, holds(traffic)))
            if (took := time.thread_time() - start) > SLICE_SECONDS:
                break
        return found, took
