"""The original form of a recorded request, which is recorded too, so that the request can be sent again."""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from completions.conversation import Prompt
from completions.exceptions import MockError
from completions.journal.redaction import redaction
from completions.script.request.digest import REDACTED
from completions.script.request.document import Document, shortened
from completions.script.request.matcher import SameRequest

MAX_BODY = 200_000
"""The most characters of a recorded body."""

FIXED_BOUNDARY = b"boundary"
"""The replacement of a form's boundary, which differs in each request."""

VERSION_HEADERS = ("anthropic-beta", "anthropic-version", "openai-beta")
"""The headers that change an API's answer; no others are recorded."""

DEFAULT_HEADERS = {
    "anthropic": {"anthropic-version": "2023-06-01"},
    "count_tokens": {"anthropic-version": "2023-06-01"},
}
"""Headers that an API requires, for requests that another program has recorded without headers."""

MISSING_MARKERS = {
    REDACTED: "a secret was removed from it",
    "sha256:": "a hash stands for data in it that is too long for a file",
    "\ufffd": "its body was not text",
}
"""The markers in a recorded request for missing parts, and why they are missing."""


class NotRepeatable(MockError):
    """A recorded request cannot be sent again."""


@dataclass(frozen=True, slots=True)
class Request:
    """A recorded request that can be sent again."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def sent_of(prompt: Prompt, query: str, *headers: Mapping[str, str]) -> Document:
    """Return a request's original form without parameters that contain secrets, and without a form's body.

    `body` is still a document, so that secrets can be removed from its values.
    """
    header_sets = (prompt.headers, *headers)
    sent: Document = {"headers": {name: each[name] for each in header_sets for name in VERSION_HEADERS if name in each}}
    if prompt.body and "multipart" not in prompt.headers.get("content-type", ""):
        hide = redaction()
        sent["query"] = "&".join(part for part in query.split("&") if hide.clean_query(part) == part)
        sent["body"] = shortened(dict(prompt.body))
    return {key: value for key, value in sent.items() if value}


def with_body_text(sent: Document) -> Document:
    """Return a request's original form as files have it: with the body as JSON in one text."""
    if "body" not in sent:
        return sent
    body = json.dumps(sent["body"], ensure_ascii=False, separators=(",", ":"))
    return {**sent, "body": body} if len(body) <= MAX_BODY else {}


def body_text(body: bytes) -> str:
    """Return the text for a body that no format reads: a form with a fixed boundary, a hash for binary data."""
    boundary = body.split(b"\r\n", 1)[0][2:] if body.startswith(b"--") else b""
    if boundary and body.rstrip().endswith(b"--" + boundary + b"--"):
        body = body.replace(boundary, FIXED_BOUNDARY)
    if len(body) <= MAX_BODY and b"\x00" not in body:
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode()
    return f"{'--' * body.startswith(b'--')}sha256:{hashlib.sha256(body).hexdigest()}"


def request_of(same: SameRequest) -> Request:
    """Return the request to send again; raise `NotRepeatable` where the file does not have all of it."""
    request = {**same.recorded, **same.sent} if "method" in same.recorded else same.sent
    if "body" not in request and "method" not in request:
        raise NotRepeatable(
            "its file does not have it as it was sent: it was a form or too long, or is of an older version"
        )
    body = str(request.get("body", ""))
    if body.startswith("--"):
        raise NotRepeatable("it was a form")
    for missing, why in MISSING_MARKERS.items():
        if missing in body:
            raise NotRepeatable(why)
    query = "&".join(part for part in str(request.get("query", "")).split("&") if REDACTED not in part)
    headers = {**DEFAULT_HEADERS.get(str(same.recorded.get("format")), {}), **request.get("headers", {})}
    return Request(str(request.get("method", "POST")), query, headers, body.encode())
