"""What a question says of an argument, which models pass on to the tool that they call: a place, or what is looked for.

Recordings of tool calls have it in every case; what is made up is left for questions that say nothing.
"""

import re
from collections.abc import Iterator

from completions.script.auto.sentences import keywords
from completions.script.schemas.scalars import sense

MOST = 4_000
"""Characters of a question that are searched, from its end."""

MOST_WORDS = 8
"""Words of a question that are looked for."""

_TIMES = "(?:Janu|Febru)ary|March|April|May|June|July|August|(?:Septem|Octo|Novem|Decem)ber|[A-Z][a-z]+day"
_WORD = rf"(?!(?:I|Please|{_TIMES})\b)[A-ZÀ-ÖØ-Þ][\w'-]*"
_NAME = rf"(?:(?:St|Mt|Ft)\. )?{_WORD}(?: (?:(?:de|of|del|am|la) )?{_WORD}){{0,3}}"
_PLACES = re.compile(
    rf"\b(in|at|near|for|to|from|of) ((?:the )?{_NAME}(?:(?:, ?|,? (?:and|&) )(?:the )?{_NAME}){{0,8}})"
)
"""Names after a preposition, of which the first three tell most."""
_AND = re.compile(",? (?:and|&) ")
_COMMA = re.compile(", ?(?! ?[A-Z]{2,3}(?:$|,))")
"""What stands between two places, but not before the state of one: `Boston, MA`."""

NEAR = ("in", "at", "near")


def mentioned(name: str, said: str) -> Iterator[str]:
    """Yield what was said that suits a property by its name, if there is something."""
    kind, said = sense(name), said[-MOST:]
    if kind == "query" and (words := keywords(said, MOST_WORDS)):
        yield " ".join(words)
    if kind in PLACES:
        yield from (place if kind == "location" else place.partition(",")[0] for place in places(said)[:1])


PLACES = ("city", "location")
"""What a property of a place is called."""


def places(said: str) -> list[str]:
    """Return the places that a question is about, each once: one, or several that are joined by `and`."""
    found = [(match[1] not in NEAR, match[2]) for match in _PLACES.finditer(said[-MOST:])]
    if not found:
        return []
    told = min(found, key=lambda each: each[0])[1]
    if len(parts := _AND.split(told)) == 1:
        return [", ".join(told.split(", ")[:2])]
    return list(dict.fromkeys(place for part in parts for place in _COMMA.split(part)))
