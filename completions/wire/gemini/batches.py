"""Gemini's batches: the requests, and the operation of a batch at a given time.

Shapes as recorded of the API in August 2026, and `google.genai.types.BatchJob`. Those of embeddings: recorded of
`gemini-embedding-2` on 2026-07-25, and, of `gemini-embedding-001`, in the tests of Google's SDK for JavaScript
(2025-08-30). A batch is stored with its start and end times, so that its state follows from the clock.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping, text
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import inner, many, pick
from completions.wire.gemini.files import new_id
from completions.wire.gemini.messages import EMBED, GENERATE
from completions.wire.gemini.proto import Check, long, message, repeated, string, struct
from completions.wire.gemini.times import timestamp
from completions.wire.gemini.webhooks import check_config
from completions.wire.json_lines import dump_lines, numbered_lines

BATCH = "gemini_batch"
"""The kind under which a batch is stored, which rules name too."""

GENERATED, EMBEDDED = "batchGenerateContent", "asyncBatchEmbedContent"
"""The methods that make batches."""

_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main."
LIFETIME = 48 * 3600
"""Seconds after which an unfinished batch expires: Google's page on the Batch API."""

_ONE_SIZE = re.compile(r"gemini-embedding-(?:001|exp)|text-|embedding-")
"""The models whose batches report a `tokenCount`; later ones report their usage."""


class Kind(NamedTuple):
    """What batches of a method are: the names of their messages, and the method that answers each of their requests."""

    request: str
    batch: str
    method: str


_KINDS = {
    GENERATED: Kind("BatchGenerateContentRequest", "GenerateContentBatch", "generateContent"),
    EMBEDDED: Kind("AsyncBatchEmbedContentRequest", "EmbedContentBatch", "embedContent"),
}


_WEBHOOKS = message("WebhookConfig", {"uris": repeated(string), "userMetadata": struct})


def _batch_request(kind: Kind, inlined: str, request: Check) -> Check:
    """Return the check of a request for a batch, whose own requests are messages named `inlined`."""
    line = message(inlined, {"request": request, "metadata": struct})
    source = {"fileName": string, "requests": message(f"{inlined}s", {"requests": repeated(line)})}
    fields = {"name": string, "model": string, "displayName": string, "priority": long, "webhookConfig": _WEBHOOKS}
    return message(
        kind.request, {"batch": message(kind.batch, {**fields, "inputConfig": message("InputConfig", source)})}
    )


_REQUESTS = {
    GENERATED: _batch_request(_KINDS[GENERATED], "InlinedRequest", GENERATE),
    EMBEDDED: _batch_request(_KINDS[EMBEDDED], "InlinedEmbedContentRequest", EMBED),
}


class Line(NamedTuple):
    """A request of a batch, with its label."""

    label: Mapping[str, Any]
    request: Mapping[str, Any]


class Source(NamedTuple):
    """The source of a batch: its display name, its requests or the file with them, and its own webhooks."""

    display_name: str
    lines: Sequence[Line]
    file: str
    webhooks: Mapping[str, Any] | None


def line_path(method: str, model: str) -> str:
    """Return the address at which a request of a batch is answered."""
    return f"/v1beta/models/{model}:{_KINDS[method].method}"


def read_batch(body: Mapping[str, Any], method: str) -> Source:
    """Return the source of a requested batch; raise its error, except for those of the requests in it."""
    if violations := _REQUESTS[method](dict(body), ""):
        raise Violated(violations)
    batch = inner(body, "batch")
    source = inner(batch, "inputConfig")
    file, inline_requests = text(pick(source, "fileName")), many(inner(source, "requests").get("requests") or [])
    if bool(file) == bool(inline_requests):
        kind = _KINDS[method].request
        raise RequestError(f"* {kind}.batch.input_config: exactly one of requests and file_name\n")
    lines = [Line(mapping(each.get("metadata")), inner(each, "request")) for each in inline_requests]
    return Source(text(pick(batch, "displayName")), lines, file, check_config(pick(batch, "webhookConfig")))


def read_lines(data: bytes) -> list[Line]:
    """Return the requests of a file, one JSON document a line; raise the error of an invalid one."""
    lines = []
    for number, each in numbered_lines(data):
        try:
            document = mapping(orjson.loads(each))
        except orjson.JSONDecodeError as exc:
            raise RequestError(f"Line {number} of the file is no JSON: {exc}") from exc
        if not isinstance(document.get("request"), dict):
            raise RequestError(f"Line {number} of the file has no request.")
        lines.append(Line({"key": document["key"]} if "key" in document else {}, document["request"]))
    if not lines:
        raise RequestError("The file has no requests.")
    return lines


