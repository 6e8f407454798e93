"""HTTP below ASGI, in uvicorn's protocol: bytes that are no request, upgrade offers, unfinished requests."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Collection
from socket import SO_ERROR, SOL_SOCKET
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from completions.conf import conf
from completions.exceptions import RequestError
from completions.ids import hex_id
from completions.journal.exchange import CONNECTION, Connection
from completions.receive.cycle import IS_KNOWN
from completions.receive.early_errors import error_bytes
from completions.receive.file_limit import ConnectionWatch
from completions.receive.heads import Head, Parts, heads, split_request
from completions.receive.request import too_slow
from completions.wire.registry import socket_at

UPGRADE_HEADER = b"\r\nUpgrade:"
UPGRADE = re.compile(UPGRADE_HEADER, re.IGNORECASE)

MAX_HEAD = 64 * 1024
"""The most bytes of a request's headers that have not ended."""

HTTP2_MESSAGE = "A client uses HTTP/2, which this server does not support: make it use HTTP/1.1."

EARLY_HANDSHAKE = "This WebSocket handshake came before the answer to the previous request."

TLS_HANDSHAKE_BYTE = 0x16
"""The first byte of a client that uses TLS."""

TLS_MESSAGE = "A client uses TLS, which this server does not: its address has to begin with http://, not with https://."

NO_HEADERS = cast(Any, deque[object](maxlen=0))
"""Receives the trailers after a body in chunks, which are no headers of the request."""

MAX_MISSES = 8
"""The consecutive requests of a connection with unknown heads after which the cache is no longer used."""

CHECK_INTERVAL = 1.0
"""Seconds between two checks for requests that take too long to arrive."""

HALF_CLOSE_SECONDS = 0.1
"""Seconds after which a client that has closed its side, and was sent nothing, is probed for having left."""

RESET_SECONDS = 0.1
"""Seconds for its machine to reset the connection; a slower reset is noticed at the next check."""

