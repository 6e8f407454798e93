"""The log of a session: its events in order, each with the time from which it is seen.

A session's whole turn is put into the log at once, with the times at which its events happen; so what a session is, its
status and its usage among it, follows from its log and the time.

Shapes: the events of `anthropic.types.beta.sessions` of the anthropic SDK 2.14.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from completions.wire.anthropic.managed.records import new_id, written_time
from completions.wire.base import Document
from completions.wire.session_log import Entry, log_of, visible

IDLE, RUNNING = "session.status_idle", "session.status_running"
RESCHEDULED, TERMINATED = "session.status_rescheduled", "session.status_terminated"
STATUSES: Mapping[str, str] = {
    IDLE: "idle",
    RUNNING: "running",
    RESCHEDULED: "rescheduling",
    TERMINATED: "terminated",
}
"""The statuses of a session, by the events that begin them."""

REQUEST_START, REQUEST_END = "span.model_request_start", "span.model_request_end"

RESULTS: Mapping[str, str] = {
    "user.custom_tool_result": "custom_tool_use_id",
    "user.tool_result": "tool_use_id",
    "user.tool_confirmation": "tool_use_id",
}
"""The events that answer a call, with the field that names the call."""

SERVER_RESULTS: Mapping[str, str] = {"agent.tool_result": "tool_use_id", "agent.mcp_tool_result": "mcp_tool_use_id"}
"""The events in which the session itself answers a call, with the field that names it."""

CALLS: Mapping[str, tuple[str, ...]] = {
    "agent.custom_tool_use": ("user.custom_tool_result",),
    "agent.tool_use": ("user.tool_confirmation", "user.tool_result"),
    "agent.mcp_tool_use": ("user.tool_confirmation",),
}
"""The events that are calls, with those that can answer them."""


def entry(kind: str, at: float, **fields: Any) -> Entry:
    """Return the entry of a new event, which happens at `at`."""
    return {"at": at, "event": {"id": new_id("sevt"), "type": kind, **fields}}


def status_entry(kind: str, at: float, stop_reason: Mapping[str, Any] | None = None) -> Entry:
    """Return the entry of a new status; only `session.status_idle` has a reason."""
    return entry(kind, at) if stop_reason is None else entry(kind, at, stop_reason=stop_reason, stop_details=None)


def shown(each: Entry, now: float) -> dict[str, Any]:
    """Return an event; one that its client sent and that waits has the time null (seen by a client, September 2026)."""
    return {**each["event"], "processed_at": written_time(each["at"]) if each["at"] <= now else None}


def shown_log(record: Document, now: float) -> list[dict[str, Any]]:
    """Return the events that a list shows: those that have happened, and those that were sent and wait."""
    waiting: Sequence[Entry] = record["queue"]
    known = [shown(each, now) for each in log_of(record) if each["at"] <= now or "sent" in each]
    return [*known, *({**each["event"], "processed_at": None} for each in waiting)]


def status_of(record: Document, now: float) -> str:
    """Return a session's status; it begins as `idle`."""
    kinds = (each["event"]["type"] for each in reversed(visible(record, now)))
    return next((STATUSES[kind] for kind in kinds if kind in STATUSES), "idle")


def answered_calls(entries: Sequence[Entry]) -> set[str]:
    """Return the ids of the calls that have an answer, from the client or from the session."""
    fields = {**RESULTS, **SERVER_RESULTS}
    events = (each["event"] for each in entries)
    return {event[fields[event["type"]]] for event in events if event["type"] in fields}


def pending_calls(record: Document, now: float | None = None) -> list[Entry]:
    """Return the calls that a session waits for, by a time or by the end of its log; none if it does not wait.

    It waits for those that its last status names, until each has an answer.
    """
    entries = log_of(record) if now is None else visible(record, now)
    statuses = (each["event"] for each in reversed(entries) if each["event"]["type"] in STATUSES)
    last: dict[str, Any] | None = next(statuses, None)
    if last is None or last["type"] != IDLE or last["stop_reason"]["type"] != "requires_action":
        return []
    waiting = set(last["stop_reason"]["event_ids"]) - answered_calls(entries)
    return [each for each in entries if each["event"]["id"] in waiting]


def requires_action(calls: Sequence[Entry]) -> dict[str, Any]:
    """Return the reason why a session waits for the answers of calls."""
    return {"type": "requires_action", "event_ids": [each["event"]["id"] for each in calls]}


class Usage(NamedTuple):
    """The tokens of a session's model requests, and the seconds in which it ran."""

    input_tokens: int
    output_tokens: int
    cache_read: int
    cache_5m: int
    cache_1h: int
    active: float

    def document(self) -> dict[str, Any]:
        """Return it in the shape of `BetaManagedAgentsSessionUsage`."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_5m,
                "ephemeral_1h_input_tokens": self.cache_1h,
            },
            "active_seconds": round(self.active, 3),
        }


def usage_of(record: Document, now: float) -> Usage:
    """Return what a session has used by now."""
    entries = visible(record, now)
    used = [each["usage"] for each in entries if "usage" in each]

    def total(key: str) -> int:
        return sum(each.get(key) or 0 for each in used)

    caches = [each.get("cache_creation") or {} for each in used]
    cache_1h = sum(each.get("ephemeral_1h_input_tokens") or 0 for each in caches)
    return Usage(
        total("input_tokens"),
        total("output_tokens"),
        total("cache_read_input_tokens"),
        total("cache_creation_input_tokens") - cache_1h,
        cache_1h,
        sum(_active_spans(entries, now)),
    )


def _active_spans(entries: Sequence[Entry], now: float) -> Iterator[float]:
    """Yield how long each time was in which a session ran."""
    began: float | None = None
    for each in entries:
        kind = each["event"]["type"]
        if kind == RUNNING and began is None:
            began = each["at"]
        elif kind in STATUSES and kind != RUNNING and began is not None:
            yield each["at"] - began
            began = None
    if began is not None:
        yield now - began


Place = tuple[int, int]
"""Where a stream is in a log: at an entry, and the number of previews of it that were sent."""


def previews(each: Entry, kinds: Collection[str]) -> list[tuple[float, dict[str, Any]]]:
    """Return the previews of an event, with their times, if a stream asks for those of its kind.

    Shapes: `BetaManagedAgentsStartEvent` and `BetaManagedAgentsDeltaEvent`. Those of thinking have no deltas.
    """
    event, pieces = each["event"], each.get("pieces") or ()
    if event["type"] not in kinds or not pieces:
        return []
    start = {"type": "event_start", "event": {"type": event["type"], "id": event["id"]}}
    deltas = [
        (at, {"type": "event_delta", "event_id": event["id"], "delta": _delta(piece)}) for at, piece in pieces if piece
    ]
    return [(pieces[0][0], start), *deltas]


def _delta(piece: str) -> dict[str, Any]:
    return {"type": "content_delta", "index": 0, "content": {"type": "text", "text": piece}}


def due_events(
    record: Document, place: Place, now: float, kinds: Collection[str]
) -> tuple[list[dict[str, Any]], Place, float | None]:
    """Return the events of a stream that are due by now, the place behind them, and when the next one is due."""
    found: list[dict[str, Any]] = []
    log = log_of(record)
    index, sent = place
    for each in log[index:]:
        for at, preview in previews(each, kinds)[sent:]:
            if at > now:
                return found, (index, sent), at
            found.append(preview)
            sent += 1
        if each["at"] > now:
            return found, (index, sent), each["at"]
        found.append(shown(each, now))
        index, sent = index + 1, 0
    return found, (index, sent), None
