"""The views of Gemini's stored interactions: they show, stream again, cancel and remove them."""

import time
from typing import Any

from completions.exceptions import RequestError
from completions.views.announcements import announce
from completions.views.http import ExchangeResponse
from completions.views.stored import ResourceRequest, stored
from completions.views.streaming import replay
from completions.wire.framing import SSE
from completions.wire.gemini.interactions import storage
from completions.wire.gemini.interactions.storage import INTERACTION
from completions.wire.gemini.interactions.stream import is_event_id


@stored
async def retrieve_interaction(request: ResourceRequest, name: str) -> dict[str, Any] | ExchangeResponse:
    """Show an interaction as it is by now, or stream it again, from the start or from where its client left it."""
    record = await request.get(INTERACTION, name)
    query = request.query
    last = query.get("last_event_id", "")
    if query.get("stream") != "true":
        return storage.interaction_at(record, time.time())
    if last and not is_event_id(last):
        raise RequestError("Invalid input at 'last_event_id'.")
    events, due = storage.resumed_stream(record, last, time.time())
    return replay(request.exchange, events, due, SSE)


@stored
async def delete_interaction(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an interaction; later interactions cannot continue from it."""
    await request.delete(INTERACTION, name)
    return {}


@stored
async def cancel_interaction(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel an interaction that was asked for in the background."""
    now = time.time()
    record = await request.change(INTERACTION, name, lambda before: storage.cancelled_record(before, now))
    await announce(request.records, (INTERACTION, name), now)
    return storage.interaction_at(record, now)
