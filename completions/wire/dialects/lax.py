"""Step 2 for dialects: the conversion of values of other types to numbers and booleans, in pydantic's lax mode.

The conversions are those of pydantic 2 in FastAPI's servers. Values that cannot be converted stay as they are, to be
refused, and so do numbers that are not finite: none of the parameters takes them.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Conversion = Callable[[Any], Any]

MAX_NUMBER_LENGTH = 64
"""The maximum number of characters of a text that may be a number."""

_WHOLE = re.compile(r"\s*([+-]?\d+(?:_\d+)*)(?:\.0+)?\s*", re.ASCII)
_BOOLEAN_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def convert(body: dict[str, Any], conversions: Mapping[str, Conversion]) -> None:
    """Convert in place the values of the fields that have a conversion."""
    for name, value in body.items():
        if (conversion := conversions.get(name)) is not None:
            body[name] = conversion(value)


def integer(value: Any) -> Any:
    """Return a value as an integer, or the value itself."""
    if isinstance(value, str):
        match = _WHOLE.fullmatch(value) if len(value) <= MAX_NUMBER_LENGTH else None
        return value if match is None else int(match[1])
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    return int(value) if isinstance(value, bool) else value


def decimal(value: Any) -> Any:
    """Return a value as a number, or the value itself."""
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or len(value) > MAX_NUMBER_LENGTH or not value.isascii():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def boolean(value: Any) -> Any:
    """Return a value as a boolean, or the value itself."""
    if isinstance(value, str):
        return _BOOLEAN_WORDS.get(value.lower(), value)
    return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else value


def fields(conversions: Mapping[str, Conversion]) -> Conversion:
    """Return the conversion of an object, by its fields."""

    def convert_fields(value: Any) -> Any:
        if isinstance(value, dict):
            convert(value, conversions)
        return value

    return convert_fields


def each(conversion: Conversion) -> Conversion:
    """Return the conversion of an object all of whose values are converted alike."""
    return lambda value: {key: conversion(item) for key, item in value.items()} if isinstance(value, dict) else value
