"""Anthropic's paginated lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError

DEFAULT_LIMIT, MAX_LIMIT = "20", 1000
TOKEN = "page_"
"""The prefix of tokens for the next page."""


def page(items: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of a list, the newest first, for `limit`, `after_id` and `before_id`."""
    limit, names = _limit(query.get("limit", DEFAULT_LIMIT)), [each["id"] for each in items]
    if (before := query.get("before_id")) is not None:
        end = names.index(before) if before in names else 0
        start = max(0, end - limit)
        more = start > 0
    else:
        after = query.get("after_id")
        start = 0 if after is None else names.index(after) + 1 if after in names else len(names)
        end = start + limit
        more = end < len(names)
    page_items = list(items[start:end])
    return {
        "data": page_items,
        "has_more": more,
        "first_id": page_items[0]["id"] if page_items else None,
        "last_id": page_items[-1]["id"] if page_items else None,
    }


def token_page(items: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return such a page with a `next_page`, the token with which `page` requests the next one."""
    if "page" in query:
        query = {**query, "after_id": query["page"].removeprefix(TOKEN)}
    current = page(items, query)
    follows = current["has_more"] and "before_id" not in query
    return {**current, "next_page": f"{TOKEN}{current['last_id']}" if follows else None}


def _limit(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise RequestError("limit: Input should be a valid integer, unable to parse string as an integer")
    if not 1 <= int(value) <= MAX_LIMIT:
        bound = "greater than or equal to 1" if int(value) < 1 else f"less than or equal to {MAX_LIMIT}"
        raise RequestError(f"limit: Input should be {bound}")
    return int(value)
