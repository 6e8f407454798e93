"""From an exchange's row to the JSON that is shown of it."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from completions.conversation import Traffic
from completions.journal.packing import UNPACKED, unpack
from completions.models import Exchange

HEAVY = (
    "answer",
    "request_headers",
    "request_body",
    "request_truncated",
    "response_headers",
    "response_body",
    "response_writes",
    "response_truncated",
)
"""The columns that a list does without."""


def utc(time: datetime) -> datetime:
    """Return a time in UTC, in which those are that have no zone."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def iso(time: datetime) -> str:
    """Return a time as JSON has it: in ISO 8601, in UTC, to the millisecond."""
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


def _tokens(asked: int | None, said: int | None) -> dict[str, int] | None:
    if asked is None or said is None:
        return None
    return {"prompt": asked, "completion": said, "total": asked + said}


def whole(row: Exchange) -> dict[str, Any]:
    """Return an exchange with all that the journal has of it."""
    request = {"headers": orjson.loads(row.request_headers), **_body(bytes(row.request_body))}
    response = {"headers": orjson.loads(row.response_headers)}
    response |= {"chunks": list(_chunks(row))} if row.stream else _body(bytes(row.response_body))
    return brief(row) | {
        "request": request | {"truncated": row.request_truncated},
        "response": response | {"truncated": row.response_truncated},
    }


ASKED = ("method", "path", "request_headers", "request_body", "request_truncated")
"""The columns that `question_of` reads."""


def question_of(row: Exchange) -> Traffic:
    """Return the bytes of an exchange's request, as far as the journal has them, for its format to read."""
    return Traffic(
        method=row.method,
        path=row.path,
        request=bytes(row.request_body),
        response=(),
        headers=orjson.loads(row.request_headers),
        request_cut=row.request_truncated,
    )


def traffic(row: Exchange) -> Traffic:
    """Return the bytes of an exchange, as far as the journal has them, for its format to read."""
    response = tuple(_frames(row, orjson.loads(row.response_writes))) if row.stream else (bytes(row.response_body),)
    return replace(question_of(row), response=response)


def _frames(row: Exchange, writes: Mapping[str, Any]) -> list[bytes]:
    """Return a stream's events; those that did not go out are empty."""
    sizes, gone = writes["sizes"], writes["ends"][-1] if writes["ends"] else 0
    if "events" not in writes:
        sizes = sizes[:gone]  # earlier versions had a size for each event, also of those that did not go out
    frames = unpack(bytes(row.response_body), sizes, writes.get("packing", UNPACKED))
    return [*frames, *[b""] * (_events(writes) - len(frames))]


def _events(writes: Mapping[str, Any]) -> int:
    """Return how many events a stream was to have."""
    return int(writes.get("events", len(writes["sizes"])))


def _body(data: bytes) -> dict[str, Any]:
    """Return a body as JSON where it is an object or an array, else text, else base64, and which of them it is."""
    if data[:1] in (b"{", b"["):
        try:
            document = orjson.loads(data)
            orjson.dumps([[[[document]]]])  # it reads more levels than it writes, and others stand around these
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
    """Yield a stream's events as they went out, each at its write's time; what is not UTF-8 is in base64.

    `due_ms` is when its pacing would have had it go.
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
