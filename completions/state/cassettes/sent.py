"""A recorded request as it was sent, kept beside what it asks, so that it can be asked again."""

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
"""Characters of a body above which it is not kept."""

BOUNDARY = b"boundary"
"""What stands in place of a form's boundary, which each request makes anew."""

VERSIONS = ("anthropic-beta", "anthropic-version", "openai-beta")
"""The headers that change what an API answers; no other is kept."""

OF_FORMAT = {"anthropic": {"anthropic-version": "2023-06-01"}, "count_tokens": {"anthropic-version": "2023-06-01"}}
"""Headers without which an API takes no request, where another program has recorded it without headers."""

MISSING = {
    REDACTED: "a secret was removed from it",
    "sha256:": "a hash stands for data in it that is too long for a file",
    "\ufffd": "its body was not text",
}
"""What stands in a recorded request where something is not there."""


class NotAskable(MockError):
    """Why a recorded request cannot be asked again."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that asks again what was recorded."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def sent_of(prompt: Prompt, query: str, *headers: Mapping[str, str]) -> Document:
    """Return what was sent, without the parameters that hold secrets; nothing of a form.

    `body` is still a document, so that secrets can be taken out of its values.
    """
    given = (prompt.headers, *headers)
    sent: Document = {"headers": {name: each[name] for each in given for name in VERSIONS if name in each}}
    if prompt.body and "multipart" not in prompt.headers.get("content-type", ""):
        hide = redaction()
        sent["query"] = "&".join(part for part in query.split("&") if hide.clean_query(part) == part)
        sent["body"] = shortened(dict(prompt.body))
    return {key: value for key, value in sent.items() if value}


def written(sent: Document) -> Document:
    """Return what was sent as a file has it: the body as JSON in one text."""
    if "body" not in sent:
        return sent
    body = json.dumps(sent["body"], ensure_ascii=False, separators=(",", ":"))
    return {**sent, "body": body} if len(body) <= MAX_BODY else {}


def told_body(body: bytes) -> str:
    """Return a body that no format reads as a file has it: a form without its boundary, a hash of what is no text."""
    boundary = body.split(b"\r\n", 1)[0][2:] if body.startswith(b"--") else b""
    if boundary and body.rstrip().endswith(b"--" + boundary + b"--"):
        body = body.replace(boundary, BOUNDARY)
    if len(body) <= MAX_BODY and b"\x00" not in body:
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode()
    return f"{'--' * body.startswith(b'--')}sha256:{hashlib.sha256(body).hexdigest()}"


def request_of(same: SameRequest) -> Request:
    """Return a request that asks again; raise `NotAskable` where the file does not have all of it."""
    asked = {**same.recorded, **same.sent} if "method" in same.recorded else same.sent
    if "body" not in asked and "method" not in asked:
        raise NotAskable(
            "its file does not have it as it was sent: it was a form or too long, or is of an older version"
        )
    body = str(asked.get("body", ""))
    if body.startswith("--"):
        raise NotAskable("it was a form")
    for missing, why in MISSING.items():
        if missing in body:
            raise NotAskable(why)
    query = "&".join(part for part in str(asked.get("query", "")).split("&") if REDACTED not in part)
    headers = {**OF_FORMAT.get(str(same.recorded.get("format")), {}), **asked.get("headers", {})}
    return Request(str(asked.get("method", "POST")), query, headers, body.encode())
