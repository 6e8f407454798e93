"""Send a client's request to another server, and receive its answer: status, headers, and pieces as they arrive."""

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from completions.delivery.http_clients import HttpClients
from completions.delivery.relay.headers import Header, for_client, for_upstream, was_sent_here
from completions.delivery.stream_faults import Ending
from completions.outcome import without_secrets

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
"""The most seconds for a connection."""

MAX_CONNECTIONS = 1000
"""The most connections to all upstreams at a time."""

_clients = HttpClients(MAX_CONNECTIONS, 100, use_proxies=True)

IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


class UpstreamRequest(NamedTuple):
    """A request to an upstream; headers have lower-case names, `seconds` is the longest silence.

    `generates` says that it requests an answer of a model, not the storage of something.
    """

    method: str
    url: str
    headers: Mapping[bytes, bytes]
    body: bytes
    seconds: float
    generates: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent again if it is unknown whether it was received (RFC 9110, section 9.2.2).

        Of POSTs, only those with an idempotency key, and generating ones, which the APIs' SDKs send again.
        """
        return self.generates or self.method in IDEMPOTENT or b"idempotency-key" in self.headers


class UpstreamFailed(Exception):
    """An upstream gave no answer: the status and the code for the client, and the reason."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Answer:
    """An upstream's answer. `ending` is how the connection ended, after `pieces`."""

    def __init__(self, response: "httpx.Response") -> None:
        self._response = response
        self.status = response.status_code
        self.headers: list[Header] = for_client(response.headers.raw)
        self.ending = Ending.HOLD
        self.problem = ""

    @property
    def is_complete(self) -> bool:
        """Whether the answer has ended."""
        return self.ending is not Ending.HOLD

    @property
    def media_type(self) -> str:
        """The media type, without its parameters."""
        value = next((value for name, value in self.headers if name == b"content-type"), b"")
        return value.partition(b";")[0].strip().lower().decode("latin-1")

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces as they arrive; if the answer breaks off, stop, and set `ending`."""
        import httpx

        try:
            async for piece in self._response.aiter_raw():
                if piece:
                    yield piece
            self.ending = Ending.WHOLE
        except httpx.TransportError as exc:
            self.ending = Ending.RESET if isinstance(exc, httpx.ReadError) else Ending.CLOSE
            self.problem = f"{type(exc).__name__}: {exc}".rstrip(": ")
        finally:
            await self._response.aclose()


async def send_request(upstream_request: UpstreamRequest) -> Answer:
    """Send a request; raise the 502, 503, 504 or 508 of an upstream that gives no answer."""
    if was_sent_here(upstream_request.headers):
        raise _failed(508, "upstream_loop", upstream_request, "leads back here.")
    client = await _clients.get()
    import httpx

    limits = {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}
    try:
        request = httpx.Request(
            upstream_request.method,
            upstream_request.url,
            headers=for_upstream(upstream_request.headers),
            content=upstream_request.body or None,
            extensions={"timeout": {**limits, "read": upstream_request.seconds, "write": upstream_request.seconds}},
        )
        return Answer(await _send(client, request, upstream_request))
    except httpx.PoolTimeout as exc:
        raise _failed(
            503, "upstream_busy", upstream_request, f"already has {MAX_CONNECTIONS} of our requests."
        ) from exc
    except httpx.TimeoutException as exc:
        timeout_reason = f"did not answer within {upstream_request.seconds:g} s."
        reason = "could not be reached in time." if isinstance(exc, httpx.ConnectTimeout) else timeout_reason
        raise _failed(504, "upstream_timeout", upstream_request, reason) from exc
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        reason = f"gave no answer: {type(exc).__name__}: {exc}".rstrip(": ")
        raise _failed(502, "upstream_failed", upstream_request, f"{reason}.".replace("..", ".")) from exc


async def _send(
    client: "httpx.AsyncClient", request: "httpx.Request", upstream_request: UpstreamRequest
) -> "httpx.Response":
    """Send a request, and once more where a reused connection had just been closed."""
    import httpx

    trace = _RequestTrace()
    request.extensions = {**request.extensions, "trace": trace.note}
    try:
        return await client.send(request, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if not trace.was_reused or not (upstream_request.is_repeatable or trace.is_unsent):
            raise
    return await client.send(request, stream=True)


class _RequestTrace:
    """The progress of a request, by httpx's events: whether its connection was reused, and whether it is unsent."""

    def __init__(self) -> None:
        self.was_reused, self.is_unsent = True, False

    async def note(self, event: str, info: Mapping[str, object]) -> None:
        """Note an event of the connection or of the exchange."""
        if event == "connection.connect_tcp.started" or event.endswith("receive_response_headers.complete"):
            self.was_reused = False
        self.is_unsent |= event.endswith("send_request_headers.failed")


def _failed(status: int, code: str, upstream_request: UpstreamRequest, reason: str) -> UpstreamFailed:
    return UpstreamFailed(status, code, f"The upstream {without_secrets(upstream_request.url)} {reason}")
