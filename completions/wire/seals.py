"""Step 4, and step 2 of the next request: opaque tokens that clients send back as they came, and that can be checked.

The APIs sign or encrypt what a model thought. A seal of ours is made of a text alone, so that every worker can tell
its own from a foreign one, and a changed seal from a changed text, without keeping anything.
"""

import base64
import binascii
import hashlib
from typing import Literal

MARK = b"\x0a\x04mock"
"""How our seals begin."""

_KEY = b"seals of the mock"
SIZE = 16
"""Bytes of what a seal is bound to, and of each of its own parts."""

Verdict = Literal["intact", "broken", "another text", "foreign"]


def sealed(text: str, serial: str = "", bound: bytes = b"") -> bytes:
    """Return the seal of a text; another `serial` makes another seal. It tells what it is `bound` to, if anything."""
    held = MARK + _digest(serial.encode()) + bound + _digest(text.encode())
    return held + _digest(held, _KEY)


def verdict(token: bytes, text: str) -> Verdict:
    """Return what a token is to a text: its seal, one that was changed, another text's, or no seal of ours."""
    if not token.startswith(MARK):
        return "foreign"
    held, mac = token[:-SIZE], token[-SIZE:]
    if len(token) - len(MARK) not in (3 * SIZE, 4 * SIZE) or mac != _digest(held, _KEY):
        return "broken"
    return "intact" if held[-SIZE:] == _digest(text.encode()) else "another text"


def bound_to(token: bytes) -> bytes:
    """Return what an intact seal is bound to; nothing where it is no seal of ours, or is not bound."""
    return token[len(MARK) + SIZE : -2 * SIZE] if token.startswith(MARK) else b""


def decoded(value: str) -> bytes | None:
    """Return what base64 of either alphabet says, padded or not; None where it is none."""
    try:
        plain = value.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _digest(data: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(data, digest_size=SIZE, key=key).digest()
