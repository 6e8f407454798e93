"""The views of what is kept of Gemini's interactions: they show, stream again, cancel and remove them."""

import time
from typing import Any

from completions.exceptions import RequestError
from completions.views.http import Recorded
from completions.views.stored import Asked, stored
from completions.views.streaming import replayed
from completions.wire.framing import SSE
from completions.wire.gemini.interactions import kept
from completions.wire.gemini.interactions.kept import INTERACTION
from completions.wire.gemini.interactions.stream import is_event_id


@stored
async def shown(asked: Asked, name: str) -> dict[str, Any] | Recorded:
    """Show an interaction as it is by now, or stream it again, from the start or from where its client left it."""
    record = await asked.get(INTERACTION, name)
    query = asked.query
    last = query.get("last_event_id", "")
    if query.get("stream") != "true":
        return kept.at(record, time.time())
    if last and asked.validate and not is_event_id(last):
        raise RequestError("Invalid input at 'last_event_id'.")
    events, due = kept.resumed(record, last, time.time())
    return replayed(asked.exchange, events, due, SSE)


@stored
async def removed(asked: Asked, name: str) -> dict[str, Any]:
    """Remove an interaction; what goes on from it later does not find it."""
    await asked.delete(INTERACTION, name)
    return {}


@stored
async def cancelled(asked: Asked, name: str) -> dict[str, Any]:
    """Cancel an interaction that was asked for in the background."""
    now = time.time()
    record = await asked.change(INTERACTION, name, lambda before: kept.cancelled(before, now))
    return kept.at(record, now)
