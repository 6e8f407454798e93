"""The turns of sessions: the script is asked as by requests to the Messages API, and the log gets what follows.

A turn is computed at once, in a task, and its events have the times that the pacing gives them. A request that has sent
events waits for the task, unless that waits at a gate.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from completions import budget
from completions.conversation import Reply, ToolCall
from completions.delivery.stream import schedule
from completions.exceptions import RequestError
from completions.faults import Effect, effect_of
from completions.outcome import Outcome
from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.views.address import root_of
from completions.views.batch_requests import BATCH_HEADERS, RequestResult, answer_request
from completions.views.managed_agents.streams import wake_streams
from completions.views.stored import ResourceRequest
from completions.wire.anthropic.managed import answers, outcomes
from completions.wire.anthropic.managed.answers import MAX_ROUNDS, AnsweredSession, BlockTimes, Step
from completions.wire.anthropic.managed.conversation import message_request
from completions.wire.anthropic.managed.kinds import SESSION
from completions.wire.anthropic.managed.log import Entry, end_of, log_of
from completions.wire.anthropic.managed.received import begun
from completions.wire.fields import mapping, text
from completions.wire.registry import format_at

logger = logging.getLogger("completions")

MESSAGES = "/v1/messages"
HARMLESS_EFFECTS = frozenset({Effect.DELAY, Effect.CONTENT, Effect.PAUSE})
"""The effects of faults that do not keep a session from reading the model's answer."""

Key = tuple[str, str]
"""A session: its namespace and its id."""

_locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
_tasks: defaultdict[Key, dict[asyncio.Task[None], asyncio.Event]] = defaultdict(dict)
"""In this process: the locks of sessions whose turns are computed, and their tasks, with what tells of a gate."""


class Model(NamedTuple):
    """What a session's requests to the model need of the request that has sent its events."""

    space: Namespace
    headers: Mapping[bytes, bytes]
    root: str
    at_gate: asyncio.Event
    """Set while a turn waits at a gate."""


async def run_turns(request: ResourceRequest, name: str) -> None:
    """Have a session answer what waits for an answer; return once it has, or waits at a gate or for another turn."""
    headers = {name: value for name, value in request.headers.items() if name not in BATCH_HEADERS}
    model = Model(request.space, headers, root_of(request.http_request), asyncio.Event())
    key = (request.space.name, name)
    is_busy = bool(_tasks.get(key))
    task = asyncio.get_running_loop().create_task(_run_all(model, key))
    _tasks[key][task] = model.at_gate
    task.add_done_callback(lambda done: _forget(key, done))
    if is_busy:
        return
    gate = asyncio.ensure_future(model.at_gate.wait())
    try:
        await asyncio.wait((task, gate), return_when=asyncio.FIRST_COMPLETED)
    finally:
        gate.cancel()


def _forget(key: Key, task: asyncio.Task[None]) -> None:
    _tasks[key].pop(task, None)
    if not _tasks[key]:
        del _tasks[key]


def stop_turns(space: Namespace, name: str) -> None:
    """Let no turn of a session that is interrupted wait at a gate any longer.

    One that is being answered goes on, so that its request ends in the journal; its answer is dropped.
    """
    for task, at_gate in [*_tasks.get((space.name, name), {}).items()]:
        if at_gate.is_set():
            task.cancel()


async def _run_all(model: Model, key: Key) -> None:
    """Compute turns, one after another, until nothing waits for an answer."""
    lock = _locks.setdefault(key, asyncio.Lock())
    try:
        async with lock:
            while (record := await _begin(model.space, key[1])) is not None:
                await _run_turn(model, record)
    except Exception:
        logger.exception("A turn of %s failed", key[1])


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
    body = orjson.dumps(message_request(record))
    result = await answer_request(model.space, model.headers, MESSAGES, body, model.root)
    outcome = result.outcome
    if outcome is not None and outcome.hold is not None:
        model.at_gate.set()
        try:
            await model.space.gates.wait(outcome.hold.gate, outcome.hold.timeout_ms / 1000)
        except RequestError:  # nobody can say whether it is open
            logger.warning("The gate %s of %s could not be read", outcome.hold.gate, record["id"])
        finally:
            model.at_gate.clear()
        start = end_of(record, time.time())
    if (failure := _failure_of(result)) is not None:
        return answers.failed(*failure, attempt, start), True
    message, reply = mapping(orjson.loads(result.data)), outcome.reply if outcome is not None else None
    times = await budget.run(_times, result, start)
    session = AnsweredSession(record["agent"]["tools"], record["is_self_hosted"])
    return answers.answered(session, message, _calls_of(reply), start, times), False


def _failure_of(result: RequestResult) -> tuple[int, str] | None:
    """Return the status and the message of a failed request; None if the model has answered."""
    faults = () if result.outcome is None else result.outcome.faults
    if result.status < 400 and (fault := next((each for each in faults if _breaks(each)), None)) is not None:
        return 500, f"The connection to the model broke ({fault.name})."
    try:
        document = mapping(orjson.loads(result.data))
    except orjson.JSONDecodeError:
        return 500, "The model's answer is not JSON."
    if result.status >= 400:
        return result.status, text(mapping(document.get("error")).get("message")) or "The model request failed."
    return None if document.get("type") == "message" else (500, "The model's answer is not a message.")


def _breaks(fault: Any) -> bool:
    return effect_of(fault) not in HARMLESS_EFFECTS


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
