"""Step 1 for WebSockets: one connection, over which its client sends many requests.

Each of them goes through the six steps like any request, with the headers of the handshake, and is one exchange. Its
answer, made for HTTP, is sent as messages: one for each event, or the error.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Any, Protocol

import orjson
from django.http import HttpResponseBase

from completions.exceptions import RequestError, ServerStopped
from completions.receive import attached
from completions.receive.attached import AttachedConnection
from completions.receive.connection import CLIENT_LEFT
from completions.receive.cycle import Receive, Send
from completions.receive.lifespan import is_ending
from completions.receive.request import LeanRequest
from completions.views.generate import generate
from completions.views.sockets import OpenedSession, handle_message, open_session, with_key
from completions.wire.base import decode_object
from completions.wire.fields import object_of
from completions.wire.registry import socket_at
from completions.wire.sockets import AttachedSession, Close, Message, Reflected, SocketRequest, Step, Stop, encoded

MAX_WAITING = 64
"""The most requests of a connection that are in progress or waiting."""

HANDSHAKE_HEADERS = (b"connection", b"upgrade", b"sec-websocket-version", b"sec-websocket-extensions")
"""Headers of the handshake that its requests do not have."""

EVENT_STREAM = b"text/event-stream"


NOT_UTF8, ABORTED = 1007, 1011
"""Codes of closed connections (RFC 6455, section 7.4.1)."""


class RequestHandler(Protocol):
    """The methods of the handler that a connection uses."""

    def admit(self, request: LeanRequest) -> str | None:
        """Check a request before anything is allocated for it."""

    async def refuse(self, request: LeanRequest, exc: RequestError, send: Send, page: str | None) -> None:
        """Answer a request that is refused."""

    async def answer(self, request: LeanRequest, send: Send, response: Awaitable[HttpResponseBase]) -> None:
        """Send the response to a request, and end both."""


async def serve_websocket(handler: RequestHandler, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Accept a client's handshake, or refuse it like a request over HTTP; then answer its messages."""
    await receive()
    offered: list[str] = list(scope.get("subprotocols", ()))
    request = LeanRequest({**scope, "type": "http", "method": "GET"})
    request.sent_headers = dict(with_key(request.sent_headers, offered))
    try:
        handler.admit(request)
        opened = await open_session(request, request.sent_headers)
        conversation = _attached_to(opened)
    except RequestError as exc:
        found = socket_at(request.path_info)
        close = None if found is None else found[0].refused(found[0].adapt_error(exc))
        await handler.refuse(request, exc, _HandshakeResponse(scope, send).send if close is None else _discard, None)
        if close is not None:
            await _close_after_first(close, receive, send)
        return
    subprotocol = next((name for name in opened.wire.subprotocols if name in offered), None)
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    if conversation is not None:
        await AttachedConnection(conversation, send).run(receive)
        return
    await _OpenConnection(handler, opened, request, send).run(receive)


def _attached_to(opened: OpenedSession) -> attached.Conversation | None:
    """Return the conversation to which a connection attaches, if it does; raise the error if there is no such one."""
    if not isinstance(opened.session, AttachedSession):
        return None
    if (conversation := attached.conversation(opened.namespace, opened.session.target)) is None:
        raise opened.session.missing
    return conversation


class _HandshakeResponse:
    """Sends a response that refuses a handshake; a server that cannot send it sends its own 403."""

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self._send, self._can_respond = send, "websocket.http.response" in (scope.get("extensions") or {})

    async def send(self, message: Mapping[str, Any]) -> None:
        if self._can_respond:
            await self._send({**message, "type": message["type"].replace("http", "websocket.http", 1)})
        elif message["type"] == "http.response.body":
            await self._send({"type": "websocket.close", "code": 1008})


async def _discard(message: Mapping[str, Any]) -> None:
    """Discard a part of a response."""


async def _close_after_first(close: Close, receive: Receive, send: Send) -> None:
    """Accept a handshake, and end the connection after the client's first message."""
    await send({"type": "websocket.accept"})
    await receive()
    with suppress(OSError):  # of a client that is gone
        await send({"type": "websocket.close", "code": close.code, "reason": close.reason})


