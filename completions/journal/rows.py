"""From an exchange in memory to its row: without secrets, encoded, in the order of the table's columns.

It runs in the writer's thread, some 8,000 times a second at most, so it makes nothing that nobody will read.
"""

import re
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from completions.conf import conf
from completions.journal.costs import cost
from completions.journal.exchange import ErrorFacts, Exchange, Sent
from completions.journal.redaction import REDACTED, Redaction, redaction

SAW = re.compile(r"saw .*", re.DOTALL)
SHOWN_KEY = re.compile(r"(API key provided: )\S+")


Body = bytes
"""The type, where a column has its name."""


class Row(NamedTuple):
    """A row's values by column; `models.Exchange` says what they are."""

    request_id: str
    namespace: str
    time: datetime
    method: str
    path: str
    endpoint: str | None
    model: str | None
    stream: bool
    status: int
    rule: str | None
    unmatched: bool
    near_misses: str
    error: str | None
    fault: str | None
    retry: int
    idempotency_key: str | None
    summary: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    ttft_ms: float | None
    duration_ms: float
    chunks: int
    bytes: int
    client_left: bool
    tokens_sent: int | None
    request_headers: str
    request_body: Body
    request_truncated: bool
    response_headers: str
    response_body: Body
    response_writes: str
    response_truncated: bool
    fault_parameters: str | None


def make_row(exchange: Exchange) -> Row:
    """Return the exchange's row."""
    hide, usage = redaction(tuple(conf.JOURNAL_REDACT)), exchange.usage
    request_body, secret = hide.clean_body(exchange.request_body)
    response_body, writes = _response(exchange, hide, secret)
    return Row(
        exchange.request_id,
        _text(exchange.namespace)[:200],
        datetime.fromtimestamp(time.time() - (time.monotonic() - exchange.started), UTC),
        _text(exchange.method),
        _text(exchange.path),
        exchange.endpoint,
        _optional(exchange.model),
        exchange.stream,
        exchange.status,
        _optional(exchange.rule),
        exchange.unmatched,
        _near_misses(exchange, secret),
        _error(exchange, secret),
        exchange.fault,
        exchange.retry,
        REDACTED if "idempotency-key" in hide.headers else _optional(exchange.idempotency_key),
        REDACTED if secret and exchange.summary else _text(" ".join(exchange.summary.split())),
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
        cost(exchange.model, usage) if usage else None,
        ttft(exchange.sent),
        round(((exchange.ended or 0.0) - exchange.started) * 1000, 3),
        exchange.chunks,
        exchange.bytes,
        exchange.client_left,
        _tokens_sent(exchange),
        _headers(hide, {name.decode("latin-1"): value.decode("latin-1") for name, value in _items(exchange)}),
        request_body,
        exchange.request_truncated,
        _headers(hide, dict(exchange.response_headers.items())),
        response_body,
        writes,
        exchange.response_truncated,
        _fault_parameters(exchange),
    )


def _fault_parameters(exchange: Exchange) -> str | None:
    return None if exchange.fault_parameters is None else _json(dict(exchange.fault_parameters))


def _items(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    return list(exchange.request_headers.items())


def _text(text: str) -> str:
    """Return a text that every database takes: without what UTF-8 has not, and without NUL."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _optional(text: str | None) -> str | None:
    return None if text is None else _text(text)


def _json(document: object) -> str:
    return _text(orjson.dumps(document).decode())


def _headers(hide: Redaction, headers: Mapping[str, str]) -> str:
    return _json(hide.clean_headers(headers))


def _near_misses(exchange: Exchange, secret: bool) -> str:
    if not exchange.near_misses:
        return "[]"
    misses = [(miss.rule, miss.why) for miss in exchange.near_misses]
    return _json([{"rule": rule, "why": SAW.sub(f"saw {REDACTED})", why) if secret else why} for rule, why in misses])


def _error(exchange: Exchange, secret: bool) -> str | None:
    error = exchange.error
    if error is None:
        return None
    message = _message(error, secret)
    return _json({"status": error.status, "type": error.type, "code": error.code, "message": message})


def _message(error: ErrorFacts, secret: bool) -> str:
    """Return an error's message. It may quote the request, and is hidden where that has secrets; a key is, always."""
    return REDACTED if secret else SHOWN_KEY.sub(rf"\1{REDACTED}", error.message)


def _error_body(body: bytes, error: ErrorFacts, secret: bool) -> bytes:
    """Return an error's body with the message as it may be kept; nothing of it where the message is not found."""
    message = _message(error, secret)
    if message == error.message:
        return body
    return body.replace(said, orjson.dumps(message)) if (said := orjson.dumps(error.message)) in body else b""


def _response(exchange: Exchange, hide: Redaction, secret: bool) -> tuple[bytes, str]:
    """Return the body, and a stream's writes: of each its last event plus one, and its ms; and the events' sizes."""
    sent = exchange.sent
    if sent is None:
        body = hide.clean_body(exchange.response_body)[0]
        return (_error_body(body, exchange.error, secret) if exchange.error and body else body), "{}"
    frames, sizes = sent.frames, sent.sizes
    if hide.paths:
        frames = [hide.clean_frame(frame)[0] for frame in frames]
        sizes = list(map(len, frames))
    writes: dict[str, object] = {"ends": sent.ends, "ms": _ms(sent.times), "sizes": sizes}
    if sent.due:
        writes["due"] = _ms(sent.due)
    return b"".join(frames[: sent.ends[-1]] if sent.ends else ()), orjson.dumps(writes).decode()


def _ms(times: Sequence[float]) -> list[float]:
    """Return seconds as milliseconds, in tenths by `int`, for `round` costs more than all else here."""
    return [int(seconds * 10_000) / 10 for seconds in times]


def ttft(sent: Sent | None) -> float | None:
    """Return the ms to the write with the first token."""
    if sent is None or True not in sent.tokens:
        return None
    write = bisect_right(sent.ends, sent.tokens.index(True))
    return round(sent.times[write] * 1000, 3) if write < len(sent.times) else None


def _tokens_sent(exchange: Exchange) -> int | None:
    """Return how many of the answer's tokens went out; None for what has none."""
    sent = exchange.sent
    if sent is not None:
        return sum(sent.tokens[: sent.ends[-1]]) if sent.ends else 0
    if exchange.usage is None:
        return None
    return 0 if exchange.client_left or exchange.status == 0 else exchange.usage.completion_tokens
