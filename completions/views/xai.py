"""The views of xAI's batches, whose requests are answered in the background.

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
from completions.views.http import FastJsonResponse, Recorded
from completions.views.lines import Answered, answer_later
from completions.views.paced import id_by, pace_of
from completions.views.stored import Asked, stored, stored_at_pace
from completions.wire.dialects import xai_batches as xai
from completions.wire.dialects.xai_batches import BATCH, PATHS, Line
from completions.wire.openai.files import FILE


async def _outcome(asked: Asked, name: str) -> Outcome:
    """Return how a batch of this name goes by the script; raise the error of its rule."""
    facts = {"name": name}
    return await pace_of(asked, BATCH, facts, facts)


@stored_at_pace
async def made(asked: Asked) -> dict[str, Any]:
    """Make a batch, with the requests of a file if it names one."""
    body = asked.body
    xai.check_batch(body)
    lines = []
    if "input_file_id" in body:
        lines = await budget.in_thread(xai.read_file, await asked.bytes_of(FILE, body["input_file_id"]))
    outcome = await _outcome(asked, body["name"])
    batch = xai.new_batch(body, time.time())
    batch["id"] = id_by(outcome) or batch["id"]
    await asked.records.put(BATCH, batch["id"], batch)
    if lines:
        batch = await _add(asked, batch["id"], lines, outcome)
    return xai.shown(batch, 0)


async def _add(asked: Asked, name: str, lines: Sequence[Line], outcome: Outcome) -> dict[str, Any]:
    """Add requests to a batch, and have them answered."""

    def longer(before: Document) -> Document:
        return {**before, "requests": [*before["requests"], *(line.id for line in lines)]}

    batch = await asked.change(BATCH, name, longer)
    keep = partial(_kept, lines, time.time() + outcome.pacing.ttft_ms / 1000, outcome.pacing.itl_ms / 1000)
    answer_later(asked, outcome, (BATCH, name), [(PATHS[line.kind], line.body) for line in lines], keep)
    return dict(batch)


async def _kept(
    lines: Sequence[Line], begun: float, each_takes: float, answered: Sequence[Answered]
) -> Callable[[Document], Document]:
    """Keep what requests of a batch got, beside what others have got before."""
    now = time.time()
    made = (
        (line.id, {"at": max(now, begun + each_takes * (at + 1)), "result": xai.result(line, each.status, each.data)})
        for at, (line, each) in enumerate(zip(lines, answered, strict=True))
    )
    results = await budget.in_thread(dict[str, Document], made)
    return lambda before: {**before, "results": {**before["results"], **results}}


@stored_at_pace
async def requests_added(asked: Asked, name: str) -> Recorded:
    """Add requests to a batch."""
    batch = await asked.get(BATCH, name)
    if batch["cancelled"] is not None:
        raise xai.is_over()
    lines = xai.read_requests(asked.body, batch["requests"])
    await _add(asked, name, lines, await _outcome(asked, batch["name"]))
    return FastJsonResponse(b"null")


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the batches, the newest first."""
    return xai.list_page(await asked.all(BATCH), asked.query, time.time())


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return xai.shown(await asked.get(BATCH, name), time.time())


@stored
async def results(asked: Asked, name: str) -> dict[str, Any]:
    """Show what the requests of a batch have got by now."""
    return xai.results_page(await asked.get(BATCH, name), asked.query, time.time())


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel what is pending of a batch."""
    now = time.time()

    def ended(before: Document) -> Document:
        return {**before, "cancelled": before["cancelled"] or now}

    return xai.shown(await asked.change(BATCH, name, ended), now)
