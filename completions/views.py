"""The views: one for every generating format, and a few that only look things up."""

import functools
import logging
import time
from asyncio import CancelledError
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from completions import access, catalog, engine
from completions.admission import admit
from completions.conf import conf
from completions.conversation import Prompt
from completions.demand import demand
from completions.exceptions import BodyTooLarge, RequestError
from completions.journal.exchange import Exchange
from completions.misbehave import misbehave
from completions.outcome import Outcome
from completions.responses import EventStream, FastJsonResponse, Recorded, error_response
from completions.state.ledger import Moved
from completions.state.namespaces import DEFAULT, Namespace, namespace
from completions.streaming import Way, stream, take_time
from completions.wire.base import WireFormat

logger = logging.getLogger("completions")

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], Coroutine[Any, Any, Recorded]]
ExchangeView = Callable[Concatenate[HttpRequest, Exchange, P], Coroutine[Any, Any, Recorded]]


def endpoint(*methods: str) -> Callable[[ExchangeView[P]], View[P]]:
    """Make a view of the API: its methods, its exchange, and an envelope for whatever goes wrong in it."""

    def decorate(view: ExchangeView[P]) -> View[P]:
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> Recorded:
            started: float = getattr(request, "received", None) or time.monotonic()
            exchange = Exchange(request.method or "", request.path, started)
            named: str | None = kwargs.pop("namespace", None)  # type: ignore[assignment]  # by the address
            try:
                exchange.namespace = named or access.namespace_of(request) or DEFAULT
                if methods and request.method not in methods:
                    raise _method_not_allowed(request, methods)
                response: Recorded = await view(request, exchange, *args, **kwargs)
            except RequestError as exc:
                response = _refuse(exc, exchange, kwargs)
            except CancelledError:
                exchange.client_left = True
                exchange.end()
                raise
            except Exception:  # the one edge: whatever a bug raises, the client gets an envelope
                logger.exception("%s %s failed (%s)", request.method, request.path, exchange.request_id)
                response = _refuse(_internal_error(), exchange, kwargs)
            response.record(exchange)
            return response

        return wrapped

    return decorate


@endpoint("POST")
async def generate(request: HttpRequest, exchange: Exchange, /, wire: WireFormat, **route: str) -> Recorded:
    """Answer a generating request in the format `wire`: parse, resolve, render, deliver."""
    space = namespace(exchange.namespace)
    wire = wire.dialects.get(space.script.dialect, wire)
    prompt, outcome = await _resolve(request, exchange, wire, space, route)
    exchange.rule = outcome.rule
    way = await _way(space, outcome, exchange)
    hold = outcome.hold
    if hold is not None and hold.after_tokens is None:
        await space.gates.wait(hold.gate, hold.timeout_ms / 1000)
    fault, reply = outcome.fault, outcome.reply
    if outcome.pacing.whole and reply is not None and not prompt.stream:
        await take_time(wire.events(reply, prompt), outcome, exchange, way)
    response: Recorded
    if fault is not None and (wrong := await misbehave(fault, outcome, exchange, wire, prompt, way)) is not None:
        response = wrong
    elif reply is None:
        raise outcome.error or RequestError("Nothing answers this.", status=500, type="server_error")
    elif prompt.stream:
        pieces, record = stream(wire.events(reply, prompt), outcome, exchange, way)
        response = EventStream(pieces, record, wire.media_type(prompt))
    else:
        response = FastJsonResponse(wire.render(reply, prompt))
    own = reply is None or reply.body is None or not wire.bare
    if (own or exchange.headers) and not response.foreign:
        _add_headers(response, wire, exchange, own=own)
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
            headers = access.identify(request, exchange, script.keys)
            asked = demand(headers)
            body = _body(request)
            prompt = wire.parse(body, LazyHeaders(request), validate=script.validate, route=route)
            exchange.model = prompt.model
            if script.validate:
                admit(prompt, script.models, len(body))
                await catalog.check(space, prompt.model)
            if script.limits or script.quota:
                return prompt, await access.resolve(space, prompt, headers, exchange, asked)
            return prompt, await engine.resolve(space, prompt, asked)
        except Moved:
            await space.refresh()
        except RequestError:
            if exchange.at_end is not None or not await space.refresh():
                raise


@endpoint("GET", "HEAD")
async def model_list(request: HttpRequest, exchange: Exchange) -> Recorded:
    """List the script's models."""
    space = await _current(exchange)
    access.identify(request, exchange, space.script.keys)
    return FastJsonResponse(await catalog.listed(space))


