"""HTTP responses: JSON by orjson, error envelopes, event streams."""

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import orjson
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.http.cookie import SimpleCookie
from django.http.response import ResponseHeaders

from completions.delivery import line_faults
from completions.delivery.stream_faults import Ending
from completions.event import Body
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.journal.record import StreamRecord, end_exchange
from completions.outcome import Fault
from completions.wire.framing import Framing
from completions.wire.openai.base import envelope
from completions.wire.openai.wordings import COMMON
from completions.wire.wordings import apply_wording

REQUEST_ID = "x-request-id"
JSON = "application/json"
JSON_TYPE = ("Content-Type", JSON)
MAX_SMALL_BODY = 64 * 1024
"""Bodies up to this many bytes are sent together with the headers."""


@functools.lru_cache(maxsize=1024)
def _plain_header(name: str, value: str) -> tuple[str, tuple[str, str] | None]:
    """Return a header's name in lower case, and the header itself if its value is plain text; most headers recur."""
    return name.lower(), (name, value) if value.isprintable() and value.isascii() else None


HeaderLines = dict[str, tuple[str, str]]
"""A response's headers as Django stores them: by lower-case name, each with its original name and its value."""


class ExchangeResponse(HttpResponseBase):
    """A response that ends its exchange when it has been sent.

    A `foreign` response looks like one of a proxy in front of the API: it lacks the API's headers, except for the
    request id, by which it can be found in the log.

    Django's constructors set attributes that few responses need, and check each header. `set_status_and_headers` sets
    `header_lines`; the other attributes are made when they are read, by middleware for example.
    """

    exchange: Exchange
    foreign = False
    closed, _charset, _handler_class, _reason_phrase = False, None, None, None

    def set_status_and_headers(self, status: int, header_lines: HeaderLines) -> None:
        """Set the attributes that differ between responses."""
        self.status_code, self.header_lines = status, header_lines

    @functools.cached_property
    def header_lines(self) -> HeaderLines:
        """The headers, as they are sent."""
        store: HeaderLines = self.headers._store
        return store

    @functools.cached_property
    def headers(self) -> ResponseHeaders:  # type: ignore[override]  # an attribute that is made late
        """The same headers as Django's mapping, which checks what is set."""
        headers = ResponseHeaders({})
        headers._store = self.header_lines
        return headers

    @functools.cached_property
    def cookies(self) -> SimpleCookie:  # type: ignore[override]  # an attribute that is made late
        """The cookies that middleware sets."""
        return SimpleCookie()

    @functools.cached_property
    def _resource_closers(self) -> list[Any]:
        return []

    @property
    def has_cookies(self) -> bool:
        """Whether there are cookies to be sent."""
        return "cookies" in self.__dict__ and bool(self.cookies)

    def leave_out_charset(self) -> None:
        """Name the media type alone, if there is one."""
        if header := self.header_lines.get("content-type"):
            self.header_lines["content-type"] = header[0], header[1].partition(";")[0]

    def add_headers(self, headers: Mapping[str, str]) -> None:
        """Add headers that the response lacks; only values that may contain a newline go through Django's check."""
        present = self.header_lines  # Django's own `setdefault` costs ten times as much
        for name, value in headers.items():
            lower, plain = _plain_header(name, value)
            if lower not in present:
                if plain is None:
                    self.headers[name] = value
                else:
                    present[lower] = plain

    def record(self, exchange: Exchange) -> None:
        """Attach the exchange, and send its id."""
        self.exchange = exchange
        self.header_lines[REQUEST_ID] = (REQUEST_ID, exchange.request_id)
        exchange.status = self.status_code
        exchange.response_headers = self.header_lines

    def end(self) -> None:
        """End the exchange. A handler that does not send Django's signals calls this instead of `close`."""
        end_exchange(self.exchange)

    def close(self) -> None:
        """End the exchange, and do what Django does at the end of a response."""
        self.end()
        super().close()


class RawResponse(ExchangeResponse, HttpResponse):
    """A complete body of any media type, or of none. With `faults` of the line it is sent in `pieces`."""

    faults: tuple[Fault, ...] = ()
    _container: list[bytes]

    def __init__(self, data: bytes, status: int, media_type: str, foreign: bool = False) -> None:
        HttpResponse.__init__(self, data, status=status, content_type=media_type)
        self.data, self._length = data, ("Content-Length", str(len(data)))
        self.header_lines["content-length"] = self._length
        if not media_type:
            del self.header_lines["content-type"]
        self.foreign = foreign

    @property
    def is_small(self) -> bool:
        """Whether `data` can go out in one piece, as it is: middleware may have set cookies, or another body."""
        if len(self.data) > MAX_SMALL_BODY or self._container != [self.data]:
            return False
        return self.header_lines.get("content-length") == self._length and not self.has_cookies

    @property
    def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as a faulty line carries it."""
        return line_faults.apply(self.faults, line_faults.single_piece(self.content))

    def replace_body(self, data: bytes) -> None:
        """Send other bytes than those that the exchange has noted: the same in a content coding."""
        self.data, self._container, self._length = data, [data], ("Content-Length", str(len(data)))
        self.header_lines["content-length"] = self._length

    def record(self, exchange: Exchange) -> None:
        """Attach the exchange, and note the body."""
        super().record(exchange)
        exchange.response_body = self.data
        exchange.sent_bytes = len(self.data)


class FastJsonResponse(RawResponse, JsonResponse):
    """Django's JsonResponse, encoded by orjson: compact, in UTF-8, with the keys in their given order."""

    def __init__(self, document: object, status: int = 200) -> None:
        """Take a document, or its encoded bytes."""
        self.data = data = document if isinstance(document, bytes) else orjson.dumps(document)
        self._container = [data]
        self._length = ("Content-Length", str(len(data)))
        self.set_status_and_headers(status, {"content-type": JSON_TYPE, "content-length": self._length})


