"""Standard Webhooks, by which OpenAI and Google sign events: secrets, and the headers of a delivery.

The signature is an HMAC with SHA-256 of id, time and body (https://www.standardwebhooks.com). An endpoint keeps its
`secrets`, the newest first: each with the time, in seconds since the epoch, until which it is used; None for ever.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

Secrets = Sequence[Mapping[str, Any]]

DAY = 24 * 60 * 60
"""Seconds for which a replaced secret can stay valid."""


def is_url(value: str) -> bool:
    """Whether events can be sent to a URL: one of HTTPS, or of HTTP, since a test's own server seldom has the other."""
    try:
        url = urlsplit(value)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def new_secret() -> dict[str, Any]:
    """Return a new secret."""
    return {"secret": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}", "until": None}


def rotated(before: Secrets, now: float, *, keep: bool) -> list[Mapping[str, Any]]:
    """Return the secrets with a new one; with `keep`, those before are used for a day more."""
    kept = [{**each, "until": now + DAY if each["until"] is None else each["until"]} for each in valid(before, now)]
    return [new_secret(), *(kept if keep else [])]


def valid(before: Secrets, now: float) -> Iterator[Mapping[str, Any]]:
    """Yield the secrets that are used at a time."""
    return (each for each in before if each["until"] is None or now < each["until"])


def new_delivery_id() -> str:
    """Return an id for the delivery of an event to an endpoint, which all attempts have."""
    return f"wh_{secrets.token_hex(16)}"


def headers_of(before: Secrets, delivery: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers of an attempt to deliver a body at a time: signed with every secret that is then valid."""
    timestamp = str(int(now))
    signatures = [_signature(each["secret"], delivery, timestamp, body) for each in valid(before, now)]
    return {
        "content-type": "application/json",
        "webhook-id": delivery,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{delivery}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
