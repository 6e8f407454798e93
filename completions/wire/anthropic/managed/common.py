"""What all resources of Managed Agents have in common: the beta, ids, times, metadata, lists, and errors."""

import operator
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.anthropic.beta import requested_betas
from completions.wire.anthropic.checks import Wrong, boolean, string
from completions.wire.anthropic.pages import TOKEN, token_page
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.validation import Check, Problem, nullable, refuse

BETA = "managed-agents-2026-04-01"
MEMORY_BETA = "agent-memory-2026-07-22"
"""The beta with which memory stores can be used without Managed Agents."""

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
"""How many items a page has, unless a list says otherwise: the SDK's `agents.list` and others."""

MAX_PAIRS, MAX_KEY, MAX_VALUE = 16, 64, 512
"""The limits of metadata: the SDK's `AgentCreateParams.metadata`."""


def check_beta(header: str | None, accepted: Collection[str] = (BETA,)) -> None:
    """Raise the error of a request without the beta, as users quoted it from April to August 2026."""
    if not any(beta in accepted for beta in requested_betas(header)):
        raise RequestError(f"this API is in beta: add `{BETA}` to the `anthropic-beta` header")


def new_id(prefix: str) -> str:
    """Return a new id, such as `agent_01…` for the prefix `agent`."""
    return f"{prefix}_01{ids.spelled(secrets.token_hex(16), 22, ids.BASE58)}"


def written_time(seconds: float) -> str:
    """Return a time, given in seconds since the epoch, as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def optional_time(seconds: float | None) -> str | None:
    """Return a time as the API writes it, or None."""
    return None if seconds is None else written_time(seconds)


def read_time(name: str, value: str) -> float:
    """Return the seconds since the epoch of a time in a query; raise the API's error where it is none."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise RequestError(f"{name}: Input should be a valid datetime") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def new_record(prefix: str, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return what the records of all resources begin with: a new id, the times, and the metadata of a body."""
    pairs = dict(mapping(body.get("metadata")))
    return {"id": new_id(prefix), "created": now, "updated": now, "archived": None, "metadata": pairs}


def shown_times(record: Document) -> dict[str, Any]:
    """Return the times of a resource as the API shows them."""
    return {
        "created_at": written_time(record["created"]),
        "updated_at": written_time(record["updated"]),
        "archived_at": optional_time(record["archived"]),
    }


def check_fields(body: Mapping[str, Any], fields: Mapping[str, Check], required: Collection[str] = ()) -> None:
    """Raise what is wrong with the fields of a body.

    Of several unknown fields, the first one by its bytes is named (a clone's comparison, October 2026). The words for
    values are those of the Messages API.
    """
    if unknown := sorted(body.keys() - fields.keys(), key=str.encode):
        raise RequestError(f'Failed to parse request body: unknown field "{unknown[0][:200]}"')
    for name, check in fields.items():
        if name in required and body.get(name) is None:
            raise RequestError(f"{name}: value is required")
        if name in body and (problem := check(body[name])) is not None:
            refuse(problem.under(name))


def check_fields_at(
    place: str, value: Mapping[str, Any], fields: Mapping[str, Check], required: Collection[str]
) -> None:
    """Raise what is wrong with the fields of an object of a known type, and name its place in the body."""
    try:
        check_fields({key: each for key, each in value.items() if key != "type"}, fields, required)
    except RequestError as exc:
        exc.message = exc.message if exc.message.startswith("Failed") else f"{place}.{exc.message}"
        raise


def metadata(value: Any) -> Problem | None:
    """Check metadata."""
    return _metadata(value, string(high=MAX_VALUE))


def metadata_patch(value: Any) -> Problem | None:
    """Check a change of metadata, in which null deletes a key."""
    return None if value is None else _metadata(value, nullable(string(high=MAX_VALUE)))


def _metadata(value: Any, check: Check) -> Problem | None:
    if type(value) is not dict:
        return Wrong("Input should be an object")
    for key, text in value.items():
        if not 1 <= len(key) <= MAX_KEY:
            return Wrong(f"Keys should have 1 to {MAX_KEY} characters")
        if (problem := check(text)) is not None:
            return problem.under(key)
    return too_many_pairs(value)


def too_many_pairs(pairs: Mapping[str, Any]) -> Problem | None:
    """Return the problem of metadata with too many pairs; the words are ours."""
    kept = sum(value is not None for value in pairs.values())
    return Wrong(f"Metadata should have at most {MAX_PAIRS} pairs, not {kept}") if kept > MAX_PAIRS else None


def patched(before: Mapping[str, str], patch: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return metadata after a change: a null deletes its key, and an absent key keeps its value."""
    pairs = {**before, **(patch or {})}
    refuse(too_many_pairs(pairs))
    return {key: value for key, value in pairs.items() if value is not None}


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
    if limit.isdecimal() and int(limit) > most:
        raise RequestError(f"limit: Input should be less than or equal to {most}")
    page = token_page(items, {"limit": limit} | ({"page": cursor} if cursor else {}))
    return {"data": page["data"], "next_page": page["next_page"]}
