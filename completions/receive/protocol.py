"""What of HTTP happens below ASGI, in uvicorn's protocol: bytes that are no request, and offers to upgrade."""

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
from completions.receive.files import Watch
from completions.receive.heads import Head, Parts, heads, parts_of
from completions.receive.refused import refused
from completions.receive.request import too_slow
from completions.wire.registry import socket_at

HEADER = b"\r\nUpgrade:"
UPGRADE = re.compile(HEADER, re.IGNORECASE)

MAX_HEAD = 64 * 1024
"""Bytes of a request's headers, when they do not end."""

HTTP2 = "A client uses HTTP/2, which this server does not support: make it use HTTP/1.1."

TOO_EARLY = "This WebSocket handshake came before the answer to the previous request."

HANDSHAKE = 0x16
"""The byte with which a client begins that speaks TLS."""

TLS = "A client uses TLS, which this server does not: its address has to begin with http://, not with https://."

NO_HEADERS = cast(Any, deque[object](maxlen=0))
"""Takes what stands behind a body in chunks: trailers, of which none is a header of the request."""

MAX_MISSES = 8
"""Requests of a connection in a row whose heads are not known, after which it is asked for no more."""

LOOK_EVERY = 1.0
"""Seconds between two looks for requests that are under way for too long."""

GRACE = 0.1
"""Seconds after which a client that sends no more, and was sent nothing, is asked whether it has left."""

ECHO = 0.1
"""Seconds that its machine is given to say so; a slower one is heard at the next look."""

