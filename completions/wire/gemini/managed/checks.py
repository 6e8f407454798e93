"""The checks that several resources of Gemini's agents share, and their errors.

They are refused in the words of interactions. No source has the words for an id that is taken.
"""

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
