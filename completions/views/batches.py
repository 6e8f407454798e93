"""The views of OpenAI's batches, whose requests are answered in the background, at the pace that the script says.

By a rule that names `format: batch`, `ttft_ms` is the time of validating, and `itl_ms` that of each request.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.state.records import Document, Records
from completions.views.files import check_lines_file
from completions.views.lines import Answered, answer_later
from completions.views.paced import id_by, pace_of
from completions.views.stored import Asked, keep_file, stored, stored_at_pace
from completions.wire.openai import batches
from completions.wire.openai.batches import BATCH, Line
from completions.wire.openai.files import FILE, new_file


@stored_at_pace
async def made(asked: Asked, place: str = "") -> dict[str, Any]:
    """Make a batch of the requests in a file; `place` is what stands before their addresses, of another vendor's."""
    body = asked.body
    batches.check_batch(body, place)
    check_lines_file(await asked.get(FILE, body["input_file_id"]))
    outcome = await pace_of(asked, BATCH, body)
    content = await asked.bytes_of(FILE, body["input_file_id"])
    lines, wrong = await budget.in_thread(batches.read_lines, content, body["endpoint"])
    batch = batches.new_batch(body, time.time(), wrong, len(lines))
    batch |= {"id": id_by(outcome) or batch["id"], "place": place}
    if not wrong:
        batch["started"] = batch["created"] + outcome.pacing.ttft_ms / 1000
        batch["each"] = outcome.pacing.itl_ms / 1000
    await asked.records.put(BATCH, batch["id"], batch)
    if not wrong:
        requests = [(batches.address_of(line.url, place), line.body) for line in lines]
        answer_later(asked, outcome, (BATCH, batch["id"]), requests, partial(_kept, asked.records, batch, lines))
    return batches.shown(batch, time.time())


async def _kept(
    records: Records, batch: Document, lines: Sequence[Line], answered: Sequence[Answered]
) -> Callable[[Document], Document]:
    """Keep what a batch's requests got: in two files."""
    done = max(time.time(), batch["started"] + batch["each"] * len(lines))
    facts = {
        "done": done,
        "failed": sum(each.status != 200 for each in answered),
        "output": await _put_results(records, batch, done, [*zip(lines, answered, strict=True)], right=True),
        "errors": await _put_results(records, batch, done, [*zip(lines, answered, strict=True)], right=False),
        "usage": batches.usage([each.outcome.reply.usage for each in answered if each.outcome and each.outcome.reply]),
        "model": next((line.body.get("model") for line in lines), None),
    }
    return lambda before: {**before, **facts}


async def _put_results(
    records: Records, batch: Document, done: float, found: Sequence[tuple[Line, Answered]], *, right: bool
) -> str | None:
    """Keep the results that are right, or those that are not, in a file; return its id, None where there are none."""
    kept = [(line, each) for line, each in found if (each.status == 200) is right]
    if not kept:
        return None
    place = batch["place"]
    results = (batches.result(line, each.status, each.request_id, each.data, place) for line, each in kept)
    data = await budget.in_thread(b"".join, results)
    name = f"{batch['id']}_{'output' if right else 'error'}.jsonl"
    file = new_file(name, len(data), "batch_output", int(done), batch["lasts"])
    await keep_file(records, FILE, file, data)
    return str(file["id"])


@stored
async def listed(asked: Asked, place: str = "") -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    return asked.page([batches.shown(each, now) for each in await asked.all(BATCH)], "desc")


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return batches.shown(await asked.get(BATCH, name), time.time())


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel a batch that is not over."""
    now = time.time()
    record = await asked.change(BATCH, name, lambda before: batches.cancelled(before, now))
    return batches.shown(record, now)
