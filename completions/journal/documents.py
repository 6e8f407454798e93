"""From an exchange's row to the JSON document that shows it."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from completions.conversation import Traffic
from completions.journal.packing import UNPACKED, unpack
from completions.models import Exchange

DEFERRED_COLUMNS = (
    "answer",
    "request_headers",
    "request_body",
    "request_truncated",
    "response_headers",
    "response_body",
    "response_writes",
    "response_truncated",
)
"""The large columns, which lists leave out."""


def utc(time: datetime) -> datetime:
    """Return a time in UTC; times without a zone are in UTC."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def iso(time: datetime) -> str:
    """Return a time in ISO 8601, in UTC, to the millisecond."""
    return utc(time).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def brief(row: Exchange) -> dict[str, Any]:
    """Return an exchange without its headers and bodies; the columns of HEAVY may be deferred."""
    return {
        "id": row.request_id,
        "namespace": row.namespace,
        "time": iso(row.time),
        "method": row.method,
        "path": row.path,
        "query": row.query,
        "endpoint": row.endpoint,
        "model": row.model,
        "stream": row.stream,
        "status": row.status,
        "rule": row.rule,
        "upstream": row.upstream,
        "cassette": row.cassette,
        "connection": row.connection,
        "connection_ms": row.connection_ms,
        "stage": row.stage,
        "unmatched": row.unmatched,
        "near_misses": orjson.loads(row.near_misses),
        "error": None if row.error is None else orjson.loads(row.error),
        "fault": row.fault,
        "fault_parameters": None if row.fault_parameters is None else orjson.loads(row.fault_parameters),
        "ineffective": orjson.loads(row.ineffective),
        "retry": row.retry,
        "idempotency_key": row.idempotency_key,
        "fingerprint": row.fingerprint,
        "summary": row.summary,
        "tokens": _tokens(row.prompt_tokens, row.completion_tokens),
        "cost_usd": row.cost_usd,
        "ttft_ms": row.ttft_ms,
        "duration_ms": row.duration_ms,
        "chunks": row.chunks,
        "bytes": row.bytes,
        "client_left": row.client_left,
        "tokens_sent": row.tokens_sent,
    }


def _tokens(prompt: int | None, completion: int | None) -> dict[str, int] | None:
    if prompt is None or completion is None:
        return None
    return {"prompt": prompt, "completion": completion, "total": prompt + completion}


def whole(row: Exchange) -> dict[str, Any]:
    """Return an exchange with its headers and bodies."""
    request = {"headers": orjson.loads(row.request_headers), **_body(bytes(row.request_body))}
    response = {"headers": orjson.loads(row.response_headers)}
    response |= {"chunks": list(_chunks(row))} if row.stream else _body(bytes(row.response_body))
    return brief(row) | {
        "request": request | {"truncated": row.request_truncated},
        "response": response | {"truncated": row.response_truncated},
    }


REQUEST_COLUMNS = ("method", "path", "request_headers", "request_body", "request_truncated")
"""The columns that `request_traffic` reads."""


def request_traffic(row: Exchange) -> Traffic:
    """Return the bytes of an exchange's request, as far as the journal has them, for its format to read."""
    return Traffic(
        method=row.method,
        path=row.path,
        request=bytes(row.request_body),
        response=(),
        headers=orjson.loads(row.request_headers),
        request_cut=row.request_truncated,
    )


def traffic_of(row: Exchange) -> Traffic:
    """Return the bytes of an exchange, as far as the journal has them, for its format to read."""
    response = tuple(_frames(row, orjson.loads(row.response_writes))) if row.stream else (bytes(row.response_body),)
    return replace(request_traffic(row), response=response)


def _frames(row: Exchange, writes: Mapping[str, Any]) -> list[bytes]:
    """Return a stream's events; those that were not sent are empty."""
    sizes, sent_frames = writes["sizes"], writes["ends"][-1] if writes["ends"] else 0
    if "events" not in writes:
        sizes = sizes[:sent_frames]  # earlier versions had a size for each event, including those that were not sent
    frames = unpack(bytes(row.response_body), sizes, writes.get("packing", UNPACKED))
    return [*frames, *[b""] * (_events(writes) - len(frames))]


def _events(writes: Mapping[str, Any]) -> int:
    """Return how many events the whole stream has."""
    return int(writes.get("events", len(writes["sizes"])))


def _body(data: bytes) -> dict[str, Any]:
    """Return a body as JSON where it is an object or an array, else as text, else as base64, with its encoding."""
    if data[:1] in (b"{", b"["):
        try:
            document = orjson.loads(data)
            orjson.dumps([[[[document]]]])  # orjson reads more levels than it writes, and the answer adds levels
            return {"body": document, "encoding": "json"}
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            pass
    text, encoding = _text(data)
    return {"body": text, "encoding": encoding}


def _text(data: bytes) -> tuple[str, str]:
    try:
        return data.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"


def _chunks(row: Exchange) -> Iterator[dict[str, Any]]:
    """Yield a stream's events, each with the time of its write; events that are not UTF-8 are in base64.

    `due_ms` is the time at which it was scheduled.
    """
    writes, index = orjson.loads(row.response_writes), 0
    frames = _frames(row, writes)
    due: list[float] = writes.get("due", [])
    if len(due) == 1:
        due *= _events(writes)
    for end, ms in zip(writes["ends"], writes["ms"], strict=True):
        for place, frame in enumerate(frames[index:end], index):
            text, encoding = _text(frame)
            yield {
                "at_ms": ms,
                **({"due_ms": due[place]} if place < len(due) else {}),
                "data": text,
                **({} if encoding == "text" else {"encoding": encoding}),
            }
        index = end
