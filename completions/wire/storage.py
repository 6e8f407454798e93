"""The storage limit for a namespace's uploaded files, for each API."""

from typing import Any

from completions.exceptions import RequestError

MAX_STORED = 256 * 1024 * 1024
"""The most bytes of each API's files; the APIs themselves allow gigabytes."""


def no_room(size: int, **facts: Any) -> RequestError:
    """Return the error of a file that would exceed the limit; `facts` are the API's, such as its status."""
    why = f"The files of this namespace would come to {size} bytes, and this mock keeps {MAX_STORED}. Delete some."
    return RequestError(why, **facts)
