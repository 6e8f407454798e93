"""Step 2 for dialects: what pydantic makes of a number or a boolean that comes as something else, where it is lax.

The conversions are those of pydantic 2 in its lax mode, as FastAPI's servers have it; what cannot be converted stays as
it is, to be refused. Numbers that are not finite stay too: none of the parameters takes them.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Conversion = Callable[[Any], Any]

LONGEST = 64
"""Characters of a text that is looked at as a number."""

_WHOLE = re.compile(r"\s*([+-]?\d+(?:_\d+)*)(?:\.0+)?\s*", re.ASCII)
_SPELLED = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def convert(body: dict[str, Any], kinds: Mapping[str, Conversion]) -> None:
    """Convert in place the values of the fields that have a kind."""
    for name, value in body.items():
        if (kind := kinds.get(name)) is not None:
            body[name] = kind(value)


def integer(value: Any) -> Any:
    """Return the integer that a value stands for, or the value."""
    if isinstance(value, str):
        found = _WHOLE.fullmatch(value) if len(value) <= LONGEST else None
        return value if found is None else int(found[1])
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    return int(value) if isinstance(value, bool) else value


def decimal(value: Any) -> Any:
    """Return the number that a value stands for, or the value."""
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or len(value) > LONGEST or not value.isascii():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def boolean(value: Any) -> Any:
    """Return the boolean that a value stands for, or the value."""
    if isinstance(value, str):
        return _SPELLED.get(value.lower(), value)
    return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else value


def fields(kinds: Mapping[str, Conversion]) -> Conversion:
    """Return the conversion of an object with such fields."""

    def converted(value: Any) -> Any:
        if isinstance(value, dict):
            convert(value, kinds)
        return value

    return converted


def each(kind: Conversion) -> Conversion:
    """Return the conversion of an object all of whose values are of a kind."""
    return lambda value: {key: kind(item) for key, item in value.items()} if isinstance(value, dict) else value
