"""The prefixes of prompts in a namespace's prompt cache, each with its lifetime."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

MAX_PREFIXES = 20_000
"""The most prefixes in a namespace; beyond that, the least recently used one is dropped."""


class Prefixes(Protocol):
    """The prefixes of a namespace, by digest."""

    async def use(self, looked_up: Sequence[str], kept: Mapping[str, int]) -> list[bool]:
        """Return which of `looked_up` are cached, then cache those in `kept` for so many seconds.

        Finding a prefix renews its lifetime.
        """

    async def clear(self) -> None:
        """Forget all."""


class LocalPrefixes:
    """Prefixes in this process."""

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
