"""The base of OpenAI's stored objects: metadata, and lists with pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import whole, whole_in
from completions.wire.validation import (
    Check,
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
    """Return a page of items, given in the order of creation: `limit`, `after`, `before`, and `order` with its default.

    `max_limit` is the largest page, and the default, if they differ from those of other lists.
    With `validate`, raise `RequestError` for a wrong parameter; otherwise ignore it.
    """
    known = {"limit": integer(1, max_limit or MAX_LIMIT), "order": choice("asc", "desc")}
    parameters = parameters_of(query, known, validate=validate)
    ordered = list(items) if parameters.get("order", order) == "asc" else list(reversed(items))
    size = whole(parameters.get("limit"), 1) or max_limit or DEFAULT_LIMIT
    rest = ordered[_place(ordered, query, "after", validate=validate) + 1 :]
    if (end := _place(rest, query, "before", validate=validate)) >= 0:
        return whole_list(rest[max(end - size, 0) : end], end)
    return whole_list(rest[:size], len(rest))


def parameters_of(query: Mapping[str, str], known: Mapping[str, Check], *, validate: bool) -> dict[str, Any]:
    """Return the known parameters of an address, with numbers as numbers; with `validate`, refuse what is wrong."""
    parameters: dict[str, Any] = {name: query[name] for name in known if name in query}
    for name, value in parameters.items():
        if (number := whole_in(value)) is not None:
            parameters[name] = number
    if validate:
        refuse(record(known)(parameters))
    return parameters


def _place(items: Sequence[Document], query: Mapping[str, str], key: str, *, validate: bool) -> int:
    """Return the place of the item that a parameter names; -1 if there is none."""
    if not (name := query.get(key)):
        return -1
    place = next((at for at, item in enumerate(items) if item["id"] == name), -1)
    if place < 0 and validate:
        raise RequestError(f"No item with id '{name[:200]}' found.", status=404, param=key)
    return place


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
