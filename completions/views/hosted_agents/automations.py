"""The views of automations; a rule that names `format: hosted_automation` can refuse one, or name its id.

They are invoked by hand alone: what they would do by their schedule does not happen.
"""

import time
from typing import Any

from completions.exceptions import RequestError
from completions.state.records import Document
from completions.views.hosted_agents.resources import keep_new, page_of, resource
from completions.views.hosted_agents.sessions import new_session
from completions.views.hosted_agents.turns import TURNS
from completions.views.session_streams import wake_streams
from completions.views.stored import ResourceRequest
from completions.wire.openai.hosted_agents import automations, received
from completions.wire.openai.hosted_agents.kinds import AGENT, AUTOMATION, INVOCATION, SESSION, not_found
from completions.wire.openai.hosted_agents.records import deleted


@resource
async def create_automation(request: ResourceRequest) -> dict[str, Any]:
    """Keep an automation, whose agent or session must be there."""
    body = request.body
    automations.check_automation(body)
    await _check_target(request, body["target"])
    return automations.shown(await keep_new(request, AUTOMATION, automations.new_automation(body, time.time()), body))


async def _check_target(request: ResourceRequest, target: Document) -> None:
    for key, kind in (("agent_id", AGENT), ("session_id", SESSION)):
        if key in target:
            await request.get(kind, target[key])


@resource
async def list_automations(request: ResourceRequest) -> dict[str, Any]:
    """List the automations, the newest first; those of one session if the query names it."""
    session = request.query.get("session_id")
    return await page_of(
        request,
        AUTOMATION,
        automations.shown,
        lambda record: session in (None, automations.target_session(record)),
    )


@resource
async def retrieve_automation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an automation."""
    return automations.shown(await request.get(AUTOMATION, name))


@resource
async def update_automation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change an automation."""
    body = request.body
    automations.check_change(await request.get(AUTOMATION, name), body)
    await _check_target(request, body.get("target", {}))
    return automations.shown(
        await request.change(AUTOMATION, name, lambda before: automations.changed_automation(before, body))
    )


@resource
async def delete_automation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an automation with its invocations; their sessions stay."""
    await request.delete(AUTOMATION, name)
    for invocation in await request.all(INVOCATION):
        if invocation["automation"] == name:
            await request.records.delete(INVOCATION, invocation["id"])
    return deleted(name, "agent.automation")


@resource
async def pause_automation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Pause an automation, which can still be invoked by hand."""
    edited = await request.change(AUTOMATION, name, lambda before: automations.with_status(before, "paused"))
    return automations.shown(edited)


@resource
async def resume_automation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Resume an automation."""
    edited = await request.change(AUTOMATION, name, lambda before: automations.with_status(before, "active"))
    return automations.shown(edited)


@resource
async def invoke_automation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Invoke an automation by hand; what its session refuses is the invocation's error."""
    automation = await request.get(AUTOMATION, name)
    invocation: Document = automations.new_invocation(automation, time.time())
    try:
        invocation = automations.delivered(invocation, await _deliver(request, automation))
    except RequestError as exc:
        invocation = automations.failed(invocation, exc)
    await request.records.put(INVOCATION, invocation["id"], invocation)
    return automations.shown_invocation(invocation)


async def _deliver(request: ResourceRequest, automation: Document) -> str:
    """Deliver what an automation says to its session, or to a new one, and return the session's id."""
    session = automations.target_session(automation)
    if session is None:
        made_for_it = await new_session(request, automations.session_request(automation))
        return str(made_for_it["id"])
    event = {"type": f"{received.INPUT}message", "input": [automations.message_of(automation)]}
    now = time.time()
    await request.change(SESSION, session, lambda before: received.received(before, [event], now))
    wake_streams(request.space, session)
    await TURNS.run(request, session)
    return session


@resource
async def list_automation_invocations(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the invocations of an automation, the newest first."""
    await request.get(AUTOMATION, name)
    return await page_of(request, INVOCATION, automations.shown_invocation, lambda record: record["automation"] == name)


@resource
async def retrieve_automation_invocation(request: ResourceRequest, name: str, invocation: str) -> dict[str, Any]:
    """Show an invocation."""
    await request.get(AUTOMATION, name)
    found = await request.get(INVOCATION, invocation)
    if found["automation"] != name:
        raise not_found("Invocation", invocation)
    return automations.shown_invocation(found)
