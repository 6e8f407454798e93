"""The views of sessions; a rule that names `format: managed_session` can refuse one, or name its id."""

import time
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.managed_agents.agents import skill_versions
from completions.views.managed_agents.resources import newest_first, resource
from completions.views.managed_agents.session_resources import attached
from completions.views.managed_agents.streams import note_seen
from completions.views.managed_agents.turns import TURNS
from completions.views.session_streams import wake_streams
from completions.views.stored import ResourceRequest
from completions.wire.anthropic.managed import agents, environments, received, sessions, vaults
from completions.wire.anthropic.managed.kinds import AGENT, ENVIRONMENT, SESSION, VAULT
from completions.wire.anthropic.managed.listing import list_page


@resource
async def create_session(request: ResourceRequest) -> dict[str, Any]:
    """Keep a session, and begin its first turn if it has initial events."""
    body, now = request.body, time.time()
    sessions.check_session(body)
    events = body.get("initial_events") or ()
    received.check_initial_events(events)
    environment = await request.get(ENVIRONMENT, body["environment_id"])
    if environment["archived"] is not None:
        raise environments.archived_error(environment["id"])
    session: Document = sessions.new_session(body, await _agent(request, body), environment, now)
    session = {**session, "resources": await attached(request, body.get("resources") or (), now)}
    for vault in session["vault_ids"]:
        vaults.check_open(await request.get(VAULT, vault), "vault")
    session = {**session, "id": await scripted_id(request, body, SESSION) or session["id"]}
    if events:
        session, _ = received.received(session, events, now)
    await request.records.put(SESSION, session["id"], session)
    if events:
        await TURNS.run(request, session["id"])
        session = await request.get(SESSION, session["id"])
    return sessions.shown(session, time.time())


async def _agent(request: ResourceRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of the agent that a new session names."""
    reference = sessions.agent_reference(body)
    agent = await request.get(AGENT, reference["id"])
    if agent["archived"] is not None:
        raise agents.session_refused(agent["id"])
    version = agents.version_of_agent(agent, reference.get("version"))
    configuration = {"id": agent["id"], **agents.configuration(version)}
    return sessions.overridden(configuration, reference, await skill_versions(request))


@resource
async def list_sessions(request: ResourceRequest) -> dict[str, Any]:
    """List the sessions, the newest first unless the query asks for another order."""
    now, query = time.time(), request.query
    parameters = request.http_request.GET
    statuses = [*parameters.getlist("statuses"), *parameters.getlist("statuses[]")]
    page = await newest_first(
        request,
        SESSION,
        lambda record: sessions.shown(record, now),
        lambda record: sessions.is_wanted(record, query, statuses, now),
    )
    return {**page, "prev_page": None}


@resource
async def retrieve_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a session as it is by now."""
    session = await request.get(SESSION, name)
    await note_seen(request.space, session)
    return sessions.shown(session, time.time())


@resource
async def update_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a session; its streams see what has changed."""
    body, now = request.body, time.time()
    sessions.check_change(body)
    session = await request.change(SESSION, name, lambda before: sessions.changed_session(before, body, now))
    wake_streams(request.space, name)
    return sessions.shown(session, now)


@resource
async def archive_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Archive a session: it takes no more events."""
    now = time.time()

    def edit(before: Document) -> Document:
        sessions.check_at_rest(before, now, "archived")
        return before if before["archived"] is not None else {**before, "archived": now, "updated": now}

    return sessions.shown(await request.change(SESSION, name, edit), now)


@resource
async def delete_session(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a session; its streams end."""
    sessions.check_at_rest(await request.get(SESSION, name), time.time(), "deleted")
    await request.delete(SESSION, name)
    TURNS.stop(request.space, name)
    wake_streams(request.space, name)
    return sessions.deleted(name)


@resource
async def list_session_threads(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the threads of a session: the primary one."""
    return list_page([sessions.shown_thread(await request.get(SESSION, name), time.time())], request.query, 1000, 1000)


@resource
async def retrieve_session_thread(request: ResourceRequest, name: str, thread: str) -> dict[str, Any]:
    """Show a thread of a session."""
    session = await request.get(SESSION, name)
    sessions.check_thread(session, thread)
    return sessions.shown_thread(session, time.time())
