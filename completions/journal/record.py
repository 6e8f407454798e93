"""Step 6, the end of a request: its exchange is ended once, logged, and given to the journal's writer."""

import logging
import os
import time
from collections.abc import Sequence
from typing import ClassVar

from completions.journal.exchange import Exchange, Sent
from completions.journal.lines import ChunkLine, RequestLine
from completions.journal.writer import writer

requests_log = logging.getLogger("completions.requests")
chunks_log = logging.getLogger("completions.chunks")


def end_exchange(exchange: Exchange) -> None:
    """Note the end, once; call what waits for it, log the request's line, and give the exchange to the journal."""
    if exchange.ended is not None:
        return
    exchange.ended = time.monotonic()
    if exchange.at_end is not None:
        exchange.at_end()
        exchange.at_end = None
    if requests_log.isEnabledFor(logging.INFO):
        _log(requests_log, RequestLine(exchange))
    writer.add(exchange)


class StreamRecord:
    """Notes what of a stream was sent. The first `total` of the frames are chunks; `tokens` says which carry one.

    `open` counts the streams of this process that have begun and not ended.
    """

    open: ClassVar[int] = 0

    def __init__(
        self, exchange: Exchange, frames: Sequence[bytes], tokens: Sequence[bool], total: int, log: bool
    ) -> None:
        self._exchange, self._sizes, self._total = exchange, list(map(len, frames)), total
        self._log = log and chunks_log.isEnabledFor(logging.INFO)
        self._sent = 0
        self._ends: list[int] = []
        self._times: list[float] = []
        exchange.stream = True
        StreamRecord.open += 1
        exchange.sent = Sent(frames, self._sizes, tokens, self._ends, self._times)

    def due(self, times: Sequence[float]) -> None:
        """Note when the frames are due, in seconds after the start."""
        if self._exchange.sent is not None:
            self._exchange.sent = self._exchange.sent._replace(due=times)

    def sent(self, first: int, last: int, elapsed: float) -> None:
        """Note that the frames from `first` to before `last` went out in one write, `elapsed` s after the start."""
        exchange = self._exchange
        self._sent = last
        self._ends.append(last)
        self._times.append(elapsed)
        exchange.bytes += sum(self._sizes[first:last])
        exchange.chunks = min(last, self._total)
        if self._log and first < exchange.chunks:
            size = sum(self._sizes[first : exchange.chunks])
            numbers = (first + 1, exchange.chunks, self._total)
            _log(chunks_log, ChunkLine(exchange, numbers, elapsed + exchange.queued, size))

    def end(self) -> None:
        """End the exchange; a stream that is not whole by now was left by its client, or stopped with the server."""
        if self._exchange.ended is None:
            StreamRecord.open -= 1
        self._exchange.client_left = self._sent < len(self._sizes) and not self._exchange.stopped
        end_exchange(self._exchange)


_COMMON = vars(logging.LogRecord("completions", logging.INFO, __file__, 0, None, None, None))
"""What all our lines' records have in common: they come from one place of the source, and from one process."""


class _Line(logging.LogRecord):
    """A record of one of our lines; without looking for its caller, which costs more than all else about it."""

    def __init__(self, name: str, line: object) -> None:
        now = time.time()
        vars(self).update(_COMMON, name=name, msg=line, created=now, msecs=int(now % 1 * 1000) + 0.0)
        self.relativeCreated = (now - _COMMON["created"]) * 1000 + _COMMON["relativeCreated"]
        self.process, self.thread, self.threadName = os.getpid(), None, None


def _log(logger: logging.Logger, line: object) -> None:
    logger.handle(_Line(logger.name, line))
