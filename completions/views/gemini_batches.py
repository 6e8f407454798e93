"""The views of Gemini's batches, whose requests are answered in the background.

By a rule that names `format: gemini_batch`, `ttft_ms` is the time for which a batch is pending, and `itl_ms` that of
each request.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.state import blobs
from completions.state.records import Document, Records
from completions.views.announcements import announce
from completions.views.background_work import id_of, scripted_outcome
from completions.views.batch_requests import RequestResult, answer_later
from completions.views.http import ExchangeResponse, RawResponse
from completions.views.stored import ResourceRequest, stored, stored_with_pacing
from completions.views.webhooks import check_turned_on
from completions.wire.gemini import batches, files
from completions.wire.gemini.batches import BATCH, Line
from completions.wire.gemini.files import FILE
from completions.wire.gemini.pages import page

LINES = "application/jsonl"


@stored_with_pacing
async def create_batch(request: ResourceRequest, model: str, method: str) -> dict[str, Any]:
    """Make a batch of the requests in the body or in a file."""
    body = request.body
    parsed = batches.read_batch(body, method)
    if parsed.webhooks:
        check_turned_on()
    lines = parsed.lines or await budget.in_thread(batches.read_lines, await request.bytes_of(FILE, parsed.file))
    outcome = await scripted_outcome(request, BATCH, body, {"display_name": parsed.display_name, "model": model})
    batch = batches.new_batch(method, model, parsed, len(lines), time.time())
    batch["id"] = id_of(outcome) or batch["id"]
    batch["started"] += outcome.pacing.ttft_ms / 1000
    await request.records.put(BATCH, batch["id"], batch)
    path = batches.line_path(method, model)
    requests = [(path, {key: value for key, value in line.request.items() if key != "model"}) for line in lines]
    done = batch["started"] + outcome.pacing.itl_ms * len(lines) / 1000
    answer_later(
        request, outcome, (BATCH, batch["id"]), requests, partial(_store_results, request.records, batch, lines, done)
    )
    return batches.batch_operation(batch, 0)


def _result(batch: Document, line: Line, answered: RequestResult) -> dict[str, Any]:
    """Return the result of a request of a batch; that of an embedding has its tokens too."""
    found = batches.result(line, answered.status, answered.data)
    reply = None if answered.outcome is None else answered.outcome.reply
    if batch["method"] == batches.EMBEDDED and reply is not None and "response" in found:
        found["response"] |= batches.embedding_tokens(batch["model"].removeprefix("models/"), reply.used.prompt_tokens)
    return found


async def _store_results(
    records: Records, batch: Document, lines: Sequence[Line], done: float, request_results: Sequence[RequestResult]
) -> Callable[[Document], Document]:
    """Store the results of a batch's requests: in a file, where the requests were in one."""
    result_lines = (_result(batch, line, each) for line, each in zip(lines, request_results, strict=True))
    results = await budget.in_thread(list[dict[str, Any]], result_lines)
    output, done = batches.inlined_output(lines, results), max(time.time(), done)
    if batch["in_file"]:
        output = {"responsesFile": await _put_results(records, batches.result_lines(lines, results), done)}
    facts = {"done": done, "failed": sum("error" in each for each in results), "output": output}
    return lambda before: {**before, **facts}


async def _put_results(records: Records, data: bytes, now: float) -> str:
    """Store the results in a file; return its name."""
    upload = files.new_upload({"file": {"name": f"files/batch-{files.new_id(34)}"}}, LINES)
    file = files.new_file(upload, data, now, now)
    await blobs.put(records, (FILE, file["name"]), data)
    await records.put(FILE, file["name"], file)
    return str(file["name"])


@stored
async def download_batch_results(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send the bytes of a file that the API has made; what was uploaded is not sent back."""
    file = await request.get(FILE, f"files/{name}")
    if not name.startswith("batch-"):
        raise files.not_downloadable(name)
    return RawResponse(await request.bytes_of(FILE, file["name"]), 200, file["media_type"])


@stored
async def list_batches(request: ResourceRequest) -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    shown_batches = [batches.batch_operation(each, now) for each in await request.all(BATCH)]
    return page(shown_batches[::-1], request.query, "operations", 100)


@stored
async def retrieve_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return batches.batch_operation(await request.get(BATCH, f"batches/{name}"), time.time())


@stored
async def cancel_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel a batch; one that is over stays as it is."""
    now = time.time()
    await request.change(BATCH, f"batches/{name}", lambda before: batches.cancelled_batch(before, now))
    await announce(request.records, (BATCH, f"batches/{name}"), now)
    return {}


@stored
async def delete_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a batch."""
    await request.delete(BATCH, f"batches/{name}")
    return {}
