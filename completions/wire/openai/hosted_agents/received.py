"""The events that a client sends to a session, and how its turns begin, go on and end.

Shapes: `AgentSessionInputParam` of the openai SDK 3.57. Order of events: recordings of 2026-09-30. The words for a call
that does not wait are those that the SDK's own retries look for; the others are ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.wire.base import Document
from completions.wire.openai.hosted_agents.answers import (
    Step,
    error_entry,
    incomplete,
    turn_entry,
)
from completions.wire.openai.hosted_agents.checks import check, invalid
from completions.wire.openai.hosted_agents.log import (
    ACTION,
    ENDS,
    IDLE,
    ITEM_ADDED,
    ITEM_DONE,
    PROGRESS,
    active_turn,
    entry,
    pending_calls,
    places_of,
)
from completions.wire.openai.hosted_agents.records import new_id
from completions.wire.openai.hosted_agents.sessions import CONTENT, MESSAGES, total_usage
from completions.wire.session_log import Entry, end_of, log_of, visible
from completions.wire.validation import anything, array, boolean, choice, either, nullable, obj, record, string, tagged

INPUT = "agent.session.input."
MAX_KEYS = 100
"""How many idempotency keys a session remembers, which is ours."""

_OUTPUT = nullable(either("one of a string or array of objects", string=string(), array=CONTENT))
_MCP = record({"type": choice("mcp_tool_call"), "decision": choice("approve", "deny", "cancel")}, ("type", "decision"))
_EVENT = tagged(
    "type",
    {
        f"{INPUT}message": record({"type": anything, "input": MESSAGES}, ("input",)),
        f"{INPUT}cancel": record({"type": anything}),
        f"{INPUT}tool_result": record(
            {
                "type": anything,
                "call_id": string(low=1),
                "turn_id": string(low=1),
                "success": boolean,
                "error": nullable(string()),
                "output": _OUTPUT,
            },
            ("call_id", "turn_id", "success"),
        ),
        f"{INPUT}mcp_approval_request_result": record(
            {"type": anything, "request_id": string(low=1), "response": _MCP}, ("request_id", "response")
        ),
        f"{INPUT}computer_use_approval_request_result": record(
            {"type": anything, "request_id": string(low=1), "response": obj}, ("request_id", "response")
        ),
    },
)
_BODY = record({"events": array(_EVENT, "objects")}, ("events",))


def check_body(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request that sends events."""
    check(body, _BODY)


def received(before: Document, events: Sequence[Mapping[str, Any]], now: float, key: str | None = None) -> Document:
    """Return the record of a session after events; raise why it takes none. Those of a known key change nothing."""
    if key is not None and key in before["keys"]:
        return before
    current: Document = before
    if active_turn(log_of(before)) is None and end_of(before, now) == now:
        current = {**before, "batch": len(log_of(before))}
    for index, event in enumerate(events):
        match event["type"].removeprefix(INPUT):
            case "message":
                current = _said(current, event["input"], now)
            case "cancel":
                current = cancelled(current, now)
            case "tool_result":
                current = _answered(current, event, now)
            case _:
                name = event["request_id"]
                why = f"Unknown pending approval request: {name[:200]}"  # nothing here asks for an approval
                raise invalid(why, f"events[{index}].request_id")
    keys = current["keys"] if key is None else [*current["keys"], key][-MAX_KEYS:]
    return {**current, "keys": keys, "active": now}


def _user_entry(record: Document, message: Mapping[str, Any], at: float) -> Entry:
    turn = record["turn"]["id"]
    item = {"type": "message", "id": new_id("msg"), "turn_id": turn, "role": "user", "content": message["content"]}
    item |= {"status": "completed", "phase": None}
    return entry(ITEM_ADDED, at, session_id=record["id"], turn_id=turn, output_index=None, item=item)


def _said(before: Document, messages: Sequence[Mapping[str, Any]], now: float) -> Document:
    """Return a session after messages: they begin a turn, or steer the one that has not ended by now."""
    if active_turn(visible(before, now)) is None:
        return _begun(before, messages, now)
    seen = visible(before, now)
    later = log_of(before)[len(seen) :]
    kept = [each for each in later if each["event"]["type"] not in (*ENDS, IDLE, "error")]
    said = [_user_entry(before, message, now) for message in messages]
    record = {**before, "log": [*seen, *said, *kept]}
    if len(kept) < len(later):  # the answer is there, and its turn goes on
        record["read"] = len(seen)
    return record


