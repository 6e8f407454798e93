"""Step 1 for WebSockets: one connection, over which its client sends many requests.

Each of them walks the six steps as a request of its own, with the headers of the handshake, and is an exchange of its
own. Its answer, made for HTTP, is sent as messages: an event each, or the error.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Any, Protocol

import orjson
from django.http import HttpResponseBase

from completions.exceptions import RequestError, ServerStopped
from completions.receive.connection import CLIENT_LEFT
from completions.receive.cycle import Receive, Send
from completions.receive.lifespan import is_ending
from completions.receive.request import LeanRequest
from completions.views.generate import generate
from completions.views.sockets import OpenedSession, handle_message, open_session, with_key
from completions.wire.base import decode_object
from completions.wire.registry import socket_at
from completions.wire.sockets import Close, SocketRequest, Step, Stop, encoded

MAX_WAITING = 64
"""Requests of a connection that are under way or wait for their turn, at most."""

OF_THE_HANDSHAKE = (b"connection", b"upgrade", b"sec-websocket-version", b"sec-websocket-extensions")
"""Headers of the handshake that are not its requests' too."""

EVENT_STREAM = b"text/event-stream"


NOT_UTF8, ABORTED = 1007, 1011
"""Codes with which a connection ends (RFC 6455, section 7.4.1)."""


class Host(Protocol):
    """What the handler does for a connection."""

    def admit(self, request: LeanRequest) -> str | None:
        """Check a request before anything is allocated for it."""

    async def refuse(self, request: LeanRequest, exc: RequestError, send: Send, page: str | None) -> None:
        """Answer a request that is refused."""

    async def answer(self, request: LeanRequest, send: Send, answered: Awaitable[HttpResponseBase]) -> None:
        """Send the response with which a request is answered, and end both."""


async def converse(host: Host, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Take a client's handshake, or refuse it as a request over HTTP would be; then answer what it asks."""
    await receive()
    offered: list[str] = list(scope.get("subprotocols", ()))
    request = LeanRequest({**scope, "type": "http", "method": "GET"})
    request.sent_headers = dict(with_key(request.sent_headers, offered))
    try:
        host.admit(request)
        opened = await open_session(request, request.sent_headers)
    except RequestError as exc:
        wire = socket_at(request.path_info)
        close = None if wire is None else wire.refused(wire.adapt_error(exc))
        await host.refuse(request, exc, _Denial(scope, send).send if close is None else _say_nothing, None)
        if close is not None:
            await _close_after_first(close, receive, send)
        return
    chosen = next((name for name in opened.wire.subprotocols if name in offered), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    await _Conversation(host, opened, request, send).run(receive)


class _Denial:
    """Sends a response to a handshake in place of an acceptance; servers that cannot answer with a 403 of theirs."""

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self._send, self._can = send, "websocket.http.response" in (scope.get("extensions") or {})

    async def send(self, message: Mapping[str, Any]) -> None:
        if self._can:
            await self._send({**message, "type": message["type"].replace("http", "websocket.http", 1)})
        elif message["type"] == "http.response.body":
            await self._send({"type": "websocket.close", "code": 1008})


async def _say_nothing(message: Mapping[str, Any]) -> None:
    """Take a part of a response that is not sent."""


async def _close_after_first(close: Close, receive: Receive, send: Send) -> None:
    """Accept a handshake, and end the connection once its client has said something."""
    await send({"type": "websocket.accept"})
    await receive()
    with suppress(OSError):  # of a client that is gone
        await send({"type": "websocket.close", "code": close.code, "reason": close.reason})


class _Conversation:
    """A connection that is open: what is under way in each lane, and what waits for it."""

    def __init__(self, host: Host, opened: OpenedSession, request: LeanRequest, send: Send) -> None:
        self._host, self._send = host, send
        self._wire, self._session, self._route, sent = opened
        headers = [
            *((name, value) for name, value in sent.items() if name not in OF_THE_HANDSHAKE),
            (b"content-type", b"application/json"),
        ]
        self._scope = {**request.scope, "method": "POST", "headers": headers}
        self._lanes: dict[str, deque[SocketRequest]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._has_closed = False

    async def run(self, receive: Receive) -> None:
        """Answer until the client, or the server, ends the connection."""
        try:
            await self._do(self._session.on_open())
            while (message := await receive())["type"] == "websocket.receive":
                await self._take(message.get("text") or message.get("bytes") or b"")
        except OSError:  # of a connection that has ended
            pass
        finally:
            for task in [*self._tasks.values()]:
                task.cancel(ServerStopped.REASON if is_ending() else CLIENT_LEFT)
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _take(self, message: str | bytes) -> None:
        """Do what follows from a message, step by step; one that crosses the end of the connection comes too late."""
        if self._has_closed:
            return
        data = message.encode() if isinstance(message, str) else message
        try:
            async with aclosing(handle_message(self._session, data)) as steps:
                async for step in steps:
                    await self._do((step,))
        except RequestError as exc:
            await self.fail(exc, None)

    async def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, SocketRequest):
                await self._ask(step)
            elif isinstance(step, Stop):
                await self._stop(step)
            elif isinstance(step, Close):
                await self._close(step.code, step.reason)
            else:
                await self.say(encoded(step))

    async def _ask(self, asked: SocketRequest) -> None:
        if sum(map(len, self._lanes.values())) >= MAX_WAITING:
            told = f"More than {MAX_WAITING} requests of this connection are in progress or waiting."
            await self.fail(RequestError(told, status=429, code="too_many_requests_waiting"), asked)
        elif (waiting := self._lanes.get(asked.lane)) is not None:
            waiting.append(asked)
        else:
            self._lanes[asked.lane] = waiting = deque((asked,))
            self._tasks[asked.lane] = asyncio.create_task(self._answer_all(asked.lane, waiting))

    async def _stop(self, stop: Stop) -> None:
        """End the answer that is under way in a lane, and go on with what waits there."""
        task, waiting = self._tasks.get(stop.lane), self._lanes.get(stop.lane)
        if task is None or not waiting:
            return
        asked, *left = waiting
        task.cancel(CLIENT_LEFT)
        await asyncio.wait((task,))
        self._lanes.pop(stop.lane, None)  # of a task that had not begun
        self._tasks.pop(stop.lane, None)
        await self._do(self._session.on_stop(asked))
        for each in left:
            await self._ask(each)

    async def _answer_all(self, lane: str, waiting: deque[SocketRequest]) -> None:
        try:
            while waiting:
                await self._answer(waiting[0])
                await self._do(self._session.on_end(waiting.popleft()))
        except OSError:  # uvicorn's, of a client that is gone
            pass
        finally:
            self._lanes.pop(lane, None)
            self._tasks.pop(lane, None)

    async def _answer(self, asked: SocketRequest) -> None:
        request = LeanRequest(self._scope, orjson.dumps(asked.body))
        answered = generate(request, wire=self._wire, **self._route)
        answer = _Answer(self, asked, self._send)
        await self._host.answer(request, answer.send, answered)
        if not answer.has_ended:  # of a fault that breaks it off, on a server that does not give the connection
            await self._close(ABORTED)

    async def say(self, message: str) -> None:
        """Send a message to the client."""
        if self._has_closed:
            raise ConnectionResetError
        if self._wire.is_binary:
            await self._send({"type": "websocket.send", "bytes": message.encode()})
        else:
            await self._send({"type": "websocket.send", "text": message})

    async def say_event(self, event: bytes, asked: SocketRequest) -> None:
        """Send an event of an answer to the client."""
        for each in self._session.on_event(event, asked):
            try:
                message = each.decode()
            except UnicodeDecodeError:  # of a fault: whoever reads it ends the connection
                await self._say_bytes(each)
            else:
                await self.say(message)

    async def _say_bytes(self, message: bytes) -> None:
        """Send as a text what is none; a server that cannot ends the connection as the client would have."""
        protocol: Any = getattr(self._send, "__self__", None)
        if (said := getattr(getattr(protocol, "conn", None), "send_text", None)) is None:
            await self._close(NOT_UTF8)
            return
        said(message)
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))

    async def _close(self, code: int, reason: str = "") -> None:
        if not self._has_closed:
            self._has_closed = True
            await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def fail(self, exc: RequestError, asked: SocketRequest | None) -> None:
        """Tell the client of an error."""
        exc = self._wire.adapt_error(exc)
        await self.tell_error(self._wire.error(exc), exc.status, asked)

    async def tell_error(self, envelope: Mapping[str, Any], status: int, asked: SocketRequest | None) -> None:
        """Tell the client what an envelope says."""
        error = envelope.get("error")
        await self._do(self._session.on_error(error if isinstance(error, dict) else envelope, status, asked))


