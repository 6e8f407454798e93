"""How the events of a stream are framed: as server-sent events, JSON lines, one JSON array, or AWS's binary messages.

A format chooses its framing. Faults can corrupt the events or their frames. Texts are cut into the pieces of their
events here too: a token each, or several if the pacing says so.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise, zip_longest
from typing import Any, TypeVar

from completions.conversation import Prompt
from completions.event import Event, Events, Frames, Run, TokenRun, eventstream
from completions.event.scatter import Length
from completions.tokens import text as tokens


class Framing(ABC):
    """A way to write a sequence of events.

    `keep_alive` is what clients accept as a keep-alive between two events; empty if there is none.
    """

    media_type: str
    headers: Mapping[str, str] | None = None
    """Headers of a stream, besides its media type."""
    verbatim_fields: Collection[str] = ("data",)
    """The fields of verbatim events that it can send; a comment is a field without a name."""
    keep_alive: bytes = b""
    keep_alive_ms: float = 0.0
    """The default interval of keep-alives in a silent stream; 0 is never."""
    ineffective_faults: Collection[str] = ()
    """Faults of lines and of the connection that have no effect on its frames."""
    end: tuple[Event, ...] = ()
    """The terminator of a stream of verbatim events."""

    def verbatim_events(self, events: Sequence[Event]) -> list[Event]:
        """Return the verbatim events that this framing can carry, and the terminator."""
        return [event for event in events if any(name == "data" for name, _ in event.fields or ())] + [*self.end]

    @abstractmethod
    def frames(self, events: Iterable[Event]) -> Frames:
        """Return the bytes of each event; joined, they are the stream."""


EVENTS_IN_UTF8 = "text/event-stream; charset=utf-8"
"""The media type of server-sent events at most APIs; the others send no charset."""


class ServerSentEvents(Framing):
    """Server-sent events (WHATWG HTML): `data:` lines, after a line with the event's name if it has one."""

    media_type = "text/event-stream"
    verbatim_fields = ("data", "event", "id", "retry", "")

    def __init__(
        self,
        keep_alive: bytes = b": keep-alive\n\n",
        line_end: bytes = b"\n",
        keep_alive_ms: float = 0.0,
        media_type: str = media_type,
    ) -> None:
        self.keep_alive, self.keep_alive_ms, self.media_type = keep_alive, keep_alive_ms, media_type
        self._data, self._end = b"data: ", line_end * 2
        self._line_end = line_end

    def frames(self, events: Iterable[Event]) -> Frames:
        """Return one server-sent event for each event."""
        return Frames([self._framed(part) for part in Events.of(events).parts])

    def _framed(self, part: Event | TokenRun) -> bytes | Run:
        head = self._head(part.name) if part.name else self._data
        if isinstance(part, TokenRun):
            return part.documents.within(head, self._end)
        return self._block(part) if part.fields is not None else head + part.data + self._end

    def verbatim_events(self, events: Sequence[Event]) -> list[Event]:
        """Return all events, because this framing can carry every field."""
        return list(events)

    def _block(self, event: Event) -> bytes:
        """Return an event with its given fields; each line of its data is a separate field."""
        lines: list[bytes] = []
        for name, value in event.fields or ():
            values = event.data.split(b"\n") if name == "data" else value.encode().split(b"\n")
            lines += [name.encode() + b": " + each for each in values]
        return self._line_end.join([*lines, b"", b""])

    def _head(self, name: str) -> bytes:
        return b"event: " + name.encode() + self._line_end + self._data


class JSONLines(Framing):
    """One document per line (`application/x-ndjson`)."""

    media_type = "application/x-ndjson"

    def frames(self, events: Iterable[Event]) -> Frames:
        """Return one line for each event."""
        return Frames([_line(part) for part in Events.of(events).parts])


class Messages(JSONLines):
    """One document per line, which becomes a message of a WebSocket: without the line end, and in one piece."""

    ineffective_faults = ("crlf", "split_bytes")


def _line(part: Event | TokenRun) -> bytes | Run:
    if isinstance(part, Event):
        return (part.data if part.fields is not None else _escaped(part.data)) + b"\n"
    documents = part.documents
    return Run(documents.before, [_escaped(value) for value in documents.values], documents.after + b"\n")


