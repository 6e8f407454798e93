"""The views of Anthropic's message batches; how one goes is said by a rule that names `format: message_batch`."""

import time
from typing import Any

from completions.exceptions import RequestError
from completions.outcome import Outcome
from completions.resolve.ask import Headers
from completions.state.namespaces import Namespace, namespace
from completions.state.records import Document
from completions.views.edge import sent_headers
from completions.views.http import RawResponse, Recorded
from completions.views.lines import answer_lines
from completions.views.paced import pace_of, pass_gate, start
from completions.views.stored import Asked, stored, stored_at_pace
from completions.wire.anthropic import batches
from completions.wire.anthropic.batches import BATCH, MESSAGES
from completions.wire.anthropic.pages import page
from completions.wire.json_lines import dump_lines


@stored_at_pace
async def made(asked: Asked) -> dict[str, Any]:
    """Make a batch."""
    body, space = asked.body, namespace(asked.exchange.namespace)
    batches.check_batch(body)
    headers = sent_headers(asked.request)
    outcome = await pace_of(space, headers, body, BATCH)
    batch = batches.new_batch(body, time.time())
    await asked.records.put(BATCH, batch["id"], batch)
    start(_answer(space, headers, batch, body, outcome))
    return batches.shown(batch, time.time(), _url(asked, batch))


async def _answer(
    space: Namespace, headers: Headers, batch: dict[str, Any], body: dict[str, Any], outcome: Outcome
) -> None:
    """Answer a batch's requests, and keep what they got."""
    await pass_gate(space, outcome.hold)
    requests = batches.requests_of(body)
    answered = await answer_lines(space, headers, [(MESSAGES, params) for _, params in requests])
    took = (outcome.pacing.ttft_ms + outcome.pacing.itl_ms * len(requests)) / 1000
    found = zip(requests, answered, strict=True)
    facts = {
        "done": max(time.time(), batch["created"] + took),
        "results": [batches.result(name, each.status, each.data) for (name, _), each in found],
    }
    await space.records.change(BATCH, batch["id"], lambda before: {**(before or batch), **facts})


def _url(asked: Asked, batch: Document) -> str:
    """Return where the results of a batch are: under the namespace by whose address it was asked for."""
    path = asked.request.path
    place = path[: path.index("v1/messages")]
    return asked.request.build_absolute_uri(f"{place}v1/messages/batches/{batch['id']}/results")


async def _found(asked: Asked, name: str) -> Document:
    batch = await asked.records.get(BATCH, name)
    if batch is None:
        raise RequestError(f"Batch {name[:200]} not found.", status=404, facts=None)
    return batch


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    found = [batches.shown(each, now, _url(asked, each)) for each in await asked.records.all(BATCH)]
    return page(found[::-1], asked.query)


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    batch = await _found(asked, name)
    return batches.shown(batch, time.time(), _url(asked, batch))


@stored
async def results(asked: Asked, name: str) -> Recorded:
    """Send the results of a batch that has ended, a line each."""
    found = batches.results_at(await _found(asked, name), time.time())
    return RawResponse(dump_lines(found), 200, "application/x-jsonl")


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel a batch; one that has ended stays as it is."""
    await _found(asked, name)
    now = time.time()
    batch = await asked.change(BATCH, name, lambda before: batches.cancelled(before, now))
    return batches.shown(batch, now, _url(asked, batch))


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a batch that has ended."""
    document = batches.deleted(await _found(asked, name), time.time())
    await asked.records.delete(BATCH, name)
    return document