class _Answer:
    """Takes a response as ASGI has it, and sends each event as a message; of an error, one that tells it.

    A fault that ends connections finds the transport here.
    """

    def __init__(self, conversation: _Conversation, asked: SocketRequest, send: Send) -> None:
        self._conversation, self._asked = conversation, asked
        self._status, self._is_sse, self._rest = 0, False, b""
        self.has_ended = False
        protocol = getattr(send, "__self__", None)
        if (transport := getattr(protocol, "transport", None)) is not None:
            self.transport, self.flow = transport, _Flow(protocol)

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take a message of ASGI's."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            kind = dict(message["headers"]).get(b"content-type", b"")
            self._is_sse = kind.startswith(EVENT_STREAM)
            return
        self._rest += message.get("body", b"")
        if self._status == 200:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                await self._say(line)
        if not message.get("more_body"):
            self.has_ended = True
            await self._end()

    async def _say(self, line: bytes) -> None:
        """Say a line's event: a document, or the data of a server-sent event."""
        event = line.strip()
        if self._is_sse:
            event = event[5:].strip() if event.startswith(b"data:") else b""
        if event and event != b"[DONE]":
            await self._conversation.say_event(event, self._asked)

    async def _end(self) -> None:
        if self._status == 200:
            await self._say(self._rest)
            return
        try:
            envelope = decode_object(self._rest)
        except RequestError:  # a proxy's page
            text = self._rest.decode(errors="replace")
            await self._conversation.fail(RequestError(text, status=self._status, type="server_error"), self._asked)
        else:
            await self._conversation.tell_error(envelope, self._status, self._asked)


class _Flow:
    """What tells when all that was written has been sent."""

    def __init__(self, protocol: Any) -> None:
        self._writable: asyncio.Event = protocol.writable

    async def drain(self) -> None:
        """Wait for it."""
        await self._writable.wait()