STILL_THERE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""What says nothing to a client that waits for a response, and is refused by the machine of one that has left."""


async def watch_unfinished(connections: Collection[object]) -> None:
    """End the connections of requests that do not become whole, for as long as the server runs."""
    files = Watch()
    while True:
        await asyncio.sleep(LOOK_EVERY)
        files.look(len(connections))
        now = time.monotonic()
        for connection in [*connections]:
            if isinstance(connection, Protocol):
                connection.end_if_unfinished(now)


in_doubt: "dict[RequestResponseCycle, asyncio.Future[None]]" = {}
"""The requests whose clients have closed their side, until it is known whether they have left; none of the control API,
for the journal has none."""


async def all_heard() -> None:
    """Wait until the requests of all clients that have left by now have ended, for whoever reads the journal next."""
    loop = asyncio.get_running_loop()
    if doubts := {each for each in in_doubt.values() if each.get_loop() is loop}:
        await asyncio.wait(doubts, timeout=LOOK_EVERY)


def settle(cycle: RequestResponseCycle | None) -> None:
    """Note that the client of a request has not left, or that its request has ended."""
    if cycle is not None and (doubt := in_doubt.pop(cycle, None)) is not None:
        doubt.set_result(None)


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the API's envelope for malformed requests, and deaf to upgrades but to WebSockets.

    The parser drops the body of a request that offers an upgrade, as Java's HttpClient does on each first request
    (`Upgrade: h2c`). No other upgrade is taken here, so the header is hidden from the parser and the request goes on.
    """

    _tail = b""
    """The last bytes of headers that are under way."""

    _head_of: object = None
    _head = 0
    _waits_for: object = None
    _since = 0.0
    _idle_since: float | None = None
    _misses = 0
    """Requests in a row whose heads were not known."""
    _begins_with = 0
    """The first of the bytes that came last."""
    _has_left = False
    """Whether the connection is a WebSocket by now, and another protocol's."""
    _is_half_closed = False
    _doubted: RequestResponseCycle | None = None
    _answered: RequestResponseCycle | None = None
    """The request whose answer is under way, or was the last; of several that came at once, `cycle` is the newest."""
    _refusal: RequestError | None = None
    """What is answered, when the requests before it are, to bytes that are no request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the requests of a connection know it: uvicorn copies the state into the scope of each."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.app_state = {**self.app_state, CONNECTION: Connection(f"conn_{hex_id(8)}", time.monotonic())}

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is being answered; uvicorn tells the newest, which may still wait for its turn."""
        if (cycle := self._unanswered()) is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _unanswered(self) -> RequestResponseCycle | None:
        """Return the request whose answer is under way."""
        cycle = self._answered
        return None if cycle is None or cycle.response_complete else cycle

    def data_received(self, data: bytes) -> None:
        """Feed the parser; the `Upgrade` headers of requests are renamed, at the same length."""
        if self._refusal is not None:
            return
        self._idle_since = None
        self._begins_with = data[0]
        parts = parts_of(data) if self._may_be_known() else None  # a head that came before needs no parser
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
        if self._has_left:
            return
        if self._is_in_head():
            self._tail = (self._tail + data)[-len(HEADER) + 1 :]
            self._check_head(len(data))
            return
        self._tail = b""
        if parts is not None and self.cycle is not before:
            heads.learn(parts, self.cycle)

    def on_headers_complete(self) -> None:
        """Begin a request, after which no header is one of its own."""
        super().on_headers_complete()
        if not self._is_in_head():
            self.headers = NO_HEADERS

    def _may_be_known(self) -> bool:
        """Whether to look for the head of what comes: nothing else is under way here, and not all heads differ."""
        if self._tail or self._misses > MAX_MISSES or self.limit_concurrency is not None or not IS_KNOWN:
            return False
        cycle, scope = self.cycle, self.scope
        is_done = scope is None if cycle is None else cycle.response_complete and cycle.scope is scope
        return is_done and not (cycle and cycle.more_body)

    def _begin(self, head: Head, parts: Parts) -> None:
        """Begin a request whose head is known, as uvicorn does with what its parser tells."""
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
        """Feed the parser up to each line that looks like the header, which is one within a head; return what is left.

        Bytes that came at once may hold several requests, and their bodies may hold such lines too.
        """
        fed = 0
        for found in UPGRADE.finditer(data):
            super().data_received(data[fed : found.start() + 2])
            fed = found.start() + 2
            if self.transport.is_closing() or self._refusal is not None:
                return b""
            if self._is_in_head() and not self._asks_for_socket():
                data = b"%bX-Grade:%b" % (data[:fed], data[found.end() :])  # as long, for the places found after it
        return data[fed:]

    def _is_in_head(self) -> bool:
        """Whether the parser awaits more of a request's head, or its first byte."""
        return self.cycle is None or self.cycle.scope is not self.scope

    def _asks_for_socket(self) -> bool:
        """Whether the request whose head is under way is for an address that speaks over WebSockets."""
        path = self.url.partition(b"?")[0].decode("latin-1")
        return self.parser.get_method() == b"GET" and socket_at(path) is not None

    def _should_upgrade_to_ws(self) -> bool:
        return self._asks_for_socket()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to our protocol for WebSockets, which is loaded for the first one; or to a user's."""
        if self._unanswered() is not None:
            self._refuse(RequestError(TOO_EARLY, code="invalid_handshake"))
            return
        from completions.receive.handshake import SocketProtocol

        if self.ws_protocol_class in (None, SocketProtocol.__base__):
            self.ws_protocol_class = SocketProtocol
            self.config.ws_max_size = conf.MAX_BODY_BYTES
        self._has_left = True
        super().handle_websocket_upgrade()

    def _split_upgrade(self, data: bytes) -> bytes:
        """Spoil the name of an `Upgrade` header of which the parser has seen a part, at the end of earlier bytes."""
        seen = len(self._tail)
        found = UPGRADE.search(self._tail + data[: len(HEADER)])
        if found is None or not found.start() < seen < found.end() or self._asks_for_socket():
            return data
        at = max(found.start() + 2 - seen, 0)  # where its name begins, or goes on
        return data[:at] + b"-" + data[at:]  # `Up-grade`, for one, is a header that nobody reads

    def _check_head(self, size: int) -> None:
        """Refuse headers that have not ended after so many bytes: the parser itself would take any number."""
        if self._head_of is not self.scope:
            self._head_of, self._head = self.scope, 0
        self._head += size
        if self._head > MAX_HEAD and not self.transport.is_closing():
            self._refuse(RequestError(f"The headers are larger than {MAX_HEAD} bytes.", status=431))

    def on_response_complete(self) -> None:
        """Go on with the next request, or note that none is here; uvicorn sets a timer each time, and cancels it."""
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
        """Go on with the answers to a client that has closed its own side alone; end where it waits for none.

        A client that has left sends the same, so whether it has is found out by what is written to it.
        """
        cycle = self.cycle
        waits = cycle is not None and not cycle.response_complete and not cycle.more_body
        if not waits or self._is_half_closed or self.transport.get_extra_info("sslcontext") is not None:
            return False
        if cycle.scope["http_version"] == "1.0" and not cycle.response_started:
            return False  # it knows nothing that comes before a response
        self._is_half_closed = True
        if self._refusal is None:
            (self.pipeline[0][0] if self.pipeline else cycle).keep_alive = False  # of the newest: no other can come
        if (answered := self._unanswered()) is not None and "/_mock/" not in answered.scope["path"]:
            self._doubted, in_doubt[answered] = answered, self.loop.create_future()
        self.loop.call_later(GRACE, self._ask_whether_it_left)
        return True

    def _ask_whether_it_left(self) -> None:
        """Write what changes no response: before one an interim one, within one a zero before the next chunk's size."""
        cycle = self._unanswered()
        if self.transport.is_closing() or cycle is None:
            settle(self._doubted)
            return
        if not cycle.response_started:
            self.transport.write(STILL_THERE)
        elif cycle.chunked_encoding:
            self.loop.call_soon(self._write_zero, cycle)  # a head may wait for the loop's next turn
        self.loop.call_later(ECHO, self._settle)

    def _write_zero(self, cycle: RequestResponseCycle) -> None:
        if not (self.transport.is_closing() or cycle.response_complete):
            self.transport.write(b"0")

    def _end_if_left(self) -> None:
        """End the connection of a client whose machine has refused what was written."""
        if not self.transport.is_closing() and self.transport.get_extra_info("socket").getsockopt(SOL_SOCKET, SO_ERROR):
            self.transport.abort()

    def _settle(self) -> None:
        """Note that a client that was asked has not left; where it has, its request is settled when it has ended."""
        self._end_if_left()
        if not self.transport.is_closing() or self._unanswered() is None:
            settle(self._doubted)

    def end_if_unfinished(self, now: float) -> None:
        """End a connection whose request is under way for too long, or that has none; called each second."""
        if self._is_half_closed:
            self._end_if_left()
        if self._idle_since is not None and now - self._idle_since > self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
            return
        waits_for = self._unfinished()
        if waits_for is None or waits_for is not self._waits_for:
            self._waits_for, self._since = waits_for, now
        elif now - self._since > conf.REQUEST_TIMEOUT and not self.transport.is_closing():
            self._end(waits_for)

    def _unfinished(self) -> object:
        """Return what has begun to come and is not whole: a request's body, its headers, or the first byte of all."""
        cycle = self.cycle
        if cycle is not None and cycle.scope is self.scope:
            return cycle if cycle.more_body else None
        if cycle is not None and not cycle.response_complete:
            return None  # the next request waits for the answer to this one
        begun: object = self.scope
        return self if begun is None else begun

    def _end(self, waits_for: object) -> None:
        if waits_for is self or (waits_for is self.cycle and self.cycle.response_started):
            self.transport.close()
        elif waits_for is self.cycle:
            self.cycle.message_event.set()  # whoever reads the body looks at the time (`request.py`), and answers
        else:
            self._refuse(too_slow())

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP, and close; who speaks HTTP/2 or TLS cannot read it, so the log tells too."""
        if self.parser.get_method() == b"PRI":  # with which HTTP/2 begins
            msg = HTTP2
            self.logger.warning(msg)
        elif self._begins_with == HANDSHAKE and self._unanswered() is None:
            msg = TLS
            self.logger.warning(msg)
        self._refuse(RequestError(msg))

    def _refuse(self, exc: RequestError) -> None:
        """Answer what is no request yet, after the requests before it, and close; within its own answer just close."""
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
        if exc.status != 400:  # of which uvicorn has told
            self.logger.warning("%d: %s", exc.status, exc)
        self.transport.write(refused(exc))
        self.transport.close()
