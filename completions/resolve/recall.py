"""Around resolve: what a prompt refers to of what was answered before, and what is kept of its own answer."""

from collections.abc import Collection, Iterable
from functools import partial

from completions.conversation import Prompt
from completions.state.records import Document, Records
from completions.wire.base import Kept, Place, WireFormat


async def recall(
    records: Records, wire: WireFormat, prompt: Prompt, places: Collection[Place], *, validate: bool
) -> Prompt:
    """Return the prompt with the documents at the places that it refers to; with `validate` raise where one is gone."""
    found = {place: document for place in places if (document := await records.get(*place)) is not None}
    return wire.recall(prompt, found, validate=validate)


async def keep(records: Records, documents: Iterable[Kept]) -> None:
    """Keep the documents that a format keeps of an answer."""
    for kept in documents:
        await records.change(kept.kind, kept.name, partial(_grown, kept))


def _grown(kept: Kept, before: Document | None) -> Document:
    """Return the document, with what is kept of it already where it grows."""
    if before is None or not kept.grows:
        return kept.document
    return {**before, kept.grows: [*before[kept.grows], *kept.document[kept.grows]]}
