"""Step 3: the lookups that compare a request's values with those in a script; the names are Django's."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from completions.script.match.regexes import Pattern

Operand = Literal["same", "text", "number", "list", "flag", "regex"]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A comparison: its wording in a sentence, the kind of its operand, and its test of (seen, expected)."""

    name: str
    phrase: str
    operand: Operand
    test: Callable[[object, object], bool]


def _eq(seen: object, expected: object) -> bool:
    return seen == expected and isinstance(seen, bool) == isinstance(expected, bool)


def _iexact(seen: object, expected: object) -> bool:
    return str(seen).casefold() == str(expected).casefold()


def _contains(seen: object, expected: object) -> bool:
    if isinstance(seen, (list, tuple, dict)):
        return expected in seen
    return str(expected) in str(seen)


def _icontains(seen: object, expected: object) -> bool:
    return str(expected).casefold() in str(seen).casefold()


def _startswith(seen: object, expected: object) -> bool:
    return str(seen).startswith(str(expected))


def _endswith(seen: object, expected: object) -> bool:
    return str(seen).endswith(str(expected))


def _regex(seen: object, expected: object) -> bool:
    return isinstance(expected, Pattern) and expected.found_in(str(seen))


def _in(seen: object, expected: object) -> bool:
    return isinstance(expected, tuple) and any(_eq(seen, item) for item in expected)


def _number(value: object) -> float:
    """Return a number, also from the text of a header; any other value becomes NaN, which compares as false."""
    for kind in (int, float):  # a float is no whole number above 2^53 to the last digit
        try:
            return kind(str(value))
        except ValueError:
            continue
    return float("nan")


def _exists(seen: object, expected: object) -> bool:
    """Tell whether there is a value: not null, and neither an empty text nor an empty list or object."""
    return (seen is not None and seen not in ("", (), [], {})) is expected


LOOKUPS = {
    lookup.name: lookup
    for lookup in (
        Lookup("eq", "is", "same", _eq),
        Lookup("iexact", "is, ignoring case,", "text", _iexact),
        Lookup("contains", "contains", "text", _contains),
        Lookup("icontains", "contains, ignoring case,", "text", _icontains),
        Lookup("startswith", "starts with", "text", _startswith),
        Lookup("endswith", "ends with", "text", _endswith),
        Lookup("regex", "matches", "regex", _regex),
        Lookup("in", "is one of", "list", _in),
        Lookup("gt", "is over", "number", lambda seen, expected: _number(seen) > _number(expected)),
        Lookup("gte", "is at least", "number", lambda seen, expected: _number(seen) >= _number(expected)),
        Lookup("lt", "is under", "number", lambda seen, expected: _number(seen) < _number(expected)),
        Lookup("lte", "is at most", "number", lambda seen, expected: _number(seen) <= _number(expected)),
        Lookup("exists", "exists:", "flag", _exists),
    )
}

EXACT = ("eq", "iexact", "in")
"""The lookups that compare whole values."""

TRUE = Lookup("true", "is", "flag", lambda seen, expected: not (seen is False or _exists(seen, False)))
"""JMESPath's truth, by which a bare `expr` holds: all values except null, false and empty ones."""

NUMERIC = ("eq", "in", "gt", "gte", "lt", "lte")
BARE_REGEX = re.compile(r"/(?P<pattern>.+)/(?P<flags>[ims]*)", re.DOTALL)
"""A bare string of this form is a regular expression: `/colou?r/i`."""
