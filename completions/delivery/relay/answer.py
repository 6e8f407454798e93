"""Ask another server what a client asks, and take its answer as it comes: status, headers, and each piece at once."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from completions.delivery.relay.headers import Header, came_from_here, for_client, for_upstream
from completions.delivery.sabotage import Ending
from completions.outcome import without_secrets

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
"""How long a connection may take."""

MAX_CONNECTIONS, IDLE_CONNECTIONS = 1000, 100
"""Connections to all upstreams at a time, and those that are kept for the next request."""

IDLE_SECONDS = 2.0
"""How long they are kept: many servers close theirs after 5 s, and may do so just as the next request is sent."""

IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


class Question(NamedTuple):
    """A request as it is passed on; headers have lower-case names, `seconds` is the longest silence.

    `generates` says that it asks for an answer of a model, and not for something to be stored.
    """

    method: str
    url: str
    headers: Mapping[bytes, bytes]
    body: bytes
    seconds: float
    generates: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether to ask again does no harm where it is not known if it was received (RFC 9110, section 9.2.2).

        A POST may not be, but one that says so by its key; and one that generates, which the APIs' own SDKs send again.
        """
        return self.generates or self.method in IDEMPOTENT or b"idempotency-key" in self.headers


class NoAnswer(Exception):
    """An upstream that gives no answer: the status and the code that the client gets, and why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Answer:
    """What came back so far. `ending` is how the connection ended, once `pieces` are through."""

    def __init__(self, response: "httpx.Response") -> None:
        self._response = response
        self.status = response.status_code
        self.headers: list[Header] = for_client(response.headers.raw)
        self.ending = Ending.HOLD
        self.problem = ""

    @property
    def is_through(self) -> bool:
        """Whether all that comes has come."""
        return self.ending is not Ending.HOLD

    @property
    def media_type(self) -> str:
        """The media type, without its parameters."""
        found = next((value for name, value in self.headers if name == b"content-type"), b"")
        return found.partition(b";")[0].strip().lower().decode("latin-1")

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield what comes, as it comes; one that breaks off ends, and `ending` says how."""
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


async def ask(question: Question) -> Answer:
    """Pass a request on; raise the 502, 503, 504 or 508 of an upstream that gives no answer."""
    if came_from_here(question.headers):
        raise _failed(508, "upstream_loop", question, "leads back here.")
    client = await _client()
    import httpx

    limits = {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}
    try:
        request = httpx.Request(
            question.method,
            question.url,
            headers=for_upstream(question.headers),
            content=question.body or None,
            extensions={"timeout": {**limits, "read": question.seconds, "write": question.seconds}},
        )
        return Answer(await _send(client, request, question))
    except httpx.PoolTimeout as exc:
        raise _failed(503, "upstream_busy", question, f"already has {MAX_CONNECTIONS} of our requests.") from exc
    except httpx.TimeoutException as exc:
        silent = f"did not answer within {question.seconds:g} s."
        told = "could not be reached in time." if isinstance(exc, httpx.ConnectTimeout) else silent
        raise _failed(504, "upstream_timeout", question, told) from exc
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        told = f"gave no answer: {type(exc).__name__}: {exc}".rstrip(": ")
        raise _failed(502, "upstream_failed", question, f"{told}.".replace("..", ".")) from exc


async def _send(client: "httpx.AsyncClient", request: "httpx.Request", question: Question) -> "httpx.Response":
    """Send a request; once more where a connection that was kept had been closed just then."""
    import httpx

    way = _Way()
    request.extensions = {**request.extensions, "trace": way.note}
    try:
        return await client.send(request, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if not way.was_kept or not (question.is_repeatable or way.is_unsent):
            raise
    return await client.send(request, stream=True)


class _Way:
    """How far a request came, as httpx tells it: over a connection that was kept, and before an answer began."""

    def __init__(self) -> None:
        self.was_kept, self.is_unsent = True, False

    async def note(self, event: str, info: Mapping[str, object]) -> None:
        """Note an event of the connection or of the exchange."""
        if event == "connection.connect_tcp.started" or event.endswith("receive_response_headers.complete"):
            self.was_kept = False
        self.is_unsent |= event.endswith("send_request_headers.failed")


def _failed(status: int, code: str, question: Question, told: str) -> NoAnswer:
    return NoAnswer(status, code, f"The upstream {without_secrets(question.url)} {told}")


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


async def _client() -> "httpx.AsyncClient":
    """Return this loop's client; the first is made in a thread, for httpx and the authorities load for 0.3 s."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients.setdefault(loop, await asyncio.to_thread(_made))
    return _clients[loop]


def _made() -> "httpx.AsyncClient":
    """Make a client that keeps its connections and takes the environment's proxies."""
    import httpx

    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
    )
    return httpx.AsyncClient(limits=limits, timeout=None, follow_redirects=False)
