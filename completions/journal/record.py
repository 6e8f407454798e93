"""Step 6, the end of a request: its exchange is ended once, logged, and passed to the journal's writer.

Log lines have `str()` for people and `fields()` for machines; neither is built unless it is read.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar

from completions.conf import conf
from completions.event import Frames
from completions.journal.exchange import Exchange, Sent
from completions.journal.writer import writer

MAX_RECORDED_BYTES = 64 * 1024 * 1024
"""The most bytes of another server's answer that are kept until it ends."""

requests_log = logging.getLogger("completions.requests")
chunks_log = logging.getLogger("completions.chunks")


def end_exchange(exchange: Exchange, at: float | None = None) -> None:
    """End an exchange, once: call its `at_end`, log its line, and pass it to the journal.

    `at` is when its answer ended, on the monotonic clock, if that was before now.
    """
    if exchange.ended is not None:
        return
    exchange.ended = time.monotonic() if at is None else at
    if exchange.at_end is not None:
        exchange.at_end()
        exchange.at_end = None
    if requests_log.isEnabledFor(logging.INFO):
        _line_logger(requests_log)(RequestLine(exchange))
    writer.add(exchange)


class StreamRecord:
    """Records the writes of a stream. The first `total` frames are chunks; `tokens` says how many each carries.

    `open` is the number of streams in this process that have begun and not ended, `waiting` that of requests in a
    queue.
    """

    open: ClassVar[int] = 0
    waiting: ClassVar[int] = 0

    def __init__(self, exchange: Exchange, frames: Frames, tokens: Sequence[int], total: int, log: bool) -> None:
        self._exchange, self._frames, self._total = exchange, frames, total
        self._log = _chunk_logger(log)
        self._sent = 0
        self._ends: list[int] = []
        self._times: list[float] = []
        self._due: list[float] = []
        exchange.stream = True
        StreamRecord.open += 1
        exchange.sent = Sent(frames, tokens, self._ends, self._times, self._due)

    @classmethod
    @contextlib.contextmanager
    def in_queue(cls) -> Iterator[None]:
        """Count a request as waiting, as long as the `with` lasts."""
        cls.waiting += 1
        try:
            yield
        finally:
            cls.waiting -= 1

    def due(self, times: Sequence[float]) -> None:
        """Note when the frames are due, in seconds after the start."""
        self._due += times

    def sent(self, first: int, last: int, elapsed: float, size: int) -> None:
        """Note one write of `size` bytes: the frames from `first` up to `last`, `elapsed` seconds after the start."""
        exchange, total = self._exchange, self._total
        self._sent = last
        self._ends.append(last)
        self._times.append(elapsed)
        exchange.sent_bytes += size
        exchange.chunks = chunks = last if last < total else total
        if self._log is not None and first < chunks:
            if chunks < last:
                size -= self._frames.size_of(chunks, last)
            self._log(ChunkLine(exchange, (first + 1, chunks, total), elapsed + exchange.queued, size))

    def end(self) -> None:
        """End the exchange; an incomplete stream was left by its client, or stopped with the server."""
        if self._exchange.ended is None:
            StreamRecord.open -= 1
        self._exchange.client_left = self._sent < len(self._frames) and not self._exchange.stopped
        end_exchange(self._exchange)


