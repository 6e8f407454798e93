"""Step 4, and step 2 of the next request: opaque tokens that clients send back as they came, and that can be checked.

The APIs sign or encrypt what a model thought. A seal of ours is made of a text alone, so that every worker can tell
its own from a foreign one, and a changed seal from a changed text, without keeping anything.
"""

import base64
import binascii
import hashlib
import re
from typing import Literal

MARK = b"\x0a\x04mock"
"""How our seals begin."""

_KEY = b"seals of the mock"
_SIZE = 16

Verdict = Literal["intact", "broken", "another text", "foreign"]


def sealed(text: str, serial: str = "") -> bytes:
    """Return the seal of a text; another `serial` makes another seal."""
    held = MARK + _digest(serial.encode()) + _digest(text.encode())
    return held + _digest(held, _KEY)


def verdict(token: bytes, text: str) -> Verdict:
    """Return what a token is to a text: its seal, one that was changed, another text's, or no seal of ours."""
    if not token.startswith(MARK):
        return "foreign"
    held, mac = token[:-_SIZE], token[-_SIZE:]
    if len(token) != len(MARK) + 3 * _SIZE or mac != _digest(held, _KEY):
        return "broken"
    return "intact" if held[-_SIZE:] == _digest(text.encode()) else "another text"


def decoded(value: str) -> bytes | None:
    """Return what base64 of either alphabet says, padded or not; None where it is none."""
    try:
        plain = re.sub(r"=+$", "", value).replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _digest(data: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(data, digest_size=_SIZE, key=key).digest()
