"""The output of a format, which delivery sends: one body, or the events of a stream and their frames.

Most events of a stream differ in a part of them alone, so they are kept as a run, without a copy of what they share: a
hundred take the memory of one, and are joined in one step when all of them are sent at once.
"""

import functools
import secrets
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat, zip_longest
from types import MappingProxyType
from typing import Any, NamedTuple, Self, overload

import orjson

HOLE, PAD = secrets.token_hex(16), secrets.token_hex(16)
"""Placeholders in a template for the varying value and its padding; random, so that no request contains them."""

REMEMBERED = 256
"""Pieces of a text whose encoded form is cached, at most."""

WIDTH = 16
"""Bytes. A chunk's value and padding add up to a multiple of this, so that sizes reveal little about the text."""

NOISE = b"x7QmZ0aLw3RkPd9vTnUeYb5sHcGiJf2oKq8WzXjB1tMrVyNl4gCpAhEuSD6FOI7x"
"""The source of padding. It need not be secret here, only varied."""


OBJECT = 50
"""Bytes of memory that a text takes besides its content."""


@dataclass(frozen=True, slots=True)
class Run:
    """Texts with the same beginning and the same end; `values` are the parts between them."""

    before: bytes
    values: Sequence[bytes]
    after: bytes = b""

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[bytes]:
        before, after = self.before, self.after
        return iter([before + value + after for value in self.values])

    @property
    def last(self) -> bytes:
        """The last text."""
        return self.before + self.values[-1] + self.after

    @property
    def shared(self) -> int:
        """The number of bytes that each text shares with the others."""
        return len(self.before) + len(self.after)

    def cut(self, first: int, last: int) -> "Run":
        """Return the texts from `first` up to `last`."""
        return self if last - first == len(self.values) else Run(self.before, self.values[first:last], self.after)

    def within(self, before: bytes, after: bytes) -> "Run":
        """Return the texts with more before and after each."""
        return Run(before + self.before, self.values, self.after + after)

    def joined(self) -> bytes:
        """Return all texts in a row."""
        return b"%b%b%b" % (self.before, (self.after + self.before).join(self.values), self.after)

    def has(self, text: bytes) -> bool:
        """Tell whether one of the texts contains another."""
        borders = self.before[-1:], self.after[:1]
        if any(border and border in text for border in borders):  # it may begin in one part and end in the next
            return any(text in each for each in self)
        if text in self.before or text in self.after:
            return True
        return text in b"".join(self.values) and any(text in value for value in self.values)


class Frames(Sequence[bytes]):
    """The bytes of each event of a stream, in order, some of them in runs; `size` is how many all of them are."""

    def __init__(self, parts: Iterable[bytes | Run] = ()) -> None:
        self.parts = list(parts)
        self._ends: list[int] = []  # for each part, the index of the first frame after it
        self.size = self._count = self._repeated = 0
        for part in self.parts:
            if isinstance(part, Run):
                count, shared = len(part.values), part.shared
                self.size += shared * count + sum(map(len, part.values))
                self._repeated += shared * (count - 1)
                self._count += count
            else:
                self.size += len(part)
                self._count += 1
            self._ends.append(self._count)

    @property
    def sizes(self) -> list[int]:
        """The number of bytes of each frame."""
        return list(map(len, self))

    @property
    def memory(self) -> int:
        """The number of bytes that the frames take: what a run shares is there once."""
        return self.size - self._repeated + OBJECT * self._count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> "Frames": ...
    def __getitem__(self, index: int | slice) -> "bytes | Frames":
        if isinstance(index, slice):
            first, last, _ = index.indices(self._count)
            return self if last - first == self._count else Frames(self._between(first, last))
        return self._one(range(self._count)[index])

    def _one(self, index: int) -> bytes:
        ends = self._ends
        at = bisect_right(ends, index)
        part = self.parts[at]
        if isinstance(part, bytes):
            return part
        return part.before + part.values[index - ends[at]] + part.after  # counted from the run's end

    def joined(self, first: int, last: int) -> bytes:
        """Return the frames from `first` up to `last` in a row."""
        if last - first == 1:
            return self._one(first)
        return b"".join([part if isinstance(part, bytes) else part.joined() for part in self._between(first, last)])

    def size_of(self, first: int, last: int) -> int:
        """Return the number of bytes of the frames from `first` up to `last`."""
        if last - first == 1:
            return len(self._one(first))
        return self.size if last - first == self._count else self[first:last].size

    def has(self, text: bytes) -> bool:
        """Tell whether one of the frames contains a text."""
        return any(text in part if isinstance(part, bytes) else part.has(text) for part in self.parts)

    def _between(self, first: int, last: int) -> list[bytes | Run]:
        """Return the parts, or parts of runs, with the frames from `first` up to `last`."""
        if last - first == self._count:
            return self.parts
        parts: list[bytes | Run] = []
        at = bisect_right(self._ends, first)
        while first < last:
            part, end = self.parts[at], self._ends[at]
            until = min(end, last)
            if isinstance(part, bytes):
                parts.append(part)
            else:
                start = end - len(part.values)
                parts.append(part.cut(first - start, until - start))
            first, at = until, at + 1
        return parts