class RelayRecord:
    """Records an answer that is relayed from another server: each piece is a frame, a write, and, in a stream, a chunk.

    The pieces are kept for reading and recording, up to KEPT_BYTES.
    """

    def __init__(self, exchange: Exchange, *, is_stream: bool) -> None:
        self.exchange, self.pieces, self.times = exchange, list[bytes](), list[float]()
        self._ended_at: float | None = None
        self._size = 0
        self._log = _chunk_logger(is_stream and conf.LOG_CHUNKS)
        exchange.stream = is_stream
        StreamRecord.open += is_stream

    def sent(self, piece: bytes) -> None:
        """Note a piece that was sent."""
        exchange, fits = self.exchange, self.is_kept and self._size + len(piece) <= MAX_RECORDED_BYTES
        exchange.sent_bytes += len(piece)
        elapsed = time.monotonic() - exchange.started
        if exchange.stream:
            exchange.chunks += 1
            if self._log is not None:
                self._log(ChunkLine(exchange, (exchange.chunks, exchange.chunks, None), elapsed, len(piece)))
        if fits:
            self._size += len(piece)
            self.pieces.append(piece)
            self.times.append(elapsed)

    @property
    def is_kept(self) -> bool:
        """Whether all pieces that were sent are kept."""
        return self._size == self.exchange.sent_bytes

    @property
    def has_ended(self) -> bool:
        """Whether the answer has ended."""
        return self._ended_at is not None

    def note_end(self) -> None:
        """Note that the answer has ended; that is the exchange's end, however long reading and recording it takes."""
        self._ended_at = time.monotonic()

    def end(self, tokens: Sequence[int] = ()) -> None:
        """End the exchange; `tokens` says which pieces carry a token."""
        exchange = self.exchange
        exchange.response_truncated = not self.is_kept
        if exchange.stream:
            StreamRecord.open -= 1
            token_counts = list(tokens) or [False] * len(self.pieces)
            ends = list(range(1, len(self.pieces) + 1))
            exchange.sent = Sent(Frames(self.pieces), token_counts, ends, self.times)
        else:
            exchange.response_body = b"".join(self.pieces)
        end_exchange(exchange, self._ended_at)


class RequestLine:
    """The log line of an exchange that has ended."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def fields(self) -> dict[str, object]:
        """Return the facts; `ms` is from the request's arrival to the end of the response."""
        exchange = self.exchange
        return {
            "event": "request",
            "method": exchange.method,
            "path": exchange.path,
            "status": exchange.status,
            "model": exchange.model,
            "rule": exchange.rule,
            "upstream": exchange.upstream,
            "stage": exchange.stage,
            "error": None if exchange.error is None else exchange.error.code or exchange.error.type,
            "fault": exchange.fault,
            "ineffective": [each.what for each in exchange.ineffective],
            "stream": exchange.stream,
            "chunks": exchange.chunks,
            "bytes": exchange.sent_bytes,
            "ms": round(self._ms(), 1),
            "request_id": exchange.request_id,
            "client_left": exchange.client_left,
            "stopped": exchange.stopped,
            "retry": exchange.retry,
            "idempotency_key": exchange.idempotency_key,
            "queued_ms": round(exchange.queued * 1000, 1),
        }

    def __str__(self) -> str:
        exchange = self.exchange
        model = f" model={printable(exchange.model)}" if exchange.model is not None else ""
        stream = f" stream chunks={exchange.chunks}" if exchange.stream else ""
        retry = f" retry={exchange.retry}" if exchange.retry else ""
        queued = f" queued={exchange.queued * 1000:.1f}ms" if exchange.queued else ""
        error = "" if exchange.error is None else f" error={_value(exchange.error.code or exchange.error.type)}"
        fault = f" fault={exchange.fault.replace(' ', '')}" if exchange.fault is not None else ""
        if exchange.ineffective:
            fault += " ineffective=" + ",".join(each.what for each in exchange.ineffective)
        stage = f" stage={_value(exchange.stage)}" if exchange.stage is not None else ""
        rule = " UNMATCHED" if exchange.unmatched else f" rule={_value(exchange.rule)}" if exchange.rule else ""
        if exchange.upstream is not None:  # the server suffices: the path is the request's
            rule += f" upstream={exchange.upstream.partition('//')[2].partition('/')[0] or exchange.upstream}"
        ending = " client left" if exchange.client_left else " stopped with the server" if exchange.stopped else ""
        return (
            f"{exchange.method} {printable(exchange.path)} {exchange.status}{error}{rule}{model}{stage}{retry}{queued}"
            f"{fault}{stream} {exchange.sent_bytes}B {self._ms():.1f}ms {short(exchange.request_id)}{ending}"
        )

    @property
    def marks(self) -> dict[str, str]:
        """The texts that are highlighted on a terminal, and the style of each."""
        exchange = self.exchange
        status = "good" if 200 <= exchange.status < 400 else "doubtful" if 400 <= exchange.status < 500 else "bad"
        marks = {f" {exchange.status} ": status, " UNMATCHED ": "bad"}
        return marks | ({" fault=": "broken"} if exchange.fault is not None else {})

    def _ms(self) -> float:
        return ((self.exchange.ended or 0) - self.exchange.started) * 1000


