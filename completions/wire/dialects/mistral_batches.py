"""Mistral's files and batch jobs: the checks of requests, and the documents of files and jobs at a time.

Shapes as recorded of the API in August 2026, and `FileSchema`, `BatchJob` and `CreateBatchJobRequest` of the mistralai
SDK 3.x. A job is stored with the times at which it begins and ends, so that its status follows from the clock.
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
from completions.wire.dialects.mistral_pages import page
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
"""The kinds under which files and jobs are stored, which are also the names of their rules."""

PURPOSES = ("fine-tune", "batch", "ocr", "agentic_safety")
SAMPLE_TYPES = {"batch": "batch_request", "ocr": "ocr_input"}
ENDPOINTS = (
    *("/v1/chat/completions", "/v1/embeddings", "/v1/fim/completions", "/v1/moderations", "/v1/ocr"),
    "/v1/chat/moderations",
)
"""Mistral's endpoints for batches, as far as the mock has them."""

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


def _check_sources(body: Mapping[str, Any]) -> Problem | None:
    if bool(body.get("input_files")) == bool(body.get("requests")):
        return worded_problem("Exactly one of 'input_files' and 'requests' must be given.", None, "input_files")
    return None


def check_job(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request for a job."""
    DIALECT.refuse(_JOB(body) or _check_sources(body), body)


def new_file(name: str, data: bytes, purpose: str, now: float, **facts: Any) -> dict[str, Any]:
    """Return the document of a file; `facts` are fields of a file that the API itself creates."""
    return {
        "id": str(uuid.uuid4()),
        "object": "file",
        "bytes": len(data),
        "created_at": int(now),
        "filename": name,
        "purpose": purpose,
        "sample_type": SAMPLE_TYPES.get(purpose, "instruct"),
        "num_lines": sum(1 for _ in numbered_lines(data)) if name.endswith(".jsonl") else 0,
        "mimetype": "application/jsonl" if name.endswith(".jsonl") else mimetypes.guess_type(name)[0],
        "source": "upload",
        "signature": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "expires_at": None,
        "visibility": "workspace",
        **facts,
    }


def check_upload(fields: Mapping[str, str], name: str | None) -> str:
    """Return the purpose of an upload; raise the error of an invalid one."""
    purpose = fields.get("purpose") or "fine-tune"
    if name is None:
        DIALECT.refuse(missing("file", {}, ("file",)), {})
    DIALECT.refuse(_UPLOAD({"purpose": purpose}), {"purpose": purpose})
    return purpose


def read_lines(content: bytes) -> tuple[list[Line], list[str]]:
    """Return the requests of a file, and the problems with its lines."""
    lines, problems = [], []
    for number, text_line in numbered_lines(content):
        document = object_of(text_line) or {}
        if isinstance(document.get("body"), dict):
            lines.append(Line(text(document.get("custom_id")) or None, document["body"]))
        else:
            problems.append(f"Line {number} is no JSON object with a 'body'.")
            if len(problems) == MAX_ERRORS:
                break
    if not lines and not problems:
        problems.append("The input has no requests.")
    if len(lines) > MAX_REQUESTS:
        problems.append(f"The input has {len(lines)} requests, and at most {MAX_REQUESTS} are allowed.")
    return lines, problems


def new_job(body: Mapping[str, Any], files: Sequence[str], problems: Sequence[str], now: float) -> dict[str, Any]:
    """Return a new job: `started` is the time of its first request, `done` that of its last answer."""
    return {
        "id": str(uuid.uuid4()),
        "asked": {key: body.get(key) for key in ("endpoint", "model", "agent_id", "metadata")},
        "inline": bool(dicts(body.get("requests"))),
        "files": list(files),
        "ends": now + HOUR * int(body.get("timeout_hours") or 24),
        "created": now,
        "wrong": list(problems),
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
    done_at, cancelled_at = job["done"], job["cancelled"]
    if cancelled_at is not None and (done_at is None or cancelled_at < done_at):
        return "CANCELLATION_REQUESTED" if done_at is None else "CANCELLED"
    if done_at is not None and now >= done_at:
        return "SUCCESS"
    if now >= job["ends"]:
        return "TIMEOUT_EXCEEDED"
    return "QUEUED" if now < job["started"] else "RUNNING"


def job_document(job: Document, now: float, *, inline: bool = False) -> dict[str, Any]:
    """Return the document of a job at a time; with `inline`, with its results once it is over."""
    status = status_at(job, now)
    is_over, is_queued = status in ("SUCCESS", "CANCELLED"), status == "QUEUED"
    done = job["total"] if status == "SUCCESS" else 0 if is_queued or job["wrong"] else _answered_count(job, now)
    failed = min(job["failed"], done)
    return {
        "id": job["id"],
        "object": "batch",
        "input_files": job["files"],
        "metadata": job["asked"]["metadata"],
        "endpoint": job["asked"]["endpoint"],
        "model": job["asked"]["model"],
        "agent_id": job["asked"]["agent_id"],
        "output_file": job["output"] if is_over else None,
        "error_file": job["errors"] if is_over else None,
        "errors": [{"message": why, "count": 1} for why in job["wrong"][:50]],
        "outputs": job["outputs"] if is_over and (inline or job["inline"]) else None,
        "status": status,
        "created_at": int(job["created"]),
        "total_requests": 0 if is_queued else job["total"],
        "completed_requests": done,
        "succeeded_requests": done - failed,
        "failed_requests": failed,
        "started_at": None if is_queued or job["wrong"] else int(job["started"]),
        "completed_at": int(job["done"]) if is_over else None,
    }


def _answered_count(job: Document, now: float) -> int:
    """Return the number of requests that are answered by a time."""
    total: int = job["total"]
    end = min(now, job["cancelled"] or now)
    return min(total, int((end - job["started"]) / job["each"])) if job["each"] else 0


def request_result(job: Document, index: int, line: Line, status: int, body: bytes) -> dict[str, Any]:
    """Return the result of a request, as a line of the output file."""
    name = f"batch-{job['id'][:8]}-{job['files'][0][:8]}-{index}"
    answer = {"status_code": status, "body": orjson.loads(body)}
    return {"id": name, "custom_id": line.custom_id, "response": answer, "error": None}


def cancelled_job(job: Document, now: float) -> Document:
    """Return a job with its cancellation; one that is over stays as it is."""
    return job if status_at(job, now) not in ("QUEUED", "RUNNING") else {**job, "cancelled": now}


def list_page(documents: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of a list that `page` and `page_size` ask for."""
    return {"data": page(documents, query, 100), "object": "list", "total": len(documents)}


def filtered(documents: Sequence[dict[str, Any]], query: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    """Return the documents whose fields have the values of the query, for the fields that it names."""
    allowed_values = {name: texts(query[name]) for name in names if query.get(name)}
    return [
        document for document in documents if all(document[name] in allowed for name, allowed in allowed_values.items())
    ]


def not_found(kind: str, name: str) -> RequestError:
    """Return the 404 of a file or a job."""
    return RequestError(f"{kind} {name[:100]} not found.", status=404)


def job_in_use(job: Document) -> RequestError:
    """Return the error of removing a job while it runs."""
    return RequestError(f"Job {job['id']} is still running.", status=409)
