"""From an exchange in memory to its row: without secrets, encoded, in the order of the table's columns.

It runs in the writer's thread, up to 8,000 times per second, so it builds nothing that nobody reads.
"""

import functools
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson

from completions.event import Frames
from completions.journal.exchange import ErrorFacts, Exchange, Sent
from completions.journal.packing import pack
from completions.journal.quotes import REDACTED, Quotes
from completions.journal.redaction import Redaction, Removed, redaction, secrets_in
from completions.journal.streams import clean_stream
from completions.tokens.costs import cost

SAW = re.compile(r"saw .*", re.DOTALL)
AGENT = b"user-agent"

LENGTH, ANY_LENGTH, WRITTEN = b"content-length", b"\0", r"\u0000"
"""The header of a body's length, and what stands for any length, which is no header's value; and how JSON writes it."""
SHOWN_KEY = re.compile(r"(API key provided: )\S+")


Body = bytes
"""An alias, because a column is called `bytes`."""


class Row(NamedTuple):
    """A row's values by column; `models.Exchange` describes them. The time is in seconds since the epoch."""

    request_id: str
    namespace: str
    time: float
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
    query: str
    answer: str
    fingerprint: str
    ineffective: str
    connection: str | None
    connection_ms: float | None
    upstream: str | None = None
    cassette: str | None = None
    stage: str | None = None
    ended: int = 0


class WallClock:
    """The time of day at moments of the monotonic clock. Unless it is set anew, it keeps their order."""

    STEP = 0.1
    """Seconds; a smaller difference is that of two readings between which the process had to wait."""

    def __init__(self) -> None:
        self._ahead = self._reading()

    def at(self, moment: float) -> float:
        """Return the seconds since the epoch at a moment of the monotonic clock."""
        if abs(time.time() - time.monotonic() - self._ahead) > self.STEP:
            self._ahead = self._reading()
        return self._ahead + moment

    def _reading(self) -> float:
        """Return by how much it is ahead of the monotonic clock; a reading that took long tells too little."""
        return max(time.time() - time.monotonic() for _ in range(3))


_wall_clock = WallClock()


def make_row(exchange: Exchange) -> Row:
    """Return the exchange's row."""
    hide = redaction()
    body, removed = hide.clean_body(exchange.request_body)
    headers = _request_headers(hide, exchange.request_headers)
    if exchange.query and (more := hide.secrets_in_query(exchange.query)):
        headers = headers._replace(secrets=(*headers.secrets, *(secret.encode("utf-8", "replace") for secret in more)))
    row = _row(exchange, hide, body, removed, headers)
    if exchange.upstream is exchange.cassette is exchange.stage is None:
        return row
    return row._replace(
        upstream=_optional(exchange.upstream), cassette=_optional(exchange.cassette), stage=_optional(exchange.stage)
    )


def _row(exchange: Exchange, hide: Redaction, request_body: bytes, removed: Removed, headers: "_Headers") -> Row:
    """Return the row of an exchange whose request is already clean."""
    return Row(
        exchange.request_id,
        _text(exchange.namespace)[:200],
        _wall_clock.at(exchange.started),
        _text(exchange.method),
        _text(exchange.path),
        exchange.endpoint,
        _optional(exchange.model),
        exchange.stream,
        exchange.status,
        _optional(exchange.rule),
        exchange.unmatched,
        _near_misses(exchange, removed.found, headers.secrets),
        _error(exchange, removed.found, headers.secrets),
        exchange.fault,
        exchange.retry,
        REDACTED if hide.hides("idempotency-key") else _optional(exchange.idempotency_key),
        REDACTED if removed.found and exchange.summary else _text(" ".join(exchange.summary.split())),
        *_used(exchange),
        ttft(exchange.sent) if exchange.sent else None,
        round(((exchange.ended or 0.0) - exchange.started) * 1000, 3),
        exchange.chunks,
        exchange.sent_bytes,
        exchange.client_left,
        _tokens_sent(exchange),
        headers.json,
        request_body,
        exchange.request_truncated,
        _json(hide.clean_lines(exchange.response_headers)),
        *_response(exchange, hide, removed, headers.secrets),
        exchange.response_truncated,
        _fault_parameters(exchange) if exchange.faults else None,
        *_found_by(exchange, hide, request_body, removed, headers.secrets),
        _ineffective(exchange) if exchange.ineffective else "[]",
        exchange.connection.id if exchange.connection else None,
        _connection_ms(exchange),
        ended=int(_wall_clock.at(exchange.ended or exchange.started) * 1_000_000),
    )


