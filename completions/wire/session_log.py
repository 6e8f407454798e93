"""The logs of agents' sessions: events in order, each with the time from which it is seen."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from completions.wire.base import Document


class Entry(TypedDict):
    """An event of a session's log, without what depends on when it is shown: the time, or the session as it is then.

    `at` is when it happens, in seconds since the epoch, and `sent` when its client sent it, if one did. `result` is
    what the script has a tool answer that still waits for consent. `usage` is that of a model request, and `pieces` are
    the parts of a message with their times.
    """

    at: float
    event: dict[str, Any]
    sent: NotRequired[float]
    result: NotRequired[dict[str, Any]]
    usage: NotRequired[dict[str, Any]]
    pieces: NotRequired[list[tuple[float, str]]]


def log_of(record: Document) -> Sequence[Entry]:
    """Return a session's log."""
    entries: Sequence[Entry] = record["log"]
    return entries


def end_of(record: Document, now: float) -> float:
    """Return when the last event of a log happens, or now, if that is later."""
    log = log_of(record)
    return max(now, log[-1]["at"]) if log else now


def visible(record: Document, now: float) -> list[Entry]:
    """Return the entries whose events have happened by now."""
    return [each for each in log_of(record) if each["at"] <= now]
