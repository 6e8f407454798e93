"""Unique ids, and ids that are derived from a seed, in the alphabets of the APIs.

Unique ids need not be unpredictable, so they cost no system call.
"""

import hashlib
import os
import string
import time
from datetime import datetime, timedelta, timezone
from random import Random

_random = Random()
os.register_at_fork(after_in_child=_random.seed)


def hex_id(size: int) -> str:
    """Return `size` random bytes as hexadecimal digits."""
    return f"{_random.getrandbits(8 * size):0{2 * size}x}"


REQUEST = "req_"
"""The prefix of a request's id."""


def new_request_id() -> str:
    """Return an id in the form of the API's `x-request-id`; it begins with the time, so that later ids are greater.

    An index of ids then grows at its end, at a constant cost.
    """
    number = time.time_ns() // 1_000_000 << 80 | _random.getrandbits(80)
    return REQUEST + number.to_bytes(16, "big").hex()


def letters(alphabet: str) -> bytes:
    """Return a translation table from any byte to a letter of an alphabet."""
    return (alphabet * 256)[:256].encode("ascii")


HEX = letters(string.hexdigits[:16])
DIGITS = letters(string.digits)
ALPHANUMERIC = letters(string.ascii_letters + string.digits)
LOWER = letters(string.ascii_lowercase + string.digits)
BASE64 = letters(string.ascii_letters + string.digits + "-_")
BASE58 = letters("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
"""Letters and digits but 0, O, I and l."""
BEIJING = timezone(timedelta(hours=8))
LETTERS32 = letters("abcdefghijklmnopqrstuvwxyz234567")
BASE32 = letters("0123456789abcdefghjkmnpqrstvwxyz")
"""Crockford's."""


def spelled(seed: str, size: int, alphabet: bytes = HEX) -> str:
    """Return at most 64 letters of an alphabet: the same for the same seed."""
    digest = hashlib.blake2b(bytes(seed, "utf-8", "surrogatepass"), digest_size=size).digest()
    return str(digest.translate(alphabet), "ascii")


EVENT_LENGTH = 21
"""Letters of the ids of OpenAI's events and items, after the prefix (recorded of Realtime and of GPT-Live, 2026-10)."""


def named(prefix: str, seed: str) -> str:
    """Return the id of an event or an item in OpenAI's conversations: the same for the same seed."""
    return prefix + spelled(seed, EVENT_LENGTH, ALPHANUMERIC)


def fresh(prefix: str) -> str:
    """Return a new random id of an event or an item in OpenAI's conversations."""
    return named(prefix, hex_id(15))


def timed(seconds: float, seed: str) -> str:
    """Return an id of 14 digits of the time in Beijing, and 16 that are derived from a seed."""
    return f"{datetime.fromtimestamp(seconds, BEIJING):%Y%m%d%H%M%S}{spelled(seed, 16)}"


def as_uuid(request_id: str) -> str:
    """Return the id of a request as a UUID with the same digits."""
    digits = request_id.rpartition("_")[2]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def uuid_of(seed: str) -> str:
    """Return a UUID (version 4) that is derived from a seed."""
    digits = spelled(seed, 30)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:]}"
