"""Vectors of texts without a model: words and word pieces hashed into signed buckets, normalized to unit length.

The same text has the same vector in every process. Texts that share words are closer than texts that share none, words
that share pieces (`mission`, `missions`) a little closer; the meaning of words is unknown.
"""

import base64
import math
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from completions import budget
from completions.conversation import Reply
from completions.exceptions import RequestError

Vector = Sequence[float]

WORD, PIECE = 1.0, 0.25
"""The weights of a word, and of each of its pieces."""

PIECE_LENGTH = 3
"""Characters in a piece; the start and the end of a word count as one each."""

MAX_NUMBERS = 10_000_000
"""The most numbers in all vectors of an answer: more than any API with a documented number of inputs sends."""

NUMBERS_AT_ONCE = 4
"""Numbers that take as long to write as one character takes to read."""

_BUCKETS, _SIGN = 2**63 - 1, 2**63
_MAX_CACHED_LENGTH = 32
"""The most characters of a word whose hashes are cached; longer ones are rarely repeated."""

_words = re.compile(r"\w+").findall


def embed(text: str, dimensions: int) -> list[float]:
    """Return a text's vector of unit length, `dimensions` (1 or more) numbers that each fit 32 bits exactly.

    Case, punctuation and the order of words do not matter; a text without any word has a vector of its own, and an
    empty one a fixed vector.
    """
    budget.spend_characters(len(text) + dimensions // NUMBERS_AT_ONCE)
    buckets: dict[int, float] = {}
    for word, count in Counter(_words(text.casefold()) or text.split() or [""]).items():
        often = math.sqrt(count)
        for digest, weight in _cached_features(word) if len(word) <= _MAX_CACHED_LENGTH else _features(word):
            bucket = (digest & _BUCKETS) % dimensions
            buckets[bucket] = buckets.get(bucket, 0.0) + (often if digest & _SIGN else -often) * weight
    length = math.hypot(*buckets.values())
    if not length:  # all words cancel out, which can happen in very few dimensions
        buckets, length = {0: 1.0}, 1.0
    vector = [0.0] * dimensions
    for bucket, value in zip(buckets, array("f", [value / length for value in buckets.values()]), strict=True):
        vector[bucket] = value
    return vector


def vectors_for(reply: Reply, texts: Sequence[str], dimensions: int) -> list[Sequence[float]]:
    """Return the vectors of texts: those of a script in turn, or else computed ones.

    Raise `RequestError` if they have too many numbers for one answer.
    """
    if (numbers := len(texts) * dimensions) > MAX_NUMBERS:
        why = f"The vectors of {len(texts)} inputs have {numbers} numbers, and an answer has at most {MAX_NUMBERS}."
        raise RequestError(why, code="answer_too_long")
    scripted = [choice.embedding for choice in reply.choices if choice.embedding]
    return [scripted[at % len(scripted)] if scripted else embed(text, dimensions) for at, text in enumerate(texts)]


def _features(word: str) -> list[tuple[int, float]]:
    """Return the hash and the weight of a word and of each of its pieces."""
    whole = f"<{word}>"
    pieces = {whole[at : at + PIECE_LENGTH] for at in range(len(whole) - PIECE_LENGTH + 1)}
    return [(_digest(f"word {word}"), WORD), *((_digest(piece), PIECE) for piece in sorted(pieces))]


@lru_cache(maxsize=16384)
def _cached_features(word: str) -> list[tuple[int, float]]:
    return _features(word)


def _digest(feature: str) -> int:
    return int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _bits(vector: Vector) -> bytes:
    """Return one bit for each number, set if it is positive, eight to a byte."""
    signs = "".join("1" if value > 0 else "0" for value in vector)
    size = (len(signs) + 7) // 8
    return int(signs.ljust(8 * size, "0"), 2).to_bytes(size)


def _whole(vector: Vector) -> list[int]:
    """Return the numbers from -1 to 1 as whole ones from -127 to 127; others become the nearest of these."""
    return [round(max(-1.0, min(1.0, value)) * 127) for value in vector]


TYPES: Mapping[str, Callable[[Vector], Vector]] = {
    "float": lambda vector: vector,
    "int8": _whole,
    "uint8": lambda vector: [value + 128 for value in _whole(vector)],
    "binary": lambda vector: [byte - 128 for byte in _bits(vector)],
    "ubinary": lambda vector: list(_bits(vector)),
}
"""The types of vectors, and their conversions."""


def packed(vector: Vector, kind: str = "float") -> str:
    """Return a vector of a type in base64: of 32-bit floats, the lowest byte first, or of whole numbers a byte each."""
    if kind != "float":
        return base64.b64encode(bytes(int(value) & 255 for value in vector)).decode()
    floats = array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode()
