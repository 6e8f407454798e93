"""Step 1, the client's connection: notice that the client has left, and end connections outside of HTTP's rules.

In ASGI under uvicorn, `send` is a method of the request's cycle, which has the transport (`RequestResponseCycle` in
`uvicorn/protocols/http/`, the same in both implementations). Another server's `send` has none.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Mapping, Sequence
from inspect import signature
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from completions.delivery.sabotage import Ending

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

RST_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a timeout of 0: closing such a socket sends a reset."""


IS_KNOWN = tuple(signature(RequestResponseCycle).parameters) == (
    *("scope", "transport", "flow", "logger", "access_logger", "access_log", "default_headers"),
    *("message_event", "expect_100_continue", "keep_alive", "on_response"),
)
"""Whether uvicorn makes its cycle as it did when `send_whole` was tried; if not, it writes all responses itself."""

CLIENT_LEFT = "The client left."


async def watched(work: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run `work`. Once it waits for the first time, watch for `http.disconnect`, and cancel it when that comes.

    Most answers never wait, so most requests need no second task.
    """
    watcher = _Watcher(receive)
    try:
        await _Driven(work, watcher.start)
    except asyncio.CancelledError:
        if not watcher.left:
            raise
    finally:
        watcher.stop()


class _Watcher:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[None] | None = None
        self.left = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(asyncio.current_task()))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None  # a cancelled task remembers where it was: here; that would be a circle

    async def _watch(self, worker: asyncio.Task[Any] | None) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if worker is not None:
            worker.cancel(CLIENT_LEFT)


class _Driven:
    """Awaits a coroutine like `await`, and calls `on_wait` the first time it suspends."""

    def __init__(self, work: Coroutine[Any, Any, None], on_wait: Callable[[], None]) -> None:
        self._work, self._on_wait = work, on_wait

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            pending = self._work.send(None)
        except StopIteration:
            return
        self._on_wait()
        while True:
            try:
                try:
                    value = yield pending
                except BaseException as exc:  # a cancellation: it belongs to the coroutine, as with `await`
                    pending = self._work.throw(exc)
                else:
                    pending = self._work.send(value)
            except StopIteration:
                return


Headers = Sequence[tuple[bytes, bytes]]
"""A response's headers, by lower-case name."""


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole response, whose headers tell its length: under uvicorn in one write."""
    cycle = _cycle(send)
    if (head := _head(cycle, status, headers)) is None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"%b\r\n%b" % (head, body))
    cycle.message_event.set()
    cycle.on_response()


async def start_stream(send: Send, status: int, headers: Headers) -> None:
    """Send the head of a response that comes in chunks, and has no length."""
    cycle = _cycle(send)
    if (head := _head(cycle, status, headers)) is None or cycle.chunked_encoding is not None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        return
    cycle.response_started = cycle.chunked_encoding = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"%btransfer-encoding: chunked\r\n\r\n" % head)


def chunk_writer(send: Send) -> Callable[[bytes], bool]:
    """Return what writes a piece of a stream that `start_stream` began, or else tells that `send` has to do it.

    A client that is gone or reads too slowly is uvicorn's to deal with.
    """
    cycle = _cycle(send)
    if not (IS_KNOWN and type(cycle) is RequestResponseCycle and _is_ordinary(cycle, started=True)):
        return lambda piece: False
    flow, write = cycle.flow, cycle.transport.write

    def written(piece: bytes) -> bool:
        if flow.write_paused or cycle.disconnected or not cycle.chunked_encoding:
            return False
        write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return True

    return written


def _head(cycle: Any, status: int, headers: Headers) -> bytes | None:
    """Return the lines of a response's head, looked at all at once; None where uvicorn is to write it itself."""
    if not (IS_KNOWN and type(cycle) is RequestResponseCycle and _is_ordinary(cycle)):
        return None
    pairs = (*cycle.default_headers, *headers)
    head = STATUS_LINE[status] + b"".join([b"%b: %b\r\n" % pair for pair in pairs])
    whole = head.count(b"\n") == head.count(b"\r") == len(pairs) + 1 and b"\0" not in head
    return head if whole and b"\r\nconnection: " not in head else None


def _is_ordinary(cycle: RequestResponseCycle, *, started: bool = False) -> bool:
    """Whether a response has only to be written: the client is there, reads, and keeps its connection."""
    return not (
        cycle.disconnected
        or cycle.flow.write_paused
        or cycle.access_log
        or cycle.response_started is not started
        or not cycle.keep_alive
        or cycle.scope["method"] == "HEAD"
    )


def can_sever(send: Send) -> bool:
    """Tell whether the connection behind `send` can be closed."""
    return hasattr(_cycle(send), "transport")


async def sever(send: Send, ending: Ending) -> None:
    """Close the connection once everything written has been sent. It returns only by being cancelled.

    The client's leaving cancels it (`watched`); after that, uvicorn no longer expects a response.
    """
    cycle = _cycle(send)
    transport = cycle.transport
    if ending is Ending.RESET:
        transport.set_write_buffer_limits(0)  # so that the flow is paused until the buffer is empty
        await cycle.flow.drain()
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        transport.abort()
    else:
        transport.close()
    await asyncio.Event().wait()


def end_by_closing(send: Send, ending: Ending) -> Ending:
    """Return how a stream ends, before its headers are sent. HTTP/1.0 has no chunks: a stream ends with its connection.

    uvicorn sends chunks to every client. If it is told that the length is known, and endless, it sends the bytes
    unchanged.
    """
    cycle = _cycle(send)
    if getattr(cycle, "scope", {}).get("http_version") != "1.0" or not hasattr(cycle, "chunked_encoding"):
        return ending
    cycle.chunked_encoding, cycle.expected_content_length = False, sys.maxsize
    return Ending.CLOSE if ending is Ending.WHOLE else ending


def spare_headers(send: Send, names: Collection[bytes]) -> None:
    """Keep uvicorn from adding headers, as `date`, that a response has already."""
    cycle = _cycle(send)
    if hasattr(cycle, "default_headers"):
        cycle.default_headers = [header for header in cycle.default_headers if header[0] not in names]


def _cycle(send: Send) -> Any:
    return getattr(send, "__self__", None)
