"""What the records of all resources of Managed Agents have: an id, times, metadata."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from completions import ids
from completions.wire.base import Document
from completions.wire.fields import mapping


def new_id(prefix: str) -> str:
    """Return a new id, such as `agent_01…` for the prefix `agent`."""
    return f"{prefix}_01{ids.spelled(secrets.token_hex(16), 22, ids.BASE58)}"


def written_time(seconds: float) -> str:
    """Return a time, given in seconds since the epoch, as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def optional_time(seconds: float | None) -> str | None:
    """Return a time as the API writes it, or None."""
    return None if seconds is None else written_time(seconds)


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
