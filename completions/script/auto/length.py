"""Step 3: texts of a given length, for load tests: `reply: {auto: {tokens: 200}}`."""

from collections.abc import Iterable, Iterator

from completions.tokens import text as tokens

FILLER = " so"
"""A word of one token in all vocabularies, which pads a text to its length."""


def of_length(texts: Iterable[str], count: int, model: str | None) -> str:
    """Return texts in a row, of exactly `count` tokens of a model's; the last one is cut."""
    pieces = list(_first_tokens(texts, count, model))
    while (joined := "".join(pieces)) and tokens.count(joined, model) > count:
        pieces.pop()
    return joined + FILLER * (count - tokens.count(joined, model))


def _first_tokens(texts: Iterable[str], count: int, model: str | None) -> Iterator[str]:
    """Yield the tokens of texts, with a space before each text but the first, until there are enough."""
    for number, text in enumerate(texts):
        pieces = tokens.split(f" {text}" if number else text, model)
        yield from pieces[:count]
        count -= len(pieces)
        if count <= 0:
            return
