"""Checks of the fields of requests to the APIs of Google that write them in snake case, with those APIs' words."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

from completions.wire.gemini.fields import snake

Check = Callable[[Any, str], str | None]
"""Returns what is wrong with a value at a path, or None."""


def _has_type(*kinds: type) -> Check:
    """Check a value's type; a whole number is a decimal one too."""
    allowed = (*kinds, int) if float in kinds else kinds
    return lambda value, path: None if type(value) in allowed else f"Invalid input at '{path}'."


string, boolean, number, integer, obj = (
    _has_type(str),
    _has_type(bool),
    _has_type(float),
    _has_type(int),
    _has_type(dict),
)


def anything(value: Any, path: str) -> str | None:
    """Check nothing."""
    return None


def one_of(*values: str, also: Collection[str] = ()) -> Check:
    """Check that a value is one of these, or one of others that are accepted but not listed in the error."""

    def check(value: Any, path: str) -> str | None:
        if not isinstance(value, str):
            return f"Invalid input at '{path}'."
        supported = ", ".join(f"'{each}'" for each in values)
        wrong = f"The value '{value[:200]}' is not supported for '{path}'. Supported values: {supported}."
        return None if value in values or value in also else wrong

    return check


def each_of(check: Check) -> Check:
    """Check each item of an array."""

    def all_of(value: Any, path: str) -> str | None:
        if not isinstance(value, list):
            return f"Invalid input at '{path}'."
        return next(filter(None, (check(item, f"{path}[{at}]") for at, item in enumerate(value))), None)

    return all_of


def record(fields: Mapping[str, Check], required: Collection[str] = ()) -> Check:
    """Check an object with these fields and no others; null is as good as absent."""

    def check(value: Any, path: str) -> str | None:
        if not isinstance(value, dict):
            return f"Invalid input at '{path}'."
        start = f"{path}." if path else ""
        for name, item in value.items():
            if name not in fields:
                matches = get_close_matches(snake(name), fields, n=1, cutoff=0.7)
                hint = f" Did you mean '{matches[0]}'?" if matches else ""
                return f"Unknown parameter '{start}{name[:200]}'.{hint}"
            if item is not None and (wrong := fields[name](item, start + name)) is not None:
                return wrong
        missing = next((name for name in required if value.get(name) is None), None)
        return None if missing is None else f"Missing required parameter '{start}{missing}'."

    return check


def by_type(variants: Mapping[str, Check]) -> Check:
    """Check an object by the value of its `type`."""
    kinds = one_of(*variants)

    def check(value: Any, path: str) -> str | None:
        if not isinstance(value, dict):
            return f"Invalid input at '{path}'."
        if "type" not in value:
            return f"Missing required parameter '{path}.type'."
        return kinds(value["type"], f"{path}.type") or variants[value["type"]](value, path)

    return check


def either(**checks: Check) -> Check:
    """Check a value by its JSON type: `text`, `many` or `one`."""

    def check(value: Any, path: str) -> str | None:
        kind = next((name for name, of in (("text", str), ("many", list), ("one", dict)) if type(value) is of), "")
        return checks[kind](value, path) if kind in checks else f"Invalid input at '{path}'."

    return check
