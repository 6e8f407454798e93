"""What the resources of Gemini's agents have in common: the check of a request, times, and errors.

They are written in snake case, as interactions are, and refused in the same words. No source has the words for an id
that is taken; those for an unknown one are interactions'.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.gemini.interactions.checks import Check, anything, by_type, each_of, obj, one_of, record, string

NETWORK: Check = anything
"""`disabled`, or an allowlist, which nothing here asks."""

SOURCES = each_of(
    record(
        {
            "type": one_of("gcs", "inline", "repository", "skill_registry"),
            **dict.fromkeys(("source", "target", "content", "encoding"), string),
        }
    )
)
"""What is mounted into an environment."""

TOOLS = each_of(
    by_type(dict.fromkeys(("code_execution", "url_context", "google_search", "function", "mcp_server"), obj))
)


def refuse(wrong: str | None) -> None:
    """Raise the error of a request in which something is wrong."""
    if wrong is not None:
        raise RequestError(wrong)


def already_exists(name: str) -> RequestError:
    """Return the error of an id that is taken."""
    return RequestError(f"Requested entity already exists: {name[:200]}", status=409)


def new_id() -> str:
    """Return an id as those of environments are (recorded on 2026-08-08); of the others there is no recording."""
    return secrets.token_hex(16)


def kept(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return those fields of a body that have a value."""
    return {name: body[name] for name in names if body.get(name) is not None}