class SeveredResponse(FastJsonResponse):
    """No response: the connection is closed. If the server does not allow that, the document is sent as a 501."""

    def __init__(self, ending: Ending, document: dict[str, Any]) -> None:
        super().__init__(document, status=501)
        self.ending = ending


def whole_response(body: Body) -> RawResponse:
    """Return the response for a complete answer."""
    response = FastJsonResponse(body.data) if body.media_type == JSON else RawResponse(body.data, 200, body.media_type)
    if body.headers:
        response.add_headers(body.headers)
    return response


UNBUFFERED_HEADERS: HeaderLines = {
    "cache-control": ("Cache-Control", "no-cache"),
    "x-accel-buffering": ("X-Accel-Buffering", "no"),
}


class StreamedResponse(ExchangeResponse, StreamingHttpResponse):
    """A response that is sent in `pieces`, or in those by which middleware has replaced them."""

    pieces: AsyncGenerator[bytes, None]

    @property
    def has_original_pieces(self) -> bool:
        """Whether the content is still `pieces`, not replaced by middleware."""
        return getattr(self, "_iterator", None) is self.pieces

    @property
    def outgoing(self) -> AsyncGenerator[bytes, None]:
        """The pieces, or those of middleware."""
        return self.pieces if self.has_original_pieces else cast(AsyncGenerator[bytes, None], aiter(self))

    def __iter__(self) -> Iterator[bytes]:
        """Give a WSGI server each piece when it is due: Django would gather them all first, and warn of that."""
        pieces = self.outgoing

        async def next_piece() -> bytes | None:
            return await anext(pieces, None)

        with asyncio.Runner() as runner:
            try:
                while (piece := runner.run(next_piece())) is not None:
                    yield piece
            finally:
                runner.run(pieces.aclose())


class EventStream(StreamedResponse):
    """A stream of events that caches and proxies do not hold back; `progress` records what was sent.

    `ending` is how the connection ends afterwards, and `faults` are those of the line that carries it.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        progress: StreamRecord,
        framing: Framing,
        ending: Ending = Ending.WHOLE,
        faults: Sequence[Fault] = (),
    ) -> None:
        self.set_status_and_headers(200, {"content-type": ("Content-Type", framing.media_type), **UNBUFFERED_HEADERS})
        if framing.headers:
            self.add_headers(framing.headers)
        self.is_async, self.plain, self.progress, self.ending, self.faults = True, pieces, progress, ending, faults
        self._iterator = self.pieces = line_faults.apply(faults, pieces) if faults else pieces

    def replace_pieces(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Send other bytes than the plain ones: the same in a content coding."""
        self._iterator = self.pieces = line_faults.apply(self.faults, pieces)

    def end(self) -> None:
        """End the exchange, whether the stream is complete or not."""
        self.progress.end()


class HasEnding(Protocol):
    """An object that knows how a connection ends."""

    @property
    def ending(self) -> Ending:
        """How it ends."""


class RelayedResponse(StreamedResponse):
    """Another server's answer, relayed as it arrives; `source` knows how it ended, `finished` ends the exchange.

    Its headers are relayed unchanged, repeated ones too, in addition to those that this server has to add.
    """

    foreign = True

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        status: int,
        relayed: Sequence[tuple[bytes, bytes]],
        source: HasEnding,
        finished: Callable[[], None],
    ) -> None:
        super().__init__(pieces, status=status)
        del self.headers["Content-Type"]
        self._received = {name.decode("latin-1"): value.decode("latin-1") for name, value in relayed}
        self.add_headers(self._received)
        self.pieces, self.relayed, self.source, self.finished = pieces, relayed, source, finished

    def replace_pieces(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Send other bytes: the same as a faulty line carries them."""
        self._iterator = self.pieces = pieces

    def record(self, exchange: Exchange) -> None:
        """Attach the exchange; send the answer's own request id where it has one."""
        upstream_request_id = self.headers.get(REQUEST_ID)
        super().record(exchange)
        if upstream_request_id is not None:
            self.headers[REQUEST_ID] = upstream_request_id

    def relayed_headers(self) -> list[tuple[bytes, bytes]]:
        """Return all headers: the relayed ones and those that were added."""
        added = {name.lower(): value for name, value in self.headers.items()}
        added = {name: value for name, value in added.items() if self._received.get(name) != value}
        added_headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in added.items()]
        removed = {name for name in self._received if name not in self.headers}  # middleware has taken them out
        relayed = (
            (name, value) for name, value in self.relayed if name.decode("latin-1") not in added.keys() | removed
        )
        return [*relayed, *added_headers]

    def end(self) -> None:
        """End the exchange, whole or cut short."""
        self.finished()


class EndlessStream(ExchangeResponse, StreamingHttpResponse):
    """A stream of events without an end. An empty piece only shows that the stream is alive, and is not sent."""

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        super().__init__(pieces, content_type="text/event-stream; charset=utf-8")
        self.headers["X-Accel-Buffering"] = "no"


def error_response(
    exc: RequestError, document: object = None, headers: Mapping[str, str] | None = None
) -> FastJsonResponse:
    """Return an error's response, with the envelope and headers of the called format, or else OpenAI's."""
    response = FastJsonResponse(document or envelope(apply_wording(exc, COMMON)), status=exc.status)
    for name, value in (exc.headers if headers is None else headers).items():
        response.headers[name] = value
    return response
