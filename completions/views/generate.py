"""The views: one for every generating format, and a few that only look things up."""

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.http import HttpRequest

from completions.conversation import Prompt
from completions.event import Event
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.outcome import Load, Outcome
from completions.resolve import engine
from completions.resolve import models as catalog
from completions.resolve.admission import admit
from completions.resolve.overrides import Demand, demand
from completions.resolve.recall import keep, recall
from completions.state.ledger import Moved
from completions.state.namespaces import Namespace, namespace
from completions.views import keys as access
from completions.views.edge import add_headers, current, endpoint, read_body
from completions.views.http import EventStream, FastJsonResponse, Recorded, whole_response
from completions.views.misbehave import misbehave
from completions.views.streaming import Way, stream, take_time
from completions.wire.base import WireFormat


@endpoint("POST", by_format=True)
async def generate(request: HttpRequest, exchange: Exchange, /, wire: WireFormat, **route: str) -> Recorded:
    """Answer a generating request in the format `wire`: parse, resolve, render, deliver."""
    exchange.world = space = namespace(exchange.namespace)
    wire = wire.dialects.get(space.script.dialect, wire) if wire.dialects else wire
    prompt, outcome = await _resolve(request, exchange, wire, space, route)
    exchange.comes_to(outcome)
    way = Way(space.gates) if outcome.pacing.load is None else await _way(space, outcome.pacing.load, outcome, exchange)
    hold = outcome.hold
    if hold is not None and hold.after_tokens is None:
        await space.gates.wait(hold.gate, hold.timeout_ms / 1000)
    fault, reply = outcome.fault, outcome.reply
    late = outcome.pacing.whole and not prompt.stream and not prompt.background
    events: list[Event] = []
    if reply is not None and (prompt.stream or prompt.background or late):
        events = wire.events(reply, prompt)
    if late and events:
        await take_time(events, outcome, exchange, way)
    if reply is not None:
        await keep(space.records, wire, reply, prompt, events, outcome.pacing, exchange.begun)
    response: Recorded
    if fault is not None and (wrong := await misbehave(fault, outcome, exchange, wire, prompt, way)) is not None:
        response = wrong
    elif reply is None:
        raise outcome.error or RequestError("Nothing answers this.", status=500, type="server_error")
    elif prompt.stream:
        framing = wire.framing(prompt)
        pieces, record = stream(events, framing.frames(events), outcome, exchange, way)
        response = EventStream(pieces, record, framing.media_type)
    else:
        response = whole_response(wire.render(reply, prompt))
    own = reply is None or reply.body is None or not wire.bare
    if (own or exchange.headers) and not response.foreign:
        add_headers(response, wire, exchange, own=own)
    return response


async def _resolve(
    request: HttpRequest, exchange: Exchange, wire: WireFormat, space: Namespace, route: Mapping[str, str]
) -> tuple[Prompt, Outcome]:
    """Parse and resolve; once more where another process has changed the script meanwhile."""
    if wire.routed:
        route = {**request.GET.dict(), **route}
    while True:
        script = space.script
        try:
            headers, asked, prompt = await _parse(request, exchange, wire, space, route)
        except RequestError:
            if await space.refresh():
                continue
            raise
        try:
            if script.limits or script.quota:
                return prompt, await access.resolve(space, prompt, headers, exchange, asked)
            return prompt, await engine.resolve(space, prompt, asked)
        except Moved:
            await space.refresh()


async def _parse(
    request: HttpRequest, exchange: Exchange, wire: WireFormat, space: Namespace, route: Mapping[str, str]
) -> tuple[access.Headers, Demand | None, Prompt]:
    """Return what a request is and asks for; raise what the script has to say against it."""
    script = space.script
    headers = access.identify(request, exchange, script.keys)
    asked = demand(headers)
    body = exchange.request_body = read_body(request)
    prompt = wire.parse(body, LazyHeaders(request), validate=script.validate, route=route)
    exchange.asks(prompt)
    prompt = await recall(space.records, wire, prompt, validate=script.validate)
    if script.validate:
        prompt = admit(prompt, wire, script.models, len(body))
        await catalog.check(space, prompt.model)
    return headers, asked, prompt


@endpoint("GET", "HEAD")
async def model_list(request: HttpRequest, exchange: Exchange, /, wire: WireFormat) -> Recorded:
    """List the script's models."""
    space = await current(exchange)
    access.identify(request, exchange, space.script.keys)
    response = FastJsonResponse(wire.model_list(await catalog.listed(space), request.GET.dict()))
    add_headers(response, wire, exchange)
    return response


@endpoint("GET", "HEAD", "DELETE")
async def model_detail(request: HttpRequest, exchange: Exchange, /, wire: WireFormat, name: str) -> Recorded:
    """Show one of the script's models, or delete it."""
    space = await current(exchange)
    access.identify(request, exchange, space.script.keys)
    document = wire.model(name, await catalog.listed(space, name))
    if request.method == "DELETE":
        document = await catalog.delete(space, name)
    response = FastJsonResponse(document)
    add_headers(response, wire, exchange)
    return response


@endpoint("GET", "HEAD")
async def listing(
    request: HttpRequest, exchange: Exchange, /, wire: WireFormat, document: Callable[[Collection[str]], dict[str, Any]]
) -> Recorded:
    """Answer with what an API tells of the script's models; errors are those of the format `wire`."""
    space = await current(exchange)
    access.identify(request, exchange, space.script.keys)
    return FastJsonResponse(document(await catalog.listed(space)))


@endpoint()
async def not_found(request: HttpRequest, exchange: Exchange, /, wire: WireFormat | None = None) -> Recorded:
    """Refuse an address that no other view has, as the API does to which it would belong."""
    raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404, facts={})


async def _way(space: Namespace, load: Load, outcome: Outcome, exchange: Exchange) -> Way:
    """Return what stands in the way of an answer, once it has its place; an honest error needs none."""
    if outcome.reply is None:
        return Way(space.gates)
    machine = space.loads.of(load)
    exchange.queued = await machine.enter()
    exchange.also_at_end(machine.leave)
    return Way(space.gates, machine)


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
