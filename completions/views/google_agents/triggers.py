"""The views of triggers and their executions, each of which is an interaction that the script answers.

A rule that names `format: gemini_trigger` can refuse a trigger or name its id; its gate holds the runs back.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson

from completions.state.records import Document, Records
from completions.views.background_work import id_of, scripted_outcome
from completions.views.batch_requests import RequestResult, answer_later
from completions.views.google_agents.pages import page
from completions.views.stored import ResourceRequest, stored
from completions.wire.fields import mapping, text
from completions.wire.gemini.addresses import INTERACTIONS
from completions.wire.gemini.managed import triggers
from completions.wire.gemini.managed.kinds import EXECUTION, TRIGGER

PATH = "/v1beta/interactions"


@stored
async def create_trigger(request: ResourceRequest) -> dict[str, Any]:
    """Keep a trigger."""
    body, now = request.body, time.time()
    triggers.check(body)
    trigger = triggers.new_trigger(body, now)
    outcome = await scripted_outcome(request, TRIGGER, body, {"display_name": body.get("display_name")})
    trigger["id"] = id_of(outcome) or trigger["id"]
    await request.records.put(TRIGGER, trigger["id"], trigger)
    return triggers.shown(trigger, now)


@stored
async def list_triggers(request: ResourceRequest) -> dict[str, Any]:
    """List the triggers, the newest first."""
    now = time.time()
    return page(request, [triggers.shown(each, now) for each in await request.all(TRIGGER)][::-1], "triggers")


@stored
async def retrieve_trigger(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a trigger."""
    return triggers.shown(await request.get(TRIGGER, name), time.time())


@stored
async def update_trigger(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change the name of a trigger, pause it, or let it go on."""
    body, now = request.body, time.time()
    triggers.check_update(body)
    found = await request.change(TRIGGER, name, lambda before: triggers.updated(before, body, now))
    return triggers.shown(found, now)


@stored
async def delete_trigger(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a trigger."""
    await request.delete(TRIGGER, name)
    return {}


@stored
async def list_trigger_executions(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the executions of a trigger, the newest first."""
    await request.get(TRIGGER, name)
    own = [triggers.execution_shown(each) for each in await request.all(EXECUTION) if each["trigger_id"] == name]
    return page(request, own[::-1], "trigger_executions")


@stored
async def run_trigger(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Run a trigger: its interaction is answered in the background, as an exchange of its own."""
    trigger = await request.get(TRIGGER, name)
    facts = {"display_name": trigger.get("display_name")}
    outcome = await scripted_outcome(request, TRIGGER, trigger["interaction"], facts)
    execution = triggers.new_execution(trigger, time.time())
    await request.records.put(EXECUTION, execution["id"], execution)
    asked = [(PATH, triggers.interaction_of(trigger))]
    answer_later(request, outcome, (EXECUTION, execution["id"]), asked, partial(_keep, request.records, execution))
    return triggers.execution_shown(execution)


async def _keep(
    records: Records, execution: Document, results: Sequence[RequestResult]
) -> Callable[[Document], Document]:
    """Keep the interaction of an execution, and tell its trigger of it."""
    (result,) = results
    now, document = time.time(), mapping(orjson.loads(result.data))
    facts: dict[str, Any] = {"done": now}
    if result.status == 200 and result.outcome and result.outcome.reply and result.prompt:
        facts["interaction_id"] = document.get("id")
        for each in INTERACTIONS.to_store(result.outcome.reply, result.prompt, lambda: (execution["started"], now)):
            await records.put(each.kind, each.name, each.document)
    else:
        facts["error"] = text(mapping(document.get("error")).get("message")) or f"Status {result.status}"
    ended = {**execution, **facts}
    await records.change(
        TRIGGER, execution["trigger_id"], lambda before: None if before is None else triggers.after_run(before, ended)
    )
    return lambda before: {**before, **facts}
