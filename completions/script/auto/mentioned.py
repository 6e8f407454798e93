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
_PLACE = re.compile(rf"\b(in|at|near|for|to|from|of) ((?:the )?{_NAME}(?:, ?{_NAME})?)")
"""A name after a preposition, of which the first three tell most."""


def mentioned(name: str, said: str) -> Iterator[str]:
    """Yield what was said that suits a property by its name, if there is something."""
    kind, said = sense(name), said[-MOST:]
    if kind == "query" and (words := keywords(said, MOST_WORDS)):
        yield " ".join(words)
    if kind not in ("city", "location"):
        return
    found = [(match[1] not in ("in", "at", "near"), match[2]) for match in _PLACE.finditer(said)]
    if found:
        place = min(found, key=lambda each: each[0])[1]
        yield place if kind == "location" else place.partition(",")[0]