class Body(NamedTuple):
    """A complete answer: its bytes, their media type, and the headers that tell of this answer alone."""

    data: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = MappingProxyType({})


class Event(NamedTuple):
    """One event of a stream before framing: its document's bytes, and what pacing, logging and faults need to know.

    `token` is how many tokens it carries, mostly one. A token event is due an inter-token gap for each of them after
    the previous one; other events go out with the token before them, or, at the start of a stream, with the first one.
    Every event but the terminator is a chunk. `part` is for faults: `finish` carries the finish reason, `arguments` is
    a piece of a tool call's arguments. `name` is the event's name, for framings that have names.

    `fields` are set for a verbatim event: the fields of the server-sent event in order, comments under an empty name;
    `data` replaces the value of the field `data`. `unfinished` is the document without its finish reason, if it carries
    more than that.
    """

    data: bytes
    token: int = 0
    chunk: bool = True
    part: str = ""
    name: str = ""
    fields: tuple[tuple[str, str], ...] | None = None
    unfinished: bytes = b""

    @classmethod
    def tokens(
        cls, documents: Iterable[bytes], part: str = "", name: str = "", counts: Iterable[int] | None = None
    ) -> list["Event"]:
        """Make a run of token events, of one token each unless `counts` says how many.

        It avoids a Python call for each.
        """
        same = (repeat(True), repeat(part), repeat(name), repeat(None), repeat(b""))
        columns = zip(documents, repeat(True) if counts is None else counts, *same, strict=False)
        return list(map(functools.partial(tuple.__new__, cls), columns))


class TokenRun(NamedTuple):
    """Token events whose documents are a run, of one token each unless `counts` says how many."""

    documents: Run
    part: str = ""
    name: str = ""
    counts: Sequence[int] | None = None

    @property
    def tokens(self) -> Sequence[int]:
        """How many tokens each event carries."""
        return [True] * len(self.documents.values) if self.counts is None else self.counts

    def events(self) -> list[Event]:
        """Return the events one by one."""
        return Event.tokens(self.documents, self.part, self.name, self.counts)


class Events(Sequence[Event]):
    """The events of a stream, in order. A run of them is stored as such: its events are created on access."""

    def __init__(self, *events: Iterable[Event]) -> None:
        self.parts: list[Event | TokenRun] = []
        for each in events:
            self.parts += each.parts if type(each) is Events else each  # `isinstance` asks the abstract class first

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Events":
        """Return events as `Events`; those that are already come back as they are."""
        return events if type(events) is Events else cls(events)

    def __iadd__(self, events: Iterable[Event]) -> Self:
        """Add events at the end."""
        self.parts += events.parts if type(events) is Events else events
        return self

    def append(self, event: Event) -> None:
        """Add one event at the end."""
        self.parts.append(event)

    def add_tokens(self, documents: Run, part: str, name: str, counts: Sequence[int] | None) -> None:
        """Add a token event for each document, of one token each unless `counts` says how many."""
        if documents.values:
            self.parts.append(TokenRun(documents, part, name, counts))

    def pop(self) -> Event:
        """Remove the last event, and return it."""
        part = self.parts.pop()
        if isinstance(part, Event):
            return part
        *before, last = part.events()
        self.parts += before
        return last

    def __iter__(self) -> Iterator[Event]:
        for part in self.parts:
            if isinstance(part, Event):
                yield part
            else:
                yield from part.events()

    def __len__(self) -> int:
        return len(self.tokens)

    def __bool__(self) -> bool:
        return bool(self.parts)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return list(self)[index]

    @property
    def tokens(self) -> list[int]:
        """How many tokens each event carries."""
        tokens: list[int] = []
        for part in self.parts:
            tokens += part.tokens if isinstance(part, TokenRun) else (part.token,)
        return tokens

    @property
    def others(self) -> int:
        """The number of events that are not chunks."""
        return [part.chunk for part in self.parts if isinstance(part, Event)].count(False)


