"""How the script paces what the API does behind an answer: batches, and files that become searchable.

A rule that names the work's format speaks of it: `ttft_ms` and `itl_ms` are its times, a gate holds it back, an error
refuses it, and the reply's `id` names what is made.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.outcome import Outcome
from completions.resolve.ask import TextHeaders
from completions.resolve.engine import resolve
from completions.views.stored import Asked
from completions.wire.fields import mapping


async def pace_of(asked: Asked, name: str, body: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> Outcome:
    """Return how work goes by the script's rule for the format `name`; raise the error that the rule has for it.

    What has no metadata is matched by these `facts` as if they were.
    """
    told = dict(body) if facts is None else {**body, "metadata": facts}
    metadata = mapping(told.get("metadata"))
    prompt = Prompt(format=name, task="state", metadata=metadata, body=told, headers=TextHeaders(asked.headers))
    outcome = await resolve(asked.space, prompt)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def id_by(outcome: Outcome) -> str | None:
    """Return the id that a rule has for what is made."""
    return outcome.reply.id if outcome.reply else None


async def scripted_id(asked: Asked, body: Mapping[str, Any], name: str, *facts: str) -> str | None:
    """Return the id that the script's rule for the format `name` has for what is made; raise the error that it has.

    What has no metadata is matched by these `facts` of its body as if they were.
    """
    return id_by(await pace_of(asked, name, body, {each: body.get(each) for each in facts} if facts else None))
