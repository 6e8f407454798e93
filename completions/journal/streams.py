"""What cleans a stream: its events are taken apart into the documents in them, and put together when those are clean.

An event may be cut anywhere, so the pieces of a stream are read as one; each event is then in the piece where it ends.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import orjson

from completions.event import eventstream
from completions.journal.quotes import Quotes
from completions.journal.redaction import Redaction

EVENT_END = re.compile(rb"\r?\n\r?\n")


class Taken(NamedTuple):
    """An event taken apart. `message` is all of it where it is a message of AWS's, whose only part is its payload.

    A model's own event stands in that in base64; `is_wrapped` says so, and the part is then that event.
    """

    parts: list[bytes]
    message: bytes = b""
    is_wrapped: bool = False

    def put_together(self, parts: Sequence[bytes]) -> bytes:
        """Return the event with other parts in place of its own."""
        if not self.message or parts == self.parts:
            return self.message or b"".join(parts)
        (payload,) = parts
        if self.is_wrapped:
            (message,) = eventstream.decode(self.message)
            inner = base64.b64encode(payload).decode()
            payload = orjson.dumps({**orjson.loads(message.payload), "bytes": inner})
        return eventstream.with_payload(self.message, payload)


def clean_stream(pieces: Sequence[bytes], hide: Redaction, quotes: Quotes) -> list[bytes]:
    """Return the pieces of a stream, as many as there were, without what is to be hidden and what is quoted."""
    events = events_of(b"".join(pieces))
    taken = list(map(split_event, events))
    done = iter(quotes.clean_bodies([hide.clean_body(part)[0] for each in taken for part in each.parts]))
    cleaned: list[list[bytes]] = [[] for _ in pieces]
    at = end = 0
    piece = -1
    for event, each in zip(events, taken, strict=True):
        at += len(event)
        while end < at:
            piece += 1
            end += len(pieces[piece])
        cleaned[piece].append(each.put_together([next(done) for _ in each.parts]))
    return list(map(b"".join, cleaned))


def events_of(body: bytes) -> list[bytes]:
    """Split a stream behind its events: AWS's messages, or at empty lines, or where it has none, at lines."""
    if body.startswith(b"\0"):
        ends = [*_message_ends(body)]
    else:
        ends = [found.end() for found in EVENT_END.finditer(body)]
        ends = ends or [at + 1 for at, byte in enumerate(body) if byte == 10]
    cuts = [0, *ends, len(body)]
    return [body[start:end] for start, end in pairwise(cuts) if start < end]


def _message_ends(body: bytes) -> Iterator[int]:
    for message in eventstream.decode(body):
        yield message.offset + int.from_bytes(body[message.offset : message.offset + 4], "big")


def split_event(event: bytes) -> Taken:
    """Take an event apart, so that the documents of its `data:` lines, of an array or of a message are parts."""
    if not event.startswith(b"\0") or (message := next(eventstream.decode(event), None)) is None:
        return Taken(re.split(rb"((?:^|(?<=[\r\n]))data: ?|^\[(?={)|,?[\r\n]+)", event))
    inner = _wrapped(message.payload)
    return Taken([message.payload], event) if inner is None else Taken([inner], event, is_wrapped=True)


def _wrapped(payload: bytes) -> bytes | None:
    """Return the event that stands in a payload in base64; None where none does."""
    try:
        found = orjson.loads(payload)
        return base64.b64decode(found["bytes"], validate=True) if found.keys() >= {"bytes"} else None
    except (orjson.JSONDecodeError, AttributeError, TypeError, binascii.Error):
        return None
