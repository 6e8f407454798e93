"""How the script paces what the API does behind an answer: batches, and files that become searchable.

A rule that names the work's format speaks of it: `ttft_ms` and `itl_ms` are its times, a gate holds it back, an error
refuses it, and the reply's `id` names what is made.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.outcome import Hold, Outcome
from completions.resolve.ask import Headers, TextHeaders
from completions.resolve.engine import resolve
from completions.state.namespaces import Namespace, namespace
from completions.views.edge import sent_headers
from completions.views.stored import Asked
from completions.wire.fields import mapping

_under_way: set[asyncio.Task[None]] = set()
"""The loop keeps only weak references to tasks."""


async def pace_of(space: Namespace, headers: Headers, body: dict[str, Any], name: str) -> Outcome:
    """Return how work goes by the script's rule for the format `name`; raise the error that the rule has for it."""
    facts = mapping(body.get("metadata"))
    prompt = Prompt(format=name, task="state", metadata=facts, body=body, headers=TextHeaders(headers))
    outcome = await resolve(space, prompt)
    if outcome.error is not None:
        raise outcome.error
    return outcome


async def scripted_id(asked: Asked, body: Mapping[str, Any], format: str, *facts: str) -> str | None:
    """Return the id that the script's rule for a format has for what is made; raise the error that it has.

    What has no metadata is matched by these `facts` of its body as if they were.
    """
    told = {**body, "metadata": {name: body.get(name) for name in facts}} if facts else dict(body)
    outcome = await pace_of(namespace(asked.exchange.namespace), sent_headers(asked.request), told, format)
    return outcome.reply.id if outcome.reply else None


def start(work: Coroutine[Any, Any, None]) -> None:
    """Have work done in the background."""
    task = asyncio.get_running_loop().create_task(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


async def pass_gate(space: Namespace, hold: Hold | None) -> None:
    """Wait until a gate is released, or nobody can say whether it is open."""
    if hold is not None:
        with contextlib.suppress(RequestError):
            await space.gates.wait(hold.gate, hold.timeout_ms / 1000)