class _OpenConnection:
    """An open connection, with the running and the waiting requests of each lane."""

    def __init__(self, handler: RequestHandler, opened: OpenedSession, request: LeanRequest, send: Send) -> None:
        self._handler, self._send = handler, send
        self._wire, self.session, self._route, sent, self.namespace = opened
        self.attached: set[AttachedConnection] = set()
        self._lock = asyncio.Lock()
        headers = [
            *((name, value) for name, value in sent.items() if name not in HANDSHAKE_HEADERS),
            (b"content-type", b"application/json"),
        ]
        self._scope = {**request.scope, "method": "POST", "headers": headers}
        self._lanes: dict[str, deque[SocketRequest]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._has_closed = False

    async def run(self, receive: Receive) -> None:
        """Answer until the client, or the server, ends the connection."""
        attached.OPEN_CONVERSATIONS.add(self)
        try:
            await self._run_steps(self.session.on_open())
            while (message := await receive())["type"] == "websocket.receive":
                await self.handle(message)
        except OSError:  # of a connection that has ended
            pass
        finally:
            attached.OPEN_CONVERSATIONS.discard(self)
            for task in [*self._tasks.values()]:
                task.cancel(ServerStopped.REASON if is_ending() else CLIENT_LEFT)
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for each in [*self.attached]:
                await each.close()

    async def handle(self, message: Mapping[str, Any], origin: AttachedConnection | None = None) -> None:
        """Run the steps of a message; ignore one that arrives after the connection was closed."""
        received = message.get("text") or message.get("bytes") or b""
        data = received.encode() if isinstance(received, str) else received
        async with self._lock:
            if self._has_closed:
                return
            self.session.is_observed = bool(self.attached)
            try:
                async with aclosing(handle_message(self.session, data, is_attached=origin is not None)) as steps:
                    async for step in steps:
                        await self._run_steps((step,))
            except RequestError as exc:
                if origin is None:
                    await self.fail(exc, None)
                else:
                    await origin.send(each for each in self._error_steps(exc) if isinstance(each, dict))

    def _error_steps(self, exc: RequestError) -> Iterable[Step]:
        """Return the steps that report the error of a message."""
        exc = self._wire.adapt_error(exc)
        envelope = self._wire.error(exc)
        return self.session.on_error(envelope.get("error", envelope), exc.status, None)

    async def _run_steps(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, SocketRequest):
                await self._ask(step)
            elif isinstance(step, Stop):
                await self._stop(step)
            elif isinstance(step, Close):
                await self._close(step.code, step.reason)
            elif isinstance(step, Reflected):
                await self._reflect(step.message)
            else:
                await self.send_message(encoded(step))

    async def _ask(self, ask: SocketRequest) -> None:
        if sum(map(len, self._lanes.values())) >= MAX_WAITING:
            message_text = f"More than {MAX_WAITING} requests of this connection are in progress or waiting."
            await self.fail(RequestError(message_text, status=429, code="too_many_requests_waiting"), ask)
        elif (waiting := self._lanes.get(ask.lane)) is not None:
            waiting.append(ask)
        else:
            self._lanes[ask.lane] = waiting = deque((ask,))
            self._tasks[ask.lane] = asyncio.create_task(self._answer_all(ask.lane, waiting))

    async def _stop(self, stop: Stop) -> None:
        """End the running answer of a lane, and continue with the requests that wait there."""
        task, waiting = self._tasks.get(stop.lane), self._lanes.get(stop.lane)
        if task is None or not waiting:
            return
        ask, *remaining = waiting
        task.cancel(CLIENT_LEFT)
        await asyncio.wait((task,))
        self._lanes.pop(stop.lane, None)  # of a task that had not begun
        self._tasks.pop(stop.lane, None)
        await self._run_steps(self.session.on_stop(ask))
        for each in remaining:
            await self._ask(each)

    async def _answer_all(self, lane: str, waiting: deque[SocketRequest]) -> None:
        try:
            while waiting:
                await self._answer(waiting[0])
                await self._run_steps(self.session.on_end(waiting.popleft()))
        except OSError:  # uvicorn's, of a client that is gone
            pass
        finally:
            self._lanes.pop(lane, None)
            self._tasks.pop(lane, None)

    async def _answer(self, ask: SocketRequest) -> None:
        request = LeanRequest(self._scope, orjson.dumps(ask.body))
        response = generate(request, wire=self._wire, **self._route)
        answer = _ResponseReader(self, ask, self._send)
        await self._handler.answer(request, answer.send, response)
        if not answer.has_ended:  # a fault broke it off, on a server that does not expose the connection
            await self._close(ABORTED)

    async def send_message(self, message: str) -> None:
        """Send a message to the client."""
        if self._has_closed:
            raise ConnectionResetError
        if self._wire.is_binary:
            await self._send({"type": "websocket.send", "bytes": message.encode()})
        else:
            await self._send({"type": "websocket.send", "text": message})
        if self.attached and (document := object_of(message)) is not None:
            await self._reflect(self.session.reflected(document))

    async def _reflect(self, message: Message) -> None:
        """Send a message to the connections that are attached."""
        for each in [*self.attached]:
            await each.send((message,))

    async def send_event(self, event: bytes, ask: SocketRequest) -> None:
        """Send an event of an answer to the client."""
        for each in self.session.on_event(event, ask):
            try:
                message = each.decode()
            except UnicodeDecodeError:  # by a fault: the client ends the connection
                await self._send_bytes(each)
            else:
                await self.send_message(message)

    async def _send_bytes(self, message: bytes) -> None:
        """Send invalid UTF-8 as a text; if the server cannot, end the connection, as the client would."""
        protocol: Any = getattr(self._send, "__self__", None)
        if (send_text := getattr(getattr(protocol, "conn", None), "send_text", None)) is None:
            await self._close(NOT_UTF8)
            return
        send_text(message)
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))

    async def _close(self, code: int, reason: str = "") -> None:
        if not self._has_closed:
            self._has_closed = True
            await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def fail(self, exc: RequestError, ask: SocketRequest | None) -> None:
        """Send an error to the client."""
        exc = self._wire.adapt_error(exc)
        await self.send_error(self._wire.error(exc), exc.status, ask)

    async def send_error(self, envelope: Mapping[str, Any], status: int, ask: SocketRequest | None) -> None:
        """Send the error of an envelope to the client."""
        error = envelope.get("error")
        await self._run_steps(self.session.on_error(error if isinstance(error, dict) else envelope, status, ask))


