"""A memory of measures: agents send the same instructions, tools and turns again with each request.

Of texts longer than a line only a digest is kept.
"""

import functools
from collections.abc import Callable, Hashable, Sequence
from hashlib import blake2b
from typing import Generic, TypeVar

import orjson

from completions.conversation import Tool

MAX_SHORT_TEXT = 256
"""The most characters of a text that is kept itself."""

MAX_LONG_TEXT = 500_000
"""The most characters of a text whose measure is kept; digests of longer ones take too long."""

MAX_SHORT, MAX_LONG, MAX_TOOLS = 4_096, 16_384, 1_024
"""The most measures of each kind; then all are dropped, but of short texts only the least recently used."""

T = TypeVar("T")


class Memory(Generic[T]):
    """Values by their keys, which are all dropped when there are too many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: dict[Hashable, T] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, and make it if it is missing."""
        value = self._values.get(key)
        if value is None:
            value = make()
            if len(self._values) >= self._limit:
                self._values.clear()
            self._values[key] = value
        return value


def remember_by_text(measure: Callable[[str], int]) -> Callable[[str], int]:
    """Return the measure with a memory of its results."""
    of_short, of_long = functools.lru_cache(MAX_SHORT)(measure), Memory[int](MAX_LONG)

    @functools.wraps(measure)
    def of(text: str) -> int:
        if len(text) <= MAX_SHORT_TEXT:
            return of_short(text)
        if len(text) > MAX_LONG_TEXT:
            return measure(text)
        return of_long.of(_digest(text.encode("utf-8", "surrogatepass")), functools.partial(measure, text))

    return of


def key_of(tools: Sequence[Tool]) -> Hashable:
    """Return a key that identifies these tools."""
    facts = [(tool.name, tool.description, tool.kind, tool.strict, tool.parameters) for tool in tools]
    try:
        return _digest(orjson.dumps(facts))
    except TypeError:  # a number of more than 64 bits, a lone surrogate, or a value that is not JSON
        return _digest(repr(facts).encode("utf-8", "surrogatepass"))


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
