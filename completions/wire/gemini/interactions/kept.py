"""Interactions that are kept, and what is shown of them at a time.

One is kept with the steps that led to it, and with when it begins and is complete. Its status follows from the clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt
from completions.event import Event
from completions.event.scatter import Length
from completions.exceptions import RequestError
from completions.wire.base import StoredDocument
from completions.wire.gemini.interactions.answer import begun, is_name
from completions.wire.gemini.interactions.asked import steps_of
from completions.wire.gemini.interactions.stream import after, narrate
from completions.wire.resumed import due, length_noted, length_of

INTERACTION = "interaction"
WHOLE = Length(10**9)
"""Tokens of a delta that has all of a text: so are those of a complete interaction (recorded in September 2026)."""

GONE = "Requested entity was not found."

Document = Mapping[str, Any]


def to_keep(whole: Document, prompt: Prompt, before: Sequence[Document], span: tuple[float, float]) -> StoredDocument:
    """Return the document to keep of an interaction: itself, its own input, and the steps before that."""
    begins, ends = span
    record = {"interaction": whole, "input": steps_of(prompt.body.get("input")), "before": before}
    notes = {"begins": begins, "ends": ends, "background": prompt.background, **length_noted(prompt.per_chunk)}
    return StoredDocument(INTERACTION, whole["id"], record | notes)


def steps_so_far(record: Document) -> list[Document]:
    """Return all steps of a conversation up to the end of an interaction."""
    return [*record["before"], *record["input"], *record["interaction"]["steps"]]


def missing(name: str) -> RequestError:
    """Return the error for the id of an interaction that there is not: one that is none at all is another's."""
    if is_name(name):
        return RequestError(GONE, status=404)
    return RequestError(f"Invalid interaction name: interactions/{name[:200]}")


def at(record: Document, now: float) -> dict[str, Any]:
    """Return an interaction as it is at a time, in seconds since the epoch; with its input, once it is complete."""
    whole = record["interaction"]
    if "cancelled" in record:
        return begun(whole, "cancelled")
    if now < record["ends"]:
        return begun(whole)
    return {**whole, "steps": [*record["input"], *whole["steps"]]}


def cancelled(record: Document, now: float) -> dict[str, Any]:
    """Return the record of a cancelled interaction; a complete one stays as it is."""
    if not record.get("background"):
        raise RequestError("Only background interactions can be cancelled.")
    return dict(record) if now >= record["ends"] else {**record, "cancelled": now}


def resumed(record: Document, last: str, now: float) -> tuple[list[Event], list[float]]:
    """Return the events after the one with an id, and in how many seconds from now each is due."""
    if "cancelled" in record:
        return [], []
    complete = now >= record["ends"]
    events = narrate(record["interaction"], WHOLE if complete and not last else length_of(record), resumable=True)
    times, first = due(events, (record["begins"], record["ends"]), now), after(events, last)
    return events[first:], times[first:]
