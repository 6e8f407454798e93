"""Around resolve: load the documents that a prompt refers to, and store those of its answer."""

import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from completions.conversation import Prompt
from completions.state import blobs
from completions.state.records import Document, Records, is_expired
from completions.wire.base import Place, StoredDocument, WireFormat
from completions.wire.openai.responses.templates import PROMPT

ANY: Document = {}


class Shelf(NamedTuple):
    """The documents that requests have stored, and the script's prompt templates by id."""

    records: Records
    templates: Mapping[str, Document]

    async def find(self, place: Place) -> Document | None:
        """Return a document, if it exists; an empty one for any template if the script has none."""
        kind, name = place
        if kind == PROMPT:
            return self.templates.get(name) if self.templates else ANY
        document = await self.records.get(kind, name)
        return None if document is None or is_expired(document, time.time()) else document


async def recall(
    shelf: Shelf, wire: WireFormat, prompt: Prompt, places: Collection[Place], *, validate: bool
) -> Prompt:
    """Return the prompt with the documents that it refers to, and those that these refer to.

    With `validate`, raise if one is missing.
    """
    while True:
        found = {place: document for place in places if (document := await shelf.find(place)) is not None}
        continued = found.get(wire.continues_from(prompt) or ("", ""))
        if validate and continued is not None:
            _check_free(wire, continued)
        prompt = wire.recall(prompt, found, validate=validate)
        more = wire.references(prompt)
        if not more or more == places:
            return prompt
        places = more


def _check_free(wire: WireFormat, document: Document) -> None:
    """Raise the format's error if another answer continues, or has continued, from a document."""
    if "taken_until" in document:
        until = document["taken_until"]
        raise wire.conflict(in_flight=until is None or time.time() < until)


@asynccontextmanager
async def take(records: Records, wire: WireFormat, place: Place) -> AsyncIterator[None]:
    """Reserve the document that an answer continues from; release it if there is no answer."""

    def taken(document: Document | None) -> Document | None:
        _check_free(wire, document or {})
        return None if document is None else {**document, "taken_until": None}

    await records.change(*place, taken)
    try:
        yield
    except BaseException:
        await records.change(*place, _released)
        raise


def _released(document: Document | None) -> Document | None:
    return None if document is None else {key: value for key, value in document.items() if key != "taken_until"}


async def keep(records: Records, documents: Iterable[StoredDocument]) -> None:
    """Store the documents of an answer."""
    for stored in documents:
        if stored.data is not None:
            await blobs.put(records, (stored.kind, stored.name), stored.data)
        await records.change(stored.kind, stored.name, partial(_grown, stored))


def _grown(stored: StoredDocument, before: Document | None) -> Document:
    """Return the document to store, appended to the stored one if it grows."""
    if before is not None and stored.update is not None:
        return stored.update(before)
    if before is None or not stored.grows:
        return stored.document
    return {**before, stored.grows: [*before[stored.grows], *stored.document[stored.grows]]}
