"""The views of OpenAI's batches, whose requests are answered in the background, at the pace that the script says.

By a rule that names `format: batch`, `ttft_ms` is the time of validating, and `itl_ms` that of each request.
"""

import time
from collections.abc import Sequence
from typing import Any

from completions.outcome import Outcome
from completions.resolve.ask import Headers
from completions.state.namespaces import Namespace, namespace
from completions.state.records import Document
from completions.views.edge import sent_headers
from completions.views.files import check_lines_file, content_of, file_named, put_file
from completions.views.lines import Answered, answer_lines
from completions.views.paced import pace_of, pass_gate, start
from completions.views.stored import Asked, or_404, stored, stored_at_pace
from completions.wire.openai import batches
from completions.wire.openai.batches import BATCH, Line
from completions.wire.openai.files import MONTH, new_file


@stored_at_pace
async def made(asked: Asked, place: str = "") -> dict[str, Any]:
    """Make a batch of the requests in a file; `place` is what stands before their addresses, of another vendor's."""
    body, space = asked.body, namespace(asked.exchange.namespace)
    batches.check_batch(body, place)
    check_lines_file(await file_named(asked.records, body["input_file_id"]))
    headers = sent_headers(asked.request)
    outcome = await pace_of(space, headers, body, BATCH)
    lines, wrong = batches.read_lines(await content_of(asked.records, body["input_file_id"]), body["endpoint"])
    batch = batches.new_batch(body, time.time(), wrong, len(lines))
    batch["id"] = (outcome.reply.id if outcome.reply else None) or batch["id"]
    if not wrong:
        batch["started"] = batch["created"] + outcome.pacing.ttft_ms / 1000
        batch["each"] = outcome.pacing.itl_ms / 1000
    await asked.records.put(BATCH, batch["id"], batch)
    if not wrong:
        start(_answer(space, headers, batch, [line._replace(url=place + line.url) for line in lines], outcome))
    return batches.shown(batch, time.time())


async def _answer(
    space: Namespace, headers: Headers, batch: dict[str, Any], lines: Sequence[Line], outcome: Outcome
) -> None:
    """Answer a batch's requests, and keep what they got."""
    await pass_gate(space, outcome.hold)
    answered = await answer_lines(space, headers, [(line.url, line.body) for line in lines])
    done = max(time.time(), batch["started"] + batch["each"] * len(lines))
    facts = {
        "done": done,
        "failed": sum(each.status != 200 for each in answered),
        "output": await _keep(space, batch, done, [*zip(lines, answered, strict=True)], right=True),
        "errors": await _keep(space, batch, done, [*zip(lines, answered, strict=True)], right=False),
        "usage": batches.usage([each.outcome.reply.usage for each in answered if each.outcome and each.outcome.reply]),
        "model": next((line.body.get("model") for line in lines), None),
    }
    await space.records.change(BATCH, batch["id"], lambda before: {**(before or batch), **facts})


async def _keep(
    space: Namespace, batch: Document, done: float, found: Sequence[tuple[Line, Answered]], *, right: bool
) -> str | None:
    """Keep the results that are right, or those that are not, in a file; return its id, None where there are none."""
    kept = [(line, each) for line, each in found if (each.status == 200) is right]
    if not kept:
        return None
    data = b"".join(batches.result(line, each.status, each.request_id, each.data) for line, each in kept)
    name = f"{batch['id']}_{'output' if right else 'error'}.jsonl"
    file = new_file(name, len(data), "batch_output", int(done), MONTH)
    await put_file(space.records, file, data)
    return str(file["id"])


@stored
async def listed(asked: Asked, place: str = "") -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    return asked.page([batches.shown(each, now) for each in await asked.records.all(BATCH)], "desc")


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return batches.shown(await or_404(asked.records, BATCH, name), time.time())


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel a batch that is not over."""
    now = time.time()
    record = await asked.change(BATCH, name, lambda before: batches.cancelled(before, now))
    return batches.shown(record, now)
