"""Between render and deliver: the events of a stream with their schedule, their gate and their record."""

import contextlib
import functools
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import NamedTuple

from completions.conf import conf
from completions.delivery.line_faults import with_keep_alives
from completions.delivery.load import Machine
from completions.delivery.stream import Delivery, Pause, Sent, deliver_held, deliver_shared, schedule, wait
from completions.event import Event, Events, Frames, after_tokens
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.journal.record import StreamRecord
from completions.outcome import Hold, Ineffective
from completions.resolve.overrides import PACING_HEADER
from completions.views.http import EventStream, ExchangeResponse
from completions.views.turn import Turn
from completions.wire.framing import Framing

Pieces = AsyncGenerator[bytes, None]
Times = Callable[[list[float]], list[float]]

SCRIPT_NAMES = {"": "comment", "event": "name"}
"""The names in scripts of event fields that have another name in the stream."""


def stream(turn: Turn) -> EventStream:
    """Return the response that streams a turn's events without faults."""
    framing = turn.wire.framing(turn.prompt)
    check_framing(turn, framing)
    pieces, record = schedule_frames(turn, turn.events, framing.frames(turn.events))
    return EventStream(keep_alive(turn, framing, pieces), record, framing)


def check_framing(turn: Turn, framing: Framing) -> None:
    """Note the settings that the framing cannot carry: keep-alives, and fields of events that a script sets."""
    if turn.outcome.pacing.keep_alive_ms and not framing.keep_alive:
        turn.note_ineffective(PACING_HEADER, "keep_alive_ms", f"{framing.media_type} has no keep-alive")
    reply = turn.outcome.reply
    if reply is not None and reply.events is not None:
        fields = {name for event in reply.events for name, _ in event.fields}
        why = f"{framing.media_type} has no place for it"
        ineffective = [
            Ineffective(f"events; {SCRIPT_NAMES.get(name, name)}", why)
            for name in sorted(fields - {*framing.verbatim_fields})
        ]
        turn.exchange.ineffective += tuple(ineffective)


def check_chunks(turn: Turn) -> None:
    """Note that a chunk size is requested where the script, a cassette or another server defines the chunks."""
    outcome = turn.outcome
    if outcome.upstream or outcome.recorded or (outcome.reply is not None and outcome.reply.events is not None):
        turn.note_ineffective(PACING_HEADER, "tokens_per_chunk", "this answer's chunks are given as they are")


def keep_alive(turn: Turn, framing: Framing, pieces: Pieces) -> Pieces:
    """Return the pieces with the framing's keep-alives, at the interval of the pacing or else of the framing."""
    interval_ms = turn.outcome.pacing.keep_alive_ms
    interval = (framing.keep_alive_ms if interval_ms is None else interval_ms) / 1000
    if not interval or not framing.keep_alive or (isinstance(pieces, Delivery) and pieces.longest_silence < interval):
        return pieces
    return with_keep_alives(pieces, framing.keep_alive, interval)


def schedule_frames(
    turn: Turn, events: Events, frames: Frames, adjust_times: Times | None = None
) -> tuple[Pieces, StreamRecord]:
    """Return the frames on their schedule, and the record of what is sent; `adjust_times` may adjust the times."""
    tokens, exchange, hold = events.tokens, turn.exchange, turn.outcome.hold
    record = StreamRecord(exchange, frames, tokens, len(tokens) - events.others, log=conf.LOG_CHUNKS)
    due = schedule(tokens, turn.outcome.pacing)
    if adjust_times is not None:
        due = adjust_times(due)
    record.due(due)
    parts = _Frames(frames, tokens, due, turn.machine).deliver
    at = len(tokens) if hold is None or hold.after_tokens is None else after_tokens(tokens, hold.after_tokens)
    if hold is None or at >= len(tokens):  # a stream that is cut before its gate does not wait at it
        return parts(slice(None), exchange.begun, record.sent), record
    pause = Pause(at, due[at], functools.partial(_wait_at_gate, turn, hold))
    return deliver_held(parts, exchange.begun, pause, record.sent), record


class _Frames(NamedTuple):
    """A stream's frames, how many tokens each carries, when each is due, and the machine that the stream shares."""

    frames: Frames
    tokens: list[int]
    due: list[float]
    machine: Machine | None

    def deliver(self, part: slice, start: float, sent: Sent | None) -> Pieces:
        """Deliver some of the frames, whose times count from `start`, sharing the machine if there is one."""
        frames, due = self.frames[part], self.due[part]
        turns = self.machine.turns(due, self.tokens[part], start) if self.machine else None
        if turns is None:
            return Delivery(frames, due, start, sent=sent)
        return deliver_shared(frames, turns, start, sent=sent)


async def wait_like_a_stream(turn: Turn) -> None:
    """Wait as long as a stream of the turn's events would take."""
    tokens = turn.events.tokens
    due = schedule(tokens, turn.outcome.pacing)
    turns = turn.machine.turns(due, tokens, turn.exchange.begun) if turn.machine else None
    if turns is None:
        await wait(turn.exchange.begun + due[-1])
        return
    with turns:
        await turns.after(len(due) - 1)


async def _wait_at_gate(turn: Turn, hold: Hold) -> None:
    """Wait at a gate within the stream; if its state cannot be read, go on, because the stream has begun."""
    with contextlib.suppress(RequestError):
        await turn.space.gates.wait(hold.gate, hold.timeout_ms / 1000)


def replay(exchange: Exchange, events: Sequence[Event], due: Sequence[float], framing: Framing) -> ExchangeResponse:
    """Return the stream of a stored answer, whose events are due in so many seconds from now."""
    frames = framing.frames(events)
    tokens = [event.token for event in events]
    progress = StreamRecord(exchange, frames, tokens, len(frames), log=conf.LOG_CHUNKS)
    return EventStream(Delivery(frames, due, time.monotonic(), sent=progress.sent), progress, framing)
