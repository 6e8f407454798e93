"""The turns of sessions of agents: each is computed in a task, in which the script is asked as by a client's requests.

A turn is computed at once, and its events have the times that the pacing gives them. A request that has sent events
waits for the task, unless that waits at a gate.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from completions.exceptions import RequestError
from completions.faults import Effect, effect_of
from completions.outcome import Fault
from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.views.address import root_of
from completions.views.batch_requests import BATCH_HEADERS, RequestResult, answer_request
from completions.views.stored import ResourceRequest
from completions.wire.fields import mapping, text

logger = logging.getLogger("completions")

HARMLESS_EFFECTS = frozenset({Effect.DELAY, Effect.CONTENT, Effect.PAUSE})
"""The effects of faults that do not keep a session from reading the model's answer."""

Key = tuple[str, str]
"""A session: its namespace and its id."""


class Model(NamedTuple):
    """What a session's requests to the model need of the request that has sent its events."""

    space: Namespace
    headers: Mapping[bytes, bytes]
    root: str
    at_gate: asyncio.Event
    """Set while a turn waits at a gate."""


Begin = Callable[[Namespace, str], Awaitable[Document | None]]
"""Begins a session's next turn, and returns its record; None if there is nothing to answer, or no session."""

RunTurn = Callable[[Model, Document], Awaitable[None]]
"""Asks the model until it has answered, waits for its client, or has failed."""


class Turns:
    """The turns of one API's sessions in this process."""

    def __init__(self, begin: Begin, run_turn: RunTurn) -> None:
        self._begin, self._run_turn = begin, run_turn
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._tasks: defaultdict[Key, dict[asyncio.Task[None], asyncio.Event]] = defaultdict(dict)

    async def run(self, request: ResourceRequest, name: str) -> None:
        """Have a session answer what waits for it; return once it has, or waits at a gate or for another turn."""
        headers = {name: value for name, value in request.headers.items() if name not in BATCH_HEADERS}
        model = Model(request.space, headers, root_of(request.http_request), asyncio.Event())
        key = (request.space.name, name)
        is_busy = bool(self._tasks.get(key))
        task = asyncio.get_running_loop().create_task(self._run_all(model, key))
        self._tasks[key][task] = model.at_gate
        task.add_done_callback(lambda done: self._forget(key, done))
        if is_busy:
            return
        gate = asyncio.ensure_future(model.at_gate.wait())
        try:
            await asyncio.wait((task, gate), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gate.cancel()

    def _forget(self, key: Key, task: asyncio.Task[None]) -> None:
        self._tasks[key].pop(task, None)
        if not self._tasks[key]:
            del self._tasks[key]

    def stop(self, space: Namespace, name: str) -> None:
        """Let no turn of a session that is interrupted wait at a gate any longer.

        One that is being answered goes on, so that its request ends in the journal; its answer is dropped.
        """
        for task, at_gate in [*self._tasks.get((space.name, name), {}).items()]:
            if at_gate.is_set():
                task.cancel()

    async def _run_all(self, model: Model, key: Key) -> None:
        """Compute turns, one after another, until nothing waits for an answer."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                while (record := await self._begin(model.space, key[1])) is not None:
                    await self._run_turn(model, record)
        except Exception:
            logger.exception("A turn of %s failed", key[1])


async def ask_model(
    model: Model, name: str, path: str, body: Mapping[str, Any], start: float
) -> tuple[RequestResult, float]:
    """Ask the model for the next step of a session; return the result, and when it was there: later behind a gate."""
    result = await answer_request(model.space, model.headers, path, orjson.dumps(body), model.root)
    hold = None if result.outcome is None else result.outcome.hold
    if hold is None:
        return result, start
    model.at_gate.set()
    try:
        await model.space.gates.wait(hold.gate, hold.timeout_ms / 1000)
    except RequestError:  # nobody can say whether it is open
        logger.warning("The gate %s of %s could not be read", hold.gate, name)
    finally:
        model.at_gate.clear()
    return result, max(start, time.time())


def failure_of(result: RequestResult, kind: str) -> RequestError | None:
    """Return the error of a failed request; None if the answer is a document of this kind, by its type or object."""
    faults = () if result.outcome is None else result.outcome.faults
    if result.status < 400 and (fault := next((each for each in faults if _breaks(each)), None)) is not None:
        return RequestError(f"The connection to the model broke ({fault.name}).", status=500, code="connection_failed")
    try:
        document = mapping(orjson.loads(result.data))
    except orjson.JSONDecodeError:
        return RequestError("The model's answer is not JSON.", status=500)
    if result.status >= 400:
        error = mapping(document.get("error"))
        message = text(error.get("message")) or "The model request failed."
        return RequestError(message, status=result.status, code=text(error.get("code")) or None)
    if kind in (document.get("type"), document.get("object")):
        return None
    return RequestError(f"The model's answer is not a {kind}.", status=500)


def _breaks(fault: Fault) -> bool:
    return effect_of(fault) not in HARMLESS_EFFECTS
