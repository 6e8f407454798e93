"""The base of OpenAI's stored objects: metadata, and lists with pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import whole
from completions.wire.validation import (
    Problem,
    choice,
    integer,
    nullable,
    record,
    refuse,
    string,
    worded_problem,
    wrong_type,
)

MAX_PAIRS, MAX_KEY, _VALUE = 16, 64, string(high=512)
"""`Metadata`: 16 pairs, keys of 64 characters, values of 512."""

DEFAULT_LIMIT = 20


def metadata(value: Any) -> Problem | None:
    """Check a map of strings to strings and its three limits, in words measured on 2026-08-30."""
    if type(value) is not dict:
        return wrong_type("a metadata object", value)
    if (size := len(value)) > MAX_PAIRS:
        why = (
            f"Expected an object with at most {MAX_PAIRS} properties, but got an object with {size} properties instead."
        )
        return Problem("Invalid", f": too many properties. {why}", "object_above_max_properties")
    for key, item in value.items():
        if (length := len(key)) > MAX_KEY:
            why = f"Expected a string with maximum length {MAX_KEY}, but got a string with length {length} instead."
            message = f"Invalid property name in 'metadata': '{key[:3]}...{key[-3:]}' is too long. {why}"
            return worded_problem(message, "property_name_above_max_length", key)
        if (problem := _VALUE(item)) is not None:
            return problem.under(key)
    return None


MAX_LIMIT = 100


def page(
    items: Sequence[Document], query: Mapping[str, str], order: str, max_limit: int | None = None, *, validate: bool
) -> dict[str, Any]:
    """Return a page of items, given in the order of creation: `limit`, `after`, and `order` with its default.

    `max_limit` is the largest page, and the default, if they differ from those of other lists.
    With `validate`, raise `RequestError` for a wrong parameter; otherwise ignore it.
    """
    parameters: dict[str, Any] = {key: query[key] for key in ("limit", "order") if key in query}
    if (limit := parameters.get("limit", "")).lstrip("-").isdecimal() and len(limit) < 10:
        parameters["limit"] = int(limit)
    if validate:
        refuse(record({"limit": integer(1, max_limit or MAX_LIMIT), "order": choice("asc", "desc")})(parameters))
    ordered = list(items) if parameters.get("order", order) == "asc" else list(reversed(items))
    rest = _after(ordered, query.get("after"), validate=validate)
    return whole_list(rest[: whole(parameters.get("limit"), 1) or max_limit or DEFAULT_LIMIT], len(rest))


def _after(items: list[Document], name: str | None, *, validate: bool) -> list[Document]:
    if not name:
        return items
    start = next((at for at, item in enumerate(items) if item["id"] == name), None)
    if start is None and validate:
        raise RequestError(f"No item with id '{name[:200]}' found.", status=404, param="after")
    return items if start is None else items[start + 1 :]


def whole_list(shown: Sequence[Document], left: int = 0) -> dict[str, Any]:
    """Return a list of items, of which there are `left` including those shown."""
    return {
        "object": "list",
        "data": list(shown),
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": left > len(shown),
    }


def matches_query(document: Document, query: Mapping[str, str]) -> bool:
    """Tell whether a document has the `model` and the `metadata[key]` that a query asks for."""
    if query.get("model", document["model"]) != document["model"]:
        return False
    requested = {name[9:-1]: value for name, value in query.items() if name.startswith("metadata[") and name[-1] == "]"}
    stored_metadata = document.get("metadata") or {}
    return all(stored_metadata.get(key) == value for key, value in requested.items())


def updated(document: Document, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the metadata of a request."""
    refuse(_UPDATE(body))
    return {**document, "metadata": body["metadata"] or {}}


_UPDATE = record({"metadata": nullable(metadata)}, ("metadata",))
