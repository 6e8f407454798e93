"""What a question says of an argument, which models pass on to a tool: a place, what is looked for, numbers, files.

Recordings of tool calls have it in every case; what is made up is left for questions that say nothing.
"""

import re
from collections.abc import Iterator, Mapping

from completions.script.auto.literal import identifier, literal
from completions.script.auto.sentences import keywords
from completions.script.schemas.document import Schema
from completions.script.schemas.scalars import sense, snake_case

MAX_READ = 4_000
"""Characters of a question that are searched, from its end."""

MAX_WORDS = 8
"""Words of a question that are looked for."""

_TIMES = "(?:Janu|Febru)ary|March|April|May|June|July|August|(?:Septem|Octo|Novem|Decem)ber|[A-Z][a-z]+day"
_WORD = rf"(?!(?:I|Please|JSON|YAML|XML|HTML|CSV|{_TIMES})\b)[A-ZÀ-ÖØ-Þ][\w'-]*"
_NAME = rf"(?:(?:St|Mt|Ft)\. )?{_WORD}(?: (?:(?:de|of|del|am|la) )?{_WORD}){{0,3}}"
_PLACES = re.compile(
    rf"\b(in|at|near|for|to|from|of) ((?:the )?{_NAME}(?:(?:, ?|,? (?:and|&) )(?:the )?{_NAME}){{0,8}})"
)
"""Names after a preposition."""

_AND = re.compile(",? (?:and|&) ")
_COMMA = re.compile(", ?(?! ?[A-Z]{2,3}(?:$|,))")
"""What stands between two places, but not before the state of one: `Boston, MA`."""

NEAR = ("in", "at", "near")
"""The prepositions that tell most."""

_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,12}(?:\.\d{1,6})?(?![\w.,%]*\d|%|\w)")
_DIGITS = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_BOUNDED = frozenset(("enum", "const", "examples", "default"))


def with_numbers(schema: Schema, said: str, in_turn: bool = True) -> Schema:
    """Return the schema of arguments with the numbers that were said as examples: `a` and `b` of `5 + 7`, `5 days`.

    All of several are taken `in_turn`, where there are as many as properties; one alone is known by its name.
    """
    properties, said = schema.get("properties") if isinstance(schema, Mapping) else None, said[-MAX_READ:]
    numbers = [float(each) if "." in each else int(each) for each in _NUMBER.findall(said)]
    if not numbers or not isinstance(properties, Mapping) or not isinstance(schema, Mapping):
        return schema
    plain = [name for name, each in properties.items() if _is_plain_number(each)]
    told = dict(zip(plain, numbers, strict=True)) if in_turn and len(plain) == len(numbers) > 1 else {}
    for name in plain if not told else ():
        word = re.sub(r"^.*_|s$", "", str(name).lower())
        behind = "[ -]years?[ -]old" if word == "age" else rf" (?:\w+ )?{re.escape(word)}"
        near = re.search(rf"(?<![\w.])(\d{{1,12}}){behind}", said.lower()) if len(word) > 2 else None
        given = near[1] if near else identifier(str(name), said) or _behind(word, said)
        told |= {name: float(given) if "." in given else int(given)} if _DIGITS.fullmatch(given) else {}
    made = {name: {**each, "examples": [told[name]]} if name in told else each for name, each in properties.items()}
    return {**schema, "properties": made} if told else schema


JUDGED = ("score", "rating", "grade")
"""What is given to something, so that a number behind it only says what it means."""


def _behind(word: str, said: str) -> str:
    """Return the number behind a word, as in `total 45.50` and `price: $12`; none is the empty text."""
    found = re.search(
        rf"(?i)\b{re.escape(word)}s?\b(?: is|:| of|=)?[ $€£]{{0,2}}(\d{{1,12}}(?:\.\d{{1,6}})?)(?![\w.,%]*\d|%|\w)",
        said,
    )
    return found[1] if found and len(word) > 2 and word not in JUDGED else ""


def _is_plain_number(schema: object) -> bool:
    is_number = isinstance(schema, Mapping) and schema.get("type") in ("integer", "number", "INTEGER", "NUMBER")
    return is_number and isinstance(schema, Mapping) and not schema.keys() & _BOUNDED


def mentioned(name: str, said: str, form: str = "") -> Iterator[str]:
    """Yield what was said that suits a property by its name, or by the format of its schema, if there is something."""
    kind, said = sense(name), said[-MAX_READ:]
    yield from literal(name, form, said)
    words = keywords(said, MAX_WORDS) if kind in WORDED else []
    if words and kind in ("keyword", "tag"):
        yield from words
    elif words:
        yield " ".join(words) if kind != "title" else " ".join(word[:1].upper() + word[1:] for word in words[:4])
    if ends := _ends(name):
        yield from (place for preposition, place in _named(said) if preposition == ends)
    if kind in PLACES:
        yield from (place if kind == "location" else place.partition(",")[0] for place in places(said)[:1])


WORDED = ("query", "topic", "prompt", "title", "keyword", "tag")
"""What a property is called whose value are the words of what was said."""

PLACES = ("city", "location")
"""What a property of a place is called."""


ENDS = {
    **dict.fromkeys(("origin", "departure", "from", "source", "start"), "from"),
    **dict.fromkeys(("destination", "arrival", "to", "dest", "end"), "to"),
}
"""What a property of a journey is called, and the preposition before its place: `destination`, `from_city`."""

PLACED = frozenset(("city", "location", "airport", "station", "place", "town", "country", "port", "stop"))


def _ends(name: str) -> str | None:
    """Return the preposition before the place that a property names as an end of a journey; None for others."""
    words = snake_case(name).split("_")
    ends = [ENDS[word] for word in words if word in ENDS]
    return ends[0] if len(ends) == 1 and all(word in PLACED or word in ENDS for word in words) else None


def _named(said: str) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in _PLACES.finditer(said[-MAX_READ:])]


def places(said: str) -> list[str]:
    """Return the places that a question is about, each once: one, or several that are joined by `and`."""
    found = [(preposition not in NEAR, place) for preposition, place in _named(said)]
    if not found:
        return []
    told = min(found, key=lambda each: each[0])[1]
    if len(parts := _AND.split(told)) == 1:
        return [", ".join(told.split(", ")[:2])]
    return list(dict.fromkeys(place for part in parts for place in _COMMA.split(part)))
