"""Mistral's files and batch jobs: what is asked for, and what they look like at a time.

Shapes as recorded of the API in August 2026, and `FileSchema`, `BatchJob` and `CreateBatchJobRequest` of the mistralai
SDK 3.x. A job is kept with the times at which it begins and ends, so that its status follows from the clock.
"""

import hashlib
import mimetypes
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.dialects.mistral import Mistral
from completions.wire.fields import dicts, object_of, text, texts
from completions.wire.json_lines import MAX_ERRORS, numbered_lines
from completions.wire.openai.stored import metadata
from completions.wire.validation import (
    Check,
    Problem,
    array,
    choice,
    integer,
    missing,
    nullable,
    obj,
    record,
    string,
    worded_problem,
)

DIALECT = Mistral()

FILE, JOB = Mistral.files_kind, "mistral_batch"
"""The kinds under which files and jobs are kept, which name their rules too."""

PURPOSES = ("fine-tune", "batch", "ocr", "agentic_safety")
SAMPLES = {"batch": "batch_request", "ocr": "ocr_input"}
ENDPOINTS = (
    *("/v1/chat/completions", "/v1/embeddings", "/v1/fim/completions", "/v1/moderations", "/v1/ocr"),
    "/v1/chat/moderations",
)
"""Those of Mistral's endpoints for batches that this mock has."""

MAX_REQUESTS, MAX_INLINE, HOUR = 50_000, 10_000, 3600
MAX_HOURS = 7 * 24

_FIELDS: Mapping[str, Check] = {
    "agent_id": nullable(string()),
    "endpoint": choice(*ENDPOINTS),
    "input_files": nullable(array(string(low=1), "strings")),
    "metadata": nullable(metadata),
    "model": nullable(string()),
    "requests": nullable(
        array(record({"body": obj, "custom_id": nullable(string())}, ("body",)), "objects", high=MAX_INLINE)
    ),
    "timeout_hours": integer(1, MAX_HOURS),
}
_JOB = record(_FIELDS, ("endpoint",))
_UPLOAD = record({"purpose": choice(*PURPOSES)})


class Line(NamedTuple):
    """A request of a job."""

    custom_id: str | None
    body: Mapping[str, Any]


def _sources(body: Mapping[str, Any]) -> Problem | None:
    if bool(body.get("input_files")) == bool(body.get("requests")):
        return worded_problem("Exactly one of 'input_files' and 'requests' must be given.", None, "input_files")
    return None


