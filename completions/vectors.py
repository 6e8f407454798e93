"""Embeddings without a model: a text's words and their pieces, hashed into signed buckets.

The same text has the same vector, on every machine; texts that share words, or parts of words, lie closer together.
"""

import math
import re
import zlib
from collections.abc import Iterator

WORD = re.compile(r"\w+")
PIECE = 3
"""Characters of a word's pieces: `weather` and `weathers` share most of theirs."""

PIECE_WEIGHT = 0.3
"""What a piece counts for, where the word itself counts for one."""


def embed(text: str, dimensions: int) -> list[float]:
    """Return a text's vector of unit length; a text without words has a fixed one."""
    vector = [0.0] * dimensions
    for feature, weight in _features(text):
        hashed = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
        vector[(hashed >> 1) % dimensions] += weight if hashed & 1 else -weight
    length = math.sqrt(sum(value * value for value in vector))
    if length == 0:
        return [1.0, *[0.0] * (dimensions - 1)]
    return [value / length for value in vector]


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in WORD.findall(text.casefold()):
        yield word, 1.0
        framed = f"<{word}>"
        for at in range(len(framed) - PIECE + 1):
            yield f"#{framed[at : at + PIECE]}", PIECE_WEIGHT
