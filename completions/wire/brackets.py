"""Where in a JSON text a place is, for parsers that tell what they expected there."""

import re

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


def is_in_array(before: str) -> bool:
    """Tell whether a place is in an array, and not in an object, by what stands before it."""
    opened: list[str] = []
    for found in _BRACKETS.findall(before):
        if found in "{[":
            opened.append(found)
        elif found in "}]" and opened:
            opened.pop()
    return opened[-1:] == ["["]
