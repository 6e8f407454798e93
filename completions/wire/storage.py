"""How much of uploaded files a namespace keeps, whichever API they came by."""

from typing import Any

from completions.exceptions import RequestError

MAX_STORED = 256 * 1024 * 1024
"""Bytes of each API's files; the APIs themselves have room for gigabytes."""


def no_room(size: int, **facts: Any) -> RequestError:
    """Return the error of a file with which there would be so many bytes; `facts` are the API's own, as its status."""
    why = f"The files of this namespace would come to {size} bytes, and this mock keeps {MAX_STORED}. Delete some."
    return RequestError(why, **facts)
