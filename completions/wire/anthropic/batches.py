"""Anthropic's message batches: the requests, and a batch and its results at a given time.

Shapes: `anthropic.types.messages.MessageBatch` and its parts. A batch is stored with the start and end times of its
processing, so that its status follows from the clock.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from completions import ids
from completions.exceptions import RequestError
from completions.wire.anthropic.checks import string
from completions.wire.base import Document, json_type
from completions.wire.fields import dicts, mapping

BATCH = "message_batch"
MESSAGES = "/v1/messages"
DAY = 86_400
POLL_AFTER = "10"
"""Seconds after which to poll a batch that has not ended (recorded in May 2026)."""

MAX_REQUESTS = 100_000
"""The most requests of a batch: Anthropic's guide "Batch processing"."""

CUSTOM_ID = string(1, 64, "^[a-zA-Z0-9_-]{1,64}$")
"""The check of a request's `custom_id`, as quoted by users until October 2026."""


def check_batch(body: Mapping[str, Any]) -> None:
    """Raise the error for an invalid request for a batch."""
    requests = body.get("requests")
    if requests is None:
        raise RequestError("requests: Field required")
    if not isinstance(requests, list):
        raise RequestError(f"requests: Input should be a valid array, and is {json_type(requests)}")
    if not requests:
        raise RequestError("requests: List should have at least 1 item after validation, not 0")
    if len(requests) > MAX_REQUESTS:
        raise RequestError(f"requests: List should have at most {MAX_REQUESTS} items, not {len(requests)}")
    seen: set[object] = set()
    for at, request in enumerate(requests):
        _check_request(f"requests.{at}", request, seen)


def _check_request(place: str, request: object, seen: set[object]) -> None:
    if not isinstance(request, dict):
        raise RequestError(f"{place}: Input should be an object")
    name, params = request.get("custom_id"), request.get("params")
    if "custom_id" not in request:
        raise RequestError(f"{place}.custom_id: Field required")
    if (problem := CUSTOM_ID(name)) is not None:
        raise problem.under(f"{place}.custom_id").error()
    if name in seen:
        raise RequestError(f"{place}.custom_id: Duplicate custom_id found: {name}")
    seen.add(name)
    if not isinstance(params, dict):
        raise RequestError(f"{place}.params: Field required")


def new_batch(body: Mapping[str, Any], created: float) -> dict[str, Any]:
    """Return the record of a batch; `done` is when all its requests are answered, once that is known."""
    return {
        "id": f"msgbatch_01{ids.spelled(secrets.token_hex(16), 22, ids.BASE58)}",
        "created": created,
        "total": len(body["requests"]),
        "done": None,
        "cancelled": None,
        "results": [],
    }


def requests_of(body: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the requests of a batch: the id of each, and its body."""
    return [(each["custom_id"], each["params"]) for each in dicts(body["requests"])]


def result(custom_id: str, status: int, data: bytes) -> dict[str, Any]:
    """Return the result of a request; its usage has the service tier `batch` (recorded in May 2026)."""
    document = orjson.loads(data)
    if status == 200:
        if "service_tier" in mapping(document.get("usage")):
            document["usage"]["service_tier"] = "batch"
        return {"custom_id": custom_id, "result": {"type": "succeeded", "message": document}}
    return {"custom_id": custom_id, "result": {"type": "errored", "error": document}}


def not_found(name: str) -> RequestError:
    """Return the API's 404 for a batch."""
    return RequestError(f"Batch {name[:200]} not found.", status=404, facts=None)


def cancelled_batch(batch: Document, now: float) -> Document:
    """Return the record of a cancelled batch; one that has ended is unchanged."""
    return batch if batch["cancelled"] is not None or _end_time(batch, now) is not None else {**batch, "cancelled": now}


def _end_time(batch: Document, now: float) -> float | None:
    """Return when a batch ended, if it has by now."""
    ends = [at for at in (batch["done"], batch["created"] + DAY) if at is not None]
    if batch["cancelled"] is not None and batch["done"] is not None:
        ends.append(batch["cancelled"])
    end: float = min(ends)
    return end if end <= now else None


def results_at(batch: Document, now: float) -> list[dict[str, Any]]:
    """Return the results of a batch; raise the API's 404 where it has not ended, as recorded in May 2026."""
    if _end_time(batch, now) is None:
        raise RequestError(f"Message Batch {batch['id']} has no available results.", status=404)
    if batch["cancelled"] is not None and batch["cancelled"] < (batch["done"] or 0):
        return [{"custom_id": each["custom_id"], "result": {"type": "canceled"}} for each in batch["results"]]
    return list(batch["results"])


def batch_resource(batch: Document, now: float, url: str) -> dict[str, Any]:
    """Return a batch as it is at a time; `url` is where its results are, once it has ended."""
    ended = _end_time(batch, now)
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    if ended is None:
        counts["processing"] = batch["total"]
    elif batch["done"] is None:
        counts["expired"] = batch["total"]
    else:
        for each in results_at(batch, now):
            counts[each["result"]["type"]] += 1
    status = "ended" if ended is not None else "in_progress" if batch["cancelled"] is None else "canceling"
    return {
        "id": batch["id"],
        "type": "message_batch",
        "processing_status": status,
        "request_counts": counts,
        "ended_at": _timestamp(ended),
        "created_at": _timestamp(batch["created"]),
        "expires_at": _timestamp(batch["created"] + DAY),
        "archived_at": None,
        "cancel_initiated_at": _timestamp(batch["cancelled"]),
        "results_url": url if ended is not None else None,
    }


def _timestamp(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def deleted_batch(batch: Document, now: float) -> dict[str, Any]:
    """Return the confirmation that a batch is deleted; raise if it has not ended."""
    if _end_time(batch, now) is None:
        raise RequestError(f"Batch {batch['id']} is still in progress. Cancel it before you delete it.")
    return {"id": batch["id"], "type": "message_batch_deleted"}
