"""API keys: find a request's key, and check it."""

import re
from collections.abc import Collection, Mapping

from completions.exceptions import KeyRefused, RequestError
from completions.wire.registry import KEY_HEADERS

SHOWN_FIRST, SHOWN_LAST = 8, 4
"""The number of characters of a wrong key that the API's message shows; the others are asterisks."""

SHORT = 16
"""Characters of a key below which fewer are shown, because they would be most of the key."""

NO_KEY = "****"
"""Replaces the key in a script's error if the request has none."""

AWS_SIGNATURE, CREDENTIAL = "AWS4-HMAC-SHA256", re.compile(r"Credential=([^/,\s]+)")
"""The authorization scheme of AWS's signatures, and the position of the key's id."""


def key_in(headers: Mapping[str, str]) -> str:
    """Return the API key from any header in which a known API accepts it; empty if there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token") and token.strip():  # the second is Google's, of tokens for browsers
        return token.strip()
    if scheme == AWS_SIGNATURE and (credential := CREDENTIAL.search(token)):
        return credential[1]
    return next((key.strip() for name in KEY_HEADERS if (key := headers.get(name))), "")


def check_key(headers: Mapping[str, str], keys: Collection[str]) -> None:
    """Raise the API's 401 unless the request has one of these keys."""
    _check(key_in(headers), keys, _facts(headers))


def _facts(headers: Mapping[str, str]) -> Mapping[str, object]:
    return {"bearer": "authorization" in headers}


def _check(key: str, keys: Collection[str], facts: Mapping[str, object]) -> None:
    if not key:
        raise KeyRefused(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're "
            "accessing the API from your browser and are prompted for a username and password. You can obtain an API "
            "key from https://platform.openai.com/account/api-keys.",
            key,
            facts=facts,
        )
    if key not in keys:
        raise _wrong(key, facts)


def _wrong(key: str, facts: Mapping[str, object]) -> KeyRefused:
    return KeyRefused(
        f"Incorrect API key provided: {masked(key)}. "
        "You can find your API key at https://platform.openai.com/account/api-keys.",
        key,
        code="invalid_api_key",
        facts=facts,
    )


def as_refused(error: RequestError, headers: Mapping[str, str]) -> RequestError:
    """Return a script's error about a wrong key with the request's key; other errors are unchanged."""
    if error.kind != "invalid_api_key" or error.keeps_status:
        return error
    refused = _wrong(key_in(headers) or NO_KEY, _facts(headers))
    refused.headers, refused.given = error.headers, error.given
    return refused


def masked(key: str) -> str:
    """Return a key as the API's message shows it; of a short key, which the API shows in full, only the beginning."""
    first, last = (len(key) // 4, 0) if len(key) < SHORT else (SHOWN_FIRST, SHOWN_LAST)
    return f"{key[:first]}{'*' * (len(key) - first - last)}{key[len(key) - last :]}"