def check_job(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a job."""
    DIALECT.refuse(_JOB(body) or _sources(body), body)


def new_file(name: str, data: bytes, purpose: str, now: float, **facts: Any) -> dict[str, Any]:
    """Return a file; `facts` are those of one that the API has made."""
    return {
        "id": str(uuid.uuid4()),
        "object": "file",
        "bytes": len(data),
        "created_at": int(now),
        "filename": name,
        "purpose": purpose,
        "sample_type": SAMPLES.get(purpose, "instruct"),
        "num_lines": sum(1 for _ in numbered_lines(data)) if name.endswith(".jsonl") else 0,
        "mimetype": "application/jsonl" if name.endswith(".jsonl") else mimetypes.guess_type(name)[0],
        "source": "upload",
        "signature": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "expires_at": None,
        "visibility": "workspace",
        **facts,
    }


def check_upload(fields: Mapping[str, str], name: str | None) -> str:
    """Return the purpose of an upload; raise what is wrong with it."""
    purpose = fields.get("purpose") or "fine-tune"
    if name is None:
        DIALECT.refuse(missing("file", {}, ("file",)), {})
    DIALECT.refuse(_UPLOAD({"purpose": purpose}), {"purpose": purpose})
    return purpose


def read_lines(content: bytes) -> tuple[list[Line], list[str]]:
    """Return the requests of a file, and what is wrong with its lines."""
    lines, wrong = [], []
    for number, each in numbered_lines(content):
        found = object_of(each) or {}
        if isinstance(found.get("body"), dict):
            lines.append(Line(text(found.get("custom_id")) or None, found["body"]))
        else:
            wrong.append(f"Line {number} is no JSON object with a 'body'.")
            if len(wrong) == MAX_ERRORS:
                break
    if not lines and not wrong:
        wrong.append("The input has no requests.")
    if len(lines) > MAX_REQUESTS:
        wrong.append(f"The input has {len(lines)} requests, and at most {MAX_REQUESTS} are allowed.")
    return lines, wrong


def new_job(body: Mapping[str, Any], files: Sequence[str], wrong: Sequence[str], now: float) -> dict[str, Any]:
    """Return a job that begins: `started` is when its requests begin to be answered, `done` when all are."""
    return {
        "id": str(uuid.uuid4()),
        "asked": {key: body.get(key) for key in ("endpoint", "model", "agent_id", "metadata")},
        "inline": bool(dicts(body.get("requests"))),
        "files": list(files),
        "ends": now + HOUR * int(body.get("timeout_hours") or 24),
        "created": now,
        "wrong": list(wrong),
        "total": 0,
        "started": now,
        "each": 0.0,
        "done": None,
        "cancelled": None,
        "failed": 0,
        "output": None,
        "errors": None,
        "outputs": [],
    }


def status_at(job: Document, now: float) -> str:
    """Return the status of a job at a time."""
    if job["wrong"]:
        return "FAILED"
    done, cancelled = job["done"], job["cancelled"]
    if cancelled is not None and (done is None or cancelled < done):
        return "CANCELLATION_REQUESTED" if done is None else "CANCELLED"
    if done is not None and now >= done:
        return "SUCCESS"
    if now >= job["ends"]:
        return "TIMEOUT_EXCEEDED"
    return "QUEUED" if now < job["started"] else "RUNNING"


def shown(job: Document, now: float, *, inline: bool = False) -> dict[str, Any]:
    """Return a job as it is at a time; with `inline`, with its results once it is over."""
    status = status_at(job, now)
    over, queued = status in ("SUCCESS", "CANCELLED"), status == "QUEUED"
    done = job["total"] if status == "SUCCESS" else 0 if queued or job["wrong"] else _answered(job, now)
    failed = min(job["failed"], done)
    return {
        "id": job["id"],
        "object": "batch",
        "input_files": job["files"],
        "metadata": job["asked"]["metadata"],
        "endpoint": job["asked"]["endpoint"],
        "model": job["asked"]["model"],
        "agent_id": job["asked"]["agent_id"],
        "output_file": job["output"] if over else None,
        "error_file": job["errors"] if over else None,
        "errors": [{"message": why, "count": 1} for why in job["wrong"][:50]],
        "outputs": job["outputs"] if over and (inline or job["inline"]) else None,
        "status": status,
        "created_at": int(job["created"]),
        "total_requests": 0 if queued else job["total"],
        "completed_requests": done,
        "succeeded_requests": done - failed,
        "failed_requests": failed,
        "started_at": None if queued or job["wrong"] else int(job["started"]),
        "completed_at": int(job["done"]) if over else None,
    }


def _answered(job: Document, now: float) -> int:
    """Return how many requests are answered by a time."""
    total: int = job["total"]
    end = min(now, job["cancelled"] or now)
    return min(total, int((end - job["started"]) / job["each"])) if job["each"] else 0


def result(job: Document, at: int, line: Line, status: int, body: bytes) -> dict[str, Any]:
    """Return what a request got, as the output file has it."""
    name = f"batch-{job['id'][:8]}-{job['files'][0][:8]}-{at}"
    answer = {"status_code": status, "body": orjson.loads(body)}
    return {"id": name, "custom_id": line.custom_id, "response": answer, "error": None}


def cancelled(job: Document, now: float) -> Document:
    """Return a job that is cancelled; one that is over stays as it is."""
    return job if status_at(job, now) not in ("QUEUED", "RUNNING") else {**job, "cancelled": now}


def page(found: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of a list that `page` and `page_size` ask for."""
    number, size = query.get("page") or "0", query.get("page_size") or "100"
    if not (number.isdecimal() and size.isdecimal() and len(number) < 8 and len(size) < 8):
        DIALECT.refuse(worded_problem("'page' and 'page_size' must be whole numbers.", "invalid_type", "page"), query)
    start = int(number) * int(size)
    return {"data": list(found[start : start + int(size)]), "object": "list", "total": len(found)}


def chosen(found: Sequence[dict[str, Any]], query: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    """Return those of a list whose fields are as the query has them, where it has them."""
    wanted = {name: texts(query[name]) for name in names if query.get(name)}
    return [each for each in found if all(each[name] in allowed for name, allowed in wanted.items())]


def not_found(what: str, name: str) -> RequestError:
    """Return the 404 of a file or a job."""
    return RequestError(f"{what} {name[:100]} not found.", status=404)


def in_use(job: Document) -> RequestError:
    """Return the error of a job that is to be removed while it runs."""
    return RequestError(f"Job {job['id']} is still running.", status=409)
