"""The turns of sessions: the script is asked as by requests to the Messages API, and the log gets what follows."""

import time
from collections.abc import Sequence

import orjson

from completions import budget
from completions.conversation import Reply, ToolCall
from completions.delivery.stream import schedule
from completions.outcome import Outcome
from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.views.batch_requests import RequestResult
from completions.views.session_streams import wake_streams
from completions.views.session_turns import Model, Turns, ask_model, failure_of
from completions.wire.anthropic.managed import answers, outcomes
from completions.wire.anthropic.managed.answers import MAX_ROUNDS, AnsweredSession, BlockTimes, Step
from completions.wire.anthropic.managed.conversation import message_request
from completions.wire.anthropic.managed.kinds import SESSION
from completions.wire.anthropic.managed.received import begun
from completions.wire.fields import mapping
from completions.wire.registry import format_at
from completions.wire.session_log import Entry, end_of, log_of

MESSAGES = "/v1/messages"


async def _begin(space: Namespace, name: str) -> Document | None:
    """Begin a session's next turn, and return its record; None if there is nothing to answer, or no session."""
    began: list[Document] = []

    def edit(before: Document | None) -> Document | None:
        began.clear()
        if before is None or (after := begun(before, time.time())) is None:
            return None
        began.append(after)
        return after

    await space.records.change(SESSION, name, edit)
    wake_streams(space, name)
    return began[0] if began else None


async def _run_turn(model: Model, record: Document) -> None:
    """Ask the model until it has answered, waits for its client, or has failed."""
    attempt, rounds = 1, 0
    current: Document | None = record
    while current is not None:
        start = end_of(current, time.time())
        if rounds == MAX_ROUNDS:
            await _append(model.space, current, answers.too_many_rounds(start))
            return
        step, has_failed = await _ask(model, current, start, attempt)
        attempt, rounds = (attempt + 1, rounds) if has_failed else (1, rounds + 1)
        current = await _append(model.space, current, step.entries)
        if not step.continues:
            return


async def _append(space: Namespace, record: Document, entries: Sequence[Entry]) -> Document | None:
    """Append entries to a session's log, and return its record; None if the session is gone or was interrupted."""

    def edit(before: Document | None) -> Document | None:
        if before is None or before["interrupts"] != record["interrupts"]:
            return None
        return outcomes.evaluated({**before, "log": [*log_of(before), *entries], "updated": time.time()})

    changed = await space.records.change(SESSION, record["id"], edit)
    wake_streams(space, record["id"])
    return changed


async def _ask(model: Model, record: Document, start: float, attempt: int) -> tuple[Step, bool]:
    """Ask the model for the next step; return what follows, and whether the request has failed."""
    result, start = await ask_model(model, record["id"], MESSAGES, message_request(record), start)
    if (failure := failure_of(result, "message")) is not None:
        return answers.failed(failure.status, failure.message, attempt, start), True
    outcome = result.outcome
    message, reply = mapping(orjson.loads(result.data)), outcome.reply if outcome is not None else None
    times = await budget.run(_times, result, start)
    session = AnsweredSession(record["agent"]["tools"], record["is_self_hosted"])
    return answers.answered(session, message, _calls_of(reply), start, times), False


def _calls_of(reply: Reply | None) -> Sequence[ToolCall]:
    return () if reply is None or reply.body is not None or not reply.choices else reply.choices[0].tool_calls


def _times(result: RequestResult, start: float) -> BlockTimes:
    """Return when the blocks of an answer end, by the pacing of the rule that gave it."""
    outcome, prompt = result.outcome, result.prompt
    if prompt is None or outcome is None or outcome.reply is None or not _takes_time(outcome):
        return BlockTimes((), (), start)
    found = format_at(MESSAGES)
    assert found is not None, "it is a format's address"
    events = found[0].stream(outcome.reply, prompt)
    return answers.block_times(events, schedule(events.tokens, outcome.pacing), start)


def _takes_time(outcome: Outcome) -> bool:
    pacing = outcome.pacing
    return bool(pacing.ttft_ms or pacing.itl_ms or pacing.jitter)


TURNS = Turns(_begin, _run_turn)
"""The turns of these sessions in this process."""