def _escaped(data: bytes) -> bytes:
    """Return a document without Unicode's line separators, as Go's encoder writes it.

    Clients such as httpx, and so Ollama's, read them as the end of a line.
    """
    return data.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


CLOSE = Event(b"]", chunk=False)
"""The end of a JSON array."""

COMMA = b",\r\n"
"""The separator of elements."""


class JSONArray(Framing):
    """One JSON array with an element per event; the event `CLOSE` ends it."""

    media_type = "application/json"
    keep_alive = b"\n"

    end = (CLOSE,)

    def frames(self, events: Iterable[Event]) -> Frames:
        """Return one element for each event, with the brackets and commas."""
        parts = Events.of(events).parts
        elements: list[bytes | Run] = []
        for part, following in zip_longest(parts, parts[1:]):
            comma = b"" if following is None or following is CLOSE else COMMA
            if isinstance(part, Event):
                elements.append((b"\n]\n" if part is CLOSE else part.data) + comma)
            else:
                documents = part.documents
                elements += Frames([documents.within(b"", COMMA)])[:-1].parts
                elements.append(documents.last + comma)
        if not elements:
            return Frames()
        frames = Frames(elements)
        return Frames([b"[]\n" if parts[0] is CLOSE else b"[" + frames[0], *frames[1:].parts])


class AmazonEventStream(Framing):
    """AWS's binary messages; an event whose name ends in `Exception` is sent as an exception."""

    media_type = "application/vnd.amazon.eventstream"
    verbatim_fields = ("data", "event")

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers = headers

    def frames(self, events: Iterable[Event]) -> Frames:
        """Return one message for each event; because of their checksums they share no bytes."""
        return Frames([eventstream.encode(_message_headers(event), event.data) for event in events])


def _message_headers(event: Event) -> dict[str, str]:
    """Return the headers of an event; a verbatim event has its name among its fields."""
    name = event.name or dict(event.fields or ()).get("event", "chunk")
    kind = "exception" if name.endswith("Exception") else "event"
    return {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}


SSE, JSON_LINES, MESSAGES = ServerSentEvents(), JSONLines(), Messages()
AWS_EVENTS = AmazonEventStream()

DONE = Event(b"[DONE]", chunk=False)
"""The terminator of OpenAI's streams."""


T = TypeVar("T")


class Pieces(list[str]):
    """Pieces of several tokens; `counts` has the number of tokens of each piece."""

    def __init__(self, pieces: Iterable[str], counts: Sequence[int]) -> None:
        super().__init__(pieces)
        self.counts = counts


def pieces(text: str, prompt: Prompt) -> list[str]:
    """Cut a text into one piece for each chunk of the stream that answers a prompt."""
    return joined(tokens.split(text, prompt.model), prompt.per_chunk)


def joined(split: list[str], per_chunk: Length | None) -> list[str]:
    """Join the tokens of a text to the pieces of its chunks; the last piece has the remaining tokens."""
    if per_chunk is None:
        return split
    groups = group_by_chunk(split, split, per_chunk)
    return Pieces(map("".join, groups), list(map(len, groups)))


def group_by_chunk(entries: Sequence[T], split: Sequence[str], per_chunk: Length | None) -> list[Sequence[T]]:
    """Return entries for the tokens of a text, such as log probabilities, grouped by the text's chunks."""
    if per_chunk is None:
        return [[entry] for entry in entries]
    text, left = "".join(split), len(entries)
    sizes: list[int] = []
    while left > 0:
        sizes.append(min(per_chunk.draw(f"{text}/{len(sizes)}"), left))
        left -= sizes[-1]
    return [entries[start:end] for start, end in pairwise(accumulate(sizes, initial=0))]


def split_first(values: list[str]) -> tuple[list[str], list[str]]:
    """Return the first piece and the others, with their token counts."""
    first, rest = values[:1], values[1:]
    if isinstance(values, Pieces):
        return Pieces(first, values.counts[:1]), Pieces(rest, values.counts[1:])
    return first, rest


def counts(values: Sequence[Any]) -> Sequence[int] | None:
    """Return the number of tokens of each piece; None means that each has one."""
    return values.counts if isinstance(values, Pieces) else None


def with_counts(values: Sequence[T]) -> Iterator[tuple[T, int]]:
    """Yield the pieces, each with its number of tokens."""
    return zip(values, counts(values) or [1] * len(values), strict=True)
