"""Step 1, receive: Django's ASGI handler, without the parts that cost each request a thread.

The body stays in memory, nothing moves to a thread, META is built only if it is read, and the client is watched only
once a response has to wait. Django stays in charge: the URLconf, the middleware, the views and their exceptions are its
own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple

from django.core.exceptions import DisallowedHost, RequestAborted, SuspiciousOperation
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, URLResolver, get_resolver, set_script_prefix

from completions.conf import conf, django_conf
from completions.exceptions import BodyTooLarge, RequestError, ServerStopped
from completions.ids import new_request_id
from completions.journal.exchange import Exchange
from completions.journal.record import end_exchange
from completions.receive.connection import CLIENT_LEFT, SENDERS, run_until_client_leaves
from completions.receive.cycle import Receive, Send
from completions.receive.decoding import CODING, decompress_body
from completions.receive.lifespan import lifespan
from completions.receive.request import LeanRequest, read_body
from completions.views import origins
from completions.views.dispatch import final_view
from completions.views.edge import begin_exchange, error_of
from completions.views.http import REQUEST_ID, ExchangeResponse, SeveredResponse, error_response
from completions.wire.base import WireFormat

Scope = dict[str, Any]

UNRECORDED_CODES = ("host_not_allowed", "origin_not_allowed")
"""The errors that are logged but not recorded in the journal, because strangers could fill it with them."""

EXPECT = b"expect"
CONTROL, NAMESPACES = "/_mock/", "/ns/"
FORWARDED = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-prefix"))
KNOWN_HOSTS = 256
KNOWN_PATHS = 1024


class Route(NamedTuple):
    """The URLconf's match for a method and a path, and the view, if it is one of ours, which needs no middleware."""

    match: ResolverMatch
    view: Callable[..., Awaitable[HttpResponseBase]] | None


CLIENT_CANCELLATIONS = ((CLIENT_LEFT,), ())
"""The arguments of a cancellation when the client leaves: a client in this process, such as httpx, gives none."""


