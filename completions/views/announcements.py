"""What OpenAI's webhooks announce: that a response in the background, or a batch, has ended.

Every endpoint that wants events of that type gets one, and gets it again after each of `RETRY_SECONDS` until it answers
with a 2xx. What is under way ends with the server.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from completions.delivery.webhooks import NotDelivered, post
from completions.outcome import without_secrets
from completions.state.records import Document, Records, documents_of
from completions.views.tasks import Tasks
from completions.wire.base import Place, StoredDocument
from completions.wire.openai import batches, webhooks
from completions.wire.openai.batches import BATCH
from completions.wire.openai.responses import stored as responses
from completions.wire.openai.responses.stored import RESPONSE
from completions.wire.openai.webhooks import ENDPOINT, EVENT_TYPES

logger = logging.getLogger("completions")

RETRY_SECONDS = (1, 2, 4, 8, 16, 32)
"""Seconds before each further attempt. OpenAI goes on for 72 hours (its guide "Webhooks"), for which no test waits."""

_under_way = Tasks()
"""Deliveries, and waiting for the ends of responses and batches."""


def announce_ends(records: Records, documents: Iterable[StoredDocument]) -> None:
    """Announce the ends of the responses among what is kept of an answer in the background."""
    for each in documents:
        if each.kind == RESPONSE:
            announce_at_end(records, (each.kind, each.name), each.document["ends"])


def announce_at_end(records: Records, place: Place, ends: float) -> None:
    """Announce the end of the response or the batch at a place: now, if it has ended, or when it is to end.

    `ends` is in seconds since the epoch.
    """
    _under_way.start(_announce_at_end(records, place, ends))


async def _announce_at_end(records: Records, place: Place, ends: float) -> None:
    await announce(records, place, time.time())
    await asyncio.sleep(max(0.0, ends - time.time()))
    await announce(records, place, max(ends, time.time()))


async def announce(records: Records, place: Place, now: float) -> None:
    """Tell the endpoints that the response or the batch at a place has ended, if it has: once, whoever calls this."""
    kind, name = place
    if kind not in _STATUS:
        return
    if not (endpoints := await documents_of(records, ENDPOINT)):
        return

    def type_of(document: Document) -> str:
        return f"{kind}.{_STATUS[kind](document, now)}"

    def marked(document: Document | None) -> Document | None:
        is_new_end = document and not document.get("announced") and type_of(document) in EVENT_TYPES
        return {**document, "announced": True} if document and is_new_end else None

    if (ended := await records.change(kind, name, marked)) is None:
        return
    event = webhooks.new_event(type_of(ended), {"id": name}, now)
    for endpoint in endpoints:
        if event["type"] in endpoint["event_types"]:
            _under_way.start(_deliver(records, endpoint["id"], event))


_STATUS: Mapping[str, Callable[[Document, float], str]] = {
    RESPONSE: lambda document, now: str(responses.at(document, now)["status"]),
    BATCH: batches.status_at,
}


async def _deliver(records: Records, name: str, event: Mapping[str, Any]) -> None:
    """Send an event to an endpoint until it answers with a 2xx, or is gone, or has had its last chance."""
    delivery, what = webhooks.new_delivery_id(), f"{event['type']} of {event['data']['id']}"
    for attempt, seconds in enumerate((0, *RETRY_SECONDS), 1):
        await asyncio.sleep(seconds)
        if (endpoint := await records.get(ENDPOINT, name)) is None:
            return
        try:
            status = await send(endpoint, event, delivery)
        except NotDelivered as exc:
            problem = str(exc)
        else:
            problem = "" if 200 <= status < 300 else f"status {status}"
        url = without_secrets(endpoint["url"])
        if not problem:
            logger.info("Webhook %s delivered to %s", what, url)
            return
        logger.warning("Webhook %s not delivered to %s, attempt %d: %s", what, url, attempt, problem)


async def send(endpoint: Document, event: Mapping[str, Any], delivery: str) -> int:
    """Make one attempt to deliver an event, and return the status of the answer; raise `NotDelivered`."""
    body = webhooks.body_of(event)
    return await post(endpoint["url"], webhooks.headers_of(endpoint, delivery, body, time.time()), body)
