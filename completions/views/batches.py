"""The views of OpenAI's batches, whose requests are answered in the background, at the script's pace.

By a rule that names `format: batch`, `ttft_ms` is the time of validating, and `itl_ms` that of each request.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.state.records import Document, Records
from completions.views.announcements import announce, announce_at_end
from completions.views.background_work import id_of, scripted_outcome
from completions.views.batch_requests import RequestResult, answer_later
from completions.views.files import check_lines_file
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.views.stored import ResourceRequest, keep_file, stored, stored_with_pacing
from completions.wire.openai import batches
from completions.wire.openai.batches import BATCH, Line
from completions.wire.openai.files import FILE, new_file


@stored_with_pacing
async def create_batch(request: ResourceRequest, place: str = "") -> dict[str, Any] | ExchangeResponse:
    """Make a batch of the requests in a file; `place` is the prefix of another vendor's paths."""
    body = request.body
    batches.check_batch(body, place)
    check_lines_file(await request.get(FILE, body["input_file_id"]))
    outcome = await scripted_outcome(request, BATCH, body)
    content = await request.bytes_of(FILE, body["input_file_id"])
    lines, line_errors = await budget.in_thread(batches.read_lines, content, body["endpoint"])
    batch = batches.new_batch(body, time.time(), line_errors, len(lines))
    batch |= {"id": id_of(outcome) or batch["id"], "place": place}
    if not line_errors:
        batch["started"] = batch["created"] + outcome.pacing.ttft_ms / 1000
        batch["each"] = outcome.pacing.itl_ms / 1000
    await request.records.put(BATCH, batch["id"], batch)
    if line_errors:
        announce_at_end(request.records, (BATCH, batch["id"]), batch["created"])
    else:
        requests = [(batches.address_of(line.url, place), line.body) for line in lines]
        answer_later(
            request, outcome, (BATCH, batch["id"]), requests, partial(_store_results, request.records, batch, lines)
        )
    document = batches.shown(batch, time.time())
    return FastJsonResponse(document, 201) if _is_created(request, place) else document


def _is_created(request: ResourceRequest, place: str) -> bool:
    """Tell whether the API answers with 201, which is the only status that Azure's own client in Go accepts.

    That is of Azure's API with versions (azopenai 0.7.2, generated from 2025-01-01-preview), not of its `/openai/v1`.
    """
    return place == batches.AZURE and "/openai/v1/" not in request.exchange.path


async def _store_results(
    records: Records, batch: Document, lines: Sequence[Line], request_results: Sequence[RequestResult]
) -> Callable[[Document], Document]:
    """Store the results of a batch's requests: in two files."""
    done = max(time.time(), batch["started"] + batch["each"] * len(lines))
    facts = {
        "done": done,
        "failed": sum(each.status != 200 for each in request_results),
        "output": await _put_results(records, batch, done, [*zip(lines, request_results, strict=True)], succeeded=True),
        "errors": await _put_results(
            records, batch, done, [*zip(lines, request_results, strict=True)], succeeded=False
        ),
        "usage": batches.usage(
            [each.outcome.reply.usage for each in request_results if each.outcome and each.outcome.reply]
        ),
        "model": next((line.body.get("model") for line in lines), None),
    }
    return lambda before: {**before, **facts}


async def _put_results(
    records: Records,
    batch: Document,
    done: float,
    results_by_line: Sequence[tuple[Line, RequestResult]],
    *,
    succeeded: bool,
) -> str | None:
    """Store the results that succeeded, or those that failed, in a file; return its id, None where there are none."""
    selected = [(line, each) for line, each in results_by_line if (each.status == 200) is succeeded]
    if not selected:
        return None
    place = batch["place"]
    results = (batches.result(line, each.status, each.request_id, each.data, place) for line, each in selected)
    data = await budget.in_thread(b"".join, results)
    name = f"{batch['id']}_{'output' if succeeded else 'error'}.jsonl"
    file = new_file(name, len(data), "batch_output", int(done), batch["lasts"])
    await keep_file(records, FILE, file, data)
    return str(file["id"])


@stored
async def list_batches(request: ResourceRequest, place: str = "") -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    return request.page([batches.shown(each, now) for each in await request.all(BATCH)], "desc")


@stored
async def retrieve_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return batches.shown(await request.get(BATCH, name), time.time())


@stored
async def cancel_batch(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel a batch that is not over."""
    now = time.time()
    record = await request.change(BATCH, name, lambda before: batches.cancelled(before, now))
    await announce(request.records, (BATCH, name), now)
    return batches.shown(record, now)
