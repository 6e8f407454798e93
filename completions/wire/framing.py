"""How the events of a stream are put on the wire: server-sent events, lines of JSON, or one JSON array.

A format chooses its framing, and knows no other; faults may spoil the events or their frames.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from completions.event import Event


class Framing(ABC):
    """A way to write events one after another.

    `keep_alive` is what its clients take for a sign of life between two events; empty where there is none.
    """

    media_type: str
    keep_alive: bytes = b""

    @abstractmethod
    def frames(self, events: Sequence[Event]) -> list[bytes]:
        """Return the bytes of each event; joined they are the stream."""


class ServerSentEvents(Framing):
    """Events of `data:` lines, with a name where they have one, as WHATWG's HTML standard has them."""

    media_type = "text/event-stream"

    def __init__(self, keep_alive: bytes = b": keep-alive\n\n", line_end: bytes = b"\n") -> None:
        self.keep_alive = keep_alive
        self._data, self._end = b"data: ", line_end * 2
        self._line_end = line_end

    def frames(self, events: Sequence[Event]) -> list[bytes]:
        """Return an event each."""
        start, end = self._data, self._end
        return [(self._named(event.name) if event.name else start) + event.data + end for event in events]

    def _named(self, name: str) -> bytes:
        return b"event: " + name.encode() + self._line_end + self._data


class JSONLines(Framing):
    """A document a line (`application/x-ndjson`)."""

    media_type = "application/x-ndjson"

    def frames(self, events: Sequence[Event]) -> list[bytes]:
        """Return a line each."""
        return [event.data + b"\n" for event in events]


class JSONArray(Framing):
    """One array, element by element; the event `CLOSE` ends it."""

    media_type = "application/json"
    keep_alive = b"\n"

    def frames(self, events: Sequence[Event]) -> list[bytes]:
        """Return an element each, with the comma that parts it from the next, and the brackets."""
        frames = [b"\n]\n" if event is CLOSE else event.data for event in events]
        for at, following in enumerate(events[1:]):
            if following is not CLOSE:
                frames[at] += b",\r\n"
        if frames:
            frames[0] = b"[]\n" if events[0] is CLOSE else b"[" + frames[0]
        return frames


SSE, JSON_LINES, JSON_ARRAY = ServerSentEvents(), JSONLines(), JSONArray()

DONE = Event(b"[DONE]", chunk=False)
"""The terminator of OpenAI's streams."""

CLOSE = Event(b"]", chunk=False)
"""The end of a JSON array."""
