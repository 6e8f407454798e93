"""From an exchange in memory to its row: without secrets, encoded, in the order of the table's columns.

It runs in the writer's thread, up to 8,000 times per second, so it builds nothing unnecessary.
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
from completions.journal.redaction import Redaction, RemovedSecrets, redaction, secrets_in
from completions.journal.streams import clean_stream
from completions.tokens.costs import cost

SEEN_VALUE = re.compile(r"saw .*", re.DOTALL)
USER_AGENT = b"user-agent"

CONTENT_LENGTH, ANY_LENGTH, ANY_LENGTH_IN_JSON = b"content-length", b"\0", r"\u0000"
"""The header of a body's length, a placeholder for any length, which no header has, and the placeholder in JSON."""
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
    """The time of day at moments of the monotonic clock. Unless the clock is reset, it keeps their order."""

    STEP = 0.1
    """Seconds; a smaller difference is caused by a pause of the process between two readings."""

    def __init__(self) -> None:
        self._offset = self._read_offset()

    def at(self, moment: float) -> float:
        """Return the seconds since the epoch at a moment of the monotonic clock."""
        if abs(time.time() - time.monotonic() - self._offset) > self.STEP:
            self._offset = self._read_offset()
        return self._offset + moment

    def _read_offset(self) -> float:
        """Return its offset from the monotonic clock; a slow reading yields too small a value, so take the maximum."""
        return max(time.time() - time.monotonic() for _ in range(3))


_wall_clock = WallClock()


def make_row(exchange: Exchange) -> Row:
    """Return the exchange's row."""
    hide = redaction()
    body, removed = hide.clean_body(exchange.request_body)
    headers = _request_headers(hide, exchange.request_headers)
    if exchange.query and (query_secrets := hide.secrets_in_query(exchange.query)):
        headers = headers._replace(
            secrets=(*headers.secrets, *(secret.encode("utf-8", "replace") for secret in query_secrets))
        )
    row = _row(exchange, hide, body, removed, headers)
    if exchange.upstream is exchange.cassette is exchange.stage is None:
        return row
    return row._replace(
        upstream=_optional(exchange.upstream), cassette=_optional(exchange.cassette), stage=_optional(exchange.stage)
    )


def _row(exchange: Exchange, hide: Redaction, request_body: bytes, removed: RemovedSecrets, headers: "_Headers") -> Row:
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
        *_usage_columns(exchange),
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
        *_search_columns(exchange, hide, request_body, removed, headers.secrets),
        _ineffective(exchange) if exchange.ineffective else "[]",
        exchange.connection.id if exchange.connection else None,
        _connection_ms(exchange),
        ended=int(_wall_clock.at(exchange.ended or exchange.started) * 1_000_000),
    )


def _usage_columns(exchange: Exchange) -> tuple[int | None, int | None, float | None]:
    """Return the tokens of the prompt and of the completion, and their cost."""
    usage = exchange.usage
    if usage is None:
        return None, None, None
    return usage.prompt_tokens, usage.completion_tokens, cost(exchange.model, usage)


def _search_columns(
    exchange: Exchange, hide: Redaction, body: bytes, removed: RemovedSecrets, secrets: Sequence[bytes]
) -> tuple[str, str, str]:
    """Return the searchable columns: the address's query, the answer's text and the fingerprint."""
    query = _text(hide.clean_query(exchange.query))
    return query, _answer(exchange.answer, hide, removed, secrets), _fingerprint(exchange, body)


def _answer(answer: str, hide: Redaction, removed: RemovedSecrets, secrets: Sequence[bytes]) -> str:
    """Return the searchable text of the answer; none if the journal hides part of it, or of what it may quote."""
    if not answer or removed.found or hide.paths:
        return ""
    texts = _quotable_texts(hide, removed, secrets, answer.encode("utf-8", "replace").__contains__) if secrets else ()
    return _text(Quotes(texts).clean([answer])[0] if texts else answer)


