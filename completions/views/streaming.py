"""Between render and deliver: a stream's events, right or spoilt, with their times, their gate and their record."""

import contextlib
import functools
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import NamedTuple

from completions.conf import conf
from completions.delivery.gates import Gates
from completions.delivery.load import Machine
from completions.delivery.pacing import schedule
from completions.delivery.stream import Sent, deliver, deliver_held, deliver_shared, wait
from completions.event import Event, after_tokens
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.journal.record import StreamRecord
from completions.outcome import Hold, Outcome

Pieces = AsyncGenerator[bytes, None]
Times = Callable[[list[float]], list[float]]


class Way(NamedTuple):
    """What stands in the way of an answer: the namespace's gates, and the machine that it shares, if any."""

    gates: Gates
    machine: Machine | None = None


def stream(
    events: Sequence[Event],
    frames: list[bytes],
    outcome: Outcome,
    exchange: Exchange,
    way: Way,
    retimed: Times | None = None,
) -> tuple[Pieces, StreamRecord]:
    """Return a stream's pieces, and the record of what is sent of them; `retimed` may change when events are due."""
    tokens = [event.token for event in events]
    record = StreamRecord(exchange, frames, tokens, sum(event.chunk for event in events), log=conf.LOG_CHUNKS)
    due = schedule(tokens, outcome.pacing)
    if retimed is not None:
        due = retimed(due)
    record.due(due)
    start, hold = exchange.begun, outcome.hold
    parts = functools.partial(_part, frames, tokens, due, way.machine)
    at = len(frames) if hold is None or hold.after_tokens is None else after_tokens(tokens, hold.after_tokens)
    if hold is None or at >= len(frames):  # a stream that is cut before its gate never comes to it
        return parts(slice(None), start, record.sent), record
    passed = functools.partial(_wait, way.gates, hold)
    return deliver_held(parts, start, at, due[at], passed, sent=record.sent), record


def _part(
    frames: list[bytes],
    tokens: list[bool],
    due: list[float],
    machine: Machine | None,
    part: slice,
    start: float,
    sent: Sent | None,
) -> Pieces:
    """Deliver some of the frames, whose times count from `start`, alone or in turn with others."""
    turns = machine.turns(due[part], tokens[part], start) if machine else None
    if turns is None:
        return deliver(frames[part], due[part], start, sent=sent)
    return deliver_shared(frames[part], turns, start, sent=sent)


async def take_time(events: Sequence[Event], outcome: Outcome, exchange: Exchange, way: Way) -> None:
    """Wait for as long as a stream of these events would take."""
    tokens = [event.token for event in events]
    due = schedule(tokens, outcome.pacing)
    turns = way.machine.turns(due, tokens, exchange.begun) if way.machine else None
    if turns is None:
        await wait(exchange.begun + due[-1])
        return
    with turns:
        await turns.after(len(due) - 1)


async def _wait(gates: Gates, hold: Hold) -> None:
    """Wait at a gate midway; where nobody can say whether it is open, the stream goes on, for it has begun."""
    with contextlib.suppress(RequestError):
        await gates.wait(hold.gate, hold.timeout_ms / 1000)