def _begun(before: Document, messages: Sequence[Mapping[str, Any]], now: float) -> Document:
    """Return a session with a new turn; later messages of a request follow the session's activity."""
    turn = {"id": new_id("turn"), "created": now, "items": 0, "usage": None, "rounds": 0}
    record: Document = {**before, "turn": turn}
    first, *others = (_user_entry(record, message, now) for message in messages)
    entries = [
        turn_entry(record, "queued", now),
        first,
        entry(PROGRESS, now),
        *others,
        turn_entry(record, "in_progress", now),
    ]
    return {**record, "log": [*log_of(before), *entries], "read": len(log_of(before))}


def cancelled(before: Document, now: float) -> Document:
    """Return a session whose turn ends now: what would have happened later does not. Without one, nothing changes."""
    seen = visible(before, now)
    if active_turn(seen) is None:
        return before
    log = [*seen, *incomplete(before, seen, now), turn_entry(before, "cancelled", now), entry(IDLE, now)]
    changes = {"interrupts": before["interrupts"] + 1, "batch": min(before["batch"], len(seen))}
    return {**before, **changes, "log": log, "read": len(log)}


def _answered(before: Document, event: Mapping[str, Any], now: float) -> Document:
    name = event["call_id"]
    call = next((each for each in pending_calls(visible(before, now)) if each["call_id"] == name), None)
    if call is None:
        raise invalid(f"Unknown pending tool call: {name[:200]}")
    if event["turn_id"] != call["turn_id"]:
        raise invalid(f"The tool call {name} belongs to another turn.", "turn_id")
    failed = not event["success"]
    output = event.get("output")
    if isinstance(output, str):
        output = [{"type": "input_text", "text": output}]
    result = {
        "type": "function_call_output",
        "id": new_id("fco"),
        "turn_id": call["turn_id"],
        "call_id": name,
        "status": "failed" if failed else "completed",
        "output": None if failed else output,
        "error": event.get("error") or "The function call failed." if failed else None,
    }
    head = {"session_id": before["id"], "turn_id": call["turn_id"]}
    added = entry(ITEM_ADDED, now, **head, output_index=None, item=result)
    ended = {**call, "status": "failed" if failed else "completed"}
    done = entry(ITEM_DONE, now, **head, output_index=places_of(log_of(before))[call["id"]], item=ended)
    log = [*log_of(before), added, done]
    return {**before, "log": [*log, entry(ACTION, now)] if pending_calls(log) else log}


def begun(before: Document) -> Document | None:
    """Return the record of a session that asks the model; None if nothing asks for an answer.

    `read` is how much of the log the model has read.
    """
    log = log_of(before)
    if active_turn(log) is None or pending_calls(log) or not _has_unread(before):
        return None
    return {**before, "read": len(log)}


def _has_unread(record: Document) -> bool:
    """Tell whether a session has what the model has not read: messages, and results of functions."""
    events = (each["event"] for each in log_of(record)[record["read"] :])
    items = (event["item"] for event in events if event["type"] == ITEM_ADDED)
    return any(item["type"] == "function_call_output" or bool(item.get("role") == "user") for item in items)


def after_step(before: Document, step: Step, usage: Mapping[str, Any], at: float) -> tuple[Document, bool]:
    """Return a session after an answer, and whether it asks again: tools have answered, or there is more to read."""
    turn = before["turn"]
    used = total_usage([usage, *([turn["usage"]] if turn["usage"] else [])])
    turn = {**turn, "items": turn["items"] + step.items, "usage": used, "rounds": turn["rounds"] + 1}
    record: Document = {**before, "turn": turn, "log": [*log_of(before), *step.entries], "active": at}
    if pending_calls(log_of(record)):
        return {**record, "log": [*log_of(record), entry(ACTION, at)]}, False
    if step.continues or _has_unread(before):
        return {**record, "read": len(log_of(record))}, True
    ended = [turn_entry(record, "completed", at), entry(IDLE, at)]
    return {**record, "log": [*log_of(record), *ended]}, False


def after_failure(before: Document, told: Mapping[str, Any], at: float) -> Document:
    """Return a session whose turn has failed; it is idle, and takes the next message."""
    failed = turn_entry(before, "failed", at, error=told)
    log = [*log_of(before), error_entry(before, told, at), failed, entry(IDLE, at)]
    return {**before, "log": log, "read": len(log), "active": at}