def _used(exchange: Exchange) -> tuple[int | None, int | None, float | None]:
    """Return the tokens of the prompt and of the completion, and what they cost."""
    usage = exchange.usage
    if usage is None:
        return None, None, None
    return usage.prompt_tokens, usage.completion_tokens, cost(exchange.model, usage)


def _found_by(
    exchange: Exchange, hide: Redaction, body: bytes, removed: Removed, secrets: Sequence[bytes]
) -> tuple[str, str, str]:
    """Return the address's query, the words of the answer and the fingerprint: what is searched for."""
    query = _text(hide.clean_query(exchange.query))
    return query, _answer(exchange.answer, hide, removed, secrets), _fingerprint(exchange, body)


def _answer(answer: str, hide: Redaction, removed: Removed, secrets: Sequence[bytes]) -> str:
    """Return the searchable words of the answer; none if the journal hides part of it, or of what it may quote."""
    if not answer or removed.found or hide.paths:
        return ""
    texts = _quotable(hide, removed, secrets, answer.encode("utf-8", "replace").__contains__) if secrets else ()
    return _text(Quotes(texts).clean([answer])[0] if texts else answer)


def _fingerprint(exchange: Exchange, body: bytes) -> str:
    """Return what the attempts of one request have in common: the program, the question, and the address."""
    facts = (
        exchange.method.encode(),
        exchange.path.encode("utf-8", "replace"),
        exchange.request_headers.get(AGENT, b""),
    )
    return blake2b(b"\0".join((*facts, body)), digest_size=8).hexdigest()


def _ineffective(exchange: Exchange) -> str:
    return _json([{"what": each.what, "why": each.why} for each in exchange.ineffective])


def _connection_ms(exchange: Exchange) -> float | None:
    """Return the age of the connection in milliseconds when the request came."""
    return round((exchange.started - exchange.connection.opened) * 1000, 3) if exchange.connection else None


def _fault_parameters(exchange: Exchange) -> str | None:
    return None if exchange.fault_parameters is None else _json(dict(exchange.fault_parameters))


def _text(text: str) -> str:
    """Return a text that every database accepts: valid UTF-8 without NUL."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _optional(text: str | None) -> str | None:
    return None if text is None else _text(text)


def _json(document: object) -> str:
    return _text(orjson.dumps(document).decode())


Secrets = tuple[bytes, ...]


class _Headers(NamedTuple):
    """A request's headers as the journal keeps them, and the secrets in them that an answer may quote."""

    json: str
    secrets: Secrets


def _request_headers(hide: Redaction, headers: Mapping[bytes, bytes]) -> _Headers:
    """Clean a request's headers; a client sends the same ones again and again, but for the length of the body."""
    names, values = tuple(headers), [*headers.values()]
    length = headers.get(LENGTH, b"")
    if not length.isdigit():
        return _cleaned(hide, names, tuple(values))
    values[names.index(LENGTH)] = ANY_LENGTH
    json, secrets = _cleaned(hide, names, tuple(values))
    return _Headers(json.replace(WRITTEN, length.decode(), 1), secrets)


@functools.lru_cache(maxsize=128)
def _cleaned(hide: Redaction, names: tuple[bytes, ...], values: tuple[bytes, ...]) -> _Headers:
    text = {name.decode("latin-1"): value.decode("latin-1") for name, value in zip(names, values, strict=True)}
    secrets = (secret for name, value in text.items() if hide.hides(name) for secret in secrets_in(name, value))
    return _Headers(_json(hide.clean_headers(text)), tuple(secret.encode("latin-1") for secret in secrets))


@functools.lru_cache(maxsize=128)
def _quotes(secrets: Secrets) -> Quotes:
    return Quotes(secret.decode("latin-1") for secret in secrets)


def _near_misses(exchange: Exchange, secret: bool, secrets: Secrets) -> str:
    """Return the near misses; a rule may ask for a secret header, and then tells what it saw."""
    if not exchange.near_misses:
        return "[]"
    return _json([{"rule": miss.rule, "why": _why(miss.why, secret, secrets)} for miss in exchange.near_misses])


