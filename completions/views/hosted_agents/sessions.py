"""The views of sessions; a rule that names `format: hosted_session` can refuse one, or name its id."""

import time
from collections.abc import Mapping
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.hosted_agents.environments import environment_of
from completions.views.hosted_agents.events import creation_stream, note_seen
from completions.views.hosted_agents.resources import page_of, resource
from completions.views.hosted_agents.turns import TURNS
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.views.session_streams import wake_streams
from completions.views.stored import ResourceRequest
from completions.wire.openai.hosted_agents import agents, received, sessions
from completions.wire.openai.hosted_agents.kinds import AGENT, SESSION, VAULT, not_found
from completions.wire.openai.hosted_agents.log import active_turn, items_of, turns_of
from completions.wire.openai.hosted_agents.records import deleted
from completions.wire.session_log import log_of, visible


@resource
async def create_session(request: ResourceRequest) -> ExchangeResponse:
    """Keep a session, and begin its first turn if it has input; the status is 201, as a client has recorded it."""
    body = request.body
    session = await new_session(request, body)
    streams = body.get("stream") is True
    if streams:
        padded = body.get("stream_options", {}).get("include_obfuscation") is True
        return creation_stream(request, session, padded=padded)
    return FastJsonResponse(sessions.shown(session, time.time()), status=201)


async def new_session(request: ResourceRequest, body: Mapping[str, Any]) -> Document:
    """Keep a session and begin its first turn, and return it; a stream sees that from the first event on."""
    now = time.time()
    sessions.check_session(body)
    saved = await request.get(AGENT, body["agent_id"]) if "agent_id" in body else None
    agent = agents.configuration(saved, body.get("agent") or {})
    for vault in body.get("vault_ids") or ():
        await request.get(VAULT, vault)
    name = await scripted_id(request, body, SESSION)
    environment = await environment_of(request, body["environment"], now)
    session: Document = sessions.new_session(body, agent, environment, now)
    session = {**session, "id": name or session["id"]}
    log = [*log_of(session), *sessions.connected(session, now)]
    session = {**session, "log": log, "batch": len(log)}
    if messages := sessions.messages_of(body):
        session = received.received(session, [{"type": f"{received.INPUT}message", "input": messages}], now)
    await request.records.put(SESSION, session["id"], session)
    if messages:
        await TURNS.run(request, session["id"])
        session = await request.get(SESSION, session["id"])
    return session


@resource
async def list_sessions(request: ResourceRequest) -> dict[str, Any]:
    """List the sessions, the newest first, of one agent if the query names it."""
    now, agent = time.time(), request.query.get("agent_id")
    return await page_of(
        request,
        SESSION,
        lambda record: sessions.shown(record, now),
        lambda record: agent in (None, record["agent"]["id"]),
    )


@resource
async def retrieve_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a session as it is by now."""
    session = await request.get(SESSION, name)
    await note_seen(request, session)
    return sessions.shown(session, time.time())


@resource
async def update_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a session, for the turns from now on."""
    body = request.body
    sessions.check_change(body)
    session = await request.change(SESSION, name, lambda before: sessions.changed_session(before, body))
    return sessions.shown(session, time.time())


@resource
async def delete_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a session without an active turn; its streams end."""
    session = await request.get(SESSION, name)
    if active_turn(visible(session, time.time())) is not None:
        raise sessions.busy(name)
    await request.delete(SESSION, name)
    TURNS.stop(request.space, name)
    wake_streams(request.space, name)
    return deleted(name, "agent.session")


@resource
async def list_session_items(request: ResourceRequest, name: str, turn: str | None = None) -> dict[str, Any]:
    """List the items of a session or of one of its turns, the newest first unless the query has another order."""
    session = await request.get(SESSION, name)
    if turn is not None:
        _turn(session, turn)
    await note_seen(request, session)
    found = items_of(visible(session, time.time()))
    return request.page([item for item in found if turn in (None, item["turn_id"])], "desc")


@resource
async def list_session_turns(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the turns of a session, the newest first unless the query has another order."""
    session = await request.get(SESSION, name)
    return request.page(turns_of(visible(session, time.time())), "desc")


@resource
async def retrieve_session_turn(request: ResourceRequest, name: str, turn: str) -> dict[str, Any]:
    """Show a turn of a session as it is by now."""
    return _turn(await request.get(SESSION, name), turn)


def _turn(session: Document, name: str) -> dict[str, Any]:
    """Return a turn of a session; raise the API's 404 where it has none by that id."""
    found = next((each for each in turns_of(visible(session, time.time())) if each["id"] == name), None)
    if found is None:
        raise not_found("Turn", name)
    return found


@resource
async def empty_list(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List a session's subagents, traces or artifacts: nothing here makes any."""
    await request.get(SESSION, name)
    return request.page([], "desc")


@resource
async def missing_subagent(request: ResourceRequest, name: str, subagent: str, **more: str) -> dict[str, Any]:
    """Refuse what names a subagent, for no session has one."""
    await request.get(SESSION, name)
    raise not_found("Subagent", subagent)


@resource
async def missing_artifact(request: ResourceRequest, name: str, artifact: str) -> dict[str, Any]:
    """Refuse what names an artifact, for no session has one."""
    await request.get(SESSION, name)
    raise not_found("Artifact", artifact)
