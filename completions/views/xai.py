"""The views of xAI's batches, whose requests are answered in the background, and of deferred chat completions.

By a rule that names `format: xai_batch`, `ttft_ms` is the time before the first of the requests that are added is
answered, and `itl_ms` that of each.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.outcome import Outcome
from completions.state.records import Document
from completions.views.background_work import id_of, scripted_outcome
from completions.views.batch_requests import RequestResult, answer_later
from completions.views.http import ExchangeResponse, FastJsonResponse, RawResponse
from completions.views.stored import ResourceRequest, stored, stored_with_pacing
from completions.wire.dialects import xai_batches as xai
from completions.wire.dialects import xai_deferred
from completions.wire.dialects.xai_batches import BATCH, PATHS, Line
from completions.wire.openai.files import FILE


async def _outcome(request: ResourceRequest, name: str) -> Outcome:
    """Return the script's outcome for a batch of this name; raise the error of its rule."""
    facts = {"name": name}
    return await scripted_outcome(request, BATCH, facts, facts)


@stored_with_pacing
async def create_batch(request: ResourceRequest) -> dict[str, Any]:
    """Make a batch, with the requests of a file if it names one."""
    body = request.body
    xai.check_batch(body)
    lines = []
    if "input_file_id" in body:
        lines = await budget.in_thread(xai.read_file, await request.bytes_of(FILE, body["input_file_id"]))
    outcome = await _outcome(request, body["name"])
    batch = xai.new_batch(body, time.time())
    batch["id"] = id_of(outcome) or batch["id"]
    await request.records.put(BATCH, batch["id"], batch)
    if lines:
        batch = await _add(request, batch["id"], lines, outcome)
    return xai.batch_document(batch, 0)


async def _add(request: ResourceRequest, name: str, lines: Sequence[Line], outcome: Outcome) -> dict[str, Any]:
    """Add requests to a batch, and have them answered."""

    def extended(before: Document) -> Document:
        return {**before, "requests": [*before["requests"], *(line.id for line in lines)]}

    batch = await request.change(BATCH, name, extended)
    keep = partial(_store_results, lines, time.time() + outcome.pacing.ttft_ms / 1000, outcome.pacing.itl_ms / 1000)
    answer_later(request, outcome, (BATCH, name), [(PATHS[line.kind], line.body) for line in lines], keep)
    return dict(batch)


async def _store_results(
    lines: Sequence[Line], begun: float, each_takes: float, request_results: Sequence[RequestResult]
) -> Callable[[Document], Document]:
    """Add the results of requests to those that a batch has."""
    now = time.time()
    timed_results = (
        (
            line.id,
            {"at": max(now, begun + each_takes * (at + 1)), "result": xai.request_result(line, each.status, each.data)},
        )
        for at, (line, each) in enumerate(zip(lines, request_results, strict=True))
    )
    results = await budget.in_thread(dict[str, Document], timed_results)
    return lambda before: {**before, "results": {**before["results"], **results}}


@stored_with_pacing
async def add_batch_requests(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Add requests to a batch."""
    batch = await request.get(BATCH, name)
    if batch["cancelled"] is not None:
        raise xai.is_over()
    lines = xai.read_requests(request.body, batch["requests"])
    await _add(request, name, lines, await _outcome(request, batch["name"]))
    return FastJsonResponse(b"null")


@stored
async def list_batches(request: ResourceRequest) -> dict[str, Any]:
    """List the batches, the newest first."""
    return xai.list_page(await request.all(BATCH), request.query, time.time())


@stored
async def retrieve_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return xai.batch_document(await request.get(BATCH, name), time.time())


@stored
async def list_batch_results(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show the results that the requests of a batch have by now."""
    return xai.results_page(await request.get(BATCH, name), request.query, time.time())


@stored
async def cancel_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel the pending requests of a batch."""
    now = time.time()

    def ended(before: Document) -> Document:
        return {**before, "cancelled": before["cancelled"] or now}

    return xai.batch_document(await request.change(BATCH, name, ended), now)


@stored
async def retrieve_deferred_completion(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send a deferred answer, which can be fetched once; until it is complete, an empty 202."""
    record = await request.get(xai_deferred.COMPLETION, name)
    if not xai_deferred.is_ready(record, time.time()):
        return RawResponse(b"", 202, "application/json")
    await request.delete(xai_deferred.COMPLETION, name)
    return FastJsonResponse(record["completion"])
