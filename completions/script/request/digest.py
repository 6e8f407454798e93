"""Step 3: digests of requests: two requests are the same if their digests are, once what differs by chance is removed.

What is removed has names (`ids`, `dates`, `whitespace`), or is found by the user's patterns. The order of keys never
counts, nor how JSON in a text is written. An id is replaced by the number of its first occurrence, so that references
to the same id stay equal.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from completions.script.request.document import Document
from completions.script.request.ignored import IGNORED, PARTS, is_pattern, pattern
from completions.script.schemas.document import digest_of

ID_KEYS = frozenset(
    (
        "id",
        "tool_call_id",
        "call_id",
        "previous_response_id",
        "previous_interaction_id",
        "conversation",
        "thread_id",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "request_id",
        "session_id",
        "metadata",
    )
)
"""Keys whose values are ids, or contain them."""

ID = re.compile(
    r"(?i)\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:call|toolu|msg|resp|run|thread|asst|req|chatcmpl|fc|rs|conv|item|file|session|trace)[_-][A-Za-z0-9_-]{8,}"
    r"|(?<=/v1beta/)files/[a-z0-9-]{6,40})\b"
)
DATE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b|\b\d{1,2}:\d{2}:\d{2}\b"
)
SECRET = re.compile(
    r"\b(?:(?:sk|pk|rk|ek|gsk|csk|xai|pplx|hf|r8|jina|nvapi|gh[oprsu]|github_pat|glpat|xox[abprs])[-_](?=[-_A-Za-z]*\d)[-_A-Za-z0-9]{14,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[-_A-Za-z0-9]{35}|ya29\.[-_A-Za-z0-9]{20,}|SG\.[-_A-Za-z0-9]{16,}\.[-_A-Za-z0-9]{16,}"
    r"|eyJ[-_A-Za-z0-9]{10,}\.eyJ[-_A-Za-z0-9]{10,}\.[-_A-Za-z0-9]*|(?:org|proj|acct)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{14,})"
    r"|(?<=Bearer )[-_A-Za-z0-9.~+/]{12,}=*|(?<=:)\d{12}(?=:)"
    r"|(?:(?<=[?&]sig=)|(?<=[?&]X-Amz-Signature=)|(?<=[?&]X-Amz-Security-Token=)|(?<=[?&]X-Goog-Signature=))"
    r"[^&\s\"'<>\\[]+"
)
"""Keys, tokens, accounts and signatures, recognized by the prefixes that vendors give them.

Accounts in AWS's names, and signatures in addresses, are recognized by their position.
"""

REDACTED = "[redacted]"
"""Replaces a secret, in the recorded request and in the one that is compared."""

SPACE = re.compile(r"\s+")


def digest(document: Document, ignored: Collection[str] = IGNORED, *, with_format: bool = False) -> str:
    """Return the digest of a request; equal requests to different APIs have the same, unless `with_format`."""
    left_out = {part for part in ignored if part in PARTS} | (set() if with_format else {"format"})
    compared = {key: value for key, value in document.items() if key not in left_out and key != "exact"}
    if "system" in left_out and "messages" in compared:
        messages = compared["messages"]
        compared["messages"] = [each for each in messages if each.get("role") not in ("system", "developer")]
    if "messages" in compared:
        compared["messages"] = list(map(_without_name, compared["messages"]))
    cleaned = _Cleaner(ignored).value(compared, "")
    return digest_of(cleaned, 12)


def _without_name(message: Any) -> Any:
    """Return a message without the tool's name if it has the call's id: not all APIs have both."""
    if isinstance(message, dict) and message.get("tool_call_id") and "name" in message:
        return {key: value for key, value in message.items() if key != "name"}
    return message


def ids_of(document: Any) -> list[str]:
    """Return the ids in a document, in the order of their first occurrences."""
    cleaner = _Cleaner(("ids",))
    cleaner.value(document, "")
    return list(cleaner.ids)


class _Cleaner:
    """Removes what is ignored from a document."""

    def __init__(self, ignored: Collection[str]) -> None:
        self._ids, self._dates, self._space = (name in ignored for name in IGNORED)
        self._patterns = [pattern(name) for name in ignored if is_pattern(name)]
        self.ids: dict[str, str] = {}

    def value(self, value: Any, key: str) -> Any:
        """Return a value under a key."""
        match value:
            case dict():
                if self._ids and key == "metadata":
                    return None
                return {name: self.value(child, name) for name, child in sorted(value.items())}
            case list() | tuple():
                return [self.value(child, key) for child in value]
            case str():
                return self._text(value, key)
            case float() if value.is_integer():
                return int(value)
        return value

    def _text(self, text: str, key: str) -> Any:
        if key == "arguments" and text[:1] in "{[":
            try:
                return self.value(json.loads(text), "")
            except (ValueError, RecursionError):
                pass
        text = SECRET.sub(REDACTED, text)
        for each in self._patterns:
            text = each.replaced_in(text, "<ignored>")
        if self._ids and key in ID_KEYS and text:
            return self._numbered(text)
        if self._ids:
            text = ID.sub(lambda found: self._numbered(found[0]), text)
        if self._dates:
            text = DATE.sub("<date>", text)
        return SPACE.sub(" ", text).strip() if self._space else text

    def _numbered(self, text: str) -> str:
        return self.ids.setdefault(text, f"<id {len(self.ids) + 1}>")
