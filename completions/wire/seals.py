"""Step 4, and step 2 of the next request: opaque tokens that clients send back unchanged, and that can be verified.

The APIs sign or encrypt the reasoning of a model. The mock's seals depend only on a text, so that every worker can tell
its own from a foreign one, and a changed seal from a changed text, without storing anything.
"""

import base64
import binascii
import hashlib
from typing import Literal

MARK = b"\x0a\x04mock"
"""The prefix of the mock's seals."""

_KEY = b"seals of the mock"
SIZE = 16
"""Bytes of the value to which a seal is bound, and of each of the seal's parts."""

Verdict = Literal["intact", "broken", "another text", "foreign"]


def sealed(text: str, serial: str = "", bound: bytes = b"") -> bytes:
    """Return the seal of a text, which also depends on `serial`, and contains the value to which it is `bound`."""
    content = MARK + _digest(serial.encode()) + bound + _digest(text.encode())
    return content + _digest(content, _KEY)


def verdict(token: bytes, text: str) -> Verdict:
    """Return whether a token is the seal of a text, a changed seal, another text's, or not one of the mock's."""
    if not token.startswith(MARK):
        return "foreign"
    content, mac = token[:-SIZE], token[-SIZE:]
    if len(token) - len(MARK) not in (3 * SIZE, 4 * SIZE) or mac != _digest(content, _KEY):
        return "broken"
    return "intact" if content[-SIZE:] == _digest(text.encode()) else "another text"


def bound_to(token: bytes) -> bytes:
    """Return the value to which an intact seal is bound; empty if it is not the mock's, or is not bound."""
    return token[len(MARK) + SIZE : -2 * SIZE] if token.startswith(MARK) else b""


def decoded(value: str) -> bytes | None:
    """Return the bytes in base64 of either alphabet, padded or not; None if it is not base64."""
    try:
        plain = value.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _digest(data: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(data, digest_size=SIZE, key=key).digest()
