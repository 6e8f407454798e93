"""The events of sessions: they are sent, listed and streamed."""

import time
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any

import orjson

from completions.event import Event
from completions.state.records import Document
from completions.views.http import EndlessStream
from completions.views.managed_agents.resources import resource
from completions.views.managed_agents.streams import note_seen
from completions.views.managed_agents.turns import TURNS
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
from completions.wire.anthropic.managed import received, sessions
from completions.wire.anthropic.managed.kinds import SESSION
from completions.wire.anthropic.managed.listing import is_within, list_page, read_time
from completions.wire.anthropic.managed.log import TERMINATED, due_events, shown, shown_log
from completions.wire.framing import SSE
from completions.wire.session_log import log_of

DEFAULT_LIMIT = MAX_LIMIT = 1000
"""The events of a page, which Anthropic does not say."""

PING = SSE.frames([Event(b'{"type":"ping"}', name="ping")]).joined(0, 1)


@resource
async def send_session_events(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Take events for a session; return them with their ids as soon as what follows from them is known."""
    body, now = request.body, time.time()
    received.check_body(body)
    repeated: list[dict[str, Any]] = []

    def take(before: Document) -> Document:
        sessions.check_open(before, now)
        sessions.check_threads(before, body["events"])
        record, repeated[:] = received.received(before, body["events"], now)
        return {**record, "updated": now}

    await request.change(SESSION, name, take)
    if any(event["type"] == "user.interrupt" for event in body["events"]):
        TURNS.stop(request.space, name)
    wake_streams(request.space, name)
    await TURNS.run(request, name)
    return {"data": repeated}


@resource
async def list_session_events(request: ResourceRequest, name: str, thread: str | None = None) -> dict[str, Any]:
    """List the events of a session, the first one first unless the query asks for another order."""
    now, query, parameters = time.time(), request.query, request.http_request.GET
    session = await request.get(SESSION, name)
    sessions.check_thread(session, thread)
    kinds = [*parameters.getlist("types"), *parameters.getlist("types[]")]
    events = [event for event in shown_log(session, now) if _is_wanted(event, query, kinds)]
    await note_seen(request.space, session)
    return list_page(events[::-1] if query.get("order") == "desc" else events, query, DEFAULT_LIMIT, MAX_LIMIT)


def _is_wanted(event: Mapping[str, Any], query: Mapping[str, str], kinds: Collection[str]) -> bool:
    if kinds and event["type"] not in kinds:
        return False
    processed = event["processed_at"]
    return processed is None or is_within(read_time("processed_at", processed), query)


@resource
async def stream_session_events(request: ResourceRequest, name: str, thread: str | None = None) -> EndlessStream:
    """Stream the events of a session from now on, and those of its last turn that no client has seen."""
    parameters = request.http_request.GET
    kinds = [*parameters.getlist("event_deltas"), *parameters.getlist("event_deltas[]")]
    sessions.check_delta_kinds(kinds)
    session = await request.get(SESSION, name)
    sessions.check_thread(session, thread)
    return EndlessStream(recorded(request, _events(request, session, kinds)))


async def _events(request: ResourceRequest, session: Document, kinds: Collection[str]) -> AsyncGenerator[bytes, None]:
    """Yield the events of a session when they are due, until it ends; an empty piece while nothing is due."""
    place, name = (max(session["batch"], session["seen"]), 0), session["id"]
    last = time.monotonic()
    with watch(request.space, name) as changed:
        while (record := await request.records.get(SESSION, name)) is not None:
            place = (min(place[0], len(log_of(record))), place[1])
            if place == (record["batch"], 0) and place[0] < len(log_of(record)):
                await let_client_leave()
            events, place, next_due = due_events(record, place, time.time(), kinds)
            silence = time.monotonic() - last
            if events or silence > PING_INTERVAL:
                last = time.monotonic()
            yield b"".join(map(_framed, events)) or (PING if silence > PING_INTERVAL else b"")
            if events:
                if not may_have_left(request):
                    await note_seen(request.space, record)
                if events[-1]["type"] == TERMINATED:
                    return
            await wait_for_events(changed, next_due)
    yield _framed(shown(sessions.deleted_event(time.time()), time.time() + 1))


def _framed(event: Mapping[str, Any]) -> bytes:
    return SSE.frames([Event(orjson.dumps(event), name=event["type"])]).joined(0, 1)