def new_batch(method: str, model: str, source: Source, total: int, now: float) -> dict[str, Any]:
    """Return a batch; `done` is when all its requests are answered, once that is known."""
    return {
        "id": f"batches/{new_id(36)}",
        "method": method,
        "model": f"models/{model}",
        "display_name": source.display_name,
        "total": total,
        "in_file": bool(source.file),
        "webhook_config": source.webhooks,
        "created": now,
        "started": now,
        "done": None,
        "cancelled": None,
        "output": None,
        "failed": 0,
    }


def result(line: Line, status: int, body: bytes) -> dict[str, Any]:
    """Return the result of a request of a batch."""
    document = orjson.loads(body)
    return {"response": document} if status == 200 else {"error": mapping(document).get("error", document)}


def embedding_tokens(model: str, count: int) -> dict[str, Any]:
    """Return what the result of an embedding says of the tokens of its text."""
    return {"tokenCount": str(count)} if _ONE_SIZE.match(model) else {"usageMetadata": {"promptTokenCount": count}}


def inlined_output(lines: Sequence[Line], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the results as a batch's inline output."""
    responses = [
        {**found, **({"metadata": line.label} if line.label else {})}
        for line, found in zip(lines, results, strict=True)
    ]
    return {"inlinedResponses": {"inlinedResponses": responses}}


def result_lines(lines: Sequence[Line], results: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the results as a file, one JSON document a line."""
    found = zip(lines, results, strict=True)
    return dump_lines({**line.label, **each} for line, each in found)


def state_at(batch: Document, now: float) -> str:
    """Return the state of a batch at a time, without the common prefix."""
    done, cancelled = batch["done"], batch["cancelled"]
    if cancelled is not None and (done is None or cancelled < done):
        return "CANCELLED"
    if done is not None and now >= done:
        return "FAILED" if batch["failed"] == batch["total"] else "SUCCEEDED"
    if now >= batch["created"] + LIFETIME:
        return "EXPIRED"
    return "RUNNING" if now >= batch["started"] else "PENDING"


def batch_operation(batch: Document, now: float) -> dict[str, Any]:
    """Return the operation of a batch as it is at a time."""
    state = state_at(batch, now)
    over, answered = state not in ("PENDING", "RUNNING"), state in ("SUCCEEDED", "FAILED")
    end = batch["done"] if answered else batch["cancelled"] or batch["created"] + LIFETIME
    failed = batch["failed"] if answered else 0
    counts = {
        "successfulRequestCount": batch["total"] - failed if answered else 0,
        "failedRequestCount": failed,
        "pendingRequestCount": 0 if answered else batch["total"],
    }
    message_type = _TYPE + _KINDS[batch.get("method", GENERATED)].batch
    metadata = {
        "@type": message_type,
        "model": batch["model"],
        "displayName": batch["display_name"],
        **({"output": batch["output"]} if answered else {}),
        "createTime": timestamp(batch["created"], digits=9),
        **({"endTime": timestamp(end, digits=9)} if over else {}),
        "updateTime": timestamp(end if over else batch["created"], digits=9),
        "batchStats": {"requestCount": str(batch["total"]), **{key: str(n) for key, n in counts.items() if n}},
        "state": f"BATCH_STATE_{state}",
        "name": batch["id"],
    }
    operation = {"name": batch["id"], "metadata": metadata}
    if not over:
        return operation
    return operation | {"done": True} | ({"response": {"@type": message_type, **batch["output"]}} if answered else {})


def event_data(batch: Document) -> dict[str, Any]:
    """Return what an event tells of a batch that has ended (Google's page "Webhooks", July 2026)."""
    data = {"id": batch["id"].removeprefix("batches/")}
    file = (batch["output"] or {}).get("responsesFile")
    return data | ({"output_file_uri": file} if file else {})


def not_found(name: str) -> RequestError:
    """Return the API's error for an unknown batch."""
    return RequestError(f"Batch {name[:100]} not found.", status=404, code="NOT_FOUND", facts=None)


def cancelled_batch(batch: Document, now: float) -> dict[str, Any]:
    """Return a cancelled batch; one that has ended is unchanged."""
    return dict(batch) if state_at(batch, now) not in ("PENDING", "RUNNING") else {**batch, "cancelled": now}
