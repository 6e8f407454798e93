"""Read a JSON object that was cut off.

`max_tokens` cuts the arguments of calls; Anthropic's answers and the SDKs' folded streams then have the complete part
of the input. The journal and faults cut bodies.
"""

import re
from collections.abc import Iterator
from typing import Any

from completions.wire.fields import object_of

BROKEN_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
"""An incomplete escape at the end of a string."""


def partial(text: str, *, strings: bool = False) -> dict[str, Any]:
    """Return the complete fields and items of an object that may be cut off; empty if the text is no object.

    With `strings`, an incomplete string counts as well.
    """
    found = object_of(text)
    if found is not None or not text.lstrip().startswith("{"):
        return found or {}
    candidates = (text[:end] + closers for end, closers in _ends(text, strings))
    return next((found for each in candidates if (found := object_of(each)) is not None), {})


def _ends(text: str, strings: bool) -> Iterator[tuple[int, str]]:
    """Yield where the text could end, and the brackets that close it: at its end, or else before an incomplete value.

    That is after the last bracket or before the last comma outside strings: what follows it is one value or less.
    """
    open_: list[str] = []
    last, closers = 0, ""
    in_string = is_escaped = False
    for at, character in enumerate(text):
        if in_string:
            in_string, is_escaped = is_escaped or character != '"', not is_escaped and character == "\\"
        elif character == '"':
            in_string = True
        elif character in "{}[],":
            if character in "{[":
                open_.append("}" if character == "{" else "]")
            elif character != "," and open_:
                open_.pop()
            last, closers = at + (character != ","), "".join(reversed(open_))
    if not in_string:
        yield len(text), closers
    elif strings:
        escape = BROKEN_ESCAPE.search(text) if is_escaped or "\\u" in text[-5:] else None
        yield (escape.start() if escape else len(text)), '"' + "".join(reversed(open_))
    yield last, closers
