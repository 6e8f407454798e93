"""Reading fields of a body that nobody has checked: what is of the right type, or a neutral value."""

from typing import Any

MAX_CHOICES = 128
"""The largest `n`; the API documents it."""


def mapping(value: object) -> dict[str, Any]:
    """Return an object, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of an array; none where it is no array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Return a string, and an empty one for anything else."""
    return value if isinstance(value, str) else ""


def text_or_none(value: object) -> str | None:
    """Return a string, and None for anything else."""
    return value if isinstance(value, str) else None


def whole(value: object, low: int) -> int | None:
    """Return a whole number of at least `low`, and None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= low else None


def choices(value: object) -> int:
    """Return how many answers `n` asks for: one at least, and no more than the API would give."""
    return min(whole(value, 1) or 1, MAX_CHOICES)


def texts(value: object) -> tuple[str, ...]:
    """Return a string or an array's strings."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
