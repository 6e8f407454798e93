"""The prefixes of prompts in a namespace's prompt cache, each with its lifetime."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

MAX_PREFIXES = 20_000
"""The most prefixes in a namespace; beyond that, the least recently used one is dropped."""

NOT_KEPT = (0.0, 0, 0)
"""Until when, for how many seconds and at which size a prefix is kept that is not."""


class Prefixes(Protocol):
    """The prefixes of a namespace, by digest."""

    async def use(
        self, looked_up: Sequence[str], kept: Mapping[str, int], sizes: Mapping[str, int] | None = None
    ) -> list[int]:
        """Return the tokens of those of `looked_up` that are cached, then cache those in `kept` for so many seconds.

        A prefix that is not cached has 0 tokens, and one that was cached without its size has 1; the size at which it
        was cached stays. Finding a prefix renews its lifetime.
        """

    async def clear(self) -> None:
        """Forget all."""


class LocalPrefixes:
    """Prefixes in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, int, int]] = OrderedDict()

    async def use(
        self, looked_up: Sequence[str], kept: Mapping[str, int], sizes: Mapping[str, int] | None = None
    ) -> list[int]:
        """Return the sizes of those that are remembered, then remember others."""
        now = self._clock()
        found = [self._find(digest, now) for digest in looked_up]
        for digest, seconds in kept.items():
            _, before, size = self._kept.get(digest, NOT_KEPT)
            self._keep(digest, max(seconds, before), size or (sizes or {}).get(digest, 1), now)
        while len(self._kept) > MAX_PREFIXES:
            self._kept.popitem(last=False)
        return found

    async def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def _find(self, digest: str, now: float) -> int:
        until, seconds, size = self._kept.get(digest, NOT_KEPT)
        if until <= now:
            self._kept.pop(digest, None)
            return 0
        self._keep(digest, seconds, size, now)
        return size

    def _keep(self, digest: str, seconds: int, size: int, now: float) -> None:
        self._kept[digest] = (now + seconds, seconds, size)
        self._kept.move_to_end(digest)
