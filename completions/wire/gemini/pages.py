"""Google's paginated lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError

MAX_PAGE = 1000


def page(items: Sequence[dict[str, Any]], query: Mapping[str, str], key: str, default_size: int) -> dict[str, Any]:
    """Return the page of a list for `pageSize` and `pageToken`; an empty list is an empty document."""
    size = query.get("pageSize") or query.get("page_size") or "0"
    start = query.get("pageToken") or query.get("page_token") or "0"
    if not (size.isdecimal() and start.isdecimal() and len(size) < 10 and len(start) < 10):
        raise RequestError("Invalid page size or page token.", param="page_token")
    end = int(start) + min(int(size) or default_size, MAX_PAGE)
    page_items = list(items[int(start) : end])
    return ({key: page_items} if page_items else {}) | ({"nextPageToken": str(end)} if end < len(items) else {})