def _fingerprint(exchange: Exchange, body: bytes) -> str:
    """Return a hash that is the same for all attempts of one request: of the program, the body and the address."""
    facts = (
        exchange.method.encode(),
        exchange.path.encode("utf-8", "replace"),
        exchange.request_headers.get(USER_AGENT, b""),
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
    """A request's redacted headers as JSON, and the secrets in them that an answer may quote."""

    json: str
    secrets: Secrets


def _request_headers(hide: Redaction, headers: Mapping[bytes, bytes]) -> _Headers:
    """Redact a request's headers, with a cache: a client repeats them all except for the length of the body."""
    names, values = tuple(headers), [*headers.values()]
    length = headers.get(CONTENT_LENGTH, b"")
    if not length.isdigit():
        return _clean_headers(hide, names, tuple(values))
    values[names.index(CONTENT_LENGTH)] = ANY_LENGTH
    json, secrets = _clean_headers(hide, names, tuple(values))
    return _Headers(json.replace(ANY_LENGTH_IN_JSON, length.decode(), 1), secrets)


@functools.lru_cache(maxsize=128)
def _clean_headers(hide: Redaction, names: tuple[bytes, ...], values: tuple[bytes, ...]) -> _Headers:
    text = {name.decode("latin-1"): value.decode("latin-1") for name, value in zip(names, values, strict=True)}
    secrets = (secret for name, value in text.items() if hide.hides(name) for secret in secrets_in(name, value))
    return _Headers(_json(hide.clean_headers(text)), tuple(secret.encode("latin-1") for secret in secrets))


@functools.lru_cache(maxsize=128)
def _quotes(secrets: Secrets) -> Quotes:
    return Quotes(secret.decode("latin-1") for secret in secrets)


def _near_misses(exchange: Exchange, secret: bool, secrets: Secrets) -> str:
    """Return the near misses; those of a rule that matches a secret header quote its value."""
    if not exchange.near_misses:
        return "[]"
    return _json([{"rule": miss.rule, "why": _why(miss.why, secret, secrets)} for miss in exchange.near_misses])


def _why(why: str, secret: bool, secrets: Secrets) -> str:
    return SEEN_VALUE.sub(f"saw {REDACTED})", why) if secret else _quotes(secrets).clean([why])[0]


def _error(exchange: Exchange, secret: bool, secrets: Secrets) -> str | None:
    error = exchange.error
    if error is None:
        return None
    message = _message(error, secret, secrets)
    return _json({"status": error.status, "type": error.type, "code": error.code, "message": message})


def _message(error: ErrorFacts, secret: bool, secrets: Secrets) -> str:
    """Return an error's message. It is hidden if it may quote removed secrets; a key in it always is."""
    return REDACTED if secret else _quotes(secrets).clean([SHOWN_KEY.sub(rf"\1{REDACTED}", error.message)])[0]


def _error_body(body: bytes, error: ErrorFacts, message: str) -> bytes:
    """Return an error's body with the redacted message; an empty one where the message is not found."""
    if message == error.message:
        return body
    return (
        body.replace(old_message, orjson.dumps(message))
        if (old_message := orjson.dumps(error.message)) in body
        else b""
    )


def _response(exchange: Exchange, hide: Redaction, removed: RemovedSecrets, secrets: Secrets) -> tuple[bytes, str]:
    """Return the body, and a stream's writes: the index after each one's last event, its ms, and the events' sizes."""
    sent = exchange.sent
    if sent is None:
        return _response_body(exchange, hide, removed, secrets), "{}"
    frames = _frames(sent.frames, hide, removed, secrets)
    body, sizes, packing = pack(frames[: sent.ends[-1] if sent.ends else 0])
    writes: dict[str, object] = {"ends": sent.ends, "ms": _ms(sent.times), "events": len(frames), "sizes": sizes}
    if due := sent.due:
        writes["due"] = _ms(due if due.count(due[0]) < len(due) else due[:1])
    if packing:
        writes["packing"] = packing
    return body, orjson.dumps(writes).decode()


def _response_body(exchange: Exchange, hide: Redaction, removed: RemovedSecrets, secrets: Secrets) -> bytes:
    """Return a body without its own secrets, and without quotes of the request's secrets."""
    body = hide.clean_body(exchange.response_body)[0]
    if exchange.error and body:
        return _error_body(body, exchange.error, _message(exchange.error, removed.found, secrets))
    if removed.unknown:
        return REDACTED.encode()
    texts = _quotable_texts(hide, removed, secrets, body.__contains__)
    return Quotes(texts).clean_body(body) if texts else body


def _frames(frames: Frames, hide: Redaction, removed: RemovedSecrets, secrets: Sequence[bytes]) -> Frames:
    """Return the events of a stream without secrets, likewise."""
    if removed.unknown:
        return Frames([REDACTED.encode()] * len(frames))
    texts = _quotable_texts(hide, removed, secrets, frames.has)
    if not hide.paths and not texts:
        return frames
    return Frames(clean_stream([*frames], hide, Quotes(texts)))


def _quotable_texts(
    hide: Redaction, removed: RemovedSecrets, secrets: Sequence[bytes], has: Callable[[bytes], bool]
) -> list[str]:
    """Return the texts that were removed from a request, and that its answer may quote.

    Searching a stream for them takes long, so without JOURNAL_REDACT only those within one frame are returned.
    """
    if secrets and not hide.is_set:
        secrets = [secret for secret in secrets if has(secret)]
    return [*removed.texts, *(secret.decode("latin-1") for secret in secrets)]


def _ms(times: Sequence[float]) -> list[float]:
    """Return seconds as milliseconds with one decimal; `int`, because `round` costs more than the rest of this."""
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
