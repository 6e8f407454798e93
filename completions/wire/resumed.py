"""Resumed streams: the times of the events of stored answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from completions.event import Event
from completions.event.scatter import Jitter, Length

PER_CHUNK = "per_chunk"


def length_record(per_chunk: Length | None) -> dict[str, Any]:
    """Return the record of the number of tokens per chunk."""
    return {} if per_chunk is None else {PER_CHUNK: asdict(per_chunk)}


def length_of(record: Mapping[str, Any]) -> Length | None:
    """Return the number of tokens per chunk of a stored answer."""
    if (stored := record.get(PER_CHUNK)) is None:
        return None
    return Length(stored["mean"], stored["spread"] and Jitter(**stored["spread"]))


def due(events: Sequence[Event], span: tuple[float, float], now: float) -> list[float]:
    """Return the seconds from now until each event is due, for an answer with these times of its start and end.

    Its tokens are spread evenly between them.
    """
    begins, ends = span
    gaps, delays, token_count = max(sum(event.token for event in events) - 1, 1), [], 0
    for event in events:
        token_count += event.token
        delays.append(max(begins + (ends - begins) * max(token_count - 1, 0) / gaps - now, 0.0))
    return delays
