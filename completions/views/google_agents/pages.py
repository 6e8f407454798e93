"""The lists of what the Gemini API keeps for its agents, whose page tokens are in snake case."""

from collections.abc import Sequence
from typing import Any

from completions.views.stored import ResourceRequest
from completions.wire.gemini import pages

PAGE = 50


def page(request: ResourceRequest, items: Sequence[dict[str, Any]], key: str) -> dict[str, Any]:
    """Return the page of a list that a request asks for."""
    found = pages.page(items, request.query, key, PAGE)
    token = found.pop("nextPageToken", None)
    return found if token is None else {**found, "next_page_token": token}
