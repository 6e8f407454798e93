"""Step 1: Django's ASGI request with the body in memory and everything else built on demand; reading of the body.

A body is limited in size and time, and so is the number of unfinished bodies. Nearly every body arrives complete with
its request, at no extra cost. Otherwise a client might send one slowly or never finish it, on any number of
connections: their total size is limited.
"""

import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIRequest
from django.urls import ResolverMatch
from django.utils.functional import cached_property
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from completions.conf import conf, django_conf
from completions.exceptions import BodyTooLarge, RequestError
from completions.journal.exchange import Exchange, connection_of
from completions.receive.cycle import IS_KNOWN, Receive

MAX_TIMES = 4
"""The largest total of all unfinished bodies, in multiples of MAX_BODY_BYTES."""


def _joined_headers(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return headers by name; a repeated header becomes a comma-separated list (RFC 9110, section 5.3)."""
    return {name: b", ".join(value for other, value in headers if other == name) for name in dict(headers)}


class LeanRequest(ASGIRequest):
    """A request whose META, headers and content type are built when they are first read.

    `received` is the arrival time on the monotonic clock, in seconds; `sent_headers` are the headers as they were sent,
    by lower-case name.
    """

    resolver_match: ResolverMatch | None = None
    _encoding: str | None = None
    _post_parse_error = _read_started = False

    def __init__(self, scope: Mapping[str, Any], body: bytes = b"") -> None:
        self.received = time.monotonic()
        self.scope = scope
        headers = scope["headers"]
        self.sent_headers: dict[bytes, bytes] = dict(headers)
        if len(self.sent_headers) != len(headers):
            self.sent_headers = _joined_headers(headers)
        self.query: bytes = scope.get("query_string", b"")
        self.method = scope["method"].upper()
        self.path = self.path_info = scope["path"]
        self.script_name = django_conf.FORCE_SCRIPT_NAME or scope.get("root_path") or ""
        if self.script_name:
            self.path_info = self.path.removeprefix(self.script_name)
            if self.path_info == self.path:  # the server, or a proxy, has removed it
                self.path = self.script_name + self.path
        self._body = body

    @property
    def body(self) -> bytes:
        """The body, which is complete."""
        return self._body

    def begin(self) -> Exchange:
        """Return the exchange of this request, with the facts known on arrival."""
        exchange = Exchange(self.method, self.path, self.received)
        exchange.request_headers, exchange.request_body = self.sent_headers, self._body
        if self.query:
            exchange.query = self.query.decode(errors="replace")  # invalid UTF-8, for which the request is refused
        if raw := self.scope.get("raw_path"):
            exchange.target = raw.partition(b"?")[0].decode("latin-1")
        exchange.connection = connection_of(self.scope)
        return exchange

    def take_body(self, body: bytes) -> None:
        """Take the complete body, which arrives after the headers."""
        self._body = body
        self.received = time.monotonic()

    @cached_property
    def META(self) -> dict[str, Any]:  # type: ignore[override]  # Django sets it at once
        """Build Django's META, and set what Django sets with it."""
        full = ASGIRequest(self.scope, BytesIO())
        self.content_type, self.content_params, self._encoding = full.content_type, full.content_params, full.encoding
        return full.META

    @cached_property
    def content_type(self) -> str | None:  # type: ignore[override]  # Django sets it at once
        """The media type of the body, without its parameters."""
        return ASGIRequest(self.scope, BytesIO()).content_type

    @cached_property
    def content_params(self) -> dict[str, str] | None:  # type: ignore[override]  # Django sets it at once
        """The parameters of the content type."""
        return ASGIRequest(self.scope, BytesIO()).content_params

    @cached_property
    def _stream(self) -> BytesIO:  # type: ignore[override]  # Django sets it at once
        return BytesIO(self._body)

    def close(self) -> None:
        """Close what was opened; the body is only memory."""
        if "_files" in self.__dict__:
            super(ASGIRequest, self).close()


class _UnfinishedBodies:
    size = 0
    """The size, in bytes, of all unfinished bodies in this process."""


def _complete_body(receive: Receive) -> bytes | None:
    """Take a complete body from uvicorn, as its `receive` would; None where it has to be awaited."""
    cycle = getattr(receive, "__self__", None)
    if not IS_KNOWN or type(cycle) is not RequestResponseCycle:
        return None
    if cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
        return None
    body, cycle.body = bytes(cycle.body), bytearray()
    cycle.message_event.clear()
    if cycle.flow.read_paused:
        cycle.flow.resume_reading()
    return body


async def read_body(receive: Receive, started: float) -> bytes:
    """Return the body of a request that arrived at `started`, on the monotonic clock.

    Raise `BodyTooLarge` as soon as it is too large, the 408 if it takes too long, the 503 if there are too many
    unfinished bodies, and `RequestAborted` if the client leaves.
    """
    more: object = False
    if (part := _complete_body(receive)) is None:
        message = await receive()
        part, more = _part(message), message.get("more_body")
    if len(part) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge(conf.MAX_BODY_BYTES)
    return await _read_rest(part, receive, started) if more else part


async def _read_rest(first: bytes, receive: Receive, started: float) -> bytes:
    parts, size = [first], len(first)
    _UnfinishedBodies.size += size
    try:
        while True:
            if time.monotonic() - started > conf.REQUEST_TIMEOUT:
                raise too_slow()
            message = await receive()
            part = _part(message)
            parts.append(part)
            size += len(part)
            _UnfinishedBodies.size += len(part)
            if size > conf.MAX_BODY_BYTES:
                raise BodyTooLarge(conf.MAX_BODY_BYTES)
            if not message.get("more_body"):
                return b"".join(parts)
            if _UnfinishedBodies.size > MAX_TIMES * conf.MAX_BODY_BYTES:
                raise _too_many_bodies()
    finally:
        _UnfinishedBodies.size -= size


def _part(message: Mapping[str, Any]) -> bytes:
    if message["type"] == "http.disconnect":
        raise RequestAborted
    part: bytes = message.get("body", b"")
    return part


def too_slow() -> RequestError:
    """Return the 408 for a request that was not complete in time."""
    return RequestError(
        f"The request was not complete within the {conf.REQUEST_TIMEOUT} seconds that REQUEST_TIMEOUT allows.",
        status=408,
        code="request_timeout",
        headers={"connection": "close"},
    )


def _too_many_bodies() -> RequestError:
    return RequestError(
        f"Unfinished request bodies take more than the {MAX_TIMES * conf.MAX_BODY_BYTES} bytes that they may take "
        f"together ({MAX_TIMES} times MAX_BODY_BYTES). Try again shortly.",
        status=503,
        type="server_error",
        code="too_many_bodies",
        headers={"retry-after": "1", "connection": "close"},
    )
