"""The views of OpenAI's webhook endpoints: see `views/announcements.py` for what is sent to them."""

import time
from typing import Any

from completions.conf import conf
from completions.delivery.webhooks import NotDelivered
from completions.exceptions import RequestError
from completions.views.announcements import OPENAI, send
from completions.views.background_work import scripted_id
from completions.views.stored import ResourceRequest, stored
from completions.wire.fields import text
from completions.wire.openai import webhooks
from completions.wire.openai.webhooks import ENDPOINT
from completions.wire.standard_webhooks import new_delivery_id


def check_turned_on() -> None:
    """Raise the error of a server that sends no webhooks."""
    if not conf.WEBHOOKS:
        why = "This server sends no webhooks: they are turned off with WEBHOOKS=false."
        raise RequestError(why, status=403, code="webhooks_turned_off")


@stored
async def create_webhook_endpoint(request: ResourceRequest) -> dict[str, Any]:
    """Keep an endpoint, and tell its secret."""
    check_turned_on()
    body = request.body
    webhooks.check_new(body)
    endpoint = webhooks.new_endpoint(body, time.time())
    endpoint["id"] = await scripted_id(request, body, ENDPOINT, "name", "url") or endpoint["id"]
    await request.records.put(ENDPOINT, endpoint["id"], endpoint)
    return webhooks.shown(endpoint, with_secret=True)


@stored
async def list_webhook_endpoints(request: ResourceRequest) -> dict[str, Any]:
    """List the endpoints, the newest first."""
    return request.page([webhooks.shown(each) for each in await request.all(ENDPOINT)], "desc")


@stored
async def retrieve_webhook_endpoint(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an endpoint."""
    return webhooks.shown(await request.get(ENDPOINT, name))


@stored
async def update_webhook_endpoint(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change the name, the URL or the types of an endpoint."""
    body, now = request.body, time.time()
    webhooks.check_update(body)
    return webhooks.shown(await request.change(ENDPOINT, name, lambda before: webhooks.updated(before, body, now)))


@stored
async def delete_webhook_endpoint(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an endpoint; what has not reached it does not any more."""
    await request.delete(ENDPOINT, name)
    return webhooks.deleted(name)


@stored
async def rotate_webhook_secret(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give an endpoint a new secret, and tell it."""
    body, now = request.body, time.time()
    webhooks.check_rotation(body)
    endpoint = await request.change(ENDPOINT, name, lambda before: webhooks.rotated(before, body, now))
    return webhooks.shown(endpoint, with_secret=True)


@stored
async def test_webhook_endpoint(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Send a sample event to an endpoint, once, and tell the status of its answer."""
    body, endpoint = request.body, await request.get(ENDPOINT, name)
    webhooks.check_test(body)
    event_type = text(body.get("event_type"))
    event = webhooks.new_event(event_type, webhooks.sample_data(event_type), time.time())
    try:
        status = await send(OPENAI, endpoint, event, new_delivery_id())
    except NotDelivered as exc:
        raise webhooks.not_reached(endpoint, str(exc)) from exc
    return webhooks.tested(endpoint, event_type, status)


@stored
async def list_webhook_event_types(request: ResourceRequest) -> dict[str, Any]:
    """List the types of events."""
    return webhooks.event_types()
