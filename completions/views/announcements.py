"""What webhooks announce: that an answer in the background, or a batch, has ended.

Every endpoint that wants events of that type gets one, or, of a request that names its own (Gemini's `webhook_config`),
those alone; and gets it again after each of `RETRY_SECONDS` until it answers with a 2xx. What is under way ends with
the server.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from completions import budget
from completions.conf import conf
from completions.delivery.webhooks import NotDelivered, post
from completions.outcome import without_secrets
from completions.state.records import Document, Records, documents_of
from completions.views.tasks import Tasks
from completions.wire.base import Place, StoredDocument
from completions.wire.gemini import batches as gemini_batches
from completions.wire.gemini import webhooks as gemini_webhooks
from completions.wire.gemini.interactions import storage as interactions
from completions.wire.openai import batches, webhooks
from completions.wire.openai.responses import stored as responses
from completions.wire.standard_webhooks import new_delivery_id

logger = logging.getLogger("completions")

RETRY_SECONDS = (1, 2, 4, 8, 16, 32)
"""Seconds before each further attempt. OpenAI goes on for 72 hours and Google for 24, for which no test waits."""

_under_way = Tasks()
"""Deliveries, and waiting for the ends of answers and batches."""

Data = dict[str, Any]


class Api(NamedTuple):
    """How an API announces something: the kind of its endpoints, its types of events, and how it makes a request."""

    endpoint: str
    event_types: tuple[str, ...]
    event: Callable[[str, Mapping[str, Any], float], bytes]
    headers: Callable[[Document, str, bytes, float], dict[str, str]]


OPENAI = Api(webhooks.ENDPOINT, webhooks.EVENT_TYPES, webhooks.new_event, webhooks.headers_of)
GEMINI = Api(gemini_webhooks.WEBHOOK, gemini_webhooks.EVENTS, gemini_webhooks.new_event, gemini_webhooks.headers_of)


class Announced(NamedTuple):
    """What is announced of a kind of documents: by which API, as which type at a time, and with which data."""

    api: Api
    event_type: Callable[[Document, float], str]
    data: Callable[[Document], Data]


ANNOUNCED: Mapping[str, Announced] = {
    responses.RESPONSE: Announced(
        OPENAI,
        lambda document, now: f"response.{responses.at(document, now)['status']}",
        lambda document: {"id": document["response"]["id"]},
    ),
    batches.BATCH: Announced(
        OPENAI,
        lambda document, now: f"batch.{batches.status_at(document, now)}",
        lambda document: {"id": document["id"]},
    ),
    interactions.INTERACTION: Announced(
        GEMINI,
        lambda document, now: f"interaction.{interactions.interaction_at(document, now)['status']}",
        lambda document: {"id": document["interaction"]["id"]},
    ),
    gemini_batches.BATCH: Announced(
        GEMINI,
        lambda document, now: f"batch.{gemini_batches.state_at(document, now).lower()}",
        gemini_batches.event_data,
    ),
}
"""The kinds of documents whose ends are announced."""


def announce_ends(records: Records, documents: Iterable[StoredDocument]) -> None:
    """Announce the ends of what is kept of an answer in the background."""
    for each in documents:
        if each.kind in ANNOUNCED:
            announce_at_end(records, (each.kind, each.name), each.document["ends"])


def announce_at_end(records: Records, place: Place, ends: float) -> None:
    """Announce the end of the answer or the batch at a place: now, if it has ended, or when it is to end.

    `ends` is in seconds since the epoch.
    """
    if place[0] in ANNOUNCED:
        _under_way.start(_announce_at_end(records, place, ends))


async def _announce_at_end(records: Records, place: Place, ends: float) -> None:
    await announce(records, place, time.time())
    await asyncio.sleep(max(0.0, ends - time.time()))
    await announce(records, place, max(ends, time.time()))


async def announce(records: Records, place: Place, now: float) -> None:
    """Tell the endpoints that the answer or the batch at a place has ended, if it has: once, whoever calls this."""
    announced = ANNOUNCED[place[0]]
    api = announced.api
    endpoints = await documents_of(records, api.endpoint)
    if not endpoints and not gemini_webhooks.own_webhooks(await records.get(*place) or {}):
        return

    def marked(document: Document | None) -> Document | None:
        if document is None or document.get("announced") or announced.event_type(document, now) not in api.event_types:
            return None
        return {**document, "announced": True}

    if (ended := await records.change(*place, marked)) is None:
        return
    event_type, data = announced.event_type(ended, now), announced.data(ended)
    event = api.event(event_type, data, now)
    what = f"{event_type} of {data['id']}"
    if own := gemini_webhooks.own_webhooks(ended):
        if not conf.WEBHOOKS:
            logger.warning("Webhook %s not sent: they are turned off with WEBHOOKS=false", what)
            return
        for each in own:
            body = gemini_webhooks.with_metadata(event, each)
            _under_way.start(_deliver(records, api, Target(place, each), body, what))
        return
    for endpoint in endpoints:
        if event_type in endpoint["event_types"] and endpoint.get("enabled", True):
            target = Target((api.endpoint, endpoint["id"]), None)
            _under_way.start(_deliver(records, api, target, event, what))


class Target(NamedTuple):
    """Where an event goes: to the endpoint at a place, or to `own` of the document at that place."""

    place: Place
    own: Document | None


async def _deliver(records: Records, api: Api, target: Target, event: bytes, what: str) -> None:
    """Send an event to a target until it answers with a 2xx, or its place is empty, or it has had its last chance."""
    delivery = new_delivery_id()
    for attempt, seconds in enumerate((0, *RETRY_SECONDS), 1):
        await asyncio.sleep(seconds)
        if (found := await records.get(*target.place)) is None:
            return
        endpoint = target.own or found
        try:
            status = await send(api, endpoint, event, delivery)
        except NotDelivered as exc:
            problem = str(exc)
        else:
            problem = "" if 200 <= status < 300 else f"status {status}"
        url = without_secrets(endpoint["url"])
        if not problem:
            logger.info("Webhook %s delivered to %s", what, url)
            return
        logger.warning("Webhook %s not delivered to %s, attempt %d: %s", what, url, attempt, problem)


async def send(api: Api, endpoint: Document, event: bytes, delivery: str) -> int:
    """Make one attempt to deliver an event, and return the status of the answer; raise `NotDelivered`."""
    headers = await budget.in_thread(api.headers, endpoint, delivery, event, time.time())
    return await post(endpoint["url"], headers, event)
