"""Steps 4 and 5 where a fault was chosen: render and deliver as told, wrongly."""

import orjson

from completions.delivery import bodies
from completions.delivery.line import drip, held, silence, split
from completions.delivery.sabotage import Ending, ending, position, spoil, spoil_frames
from completions.exceptions import RequestError
from completions.faults import AFTER, FAULTS, Stage
from completions.outcome import Fault
from completions.views.http import EventStream, RawResponse, Recorded, Severed
from completions.views.streaming import schedule_frames
from completions.views.turn import Turn


async def misbehave(turn: Turn, fault: Fault) -> Recorded | None:
    """Answer with a fault. None: the answer is to go out as it is, as a fault of streams leaves what is none."""
    stage = FAULTS[fault.name].stage
    if stage is Stage.HEADERS and turn.is_stream and AFTER.keys() & fault.parameters.keys():
        stage = Stage.STREAM  # a reset that waits for what is sent
    if stage is Stage.STREAM and not turn.is_stream:
        return None
    turn.exchange.fault, turn.exchange.fault_parameters = fault.name, fault.parameters
    match stage:
        case Stage.BODY:
            return _body(turn, fault)
        case Stage.STREAM:
            return _stream(turn, fault)
    return await _before_headers(turn, fault)


async def _before_headers(turn: Turn, fault: Fault) -> Recorded | None:
    if fault.name in ("hang", "slow_headers"):
        wait = fault.parameters.get("ms")
        await silence(None if wait is None else turn.exchange.begun + wait / 1000)
    if fault.name == "slow_headers":
        return _stream(turn, fault) if turn.is_stream else None
    return Severed(Ending.RESET if fault.name == "reset" else Ending.CLOSE, turn.wire.error(_no_transport(fault)))


def _body(turn: Turn, fault: Fault) -> Recorded:
    """Return what comes in place of the whole answer, of the error, or of the stream."""
    wire, outcome = turn.wire, turn.outcome
    if outcome.reply is not None:
        right = bodies.Sent.whole(wire.render(outcome.reply, turn.prompt))
    else:
        failed = wire.refused(outcome.error or _failed())
        right = bodies.Sent(_error(turn, failed), failed.status)
    return RawResponse(*bodies.spoil(fault, right, _error(turn, _failed())))


def _error(turn: Turn, exc: RequestError) -> bytes:
    return orjson.dumps(turn.wire.identified(turn.wire.error(exc), turn.exchange.request_id))


def _stream(turn: Turn, fault: Fault) -> EventStream:
    named, flat = "error" if fault.name == "error_event" else "", bool(fault.parameters.get("flat"))
    error = turn.wire.error_events(_failed(), turn.prompt, name=named, flat=flat)
    events, framing = spoil(turn.events, fault, error), turn.wire.framing(turn.prompt)
    frames = spoil_frames(framing.frames(events), events, fault, framing.keep_alive)
    late = fault.parameters.get("ms", 0) / 1000
    at = position(turn.events, fault) if fault.name == "stall" else 0
    pieces, record = schedule_frames(turn, events, frames, lambda due: [*due[:at], *(each + late for each in due[at:])])
    if fault.name == "split_bytes":
        pieces = split(pieces, int(fault.parameters["bytes"]))
    elif fault.name == "drip":
        pieces = drip(pieces, fault.parameters["bytes_per_second"])
    elif ending(fault) is Ending.HOLD:
        pieces = held(pieces)
    return EventStream(pieces, record, framing.media_type, ending(fault))


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
