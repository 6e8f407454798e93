"""How deep a body is nested: deeper than requests need it can neither be walked through nor written again as JSON."""

from typing import Any

MAX_DEPTH = 200
"""How many objects and arrays may be within each other; orjson reads 1,024 of them, and writes 254."""

AT_MAX_DEPTH = slice(2 * MAX_DEPTH, 2 * MAX_DEPTH + 1)
"""The first byte of a body that a deeper one has."""


def is_too_deep(document: Any) -> bool:
    """Tell whether a body is nested too deep; it is walked through, since the brackets in its texts tell nothing."""
    level = [document]
    for _ in range(MAX_DEPTH):
        inside = (child for each in level for child in (each.values() if isinstance(each, dict) else each))
        level = [child for child in inside if isinstance(child, dict | list)]
        if not level:
            return False
    return True
