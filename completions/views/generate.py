"""The view of all generating formats: steps 2 to 5 of a request. The handler receives it, and the edge records it."""

import time
from collections.abc import Mapping

from django.http import HttpRequest

from completions import budget
from completions.conversation import Reply
from completions.delivery.stream import schedule
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.journal.record import StreamRecord
from completions.outcome import Ineffective
from completions.resolve.ask import answer, dialect_of
from completions.resolve.overrides import NOT_STREAMED, WithoutEffect
from completions.resolve.recall import keep, take
from completions.state.namespaces import namespace
from completions.views.address import root_of
from completions.views.announcements import announce_ends
from completions.views.edge import add_headers, endpoint, note_client, read_body
from completions.views.http import ExchangeResponse, whole_response
from completions.views.misbehave import misbehave
from completions.views.relaying import play, relay
from completions.views.streaming import check_chunks, stream, wait_like_a_stream
from completions.views.turn import Turn
from completions.wire.base import Span, WireFormat

LONG_RENDERING = 0.1
"""Seconds of rendering, as of the first stream that loads the tokenizer, after which the chunks' times count from its
end, so that they do not all leave at once."""


@endpoint("POST", by_format=True)
async def generate(request: HttpRequest, exchange: Exchange, /, wire: WireFormat, **route: str) -> ExchangeResponse:
    """Parse and resolve a request in the format `wire`, then render and deliver its answer."""
    turn = await _parse_and_resolve(request, exchange, wire, route)
    continued = turn.wire.continues_from(turn.prompt)
    try:
        if continued is None or turn.outcome.reply is None or not turn.space.script.validate:
            return await _render_and_deliver(turn)
        async with take(turn.space.records, turn.wire, continued):
            return await _render_and_deliver(turn)
    except WithoutEffect:
        await turn.space.give_back(turn.outcome.rule)
        raise


async def _render_and_deliver(turn: Turn) -> ExchangeResponse:
    """Return the response once it is due: steps 4 and 5."""
    if turn.outcome.error is not None and turn.outcome.error.given:
        turn.check_error(turn.outcome.error)
    if turn.outcome.pacing.load is not None or turn.outcome.hold is not None:
        await _wait_for_load_and_gate(turn)
    if turn.prompt.stream or turn.prompt.background or turn.outcome.pacing.whole:
        await _write_events(turn)
    if turn.outcome.reply is not None and turn.outcome.error is None:
        await _keep(turn, turn.outcome.reply)
    if turn.prompt.per_chunk is not None:
        check_chunks(turn)
    response = await misbehave(turn) if turn.outcome.faults else None
    return _with_headers(turn, response or await _respond(turn))


async def _parse_and_resolve(
    request: HttpRequest, exchange: Exchange, wire: WireFormat, route: Mapping[str, str]
) -> Turn:
    """Return the prompt and its outcome: steps 2 and 3."""
    exchange.world = space = namespace(exchange.namespace)
    if space.needs_check:
        await space.check_for_changes()
    exchange.codings = space.script.compression
    headers, body = note_client(request, exchange), read_body(request)
    exchange.request_body = body
    if wire.reads_address:
        route = {**request.GET.dict(), **route}
    if wire.needs_root:
        route = {**route, "root": root_of(request)}
    prompt, outcome = await answer(space, wire, headers, body, route, parsed=exchange.note_prompt)
    exchange.note_outcome(outcome)
    return Turn(exchange, space, dialect_of(wire, space.script), prompt, outcome)


async def _wait_for_load_and_gate(turn: Turn) -> None:
    """Wait for a place among the answers under load, which an error does not need, and for the gate to open."""
    load, hold = turn.outcome.pacing.load, turn.outcome.hold
    if load is not None and turn.outcome.reply is not None:
        turn.machine = turn.space.loads.of(load)
        with StreamRecord.in_queue():
            turn.exchange.queued = await turn.machine.enter()
        turn.exchange.on_end(turn.machine.leave)
    if hold is not None and hold.after_tokens is None:
        await turn.space.gates.wait(hold.gate, hold.timeout_ms / 1000)
    elif hold is not None and not turn.prompt.stream:
        turn.exchange.ineffective += (Ineffective("hold; after_tokens", NOT_STREAMED),)


async def _write_events(turn: Turn) -> None:
    """Render the events of an answer that takes time; if it is not streamed, wait as long as its stream would take."""
    if turn.outcome.reply is not None:
        start = time.monotonic()
        turn.events = await budget.run(turn.wire.stream, turn.outcome.reply, turn.prompt)
        if (elapsed := time.monotonic() - start) > LONG_RENDERING:
            turn.exchange.rendering = elapsed
    if turn.events and turn.outcome.pacing.whole and not (turn.prompt.stream or turn.prompt.background):
        await wait_like_a_stream(turn)


async def _keep(turn: Turn, reply: Reply) -> None:
    """Store the documents of an answer that does not end with an error, for clients that request them later."""
    if documents := turn.wire.to_store(reply, turn.prompt, _span(turn)):
        await keep(turn.space.records, documents)
        if turn.prompt.background:
            announce_ends(turn.space.records, documents)


def _span(turn: Turn) -> Span:
    """Return a function that returns when the answer begins and when it is complete, for the stored documents."""

    def span() -> tuple[float, float]:
        start = time.time() - (time.monotonic() - turn.exchange.begun)
        if not (turn.events and (turn.prompt.stream or turn.prompt.background)):
            return start, start
        due = schedule(turn.events.tokens, turn.outcome.pacing)
        return start + due[0], start + due[-1]

    return span


async def _respond(turn: Turn) -> ExchangeResponse:
    """Render the answer without faults: an error, a stream, or one body."""
    reply, prompt = turn.outcome.reply, turn.prompt
    if turn.outcome.upstream is not None:
        return await relay(turn)
    if turn.outcome.recorded is not None:
        return play(turn, turn.outcome.recorded)
    if reply is None:
        raise turn.outcome.error or RequestError("Nothing answers this.", status=500, type="server_error")
    if prompt.stream:
        return stream(turn)
    if reply.body is not None:  # its size is the script's, whatever the request
        return whole_response(turn.wire.render(reply, prompt))
    return whole_response(await budget.run(turn.wire.render, reply, prompt))


def _with_headers(turn: Turn, response: ExchangeResponse) -> ExchangeResponse:
    """Return the response with the API's headers; a verbatim document may be sent without them."""
    reply = turn.outcome.reply
    has_api_headers = reply is None or reply.verbatim(turn.wire.name) is None or not turn.wire.verbatim_without_headers
    if (has_api_headers or turn.exchange.headers) and not response.foreign:
        add_headers(response, turn.wire, turn.exchange, with_api_headers=has_api_headers)
        mark = turn.wire.headers_marker
        if mark is not None and has_api_headers and reply and mark in turn.exchange.request_body:
            response.add_headers(turn.wire.answer_headers(reply, turn.prompt))
    if turn.prompt.stream and not has_api_headers:
        response.leave_out_charset()
    return response
