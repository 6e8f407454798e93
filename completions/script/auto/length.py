"""Step 3: answers of a given length, for load tests: `reply: {auto: {tokens: 200}}`."""

from collections.abc import Iterable, Iterator
from typing import Literal, cast

from completions.event.scatter import Jitter, Length
from completions.script.language import DEFAULT_SPREAD, JITTERS, LENGTH, MAX_TEXT_TOKENS, NONE
from completions.script.text.node import Node
from completions.tokens import text as tokens

FILLER = " so"
"""A word of one token in all vocabularies, which pads a text to its length."""


def length(node: Node) -> Length:
    """Read a length: a number of tokens, or a mapping."""
    if not isinstance(node.value, dict):
        return Length(_tokens(node))
    fields = node.keyed(LENGTH)
    kind = fields["kind"].one_of([each for each in JITTERS if each != NONE]) if "kind" in fields else "normal"
    spread = fields["spread"].number() if "spread" in fields else DEFAULT_SPREAD
    if spread < 0:
        raise fields["spread"].wrong("a number from 0")
    seed = fields["seed"].raw if "seed" in fields else "0"
    distribution = cast(Literal["uniform", "normal", "lognormal"], kind)
    return Length(_tokens(fields["mean"]), Jitter(distribution, spread, seed))


def _tokens(node: Node) -> int:
    if (value := node.count(least=1)) > MAX_TEXT_TOKENS:
        raise node.wrong(f"a whole number up to {MAX_TEXT_TOKENS}")
    return value


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
