"""The tokens that sign what is posted to the addresses of a `webhook_config`, and the keys by which they are checked.

Google's page "Webhooks" (2026-06-22): the header `Webhook-Signature` has a JSON Web Token (RFC 7519) by RS256, whose
`kid` names a key of the set at `/.well-known/jwks.json`; its samples check an audience, and take the payload for the
event. What the issuer and the audience are, and how long a token is valid, has no source: here the API's address, the
URL of the delivery, and the five minutes after which that page has events dropped.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

ISSUER = "https://generativelanguage.googleapis.com"
VALID = 300
"""Seconds for which a token is valid."""

_P = int(
    "fa33bdfa281396f5268753873fe0379a69716a80af9cd197f9f54b15095c66d5e572b9e84b1f56728d5c6b7865a7bf22fb42"
    "eab9cecf9378e2e562c55f439238410bbcd56a8aa2b5c5fddba1ddb70d18f582dee30cad45740585ce6b39fb48b03840c1eb"
    "95beb4f5df5c42d3424affb4cf3b30aa69e4e94734dbed9a55334fed",
    16,
)
_Q = int(
    "d1ed4039bc674db503b698454dffbdf3f9723b16b90128dc1e366d061fe5e9a3d7abba4b04a6356c59cfbb888e1223032812"
    "09885d2f41fde83f08b64bcfd8974c51678e6865bae44e3107cf2cab0c18a61bbe68ca96d26c5de4f86529cb631b28815ad0"
    "405e4be95ad433d8dc66701bc5017fef439e9797f81a1984bce52651",
    16,
)
"""The primes of the only key. It is no secret: all servers have the same, so that a test may keep the public part."""

_EXPONENT = 65537
_MODULUS = _P * _Q
_SIZE = (_MODULUS.bit_length() + 7) // 8
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a digest of SHA-256 in a signature: RFC 8017, section 9.2."""


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_PUBLIC = {
    "kty": "RSA",
    "n": _encoded(_MODULUS.to_bytes(_SIZE)),
    "e": _encoded(_EXPONENT.to_bytes(3)),
    "alg": "RS256",
    "use": "sig",
}
KEY_ID = hashlib.sha256(orjson.dumps(_PUBLIC)).hexdigest()[:40]
KEYS: Mapping[str, Any] = {"keys": [{**_PUBLIC, "kid": KEY_ID}]}
"""The key set (RFC 7517)."""


def _signature(data: bytes) -> bytes:
    """Return the signature of RS256 (RFC 8017, RSASSA-PKCS1-v1_5), by the remainders of both primes."""
    digest = _DIGEST_INFO + hashlib.sha256(data).digest()
    number = int.from_bytes(b"\x00\x01" + b"\xff" * (_SIZE - 3 - len(digest)) + b"\x00" + digest)
    private = pow(_EXPONENT, -1, (_P - 1) * (_Q - 1))
    by_p, by_q = pow(number, private % (_P - 1), _P), pow(number, private % (_Q - 1), _Q)
    return (by_q + (by_p - by_q) * pow(_Q, -1, _P) % _P * _Q).to_bytes(_SIZE)


def token(event: bytes, url: str, now: float) -> str:
    """Return the token of an event, in JSON, that is posted to a URL at a time; it takes some milliseconds."""
    header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    claims = {**orjson.loads(event), "iss": ISSUER, "aud": url, "iat": int(now), "exp": int(now) + VALID}
    signed = f"{_encoded(orjson.dumps(header))}.{_encoded(orjson.dumps(claims))}"
    return f"{signed}.{_encoded(_signature(signed.encode()))}"
