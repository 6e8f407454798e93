"""Redaction of streams: events are split into their documents, which are redacted, and joined again.

An event may be cut anywhere, so the pieces of a stream are joined first; each event is then put into the piece where it
ends.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import orjson

from completions.event import eventstream
from completions.journal.quotes import Quotes
from completions.journal.redaction import Redaction

EVENT_END = re.compile(rb"\r?\n\r?\n")


class SplitEvent(NamedTuple):
    """The parts of an event. A message of AWS is also kept whole in `message`, and its only part is its payload.

    If the payload has a model's event in base64, `is_wrapped` is true, and the part is that event.
    """

    parts: list[bytes]
    message: bytes = b""
    is_wrapped: bool = False

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Return the event with its parts replaced."""
        if not self.message or parts == self.parts:
            return self.message or b"".join(parts)
        (payload,) = parts
        if self.is_wrapped:
            (message,) = eventstream.decode(self.message)
            inner = base64.b64encode(payload).decode()
            payload = orjson.dumps({**orjson.loads(message.payload), "bytes": inner})
        return eventstream.with_payload(self.message, payload)


def clean_stream(pieces: Sequence[bytes], hide: Redaction, quotes: Quotes) -> list[bytes]:
    """Return the same number of pieces of a stream, without secrets and quotes."""
    events = events_of(b"".join(pieces))
    split_events = list(map(split_event, events))
    cleaned_parts = iter(
        quotes.clean_bodies([hide.clean_body(part)[0] for each in split_events for part in each.parts])
    )
    cleaned: list[list[bytes]] = [[] for _ in pieces]
    at = end = 0
    piece = -1
    for event, each in zip(events, split_events, strict=True):
        at += len(event)
        while end < at:
            piece += 1
            end += len(pieces[piece])
        cleaned[piece].append(each.join([next(cleaned_parts) for _ in each.parts]))
    return list(map(b"".join, cleaned))


def events_of(body: bytes) -> list[bytes]:
    """Split a stream after its events: at AWS's messages, at empty lines, or where it has none, at lines."""
    if body.startswith(b"\0"):
        ends = [*_message_ends(body)]
    else:
        ends = [document.end() for document in EVENT_END.finditer(body)]
        ends = ends or [at + 1 for at, byte in enumerate(body) if byte == 10]
    cuts = [0, *ends, len(body)]
    return [body[start:end] for start, end in pairwise(cuts) if start < end]


def _message_ends(body: bytes) -> Iterator[int]:
    for message in eventstream.decode(body):
        yield message.offset + int.from_bytes(body[message.offset : message.offset + 4], "big")


def split_event(event: bytes) -> SplitEvent:
    """Split an event, so that the documents of its `data:` lines, of an array or of a message are parts."""
    if not event.startswith(b"\0") or (message := next(eventstream.decode(event), None)) is None:
        return SplitEvent(re.split(rb"((?:^|(?<=[\r\n]))data: ?|^\[(?={)|,?[\r\n]+)", event))
    inner = _unwrap(message.payload)
    return SplitEvent([message.payload], event) if inner is None else SplitEvent([inner], event, is_wrapped=True)


def _unwrap(payload: bytes) -> bytes | None:
    """Return the event in a payload's base64; None where there is none."""
    try:
        document = orjson.loads(payload)
        return base64.b64decode(document["bytes"], validate=True) if document.keys() >= {"bytes"} else None
    except (ValueError, AttributeError, TypeError):
        return None
