"""The log lines of requests and chunks: text for people by `str()`, fields for machines; made only when read."""

from completions.journal.exchange import Exchange


class RequestLine:
    """The line of an ended exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def fields(self) -> dict[str, object]:
        """Return the facts; `ms` is from the request's arrival to the response's end."""
        exchange = self.exchange
        return {
            "event": "request",
            "method": exchange.method,
            "path": exchange.path,
            "status": exchange.status,
            "model": exchange.model,
            "rule": exchange.rule,
            "fault": exchange.fault,
            "stream": exchange.stream,
            "chunks": exchange.chunks,
            "bytes": exchange.bytes,
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
        fault = f" fault={exchange.fault.replace(' ', '')}" if exchange.fault is not None else ""
        ending = " client left" if exchange.client_left else " stopped with the server" if exchange.stopped else ""
        return (
            f"{exchange.method} {printable(exchange.path)} {exchange.status}{model}{retry}{queued}{fault}{stream}"
            f" {exchange.bytes}B {self._ms():.1f}ms {exchange.request_id}{ending}"
        )

    def _ms(self) -> float:
        return ((self.exchange.ended or 0) - self.exchange.started) * 1000


class ChunkLine:
    """The line of the chunks that were sent in one write, by the numbers of the first, the last, and all."""

    def __init__(self, exchange: Exchange, numbers: tuple[int, int, int], elapsed: float, size: int) -> None:
        self.request_id = exchange.request_id
        self.first, self.last, self.total = numbers
        self.elapsed, self.size = elapsed, size

    def fields(self) -> dict[str, object]:
        """Return the facts; `at_ms` counts from the request's arrival, `bytes` is the size of them all."""
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
        chunks = f"chunk {self.first}" if self.first == self.last else f"chunks {self.first}-{self.last}"
        return f"{chunks}/{self.total} +{self.elapsed * 1000:.0f}ms {self.size}B {self.request_id}"


def printable(text: str) -> str:
    """Return `text` on one line of at most 200 characters: what a client sends must not write log lines."""
    text = text[:200]
    return text if text.isprintable() else ascii(text)[1:-1]
