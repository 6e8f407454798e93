"""What was measured before: agents send the same instructions, tools and turns again with each request.

Of what is longer than a line only a digest is kept.
"""

import functools
from collections.abc import Callable, Hashable, Sequence
from hashlib import blake2b
from typing import Generic, TypeVar

import orjson

from completions.conversation import Tool

SHORT = 256
"""The most characters of a text that is kept with its measure."""

LONG = 500_000
"""The most characters of a text whose measure is kept; the digest of a longer one takes too long."""

MAX_SHORT, MAX_LONG, MAX_TOOLS = 4_096, 16_384, 1_024
"""Measures that are kept of each kind; then all of them are forgotten, of short texts the least used."""

T = TypeVar("T")


class Memory(Generic[T]):
    """Values by their keys, until there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[Hashable, T] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, and make it if it is not known."""
        found = self._known.get(key)
        if found is None:
            found = make()
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = found
        return found


def by_text(measure: Callable[[str], int]) -> Callable[[str], int]:
    """Return what measures a text once."""
    of_short, of_long = functools.lru_cache(MAX_SHORT)(measure), Memory[int](MAX_LONG)

    @functools.wraps(measure)
    def of(text: str) -> int:
        if len(text) <= SHORT:
            return of_short(text)
        if len(text) > LONG:
            return measure(text)
        return of_long.of(_digest(text.encode("utf-8", "surrogatepass")), functools.partial(measure, text))

    return of


def key_of(tools: Sequence[Tool]) -> Hashable:
    """Return what tells these tools from others."""
    facts = [(tool.name, tool.description, tool.kind, tool.strict, tool.parameters) for tool in tools]
    try:
        return _digest(orjson.dumps(facts))
    except TypeError:  # a number of more than 64 bits, a lone surrogate, or what is no JSON at all
        return _digest(repr(facts).encode("utf-8", "surrogatepass"))


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
