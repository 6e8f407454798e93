"""The views of xAI's batches, whose requests are answered in the background.

By a rule that names `format: xai_batch`, `ttft_ms` is the time before the first of the requests that are added is
answered, and `itl_ms` that of each.
"""

import time
from collections.abc import Sequence
from typing import Any

from completions.outcome import Outcome
from completions.resolve.ask import Headers
from completions.state.namespaces import Namespace, namespace
from completions.state.records import Document
from completions.views.edge import sent_headers
from completions.views.files import content_of
from completions.views.http import FastJsonResponse, Recorded
from completions.views.lines import answer_lines
from completions.views.paced import pace_of, pass_gate, start
from completions.views.stored import Asked, stored, stored_at_pace
from completions.wire.dialects import xai_batches as xai
from completions.wire.dialects.xai_batches import BATCH, PATHS, Line


async def _batch(asked: Asked, name: str) -> Document:
    batch = await asked.records.get(BATCH, name)
    if batch is None:
        raise xai.not_found(name)
    return batch


async def _outcome(asked: Asked, name: str) -> Outcome:
    """Return how a batch of this name goes by the script; raise the error of its rule."""
    space = namespace(asked.exchange.namespace)
    return await pace_of(space, sent_headers(asked.request), {"name": name, "metadata": {"name": name}}, BATCH)


@stored_at_pace
async def made(asked: Asked) -> dict[str, Any]:
    """Make a batch, with the requests of a file if it names one."""
    body = asked.body
    xai.check_batch(body)
    lines = xai.read_file(await content_of(asked.records, body["input_file_id"])) if "input_file_id" in body else []
    outcome = await _outcome(asked, body["name"])
    batch = xai.new_batch(body, time.time())
    batch["id"] = (outcome.reply.id if outcome.reply else None) or batch["id"]
    await asked.records.put(BATCH, batch["id"], batch)
    if lines:
        batch = await _add(asked, batch["id"], lines, outcome)
    return xai.shown(batch, 0)


async def _add(asked: Asked, name: str, lines: Sequence[Line], outcome: Outcome) -> dict[str, Any]:
    """Add requests to a batch, and have them answered."""

    def longer(before: Document) -> Document:
        return {**before, "requests": [*before["requests"], *(line.id for line in lines)]}

    batch = await asked.change(BATCH, name, longer)
    start(_answer(namespace(asked.exchange.namespace), sent_headers(asked.request), name, lines, outcome))
    return dict(batch)


async def _answer(space: Namespace, headers: Headers, name: str, lines: Sequence[Line], outcome: Outcome) -> None:
    """Answer requests of a batch, and keep what they got."""
    begun = time.time() + outcome.pacing.ttft_ms / 1000
    await pass_gate(space, outcome.hold)
    answered = await answer_lines(space, headers, [(PATHS[line.kind], line.body) for line in lines])
    now, each_takes = time.time(), outcome.pacing.itl_ms / 1000
    results = {
        line.id: {
            "at": max(now, begun + each_takes * (at + 1)),
            "result": xai.result(line, each.status, each.data),
        }
        for at, (line, each) in enumerate(zip(lines, answered, strict=True))
    }

    def kept(before: Document | None) -> Document:
        return {**(before or {}), "results": {**(before or {}).get("results", {}), **results}}

    await space.records.change(BATCH, name, kept)


@stored_at_pace
async def requests_added(asked: Asked, name: str) -> Recorded:
    """Add requests to a batch."""
    batch = await _batch(asked, name)
    if batch["cancelled"] is not None:
        raise xai.is_over()
    lines = xai.read_requests(asked.body, batch["requests"])
    await _add(asked, name, lines, await _outcome(asked, batch["name"]))
    return FastJsonResponse(b"null")


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the batches, the newest first."""
    return xai.list_page(await asked.records.all(BATCH), asked.query, time.time())


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return xai.shown(await _batch(asked, name), time.time())


@stored
async def results(asked: Asked, name: str) -> dict[str, Any]:
    """Show what the requests of a batch have got by now."""
    return xai.results_page(await _batch(asked, name), asked.query, time.time())


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel what is pending of a batch."""
    await _batch(asked, name)
    now = time.time()
    batch = await asked.change(BATCH, name, lambda before: {**before, "cancelled": before["cancelled"] or now})
    return xai.shown(batch, now)
