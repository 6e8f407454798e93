"""The views of Anthropic's message batches, which rules that name `format: message_batch` control."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.state.records import Document
from completions.views.address import root_of
from completions.views.background_work import scripted_outcome
from completions.views.batch_requests import RequestResult, answer_later
from completions.views.http import ExchangeResponse, FastJsonResponse, RawResponse
from completions.views.stored import ResourceRequest, stored, stored_with_pacing
from completions.wire.anthropic import batches
from completions.wire.anthropic.batches import BATCH, MESSAGES
from completions.wire.anthropic.pages import page
from completions.wire.json_lines import dump_lines


@stored_with_pacing
async def create_message_batch(request: ResourceRequest) -> dict[str, Any]:
    """Make a batch."""
    body = request.body
    batches.check_batch(body)
    outcome = await scripted_outcome(request, BATCH, body)
    batch, requests = batches.new_batch(body, time.time()), batches.requests_of(body)
    await request.records.put(BATCH, batch["id"], batch)
    took = (outcome.pacing.ttft_ms + outcome.pacing.itl_ms * len(requests)) / 1000
    keep = partial(_store_results, [name for name, _ in requests], batch["created"] + took)
    answer_later(request, outcome, (BATCH, batch["id"]), [(MESSAGES, params) for _, params in requests], keep)
    return batches.batch_resource(batch, time.time(), _url(request, batch))


async def _store_results(
    names: Sequence[str], done: float, request_results: Sequence[RequestResult]
) -> Callable[[Document], Document]:
    """Store the results of a batch's requests."""
    result_lines = (
        batches.result(name, each.status, each.data) for name, each in zip(names, request_results, strict=True)
    )
    results = await budget.in_thread(list[dict[str, Any]], result_lines)
    return lambda before: {**before, "done": max(time.time(), done), "results": results}


def _url(request: ResourceRequest, batch: Document) -> str:
    """Return the address of a batch's results, under the namespace of the request's address."""
    return f"{root_of(request.http_request)}/v1/messages/batches/{batch['id']}/results"


@stored
async def list_message_batches(request: ResourceRequest) -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    shown_batches = [batches.batch_resource(each, now, _url(request, each)) for each in await request.all(BATCH)]
    return page(shown_batches[::-1], request.query)


@stored
async def retrieve_message_batch(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Show a batch as it is by now; until it has ended, with the time after which to poll again."""
    batch = await request.get(BATCH, name)
    document = batches.batch_resource(batch, time.time(), _url(request, batch))
    response = FastJsonResponse(document)
    if document["processing_status"] != "ended":
        response["retry-after"] = batches.POLL_AFTER
    return response


@stored
async def download_message_batch_results(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send the results of a batch that has ended, a line each."""
    lines = batches.results_at(await request.get(BATCH, name), time.time())
    response = RawResponse(dump_lines(lines), 200, "application/x-jsonl")
    response["content-disposition"] = f"attachment; filename*=utf-8''{name}_results.jsonl"
    return response


@stored
async def cancel_message_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel a batch; one that has ended stays as it is."""
    now = time.time()
    batch = await request.change(BATCH, name, lambda before: batches.cancelled_batch(before, now))
    return batches.batch_resource(batch, now, _url(request, batch))


@stored
async def delete_message_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a batch that has ended."""
    document = batches.deleted_batch(await request.get(BATCH, name), time.time())
    await request.records.delete(BATCH, name)
    return document
