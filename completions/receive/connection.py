"""Step 1, the client's connection: send responses, notice that the client has left, break the connection off.

In ASGI under uvicorn, `send` is a method of the request's cycle, which has the transport (`cycle.py`). Another server's
`send` has none.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Generator, Mapping
from contextlib import aclosing
from functools import lru_cache
from types import coroutine
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from completions.delivery.pump import pump
from completions.delivery.stream import Delivery
from completions.delivery.stream_faults import Ending
from completions.receive.cycle import IS_KNOWN, Receive, Send
from completions.receive.lifespan import is_ending
from completions.receive.protocol import in_doubt, settle
from completions.views.http import (
    EndlessStream,
    EventStream,
    ExchangeResponse,
    FastJsonResponse,
    RawResponse,
    RelayedResponse,
    SeveredResponse,
)

RST_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a timeout of 0: closing such a socket sends a reset."""

MAX_JOINED = 8
"""The most pieces of a stream that are sent together with its head."""

CLIENT_LEFT = "The client left."


@coroutine
def run_until_client_leaves(work: Coroutine[Any, Any, None], receive: Receive) -> Generator[Any, Any, None]:
    """Run `work`. Once it waits for the first time, watch for `http.disconnect`, and cancel it when that comes.

    Most answers never wait, so most requests need no second task.
    """
    try:
        pending = work.send(None)
    except StopIteration:
        if in_doubt:
            settle(_cycle(receive))
        return
    watcher = _Watcher(receive)
    try:
        yield from _resume(work, pending)
    except asyncio.CancelledError:
        if not watcher.client_left:
            raise
    finally:
        watcher.stop()
        if in_doubt:
            settle(_cycle(receive))


def _resume(work: Coroutine[Any, Any, None], pending: Any) -> Generator[Any, Any, None]:
    """Resume a coroutine from where it first waits, as `await` does."""
    while True:
        try:
            try:
                value = yield pending
            except BaseException as exc:  # a cancellation: it belongs to the coroutine, as with `await`
                pending = work.throw(exc)
            else:
                pending = work.send(value)
        except StopIteration:
            return


class _Watcher:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[None] | None = asyncio.create_task(self._watch(asyncio.current_task()))
        self.client_left = False

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None  # a cancelled task references its frame, which references this: a cycle

    async def _watch(self, worker: asyncio.Task[Any] | None) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        if worker is not None:
            worker.cancel(CLIENT_LEFT)


HeaderLines = Mapping[str, tuple[str, str]]
"""A response's headers: by lower-case name, each with its original name and its value."""


def encode_headers(header_lines: HeaderLines) -> list[tuple[bytes, bytes]]:
    """Return headers in ASGI's form."""
    return [(name.encode(), value.encode("latin-1")) for name, (_, value) in header_lines.items()]


async def send_whole(send: Send, status: int, header_lines: HeaderLines, body: bytes) -> None:
    """Send a whole response, whose headers include its length: under uvicorn in one write."""
    cycle = _cycle(send)
    if (head := _head(cycle, status, header_lines)) is None:
        await send({"type": "http.response.start", "status": status, "headers": encode_headers(header_lines)})
        await send({"type": "http.response.body", "body": body})
        return
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"%b\r\n%b" % (head, body))
    _complete(cycle)


