"""The views of Gemini's webhooks: see `views/announcements.py` for what is sent to them."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from completions.delivery.webhooks import NotDelivered
from completions.views.announcements import GEMINI, send
from completions.views.background_work import scripted_id
from completions.views.stored import ResourceRequest, stored
from completions.views.webhooks import check_turned_on
from completions.wire.gemini import webhook_tokens, webhooks
from completions.wire.gemini.pages import page
from completions.wire.gemini.webhooks import WEBHOOK
from completions.wire.standard_webhooks import new_delivery_id

PAGE = 50


def _body(request: ResourceRequest, kind: str) -> dict[str, Any]:
    body = request.body
    webhooks.check(kind, body)
    return body


@stored
async def create_webhook(request: ResourceRequest) -> dict[str, Any]:
    """Keep a webhook, and tell its secret."""
    check_turned_on()
    body, now = _body(request, "new"), time.time()
    webhook = webhooks.new_webhook(body, now)
    webhook["id"] = await scripted_id(request, body, WEBHOOK, "name", "uri") or webhook["id"]
    await request.records.put(WEBHOOK, webhook["id"], webhook)
    return webhooks.resource(webhook, now, with_secret=True)


@stored
async def list_webhooks(request: ResourceRequest) -> dict[str, Any]:
    """List the webhooks, the newest first."""
    now = time.time()
    shown_webhooks = [webhooks.resource(each, now) for each in await request.all(WEBHOOK)]
    return page(shown_webhooks[::-1], request.query, "webhooks", PAGE)


@stored
async def retrieve_webhook(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a webhook."""
    return webhooks.resource(await request.get(WEBHOOK, name), time.time())


@stored
async def update_webhook(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a webhook, or turn it off and on."""
    body, now, mask = _body(request, "update"), time.time(), request.query.get("update_mask", "")
    webhook = await request.change(WEBHOOK, name, lambda before: webhooks.updated(before, body, mask, now))
    return webhooks.resource(webhook, now)


@stored
async def delete_webhook(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a webhook; what has not reached it does not any more."""
    await request.delete(WEBHOOK, name)
    return {}


@stored
async def rotate_webhook_secret(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give a webhook a new secret, and tell it."""
    body, now = _body(request, "rotation"), time.time()
    return webhooks.secret_of(await request.change(WEBHOOK, name, lambda before: webhooks.rotated(before, body, now)))


@stored
async def ping_webhook(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Send an event to a webhook, once, to see whether it answers."""
    _body(request, "ping")
    webhook = await request.get(WEBHOOK, name)
    event = webhooks.new_event(webhooks.PING, {"id": name}, time.time())
    try:
        status = await send(GEMINI, webhook, event, new_delivery_id())
    except NotDelivered as exc:
        raise webhooks.not_reached(str(exc)) from exc
    if not 200 <= status < 300:
        raise webhooks.not_reached(f"status {status}")
    return {}


async def list_public_keys(request: HttpRequest, namespace: str = "") -> HttpResponseBase:
    """Show the keys by which what is posted to the URLs of a `webhook_config` is checked; it needs no key."""
    return JsonResponse(webhook_tokens.KEYS)