@endpoint("GET", "HEAD", "DELETE")
async def model_detail(request: HttpRequest, exchange: Exchange, name: str) -> Recorded:
    """Show one of the script's models, or delete it."""
    space = await _current(exchange)
    access.identify(request, exchange, space.script.keys)
    document = await (catalog.delete if request.method == "DELETE" else catalog.one)(space, name)
    return FastJsonResponse(document)


@endpoint("GET", "HEAD")
async def listing(
    request: HttpRequest, exchange: Exchange, /, wire: WireFormat, document: Callable[[Collection[str]], dict[str, Any]]
) -> Recorded:
    """Answer with what an API tells of the script's models; errors are those of the format `wire`."""
    script = (await _current(exchange)).script
    access.identify(request, exchange, script.keys)
    return FastJsonResponse(document(script.models))


@endpoint("GET", "HEAD")
async def health(request: HttpRequest, exchange: Exchange) -> Recorded:
    """Say that the process is alive."""
    return FastJsonResponse({"status": "ok"})


@endpoint("GET", "HEAD")
async def ready(request: HttpRequest, exchange: Exchange) -> Recorded:
    """Say that requests can be answered, and from which script."""
    space = await _current(exchange)
    document = {"status": "ready", "script": space.script.source}
    return FastJsonResponse(document if space.problem is None else document | {"problem": space.problem})


@endpoint("GET", "HEAD")
async def gates(request: HttpRequest, exchange: Exchange) -> Recorded:
    """List how many answers wait at each gate."""
    return FastJsonResponse({"gates": await namespace(exchange.namespace).gates.counts()})


@endpoint("POST")
async def release_gate(request: HttpRequest, exchange: Exchange, name: str) -> Recorded:
    """Let pass what waits at a gate."""
    return FastJsonResponse({"gate": name, "released": await namespace(exchange.namespace).gates.release(name)})


@endpoint()
async def not_found(request: HttpRequest, exchange: Exchange, /, wire: WireFormat | None = None) -> Recorded:
    """Refuse an address that no other view has, as the API does to which it would belong."""
    raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)


async def _current(exchange: Exchange) -> Namespace:
    """Return the namespace of a request that does not resolve anything, with what other processes pushed."""
    space = namespace(exchange.namespace)
    await space.refresh()
    return space


async def _way(space: Namespace, outcome: Outcome, exchange: Exchange) -> Way:
    """Return what stands in the way of an answer, once it has its place; an honest error needs none."""
    load = outcome.pacing.load
    if load is None or outcome.reply is None:
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


def _body(request: HttpRequest) -> bytes:
    """Return the body, if it is within the limits: ours, and Django's where the project sets one."""
    try:
        body = request.body
    except RequestDataTooBig as exc:
        raise BodyTooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, "DATA_UPLOAD_MAX_MEMORY_SIZE") from exc
    if len(body) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge(conf.MAX_BODY_BYTES)
    return body


def _method_not_allowed(request: HttpRequest, methods: tuple[str, ...]) -> RequestError:
    allowed = ", ".join(methods)
    return RequestError(
        f"Not allowed to {request.method} on {request.path}; allowed: {allowed}.",
        status=405,
        code="method_not_supported",
        headers={"Allow": allowed},
    )


def _internal_error() -> RequestError:
    return RequestError(
        "The server had an error while processing your request. Its log has the traceback.",
        status=500,
        type="server_error",
        code="internal_error",
    )


def _refuse(exc: RequestError, exchange: Exchange, kwargs: dict[str, Any]) -> FastJsonResponse:
    wire = kwargs.get("wire")
    if not isinstance(wire, WireFormat):
        return error_response(exc)
    wire = _spoken(wire, exchange)
    response = error_response(exc, wire.error(exc), wire.translated(exc.headers))
    _add_headers(response, wire, exchange)
    return response


def _spoken(wire: WireFormat, exchange: Exchange) -> WireFormat:
    """Return the dialect that the namespace's script speaks, if there is such a namespace."""
    if not wire.dialects:
        return wire
    try:
        return wire.dialects.get(namespace(exchange.namespace).script.dialect, wire)
    except RequestError:
        return wire


def _add_headers(response: Recorded, wire: WireFormat, exchange: Exchange, *, own: bool = True) -> None:
    """Add the headers of this request alone, and the API's own, but none over a script's."""
    if exchange.headers:
        for name, value in wire.translated(exchange.headers).items():
            response.headers.setdefault(name, value)
    if not own:
        return
    elapsed_ms = (time.monotonic() - exchange.started) * 1000
    for name, value in wire.headers(elapsed_ms, exchange.request_id).items():
        response.headers.setdefault(name, value)
