"""Lists of Anthropic's that come in pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError

DEFAULT_LIMIT, MAX_LIMIT = "20", 1000
TOKEN = "page_"
"""What a token begins with that names the next page."""


def page(found: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of what is given, the newest first, that a query asks for by `limit`, `after_id`, `before_id`."""
    limit, names = _limit(query.get("limit", DEFAULT_LIMIT)), [each["id"] for each in found]
    if (before := query.get("before_id")) is not None:
        end = names.index(before) if before in names else 0
        start = max(0, end - limit)
        more = start > 0
    else:
        after = query.get("after_id")
        start = 0 if after is None else names.index(after) + 1 if after in names else len(names)
        end = start + limit
        more = end < len(names)
    part = list(found[start:end])
    return {
        "data": part,
        "has_more": more,
        "first_id": part[0]["id"] if part else None,
        "last_id": part[-1]["id"] if part else None,
    }


def token_page(found: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return such a page, after which the next one is asked for by `page`, with the `next_page` of the one before."""
    if "page" in query:
        query = {**query, "after_id": query["page"].removeprefix(TOKEN)}
    shown = page(found, query)
    follows = shown["has_more"] and "before_id" not in query
    return {**shown, "next_page": f"{TOKEN}{shown['last_id']}" if follows else None}


def _limit(given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise RequestError("limit: Input should be a valid integer, unable to parse string as an integer")
    if not 1 <= int(given) <= MAX_LIMIT:
        bound = "greater than or equal to 1" if int(given) < 1 else f"less than or equal to {MAX_LIMIT}"
        raise RequestError(f"limit: Input should be {bound}")
    return int(given)
