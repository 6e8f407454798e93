"""The prefixes of prompts in a namespace's prompt cache, each with its lifetime."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

MAX_PREFIXES = 20_000
"""The most prefixes in a namespace; beyond that, the least recently used one is dropped."""

NOT_CACHED = (0.0, 0, 0)
"""The end, the lifetime in seconds and the tokens of a prefix that is not cached."""


class Prefixes(Protocol):
    """The prefixes of a namespace, by digest."""

    async def use(
        self, digests: Sequence[str], lifetimes: Mapping[str, int], sizes: Mapping[str, int] | None = None
    ) -> list[int]:
        """Return the tokens of those `digests` that are cached, then cache those in `lifetimes` for so many seconds.

        A prefix that is not cached has 0 tokens, and one that was cached without its size has 1; the size at which it
        was cached stays. Finding a prefix renews its lifetime.
        """

    async def clear(self) -> None:
        """Remove all prefixes."""


class LocalPrefixes:
    """Prefixes in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cached: OrderedDict[str, tuple[float, int, int]] = OrderedDict()

    async def use(
        self, digests: Sequence[str], lifetimes: Mapping[str, int], sizes: Mapping[str, int] | None = None
    ) -> list[int]:
        """Return the tokens of the cached prefixes, then cache others."""
        now = self._clock()
        sizes_found = [self._find(digest, now) for digest in digests]
        for digest, seconds in lifetimes.items():
            _, lifetime, size = self._cached.get(digest, NOT_CACHED)
            self._keep(digest, max(seconds, lifetime), size or (sizes or {}).get(digest, 1), now)
        while len(self._cached) > MAX_PREFIXES:
            self._cached.popitem(last=False)
        return sizes_found

    async def clear(self) -> None:
        """Remove all prefixes."""
        self._cached.clear()

    def _find(self, digest: str, now: float) -> int:
        until, seconds, size = self._cached.get(digest, NOT_CACHED)
        if until <= now:
            self._cached.pop(digest, None)
            return 0
        self._keep(digest, seconds, size, now)
        return size

    def _keep(self, digest: str, seconds: int, size: int, now: float) -> None:
        self._cached[digest] = (now + seconds, seconds, size)
        self._cached.move_to_end(digest)
