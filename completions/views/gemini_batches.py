"""The views of Gemini's batches, whose requests are answered in the background.

By a rule that names `format: gemini_batch`, `ttft_ms` is the time for which a batch is pending, and `itl_ms` that of
each request.
"""

import time
from collections.abc import Sequence
from typing import Any

from completions.outcome import Outcome
from completions.resolve.ask import Headers
from completions.state import blobs
from completions.state.namespaces import Namespace, namespace
from completions.state.records import Document
from completions.views.edge import sent_headers
from completions.views.http import RawResponse, Recorded
from completions.views.lines import answer_lines
from completions.views.paced import pace_of, pass_gate, start
from completions.views.stored import Asked, stored, stored_at_pace
from completions.wire.gemini import batches, files
from completions.wire.gemini.batches import BATCH, Line
from completions.wire.gemini.files import FILE

LINES = "application/jsonl"


@stored_at_pace
async def made(asked: Asked, model: str) -> dict[str, Any]:
    """Make a batch of the requests in the body or in a file."""
    body, headers, space = asked.body, sent_headers(asked.request), namespace(asked.exchange.namespace)
    wanted = batches.read_batch(body)
    lines = wanted.lines or batches.read_lines(await _content(asked, wanted.file))
    facts = {"display_name": wanted.display_name, "model": model}
    outcome = await pace_of(space, headers, {**body, "metadata": facts}, BATCH)
    now = time.time()
    batch = batches.new_batch(model, wanted, len(lines), now, now + outcome.pacing.ttft_ms / 1000)
    batch["id"] = (outcome.reply.id if outcome.reply else None) or batch["id"]
    await asked.records.put(BATCH, batch["id"], batch)
    start(_answer(space, headers, batch, lines, outcome))
    return batches.shown(batch, 0)


async def _content(asked: Asked, name: str) -> bytes:
    data = await blobs.get(asked.records, (FILE, name))
    if data is None:
        raise files.not_found(name.removeprefix("files/"))
    return data


async def _answer(space: Namespace, headers: Headers, batch: Document, lines: Sequence[Line], outcome: Outcome) -> None:
    """Answer a batch's requests, and keep what they got: in a file, where the requests were in one."""
    await pass_gate(space, outcome.hold)
    path = f"/v1beta/{batch['model']}:generateContent"
    bodies = [{key: value for key, value in line.request.items() if key != "model"} for line in lines]
    answered = await answer_lines(space, headers, [(path, body) for body in bodies])
    results = [batches.result(line, each.status, each.data) for line, each in zip(lines, answered, strict=True)]
    output = batches.inlined(lines, results)
    done = max(time.time(), batch["started"] + outcome.pacing.itl_ms * len(lines) / 1000)
    if batch["in_file"]:
        output = {"responsesFile": await _kept(space, batches.written_lines(lines, results), done)}
    facts = {"done": done, "failed": sum("error" in each for each in results), "output": output}
    await space.records.change(BATCH, batch["id"], lambda before: {**(before or batch), **facts})


async def _kept(space: Namespace, data: bytes, now: float) -> str:
    """Keep the results in a file; return its name."""
    upload = files.new_upload({"file": {"name": f"files/batch-{files.new_id(34)}"}}, LINES)
    file = files.new_file(upload, data, now, now)
    await blobs.put(space.records, (FILE, file["name"]), data)
    await space.records.put(FILE, file["name"], file)
    return str(file["name"])


@stored
async def downloaded(asked: Asked, name: str) -> Recorded:
    """Send the bytes of a file that the API has made; what was uploaded is not sent back."""
    file = await asked.records.get(FILE, f"files/{name}")
    if file is None:
        raise files.not_found(name)
    if not name.startswith("batch-"):
        raise files.not_downloadable(name)
    return RawResponse(await _content(asked, file["name"]), 200, file["media_type"])


@stored
async def listed(asked: Asked) -> dict[str, Any]:
    """List the batches, the newest first."""
    now = time.time()
    found = [batches.shown(each, now) for each in await asked.records.all(BATCH)]
    return files.page(found[::-1], asked.query, "operations", 100)


async def _batch(asked: Asked, name: str) -> Document:
    batch = await asked.records.get(BATCH, f"batches/{name}")
    if batch is None:
        raise batches.not_found(name)
    return batch


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any]:
    """Show a batch as it is by now."""
    return batches.shown(await _batch(asked, name), time.time())


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel a batch; one that is over stays as it is."""
    batch, now = await _batch(asked, name), time.time()
    await asked.change(BATCH, batch["id"], lambda before: batches.cancelled(before, now))
    return {}


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove a batch."""
    batch = await _batch(asked, name)
    await asked.records.delete(BATCH, batch["id"])
    return {}
