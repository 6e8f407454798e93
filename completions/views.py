"""The views: one for every generating format, and a few that only look things up."""

import functools
from collections.abc import Iterator, Mapping

from django.http import HttpRequest

from completions import access, engine
from completions.admission import admit
from completions.conversation import Prompt
from completions.delivery.pacing import schedule
from completions.delivery.stream import wait
from completions.demand import demand
from completions.endpoints import add_headers, endpoint, read_body
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.misbehave import misbehave
from completions.outcome import Outcome
from completions.responses import EventStream, FastJsonResponse, Recorded
from completions.state.ledger import Moved
from completions.state.namespaces import Namespace, namespace
from completions.streaming import stream
from completions.wire import models as wire_models
from completions.wire.base import WireFormat


@endpoint("POST")
async def generate(request: HttpRequest, exchange: Exchange, wire: WireFormat) -> Recorded:
    """Answer a generating request in the format `wire`: parse, resolve, render, deliver."""
    space = namespace(exchange.namespace)
    prompt, outcome = await _resolve(request, exchange, wire, space)
    hold = outcome.hold
    if hold is not None and hold.after_tokens is None:
        await space.gates.wait(hold.gate, hold.timeout_ms / 1000)
    fault, reply = outcome.fault, outcome.reply
    if outcome.pacing.whole and reply is not None and not prompt.stream:
        due = schedule([event.token for event in wire.events(reply, prompt)], outcome.pacing)
        await wait(exchange.started + due[-1])
    response: Recorded
    if (
        fault is not None
        and (wrong := await misbehave(fault, outcome, exchange, wire, prompt, space.gates)) is not None
    ):
        response = wrong
    elif reply is None:
        raise outcome.error or RequestError("Nothing answers this.", status=500, type="server_error")
    elif prompt.stream:
        response = EventStream(*stream(wire.events(reply, prompt), outcome, exchange, space.gates), wire.media_type)
    else:
        response = FastJsonResponse(wire.render(reply, prompt))
    own = wire if reply is None or reply.body is None else None  # a document given word by word comes without them
    if own is not None or exchange.headers:
        add_headers(response, own, exchange)
    return response


async def _resolve(
    request: HttpRequest, exchange: Exchange, wire: WireFormat, space: Namespace
) -> tuple[Prompt, Outcome]:
    """Parse and resolve; once more where another process has changed the script meanwhile."""
    while True:
        script = space.script
        try:
            headers = access.identify(request, exchange, script.keys)
            asked = demand(headers)
            body = exchange.request_body = read_body(request)
            prompt = wire.parse(body, LazyHeaders(request), validate=script.validate)
            exchange.asks(prompt)
            if script.validate:
                admit(prompt, script.models, len(body))
            if script.limits or script.quota:
                outcome = await access.resolve(space, prompt, headers, exchange, asked)
            else:
                outcome = await engine.resolve(space, prompt, asked)
        except Moved:
            await space.refresh()
        except RequestError:
            if exchange.at_end is not None or not await space.refresh():
                raise
        else:
            exchange.comes_to(outcome, unmatched=outcome.rule is None and (asked is None or asked.error is None))
            return prompt, outcome


@endpoint("GET", "HEAD")
async def model_list(request: HttpRequest, exchange: Exchange) -> Recorded:
    """List the script's models."""
    script = (await _current(exchange)).script
    access.identify(request, exchange, script.keys)
    return FastJsonResponse(wire_models.model_list(script.models))


@endpoint("GET", "HEAD")
async def model_detail(request: HttpRequest, exchange: Exchange, name: str) -> Recorded:
    """Show one of the script's models."""
    script = (await _current(exchange)).script
    access.identify(request, exchange, script.keys)
    return FastJsonResponse(wire_models.find(name, script.models))


@endpoint()
async def not_found(request: HttpRequest, exchange: Exchange) -> Recorded:
    """Refuse an address that no other view has."""
    raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)


async def _current(exchange: Exchange) -> Namespace:
    """Return the namespace of a request that does not resolve anything, with what other processes pushed."""
    space = namespace(exchange.namespace)
    await space.refresh()
    return space


class LazyHeaders(Mapping[str, str]):
    """A request's headers by lower-case name, read when a script first asks for one."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @functools.cached_property
    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self._request.headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)
