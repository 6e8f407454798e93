"""The pieces of a stream between the format that makes them and the delivery that sends them."""

from collections.abc import Iterable
from functools import partial
from itertools import repeat
from typing import NamedTuple


class Event(NamedTuple):
    """One event of a stream: its bytes on the wire, and what pacing and logs need to know of it.

    A token event comes one inter-token gap after the one before; the others go out with the token they follow
    (at the start of a stream: with the first one). A chunk counts as one; the terminator does not. `part` is for
    faults: `finish` says why an answer ends, `arguments` is a piece of a tool call's arguments.
    """

    data: bytes
    token: bool = False
    chunk: bool = True
    part: str = ""

    @classmethod
    def tokens(cls, frames: Iterable[bytes], part: str = "") -> list["Event"]:
        """Make a run of token events; without a Python call each, for this is most of a stream's cost."""
        columns = zip(frames, repeat(True), repeat(True), repeat(part), strict=False)
        return list(map(partial(tuple.__new__, cls), columns))
