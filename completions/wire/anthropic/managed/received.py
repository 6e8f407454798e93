"""The events that a client sends to a session, and the beginning of the turn that they cause.

Shapes: `BetaManagedAgentsEventParams` of the anthropic SDK 2.14. Words: users' quotes (until October 2026) for a
session that waits; a clone's comparison (October 2026) for what is no event; the others are ours.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import array, boolean, choice, integer, record, string, tagged
from completions.wire.anthropic.checks import mapping as any_object
from completions.wire.anthropic.managed.answers import DEFAULT_RESULT, END_TURN, result_entry
from completions.wire.anthropic.managed.checks import check_fields_at
from completions.wire.anthropic.managed.log import (
    CALLS,
    IDLE,
    RESULTS,
    RUNNING,
    STATUSES,
    answered_calls,
    entry,
    pending_calls,
    requires_action,
    status_entry,
    status_of,
)
from completions.wire.anthropic.managed.records import new_id, written_time
from completions.wire.base import Document
from completions.wire.session_log import Entry, end_of, log_of
from completions.wire.validation import Check, nullable

_TEXT = record({"type": string(), "text": string(1)}, ("text",))
_OPEN = record({"type": string(), "source": any_object}, ("source",), open_=True)
_SEARCH = record({"type": string(), "source": string(), "title": string(), "content": array(any_object)}, open_=True)
_CONTENT = array(tagged({"text": _TEXT, "image": _OPEN, "document": _OPEN, "redacted": record({"type": string()})}))
_RESULT = array(tagged({"text": _TEXT, "image": _OPEN, "document": _OPEN, "search_result": _SEARCH}))
_RUBRIC = tagged(
    {
        "text": record({"type": string(), "content": string(1)}, ("content",)),
        "file": record({"type": string(), "file_id": string(1)}, ("file_id",)),
    }
)

EVENTS: Mapping[str, tuple[Mapping[str, Check], tuple[str, ...]]] = {
    "user.message": ({"content": _CONTENT}, ("content",)),
    "user.interrupt": ({"session_thread_id": nullable(string())}, ()),
    "user.tool_confirmation": (
        {"tool_use_id": string(1), "result": choice("allow", "deny"), "deny_message": nullable(string())},
        ("tool_use_id", "result"),
    ),
    "user.custom_tool_result": (
        {"custom_tool_use_id": string(1), "content": nullable(_RESULT), "is_error": nullable(boolean)},
        ("custom_tool_use_id",),
    ),
    "user.tool_result": (
        {"tool_use_id": string(1), "content": nullable(_RESULT), "is_error": nullable(boolean)},
        ("tool_use_id",),
    ),
    "user.define_outcome": (
        {"description": string(1), "rubric": _RUBRIC, "max_iterations": nullable(integer(1))},
        ("description", "rubric"),
    ),
    "system.message": ({"content": array(tagged({"text": _TEXT}))}, ("content",)),
}
"""The events that a client can send: their fields, and those that they must have."""

INITIAL = ("user.message", "user.define_outcome")
"""The events that a session can begin with."""

ANSWERS = "`user.tool_confirmation`, `user.custom_tool_result`, `user.tool_result`, or `user.interrupt`"


def check_events(events: Any, allowed: Sequence[str] = (*EVENTS,)) -> None:
    """Raise what is wrong with the events of a request, each by itself and in their order."""
    if type(events) is not list:
        raise RequestError("events must be an array")
    if not events:
        raise RequestError("events: must contain at least 1 item")
    for index, event in enumerate(events):
        _check_event(event, f"events[{index}]", allowed)
    kinds = [event["type"] for event in events]
    if "system.message" in kinds[:-1]:
        raise RequestError("system.message must be the final event in the request.")
    if kinds[-1] == "system.message" and (
        len(kinds) == 1 or kinds[-2] not in ("user.message", "user.tool_result", "user.custom_tool_result")
    ):
        why = "system.message must immediately follow a user.message, user.tool_result, or user.custom_tool_result"
        raise RequestError(f"{why} event.")


def _check_event(event: Any, place: str, allowed: Sequence[str]) -> None:
    if type(event) is not dict:
        raise RequestError(f"{place}: event must be a JSON object")
    kind = event.get("type")
    if kind is None:
        raise RequestError(f"{place}: type is required")
    if type(kind) is not str:
        raise RequestError(f"{place}: type must be a string")
    if kind not in allowed:
        raise RequestError(f'Failed to parse request: {place}.type: "{kind[:200]}" is not a valid value')
    check_fields_at(place, event, *EVENTS[kind])
    if event.get("deny_message") is not None and event["result"] != "deny":
        raise RequestError(f"{place}.deny_message: only allowed when result is 'deny'")


Received = tuple[Document, list[dict[str, Any]]]
"""The record of a session that has taken events, and the events as the API repeats them."""


def received(before: Document, events: Sequence[Mapping[str, Any]], now: float) -> Received:
    """Return the record of a session after events, and the events themselves with their ids; raise why it takes none.

    What asks the model waits in the queue; what answers a call, and what interrupts, is in the log at once.
    """
    is_at_rest = end_of(before, now) == now and status_of(before, now) not in ("running", "rescheduling")
    record: Document = {**before, "batch": len(log_of(before))} if is_at_rest else before
    repeated: list[dict[str, Any]] = []
    for index, event in enumerate(events):
        take = _interrupted if event["type"] == "user.interrupt" else _TAKES.get(event["type"], _queued)
        record, each = take(record, event, index, now)
        repeated.append({"processed_at": None, **each["event"]})
    if pending_calls(record) and any(event["type"] in RESULTS for event in events):
        waiting = status_entry(IDLE, end_of(record, now), requires_action(pending_calls(record)))
        record = {**record, "log": [*log_of(record), waiting]}
    return record, repeated


def _new_entry(event: Mapping[str, Any], at: float, now: float) -> Entry:
    fields = {key: value for key, value in event.items() if key != "type"}
    if event["type"] == "user.define_outcome":
        fields |= {"outcome_id": new_id("outc"), "max_iterations": event.get("max_iterations") or 3}
        fields["processed_at"] = written_time(now)
    return {**entry(event["type"], at, **fields), "sent": now}


def _queued(record: Document, event: Mapping[str, Any], index: int, now: float) -> tuple[Document, Entry]:
    if pending := pending_calls(record, now):
        names = ", ".join(each["event"]["id"] for each in pending)
        raise RequestError(
            f"Invalid {event['type']} event at events[{index}]: waiting on responses to events [{names}]; only "
            f"{ANSWERS} may be sent"
        )
    new = _new_entry(event, now, now)
    return {**record, "queue": [*record["queue"], new]}, new


def _interrupted(record: Document, event: Mapping[str, Any], index: int, now: float) -> tuple[Document, Entry]:
    """Return a session whose turn ends now: what would have happened later does not."""
    is_at_rest = status_of(record, now) == "idle" and not pending_calls(record, now)
    kept = [each for each in log_of(record) if each["at"] <= now]
    new = _new_entry(event, now, now)
    stopped = [] if is_at_rest else [status_entry(IDLE, now, END_TURN)]
    changes = {"interrupts": record["interrupts"] + 1, "batch": min(record["batch"], len(kept))}
    return {**record, **changes, "log": [*kept, new, *stopped]}, new


def _answered(record: Document, event: Mapping[str, Any], index: int, now: float) -> tuple[Document, Entry]:
    name = event[RESULTS[event["type"]]]
    call = next((each for each in pending_calls(record) if each["event"]["id"] == name), None)
    if call is None or not _can_answer(record, call, event["type"]):
        why = f"Invalid {event['type']} event at events[{index}]: no pending tool use with id {name[:200]}"
        raise RequestError(why)
    new = _new_entry(event, end_of(record, now), now)
    return {**record, "log": [*log_of(record), new]}, new


def _can_answer(record: Document, call: Entry, kind: str) -> bool:
    """Tell whether an event can answer a call; tools of a self-hosted environment are run by the client."""
    if kind not in CALLS[call["event"]["type"]]:
        return False
    asks, is_self_hosted = call["event"].get("evaluated_permission") == "ask", bool(record["is_self_hosted"])
    return {"user.tool_confirmation": asks, "user.tool_result": is_self_hosted}.get(kind, True)


_TAKES: Mapping[str, Callable[[Document, Mapping[str, Any], int, float], tuple[Document, Entry]]] = dict.fromkeys(
    RESULTS, _answered
)


def begun(before: Document, now: float) -> Document | None:
    """Return the record of a session whose next turn begins; None if nothing asks for one.

    Calls that the client has allowed are answered with what the script has them answer, and denied ones with an error.
    """
    if before["archived"] is not None or pending_calls(before) or _has_ended(before):
        return None
    log = log_of(before)
    last_status = max((at for at, each in enumerate(log) if each["event"]["type"] in STATUSES), default=-1)
    answers = [each for each in log[last_status + 1 :] if each["event"]["type"] in RESULTS]
    if not before["queue"] and not answers:
        return None
    start = end_of(before, now)
    queued = [{**each, "at": start} for each in before["queue"]]
    calls = {each["event"]["id"]: each for each in log if each["event"]["type"] in CALLS}
    confirmations = [each["event"] for each in log if each["event"]["type"] == "user.tool_confirmation"]
    answered = answered_calls([each for each in log if each["event"]["type"].startswith("agent.")])
    results = [
        _confirmed(calls[event["tool_use_id"]], event, start)
        for event in confirmations
        if event["tool_use_id"] not in answered
    ]
    return {**before, "queue": [], "log": [*log, *queued, status_entry(RUNNING, start), *results]}


def _has_ended(record: Document) -> bool:
    log = log_of(record)
    return bool(log) and log[-1]["event"]["type"] == "session.status_terminated"


def _confirmed(call: Entry, confirmation: Mapping[str, Any], at: float) -> Entry:
    if confirmation["result"] == "allow":
        return result_entry(call, at, call.get("result") or {"content": [{"type": "text", "text": DEFAULT_RESULT}]})
    why = confirmation.get("deny_message") or "The user has denied this call."
    return result_entry(call, at, {"content": [{"type": "text", "text": why}], "is_error": True})


def check_initial_events(events: Sequence[Any]) -> None:
    """Raise what is wrong with the events with which a session begins."""
    if events:
        check_events(list(events), INITIAL)


def check_body(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request that sends events."""
    if unknown := sorted(body.keys() - {"events"}, key=str.encode):
        raise RequestError(f'Failed to parse request body: unknown field "{unknown[0][:200]}"')
    check_events(body.get("events"))
