"""xAI's deferred chat completions: a request with `deferred` gets an id, and the answer is fetched once, later.

Source: xAI's guide "Deferred Chat Completions" (November 2026), which has the id, the empty 202 and the 24 hours. It
does not say what the field does in a request for a stream; here, nothing. The words of the 404 are ours.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire.base import Document, Span, StoredDocument

COMPLETION = "xai_deferred_completion"
"""The kind under which answers are stored."""

KEPT_SECONDS = 24 * 3600


def deferred_completion(completion: Mapping[str, Any], prompt: Prompt, span: Span) -> StoredDocument:
    """Return the record of a deferred answer."""
    _, ends = span()
    record = {"completion": completion, "ends": ends, "expires": ends + KEPT_SECONDS}
    return StoredDocument(COMPLETION, request_id(completion), record)


def request_id(completion: Mapping[str, Any]) -> str:
    """Return the id by which an answer is fetched: the answer's own."""
    return str(completion["id"])


def is_ready(record: Document, now: float) -> bool:
    """Tell whether a deferred answer is complete."""
    return bool(now >= record["ends"])


def not_found(name: str) -> RequestError:
    """Return the 404 of an answer that there is not, or that was fetched before."""
    return RequestError(f"Deferred completion {name[:100]} not found.", status=404)
