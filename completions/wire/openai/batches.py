"""OpenAI's batches: the validation of requests and of their lines, and the documents of batches.

Shapes: `openai.types.Batch` and `BatchRequestCounts`; lines as in OpenAI's guide "Batch API". A batch is kept with the
times at which it comes to each of its states, so that its status follows from the clock.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from completions import ids
from completions.conversation import Usage
from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.json_lines import MAX_ERRORS, numbered_lines
from completions.wire.openai import files
from completions.wire.openai.stored import metadata
from completions.wire.validation import Check, choice, nullable, record, refuse, string

BATCH = "batch"
ENDPOINTS = (
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/completions",
    "/v1/moderations",
    "/v1/images/generations",
)
"""Those of the SDK's `BatchCreateParams` (November 2026) whose requests are JSON here: not edits, which are forms."""

MAX_LINES = 50_000
DAY = 86_400
_FIELDS: Mapping[str, Check] = {
    "input_file_id": string(),
    "endpoint": choice(*ENDPOINTS),
    "completion_window": choice("24h"),
    "metadata": nullable(metadata),
    "output_expires_after": nullable(files.EXPIRES),
}
_REQUIRED = ("input_file_id", "endpoint", "completion_window")
_CHECK = record(_FIELDS, _REQUIRED)
_CHAT_ALONE = {"endpoint": choice("/v1/chat/completions"), "completion_window": string(pattern=r"\d{2,3}h|[1-7]d")}
_ELSEWHERE = record({**_FIELDS, **_CHAT_ALONE}, _REQUIRED)
"""Groq's: `BatchCreateParams` of its SDK."""

AZURES = ("chat/completions", "embeddings", "responses")
_AZURE = record({**_FIELDS, "endpoint": choice(*(f"{v1}/{name}" for name in AZURES for v1 in ("", "/v1")))}, _REQUIRED)
"""Azure's, which needs no version: `/chat/completions` in Microsoft's page on batches."""

AZURE = "/openai"
"""The prefix of the paths of Azure's requests."""


class Line(NamedTuple):
    """A request of a batch."""

    custom_id: str
    url: str
    body: Mapping[str, Any]


def check_batch(body: Mapping[str, Any], place: str = "") -> None:
    """Raise the error of an invalid request for a batch; `place` is another vendor's."""
    refuse((_CHECK if not place else _AZURE if place == AZURE else _ELSEWHERE)(body))


def address_of(url: str, place: str) -> str:
    """Return the path of a line's request: under a vendor's place, and with its version."""
    return f"{place}{url if url.startswith('/v1/') else f'/v1{url}'}"


def read_lines(content: bytes, endpoint: str) -> tuple[list[Line], list[dict[str, Any]]]:
    """Return the requests of a file, and the errors of its lines, as in `Batch.errors`."""
    lines: list[Line] = []
    wrong: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, text in numbered_lines(content):
        try:
            lines.append(_line(text, endpoint, seen))
        except RequestError as exc:
            wrong.append({"code": exc.code, "line": number, "message": exc.message, "param": exc.param})
            if len(wrong) == MAX_ERRORS:
                break
    if not lines and not wrong:
        wrong.append(
            _line_error("empty_file", "The input file is empty. Please ensure that the batch contains requests.")
        )
    if len(lines) > MAX_LINES:
        why = f"The input file has {len(lines)} requests, and at most {MAX_LINES} are allowed."
        wrong.insert(0, _line_error("too_many_tasks", why))
    return lines, wrong[:MAX_ERRORS]


def _line_error(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "line": None, "message": message, "param": None}


def _line(text: bytes, endpoint: str, seen: set[str]) -> Line:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise RequestError("This line is not parseable as valid JSON.", code="invalid_json_line") from exc
    if not isinstance(found, dict):
        raise RequestError("This line is not a JSON object.", code="invalid_json_line")
    name, url = found.get("custom_id"), found.get("url")
    if not isinstance(name, str) or not name:
        raise _missing("custom_id")
    if name in seen:
        message = f"The custom_id '{name[:100]}' has been used before in this file."
        raise RequestError(message, code="duplicate_custom_id", param="custom_id")
    seen.add(name)
    if found.get("method") != "POST":
        raise RequestError("Invalid value for 'method': only POST is supported.", code="invalid_method", param="method")
    if url != endpoint:
        message = f"The provided URL '{str(url)[:100]}' does not match the batch endpoint '{endpoint}'."
        raise RequestError(message, code="mismatched_url", param="url")
    if not isinstance(body := found.get("body"), dict):
        raise _missing("body")
    return Line(name, endpoint, body)


def _missing(name: str) -> RequestError:
    return RequestError(f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)


