"""Steps 4 and 5 where a fault was chosen: render and deliver as told, wrongly."""

import orjson

from completions.conversation import Prompt
from completions.delivery import bodies
from completions.delivery.line import drip, held, silence, split
from completions.delivery.sabotage import Ending, ending, position, spoil, spoil_frames
from completions.exceptions import RequestError
from completions.faults import AFTER, FAULTS, Stage
from completions.journal.exchange import Exchange
from completions.outcome import Fault, Outcome
from completions.views.http import EventStream, RawResponse, Recorded, Severed
from completions.views.streaming import Way, stream
from completions.wire.base import WireFormat


async def misbehave(
    fault: Fault, outcome: Outcome, exchange: Exchange, wire: WireFormat, prompt: Prompt, way: Way
) -> Recorded | None:
    """Answer with a fault. None: the answer is to go out as it is, as a fault of streams leaves what is none."""
    streamed = prompt.stream and outcome.reply is not None
    stage = FAULTS[fault.name].stage
    if stage is Stage.HEADERS and streamed and AFTER.keys() & fault.parameters.keys():
        stage = Stage.STREAM  # a reset that waits for what is sent
    if stage is Stage.STREAM and not streamed:
        return None
    exchange.fault = fault.name
    match stage:
        case Stage.BODY:
            return _body(fault, outcome, wire, prompt, exchange.request_id)
        case Stage.STREAM:
            return _stream(fault, outcome, exchange, wire, prompt, way)
    return await _before_headers(fault, outcome, exchange, wire, prompt, way)


async def _before_headers(
    fault: Fault, outcome: Outcome, exchange: Exchange, wire: WireFormat, prompt: Prompt, way: Way
) -> Recorded | None:
    if fault.name in ("hang", "slow_headers"):
        wait = fault.parameters.get("ms")
        await silence(None if wait is None else exchange.begun + wait / 1000)
    if fault.name == "slow_headers":
        return _stream(fault, outcome, exchange, wire, prompt, way) if prompt.stream and outcome.reply else None
    return Severed(Ending.RESET if fault.name == "reset" else Ending.CLOSE, wire.error(_no_transport(fault)))


def _body(fault: Fault, outcome: Outcome, wire: WireFormat, prompt: Prompt, request_id: str) -> Recorded:
    """Return what comes in place of the whole answer, of the error, or of the stream."""
    if outcome.reply is not None:
        right = bodies.Sent.whole(wire.render(outcome.reply, prompt))
    else:
        failed = outcome.error or _failed()
        right = bodies.Sent(orjson.dumps(wire.identified(wire.error(failed), request_id)), failed.status)
    error = orjson.dumps(wire.identified(wire.error(_failed()), request_id))
    return RawResponse(*bodies.spoil(fault, right, error))


def _stream(
    fault: Fault, outcome: Outcome, exchange: Exchange, wire: WireFormat, prompt: Prompt, way: Way
) -> EventStream:
    assert outcome.reply is not None
    events = wire.events(outcome.reply, prompt)
    named, flat = "error" if fault.name == "error_event" else "", bool(fault.parameters.get("flat"))
    spoilt = spoil(events, fault, wire.error_events(_failed(), prompt, name=named, flat=flat))
    framing = wire.framing(prompt)
    frames = spoil_frames(framing.frames(spoilt), spoilt, fault, framing.keep_alive)
    late = fault.parameters.get("ms", 0) / 1000
    at = position(events, fault) if fault.name == "stall" else 0
    pieces, record = stream(
        spoilt, frames, outcome, exchange, way, lambda due: [*due[:at], *(each + late for each in due[at:])]
    )
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
