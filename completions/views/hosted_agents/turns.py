"""The turns of sessions: the script is asked as by requests to the Responses API, and the log gets what follows."""

import time
from collections.abc import Callable, Sequence

import orjson

from completions import budget
from completions.conversation import Reply, ToolCall
from completions.delivery.stream import schedule
from completions.exceptions import RequestError
from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.views.batch_requests import RequestResult
from completions.views.session_streams import wake_streams
from completions.views.session_turns import Model, Turns, ask_model, failure_of
from completions.wire.fields import mapping
from completions.wire.openai.hosted_agents import received
from completions.wire.openai.hosted_agents.answers import MAX_ROUNDS, Timed, answered, failure
from completions.wire.openai.hosted_agents.conversation import response_request
from completions.wire.openai.hosted_agents.kinds import SESSION
from completions.wire.openai.responses.stream import narrate
from completions.wire.registry import format_at
from completions.wire.session_log import end_of

RESPONSES = "/v1/responses"


async def _change(
    space: Namespace, name: str, edit: Callable[[Document], Document | None], interrupts: int | None = None
) -> Document | None:
    """Change a session, and return it; None if there is none, nothing changes, or it was cancelled meanwhile."""
    changed: list[Document | None] = []

    def edit_if_there(before: Document | None) -> Document | None:
        is_gone = before is None or interrupts not in (None, before["interrupts"])
        after = None if is_gone or before is None else edit(before)
        changed[:] = [after]
        return after

    await space.records.change(SESSION, name, edit_if_there)
    wake_streams(space, name)
    return changed[0]


async def _begin(space: Namespace, name: str) -> Document | None:
    return await _change(space, name, received.begun)


async def _run_turn(model: Model, record: Document) -> None:
    """Ask the model until it has answered, waits for its client, or has failed."""
    current: Document | None = record
    while current is not None:
        if current["turn"]["rounds"] == MAX_ROUNDS:
            why = f"The turn reached the limit of {MAX_ROUNDS} requests to the model."
            await _fail(model.space, current, RequestError(why, status=500), end_of(current, time.time()))
            return
        current = await _ask(model, current)


async def _fail(space: Namespace, record: Document, exc: RequestError, at: float) -> None:
    told = failure(exc)
    await _change(
        space, record["id"], lambda before: received.after_failure(before, told, at), interrupts=record["interrupts"]
    )


async def _ask(model: Model, record: Document) -> Document | None:
    """Ask the model for the next step, and return the session if it asks again."""
    start = end_of(record, time.time())
    result, start = await ask_model(model, record["id"], RESPONSES, response_request(record), start)
    error = failure_of(result, "response") or _incomplete(result)
    if error is not None:
        await _fail(model.space, record, error, start)
        return None
    events = await budget.run(_timed_events, result, start)
    step = answered(record, _calls_of(result), events)
    usage = mapping(mapping(orjson.loads(result.data)).get("usage"))
    end = events[-1][0] if events else start
    continues: list[bool] = []

    def edit(before: Document) -> Document:
        after, asks_again = received.after_step(before, step, usage, end)
        continues[:] = [asks_again]
        return after

    after = await _change(model.space, record["id"], edit, interrupts=record["interrupts"])
    return after if continues and continues[0] else None


def _incomplete(result: RequestResult) -> RequestError | None:
    """Return the error of an answer that is not whole."""
    document = mapping(orjson.loads(result.data))
    if document.get("status") != "incomplete":
        return None
    reason = str(mapping(document.get("incomplete_details")).get("reason"))
    return RequestError(f"The model's answer is incomplete: {reason}.", code=reason)


def _calls_of(result: RequestResult) -> Sequence[ToolCall]:
    reply: Reply | None = None if result.outcome is None else result.outcome.reply
    return () if reply is None or reply.body is not None or not reply.choices else reply.choices[0].tool_calls


def _timed_events(result: RequestResult, start: float) -> list[Timed]:
    """Return the events of an answer's stream with their times, by the pacing of the rule that gave it."""
    outcome, prompt = result.outcome, result.prompt
    if prompt is None or outcome is None or outcome.reply is None:
        document = orjson.loads(result.data)
        return [(start, orjson.loads(event.data)) for event in narrate(document, None, "default", obfuscate=False)]
    found = format_at(RESPONSES)
    assert found is not None, "it is a format's address"
    events = found[0].stream(outcome.reply, prompt)
    due = schedule(events.tokens, outcome.pacing)
    return [(start + after, orjson.loads(event.data or b"{}")) for event, after in zip(events, due, strict=True)]


TURNS = Turns(_begin, _run_turn)
"""The turns of these sessions in this process."""