class RawEvent(NamedTuple):
    """An event of a stream that a script gives exactly.

    `fields` are the fields of a server-sent event in order, a comment's under an empty name; its data stands at the
    place of `data`. A `chunk` is what has data that does not end the stream.
    """

    data: str
    fields: tuple[tuple[str, str], ...] = (("data", ""),)
    token: bool = True
    chunk: bool = True


def after_tokens(tokens: Sequence[int], count: float) -> int:
    """Return the index of the event with the token after the first `count` tokens, or the index after the last one.

    `tokens` says of each event how many it carries: one with several goes out only if all of them may.
    """
    last = max((at for at, token in enumerate(tokens) if token), default=-1)
    return next((at for at, seen in enumerate(accumulate(tokens)) if seen > count), last + 1)


def in_step(lanes: Sequence[Sequence[Event]]) -> Sequence[Event]:
    """Interleave the choices. They are generated in parallel, so only the first token of each step takes time."""
    if len(lanes) == 1:
        return lanes[0]
    events: list[Event] = []
    for step in zip_longest(*lanes):
        present = [event for event in step if event is not None]
        most = max(event.token for event in present)
        first = next((at for at, event in enumerate(present) if event.token), None)
        events += [event._replace(token=most if at == first else 0) for at, event in enumerate(present)]
    return events


class Template:
    """A document in which one value varies, marked by `HOLE`; padding goes where `PAD` is, after the hole.

    It is encoded once. Each chunk of a stream is then two or three constant pieces around one small value.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._before, *self._between, after = orjson.dumps(document).split(orjson.dumps(HOLE))
        self._after, *end = after.split(PAD.encode())
        self._end = end[0] if end else None

    def fill(self, values: Sequence[object]) -> list[bytes]:
        """Return the document for each of `values`, which can be any JSON values."""
        return list(self.run(values))

    def one(self, value: object) -> bytes:
        """Return the document for one value."""
        data = orjson.dumps(value)
        if self._between:
            return data.join([self._before, *self._between, self._after])
        return self._before + data + self._after + (b"" if self._end is None else padding(data) + self._end)

    def run(self, values: Sequence[object]) -> Run:
        """Return the documents as a run."""
        if self._between:
            pieces = [b"", *self._between, self._after]
            return Run(self._before, [orjson.dumps(value).join(pieces) for value in values])
        between, after = (None, self._after) if self._end is None else (self._after, self._end)
        if 1 < len(values) <= REMEMBERED and isinstance(values[0], str):
            return Run(self._before, _remembered(tuple(values), between), after)
        return Run(self._before, _filled(values, between), after)

    def events(
        self, values: Sequence[object], part: str = "", name: str = "", counts: Sequence[int] | None = None
    ) -> Events:
        """Return a token event for each of `values`, of one token each unless `counts` says how many."""
        events = Events()
        if values:
            events.parts.append(TokenRun(self.run(values), part, name, counts))
        return events


def _filled(values: Sequence[object], between: bytes | None) -> tuple[bytes, ...]:
    """Return each encoded value, with the text between it and its padding; without padding if that is None."""
    encoded = _each_encoded(values)
    return encoded if between is None else tuple([data + between + padding(data) for data in encoded])


def _each_encoded(values: Sequence[object]) -> tuple[bytes, ...]:
    """Return each value as JSON, in no more memory than it needs: orjson keeps 4 KiB for whatever it returns."""
    if set(map(type, values)) == {str}:  # a line for each: a text has none
        return tuple(orjson.dumps(values, option=orjson.OPT_INDENT_2)[4:-2].split(b",\n  "))
    return tuple([bytes(memoryview(orjson.dumps(value))) for value in values])


_remembered = functools.lru_cache(maxsize=64)(_filled)
"""The same, cached for the pieces of a text that a script repeats."""


def padding(data: bytes) -> bytes:
    """Return the padding of an encoded value to a multiple of `WIDTH`."""
    start = data[len(data) // 2] % 32
    return NOISE[start : start + WIDTH - len(data) % WIDTH]
