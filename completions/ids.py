"""Ids that differ from all others; nobody has to be kept from guessing them, so each costs no system call."""

import os
from random import Random

_random = Random()
os.register_at_fork(after_in_child=_random.seed)


def hex_id(size: int) -> str:
    """Return `size` random bytes as hexadecimal digits."""
    return f"{_random.getrandbits(8 * size):0{2 * size}x}"


def new_request_id() -> str:
    """Return an id in the form of the API's `x-request-id`."""
    return f"req_{hex_id(16)}"
