"""What the records of all resources of the Agents API have: an id, and metadata; and what is shown of deleted ones."""

import secrets
from collections.abc import Mapping
from typing import Any

from completions.wire.base import Document
from completions.wire.fields import mapping


def new_id(prefix: str) -> str:
    """Return a new id as the API spells them: `sess_` and fifty hexadecimal digits (recorded on 2026-09-30)."""
    return f"{prefix}_{secrets.token_hex(25)}"


def deleted(name: str, kind: str) -> dict[str, Any]:
    """Return what tells that a resource of an object type is gone."""
    return {"id": name, "object": f"{kind}.deleted", "deleted": True}


def new_metadata(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a body; none is an empty object."""
    return dict(mapping(body.get("metadata")))


def is_wanted(record: Document, query: Mapping[str, str]) -> bool:
    """Tell whether a resource has the `metadata[key]` that a query asks for."""
    wanted = {name[9:-1]: value for name, value in query.items() if name.startswith("metadata[") and name[-1] == "]"}
    return all(record["metadata"].get(key) == value for key, value in wanted.items())
