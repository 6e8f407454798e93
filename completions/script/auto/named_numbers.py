"""Numbers in a question that suit a property by its name: `5` of `5 days`, `34` of `Bob (34)`, `99.5` of `$99.50`."""

import re
from collections.abc import Mapping

from completions import budget
from completions.script.auto.literal import identifier
from completions.script.auto.proper_names import CAPITALIZED
from completions.script.schemas.document import Schema, strings_of
from completions.script.schemas.scalars import snake_case

MAX_READ = 4_000
"""Characters of a question that are searched, from its end."""

_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,12}(?:\.\d{1,6})?(?![\w.,%]*\d|%|\w)")
_YEAR = re.compile(r"(?<![\w.,-])(?:1[5-9]|20)\d\d(?![\w-]|[.,]\d)")
_AGE = re.compile(
    r"(?<![\w.])(\d{1,3})[ -][Yy]ears?[ -][Oo]ld\b|\b[Aa]ged?(?: of| is|:)? (\d{1,3})(?![\w.%])"
    r"|\bI(?: am|'m) (\d{1,3})(?=[,.;!?]|\s*\Z| and | years)"
    rf"|{CAPITALIZED}[\w'-]{{0,30}}(?: is |, | \(|: )(\d{{1,3}})(?=[,.;!?)]|\s*\n|\s*\Z| and | years)"
)
"""The age of a person: `34 years old`, `aged 34`, `Alice is 34`, `Bob (34)`."""

_SUM = r"(\d{1,3}(?:,\d{3}){1,3}(?:\.\d\d)?|\d{1,12}(?:\.\d{1,2})?)(?!\d|[.,]\d)"
_MONEY = re.compile(rf"[$€£] ?{_SUM}|(?<![\w.,]){_SUM} ?(?:[€£]|(?:USD|EUR|dollars?|euros?)\b)")
SUMS_OF_MONEY = frozenset(("amount", "price", "cost", "total", "fee", "budget", "salary"))
"""A sum of money, and names of properties that have one."""

_PEOPLE = re.compile(
    r"(?<![\w.,])(\d{1,3}) (?:people|persons?|guests?|adults?|travell?ers?|passengers?|friends|of us)\b"
)
PEOPLE = frozenset(("people", "person", "guest", "adult", "traveler", "traveller", "passenger", "party", "participant"))
"""A number of people, and words of properties that have one."""

_UNITS = "seconds|minutes|hours|days|weeks|months|years|dollars|euros|degrees|persons|guests|adults|words|times"
_THINGS = re.compile(rf"(?<![\w.,$€£])(\d{{1,4}}) (?!(?:{_UNITS})\b)[a-z]{{2,20}}s\b")
QUANTITIES = frozenset(("quantity", "qty", "count"))
"""A number of things, and words of properties that have one."""

_BOUND = re.compile(r"(?i)limit|offset|page|max|min|size|top|index|year|^(?:k|n)$")
"""Names of numbers that are not what a question with one number has: `limit` of `The headcount in 2024`."""

_DIGITS = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_VALUE_KEYWORDS = frozenset(("enum", "const", "examples", "default"))


def with_numbers(schema: Schema, text: str, in_turn: bool = True) -> Schema:
    """Return the schema of arguments with the numbers of a text as examples: `a` and `b` of `5 + 7`, `5 days`.

    They are taken `in_turn` if there are as many as properties, one only for what is required; otherwise each is found
    by the property's name.
    """
    properties, text = schema.get("properties") if isinstance(schema, Mapping) else None, text[-MAX_READ:]
    numbers = [float(each) if "." in each else int(each) for each in _NUMBER.findall(text)]
    if not numbers or not isinstance(properties, Mapping) or not isinstance(schema, Mapping):
        return schema
    number_names = [name for name, each in properties.items() if _is_plain_number(each)]
    is_in_turn = in_turn and len(number_names) == len(numbers)
    if is_in_turn and len(numbers) == 1:
        is_in_turn = number_names[0] in strings_of(schema.get("required")) and not _BOUND.search(number_names[0])
    values = dict(zip(number_names, numbers, strict=True)) if is_in_turn else {}
    for name in budget.on_loop_while_there_is_time(number_names if not values else ()):
        values.update(zip((name,), named_numbers(str(name), text), strict=False))
    filled = {name: {**each, "examples": [values[name]]} for name, each in properties.items() if name in values}
    return {**schema, "properties": {**properties, **filled}} if values else schema


def named_numbers(name: str, text: str) -> list[int | float]:
    """Return the numbers of a text that suit a property by its name, in the text's order."""
    word, lowered = re.sub(r"^.*_|s$", "", snake_case(name).removesuffix("_size")), text.lower()
    if word == "age":
        found = [next(filter(None, each.groups())) for each in _AGE.finditer(text)]
    else:
        found = re.findall(rf"(?<![\w.])(\d{{1,12}}) (?:\w+ )?{re.escape(word)}", lowered) if len(word) > 2 else []
    found = found or [identifier(name, text) or _year(word, text)]
    digits = [each for each in found if _DIGITS.fullmatch(each)]
    digits = digits or _numbers_after(word, text) or _by_kind(word, text, lowered)
    return [float(each) if "." in each else int(each) for each in digits]


def _by_kind(word: str, text: str, lowered: str) -> list[str]:
    """Return the sums of money, or the numbers of people or things, for a property that has one."""
    if word in SUMS_OF_MONEY:
        return ["".join(each).replace(",", "") for each in _MONEY.findall(text)]
    pattern = _PEOPLE if word in PEOPLE else _THINGS if word in QUANTITIES else None
    return pattern.findall(lowered) if pattern else []


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
