"""Which exchanges a condition on what was asked holds for: their requests are read, each of them once.

The rows come from the writer's thread; the condition, which may be slow, runs in another.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from completions.conversation import Traffic
from completions.exceptions import RequestError
from completions.journal.documents import ASKED, question_of
from completions.journal.queries import Filter, ask, chosen
from completions.journal.store import Store

BATCH = 200
"""Rows that are read at a time."""

OVERLAP = 100
"""Places before the last one that are looked at again: processes that write at once may end in another order."""

MAX_MATCHES = 30_000
"""Exchanges that a condition may hold for: so many ids fit every database's queries."""

Holds = Callable[[Traffic], bool | None]
"""Says whether a condition holds for a request; None: that cannot be told, for the journal has only its beginning."""


class Matching:
    """The exchanges that a filter means and a condition holds for; `unread` are those of which that is not known."""

    def __init__(self, filter: Filter, holds: Holds) -> None:
        self._filter, self._holds = filter, holds
        self._seen: set[int] = set()
        self._found: list[int] = []
        self._last = 0
        self.unread = 0

    async def look(self) -> Filter:
        """Read what has ended since the last look, and return the filter that means what the condition holds for."""
        while rows := await ask(self._next):
            for place, holds in zip(
                (place for place, _ in rows), await asyncio.to_thread(self._verdicts, rows), strict=True
            ):
                self._seen.add(place)
                self.unread += holds is None
                if holds:
                    self._found.append(place)
            self._last = max(self._last, *(place for place, _ in rows))
        if len(self._found) > MAX_MATCHES:
            raise RequestError(
                f"`match` holds for more than {MAX_MATCHES} exchanges; narrow them down by `since` or another filter.",
                param="match",
                code="too_many_exchanges",
            )
        return replace(self._filter, ids=tuple(self._found))

    def _next(self, store: Store) -> Sequence[tuple[int, Traffic]]:
        rows = chosen(store, self._filter).filter(id__gt=self._last - OVERLAP).order_by("id")
        places = [place for place in rows.values_list("id", flat=True)[: BATCH + OVERLAP] if place not in self._seen]
        found = rows.filter(id__in=places[:BATCH]).only(*ASKED)
        return [(row.pk, question_of(row)) for row in found]

    def _verdicts(self, rows: Sequence[tuple[int, Traffic]]) -> list[bool | None]:
        return [self._holds(traffic) for _, traffic in rows]
