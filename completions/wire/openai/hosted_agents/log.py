"""The log of a session: its events in order, each with the time from which it is seen.

A session's whole turn is put into the log at once, with the times at which its events happen; so what a session is, its
status, its turns and items among it, follows from its log and the time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.wire.openai.hosted_agents.records import new_id
from completions.wire.session_log import Entry

CREATED, PROGRESS, IDLE = "agent.session.created", "agent.session.in_progress", "agent.session.idle"
ACTION, FAILED = "agent.session.requires_action", "agent.session.failed"
STATUSES: Mapping[str, str] = {
    PROGRESS: "in_progress",
    IDLE: "idle",
    ACTION: "requires_action",
    FAILED: "failed",
}
"""The statuses of a session, by the events that begin them."""

TURN, ITEM_ADDED, ITEM_DONE = "agent.session.turn.", "agent.session.turn.item.added", "agent.session.turn.item.done"
ENDS = tuple(f"{TURN}{state}" for state in ("completed", "failed", "cancelled"))
"""The events that end a turn."""


def entry(kind: str, at: float, **fields: Any) -> Entry:
    """Return the entry of a new event."""
    return {"at": at, "event": {"type": kind, "event_id": new_id("evt"), **fields}}


def items_of(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the items of entries, each in its last state, the first one first."""
    items: dict[str, dict[str, Any]] = {}
    for each in entries:
        if each["event"]["type"] in (ITEM_ADDED, ITEM_DONE):
            item = each["event"]["item"]
            items[item["id"]] = item
    return list(items.values())


def places_of(entries: Sequence[Entry]) -> dict[str, int | None]:
    """Return the index of each item in its turn's output, by its id; None for what the client has sent."""
    added = (each["event"] for each in entries if each["event"]["type"] == ITEM_ADDED)
    return {event["item"]["id"]: event["output_index"] for event in added}


def pending_calls(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the function calls that wait for their results; a turn's end leaves none."""
    waiting: dict[str, dict[str, Any]] = {}
    for each in entries:
        event = each["event"]
        if event["type"] in ENDS:
            waiting.clear()
        elif event["type"] == ITEM_ADDED:
            item = event["item"]
            if item["type"] == "function_call":
                waiting[item["call_id"]] = item
            elif item["type"] == "function_call_output":
                waiting.pop(item["call_id"], None)
    return list(waiting.values())


def status_of(entries: Sequence[Entry]) -> str:
    """Return a session's status after entries; one with an answer to each call is in progress again."""
    for each in reversed(entries):
        event = each["event"]
        if event["type"] == CREATED:
            return str(event["status"])
        if (status := STATUSES.get(event["type"])) is not None:
            answered = status == "requires_action" and not pending_calls(entries)
            return "in_progress" if answered else status
    return "idle"


def turns_of(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the turns of entries, each in its last state, the first one first; one that needs results is waiting."""
    turns: dict[str, dict[str, Any]] = {}
    for each in entries:
        if (turn := each["event"].get("turn")) is not None:
            turns[turn["id"]] = turn
    found = list(turns.values())
    if found and found[-1]["status"] == "in_progress" and status_of(entries) == "requires_action":
        found[-1] = {**found[-1], "status": "waiting"}
    return found


def active_turn(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """Return the turn that has not ended; None if there is none."""
    turns = turns_of(entries)
    return turns[-1] if turns and turns[-1]["status"] in ("queued", "in_progress", "waiting") else None
