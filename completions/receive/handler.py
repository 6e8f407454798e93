"""Step 1, receive: Django's ASGI handler, without the parts that cost each request a thread.

On API paths the body stays in memory, nothing moves to a thread, META is built only if it is read, and the client is
watched only once a response has to wait. Django stays in charge: the URLconf, the middleware, the views and their
exceptions are its own. The control API uses the database, so its paths take Django's own way.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, cast

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, URLResolver, get_resolver, set_script_prefix

from completions.delivery.sabotage import Ending
from completions.exceptions import RequestError
from completions.ids import new_request_id
from completions.journal.exchange import Exchange, connection_of
from completions.receive.connection import (
    CLIENT_LEFT,
    can_sever,
    chunk_writer,
    end_by_closing,
    send_whole,
    sever,
    spare_headers,
    start_stream,
    watched,
)
from completions.receive.lifespan import is_ending, lifespan
from completions.receive.request import LeanRequest, read_body
from completions.views import origins
from completions.views.http import (
    REQUEST_ID,
    EventStream,
    Following,
    RawResponse,
    Recorded,
    Relayed,
    Severed,
    error_response,
)
from completions.wire.base import WireFormat

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

STRANGERS = ("host_not_allowed", "origin_not_allowed")
"""Refusals that are logged but not recorded in the journal, because strangers could fill it with them."""

STOCK, NAMESPACES = "/_mock/", "/ns/"
KNOWN_HOSTS = 256
KNOWN_PATHS = 1024


class Handler(ASGIHandler):
    """The ASGI application: HTTP, and `lifespan`."""

    def __init__(self) -> None:
        super().__init__()
        self._resolver: URLResolver | None = None
        self._matches: dict[str, ResolverMatch] = {}
        self._hosts: dict[bytes, object] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request or the lifespan; refuse websockets."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "There are no websockets here."})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, page = LeanRequest(scope), None
        stock = is_stock(request.path_info)
        try:
            page = self._admit(request, stock)
            body = await read_body(receive, request.received)
        except RequestAborted:
            return
        except RequestError as exc:
            await self._refuse(scope, exc, send, page)
        else:
            if stock:
                async with ThreadSensitiveContext():
                    await self.handle(scope, _replay(body, receive), send)
            else:
                request.take_body(body)
                await watched(self._answer(request, send), receive)

    def _admit(self, request: LeanRequest, stock: bool) -> str | None:
        """Check a request before its body is read or anything is allocated for it; raise the error if it is refused.

        Return the origin of the page that sends it, if that is another site's. The control API checks this itself.
        """
        if not request.path_info.startswith("/"):  # `OPTIONS *`
            raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)
        _check_query(request.scope)
        self._check_host(request)
        if not stock and origins.ORIGIN in request.sent_headers:
            return origins.admit(request, request.sent_headers)
        return None

    async def _answer(self, request: LeanRequest, send: Send) -> None:
        if request.script_name:
            set_script_prefix(request.script_name)
        response = await self._respond(request)
        try:
            await self.send_response(response, send)
        except asyncio.CancelledError as exc:
            if isinstance(response, Recorded):
                left = exc.args == (CLIENT_LEFT,)
                response.exchange.stopped = not left
                response.exchange.client_left = left and not isinstance(response, Severed)
            raise
        finally:
            if isinstance(response, Recorded):
                response.end()
            else:
                response.close()
            request.close()

    def _respond(self, request: LeanRequest) -> Awaitable[HttpResponseBase]:
        """Call the view: ours directly if there is no middleware, all others through Django's middleware chain."""
        if not settings.MIDDLEWARE:
            with contextlib.suppress(Resolver404):
                view, args, kwargs = self.resolve_request(request)
                view = getattr(view, "views", {}).get(request.method, view)
                if hasattr(view, "answers_always"):
                    response: Awaitable[HttpResponseBase] = view(request, *args, **kwargs)
                    return response
        chain: Awaitable[HttpResponseBase] = self._middleware_chain(request)  # type: ignore[attr-defined]  # not in the stubs
        return chain

    async def _refuse(self, scope: Scope, exc: RequestError, send: Send, page: str | None) -> None:
        """Answer a request that is refused before it reaches Django, in the format of its address."""
        wire = _wire_of(scope["path"])
        response = error_response(exc) if wire is None else error_response(exc, wire.error(exc))
        query = scope["query_string"].decode("latin-1")
        exchange = Exchange(scope["method"], scope["path"], query=query, request_headers=dict(scope["headers"]))
        exchange.connection = connection_of(scope)
        exchange.note_error(exc)
        exchange.is_kept = exc.code not in STRANGERS
        response.record(exchange)
        if page is not None:
            origins.expose(response, page)
        await self.send_response(response, send)
        response.end()

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """Send a response; every response has a request id."""
        if isinstance(response, Relayed):
            return await _send_relayed(response, send)
        if REQUEST_ID not in response.headers:
            response.headers[REQUEST_ID] = new_request_id()
        if isinstance(response, EventStream) and response.is_raw:
            await _send_stream(response, send)
        elif isinstance(response, Following):
            await _send_following(response, send)
        elif isinstance(response, Severed) and can_sever(send):
            response.exchange.note_no_response()
            await sever(send, response.ending)
        elif isinstance(response, RawResponse) and response.pieces is not None:
            await _start(response, send)
            await _send_pieces(response.pieces, send)
            await send({"type": "http.response.body"})
        elif isinstance(response, RawResponse) and response.is_small:
            await send_whole(send, response.status_code, _headers(response), response.content)
        else:
            await super().send_response(response, send)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Find the view: in a table if the path is known, else with Django's resolver."""
        if hasattr(request, "urlconf"):
            return super().resolve_request(request)
        resolver = get_resolver()
        if resolver is not self._resolver:  # the URLconf was changed, by override_settings for one
            self._resolver, self._matches = resolver, {}
        match = self._matches.get(request.path_info)
        if match is None:
            match = resolver.resolve(request.path_info)
            if len(self._matches) >= KNOWN_PATHS:
                self._matches.clear()
            self._matches[request.path_info] = match
        request.resolver_match = match
        return match

    def _check_host(self, request: LeanRequest) -> None:
        """Refuse a host that ALLOWED_HOSTS does not allow; remember those that it does."""
        raw = request.sent_headers.get(b"host", b"")
        if not raw and b"host" not in request.sent_headers and request.scope["http_version"] == "1.1":
            raise RequestError("The request has no Host header, and HTTP/1.1 asks for one.", code="host_missing")
        if raw and self._hosts.get(raw) is settings.ALLOWED_HOSTS:
            return
        try:
            request.get_host()
        except DisallowedHost as exc:
            raise RequestError(str(exc), code="host_not_allowed") from exc
        if len(self._hosts) < KNOWN_HOSTS:
            self._hosts[raw] = settings.ALLOWED_HOSTS


