"""Ids that differ from all others; nobody has to be kept from guessing them, so each costs no system call."""

import os
import time
from random import Random

_random = Random()
os.register_at_fork(after_in_child=_random.seed)


def hex_id(size: int) -> str:
    """Return `size` random bytes as hexadecimal digits."""
    return f"{_random.getrandbits(8 * size):0{2 * size}x}"


def new_request_id() -> str:
    """Return an id in the form of the API's `x-request-id`; it begins with the time, so that ids grow.

    An index of them then grows at its end, and costs the same however many there are.
    """
    number = time.time_ns() // 1_000_000 << 80 | _random.getrandbits(80)
    return "req_" + number.to_bytes(16, "big").hex()
