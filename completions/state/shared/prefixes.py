"""The prefixes of prompts in the prompt cache that all workers share."""

from collections.abc import Mapping, Sequence

from completions.state.prefixes import MAX_PREFIXES
from completions.state.shared.link import Link, Value
from completions.state.shared.scripts import MAX_IDLE_SECONDS, PREFIXES


class RedisPrefixes:
    """One namespace's prefixes; raises `StateUnavailable` while Redis is unreachable."""

    def __init__(self, space: str, link: Link) -> None:
        self._space, self._link = space, link

    async def use(
        self, digests: Sequence[str], lifetimes: Mapping[str, int], sizes: Mapping[str, int] | None = None
    ) -> list[int]:
        """Return the tokens of the cached prefixes, then cache others."""
        arguments: list[Value] = [
            value for digest, seconds in lifetimes.items() for value in (digest, seconds, (sizes or {}).get(digest, 1))
        ]
        sizes_found = await self._link.run(
            PREFIXES, (self._space,), "use", MAX_IDLE_SECONDS, MAX_PREFIXES, len(digests), *digests, *arguments
        )
        return list(map(int, sizes_found))

    async def clear(self) -> None:
        """Forget all."""
        await self._link.run(PREFIXES, (self._space,), "clear", MAX_IDLE_SECONDS)
