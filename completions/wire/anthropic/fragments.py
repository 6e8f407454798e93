"""The start of a JSON object that `max_tokens` cut off, read as far as it goes.

The API's whole answers have a call's input as an object, and so have the SDK's folded streams: what of it is complete.
"""

from collections.abc import Iterator
from typing import Any

import orjson


def partial(text: str) -> dict[str, Any]:
    """Return the object that a text begins, with the fields and items that are complete; empty where it begins none."""
    found = _decoded(text)
    if found is not None or not text.lstrip().startswith("{"):
        return found or {}
    return next((found for end, closers in _ends(text) if (found := _decoded(text[:end] + closers)) is not None), {})


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _ends(text: str) -> Iterator[tuple[int, str]]:
    """Return where the text could end, and what closes it there: at its end, or else before what is not complete.

    That is after the last bracket or before the last comma outside strings: what follows it is one value or less.
    """
    open_: list[str] = []
    last, closers = 0, ""
    quoted = escaped = False
    for at, character in enumerate(text):
        if quoted:
            quoted, escaped = escaped or character != '"', not escaped and character == "\\"
        elif character == '"':
            quoted = True
        elif character in "{}[],":
            if character in "{[":
                open_.append("}" if character == "{" else "]")
            elif character != "," and open_:
                open_.pop()
            last, closers = at + (character != ","), "".join(reversed(open_))
    if not quoted:
        yield len(text), closers
    yield last, closers
