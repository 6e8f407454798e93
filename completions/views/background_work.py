"""The script's rules for work that the API does in the background: batches, and files that become searchable.

A rule that names the work's format applies: `ttft_ms` and `itl_ms` are its times, a gate holds it back, an error
refuses it, and the reply's `id` is the id of the new document.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.outcome import Outcome
from completions.resolve.ask import TextHeaders
from completions.resolve.engine import resolve
from completions.views.stored import ResourceRequest
from completions.wire.fields import mapping


async def scripted_outcome(
    request: ResourceRequest, name: str, body: Mapping[str, Any], facts: Mapping[str, Any] | None = None
) -> Outcome:
    """Return the outcome of the script's rule for the format `name`; raise the rule's error.

    For a document that has no metadata, rules match these `facts` as its metadata.
    """
    matched_body = dict(body) if facts is None else {**body, "metadata": facts}
    metadata = mapping(matched_body.get("metadata"))
    prompt = Prompt(
        format=name, task="state", metadata=metadata, body=matched_body, headers=TextHeaders(request.headers)
    )
    outcome = await resolve(request.space, prompt)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def id_of(outcome: Outcome) -> str | None:
    """Return the id that a rule gives to the new document."""
    return outcome.reply.id if outcome.reply else None


async def scripted_id(request: ResourceRequest, body: Mapping[str, Any], name: str, *facts: str) -> str | None:
    """Return the id that the script's rule for the format `name` has for what is made; raise the error that it has.

    What has no metadata is matched by these `facts` of its body as if they were.
    """
    return id_of(
        await scripted_outcome(request, name, body, {each: body.get(each) for each in facts} if facts else None)
    )
