"""Lists of Anthropic's that come in pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError


def page(found: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of what is given, the newest first, that a query asks for by `limit`, `after_id`, `before_id`."""
    text = query.get("limit", "20")
    if not (text.isdecimal() and 1 <= int(text[:6]) <= 1000):
        raise RequestError("limit: Input should be from 1 to 1000")
    names = [each["id"] for each in found]
    start, end = 0, len(names)
    if (name := query.get("after_id")) is not None:
        start = names.index(name) + 1 if name in names else end
    elif (name := query.get("before_id")) is not None:
        end = names.index(name) if name in names else 0
        start = max(0, end - int(text))
    part = list(found[start:end])[: int(text)]
    more = start > 0 if "before_id" in query else start + len(part) < end
    return {
        "data": part,
        "has_more": more,
        "first_id": part[0]["id"] if part else None,
        "last_id": part[-1]["id"] if part else None,
    }
