"""The views of Anthropic's message batches; how one goes is said by a rule that names `format: message_batch`."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.state.records import Document
from completions.views.address import root_of
from completions.views.http import FastJsonResponse, RawResponse, Recorded
from completions.views.lines import Answered, answer_later
from completions.views.paced import pace_of
from completions.views.stored import Asked, stored, stored_at_pace
from completions.wire.anthropic import batches
from completions.wire.anthropic.batches import BATCH, MESSAGES
from completions.wire.anthropic.pages import page
from completions.wire.json_lines import dump_lines


@stored_at_pace
async def made(asked: Asked) -> dict[str, Any]:
    """Make a batch."""
    body = asked.body
    batches.check_batch(body)
    outcome = await pace_of(asked, BATCH, body)
    batch, requests = batches.new_batch(body, time.time()), batches.requests_of(body)
    await asked.records.put(BATCH, batch["id"], batch)
    took = (outcome.pacing.ttft_ms + outcome.pacing.itl_ms * len(requests)) / 1000
    keep = partial(_kept, [name for name, _ in requests], batch["created"] + took)
    answer_later(asked, outcome, (BATCH, batch["id"]), [(MESSAGES, params) for _, params in requests], keep)
    return batches.shown(batch, time.time(), _url(asked, batch))


async def _kept(names: Sequence[str], done: float, answered: Sequence[Answered]) -> Callable[[Document], Document]:
    """Keep what a batch's requests got."""
    found = (batches.result(name, each.status, each.data) for name, each in zip(names, answered, strict=True))
    results = await budget.in_thread(list[dict[str, Any]], found)
    return lambda before: {**before, "done": max(time.time(), done), "results": results}


def _url(asked: Asked, batch: Document) -> str:
    """Return where the results of a batch are: under the namespace by whose address it was asked for."""
    return f"{root_of(asked.request)}/v1/messages/batches/{batch['id']}/results"


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    found = [batches.shown(each, now, _url(asked, each)) for each in await asked.all(BATCH)]
    return page(found[::-1], asked.query)


@stored
async def shown(asked: Asked, name: str) -> Recorded:
    """Show a batch as it is by now; where it has not ended, with when to look again."""
    batch = await asked.get(BATCH, name)
    document = batches.shown(batch, time.time(), _url(asked, batch))
    response = FastJsonResponse(document)
    if document["processing_status"] != "ended":
        response["retry-after"] = batches.POLL_AFTER
    return response


@stored
async def results(asked: Asked, name: str) -> Recorded:
    """Send the results of a batch that has ended, a line each."""
    found = batches.results_at(await asked.get(BATCH, name), time.time())
    response = RawResponse(dump_lines(found), 200, "application/x-jsonl")
    response["content-disposition"] = f"attachment; filename*=utf-8''{name}_results.jsonl"
    return response


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel a batch; one that has ended stays as it is."""
    now = time.time()
    batch = await asked.change(BATCH, name, lambda before: batches.cancelled(before, now))
    return batches.shown(batch, now, _url(asked, batch))


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a batch that has ended."""
    document = batches.deleted(await asked.get(BATCH, name), time.time())
    await asked.records.delete(BATCH, name)
    return document