def _check_query(scope: Mapping[str, Any]) -> None:
    """Refuse a query string that Django could not read later."""
    try:
        scope.get("query_string", b"").decode()
    except UnicodeDecodeError as exc:
        raise RequestError(f"The query string is not UTF-8: {exc.reason} at byte {exc.start}.") from exc


def _wire_of(path: str) -> WireFormat | None:
    """Return the format of an address, if it has one."""
    try:
        wire = get_resolver().resolve(path).kwargs.get("wire")
    except Resolver404:
        return None
    return wire if isinstance(wire, WireFormat) else None


def is_stock(path: str) -> bool:
    """Tell whether a path belongs to the control API."""
    return path.startswith(STOCK) or (path.startswith(NAMESPACES) and STOCK in path)


async def _send_stream(response: EventStream, send: Send) -> None:
    """Send a stream piece by piece, like `send_response`, but without its three generators around each piece."""
    ending = end_by_closing(send, response.ending)
    await start_stream(send, response.status_code, _headers(response))
    await _send_pieces(response.pieces, send)
    if ending is Ending.WHOLE:
        await send({"type": "http.response.body"})
    elif can_sever(send):
        await sever(send, ending)


async def _send_relayed(response: Relayed, send: Send) -> None:
    """Send another server's answer on, and end it as that one did."""
    headers = response.header_list()
    spare_headers(send, {name for name, _ in headers})
    end_by_closing(send, Ending.WHOLE)
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await _send_pieces(response.pieces, send)
    if response.source.ending is Ending.WHOLE:
        await send({"type": "http.response.body"})
    elif can_sever(send):
        await sever(send, response.source.ending)


async def _send_pieces(pieces: AsyncGenerator[bytes, None], send: Send) -> None:
    written = chunk_writer(send)
    async with aclosing(pieces):
        async for piece in pieces:
            if not written(piece):
                await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _send_following(response: Following, send: Send) -> None:
    """Send a stream that has no end, until the server shuts down, which would otherwise wait for it."""
    await _start(response, send)
    async with aclosing(cast(AsyncGenerator[bytes, None], aiter(response))) as pieces:
        async for piece in pieces:
            if is_ending():
                break
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def _start(response: HttpResponseBase, send: Send) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": _headers(response)})


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    """Return a response's headers in bytes, past Django's mapping, which would look each of them up again."""
    return [(name.encode(), value.encode("latin-1")) for name, (_, value) in response.headers._store.items()]


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first returns the body that was already read."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Mapping[str, Any]:
        return messages.pop() if messages else await receive()

    return replayed
