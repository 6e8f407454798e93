"""After step 6: sums and distributions, added up here and given to prometheus-client each round of the journal.

The library takes a lock and some calls for each value. Here a value costs an addition, in the journal's thread alone.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

T = TypeVar("T", "Sum", "Spread")


class Sum:
    """What is to be added to a counter."""

    __slots__ = ("_series", "amount")

    def __init__(self, series: Counter) -> None:
        self._series, self.amount = series, 0

    def give(self) -> None:
        """Add it."""
        if self.amount:
            self._series.inc(self.amount)
            self.amount = 0


class Spread:
    """What is to be added to a histogram: how many values fell into each bucket, and their sum.

    The library has no way to add several values at once, so they go to where its own `observe` puts them.
    """

    __slots__ = ("_bounds", "_buckets", "_counts", "_is_empty", "_sum", "_total")

    def __init__(self, series: Histogram) -> None:
        inside: Any = series
        self._bounds, self._buckets, self._sum = inside._upper_bounds, inside._buckets, inside._sum
        self._counts, self._total, self._is_empty = [0] * len(self._buckets), 0.0, True

    def add(self, value: float) -> None:
        """Note a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value
        self._is_empty = False

    def give(self) -> None:
        """Add what was noted."""
        if self._is_empty:
            return
        for bucket, count in zip(self._buckets, self._counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(self._total)
        self._counts, self._total, self._is_empty = [0] * len(self._buckets), 0.0, True


class Tallies:
    """All that is to be given to the library."""

    def __init__(self) -> None:
        self._all: list[Sum | Spread] = []

    def keep(self, tally: T) -> T:
        """Give this one too from now on."""
        self._all.append(tally)
        return tally

    def give(self) -> None:
        """Give everything to the library."""
        for tally in self._all:
            tally.give()
