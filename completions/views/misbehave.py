"""Steps 4 and 5 with faults: render and deliver the answer with the faults of the outcome."""

from collections.abc import Iterable, Sequence
from functools import partial
from operator import add

import orjson

from completions import budget
from completions.delivery import body_faults, line_faults
from completions.delivery.stream_faults import Ending, ending, pauses, spoil, spoil_frames
from completions.event import Event, Events, Frames
from completions.exceptions import RequestError
from completions.faults import ERRORS_IN_STREAM, TRANSPORT_EFFECTS, Effect, effect_of
from completions.outcome import Fault
from completions.resolve.overrides import FAULT_HEADER, IS_ERROR, NOT_STREAMED
from completions.views.edge import error_of
from completions.views.http import EventStream, ExchangeResponse, RawResponse, SeveredResponse, whole_response
from completions.views.streaming import check_framing, keep_alive, schedule_frames
from completions.views.turn import Turn
from completions.wire.base import StreamFailure
from completions.wire.content import arguments_of

STREAM_EFFECTS = frozenset({Effect.EMPTY, Effect.EVENTS, Effect.PAUSE, Effect.END, Effect.FRAMES})
"""Faults that apply to streams only; errors are never streamed."""

CALL_FAULTS = frozenset({"unknown_tool", "bad_arguments"})
"""Faults in the content that only a tool call can have."""

WEBSOCKET_FRAMES = "messages of a WebSocket have no line ends, and are sent whole"

NO_CHANGE = "it changes nothing of this answer"


async def misbehave(turn: Turn) -> ExchangeResponse | None:
    """Return the response with the faults of the outcome; None if it is to be sent as usual, possibly late."""
    effective = []
    for fault in turn.outcome.faults:
        if (why := _why_ineffective(fault, turn)) is None:
            effective.append(fault)
        elif turn.outcome.error is None or fault.name not in ERRORS_IN_STREAM:
            turn.note_ineffective(FAULT_HEADER, fault.name, why)
    turn.exchange.faults = tuple(effective)
    effects = {_effect(fault, turn): fault for fault in effective}
    if Effect.DELAY in effects:
        await line_faults.wait_until(turn.exchange.begun + effects[Effect.DELAY].parameters["ms"] / 1000)
    if Effect.CONNECTION in effects:
        return await _sever(turn, effects[Effect.CONNECTION])
    if effects.keys() & {Effect.BODY, Effect.TYPE}:
        return _over_faulty_line(turn, await _spoiled_body(turn, effective))
    if turn.is_stream:
        return _spoiled_stream(turn, effective)
    if turn.outcome.upstream is not None or turn.outcome.recorded is not None:
        return None  # `relay` and `play` send it over the faulty line
    return _over_faulty_line(turn, await _correct_response(turn)) if Effect.LINE in effects else None


def _why_ineffective(fault: Fault, turn: Turn) -> str | None:
    """Return why a fault has no effect on this answer, or None if it may have one."""
    reply = turn.outcome.reply
    effect = _effect(fault, turn)
    if turn.outcome.upstream is not None or turn.outcome.recorded is not None:
        return None if effect in TRANSPORT_EFFECTS else "another server answers"
    if reply is None:
        return IS_ERROR if effect in STREAM_EFFECTS or effect is Effect.CONTENT else None
    if effect is Effect.CONTENT:
        if reply.events is not None:
            return "its rule sets the exact events"
        return _why_impossible(fault, turn) if turn.prompt.task == "generate" else "this answer has no text"
    if effect in STREAM_EFFECTS and not turn.is_stream:
        return NOT_STREAMED
    return (
        WEBSOCKET_FRAMES if turn.is_stream and fault.name in turn.wire.framing(turn.prompt).ineffective_faults else None
    )


def _why_impossible(fault: Fault, turn: Turn) -> str | None:
    """Return why an answer of this API cannot have a fault in its calls, or None if it can."""
    if fault.name in CALL_FAULTS and not turn.wire.call_arguments:
        return "answers of this API have no tool calls"
    if fault.name == "bad_arguments" and turn.wire.call_arguments == "object" and not turn.is_stream:
        return "the arguments of its calls are JSON objects"
    if fault.name == "breaks_schema" and turn.wire.call_arguments == "object" and not turn.is_stream:
        choices = turn.outcome.reply.choices if turn.outcome.reply is not None else ()
        if any(choice.tool_calls and arguments_of(choice.tool_calls[0]) is None for choice in choices):
            return "the tool takes any object, and the arguments of its calls are JSON objects"
    return None


def _leave_out(turn: Turn, fault: Fault, why: str) -> None:
    """Note that a fault turned out to have no effect."""
    turn.note_ineffective(FAULT_HEADER, fault.name, why)
    turn.exchange.faults = tuple(each for each in turn.exchange.faults if each is not fault)


def _effect(fault: Fault, turn: Turn) -> Effect:
    """Return the effect of a fault on this answer: a reset within a stream happens at once if there is no stream."""
    return Effect.CONNECTION if fault.name == "reset" and not turn.is_stream else effect_of(fault)


async def _sever(turn: Turn, fault: Fault) -> SeveredResponse:
    if fault.name == "hang":
        wait = fault.parameters.get("ms")
        await line_faults.wait_until(None if wait is None else turn.exchange.begun + wait / 1000)
    return SeveredResponse(
        Ending.RESET if fault.name == "reset" else Ending.CLOSE, turn.wire.error(_not_possible(fault))
    )


