"""Values in a question that models pass on as arguments of a tool: places, search terms, numbers, files.

Recorded tool calls always use them; values are made up only for questions that have none.
"""

import itertools
import re
from collections.abc import Iterator, Mapping

from completions import budget
from completions.script.auto.literal import identifier, literal
from completions.script.auto.proper_names import CAPITALIZED, MONTHS_AND_DAYS, proper_names
from completions.script.auto.sentences import keywords, last_words
from completions.script.schemas.document import Schema
from completions.script.schemas.scalars import sense, snake_case

MAX_READ = 4_000
"""Characters of a question that are searched, from its end."""

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

_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,12}(?:\.\d{1,6})?(?![\w.,%]*\d|%|\w)")
_YEAR = re.compile(r"(?<![\w.,-])(?:1[5-9]|20)\d\d(?![\w-]|[.,]\d)")
_AGE = re.compile(
    r"(?<![\w.])(\d{1,3})[ -][Yy]ears?[ -][Oo]ld\b|\b[Aa]ged?(?: of| is|:)? (\d{1,3})(?![\w.%])"
    rf"|{CAPITALIZED}[\w'-]{{0,30}}(?: is |, | \(|: )(\d{{1,3}})(?=[,.;!?)]|\s*\n|\s*\Z| and | years)"
)
"""The age of a person: `34 years old`, `aged 34`, `Alice is 34`, `Bob (34)`."""

_SUM = r"(\d{1,3}(?:,\d{3}){1,3}(?:\.\d\d)?|\d{1,12}(?:\.\d{1,2})?)(?!\d|[.,]\d)"
_MONEY = re.compile(rf"[$€£] ?{_SUM}|(?<![\w.,]){_SUM} ?(?:[€£]|(?:USD|EUR|dollars?|euros?)\b)")
SUMS_OF_MONEY = ("amount", "price", "cost", "total", "fee", "budget", "salary")
"""A sum of money, and names of properties that have one."""

_DIGITS = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_VALUE_KEYWORDS = frozenset(("enum", "const", "examples", "default"))


def with_numbers(schema: Schema, text: str, in_turn: bool = True) -> Schema:
    """Return the schema of arguments with the numbers of a text as examples: `a` and `b` of `5 + 7`, `5 days`.

    Several are taken `in_turn` if there are as many as properties; otherwise each is found by the property's name.
    """
    properties, text = schema.get("properties") if isinstance(schema, Mapping) else None, text[-MAX_READ:]
    numbers = [float(each) if "." in each else int(each) for each in _NUMBER.findall(text)]
    if not numbers or not isinstance(properties, Mapping) or not isinstance(schema, Mapping):
        return schema
    number_names = [name for name, each in properties.items() if _is_plain_number(each)]
    values = dict(zip(number_names, numbers, strict=True)) if in_turn and len(number_names) == len(numbers) > 1 else {}
    for name in budget.on_loop_while_there_is_time(number_names if not values else ()):
        values.update(zip((name,), named_numbers(str(name), text), strict=False))
    filled = {name: {**each, "examples": [values[name]]} for name, each in properties.items() if name in values}
    return {**schema, "properties": {**properties, **filled}} if values else schema


def named_numbers(name: str, text: str) -> list[int | float]:
    """Return the numbers of a text that suit a property by its name, in the text's order."""
    word, lowered = re.sub(r"^.*_|s$", "", name.lower()), text.lower()
    if word == "age":
        found = [next(filter(None, each.groups())) for each in _AGE.finditer(text)]
    else:
        found = re.findall(rf"(?<![\w.])(\d{{1,12}}) (?:\w+ )?{re.escape(word)}", lowered) if len(word) > 2 else []
    found = found or [identifier(name, text) or _year(word, text)]
    digits = [each for each in found if _DIGITS.fullmatch(each)] or _numbers_after(word, text)
    digits = digits or (
        ["".join(each).replace(",", "") for each in _MONEY.findall(text)] if word in SUMS_OF_MONEY else []
    )
    return [float(each) if "." in each else int(each) for each in digits]


JUDGEMENTS = ("score", "rating", "grade")
"""Names of judgements; a number after one of them is part of its explanation."""


def _numbers_after(word: str, text: str) -> list[str]:
    """Return the numbers after a word, as in `total 45.50` and `price: $12`."""
    pattern = (
        rf"(?i)\b{re.escape(word)}s?\b(?: is|:| of|=)?[ $€£]{{0,2}}(\d{{1,12}}(?:\.\d{{1,6}})?)(?![\w.,%]*\d|%|\w)"
    )
    return re.findall(pattern, text) if len(word) > 2 and word not in JUDGEMENTS else []


def _year(word: str, text: str) -> str:
    """Return the first year of a text for a property of that name; the empty text if there is none."""
    found = _YEAR.search(text) if word == "year" else None
    return found[0] if found else ""


def _is_plain_number(schema: object) -> bool:
    is_number = isinstance(schema, Mapping) and schema.get("type") in ("integer", "number", "INTEGER", "NUMBER")
    return is_number and isinstance(schema, Mapping) and not schema.keys() & _VALUE_KEYWORDS


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
