"""The lists of Managed Agents: what their queries ask for, and their pages."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import boolean
from completions.wire.anthropic.pages import TOKEN, token_page
from completions.wire.base import Document
from completions.wire.fields import whole_in
from completions.wire.validation import refuse

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
"""How many items a page has, unless a list says otherwise: the SDK's `agents.list` and others."""


def read_time(name: str, value: str) -> float:
    """Return the seconds since the epoch of a time in a query; raise the API's error where it is none."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise RequestError(f"{name}: Input should be a valid datetime") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def is_listed(record: Document, query: Mapping[str, str]) -> bool:
    """Tell whether a list has a resource, by `include_archived` and the times at which it was created."""
    includes_archived = flag(query, "include_archived")
    if record.get("archived") is not None and not includes_archived:
        return False
    return is_within(record["created"], query)


BOUNDS: Mapping[str, Callable[[float, float], bool]] = {
    "created_at[gt]": operator.gt,
    "created_at[gte]": operator.ge,
    "created_at[lt]": operator.lt,
    "created_at[lte]": operator.le,
}
"""The bounds of a list in its query, with the comparison of a time and the bound."""


def is_within(seconds: float, query: Mapping[str, str]) -> bool:
    """Tell whether a time, to the microsecond that the API shows, is within the bounds of a query."""
    shown = round(seconds, 6)
    return all(holds(shown, read_time(name, query[name])) for name, holds in BOUNDS.items() if name in query)


def flag(query: Mapping[str, str], name: str) -> bool:
    """Return a boolean of a query; false by default."""
    value = query.get(name, "false").lower()
    refuse(problem.under(name) if (problem := boolean({"true": True, "false": False}.get(value))) else None)
    return value == "true"


def list_page(
    items: Sequence[dict[str, Any]], query: Mapping[str, str], default: int = DEFAULT_LIMIT, most: int = MAX_LIMIT
) -> dict[str, Any]:
    """Return the page of a list that a query asks for: its `data`, and the `next_page` to ask for, or null.

    The error of a cursor that no list has given is a clone's (October 2026), that of a limit is the Messages API's.
    """
    cursor, limit = query.get("page", ""), query.get("limit", str(default))
    if cursor and all(f"{TOKEN}{item['id']}" != cursor for item in items):
        raise RequestError("invalid page cursor")
    if (whole_in(limit) or 0) > most:
        raise RequestError(f"limit: Input should be less than or equal to {most}")
    page = token_page(items, {"limit": limit} | ({"page": cursor} if cursor else {}))
    return {"data": page["data"], "next_page": page["next_page"]}
