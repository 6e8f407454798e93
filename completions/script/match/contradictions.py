"""Step 3: conditions that contradict each other, so that no request can fulfil all of them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from completions.conversation import NAMES
from completions.script.match.matchers import All, AnyOf, Condition, Matcher, Not, conditions_of

NUMERIC = ("gt", "gte", "lt", "lte")
EMPTY_VALUES: tuple[object, ...] = (None, "", (), [], {})
"""The values of which `exists: false` holds."""

PART_LOOKUPS = ("contains", "icontains", "startswith", "endswith")
"""The lookups on a part of a text."""


def contradiction(matcher: Matcher) -> str | None:
    """Return the conditions of a matcher that cannot hold together; None if none certainly contradict each other."""
    if isinstance(matcher, AnyOf):
        found = [contradiction(part) for part in matcher.parts]
        return found[0] if found and all(found) else None
    parts, by_place = list(_required_parts(matcher)), dict[tuple[str, str], list[Matcher]]()
    for part in parts:
        if isinstance(part, AnyOf) and (inner := contradiction(part)) is not None:
            return inner
        if other := next((each for each in parts if _excludes(part, each)), None):
            return All((part, other)).claim()
        if (place := _field_and_key(part)) is not None:
            by_place.setdefault(place, []).append(part)
    excluded = (each for each in by_place.values() if len(each) > 1 and not _can_hold(each))
    return next((All(tuple(conditions)).claim() for conditions in excluded), None)


def _required_parts(matcher: Matcher) -> Iterator[Matcher]:
    """Yield the conditions that must all hold."""
    if isinstance(matcher, All):
        for part in matcher.parts:
            yield from _required_parts(part)
    else:
        yield matcher


def _excludes(part: Matcher, other: Matcher) -> bool:
    """Tell whether one condition requires what the other denies: the same, or a part of the text that it requires."""
    if not isinstance(other, Not):
        return False
    denied = other.part
    if part == denied:
        return True
    if not (isinstance(part, Condition) and isinstance(denied, Condition)):
        return False
    if (part.field, part.key) != (denied.field, denied.key):
        return False
    required, excluded = part.lookup.name, denied.lookup.name
    if part.field.kind == "any" or not {required, excluded} <= set(PART_LOOKUPS):
        return False
    is_within = required == excluded or (required != "icontains" and excluded in ("contains", "icontains"))
    return is_within and denied.lookup.test(part.expected, denied.expected)


def _field_and_key(matcher: Matcher) -> tuple[str, str] | None:
    """Return the field and key of the only value that a condition reads; None if it reads several.

    Regular expressions are left out, because nothing limits their time here.
    """
    places = {
        (each.field.name, each.key)
        if isinstance(each, Condition) and not each.field.many and each.lookup.operand != "regex"
        else None
        for each in _leaves(matcher)
    }
    return places.pop() if len(places) == 1 else None


def _leaves(matcher: Matcher) -> Iterator[Matcher]:
    match matcher:
        case All() | AnyOf():
            for part in matcher.parts:
                yield from _leaves(part)
        case Not():
            yield from _leaves(matcher.part)
        case _:
            yield matcher


def _can_hold(conditions: Sequence[Matcher]) -> bool:
    """Tell whether some value may fulfil all these conditions on it; also if that is not known."""
    values = _values(conditions)
    if values is None:
        conditions = [each for each in conditions if isinstance(each, Condition) and each.lookup.name in NUMERIC]
        values = _numbers(conditions) if conditions else None
    return values is None or any(all(_holds(each, value) for each in conditions) for value in values)


def _values(conditions: Sequence[Matcher]) -> Iterable[object] | None:
    """Return values of which one fulfils all conditions, if any value does; None if they are not known."""
    field = next(conditions_of(conditions[0])).field
    if field.closed:
        return (*NAMES[field.name], *EMPTY_VALUES)
    if field.kind == "flag":
        return True, False
    if field.kind == "number":
        return [whole for each in _numbers(conditions) for whole in (math.floor(each), math.ceil(each)) if whole >= 0]
    for each in conditions:
        if isinstance(each, Condition):
            match each.lookup.name, each.expected:
                case "eq", expected:
                    return (expected,)
                case "in", tuple(expected):
                    return expected
                case "exists", False:
                    return EMPTY_VALUES
    return None


def _numbers(conditions: Sequence[Matcher]) -> list[float]:
    """Return the numbers that conditions compare with, and others next to and between them."""
    operands = sorted(number for each in conditions for number in _operands(each))
    between = [low / 2 + high / 2 for low, high in pairwise(operands)]
    neighbours = (math.floor(number) + step for number in operands for step in (-1, 1))  # exact for floats of any size
    return [0, *between, *operands, *neighbours]


def _operands(matcher: Matcher) -> Iterator[float]:
    for each in conditions_of(matcher):
        for expected in each.expected if isinstance(each.expected, tuple) else (each.expected,):
            if isinstance(expected, (int, float)) and math.isfinite(expected):
                yield expected


def _holds(matcher: Matcher, value: object) -> bool:
    """Tell whether a condition holds of a value."""
    match matcher:
        case Condition():
            return (value is not None or matcher.lookup.operand == "flag") and matcher.accepts(value)
        case Not():
            return not _holds(matcher.part, value)
        case All():
            return all(_holds(part, value) for part in matcher.parts)
        case AnyOf():
            return any(_holds(part, value) for part in matcher.parts)
    return True
