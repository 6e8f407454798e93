"""The beginnings of prompts that a namespace's prompt cache remembers, each for its time."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

MAX_PREFIXES = 20_000
"""Prefixes that a namespace remembers; beyond that, the one that was used longest ago goes."""


class Prefixes(Protocol):
    """A namespace's prefixes, by their digests."""

    async def use(self, looked_up: Sequence[str], kept: Mapping[str, int]) -> list[bool]:
        """Return which of `looked_up` are remembered, then remember those in `kept` for so many seconds from now.

        One that is found lives on for as long as it was kept for.
        """

    async def clear(self) -> None:
        """Forget all."""


class LocalPrefixes:
    """Prefixes within this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, int]] = OrderedDict()

    async def use(self, looked_up: Sequence[str], kept: Mapping[str, int]) -> list[bool]:
        """Return which are remembered, then remember others."""
        now = self._clock()
        found = [self._find(digest, now) for digest in looked_up]
        for digest, seconds in kept.items():
            self._keep(digest, max(seconds, self._kept.get(digest, (0.0, 0))[1]), now)
        while len(self._kept) > MAX_PREFIXES:
            self._kept.popitem(last=False)
        return found

    async def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def _find(self, digest: str, now: float) -> bool:
        until, seconds = self._kept.get(digest, (0.0, 0))
        if until <= now:
            self._kept.pop(digest, None)
            return False
        self._keep(digest, seconds, now)
        return True

    def _keep(self, digest: str, seconds: int, now: float) -> None:
        self._kept[digest] = (now + seconds, seconds)
        self._kept.move_to_end(digest)