class ChunkLine:
    """The log line of the chunks in one write: the numbers of the first, the last, and the total.

    The total is None where it is unknown, because another server sends the chunks.
    """

    __slots__ = ("elapsed", "first", "last", "request_id", "size", "total")

    def __init__(self, exchange: Exchange, numbers: tuple[int, int, int | None], elapsed: float, size: int) -> None:
        self.request_id = exchange.request_id
        self.first, self.last, self.total = numbers
        self.elapsed, self.size = elapsed, size

    def fields(self) -> dict[str, object]:
        """Return the facts; `at_ms` counts from the request's arrival, `bytes` is their total size."""
        return {
            "event": "chunks",
            "first": self.first,
            "last": self.last,
            "of": self.total,
            "at_ms": round(self.elapsed * 1000, 1),
            "bytes": self.size,
            "request_id": self.request_id,
        }

    def __str__(self) -> str:
        first, last, total = self.first, self.last, self.total
        chunks = f"chunk {first}" if first == last else f"chunks {first}-{last}"
        of = "" if total is None else f"/{total}"
        return f"{chunks}{of} +{round(self.elapsed * 1000)}ms {self.size}B {self.request_id[-SHORT_ID:]}"

    marks: ClassVar[Mapping[str, str]] = {"": "quiet"}
    """On a terminal the whole line is dimmed."""


SHORT_ID = 8
"""The number of a request id's last digits in the log, which distinguish it from its neighbours; JSON has all."""


def short(request_id: str) -> str:
    """Return the end of an id, with which the inspector's search finds the request."""
    return request_id[-SHORT_ID:]


def _value(name: str) -> str:
    """Return a name as a value in a log line, in quotes where it has a space."""
    text = printable(name)
    return f'"{text}"' if " " in text else text


def printable(text: str) -> str:
    """Return `text` on one line of at most 200 characters, so that clients cannot forge log lines."""
    text = text[:200]
    return text if text.isprintable() else ascii(text)[1:-1]


def _chunk_logger(is_enabled: bool) -> Callable[[object], None] | None:
    """Return the function that logs the lines of a stream's chunks; None where they are not logged."""
    return _line_logger(chunks_log) if is_enabled and chunks_log.isEnabledFor(logging.INFO) else None


def _line_logger(logger: logging.Logger) -> Callable[[object], None]:
    """Return the function that logs a line at INFO: without a log record, if the logger's only handler allows that."""
    emit = _direct_method(logger)
    if emit is not None:
        return partial(emit, logger.name)
    return lambda line: logger.handle(logging.LogRecord(logger.name, logging.INFO, __file__, 0, line, None, None))


def _direct_method(logger: logging.Logger) -> Callable[[str, object], None] | None:
    """Return the method by which the only handler of a logger takes lines without log records.

    None if it has no such method, or if a filter or another handler needs a record.
    """
    handler: logging.Handler | None = None
    current: logging.Logger | None = logger
    while current is not None:
        if handlers := current.handlers:
            if handler is not None or len(handlers) > 1:
                return None
            handler = handlers[0]
        current = current.parent if current.propagate else None
    if handler is None or handler.filters or logger.filters or handler.level > logging.INFO:
        return None
    return getattr(handler, "emit_message", None)
