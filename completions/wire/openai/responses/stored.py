"""Stored responses and conversations, and what is shown of them at a given time.

A response is stored with the items that led to it and the times at which it begins and is complete. Its status follows
from the clock, so nothing has to run in the background.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from completions.event import Event
from completions.event.scatter import Length
from completions.exceptions import RequestError
from completions.wire.base import Document, StoredDocument
from completions.wire.fields import dicts, whole, without_fields
from completions.wire.openai.responses import reasoning_order
from completions.wire.openai.responses.document import prefix, unfinished
from completions.wire.openai.responses.stream import narrate
from completions.wire.openai.stored import parameters_of
from completions.wire.resumed import due, length_of, length_record
from completions.wire.validation import integer

RESPONSE, CONVERSATION, ITEM = "response", "conversation", "item"
AUTO = "auto"

_WITH_STATUS = ("function_call", "function_call_output", "computer_call_output", "message", "local_shell_call_output")


def starting_after(query: Mapping[str, str], *, validate: bool) -> int:
    """Return the number of the last event that a client has, -1 for none; with `validate`, refuse what is no number."""
    number = whole(parameters_of(query, {"starting_after": integer()}, validate=validate).get("starting_after"), 0)
    return -1 if number is None else number


def to_store(
    response: Document,
    own: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    span: tuple[float, float],
    *,
    stored: bool,
) -> list[StoredDocument]:
    """Return the documents to store for a response: itself, its items by id, and the items for its conversation."""
    begins, ends = span
    name, output = response["id"], response["output"]
    input_items = [complete_item(item, f"{name}/{at}") for at, item in enumerate(own)]
    documents: list[StoredDocument] = []
    if stored:
        record = {"response": response, "input": input_items, "context": before, "begins": begins, "ends": ends}
        documents = [
            StoredDocument(RESPONSE, name, record),
            *(StoredDocument(ITEM, item["id"], item) for item in output),
        ]
    if conversation := response.get("conversation"):
        document = new_conversation(conversation["id"], int(begins), {}, [*input_items, *output])
        documents.append(StoredDocument(CONVERSATION, conversation["id"], document, grows="items"))
    return documents


def with_notes(
    documents: list[StoredDocument], per_chunk: Length | None, tier: str, shown: Mapping[str, Any] | None
) -> list[StoredDocument]:
    """Add to a stored response the tokens per delta, its first tier, and the verbatim answer of a script, if any.

    With these its stream continues with the same events, and it is retrieved as the same document.
    """
    notes = length_record(per_chunk)
    notes |= {} if tier == AUTO else {"tier": tier}
    notes |= {} if shown is None else {"shown": dict(shown)}
    if not notes:
        return documents
    return [each._replace(document={**each.document, **notes}) if each.kind == RESPONSE else each for each in documents]


def complete_item(item: Mapping[str, Any], seed: str | None = None) -> dict[str, Any]:
    """Return an item as the API shows it: with a type, an id and a status, and its content in parts."""
    kind = item.get("type") if isinstance(item.get("type"), str) else "message"
    complete: dict[str, Any] = {"id": item.get("id") or _new_id(prefix(str(kind)), seed), **item, "type": kind}
    complete["id"] = complete["id"] or _new_id(prefix(str(kind)), seed)
    if kind in _WITH_STATUS and not complete.get("status"):
        complete["status"] = "completed"
    if kind == "message":
        complete["content"] = _content(item)
    return complete


def _new_id(start: str, seed: str | None) -> str:
    return reasoning_order.free_id(start, seed or secrets.token_hex(15))


def _content(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = item.get("content")
    if not isinstance(content, str):
        return dicts(content)
    if item.get("role") == "assistant":
        return [{"type": "output_text", "annotations": [], "logprobs": [], "text": content}]
    return [{"type": "input_text", "text": content}]


def new_conversation(
    name: str | None, created: int, metadata: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the record of a new conversation with its items; without a name it gets a new id."""
    return {
        "id": name or f"conv_{secrets.token_hex(24)}",
        "object": "conversation",
        "created_at": created,
        "metadata": dict(metadata),
        "items": list(items),
    }


def shown_conversation(document: Document) -> dict[str, Any]:
    """Return a conversation without its items."""
    return without_fields(document, "items")


def at(record: Document, now: float) -> dict[str, Any]:
    """Return a stored response as it is at a time, in seconds since the epoch."""
    response: dict[str, Any] = record.get("shown") or record["response"]
    tier = record.get("tier", AUTO)
    if "cancelled" in record:
        return unfinished(response, "cancelled", tier)
    if now >= record["ends"] or "shown" in record:
        return response
    status = "in_progress" if now >= record["begins"] or not response["background"] else "queued"
    return unfinished(response, status, tier)


def cancelled(record: Document, now: float) -> dict[str, Any]:
    """Return the record of a cancelled response; a complete one is unchanged."""
    if not record["response"]["background"]:
        raise RequestError("Cannot cancel a synchronous response.")
    return dict(record) if now >= record["ends"] else {**record, "cancelled": now}


def resumed(record: Document, after: int, now: float, *, obfuscate: bool) -> tuple[list[Event], list[float]]:
    """Return the events after a sequence number, and the seconds until each is due."""
    if "cancelled" in record:
        return [], []
    events = narrate(record["response"], length_of(record), record.get("tier", AUTO), obfuscate=obfuscate)
    times = due(events, (record["begins"], record["ends"]), now)
    return events[after + 1 :], times[after + 1 :]
