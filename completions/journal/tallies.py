"""After step 6: sums and distributions, added up here and passed to prometheus-client in each round of the journal.

The library takes a lock and some calls for each value. Here a value costs one addition, in the journal's thread only.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

T = TypeVar("T", "Sum", "Distribution")


class Sum:
    """An amount that is to be added to a counter."""

    __slots__ = ("_series", "amount")

    def __init__(self, series: Counter) -> None:
        self._series, self.amount = series, 0

    def flush(self) -> None:
        """Add it to the counter."""
        if self.amount:
            self._series.inc(self.amount)
            self.amount = 0


class Distribution:
    """Values that are to be added to a histogram: how many fell into each bucket, and their sum.

    The library cannot add several values at once, so they are added to the internals that its `observe` changes.
    """

    __slots__ = ("_bounds", "_buckets", "_counts", "_is_empty", "_sum", "_total")

    def __init__(self, series: Histogram) -> None:
        internals: Any = series
        self._bounds, self._buckets, self._sum = internals._upper_bounds, internals._buckets, internals._sum
        self._counts, self._total, self._is_empty = [0] * len(self._buckets), 0.0, True

    def add(self, value: float) -> None:
        """Note a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value
        self._is_empty = False

    def flush(self) -> None:
        """Add the values to the histogram."""
        if self._is_empty:
            return
        for bucket, count in zip(self._buckets, self._counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(self._total)
        self._counts, self._total, self._is_empty = [0] * len(self._buckets), 0.0, True


class Tallies:
    """All sums and distributions that are to be passed to the library."""

    def __init__(self) -> None:
        self._all: list[Sum | Distribution] = []

    def register(self, tally: T) -> T:
        """Include a tally from now on."""
        self._all.append(tally)
        return tally

    def flush(self) -> None:
        """Pass everything to the library."""
        for tally in self._all:
            tally.flush()
