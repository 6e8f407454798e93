"""Observe the bytes that the server sent, beneath LiteLLM.

LiteLLM reports several failures as success: it makes up `finish_reason` "stop", usage and empty answers.
It loses refusals and, with `n` > 1, whole pieces. So the client gives LiteLLM an HTTP client of its own, with
hooks that show every body to the `Wire` of the call it belongs to. Nothing is changed on the way.

Only calls in the OpenAI format pass here; other providers use LiteLLM's own HTTP clients and stay unobserved.
"""

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakValueDictionary

import httpx

from llmclient.faults import Fault, Reason, error_in
from llmclient.sse import EventReader

EXCERPT = 200
"""The most characters of a body in a message."""

_Hooks = dict[str, list[Callable[..., Any]]]
Document = dict[str, Any]  # one JSON object of the server's: a whole answer, or a chunk of one

# The hooks know a call by a header that they take off again. It goes wherever LiteLLM and the SDK take the request,
# to another thread or through retries; something in the context of the caller would not.
_MARK = "x-llmclient-call"
_numbers = itertools.count(1)
_wires: "WeakValueDictionary[str, Wire]" = WeakValueDictionary()

# Asked of every server, since a compressed body could not be read in passing.
PLAIN_BODY = {"accept-encoding": "identity"}


