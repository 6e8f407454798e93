"""What a format renders and delivery sends: one body, or the events of a stream; how their times and sizes scatter."""

import functools
import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat, zip_longest
from random import Random
from typing import Any, Literal, NamedTuple

import orjson

HOLE, PAD = secrets.token_hex(16), secrets.token_hex(16)
"""Placeholders in a template for the varying value and its padding; random, so that no request contains them."""

REMEMBERED = 256
"""Pieces of a text whose encoded form is remembered, at most."""

WIDTH = 16
"""Bytes. A chunk's value and padding add up to a multiple of this, so that sizes reveal little about the text."""

NOISE = b"x7QmZ0aLw3RkPd9vTnUeYb5sHcGiJf2oKq8WzXjB1tMrVyNl4gCpAhEuSD6FOI7x"
"""The source of padding. It need not be secret here, only varied."""


MAX_TOKENS = 32_768
"""The most tokens that are drawn for one text."""


@dataclass(frozen=True, slots=True)
class Jitter:
    """How numbers scatter around their means, as the times of a stream do; the same seed gives the same ones.

    `spread` is relative to the mean: the half width of `uniform`, and the standard deviation of the other kinds.
    """

    kind: Literal["uniform", "normal", "lognormal"]
    spread: float
    seed: str

    def draw(self, mean: float, random: Random) -> float:
        """Draw a number of this mean, never below zero."""
        if not mean:
            return 0.0
        match self.kind:
            case "uniform":
                return max(mean * (1 + self.spread * (2 * random.random() - 1)), 0.0)
            case "normal":
                return max(random.gauss(mean, self.spread * mean), 0.0)
        sigma = math.sqrt(math.log1p(self.spread**2))
        return random.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)


@dataclass(frozen=True, slots=True)
class Length:
    """A number of tokens: always the same, or scattered around a mean."""

    mean: int
    spread: Jitter | None = None

    def draw(self, seed: str) -> int:
        """Return the number for `seed`, which has all that it may depend on; at least 1."""
        if self.spread is None:
            return self.mean
        drawn = self.spread.draw(self.mean, Random(f"{self.spread.seed}/{seed}"))
        return min(max(round(drawn), 1), MAX_TOKENS)


class Body(NamedTuple):
    """A complete answer: its bytes and their media type."""

    data: bytes
    media_type: str = "application/json"


class Event(NamedTuple):
    """One event of a stream before framing: its document's bytes, and what pacing, logging and faults need to know.

    `token` is how many tokens it carries, mostly one. A token event is due an inter-token gap for each of them after
    the previous one; other events go out with the token before them, or,
    at the start of a stream, with the first one. Every event but the terminator is a chunk. `part` is for faults:
    `finish` carries the finish reason, `arguments` is a piece of a tool call's arguments. `name` is the event's name,
    for framings that have names.

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

        It avoids a Python call for each, as this is most of the cost of a stream.
        """
        same = (repeat(True), repeat(part), repeat(name), repeat(None), repeat(b""))
        columns = zip(documents, repeat(True) if counts is None else counts, *same, strict=False)
        return list(map(functools.partial(tuple.__new__, cls), columns))


class RawEvent(NamedTuple):
    """An event of a stream that a script gives word by word.

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


def in_step(lanes: list[list[Event]]) -> list[Event]:
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
        if self._between:
            pieces = [self._before, *self._between, self._after]
            return [orjson.dumps(value).join(pieces) for value in values]
        if 1 < len(values) <= REMEMBERED and isinstance(values[0], str):
            filled = _remembered(tuple(values), self._after, self._end)
        else:
            filled = _filled(values, self._after, self._end)
        return [self._before + rest for rest in filled]


def _filled(values: Iterable[object], after: bytes, end: bytes | None) -> list[bytes]:
    """Return each value encoded, with what follows it."""
    encoded = map(orjson.dumps, values)
    if end is None:
        return [data + after for data in encoded]
    return [data + after + padding(data) + end for data in encoded]


_remembered = functools.lru_cache(maxsize=64)(_filled)
"""The same for the pieces of a text that a script says again and again."""


def padding(data: bytes) -> bytes:
    """Return what pads an encoded value to a multiple of `WIDTH`."""
    start = data[len(data) // 2] % 32
    return NOISE[start : start + WIDTH - len(data) % WIDTH]
