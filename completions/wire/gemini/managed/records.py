"""What the records of Gemini's agents have: an id, and the fields of a body that have a value."""

import secrets
from collections.abc import Mapping
from typing import Any


def new_id() -> str:
    """Return an id as those of environments are (recorded on 2026-08-08); of the others there is no recording."""
    return secrets.token_hex(16)


def kept(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return those fields of a body that have a value."""
    return {name: body[name] for name in names if body.get(name) is not None}