CONTINUE_RESPONSE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""A response that a waiting client ignores, and that the machine of a client that has left refuses."""


async def watch_unfinished(connections: Collection[object]) -> None:
    """End the connections of requests that do not become complete, while the server runs."""
    files = ConnectionWatch()
    while True:
        await asyncio.sleep(CHECK_INTERVAL)
        files.check(len(connections))
        now = time.monotonic()
        for connection in [*connections]:
            if isinstance(connection, Protocol):
                connection.end_if_unfinished(now)


in_doubt: "dict[RequestResponseCycle, asyncio.Future[None]]" = {}
"""The requests whose clients have closed their side, until it is known whether they have left; without those to the
control API, which the journal does not record."""


async def wait_until_settled() -> None:
    """Wait until the requests of all clients that have left have ended, before the journal is read."""
    loop = asyncio.get_running_loop()
    if unsettled := {each for each in in_doubt.values() if each.get_loop() is loop}:
        await asyncio.wait(unsettled, timeout=CHECK_INTERVAL)


def settle(cycle: RequestResponseCycle | None) -> None:
    """Note that the client of a request has not left, or that its request has ended."""
    if cycle is not None and (doubt := in_doubt.pop(cycle, None)) is not None:
        doubt.set_result(None)


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the API's envelope for malformed requests, which ignores upgrades except to WebSockets.

    The parser drops the body of a request that offers an upgrade, as Java's HttpClient does on each first request
    (`Upgrade: h2c`). No other upgrade is accepted, so the header is hidden from the parser and the request continues.
    """

    _tail = b""
    """The last bytes of headers that are still arriving."""

    _measured_head: object = None
    _head_size = 0
    _awaited: object = None
    _since = 0.0
    _idle_since: float | None = None
    _misses = 0
    """The number of consecutive requests with unknown heads."""
    _first_byte = 0
    """The first of the bytes that were received last."""
    _is_websocket = False
    """Whether the connection has become a WebSocket, which another protocol handles."""
    _is_half_closed = False
    _doubted_cycle: RequestResponseCycle | None = None
    _answered_cycle: RequestResponseCycle | None = None
    """The request that is being answered, or was the last; of several pipelined ones, `cycle` is the newest."""
    _refusal: RequestError | None = None
    """The error for bytes that are no request, which is sent after the answers to the requests before them."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection for its requests: uvicorn copies the state into the scope of each."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.app_state = {**self.app_state, CONNECTION: Connection(f"conn_{hex_id(8)}", time.monotonic())}

    def connection_lost(self, exc: Exception | None) -> None:
        """Notify the request that is being answered; uvicorn notifies the newest, which may still wait for its turn."""
        if (cycle := self._unanswered()) is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered_cycle = cycle
        super()._start_asgi_task(cycle, app)

    def _unanswered(self) -> RequestResponseCycle | None:
        """Return the request that is being answered."""
        cycle = self._answered_cycle
        return None if cycle is None or cycle.response_complete else cycle

    def data_received(self, data: bytes) -> None:
        """Feed the parser; the `Upgrade` headers of requests are renamed, at the same length."""
        if self._refusal is not None:
            return
        self._idle_since = None
        self._first_byte = data[0]
        parts = split_request(data) if self._can_use_cache() else None  # a cached head needs no parser
        if parts is not None:
            if (head := heads.find(self.root_path, parts)) is not None:
                self._misses = 0
                self._begin(head, parts)
                return
            self._misses += 1
        if self._tail:
            data = self._split_upgrade(data)
        if UPGRADE.search(data):
            data = self._feed_up_to_upgrades(data)
            parts = None
        before = self.cycle
        super().data_received(data)
        if self._is_websocket:
            return
        if self._is_in_head():
            self._tail = (self._tail + data)[-len(UPGRADE_HEADER) + 1 :]
            self._check_head(len(data))
            return
        self._tail = b""
        if parts is not None and self.cycle is not before:
            heads.learn(parts, self.cycle)

    def on_headers_complete(self) -> None:
        """Begin a request; later headers are trailers."""
        super().on_headers_complete()
        if not self._is_in_head():
            self.headers = NO_HEADERS

    def _can_use_cache(self) -> bool:
        """Whether the next head may be cached: no request is in progress, and recent heads were cached."""
        if self._tail or self._misses > MAX_MISSES or self.limit_concurrency is not None or not IS_KNOWN:
            return False
        cycle, scope = self.cycle, self.scope
        is_done = scope is None if cycle is None else cycle.response_complete and cycle.scope is scope
        return is_done and not (cycle and cycle.more_body)

    def _begin(self, head: Head, parts: Parts) -> None:
        """Begin a request with a cached head, as uvicorn does after parsing."""
        self.headers = head.headers_of(parts)
        own = {"server": self.server, "client": self.client, "scheme": self.scheme, "headers": self.headers}
        self.scope = cast(Any, {**head.values, **own, "state": self.app_state.copy()})
        self.cycle = cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        cycle.body, cycle.more_body = bytearray(parts.body), False
        cycle.message_event.set()
        self._start_asgi_task(cycle, self.app)

    def _feed_up_to_upgrades(self, data: bytes) -> bytes:
        """Feed the parser up to each line that looks like an `Upgrade` header; return the rest.

        Only such a line within a head is a header: the bytes may contain several requests, with such lines in bodies.
        """
        position = 0
        for match in UPGRADE.finditer(data):
            super().data_received(data[position : match.start() + 2])
            position = match.start() + 2
            if self.transport.is_closing() or self._refusal is not None:
                return b""
            if self._is_in_head() and not self._is_for_socket():
                # of the same length, so that later positions stay valid
                data = b"%bX-Grade:%b" % (data[:position], data[match.end() :])
        return data[position:]

    def _is_in_head(self) -> bool:
        """Whether the parser waits for more of a request's head, or for its first byte."""
        return self.cycle is None or self.cycle.scope is not self.scope

    def _is_for_socket(self) -> bool:
        """Whether the request whose head is arriving is for the address of a WebSocket."""
        path = self.url.partition(b"?")[0].decode("latin-1")
        return self.parser.get_method() == b"GET" and socket_at(path) is not None

    def _should_upgrade_to_ws(self) -> bool:
        return self._is_for_socket()

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection to our protocol for WebSockets, which is loaded for the first one, or to a user's."""
        if self._unanswered() is not None:
            self._refuse(RequestError(EARLY_HANDSHAKE, code="invalid_handshake"))
            return
        from completions.receive.handshake import SocketProtocol

        if self.ws_protocol_class in (None, SocketProtocol.__base__):
            self.ws_protocol_class = SocketProtocol
            self.config.ws_max_size = conf.MAX_BODY_BYTES
        self._is_websocket = True
        super().handle_websocket_upgrade()

    def _split_upgrade(self, data: bytes) -> bytes:
        """Change the name of an `Upgrade` header whose beginning the parser has received already."""
        tail_length = len(self._tail)
        match = UPGRADE.search(self._tail + data[: len(UPGRADE_HEADER)])
        if match is None or not match.start() < tail_length < match.end() or self._is_for_socket():
            return data
        at = max(match.start() + 2 - tail_length, 0)  # the rest of its name
        return data[:at] + b"-" + data[at:]  # `Up-grade`, for example, is ignored

    def _check_head(self, size: int) -> None:
        """Refuse headers that have not ended after MAX_HEAD bytes: the parser accepts any number."""
        if self._measured_head is not self.scope:
            self._measured_head, self._head_size = self.scope, 0
        self._head_size += size
        if self._head_size > MAX_HEAD and not self.transport.is_closing():
            self._refuse(RequestError(f"The headers are larger than {MAX_HEAD} bytes.", status=431))

    def on_response_complete(self) -> None:
        """Continue with the next request, or note that the connection is idle, without uvicorn's timer for each."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = time.monotonic()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own signature, which uvicorn narrows
        """Continue to answer a client that has closed only its own side; end the connection if it waits for nothing.

        A client that has left sends the same, so the two are distinguished by writing to it.
        """
        cycle = self.cycle
        is_waiting = cycle is not None and not cycle.response_complete and not cycle.more_body
        if not is_waiting or self._is_half_closed or self.transport.get_extra_info("sslcontext") is not None:
            return False
        if cycle.scope["http_version"] == "1.0" and not cycle.response_started:
            return False  # it has no interim responses
        self._is_half_closed = True
        if (connection := self.app_state.get(CONNECTION)) is not None:
            connection.is_half_closed = True
        if self._refusal is None:
            newest = self.pipeline[0][0] if self.pipeline else cycle
            newest.keep_alive = False  # no further request can come
        if (cycle_in_progress := self._unanswered()) is not None and "/_mock/" not in cycle_in_progress.scope["path"]:
            self._doubted_cycle, in_doubt[cycle_in_progress] = cycle_in_progress, self.loop.create_future()
        self.loop.call_later(HALF_CLOSE_SECONDS, self._probe_client)
        return True

    def _probe_client(self) -> None:
        """Write bytes that change no response: an interim response, or a zero before the next chunk's size."""
        cycle = self._unanswered()
        if self.transport.is_closing() or cycle is None:
            settle(self._doubted_cycle)
            return
        if not cycle.response_started:
            self.transport.write(CONTINUE_RESPONSE)
        elif cycle.chunked_encoding:
            self.loop.call_soon(self._write_zero, cycle)  # a head may wait for the loop's next turn
        self.loop.call_later(RESET_SECONDS, self._settle_doubt)

    def _write_zero(self, cycle: RequestResponseCycle) -> None:
        if not (self.transport.is_closing() or cycle.response_complete):
            self.transport.write(b"0")

    def _end_if_left(self) -> None:
        """End the connection of a client whose machine has refused what was written."""
        if not self.transport.is_closing() and self.transport.get_extra_info("socket").getsockopt(SOL_SOCKET, SO_ERROR):
            self.transport.abort()

    def _settle_doubt(self) -> None:
        """Note that a probed client has not left; if it has, its request is settled when it has ended."""
        self._end_if_left()
        if not self.transport.is_closing() or self._unanswered() is None:
            settle(self._doubted_cycle)

    def end_if_unfinished(self, now: float) -> None:
        """End a connection whose request takes too long to arrive, or that is idle; called each second."""
        if self._is_half_closed:
            self._end_if_left()
        if self._idle_since is not None and now - self._idle_since > self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
            return
        awaited = self._unfinished_part()
        if awaited is None or awaited is not self._awaited:
            self._awaited, self._since = awaited, now
        elif now - self._since > conf.REQUEST_TIMEOUT and not self.transport.is_closing():
            self._end(awaited)

    def _unfinished_part(self) -> object:
        """Return what is incomplete: a request's body, its headers, or the connection without a first byte."""
        cycle = self.cycle
        if cycle is not None and cycle.scope is self.scope:
            return cycle if cycle.more_body else None
        if cycle is not None and not cycle.response_complete:
            return None  # the next request waits for the answer to this one
        scope: object = self.scope
        return self if scope is None else scope

    def _end(self, awaited: object) -> None:
        if awaited is self or (awaited is self.cycle and self.cycle.response_started):
            self.transport.close()
        elif awaited is self.cycle:
            self.cycle.message_event.set()  # `request.read_body` checks the time, and raises the error
        else:
            self._refuse(too_slow())

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP, and close; clients with HTTP/2 or TLS cannot read it, so it is logged too."""
        if self.parser.get_method() == b"PRI":  # with which HTTP/2 begins
            msg = HTTP2_MESSAGE
            self.logger.warning(msg)
        elif self._first_byte == TLS_HANDSHAKE_BYTE and self._unanswered() is None:
            msg = TLS_MESSAGE
            self.logger.warning(msg)
        self._refuse(RequestError(msg))

    def _refuse(self, exc: RequestError) -> None:
        """Answer an invalid request after the requests before it, and close; within its own answer just close."""
        is_broken = self.cycle is not None and self.cycle.more_body
        if (cycle := self._unanswered()) is not None and (cycle is not self.cycle or not is_broken):
            if is_broken:
                self.pipeline.popleft()
                self.cycle = self.pipeline[0][0] if self.pipeline else cycle
            self._refusal = exc
            return
        if cycle is not None and cycle.response_started:
            self.transport.close()
            return
        if exc.status != 400:  # which uvicorn has logged
            self.logger.warning("%d: %s", exc.status, exc)
        self.transport.write(error_bytes(exc))
        self.transport.close()