class PieceSender:
    """Sends a response in pieces: by ASGI's `send`, or as chunks straight to uvicorn's transport.

    The head of a response in chunks waits for the pieces that come before the loop's next turn, and is sent with them
    in one write. uvicorn handles a client that has left or reads too slowly.
    """

    def __init__(self, send: Send) -> None:
        self._asgi_send, self._cycle = send, _cycle(send)
        self._waiting: list[bytes] = []

    async def start(self, status: int, header_lines: HeaderLines) -> None:
        """Begin a response that has no length."""
        cycle = self._cycle
        if (head := _head(cycle, status, header_lines)) is None or cycle.chunked_encoding is not None:
            await self._asgi_send(
                {"type": "http.response.start", "status": status, "headers": encode_headers(header_lines)}
            )
            return
        cycle.response_started = cycle.chunked_encoding = True
        cycle.waiting_for_100_continue = False
        self._waiting.append(b"%btransfer-encoding: chunked\r\n\r\n" % head)
        asyncio.get_running_loop().call_soon(self._flush)

    async def send(self, pieces: AsyncGenerator[bytes, None], *, ends: bool) -> None:
        """Send the pieces, each when it comes; `ends` says whether the response ends after them."""
        is_direct = self._can_write_chunks()
        try:
            if is_direct and isinstance(pieces, Delivery):
                while (piece := await pump().write(pieces, self._write)) is not None:
                    await self._send(piece)
                    pieces.note_sent_late()
            else:
                async with aclosing(pieces):
                    async for piece in pieces:
                        if not (is_direct and self._write(piece)):
                            await self._send(piece)
            if ends:
                await self._end()
        finally:
            self._flush()

    async def _send(self, piece: bytes) -> None:
        self._flush()
        await self._asgi_send({"type": "http.response.body", "body": piece, "more_body": True})

    def _can_write_chunks(self) -> bool:
        """Whether the next piece can be written straight to the transport, as a chunk."""
        cycle = self._cycle
        is_ours = IS_KNOWN and type(cycle) is RequestResponseCycle
        return is_ours and cycle.chunked_encoding is True and _is_ordinary(cycle, started=True)

    def _write(self, piece: bytes) -> bool:
        cycle = self._cycle
        if cycle.flow.write_paused or cycle.disconnected:
            return False
        if not piece:
            return True  # as a chunk it would end the response
        chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
        if not self._waiting:
            cycle.transport.write(chunk)
            return True
        self._waiting.append(chunk)
        if len(self._waiting) > MAX_JOINED:
            self._flush()
        return True

    async def _end(self) -> None:
        if self._can_write_chunks():
            self._waiting.append(b"0\r\n\r\n")
            self._flush()
            _complete(self._cycle)
        else:
            self._flush()
            await self._asgi_send({"type": "http.response.body"})

    def _flush(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            if not self._cycle.disconnected:
                self._cycle.transport.write(data)


def _complete(cycle: RequestResponseCycle) -> None:
    """Do what uvicorn does after the last byte of a response."""
    cycle.response_complete = True
    cycle.message_event.set()
    cycle.on_response()


def _head(cycle: Any, status: int, header_lines: HeaderLines) -> bytes | None:
    """Return the lines of a response's head, checked together; None where uvicorn has to write it itself."""
    if not (IS_KNOWN and type(cycle) is RequestResponseCycle and _is_ordinary(cycle)):
        return None
    text = "".join([f"{name}: {value}\r\n" for name, (_, value) in header_lines.items()])
    is_valid = text.count("\n") == text.count("\r") == len(header_lines) and "\0" not in text
    if not is_valid or "connection" in header_lines:
        return None
    return b"%b%b%b" % (STATUS_LINE[status], _default_lines(tuple(cycle.default_headers)), text.encode("latin-1"))


@lru_cache(maxsize=4)
def _default_lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return the lines of the headers that uvicorn adds, which include the time in seconds."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def _is_ordinary(cycle: RequestResponseCycle, *, started: bool = False) -> bool:
    """Whether a response only has to be written: the client is connected, reads, and keeps the connection."""
    return not (
        cycle.disconnected
        or cycle.flow.write_paused
        or cycle.access_log
        or cycle.response_started is not started
        or not cycle.keep_alive
        or cycle.scope["method"] == "HEAD"
    )


def can_sever(send: Send) -> bool:
    """Return whether the connection behind `send` can be closed."""
    return hasattr(_cycle(send), "transport")


async def sever(send: Send, ending: Ending) -> None:
    """Close the connection once everything written has been sent. It never returns, until it is cancelled.

    The client's disconnect cancels it (`run_until_client_leaves`); after that, uvicorn no longer expects a response.
    """
    cycle = _cycle(send)
    transport = cycle.transport
    if ending is Ending.RESET:
        if transport.get_write_buffer_size():  # with none, TLS would wait for the next write
            transport.set_write_buffer_limits(0)  # so that the flow is paused until the buffer is empty
            await cycle.flow.drain()
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        transport.abort()
    else:
        transport.close()
    await asyncio.Event().wait()


def end_by_closing(send: Send, ending: Ending) -> Ending:
    """Return how a stream ends, before its headers are sent. In HTTP/1.0 it ends with the connection, without chunks.

    uvicorn sends chunks to every client. If it is told that the length is known, and endless, it sends the bytes
    unchanged.
    """
    cycle = _cycle(send)
    if getattr(cycle, "scope", {}).get("http_version") != "1.0" or not hasattr(cycle, "chunked_encoding"):
        return ending
    cycle.chunked_encoding, cycle.expected_content_length = False, sys.maxsize
    return Ending.CLOSE if ending is Ending.WHOLE else ending


def drop_default_headers(send: Send, names: Collection[bytes]) -> None:
    """Keep uvicorn from adding headers, such as `date`, that a response has already."""
    cycle = _cycle(send)
    if hasattr(cycle, "default_headers"):
        cycle.default_headers = [header for header in cycle.default_headers if header[0] not in names]


def _cycle(bound: Send | Receive) -> Any:
    return getattr(bound, "__self__", None)


async def _send_body(response: RawResponse, send: Send) -> bool:
    if response.faults:
        await _start(response, send)
        await PieceSender(send).send(response.pieces, ends=True)
    elif response.is_small:
        await send_whole(send, response.status_code, response.header_lines, response.data)
    else:
        return False
    return True


async def _sever(response: SeveredResponse, send: Send) -> bool:
    if not can_sever(send):
        return await _send_body(response, send)
    response.exchange.note_no_response()
    await sever(send, response.ending)
    return True


async def _send_stream(response: EventStream, send: Send) -> bool:
    """Send a stream piece by piece; Django has three generators around each piece."""
    ending = end_by_closing(send, response.ending)
    sender, is_whole = PieceSender(send), ending is Ending.WHOLE
    if response.has_original_pieces and not response.has_cookies:
        pieces = response.pieces
        await sender.start(response.status_code, response.header_lines)
    else:
        pieces = response.outgoing
        await _start(response, send)
    await sender.send(pieces, ends=is_whole)
    if not is_whole and can_sever(send):
        await sever(send, ending)
    return True


async def _send_relayed(response: RelayedResponse, send: Send) -> bool:
    """Relay another server's answer, and end it in the same way."""
    headers = [*response.relayed_headers(), *_cookies(response)]
    drop_default_headers(send, {name for name, _ in headers})
    end_by_closing(send, Ending.WHOLE)
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await PieceSender(send).send(response.outgoing, ends=False)
    if response.source.ending is Ending.WHOLE:
        await send({"type": "http.response.body"})
    elif can_sever(send):
        await sever(send, response.source.ending)
    return True


async def _send_endless(response: EndlessStream, send: Send) -> bool:
    """Send an endless stream until the server shuts down, which would otherwise wait for it."""
    await _start(response, send)
    async with aclosing(cast(AsyncGenerator[bytes, None], aiter(response))) as pieces:
        async for piece in pieces:
            if is_ending():
                break
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})
    return True


SENDERS: Mapping[type[ExchangeResponse], Callable[[Any, Send], Awaitable[bool]]] = {
    FastJsonResponse: _send_body,
    RawResponse: _send_body,
    SeveredResponse: _sever,
    EventStream: _send_stream,
    RelayedResponse: _send_relayed,
    EndlessStream: _send_endless,
}
"""The function that sends a response, by class. It returns False if Django has to: middleware may have changed it."""


async def _start(response: ExchangeResponse, send: Send) -> None:
    headers = [*encode_headers(response.header_lines), *_cookies(response)]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})


def _cookies(response: ExchangeResponse) -> list[tuple[bytes, bytes]]:
    """Return the headers of the cookies that middleware has set."""
    cookies = response.cookies.values() if response.has_cookies else ()
    return [(b"set-cookie", cookie.output(header="").strip().encode("ascii")) for cookie in cookies]
