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
from completions.views.background_work import id_of, scripted_id, scripted_outcome
from completions.views.batch_requests import RequestResult, answer_later
from completions.views.http import ExchangeResponse, RawResponse
from completions.views.stored import ResourceRequest, keep_file, stored, stored_with_open_link, stored_with_pacing
from completions.wire.dialects import mistral_batches as mistral
from completions.wire.dialects.mistral_batches import FILE, JOB, Line
from completions.wire.json_lines import dump_lines
from completions.wire.openai.files import storage_full

LINES_NAME = "batch.jsonl"


@stored
async def upload_file(request: ResourceRequest) -> dict[str, Any]:
    """Keep an upload."""
    form = request.form
    upload = form.files.get("file")
    purpose = mistral.check_upload(form.fields, upload.name if upload else None)
    assert upload is not None
    file = mistral.new_file(upload.name, upload.data, purpose, time.time())
    file["id"] = await scripted_id(request, file, FILE, "filename", "purpose") or file["id"]
    await keep_file(request.records, FILE, file, upload.data, storage_full)
    return file


@stored
async def list_files(request: ResourceRequest) -> dict[str, Any]:
    """List the files, the newest first."""
    files = [dict(each) for each in await request.all(FILE)][::-1]
    search = request.query.get("search", "")
    matching = mistral.filtered(files, request.query, "purpose", "sample_type", "source")
    return mistral.list_page([each for each in matching if search in each["filename"]], request.query)


@stored
async def retrieve_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a file."""
    return {**await request.get(FILE, name), "deleted": False}


async def _is_signed(records: Records, query: Mapping[str, object], route: Mapping[str, str]) -> bool:
    file = await records.get(FILE, route["name"])
    return file is not None and query.get("sig") == file["signature"]


@stored_with_open_link(_is_signed)
async def download_file(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send a file's bytes back."""
    return RawResponse(await request.bytes_of(FILE, name), 200, "application/octet-stream")


@stored
async def retrieve_file_url(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Return the signed address of a file's bytes, which needs no key."""
    signature = (await request.get(FILE, name))["signature"]
    path = without_prefix(request.http_request.path).removesuffix("url")
    return {"url": f"{root_of(request.http_request)}{path}content?sig={signature}"}


@stored
async def delete_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a file."""
    await request.delete_file(FILE, name)
    return {"id": name, "object": "file", "deleted": True}


@stored_with_pacing
async def create_batch_job(request: ResourceRequest) -> dict[str, Any]:
    """Make a job of the requests in the body or in files."""
    body = request.body
    mistral.check_job(body)
    names = list(body.get("input_files") or ())
    sources = [(await request.get(FILE, name), await request.bytes_of(FILE, name)) for name in names]
    outcome = await scripted_outcome(request, JOB, body)
    now = time.time()
    if not sources:
        data = dump_lines(body["requests"])
        file = mistral.new_file(LINES_NAME, data, "batch", now)
        await keep_file(request.records, FILE, file, data, storage_full)
        names, sources = [file["id"]], [(file, data)]
    lines, line_errors = await budget.in_thread(mistral.read_lines, b"\n".join(data for _, data in sources))
    job = mistral.new_job(body, names, line_errors, now)
    job["id"] = id_of(outcome) or job["id"]
    job["started"] += outcome.pacing.ttft_ms / 1000
    job["total"], job["each"] = 0 if line_errors else len(lines), outcome.pacing.itl_ms / 1000
    await request.records.put(JOB, job["id"], job)
    if not line_errors:
        defaults = {} if body.get("model") is None else {"model": body["model"]}
        requests = [(f"/mistral{body['endpoint']}", {**defaults, **line.body}) for line in lines]
        answer_later(request, outcome, (JOB, job["id"]), requests, partial(_store_results, request.records, job, lines))
    return mistral.job_document(job, 0)


async def _store_results(
    records: Records, job: Document, lines: Sequence[Line], request_results: Sequence[RequestResult]
) -> Callable[[Document], Document]:
    """Store the results of a job's requests: in two files, and in the job's document."""
    result_lines = (
        mistral.request_result(job, at, line, each.status, each.data)
        for at, (line, each) in enumerate(zip(lines, request_results, strict=True))
    )
    results = await budget.in_thread(list[dict[str, Any]], result_lines)
    succeeded = [each for each in results if each["response"]["status_code"] == 200]
    failed = [each for each in results if each["response"]["status_code"] != 200]
    facts = {
        "done": max(time.time(), job["started"] + job["each"] * len(lines)),
        "failed": len(failed),
        "output": await _put_results(records, job, succeeded, "batch_result"),
        "errors": await _put_results(records, job, failed, "batch_error"),
        "outputs": results,
    }
    return lambda before: {**before, **facts}


async def _put_results(records: Records, job: Document, results: Sequence[dict[str, Any]], kind: str) -> str | None:
    """Store results in a file, and return its id; None where there are none."""
    if not results:
        return None
    data = dump_lines(results)
    name = f"{job['id']}_{kind}.jsonl"
    file = mistral.new_file(name, data, "batch", time.time(), source="mistral", sample_type=kind)
    await keep_file(records, FILE, file, data)
    return str(file["id"])


@stored
async def list_batch_jobs(request: ResourceRequest) -> dict[str, Any]:
    """List the jobs, the newest first."""
    now, query = time.time(), {**request.query, "status": request.http_request.GET.getlist("status")}
    jobs = [mistral.job_document(each, now) for each in await request.all(JOB)]
    ordered = jobs if request.query.get("order_by") == "created" else jobs[::-1]
    return mistral.list_page(mistral.filtered(ordered, query, "model", "agent_id", "status"), request.query)


@stored
async def retrieve_batch_job(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a job as it is by now."""
    inline = request.query.get("inline", "").lower() == "true"
    return mistral.job_document(await request.get(JOB, name), time.time(), inline=inline)


@stored
async def cancel_batch_job(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel a job that is not over."""
    now = time.time()
    job = await request.change(JOB, name, lambda before: mistral.cancelled_job(before, now))
    return mistral.job_document(job, now)


@stored
async def delete_batch_job(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a job that is over."""
    job = await request.get(JOB, name)
    if mistral.status_at(job, time.time()) in ("QUEUED", "RUNNING", "CANCELLATION_REQUESTED"):
        raise mistral.job_in_use(job)
    await request.records.delete(JOB, name)
    return {"id": name, "object": "batch", "deleted": True}
