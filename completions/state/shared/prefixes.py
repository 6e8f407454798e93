"""The beginnings of prompts that all workers' prompt caches remember together."""

from collections.abc import Mapping, Sequence

from completions.state.prefixes import MAX_PREFIXES
from completions.state.shared.link import Link, Value
from completions.state.shared.scripts import KEPT, PREFIXES


class RedisPrefixes:
    """One namespace's prefixes; `StateUnavailable` where Redis is away."""

    def __init__(self, space: str, link: Link) -> None:
        self._space, self._link = space, link

    async def use(
        self, looked_up: Sequence[str], kept: Mapping[str, int], sizes: Mapping[str, int] | None = None
    ) -> list[int]:
        """Return the sizes of those that are remembered, then remember others."""
        told: list[Value] = [
            value for digest, seconds in kept.items() for value in (digest, seconds, (sizes or {}).get(digest, 1))
        ]
        found = await self._link.run(
            PREFIXES, (self._space,), "use", KEPT, MAX_PREFIXES, len(looked_up), *looked_up, *told
        )
        return list(map(int, found))

    async def clear(self) -> None:
        """Forget all."""
        await self._link.run(PREFIXES, (self._space,), "clear", KEPT)