def new_batch(
    body: Mapping[str, Any], created: float, wrong: Sequence[Mapping[str, Any]], total: int
) -> dict[str, Any]:
    """Return the record of a batch: the request, the times of its states, and its errors.

    `started` is when its lines begin to be answered, `each` the seconds that one takes, `done` when all are answered.
    """
    return {
        "id": f"batch_{secrets.token_hex(16)}",
        "asked": {key: body.get(key) for key in ("endpoint", "input_file_id", "completion_window", "metadata")},
        "created": created,
        "lasts": files.seconds(body.get("output_expires_after"), files.MONTH),
        "wrong": list(wrong),
        "total": 0 if wrong else total,
        "started": None,
        "each": 0.0,
        "done": None,
        "cancelled": None,
        "failed": 0,
        "output": None,
        "errors": None,
        "usage": None,
        "model": None,
    }


def status_at(batch: Document, now: float) -> str:
    """Return the status of a batch at a time."""
    if batch["wrong"]:
        return "failed"
    done, cancelled = batch["done"], batch["cancelled"]
    if cancelled is not None and (done is None or cancelled < done):
        return "cancelled" if batch["output"] is not None or batch["errors"] is not None else "cancelling"
    if done is not None and now >= done:
        return "completed"
    if now >= batch["created"] + DAY:
        return "expired"
    if batch["started"] is None or now < batch["started"]:
        return "validating"
    if done is not None and now >= _finalized(batch):
        return "finalizing"
    return "in_progress"


def _finalized(batch: Document) -> float:
    """Return when the finalizing of a batch begins, which was recorded a second or two before its end."""
    begun: float = batch["done"] - batch["each"] / 2
    return begun


def shown(batch: Document, now: float) -> dict[str, Any]:
    """Return a batch as it is at a time, its fields in the order recorded in April 2026."""
    status, created = status_at(batch, now), int(batch["created"])
    over = status in ("completed", "cancelled")
    answered = batch["total"] if status == "completed" else _answered(batch, batch["cancelled"] or now)
    failed = min(batch["failed"], answered)
    wrong = {"object": "list", "data": batch["wrong"]} if batch["wrong"] else None
    times = {
        "created_at": created,
        "in_progress_at": None if batch["started"] is None or now < batch["started"] else int(batch["started"]),
        "expires_at": created + DAY,
        "finalizing_at": int(_finalized(batch)) if status in ("finalizing", "completed") else None,
        "completed_at": int(batch["done"]) if status == "completed" else None,
        "failed_at": created if status == "failed" else None,
        "expired_at": created + DAY if status == "expired" else None,
        "cancelling_at": None if batch["cancelled"] is None else int(batch["cancelled"]),
        "cancelled_at": int(batch["cancelled"]) if status == "cancelled" else None,
    }
    return {
        "id": batch["id"],
        "object": "batch",
        "endpoint": batch["asked"]["endpoint"],
        "model": batch["model"],
        "errors": wrong,
        "input_file_id": batch["asked"]["input_file_id"],
        "completion_window": batch["asked"]["completion_window"],
        "status": status,
        "output_file_id": batch["output"] if over else None,
        "error_file_id": batch["errors"] if over else None,
        **times,
        "request_counts": {
            "total": 0 if status == "validating" else batch["total"],
            "completed": answered - failed,
            "failed": failed,
        },
        "usage": (batch["usage"] if over else None) or usage(()),
        "metadata": batch["asked"]["metadata"],
    }


def _answered(batch: Document, now: float) -> int:
    """Return the number of lines answered at a time."""
    total: int = batch["total"]
    if batch["started"] is None or now < batch["started"] or batch["wrong"]:
        return 0
    if not batch["each"]:
        return total if batch["done"] is not None else 0
    return min(total, int((now - batch["started"]) / batch["each"]))


def result(line: Line, status: int, request_id: str, body: bytes, place: str = "") -> bytes:
    """Return the line of a batch's request in the output file, or in the error file.

    OpenAI and Azure call the request by a UUID there (recorded in April and August 2026).
    """
    if place in ("", AZURE):
        request_id = ids.uuid_of(request_id)
    answer = {"status_code": status, "request_id": request_id, "body": orjson.Fragment(body)}
    name = f"batch_req_{secrets.token_hex(16)}"
    return orjson.dumps({"id": name, "custom_id": line.custom_id, "response": answer, "error": None}) + b"\n"


def cancelled(batch: Document, now: float) -> Document:
    """Return the record of a cancelled batch; raise the API's 409 if it has ended."""
    status = status_at(batch, now)
    if status in ("cancelling", "cancelled"):
        return batch
    if status in ("completed", "failed", "expired"):
        raise RequestError(f"Cannot cancel a batch with status '{status}'.", status=409)
    return {**batch, "cancelled": now}


def usage(counted: Sequence[Usage | None]) -> dict[str, Any]:
    """Return the total usage of the requests of a batch."""
    known = [each for each in counted if each is not None]
    input_tokens, output_tokens = (
        sum(each.prompt_tokens for each in known),
        sum(each.completion_tokens for each in known),
    )
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "input_tokens_details": {"cached_tokens": sum(each.cached_tokens for each in known)},
        "output_tokens_details": {"reasoning_tokens": sum(each.reasoning_tokens for each in known)},
    }