async def _correct_response(turn: Turn) -> RawResponse:
    """Return the correct response: the complete answer, or the error."""
    if turn.outcome.error is None and turn.outcome.reply is not None:
        return whole_response(await budget.run(turn.wire.render, turn.outcome.reply, turn.prompt))
    return error_of(turn.outcome.error or _server_error(), turn.wire, turn.exchange)


async def _spoiled_body(turn: Turn, faults: Sequence[Fault]) -> RawResponse:
    """Return the response that is sent in place of the answer, the error or the stream."""
    correct = await _correct_response(turn)
    body = body_faults.ResponseBody(correct.content, correct.status_code, correct.headers["Content-Type"])
    for fault in faults:
        if _effect(fault, turn) in (Effect.BODY, Effect.TYPE):
            failed = turn.wire.error(turn.wire.adapt_error(turn.outcome.error or _server_error()))
            error = turn.wire.with_request_id(failed, turn.exchange.request_id)
            spoiled = body_faults.spoil(fault, body, orjson.dumps(error))
            if spoiled == body:
                _leave_out(turn, fault, NO_CHANGE)
            body = spoiled
    response = RawResponse(*body)
    if not response.foreign:
        response.add_headers(correct.headers)
    return response


def _over_faulty_line(turn: Turn, response: RawResponse) -> RawResponse:
    """Return a complete response that is sent through a faulty line."""
    _check_line(turn, len(response.content))
    if any(effect_of(fault) is Effect.LINE for fault in turn.exchange.faults):
        response.faults = turn.exchange.faults
    return response


def _check_line(turn: Turn, size: int) -> None:
    """Note line faults that have no effect on so few bytes."""
    for fault in turn.exchange.faults:
        if fault.parameters.get("bytes", 0) >= size > 0:
            _leave_out(turn, fault, f"this answer has {size} bytes")


def _spoiled_stream(turn: Turn, faults: Sequence[Fault]) -> EventStream:
    framing = turn.wire.framing(turn.prompt)
    check_framing(turn, framing)
    events = list(turn.events)
    for fault in faults:
        _check_place(turn, fault, events)
        events_before, events = events, _spoil_events(turn, events, [fault])
        if effect_of(fault) is Effect.EVENTS and events == events_before:
            _leave_out(turn, fault, NO_CHANGE)
        elif effect_of(fault) is Effect.END:
            _check_cut(turn, faults, fault, events)
    frames = list(framing.frames(events))
    for fault in faults:
        frames_before, frames = frames, spoil_frames(frames, events, fault, framing.keep_alive)
        if effect_of(fault) is Effect.FRAMES and frames == frames_before:
            _leave_out(turn, fault, NO_CHANGE)
    _check_line(turn, sum(map(len, frames)))
    faults = turn.exchange.faults
    *delays, last_delay = pauses(events, faults)
    pieces, record = schedule_frames(turn, Events(events), Frames(frames), lambda due: list(map(add, due, delays)))
    if pause := last_delay - (delays[-1] if delays else 0):
        pieces = line_faults.delay_end(pieces, pause)
    if ending(faults) is Ending.HOLD:
        pieces = line_faults.never_ending(pieces)
    return EventStream(keep_alive(turn, framing, pieces), record, framing, ending(faults), faults)


def _spoil_events(turn: Turn, events: list[Event], faults: Iterable[Fault]) -> list[Event]:
    for fault in faults:
        events = spoil(events, fault, partial(_error_events, turn, fault))
    return events


def _check_cut(turn: Turn, faults: Sequence[Fault], end: Fault, events: list[Event]) -> None:
    """Note the faults that changed only events after the point at which a later fault ends the stream."""
    events_before = faults[: faults.index(end) + 1]
    for at, fault in enumerate(events_before):
        if effect_of(fault) is not Effect.EVENTS or fault not in turn.exchange.faults:
            continue
        if _spoil_events(turn, list(turn.events), [*events_before[:at], *events_before[at + 1 :]]) == events:
            _leave_out(turn, fault, f"`{end.name}` ends the stream before it")


def _check_place(turn: Turn, fault: Fault, events: Sequence[Event]) -> None:
    """Note a position after the end of the stream: the fault applies at the end. A stall there still takes effect."""
    if fault.name == "stall":
        return
    limits = {"after_tokens": sum(event.token for event in events), "after_events": len(events)}
    for name, count in limits.items():
        if effect_of(fault) is not Effect.CONTENT and fault.parameters.get(name, 0) > max(count, 1):
            what = name.removeprefix("after_")
            turn.note_ineffective(FAULT_HEADER, f"{fault.name}; {name}", f"this stream has {count} {what}")


def _error_events(turn: Turn, fault: Fault, events_before: Sequence[Event]) -> list[Event]:
    event_name, flat = "error" if fault.name == "error_event" else "", bool(fault.parameters.get("flat"))
    error, request_id = turn.outcome.error or _server_error(), turn.exchange.request_id
    return turn.wire.error_events(StreamFailure(error, events_before, event_name, flat, request_id), turn.prompt)


def _server_error() -> RequestError:
    return RequestError(
        "The server had an error while processing your request.",
        status=500,
        type="server_error",
        code="server_error",
        facts={},
    )


def _not_possible(fault: Fault) -> RequestError:
    return RequestError(
        f"The fault `{fault.name}` acts on the connection, and this server does not let the application control it.",
        status=501,
        type="server_error",
        code="fault_not_possible",
    )
