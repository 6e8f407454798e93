"""Steps 4 and 5 where faults were chosen: render and deliver as told, wrongly."""

from collections.abc import Sequence
from functools import partial
from operator import add

import orjson

from completions import budget
from completions.delivery import bodies, line
from completions.delivery.sabotage import Ending, ending, pauses, spoil, spoil_frames
from completions.event import Event
from completions.exceptions import RequestError
from completions.faults import Effect, effect_of
from completions.outcome import Fault
from completions.views.edge import error_of
from completions.views.http import EventStream, RawResponse, Recorded, Severed, whole_response
from completions.views.streaming import keep_alive, schedule_frames
from completions.views.turn import Turn
from completions.wire.base import StreamFailure

ANY_ANSWER = frozenset({Effect.CONTENT, Effect.CONNECTION, Effect.DELAY, Effect.BODY, Effect.TYPE, Effect.LINE})
"""What strikes an answer that is not streamed, and an error."""


async def misbehave(turn: Turn) -> Recorded | None:
    """Answer with the faults of the outcome. None: the answer goes out as it is, perhaps late."""
    struck = [fault for fault in turn.outcome.faults if _strikes(fault, turn)]
    turn.exchange.faults = tuple(struck)
    effects = {_effect(fault, turn): fault for fault in struck}
    if Effect.DELAY in effects:
        await line.silence(turn.exchange.begun + effects[Effect.DELAY].parameters["ms"] / 1000)
    if Effect.CONNECTION in effects:
        return await _sever(turn, effects[Effect.CONNECTION])
    if effects.keys() & {Effect.BODY, Effect.TYPE}:
        return _on_line(await _body(turn, struck), struck)
    if turn.is_stream:
        return _stream(turn, struck)
    return _on_line(await _right(turn), struck) if Effect.LINE in effects else None


def _strikes(fault: Fault, turn: Turn) -> bool:
    """Tell whether a fault has an effect on this answer."""
    if effect_of(fault) is Effect.CONTENT:
        return turn.outcome.reply is not None and turn.outcome.reply.events is None
    return turn.is_stream or _effect(fault, turn) in ANY_ANSWER


def _effect(fault: Fault, turn: Turn) -> Effect:
    """Return what a fault acts on here: a reset within a stream is one at once where there is no stream."""
    return Effect.CONNECTION if fault.name == "reset" and not turn.is_stream else effect_of(fault)


async def _sever(turn: Turn, fault: Fault) -> Severed:
    if fault.name == "hang":
        wait = fault.parameters.get("ms")
        await line.silence(None if wait is None else turn.exchange.begun + wait / 1000)
    return Severed(Ending.RESET if fault.name == "reset" else Ending.CLOSE, turn.wire.error(_no_transport(fault)))


async def _right(turn: Turn) -> RawResponse:
    """Return the whole answer, or the error, as it should be."""
    if turn.outcome.error is None and turn.outcome.reply is not None:
        return whole_response(await budget.run(turn.wire.render, turn.outcome.reply, turn.prompt))
    return error_of(turn.outcome.error or _failed(), turn.wire, turn.exchange)


async def _body(turn: Turn, faults: Sequence[Fault]) -> RawResponse:
    """Return what comes in place of the whole answer, of the error, or of the stream."""
    right = await _right(turn)
    sent = bodies.Sent(right.content, right.status_code, right.headers["Content-Type"])
    for fault in faults:
        if _effect(fault, turn) in (Effect.BODY, Effect.TYPE):
            failed = turn.wire.error(turn.wire.refused(turn.outcome.error or _failed()))
            error = turn.wire.identified(failed, turn.exchange.request_id)
            sent = bodies.spoil(fault, sent, orjson.dumps(error))
    wrong = RawResponse(*sent)
    if not wrong.foreign:
        wrong.add_headers(right.headers)
    return wrong


def _on_line(response: RawResponse, faults: Sequence[Fault]) -> RawResponse:
    """Return a whole response that goes out as the line carries it."""
    if any(effect_of(fault) is Effect.LINE for fault in faults):
        response.pieces = line.over(faults, line.once(response.content))
    return response


def _stream(turn: Turn, faults: Sequence[Fault]) -> EventStream:
    events, framing = turn.events, turn.wire.framing(turn.prompt)
    for fault in faults:
        events = spoil(events, fault, partial(_error_events, turn, fault))
    frames = framing.frames(events)
    for fault in faults:
        frames = spoil_frames(frames, events, fault, framing.keep_alive)
    *late, last = pauses(events, faults)
    pieces, record = schedule_frames(turn, events, frames, lambda due: list(map(add, due, late)))
    if pause := last - (late[-1] if late else 0):
        pieces = line.late_end(pieces, pause)
    if ending(faults) is Ending.HOLD:
        pieces = line.held(pieces)
    pieces = line.over(faults, keep_alive(turn, framing, pieces))
    return EventStream(pieces, record, framing.media_type, ending(faults))


def _error_events(turn: Turn, fault: Fault, before: Sequence[Event]) -> list[Event]:
    named, flat = "error" if fault.name == "error_event" else "", bool(fault.parameters.get("flat"))
    return turn.wire.error_events(StreamFailure(turn.outcome.error or _failed(), before, named, flat), turn.prompt)


def _failed() -> RequestError:
    return RequestError(
        "The server had an error while processing your request.",
        status=500,
        type="server_error",
        code="server_error",
        facts={},
    )


def _no_transport(fault: Fault) -> RequestError:
    return RequestError(
        f"The fault `{fault.name}` acts on the connection, and this server does not give it to the application.",
        status=501,
        type="server_error",
        code="fault_not_possible",
    )
