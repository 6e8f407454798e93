"""xAI's batches: what is asked for, and what they look like at a time.

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
"""The kind under which a batch is kept, which names its rules too."""

DIALECT = XAI()
PATHS = {"chat_get_completion": "/xai/v1/chat/completions", "responses": "/xai/v1/responses"}
"""Where each kind of a batch's requests is answered."""

KINDS = {path.removeprefix("/xai"): kind for kind, path in PATHS.items()}
LIFETIME = timedelta(days=30)
MAX_REQUESTS = 50_000
DEFAULT_PAGE = 100

_BATCH = record({"name": string(low=1), "input_file_id": string(low=1)}, ("name",))
_FIELDS: Mapping[str, Check] = {"batch_request_id": string(low=1), "batch_request": obj}
_REQUESTS = record(
    {"batch_requests": array(record(_FIELDS, tuple(_FIELDS)), "objects", low=1, high=MAX_REQUESTS)},
    ("batch_requests",),
)


class Line(NamedTuple):
    """A request of a batch: its id, its kind, and its body."""

    id: str
    kind: str
    body: Mapping[str, Any]


def check_batch(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a batch."""
    DIALECT.refuse(_BATCH(body), body)


def read_requests(body: Mapping[str, Any], taken: Sequence[str]) -> list[Line]:
    """Return the requests that are to be added to a batch; raise what is wrong with them."""
    DIALECT.refuse(_REQUESTS(body), body)
    lines = []
    for at, each in enumerate(body["batch_requests"]):
        kind = next(iter(each["batch_request"]), "")
        if len(each["batch_request"]) != 1 or kind not in PATHS or not isinstance(each["batch_request"][kind], dict):
            said = f"batch_requests[{at}].batch_request must have exactly one of {', '.join(PATHS)}."
            DIALECT.refuse(worded_problem(said, "invalid_value", "batch_requests"), body)
        lines.append(Line(each["batch_request_id"], kind, each["batch_request"][kind]))
    return _with_new_ids(lines, taken)


def read_file(content: bytes) -> list[Line]:
    """Return the requests of a file of lines as OpenAI has them."""
    lines = []
    for number, each in numbered_lines(content):
        found = object_of(each) or {}
        kind, name = KINDS.get(text(found.get("url"))), text(found.get("custom_id"))
        if kind is None or not name or not isinstance(found.get("body"), dict):
            raise RequestError(f"Line {number} of the input file is no request with a custom_id, a url and a body.")
        lines.append(Line(name, kind, found["body"]))
    return _with_new_ids(lines, ())


def _with_new_ids(lines: list[Line], taken: Sequence[str]) -> list[Line]:
    """Return requests whose ids are all different, and not taken."""
    seen = set(taken)
    for line in lines:
        if line.id in seen:
            raise RequestError(f"The batch_request_id '{line.id[:100]}' is used more than once.")
        seen.add(line.id)
    if len(seen) > MAX_REQUESTS:
        raise RequestError(f"A batch has at most {MAX_REQUESTS} requests.")
    return lines


def new_batch(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a batch without requests; `results` has what each got, and when."""
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


def _date(seconds: float, more: timedelta = timedelta()) -> str:
    return (datetime.fromtimestamp(seconds, UTC) + more).strftime("%Y-%m-%d")


def _done(batch: Document, now: float) -> dict[str, Document]:
    """Return the results that are there at a time, in the order of the requests; none comes once it is cancelled."""
    end = now if batch["cancelled"] is None else min(now, batch["cancelled"])
    found = ((name, batch["results"].get(name)) for name in batch["requests"])
    return {name: each for name, each in found if each is not None and each["at"] <= end}


def shown(batch: Document, now: float) -> dict[str, Any]:
    """Return a batch as it is at a time."""
    done, cancelled = _done(batch, now), batch["cancelled"]
    left = len(batch["requests"]) - len(done)
    errors = sum("error" in each["result"] for each in done.values())
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
            "num_pending": left if cancelled is None else 0,
            "num_success": len(done) - errors,
            "num_error": errors,
            "num_cancelled": 0 if cancelled is None else left,
        },
    }


def result(line: Line, status: int, body: bytes) -> dict[str, Any]:
    """Return what a request got."""
    document = orjson.loads(body)
    if status == 200:
        return {"response": {line.kind: document}}
    return {"error": {"code": status, "message": text(document.get("error"))}}


def results_page(batch: Document, query: Mapping[str, str], now: float) -> dict[str, Any]:
    """Return a page of the results that are there."""
    found = [{"batch_request_id": name, "batch_result": each["result"]} for name, each in _done(batch, now).items()]
    return _page("results", found, query)


def list_page(batches: Sequence[Document], query: Mapping[str, str], now: float) -> dict[str, Any]:
    """Return a page of the batches, the newest first."""
    return _page("batches", [shown(each, now) for each in batches][::-1], query)


def _page(key: str, found: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    size, start = query.get("limit") or str(DEFAULT_PAGE), query.get("pagination_token") or "0"
    if not (size.isdecimal() and start.isdecimal() and len(size) < 8 and len(start) < 8 and int(size)):
        raise RequestError("Invalid limit or pagination_token.")
    end = int(start) + int(size)
    return {key: dicts(list(found[int(start) : end])), "pagination_token": str(end) if end < len(found) else None}


def not_found(name: str) -> RequestError:
    """Return the 404 of a batch."""
    return RequestError(f"Batch {name[:100]} not found.", status=404)


def is_over() -> RequestError:
    """Return the error of requests for a batch that is cancelled."""
    return RequestError("The batch is cancelled.")
