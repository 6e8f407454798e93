"""Faults in a stream's events and frames, which are applied before they are sent.

It depends on no format and no framing: the events have all that it needs.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import accumulate

from completions.event import Event, after_tokens
from completions.faults import AFTER, ERRORS_IN_STREAM, Effect, effect_of
from completions.outcome import Fault


class Ending(StrEnum):
    """How a connection ends after the last byte."""

    WHOLE = "whole"
    CLOSE = "close"
    RESET = "reset"
    HOLD = "hold"


def position(events: Sequence[Event], fault: Fault) -> int:
    """Return how many events come before a fault, at least those before the first token; -1 without a position."""
    if not AFTER.keys() & fault.parameters.keys():
        return -1
    if (count := fault.parameters.get("after_events")) is not None:
        return min(int(count), len(events))
    return after_tokens([event.token for event in events], fault.parameters.get("after_tokens", 0))


def ending(faults: Iterable[Fault]) -> Ending:
    """Return how a stream with these faults ends; at most one of them breaks it off."""
    return next((ENDINGS[fault.name] for fault in faults if _breaks_off(fault)), Ending.WHOLE)


def _breaks_off(fault: Fault) -> bool:
    return fault.name in ENDINGS and effect_of(fault) is Effect.END


def spoil(events: Sequence[Event], fault: Fault, error: Callable[[Sequence[Event]], Sequence[Event]]) -> list[Event]:
    """Return the events with the fault; `error` returns the format's error events after the given ones."""
    at = position(events, fault)
    if fault.name in ERRORS_IN_STREAM:
        before = list(events[:at])
        return [*before, *error(before)]
    if _breaks_off(fault):
        return list(events[:at])
    change = CHANGES.get(fault.name)
    return change(list(events), at) if change and events else list(events)


def pauses(events: Sequence[Event], faults: Iterable[Fault]) -> list[float]:
    """Return by how many seconds pauses delay each event, and last, the end of the stream."""
    delays = [0.0] * (len(events) + 1)
    for fault in faults:
        if effect_of(fault) is Effect.PAUSE:
            delays[position(events, fault)] += fault.parameters["ms"] / 1000
    return list(accumulate(delays))


def spoil_frames(frames: list[bytes], events: Sequence[Event], fault: Fault, keep_alive: bytes) -> list[bytes]:
    """Return the frames of the events with the fault; `keep_alive` is the framing's."""
    match fault.name:
        case "crlf":
            return [frame.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for frame in frames]
        case "comments":
            return [keep_alive + frame for frame in frames]
        case "data_after_done" if frames:
            chunk = next((frame for frame, event in zip(frames, events, strict=True) if event.token), frames[0])
            return [*frames[:-1], frames[-1] + chunk]
    return frames


def _without_finish(events: list[Event], at: int) -> list[Event]:
    events_kept = (event._replace(data=event.unfinished) if event.part == "finish" else event for event in events)
    return [event for event in events_kept if event.part != "finish" or event.data]


def _without_terminator(events: list[Event], at: int) -> list[Event]:
    return [event for event in events if event.chunk]


def _cut_arguments(events: list[Event], at: int) -> list[Event]:
    if at < 0:
        pieces = [index for index, event in enumerate(events) if event.part == "arguments"]
        at = pieces[len(pieces) // 2] if pieces else 0
    return [event for index, event in enumerate(events) if index < at or event.part != "arguments"]


def _chunk_at(events: list[Event], at: int) -> int:
    """Return the index of the first chunk from a position on, or else of the last one."""
    chunks = [index for index, event in enumerate(events) if event.chunk] or [0]
    return next((index for index in chunks if index >= at), chunks[-1])


def _malform(events: list[Event], at: int) -> list[Event]:
    at = _chunk_at(events, at)
    data = events[at].data
    events[at] = events[at]._replace(data=data[: len(data) * 2 // 3])
    return events


def _break_character(events: list[Event], at: int) -> list[Event]:
    """Insert invalid UTF-8 where the chunk differs from its neighbour: in its text."""
    at = _chunk_at(events, at)
    data, neighbour = events[at].data, events[at - 1 if at else min(1, len(events) - 1)].data
    differences = (
        place for place, (byte, other_byte) in enumerate(zip(data, neighbour, strict=False)) if byte != other_byte
    )
    place = next(differences, len(data))
    events[at] = events[at]._replace(data=data[:place].rstrip(b"\\") + b"\xff\xfe" + data[place:])
    return events


def _repeat(events: list[Event], at: int) -> list[Event]:
    at = _chunk_at(events, at)
    return [*events[: at + 1], events[at]._replace(token=False), *events[at + 1 :]]


def _swap(events: list[Event], at: int) -> list[Event]:
    at = min(_chunk_at(events, at), _chunk_at(events, len(events)) - 1)
    if at < 0:
        return events
    one, other_byte = events[at], events[at + 1]
    swapped = [one._replace(data=other_byte.data), other_byte._replace(data=one.data)]  # with exchanged times
    return [*events[:at], *swapped, *events[at + 2 :]]


def _no_events(events: list[Event], at: int) -> list[Event]:
    return []


CHANGES: dict[str, Callable[[list[Event], int], list[Event]]] = {
    "no_finish": _without_finish,
    "no_done": _without_terminator,
    "cut_tool_arguments": _cut_arguments,
    "malformed_chunk": _malform,
    "bad_utf8": _break_character,
    "duplicate_chunk": _repeat,
    "reorder": _swap,
    "empty_stream": _no_events,
}
"""The function that changes the events, by fault; it gets the position of the fault."""

ENDINGS = {"disconnect": Ending.CLOSE, "reset": Ending.RESET, "stall": Ending.HOLD}
"""How the connection ends after a stream that a fault breaks off."""
