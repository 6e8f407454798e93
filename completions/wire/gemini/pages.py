"""Lists of Google's that come in pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError

MAX_PAGE = 1000


def page(found: Sequence[dict[str, Any]], query: Mapping[str, str], key: str, usual: int) -> dict[str, Any]:
    """Return a page of a list, which `pageSize` and `pageToken` ask for; an empty list is an empty document."""
    size = query.get("pageSize") or query.get("page_size") or "0"
    start = query.get("pageToken") or query.get("page_token") or "0"
    if not (size.isdecimal() and start.isdecimal() and len(size) < 10 and len(start) < 10):
        raise RequestError("Invalid page size or page token.", param="page_token")
    end = int(start) + min(int(size) or usual, MAX_PAGE)
    shown = list(found[int(start) : end])
    return ({key: shown} if shown else {}) | ({"nextPageToken": str(end)} if end < len(found) else {})
