"""One request and what became of it: gathered while it runs, logged when it ends."""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from completions.journal import lines

requests_log = logging.getLogger("completions.requests")
chunks_log = logging.getLogger("completions.chunks")


def new_request_id() -> str:
    """Return an id in the form of the API's `x-request-id`."""
    return f"req_{os.urandom(16).hex()}"


@dataclass(slots=True)
class Exchange:
    """The facts of one request. Times are seconds on the monotonic clock, sizes are bytes of the body.

    `queued` are the seconds that it waited for a place. `headers` are what the response has to say of this request
    alone. `at_end` is called once it has gone out.
    """

    method: str
    path: str
    started: float = field(default_factory=time.monotonic)
    request_id: str = field(default_factory=new_request_id)
    status: int = 0
    model: str | None = None
    rule: str | None = None
    fault: str | None = None
    stream: bool = False
    chunks: int = 0
    bytes: int = 0
    client_left: bool = False
    stopped: bool = False
    ended: float | None = None
    retry: int = 0
    idempotency_key: str | None = None
    queued: float = 0.0
    headers: Mapping[str, str] | None = None
    at_end: Callable[[], None] | None = None
    namespace: str = "default"

    @property
    def begun(self) -> float:
        """When its answer could begin: as it came, or as it got its place."""
        return self.started + self.queued

    def also_at_end(self, call: Callable[[], None]) -> None:
        """Have something more called once the response has gone out."""
        earlier = self.at_end

        def both() -> None:
            call()
            if earlier is not None:
                earlier()

        self.at_end = both

    def end(self) -> None:
        """Note the end, once, and log the request's line."""
        if self.ended is None:
            self.ended = time.monotonic()
            if self.at_end is not None:
                self.at_end()
            if requests_log.isEnabledFor(logging.INFO):
                _log(requests_log, lines.RequestLine(self))


def _log(logger: logging.Logger, line: object) -> None:
    """Log at INFO without looking for the caller's line in the source, which costs more than the rest of it."""
    logger.handle(logging.LogRecord(logger.name, logging.INFO, __file__, 0, line, None, None))


class StreamRecord:
    """Notes what of a stream was sent. `sizes` are the frames' bytes; the first `total` of them are chunks."""

    def __init__(self, exchange: Exchange, sizes: Sequence[int], total: int, log: bool) -> None:
        self._exchange, self._sizes, self._total = exchange, sizes, total
        self._log = log and chunks_log.isEnabledFor(logging.INFO)
        self._sent = 0
        exchange.stream = True

    def sent(self, first: int, last: int, elapsed: float) -> None:
        """Note that the frames from `first` to before `last` went out in one write, `elapsed` s after the start."""
        exchange = self._exchange
        self._sent = last
        exchange.bytes += sum(self._sizes[first:last])
        exchange.chunks = min(last, self._total)
        if self._log:
            elapsed += exchange.queued
            for index in range(first, exchange.chunks):
                _log(chunks_log, lines.ChunkLine(exchange, index + 1, self._total, elapsed, self._sizes[index]))

    def end(self) -> None:
        """End the exchange; a stream that is not whole by now was left by its client, or stopped with the server."""
        self._exchange.client_left = self._sent < len(self._sizes) and not self._exchange.stopped
        self._exchange.end()
