"""Values in a question that models pass on as arguments of a tool: places, search terms, files.

Recorded tool calls always use them; values are made up only for questions that have none.
"""

import itertools
import re
from collections.abc import Iterator

from completions.script.auto.literal import literal
from completions.script.auto.named_numbers import MAX_READ
from completions.script.auto.proper_names import CAPITALIZED, MONTHS_AND_DAYS, proper_names
from completions.script.auto.sentences import keywords, last_words
from completions.script.schemas.scalars import sense, snake_case

MAX_WORDS = 8
"""Words of a question that are used as a search term."""

_WORD = rf"(?!(?:I|Please|JSON|YAML|XML|HTML|CSV|{MONTHS_AND_DAYS})\b){CAPITALIZED}[\w'-]*"
_NAME = rf"(?:(?:St|Mt|Ft)\. )?{_WORD}(?: (?:(?:de|of|del|am|la) )?{_WORD}){{0,3}}"
_PLACE = re.compile(
    rf"\b(in|at|near|for|to|from|of) ((?:the )?{_NAME}(?:(?:, ?|,? (?:and|&) )(?:the )?{_NAME}){{0,8}})"
)
"""Names after a preposition."""

_AND = re.compile(",? (?:and|&) ")
_COMMA = re.compile(", ?(?! ?[A-Z]{2,3}(?:$|,))")
"""Separators of two places, but not the comma before a state: `Boston, MA`."""

PREFERRED = ("in", "at", "near")
"""The prepositions that are preferred."""


def mentioned(name: str, text: str, form: str = "", at: int = 0) -> Iterator[str]:
    """Yield the parts of a text that suit a property by its name, or by the format of its schema.

    `at` is how many objects of a list come before: each takes the next name, address or place.
    """
    kind, text = sense(name), last_words(text, MAX_READ)
    literals = list(literal(name, form, text))
    yield from literals[at:] or literals[-1:]
    yield from itertools.islice(proper_names(name, text), at, None)
    words = keywords(text, MAX_WORDS) if kind in KEYWORD_NAMES else []
    if words and kind in ("keyword", "tag"):
        yield from words
    elif words:
        yield " ".join(words) if kind != "title" else " ".join(word[:1].upper() + word[1:] for word in words[:4])
    if kind == "question":
        yield from itertools.islice(_questions(text), at, None)
    if ends := _journey_preposition(name):
        yield from (place for preposition, place in _places_after_prepositions(text) if preposition == ends)
    if kind in PLACE_NAMES:
        found = _places_in_turn(text)[at:] if at else places(text)[:1]
        yield from (place if kind == "location" else place.partition(",")[0] for place in found)


_QUESTION = re.compile(r"(?<![^\s>\"'(*])\w[^\n.!?<>]{3,250}\?(?![\w&=])")
"""A sentence that asks something."""


def _questions(text: str) -> Iterator[str]:
    """Yield the last question of a text, and one on each of its words."""
    *_, asked = ["", *_QUESTION.findall(text)]
    yield from [asked] if asked else []
    yield from (f"What does it say about {word}?" for word in keywords(text, MAX_WORDS))


KEYWORD_NAMES = ("query", "topic", "prompt", "title", "keyword", "tag")
"""Names of properties whose value consists of keywords of the text."""

PLACE_NAMES = ("city", "location")
"""Names of properties whose value is a place."""


JOURNEY_ENDS = {
    **dict.fromkeys(("origin", "departure", "from", "source", "start"), "from"),
    **dict.fromkeys(("destination", "arrival", "to", "dest", "end"), "to"),
}
"""Names of the ends of a journey, and the preposition before each: `destination`, `from_city`."""

PLACE_WORDS = frozenset(("city", "location", "airport", "station", "place", "town", "country", "port", "stop"))


def _journey_preposition(name: str) -> str | None:
    """Return the preposition before the place that a property names as one end of a journey; None for others."""
    words = snake_case(name).split("_")
    prepositions = [JOURNEY_ENDS[word] for word in words if word in JOURNEY_ENDS]
    is_place = all(word in PLACE_WORDS or word in JOURNEY_ENDS for word in words)
    return prepositions[0] if is_place and len(prepositions) == 1 else None


def _places_after_prepositions(text: str) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in _PLACE.finditer(text[-MAX_READ:])]


def _places_in_turn(text: str) -> list[str]:
    return [place for preposition, place in _places_after_prepositions(text) if preposition in PREFERRED]


def places(text: str) -> list[str]:
    """Return the distinct places in a question: one, or several that are joined by `and`."""
    found = [(preposition not in PREFERRED, place) for preposition, place in _places_after_prepositions(text)]
    if not found:
        return []
    joined = min(found, key=lambda each: each[0])[1]
    if len(parts := _AND.split(joined)) == 1:
        return [", ".join(joined.split(", ")[:2])]
    return list(dict.fromkeys(place for part in parts for place in _COMMA.split(part)))
