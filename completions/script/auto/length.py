"""Step 3: answers of a length, as load tests want them: `reply: {auto: {tokens: 200}}`."""

from collections.abc import Iterable, Iterator
from typing import Literal, cast

from completions.event.scatter import Jitter, Length
from completions.script.language import DEFAULT_SPREAD, JITTERS, LENGTH, MAX_TEXT_TOKENS, NONE
from completions.script.text.node import Node
from completions.tokens import text as tokens

FILLER = " so"
"""A word of one token, in all vocabularies, which brings a text to its length where no other does."""


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
    named = cast(Literal["uniform", "normal", "lognormal"], kind)
    return Length(_tokens(fields["mean"]), Jitter(named, spread, seed))


def _tokens(node: Node) -> int:
    if (value := node.count(least=1)) > MAX_TEXT_TOKENS:
        raise node.wrong(f"a whole number up to {MAX_TEXT_TOKENS}")
    return value


def of_length(texts: Iterable[str], count: int, model: str | None) -> str:
    """Return texts, one after the other, of exactly so many tokens of a model's; the last is cut where they end."""
    pieces = list(_first(texts, count, model))
    while (said := "".join(pieces)) and tokens.count(said, model) > count:
        pieces.pop()
    return said + FILLER * (count - tokens.count(said, model))


def _first(texts: Iterable[str], count: int, model: str | None) -> Iterator[str]:
    """Yield the pieces of texts, with a space before each but the first, until there are enough of them."""
    for number, text in enumerate(texts):
        pieces = tokens.split(f" {text}" if number else text, model)
        yield from pieces[:count]
        count -= len(pieces)
        if count <= 0:
            return
