"""The views of Mistral's files and batch jobs, whose requests are answered in the background.

By a rule that names `format: mistral_batch`, `ttft_ms` is the time for which a job is queued, and `itl_ms` that of each
request.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from completions import budget
from completions.state.records import Document, Records
from completions.views.address import root_of, without_prefix
from completions.views.http import RawResponse, Recorded
from completions.views.lines import Answered, answer_later
from completions.views.paced import id_by, pace_of, scripted_id
from completions.views.stored import Asked, keep_file, stored, stored_at_pace, stored_behind
from completions.wire.dialects import mistral_batches as mistral
from completions.wire.dialects.mistral_batches import FILE, JOB, Line
from completions.wire.json_lines import dump_lines
from completions.wire.openai.files import storage_full

LINES = "batch.jsonl"


@stored
async def uploaded(asked: Asked) -> dict[str, Any]:
    """Keep an upload."""
    form = asked.form
    upload = form.files.get("file")
    purpose = mistral.check_upload(form.fields, upload.name if upload else None)
    assert upload is not None
    file = mistral.new_file(upload.name, upload.data, purpose, time.time())
    file["id"] = await scripted_id(asked, file, FILE, "filename", "purpose") or file["id"]
    await keep_file(asked.records, FILE, file, upload.data, storage_full)
    return file


@stored
async def files_listed(asked: Asked) -> dict[str, Any]:
    """List the files, the newest first."""
    there = [dict(each) for each in await asked.all(FILE)][::-1]
    search = asked.query.get("search", "")
    chosen = mistral.chosen(there, asked.query, "purpose", "sample_type", "source")
    return mistral.page([each for each in chosen if search in each["filename"]], asked.query)


@stored
async def file_shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a file."""
    return {**await asked.get(FILE, name), "deleted": False}


async def _is_signed(records: Records, query: Mapping[str, object], route: Mapping[str, str]) -> bool:
    file = await records.get(FILE, route["name"])
    return file is not None and query.get("sig") == file["signature"]


@stored_behind(_is_signed)
async def file_content(asked: Asked, name: str) -> Recorded:
    """Send a file's bytes back."""
    return RawResponse(await asked.bytes_of(FILE, name), 200, "application/octet-stream")


@stored
async def file_address(asked: Asked, name: str) -> dict[str, Any]:
    """Tell the address of a file's bytes, which needs no key."""
    signature = (await asked.get(FILE, name))["signature"]
    path = without_prefix(asked.request.path).removesuffix("url")
    return {"url": f"{root_of(asked.request)}{path}content?sig={signature}"}


@stored
async def file_removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a file."""
    await asked.delete_file(FILE, name)
    return {"id": name, "object": "file", "deleted": True}


@stored_at_pace
async def job_made(asked: Asked) -> dict[str, Any]:
    """Make a job of the requests in the body or in files."""
    body = asked.body
    mistral.check_job(body)
    names = list(body.get("input_files") or ())
    found = [(await asked.get(FILE, name), await asked.bytes_of(FILE, name)) for name in names]
    outcome = await pace_of(asked, JOB, body)
    now = time.time()
    if not found:
        data = dump_lines(body["requests"])
        file = mistral.new_file(LINES, data, "batch", now)
        await keep_file(asked.records, FILE, file, data, storage_full)
        names, found = [file["id"]], [(file, data)]
    lines, wrong = await budget.in_thread(mistral.read_lines, b"\n".join(data for _, data in found))
    job = mistral.new_job(body, names, wrong, now)
    job["id"] = id_by(outcome) or job["id"]
    job["started"] += outcome.pacing.ttft_ms / 1000
    job["total"], job["each"] = 0 if wrong else len(lines), outcome.pacing.itl_ms / 1000
    await asked.records.put(JOB, job["id"], job)
    if not wrong:
        own = {} if body.get("model") is None else {"model": body["model"]}
        requests = [(f"/mistral{body['endpoint']}", {**own, **line.body}) for line in lines]
        answer_later(asked, outcome, (JOB, job["id"]), requests, partial(_kept, asked.records, job, lines))
    return mistral.shown(job, 0)


async def _kept(
    records: Records, job: Document, lines: Sequence[Line], answered: Sequence[Answered]
) -> Callable[[Document], Document]:
    """Keep what a job's requests got: in two files, and beside them."""
    made = (
        mistral.result(job, at, line, each.status, each.data)
        for at, (line, each) in enumerate(zip(lines, answered, strict=True))
    )
    results = await budget.in_thread(list[dict[str, Any]], made)
    right = [each for each in results if each["response"]["status_code"] == 200]
    wrong = [each for each in results if each["response"]["status_code"] != 200]
    facts = {
        "done": max(time.time(), job["started"] + job["each"] * len(lines)),
        "failed": len(wrong),
        "output": await _put_results(records, job, right, "batch_result"),
        "errors": await _put_results(records, job, wrong, "batch_error"),
        "outputs": results,
    }
    return lambda before: {**before, **facts}


async def _put_results(records: Records, job: Document, found: Sequence[dict[str, Any]], kind: str) -> str | None:
    """Keep results in a file, and return its id; None where there are none."""
    if not found:
        return None
    data = dump_lines(found)
    name = f"{job['id']}_{kind}.jsonl"
    file = mistral.new_file(name, data, "batch", time.time(), source="mistral", sample_type=kind)
    await keep_file(records, FILE, file, data)
    return str(file["id"])


@stored
async def jobs_listed(asked: Asked) -> dict[str, Any]:
    """List the jobs, the newest first."""
    now, query = time.time(), {**asked.query, "status": asked.request.GET.getlist("status")}
    there = [mistral.shown(each, now) for each in await asked.all(JOB)]
    ordered = there if asked.query.get("order_by") == "created" else there[::-1]
    return mistral.page(mistral.chosen(ordered, query, "model", "agent_id", "status"), asked.query)


@stored
async def job_shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a job as it is by now."""
    inline = asked.query.get("inline", "").lower() == "true"
    return mistral.shown(await asked.get(JOB, name), time.time(), inline=inline)


@stored
async def job_cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel a job that is not over."""
    now = time.time()
    job = await asked.change(JOB, name, lambda before: mistral.cancelled(before, now))
    return mistral.shown(job, now)


@stored
async def job_removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a job that is over."""
    job = await asked.get(JOB, name)
    if mistral.status_at(job, time.time()) in ("QUEUED", "RUNNING", "CANCELLATION_REQUESTED"):
        raise mistral.in_use(job)
    await asked.records.delete(JOB, name)
    return {"id": name, "object": "batch", "deleted": True}
