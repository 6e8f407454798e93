"""The views of OpenAI's batches, whose requests are answered in the background, at the pace that the script says.

A rule that names `format: batch` says how a batch goes: its `ttft_ms` is the time of validating, its `itl_ms` that of
each request, its gate holds the batch back, and its error refuses it.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.outcome import Outcome
from completions.resolve.ask import Headers, TextHeaders
from completions.resolve.engine import resolve
from completions.state.namespaces import Namespace, namespace
from completions.state.records import Document
from completions.views.edge import sent_headers
from completions.views.files import check_lines_file, content_of, file_named, put_file
from completions.views.lines import Answered, answer_lines
from completions.views.stored import Asked, or_404, stored
from completions.wire.fields import mapping
from completions.wire.openai import batches
from completions.wire.openai.batches import BATCH, Line
from completions.wire.openai.files import MONTH, new_file

_under_way: set[asyncio.Task[None]] = set()
"""The loop keeps only weak references to tasks."""


async def pace_of(space: Namespace, headers: Headers, body: dict[str, Any], name: str) -> Outcome:
    """Return how a batch goes by the script's rule for the format `name`; raise the error that the rule has for it."""
    facts = mapping(body.get("metadata"))
    prompt = Prompt(format=name, task="state", metadata=facts, body=body, headers=TextHeaders(headers))
    outcome = await resolve(space, prompt)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def start(work: Any) -> None:
    """Have a batch's requests answered in the background."""
    task = asyncio.get_running_loop().create_task(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


@stored
async def made(asked: Asked) -> dict[str, Any]:
    """Make a batch of the requests in a file."""
    body, space = asked.body, namespace(asked.exchange.namespace)
    batches.check_batch(body)
    check_lines_file(await file_named(asked.records, body["input_file_id"]))
    headers = sent_headers(asked.request)
    outcome = await pace_of(space, headers, body, BATCH)
    lines, wrong = batches.read_lines(await content_of(asked.records, body["input_file_id"]), body["endpoint"])
    batch = batches.new_batch(body, time.time(), wrong, len(lines))
    if not wrong:
        batch["started"] = batch["created"] + outcome.pacing.ttft_ms / 1000
        batch["each"] = outcome.pacing.itl_ms / 1000
    await asked.records.put(BATCH, batch["id"], batch)
    if not wrong:
        start(_answer(space, headers, batch, lines, outcome))
    return batches.shown(batch, time.time())


async def _answer(
    space: Namespace, headers: Headers, batch: dict[str, Any], lines: Sequence[Line], outcome: Outcome
) -> None:
    """Answer a batch's requests, and keep what they got."""
    if outcome.hold is not None:
        with contextlib.suppress(RequestError):  # nobody can say whether the gate is open
            await space.gates.wait(outcome.hold.gate, outcome.hold.timeout_ms / 1000)
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
async def listed(asked: Asked) -> dict[str, Any]:
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