class Wire:
    """Observe one call: its response, its documents with their times, and the first fault.

    Times are of `time.perf_counter`. They are taken here, so that they exclude LiteLLM's own time.
    """

    def __init__(self, *, streaming: bool) -> None:
        number = str(next(_numbers))
        _wires[number] = self
        self.mark = {_MARK: number}  # headers for the request to send
        self.sent_at: float | None = None
        self.response: httpx.Response | None = None
        self.is_readable = False  # there is a body to read here: of a 2xx, and not compressed
        self._streaming = streaming
        self._reset()

    def _reset(self) -> None:
        self.fault: Fault | None = None
        self._documents: list[tuple[float, Document]] = []
        self._reader = EventReader()
        self._body = bytearray()
        self._events = 0
        self._done = False
        self._closed = False

    @property
    def ended(self) -> bool:
        """Tell whether the server has ended the answer: by [DONE], or by the end of the body."""
        return self._done or self._closed

    @property
    def status(self) -> int | None:
        """Return the HTTP status, or None when no response was seen."""
        return self.response.status_code if self.response else None

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the response's headers, names in lower case."""
        return dict(self.response.headers) if self.response else {}

    def take(self) -> list[tuple[float, Document]]:
        """Return the documents that came since the last call, each with the time it came."""
        documents, self._documents = self._documents, []
        return documents

    def begin(self, response: httpx.Response) -> None:
        """Start over with `response`: a retry, a redirect's target, or the first."""
        self.response = response
        plain = response.headers.get("content-encoding", "identity") == "identity"
        self.is_readable = response.is_success and plain
        self._reset()

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Observe the reading of the body: its end, or the failure that ended it."""
        try:
            yield
        except httpx.TimeoutException as error:
            self._fail(Reason.TIMED_OUT, f"nothing came for longer than the timeout ({type(error).__name__})")
            raise
        except httpx.TransportError as error:
            self._fail(Reason.CONNECTION_LOST, str(error) or "the connection was reset")
            raise
        self._end()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if not self.is_readable:
            return
        if self._events == 0:
            self._body += data
        if self._streaming:
            for name, payload in self._reader.feed(data):
                self._event(name, payload)

    def _end(self) -> None:
        self._closed = True
        if not self.is_readable:
            return
        if self._streaming:
            for name, payload in self._reader.end():
                self._event(name, payload)
        if self._events == 0 and not self._done:
            self._read_body()

    def _event(self, name: str, payload: bytes) -> None:
        if self._done or self.fault:
            return  # what follows [DONE] or an error belongs to no answer
        if payload.startswith(b"[DONE]"):
            self._done = True
            if self._events == 0:
                self._fail(Reason.EMPTY, "the stream has no events but [DONE]")
            return
        self._events += 1
        document = self._parse(payload, f"event {self._events}", named_error=name == "error")
        if document is not None:
            self._documents.append((time.perf_counter(), document))

    def _read_body(self) -> None:
        """Read a body that is not a stream: the requested answer, or a response instead of a stream."""
        if not self._body.strip():
            self._fail(Reason.EMPTY, "the stream has no events" if self._streaming else "the body is empty")
            return
        document = self._parse(bytes(self._body), "the body")
        if self.fault and self.fault.reason is Reason.ERROR_EVENT:
            self.fault = Fault(Reason.ERROR_BODY, self.fault.message, self.fault.body)
        elif self._streaming:
            self.fault = self._missing_stream_fault(document)
        elif document is not None:
            self._documents.append((time.perf_counter(), document))

    def _missing_stream_fault(self, document: Document | None) -> Fault:
        kind = self.headers.get("content-type", "no content type")
        if kind.startswith("text/event-stream"):
            return Fault(Reason.EMPTY, "the stream has no events")
        return Fault(Reason.NOT_A_STREAM, f"asked for a stream, got {kind}: {_excerpt(self._body)}", document)

    def _parse(self, payload: bytes, subject: str, named_error: bool = False) -> Document | None:
        """Return the JSON object in `payload`, or None and note the fault."""
        try:
            document: object = json.loads(payload.decode())
        except UnicodeDecodeError as error:
            self._fail(Reason.BAD_UTF8, f"{subject} is not UTF-8: {error}")
            return None
        except (ValueError, RecursionError) as error:
            document = _excerpt(payload)
            if not named_error:
                self._fail(Reason.BAD_JSON, f"{subject} is not JSON ({error}): {document}")
                return None
        if fault := error_in(document, named_error):
            self.fault = fault
        elif isinstance(document, dict):
            return document
        else:
            self._fail(Reason.BAD_JSON, f"{subject} is JSON, but not an object: {_excerpt(payload)}")
        return None

    def _fail(self, reason: Reason, message: str) -> None:
        self.fault = self.fault or Fault(reason, message)


class _TappedBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Pass on a response's body unchanged, and feed it to a wire."""

    def __init__(self, body: object, wire: Wire) -> None:
        self._body = body
        self._wire = wire

    def __iter__(self) -> Iterator[bytes]:
        with self._wire.receiving():
            for data in cast(httpx.SyncByteStream, self._body):
                self._wire.feed(data)
                yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._wire.receiving():
            async for data in cast(httpx.AsyncByteStream, self._body):
                self._wire.feed(data)
                yield data

    def close(self) -> None:
        cast(httpx.SyncByteStream, self._body).close()

    async def aclose(self) -> None:
        await cast(httpx.AsyncByteStream, self._body).aclose()


def _on_request(request: httpx.Request) -> None:
    if mark := request.headers.pop(_MARK, None):
        request.extensions[_MARK] = _wires.get(mark)  # a redirect inherits this, and not the header
    wire: Wire | None = request.extensions.get(_MARK)
    if wire is not None:
        wire.sent_at = time.perf_counter()


def _on_response(response: httpx.Response) -> None:
    wire: Wire | None = response.request.extensions.get(_MARK)
    if wire is not None:
        wire.begin(response)
        response.stream = _TappedBody(response.stream, wire)


async def _on_async_request(request: httpx.Request) -> None:
    _on_request(request)


async def _on_async_response(response: httpx.Response) -> None:
    _on_response(response)


# For an HTTP client: show what passes to the wire of its call.
HOOKS: _Hooks = {"request": [_on_request], "response": [_on_response]}
ASYNC_HOOKS: _Hooks = {"request": [_on_async_request], "response": [_on_async_response]}


def _excerpt(body: bytes | bytearray) -> str:
    """Return the start of a body as one line of at most so many characters."""
    text = " ".join(bytes(body[: EXCERPT + 1]).decode("utf-8", "replace").split())
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
