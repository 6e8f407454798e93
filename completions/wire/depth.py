"""The nesting limit of bodies: deeper ones could neither be traversed nor encoded as JSON again."""

from typing import Any

MAX_DEPTH = 200
"""The most nested objects and arrays; orjson decodes 1,024 levels and encodes 254."""

AT_MAX_DEPTH = slice(2 * MAX_DEPTH, 2 * MAX_DEPTH + 1)
"""A byte that every body with deeper nesting has."""


def is_too_deep(document: Any) -> bool:
    """Tell whether a body is nested too deep; brackets in its strings do not count, so it is traversed."""
    level = [document]
    for _ in range(MAX_DEPTH):
        children = (child for each in level for child in (each.values() if isinstance(each, dict) else each))
        level = [child for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True
