"""xAI's batches: the checks of requests, and the documents of batches at a time.

Shapes as recorded of the API in August 2026, and what LiteLLM reads of it (`XAIBatch`, `XAIBatchResult`). A batch has
no status: requests are added to it, and its counters follow from the time at which each is answered.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.dialects.xai import XAI
from completions.wire.fields import dicts, object_of, text
from completions.wire.json_lines import numbered_lines
from completions.wire.validation import Check, array, obj, record, string, worded_problem

BATCH = "xai_batch"
"""The kind under which a batch is stored, which is also the name of its rules."""

DIALECT = XAI()
PATHS = {"chat_get_completion": "/xai/v1/chat/completions", "responses": "/xai/v1/responses"}
"""The path of each kind of a batch's requests."""

KIND_BY_PATH = {path.removeprefix("/xai"): kind for kind, path in PATHS.items()}
LIFETIME = timedelta(days=30)
MAX_REQUESTS = 50_000
DEFAULT_PAGE = 100

_BATCH = record({"name": string(low=1), "input_file_id": string(low=1)}, ("name",))
_FIELDS: Mapping[str, Check] = {"batch_request_id": string(low=1), "batch_request": obj}
_ADDED_REQUESTS = record(
    {"batch_requests": array(record(_FIELDS, tuple(_FIELDS)), "objects", low=1, high=MAX_REQUESTS)},
    ("batch_requests",),
)


class Line(NamedTuple):
    """A request of a batch: its id, its kind, and its body."""

    id: str
    kind: str
    body: Mapping[str, Any]


def check_batch(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request for a batch."""
    DIALECT.refuse(_BATCH(body), body)


def read_requests(body: Mapping[str, Any], taken: Sequence[str]) -> list[Line]:
    """Return the requests to add to a batch; raise the error of invalid ones."""
    DIALECT.refuse(_ADDED_REQUESTS(body), body)
    lines = []
    for index, item in enumerate(body["batch_requests"]):
        kind = next(iter(item["batch_request"]), "")
        if len(item["batch_request"]) != 1 or kind not in PATHS or not isinstance(item["batch_request"][kind], dict):
            message = f"batch_requests[{index}].batch_request must have exactly one of {', '.join(PATHS)}."
            DIALECT.refuse(worded_problem(message, "invalid_value", "batch_requests"), body)
        lines.append(Line(item["batch_request_id"], kind, item["batch_request"][kind]))
    return _checked_ids(lines, taken)


def read_file(content: bytes) -> list[Line]:
    """Return the requests of a file in OpenAI's format."""
    lines = []
    for number, text_line in numbered_lines(content):
        document = object_of(text_line) or {}
        kind, name = KIND_BY_PATH.get(text(document.get("url"))), text(document.get("custom_id"))
        if kind is None or not name or not isinstance(document.get("body"), dict):
            raise RequestError(f"Line {number} of the input file is no request with a custom_id, a url and a body.")
        lines.append(Line(name, kind, document["body"]))
    return _checked_ids(lines, ())


def _checked_ids(lines: list[Line], taken: Sequence[str]) -> list[Line]:
    """Return the requests; raise an error if an id is repeated or taken."""
    seen = set(taken)
    for line in lines:
        if line.id in seen:
            raise RequestError(f"The batch_request_id '{line.id[:100]}' is used more than once.")
        seen.add(line.id)
    if len(seen) > MAX_REQUESTS:
        raise RequestError(f"A batch has at most {MAX_REQUESTS} requests.")
    return lines


def new_batch(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a batch without requests; `results` will have their results and times."""
    return {
        "id": f"batch_{uuid.uuid4()}",
        "name": body["name"],
        "file": body.get("input_file_id"),
        "key": str(uuid.uuid4()),
        "created": now,
        "cancelled": None,
        "requests": [],
        "results": {},
    }


def _date(seconds: float, added: timedelta = timedelta()) -> str:
    return (datetime.fromtimestamp(seconds, UTC) + added).strftime("%Y-%m-%d")


def _results_at(batch: Document, now: float) -> dict[str, Document]:
    """Return the results at a time, in the order of the requests; none are added after a cancellation."""
    end = now if batch["cancelled"] is None else min(now, batch["cancelled"])
    results = ((name, batch["results"].get(name)) for name in batch["requests"])
    return {name: result for name, result in results if result is not None and result["at"] <= end}


def batch_document(batch: Document, now: float) -> dict[str, Any]:
    """Return the document of a batch at a time."""
    results, cancelled = _results_at(batch, now), batch["cancelled"]
    pending = len(batch["requests"]) - len(results)
    errors = sum("error" in entry["result"] for entry in results.values())
    return {
        "batch_id": batch["id"],
        "name": batch["name"],
        "create_time": _date(batch["created"]),
        "expire_time": _date(batch["created"], LIFETIME),
        "create_api_key_id": batch["key"],
        "cancel_time": None if cancelled is None else _date(cancelled),
        "cancel_by_xai_message": None,
        **({} if batch["file"] is None else {"input_file_id": batch["file"]}),
        "state": {
            "num_requests": len(batch["requests"]),
            "num_pending": pending if cancelled is None else 0,
            "num_success": len(results) - errors,
            "num_error": errors,
            "num_cancelled": 0 if cancelled is None else pending,
        },
    }


def request_result(line: Line, status: int, body: bytes) -> dict[str, Any]:
    """Return the result of a request."""
    document = orjson.loads(body)
    if status == 200:
        return {"response": {line.kind: document}}
    return {"error": {"code": status, "message": text(document.get("error"))}}


def results_page(batch: Document, query: Mapping[str, str], now: float) -> dict[str, Any]:
    """Return a page of the results at a time."""
    results = [
        {"batch_request_id": name, "batch_result": entry["result"]} for name, entry in _results_at(batch, now).items()
    ]
    return _page("results", results, query)


def list_page(batches: Sequence[Document], query: Mapping[str, str], now: float) -> dict[str, Any]:
    """Return a page of the batches, the newest first."""
    return _page("batches", [batch_document(batch, now) for batch in batches][::-1], query)


def _page(key: str, documents: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    size, start = query.get("limit") or str(DEFAULT_PAGE), query.get("pagination_token") or "0"
    if not (size.isdecimal() and start.isdecimal() and len(size) < 8 and len(start) < 8 and int(size)):
        raise RequestError("Invalid limit or pagination_token.")
    end = int(start) + int(size)
    return {
        key: dicts(list(documents[int(start) : end])),
        "pagination_token": str(end) if end < len(documents) else None,
    }


def not_found(name: str) -> RequestError:
    """Return the 404 of a batch."""
    return RequestError(f"Batch {name[:100]} not found.", status=404)


def is_over() -> RequestError:
    """Return the error of requests for a batch that is cancelled."""
    return RequestError("The batch is cancelled.")
