"""Stored interactions, and what is shown of them at a given time.

An interaction is stored with the steps before it, its start time and its end time. Its status follows from the clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt
from completions.event import Event
from completions.event.scatter import Length
from completions.exceptions import RequestError
from completions.wire.base import StoredDocument
from completions.wire.gemini.interactions.answer import is_interaction_id, unfinished
from completions.wire.gemini.interactions.request import steps_of
from completions.wire.gemini.interactions.stream import count_seen, interaction_events
from completions.wire.gemini.webhooks import check_config
from completions.wire.resumed import due, length_of, length_record

INTERACTION = "interaction"
WHOLE_TEXT = Length(10**9)
"""The length of a delta with a whole text, as a complete interaction has them (recorded in September 2026)."""

GONE = "Requested entity was not found."

Document = Mapping[str, Any]


def stored_interaction(
    interaction: Document, prompt: Prompt, earlier: Sequence[Document], span: tuple[float, float]
) -> StoredDocument:
    """Return the record of an interaction: the interaction, its input, and the steps before that."""
    begins, ends = span
    record = {"interaction": interaction, "input": steps_of(prompt.body.get("input")), "before": earlier}
    notes = {"begins": begins, "ends": ends, "background": prompt.background, **length_record(prompt.per_chunk)}
    if (config := check_config(prompt.body.get("webhook_config"))) is not None:
        notes["webhook_config"] = config
    return StoredDocument(INTERACTION, interaction["id"], record | notes)


def steps_so_far(record: Document) -> list[Document]:
    """Return all steps of a conversation up to the end of an interaction."""
    return [*record["before"], *record["input"], *record["interaction"]["steps"]]


def interaction_not_found(name: str) -> RequestError:
    """Return the error for the id of an unknown interaction; a malformed id has another error."""
    if is_interaction_id(name):
        return RequestError(GONE, status=404)
    return RequestError(f"Invalid interaction name: interactions/{name[:200]}")


def interaction_at(record: Document, now: float) -> dict[str, Any]:
    """Return an interaction as it is at `now`, in seconds since the epoch; with its input once it is complete."""
    interaction = record["interaction"]
    if "cancelled" in record:
        return unfinished(interaction, "cancelled")
    if now < record["ends"]:
        return unfinished(interaction)
    return {**interaction, "steps": [*record["input"], *interaction["steps"]]}


def cancelled_record(record: Document, now: float) -> dict[str, Any]:
    """Return the record of a cancelled interaction; a complete one stays as it is."""
    if not record.get("background"):
        raise RequestError("Only background interactions can be cancelled.")
    return dict(record) if now >= record["ends"] else {**record, "cancelled": now}


def resumed_stream(record: Document, last: str, now: float) -> tuple[list[Event], list[float]]:
    """Return the events after the one with the id `last`, and the seconds from now until each is due."""
    if "cancelled" in record:
        return [], []
    complete = now >= record["ends"]
    events = interaction_events(
        record["interaction"], WHOLE_TEXT if complete and not last else length_of(record), resumable=True
    )
    times, first = due(events, (record["begins"], record["ends"]), now), count_seen(events, last)
    return events[first:], times[first:]