class Handler(ASGIHandler):
    """The ASGI application: HTTP, WebSockets, and `lifespan`."""

    read_proxy_headers: Callable[[Scope, Receive, Send], Awaitable[None]] | None = None
    """Reads the headers of a proxy into the scope, if the server leaves that to the handler."""

    _middleware_chain: Callable[[HttpRequest], Awaitable[HttpResponseBase]]
    """Django's attribute, which its stubs lack."""

    def __init__(self) -> None:
        super().__init__()
        self._resolver: URLResolver | None = None
        self._routes: dict[tuple[str, str], Route] = {}
        self._hosts: dict[bytes, object] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request, one WebSocket, or the lifespan."""
        if scope["type"] != "http":
            await self._handle_other(scope, receive, send)
            return
        request, origin = LeanRequest(scope), None
        if self.read_proxy_headers is not None and not request.sent_headers.keys().isdisjoint(FORWARDED):
            await self.read_proxy_headers(scope, receive, send)
            request = LeanRequest(scope)  # the scope has changed by the proxy's headers
        try:
            origin = self.admit(request)
            request.take_body(await read_body(receive, request.received))
            if (coding := request.sent_headers.get(CODING)) is not None:
                request.take_body(await decompress_body(request.body, coding))
        except RequestAborted:
            exchange, _ = _begin_before_view(request)
            exchange.client_left = True
            end_exchange(exchange)
        except RequestError as exc:
            await self.refuse(request, exc, send, origin)
        except asyncio.CancelledError as exc:
            if exc.args != (ServerStopped.REASON,):
                raise
            await self.refuse(request, ServerStopped(), send, origin)
        else:
            await run_until_client_leaves(self.answer(request, send), receive)

    async def _handle_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "websocket":
            from completions.receive.sockets import serve_websocket  # few servers need it

            if self.read_proxy_headers is not None:
                await self.read_proxy_headers(scope, receive, send)
            await serve_websocket(self, scope, receive, send)

    def admit(self, request: LeanRequest) -> str | None:
        """Check a request before its body is read or anything is allocated for it; raise the error if it is refused.

        Return the origin of the page that sends it, if it is another site's. The control API checks origins itself.
        """
        if request.path_info[:1] != "/":  # `OPTIONS *`
            raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)
        if request.query:
            _check_query(request)
        if EXPECT in request.sent_headers:
            _check_length(request)
        host = request.sent_headers.get(b"host", b"")
        if not host or self._hosts.get(host) is not django_conf.ALLOWED_HOSTS:  # a changed setting is a new list
            self._check_host(request, host)
        if origins.ORIGIN in request.sent_headers and not is_control(request.path_info):
            return origins.admit(request, request.sent_headers)
        return None

    async def answer(
        self, request: LeanRequest, send: Send, response_from_view: Awaitable[HttpResponseBase] | None = None
    ) -> None:
        """Send the response to a request, of its view or of `response_from_view`, and end both."""
        if request.script_name:
            set_script_prefix(request.script_name)
        response = await (self._respond(request) if response_from_view is None else response_from_view)
        try:
            await self.send_response(response, send)
        except asyncio.CancelledError as exc:
            if isinstance(response, ExchangeResponse):
                has_left = exc.args in CLIENT_CANCELLATIONS
                response.exchange.stopped = not has_left
                response.exchange.client_left = has_left and not isinstance(response, SeveredResponse)
            raise
        finally:
            if isinstance(response, ExchangeResponse):
                response.end()
            else:
                response.close()
            request.close()

    def _respond(self, request: LeanRequest) -> Awaitable[HttpResponseBase]:
        """Call the view: one of ours directly if there is no middleware, others through Django's middleware chain."""
        if not django_conf.MIDDLEWARE and (route := self._route(request)) is not None and route.view is not None:
            match = request.resolver_match = route.match
            response: Awaitable[HttpResponseBase] = route.view(request, *match.args, **match.kwargs)
            return response
        return self._middleware_chain(request)

    async def refuse(self, request: LeanRequest, exc: RequestError, send: Send, origin: str | None) -> None:
        """Answer a request that is refused before it reaches Django, in the format of its address."""
        exchange, wire = _begin_before_view(request)
        response = error_response(exc) if wire is None else error_of(exc, wire, exchange)
        exchange.note_error(exc)
        exchange.is_kept = exc.code not in UNRECORDED_CODES
        exchange.stopped = isinstance(exc, ServerStopped)
        response.record(exchange)
        if origin is not None:
            origins.expose(response, origin)
        if EXPECT in request.sent_headers:  # the client may still send the body, or not
            response.headers["Connection"] = "close"
        await self.send_response(response, send)
        response.end()

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """Send a response; every response has a request id."""
        if isinstance(response, ExchangeResponse):
            if await SENDERS[type(response)](response, send):
                return
        elif REQUEST_ID not in response.headers:
            response.headers[REQUEST_ID] = new_request_id()
        await super().send_response(response, send)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Find the view: in a table if the path is known, else with Django's resolver."""
        route = None if hasattr(request, "urlconf") else self._route(request)
        if route is None:
            return super().resolve_request(request)
        request.resolver_match = route.match
        return route.match

    def _route(self, request: HttpRequest) -> "Route | None":
        """Return the route of a request; None where the URLconf does not have its path."""
        resolver = get_resolver(django_conf.ROOT_URLCONF)
        if resolver is not self._resolver:  # the URLconf was changed, by override_settings for one
            self._resolver, self._routes = resolver, {}
        key = (request.method or "", request.path_info)
        route = self._routes.get(key)
        if route is None:
            try:
                match = resolver.resolve(request.path_info)
            except Resolver404:
                return None
            if len(self._routes) >= KNOWN_PATHS:
                self._routes.clear()
            view = getattr(match.func, "views", {}).get(request.method, match.func)
            route = self._routes[key] = Route(match, view if hasattr(view, "answers_always") else None)
        return route

    def _check_host(self, request: LeanRequest, host: bytes) -> None:
        """Refuse a host that ALLOWED_HOSTS does not allow; remember those that it does."""
        if b"host" not in request.sent_headers and request.scope["http_version"] == "1.1":
            raise RequestError("The request has no Host header, which HTTP/1.1 requires.", code="host_missing")
        try:
            request.get_host()
        except DisallowedHost as exc:
            raise RequestError(str(exc), code="host_not_allowed") from exc
        if len(self._hosts) < KNOWN_HOSTS:
            self._hosts[host] = django_conf.ALLOWED_HOSTS


def _check_query(request: LeanRequest) -> None:
    """Refuse a query string that Django could not read later; the control API counts the parameters itself."""
    query, limit = request.query, django_conf.DATA_UPLOAD_MAX_NUMBER_FIELDS
    if limit is not None and query.count(b"&") >= limit and not is_control(request.path_info):
        raise RequestError(f"The query string has more than {limit} parameters.")
    try:
        query.decode()
    except UnicodeDecodeError as exc:
        raise RequestError(f"The query string is not UTF-8: {exc.reason} at byte {exc.start}.") from exc


def _check_length(request: LeanRequest) -> None:
    """Refuse a body that is too large before a client that expects a 100 sends it."""
    length = request.sent_headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge(conf.MAX_BODY_BYTES)


def _begin_before_view(request: LeanRequest) -> tuple[Exchange, WireFormat | None]:
    """Return the exchange of a request that does not reach its view, and the format of its address.

    Nothing is allocated for it: it may be a stranger's.
    """
    view: Any = None
    kwargs: dict[str, Any] = {}
    with suppress(Resolver404):
        match = get_resolver().resolve(request.path_info)
        view, kwargs = match.func, {**match.kwargs}
    try:
        view, facts = final_view(view, request)
        kwargs |= facts
        _ = request.GET
    except (SuspiciousOperation, ValueError):  # an invalid query identifies no format
        kwargs.pop("others", None)
    exchange = begin_exchange(request, kwargs, None if getattr(view, "is_by_format", True) else view)
    wire = kwargs.get("wire")
    return exchange, wire if isinstance(wire, WireFormat) else None


def is_control(path: str) -> bool:
    """Return whether a path belongs to the control API."""
    return path.startswith(CONTROL) or (path.startswith(NAMESPACES) and CONTROL in path)