def _why(why: str, secret: bool, secrets: Secrets) -> str:
    return SAW.sub(f"saw {REDACTED})", why) if secret else _quotes(secrets).clean([why])[0]


def _error(exchange: Exchange, secret: bool, secrets: Secrets) -> str | None:
    error = exchange.error
    if error is None:
        return None
    message = _message(error, secret, secrets)
    return _json({"status": error.status, "type": error.type, "code": error.code, "message": message})


def _message(error: ErrorFacts, secret: bool, secrets: Secrets) -> str:
    """Return an error's message. It is hidden if it may quote what was removed from the body; a key always is."""
    return REDACTED if secret else _quotes(secrets).clean([SHOWN_KEY.sub(rf"\1{REDACTED}", error.message)])[0]


def _error_body(body: bytes, error: ErrorFacts, message: str) -> bytes:
    """Return an error's body with the message as it may be kept; nothing of it where the message is not found."""
    if message == error.message:
        return body
    return body.replace(said, orjson.dumps(message)) if (said := orjson.dumps(error.message)) in body else b""


def _response(exchange: Exchange, hide: Redaction, removed: Removed, secrets: Secrets) -> tuple[bytes, str]:
    """Return the body, and a stream's writes: of each its last event plus one, and its ms; and how to cut the body."""
    sent = exchange.sent
    if sent is None:
        return _whole(exchange, hide, removed, secrets), "{}"
    frames = _frames(sent.frames, hide, removed, secrets)
    body, sizes, packing = pack(frames[: sent.ends[-1] if sent.ends else 0])
    writes: dict[str, object] = {"ends": sent.ends, "ms": _ms(sent.times), "events": len(frames), "sizes": sizes}
    if due := sent.due:
        writes["due"] = _ms(due if due.count(due[0]) < len(due) else due[:1])
    if packing:
        writes["packing"] = packing
    return body, orjson.dumps(writes).decode()


def _whole(exchange: Exchange, hide: Redaction, removed: Removed, secrets: Secrets) -> bytes:
    """Return a body without its own secrets, and without the request's secrets that it quotes."""
    body = hide.clean_body(exchange.response_body)[0]
    if exchange.error and body:
        return _error_body(body, exchange.error, _message(exchange.error, removed.found, secrets))
    if removed.unknown:
        return REDACTED.encode()
    texts = _quotable(hide, removed, secrets, body.__contains__)
    return Quotes(texts).clean_body(body) if texts else body


def _frames(frames: Frames, hide: Redaction, removed: Removed, secrets: Sequence[bytes]) -> Frames:
    """Return the events of a stream, cleaned likewise."""
    if removed.unknown:
        return Frames([REDACTED.encode()] * len(frames))
    texts = _quotable(hide, removed, secrets, frames.has)
    if not hide.paths and not texts:
        return frames
    return Frames(clean_stream([*frames], hide, Quotes(texts)))


def _quotable(hide: Redaction, removed: Removed, secrets: Sequence[bytes], has: Callable[[bytes], bool]) -> list[str]:
    """Return the texts that the journal has no longer of a request, and that may be quoted in frames of its answer.

    To read a stream for them takes long, so without JOURNAL_REDACT only those are returned that stand in one frame.
    """
    if secrets and not hide.is_set:
        secrets = [secret for secret in secrets if has(secret)]
    return [*removed.texts, *(secret.decode("latin-1") for secret in secrets)]


def _ms(times: Sequence[float]) -> list[float]:
    """Return seconds as milliseconds with one decimal; `int`, because `round` costs more than everything else here."""
    return [int(seconds * 10_000) / 10 for seconds in times]


def ttft(sent: Sent | None) -> float | None:
    """Return the milliseconds to the write with the first token."""
    first = next((at for at, tokens in enumerate(sent.tokens) if tokens), None) if sent is not None else None
    if sent is None or first is None:
        return None
    write = bisect_right(sent.ends, first)
    return round(sent.times[write] * 1000, 3) if write < len(sent.times) else None


def _tokens_sent(exchange: Exchange) -> int | None:
    """Return how many of the answer's tokens were sent; None if it has none."""
    sent = exchange.sent
    if sent is not None:
        return sum(sent.tokens[: sent.ends[-1]]) if sent.ends else 0
    if exchange.usage is None:
        return None
    return 0 if exchange.client_left or exchange.status == 0 else exchange.usage.completion_tokens
