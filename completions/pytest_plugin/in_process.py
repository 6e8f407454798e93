"""Call the mock, or any ASGI application, in the test's own process and event loop, with streams in pieces.

httpx has such a transport too, which returns a response once it is whole: a stream comes all at once, and what waits at
a gate never comes.

There are two such libraries, httpx and httpx2, whose requests, responses and errors are alike. The transport is for the
clients of both, and answers each request in its own library's.
"""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, cast

import httpx

from completions.pytest_plugin.arguments import checked

Message = MutableMapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application, which takes a scope, receive and send, by whichever types."""

NOTICED = 5.0
"""Seconds in which an application notices that its client has left; after them it is cancelled."""

CUT = "The application ended without sending a complete response."


class InProcess(httpx.AsyncBaseTransport):
    """A transport for `AsyncClient` of httpx and httpx2, and so for the `http_client=` of an SDK.

    The application's lifespan begins with the first request, or with `async with`, and ends with `aclose`, which the
    client calls when it is closed. `lifespan=False` leaves it out.
    """

    @checked
    def __init__(self, application: Application, *, lifespan: bool = True) -> None:
        self._application, self._has_lifespan = application, lifespan
        self._lifespan: _Lifespan | None = None

    async def __aenter__(self) -> "InProcess":
        await self._begin()
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the application, and return its response as soon as that begins."""
        await self._begin()
        library = importlib.import_module(type(request).__module__.partition(".")[0])
        body = b"".join([piece async for piece in cast(AsyncIterable[bytes], request.stream)])
        exchange = _Exchange(self._application, request, body, library)
        try:
            start = await exchange.next_message()
        except BaseException:
            await exchange.aclose()
            raise
        stream = type("Stream", (_Stream, library.AsyncByteStream), {})(exchange)  # its class is checked
        response: httpx.Response = library.Response(start["status"], headers=start["headers"], stream=stream)
        return response

    async def aclose(self) -> None:
        """End the application's lifespan; another request would begin it again."""
        lifespan, self._lifespan = self._lifespan, None
        if lifespan is not None:
            await lifespan.end()

    async def _begin(self) -> None:
        if self._has_lifespan and self._lifespan is None:
            self._lifespan = _Lifespan(self._application)
            await self._lifespan.begin()


class _Exchange:
    """One request and its response, message by message."""

    def __init__(self, application: Application, request: httpx.Request, body: bytes, library: Any) -> None:
        self._library = library
        self._body: bytes | None = body
        self._patience: float | None = request.extensions.get("timeout", {}).get("read")
        self._request = request
        self._left = asyncio.Event()
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(application(_scope(request), self._receive, self._send))
        self._task.add_done_callback(lambda task: self._sent.put_nowait(None))

    async def next_message(self) -> Message:
        """Return what the application sends next; raise its own exception, or httpx's, where nothing comes."""
        try:
            async with asyncio.timeout(self._patience):
                message = await self._sent.get()
        except TimeoutError:
            raise self._library.ReadTimeout("", request=self._request) from None
        if message is None:
            self._task.result()
            raise self._library.RemoteProtocolError(CUT, request=self._request)
        return message

    async def aclose(self) -> None:
        """Leave, and wait for the application to notice."""
        self._left.set()
        with contextlib.suppress(Exception):  # which the response has shown, or nobody waits for any more
            async with asyncio.timeout(NOTICED):
                await self._task

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if not self._left.is_set():
            self._sent.put_nowait(message)
        await asyncio.sleep(0)  # the client reads in the same loop


class _Stream:
    """The body of a response, whose pieces it yields as they are sent; closing it is the client's leaving."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._exchange.next_message()
            if piece := message.get("body", b""):
                yield piece
            more = message.get("more_body", False)

    async def aclose(self) -> None:
        await self._exchange.aclose()


class _Lifespan:
    """The lifespan of an application, in a task of its own; one that knows no lifespan goes without."""

    def __init__(self, application: Application) -> None:
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue()
        scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        self._task = asyncio.ensure_future(application(scope, self._received.get, self._send))
        self._task.add_done_callback(self._ended)

    async def begin(self) -> None:
        """Start the application; raise RuntimeError where it cannot start."""
        self._received.put_nowait({"type": "lifespan.startup"})
        message = await self._sent.get()
        if message is not None and message["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"The application did not start: {message.get('message', '')}")

    async def end(self) -> None:
        """Stop the application."""
        self._received.put_nowait({"type": "lifespan.shutdown"})
        with contextlib.suppress(Exception):  # what knows no lifespan refuses the scope
            await self._task

    async def _send(self, message: Message) -> None:
        self._sent.put_nowait(message)

    def _ended(self, task: "asyncio.Future[None]") -> None:
        if not task.cancelled():
            task.exception()  # what it raised is no news: it knows no lifespan, or has said that it cannot start
        self._sent.put_nowait(None)


def _scope(request: httpx.Request) -> Scope:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }
