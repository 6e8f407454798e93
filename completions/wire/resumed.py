"""Streams that clients take up again later: when each event of a stored answer is due."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from completions.event import Event
from completions.event.scatter import Jitter, Length

PER_CHUNK = "per_chunk"


def length_noted(per_chunk: Length | None) -> dict[str, Any]:
    """Return what is stored of how many tokens a chunk has."""
    return {} if per_chunk is None else {PER_CHUNK: asdict(per_chunk)}


def length_of(record: Mapping[str, Any]) -> Length | None:
    """Return how many tokens a chunk of a stored answer has."""
    if (given := record.get(PER_CHUNK)) is None:
        return None
    return Length(given["mean"], given["spread"] and Jitter(**given["spread"]))


def due(events: Sequence[Event], span: tuple[float, float], now: float) -> list[float]:
    """Return in how many seconds from now each event is due, of an answer that begins and is complete at these times.

    Its tokens come evenly between them.
    """
    begins, ends = span
    gaps, found, seen = max(sum(event.token for event in events) - 1, 1), [], 0
    for event in events:
        seen += event.token
        found.append(max(begins + (ends - begins) * max(seen - 1, 0) / gaps - now, 0.0))
    return found
