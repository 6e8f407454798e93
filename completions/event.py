"""What a format makes of an answer, between it and the delivery that sends it: one body, or the events of a stream."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate, repeat
from typing import NamedTuple


class Body(NamedTuple):
    """A whole answer: its bytes and their media type."""

    data: bytes
    media_type: str = "application/json"


class Event(NamedTuple):
    """One event of a stream, apart from its framing: its document's bytes, and what pacing, logs and faults need.

    A token event comes one inter-token gap after the one before; the others go out with the token they follow
    (at the start of a stream: with the first one). A chunk counts as one; the terminator does not. `part` is for
    faults: `finish` says why an answer ends, `arguments` is a piece of a tool call's arguments. `name` is the event's,
    where its framing has names. Of an event that is given word by word, `fields` are the fields of server-sent events
    in their order, a comment under an empty name; its data stands at the place of `data`. `unfinished` is the document
    without why the answer ends, where it says more than that.
    """

    data: bytes
    token: bool = False
    chunk: bool = True
    part: str = ""
    name: str = ""
    fields: tuple[tuple[str, str], ...] | None = None
    unfinished: bytes = b""

    @classmethod
    def tokens(cls, documents: Iterable[bytes], part: str = "", name: str = "") -> list["Event"]:
        """Make a run of token events; without a Python call each, for this is most of a stream's cost."""
        same = (repeat(True), repeat(True), repeat(part), repeat(name), repeat(None), repeat(b""))
        columns = zip(documents, *same, strict=False)
        return list(map(partial(tuple.__new__, cls), columns))


def after_tokens(tokens: Sequence[bool], count: float) -> int:
    """Return the index of the event that carries the token after `count` of them; behind the last where there is none.

    `tokens` says of each event whether it carries one.
    """
    last = max((at for at, token in enumerate(tokens) if token), default=-1)
    return next((at for at, seen in enumerate(accumulate(tokens)) if seen > count), last + 1)
