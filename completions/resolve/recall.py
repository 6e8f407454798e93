"""Around resolve: what a prompt refers to of what was answered before, and what is kept of its own answer."""

import time
from collections.abc import Sequence
from functools import partial

from completions.conversation import Prompt, Reply
from completions.delivery.pacing import schedule
from completions.event import Event
from completions.outcome import Pacing
from completions.state.records import Document, Records
from completions.wire.base import Kept, WireFormat


async def recall(records: Records, wire: WireFormat, prompt: Prompt, *, validate: bool) -> Prompt:
    """Return the prompt with the documents that it refers to; with `validate` raise where one is not there."""
    places = wire.recalls(prompt)
    if not places:
        return prompt
    found = {place: document for place in places if (document := await records.get(*place)) is not None}
    return wire.recall(prompt, found, validate=validate)


async def keep(
    records: Records,
    wire: WireFormat,
    reply: Reply,
    prompt: Prompt,
    events: Sequence[Event],
    pacing: Pacing,
    started: float,
) -> None:
    """Keep what the format keeps of an answer, which `started` then, on the monotonic clock.

    `events` are its stream, if it goes out over time.
    """

    def span() -> tuple[float, float]:
        start = time.time() - (time.monotonic() - started)
        if not (events and (prompt.stream or prompt.background)):
            return start, start
        due = schedule([event.token for event in events], pacing)
        return start + due[0], start + due[-1]

    for kept in wire.keeps(reply, prompt, span):
        await records.change(kept.kind, kept.name, partial(_grown, kept))


def _grown(kept: Kept, before: Document | None) -> Document:
    """Return the document, with what is kept of it already where it grows."""
    if before is None or not kept.grows:
        return kept.document
    return {**before, kept.grows: [*before[kept.grows], *kept.document[kept.grows]]}