class _ResponseReader:
    """Receives an ASGI response, and sends each event, or the error, as a message.

    It has the transport for faults that end connections.
    """

    def __init__(self, conversation: _OpenConnection, ask: SocketRequest, send: Send) -> None:
        self._conversation, self._ask = conversation, ask
        self._status, self._is_sse, self._rest = 0, False, b""
        self.has_ended = False
        protocol = getattr(send, "__self__", None)
        if (transport := getattr(protocol, "transport", None)) is not None:
            self.transport, self.flow = transport, _WriteFlow(protocol)

    async def send(self, message: Mapping[str, Any]) -> None:
        """Receive an ASGI message."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            kind = dict(message["headers"]).get(b"content-type", b"")
            self._is_sse = kind.startswith(EVENT_STREAM)
            return
        self._rest += message.get("body", b"")
        if self._status == 200:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                await self._send_line(line)
        if not message.get("more_body"):
            self.has_ended = True
            await self._end()

    async def _send_line(self, line: bytes) -> None:
        """Send a line's event: a document, or the data of a server-sent event."""
        event = line.strip()
        if self._is_sse:
            event = event[5:].strip() if event.startswith(b"data:") else b""
        if event and event != b"[DONE]":
            await self._conversation.send_event(event, self._ask)

    async def _end(self) -> None:
        if self._status == 200:
            await self._send_line(self._rest)
            return
        try:
            envelope = decode_object(self._rest)
        except RequestError:  # a proxy's page
            text = self._rest.decode(errors="replace")
            await self._conversation.fail(RequestError(text, status=self._status, type="server_error"), self._ask)
        else:
            await self._conversation.send_error(envelope, self._status, self._ask)


class _WriteFlow:
    """Waits until everything written has been sent."""

    def __init__(self, protocol: Any) -> None:
        self._writable: asyncio.Event = protocol.writable

    async def drain(self) -> None:
        """Wait until everything written has been sent."""
        await self._writable.wait()
