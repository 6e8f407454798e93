"""The events of sessions: they are sent and streamed."""

import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson

from completions.event import Event, padding
from completions.state.records import Document
from completions.views.hosted_agents.resources import resource
from completions.views.hosted_agents.turns import TURNS
from completions.views.http import EndlessStream, RawResponse
from completions.views.session_streams import (
    PING_INTERVAL,
    let_client_leave,
    may_have_left,
    recorded,
    wait_for_events,
    wake_streams,
    watch,
)
from completions.views.stored import ResourceRequest
from completions.wire.framing import SSE
from completions.wire.openai.hosted_agents import received, sessions
from completions.wire.openai.hosted_agents.kinds import SESSION
from completions.wire.openai.hosted_agents.log import ENDS, FAILED, IDLE, TURN, active_turn
from completions.wire.session_log import log_of, visible

PING = b":\n\n"
"""What recordings of 2026-09-30 have while nothing happens."""


@resource
async def send_session_events(request: ResourceRequest, name: str) -> RawResponse:
    """Take events for a session: a 202 without a body, as soon as what follows from them is known."""
    body, now = request.body, time.time()
    received.check_body(body)
    key = request.http_request.headers.get("Idempotency-Key")
    events = body["events"]
    await request.change(SESSION, name, lambda before: received.received(before, events, now, key))
    if any(event["type"] == received.INPUT + "cancel" for event in events):
        TURNS.stop(request.space, name)
    wake_streams(request.space, name)
    await TURNS.run(request, name)
    return RawResponse(b"", 202, "")


async def note_seen(request: ResourceRequest, session: Document) -> None:
    """Note that a client has seen the events of a session at rest: streams that open later begin behind them."""
    seen = visible(session, time.time())
    if session["seen"] >= len(seen) or active_turn(seen) is not None:
        return

    def edit(before: Document | None) -> Document | None:
        return None if before is None else {**before, "seen": max(before["seen"], len(seen))}

    await request.records.change(SESSION, session["id"], edit)


@resource
async def stream_session_events(request: ResourceRequest, name: str) -> EndlessStream:
    """Stream the events of a session from now on, and those of its last turn that no client has seen.

    Recorded events have no padding; `include_obfuscation=true` asks for it.
    """
    session = await request.get(SESSION, name)
    padded = request.query.get("include_obfuscation") == "true"
    start = max(session["batch"], session["seen"])
    return EndlessStream(recorded(request, _events(request, session, start, padded=padded)))


def creation_stream(request: ResourceRequest, session: Document, *, padded: bool) -> EndlessStream:
    """Return the stream of a new session's first turn, which ends once that has ended."""
    response = EndlessStream(recorded(request, _events(request, session, None, padded=padded)))
    response.status_code = 201
    return response


async def _events(
    request: ResourceRequest, session: Document, start: int | None, *, padded: bool
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a session from an index on when they are due; an empty piece while nothing is.

    Without an index, they are those of the first turn, and the stream ends with it.
    """
    place, name, last = start or 0, session["id"], time.monotonic()
    with watch(request.space, name) as changed:
        while (record := await request.records.get(SESSION, name)) is not None:
            place = min(place, len(log_of(record)))
            if start is not None and place == record["batch"] and place < len(log_of(record)):
                await let_client_leave()
            events, next_due = sessions.due_events(record, place, time.time())
            if start is None:
                events = _first_turn(events)
            place += len(events)
            silence = time.monotonic() - last
            if events or silence > PING_INTERVAL:
                last = time.monotonic()
            yield b"".join(_framed(event, padded) for event in events) or (PING if silence > PING_INTERVAL else b"")
            if events and not _is_within_turn(events[-1]) and not may_have_left(request):
                await note_seen(request, record)
            if start is None and _has_ended(record, events, next_due):
                return
            await wait_for_events(changed, next_due)


def _is_within_turn(event: Mapping[str, Any]) -> bool:
    """Tell whether a turn goes on after an event, which a long log need not be searched for."""
    kind = event["type"]
    return kind.startswith(TURN) and kind not in ENDS


def _first_turn(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the events up to the end of a first turn."""
    ends = (index for index, event in enumerate(events) if event["type"] in (IDLE, FAILED))
    return events[: next(ends, len(events) - 1) + 1]


def _has_ended(record: Document, events: list[dict[str, Any]], next_due: float | None) -> bool:
    """Tell whether the stream of a new session ends: with its turn, or at once if it has none."""
    if events and events[-1]["type"] in (IDLE, FAILED):
        return True
    return record["turn"] is None and next_due is None


def _framed(event: Mapping[str, Any], padded: bool) -> bytes:
    if padded:
        event = {**event, "obfuscation": padding(orjson.dumps(event)).decode()}
    return SSE.frames([Event(orjson.dumps(event), name=event["type"])]).joined(0, 1)
