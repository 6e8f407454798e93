"""Between render and deliver: a stream's events, right or spoilt, with their times, their gate and their record."""

import functools
from collections.abc import AsyncGenerator, Callable, Sequence

from completions.conf import conf
from completions.delivery.pacing import schedule
from completions.delivery.stream import deliver, deliver_held
from completions.event import Event, after_tokens
from completions.gates import Gates
from completions.journal.exchange import Exchange, StreamRecord
from completions.outcome import Outcome

Pieces = AsyncGenerator[bytes, None]
Times = Callable[[list[float]], list[float]]


def stream(
    events: Sequence[Event], outcome: Outcome, exchange: Exchange, gates: Gates, retimed: Times | None = None
) -> tuple[Pieces, StreamRecord]:
    """Return a stream's pieces, and the record of what is sent of them; `retimed` may change when events are due."""
    frames, tokens = [event.data for event in events], [event.token for event in events]
    record = StreamRecord(exchange, frames, tokens, sum(event.chunk for event in events), log=conf.LOG_CHUNKS)
    due = schedule(tokens, outcome.pacing)
    if retimed is not None:
        due = retimed(due)
    hold = outcome.hold
    at = len(frames) if hold is None or hold.after_tokens is None else after_tokens(tokens, hold.after_tokens)
    if hold is None or at >= len(frames):  # a stream that is cut before its gate never comes to it
        return deliver(frames, due, exchange.started, sent=record.sent), record
    passed = functools.partial(gates.wait, hold.gate, hold.timeout_ms / 1000)
    return deliver_held(frames, due, exchange.started, at, passed, sent=record.sent), record
