"""The views of stored conversations: they list, show and remove them; the answers are generated elsewhere."""

from typing import Any

from completions.views.http import ExchangeResponse, FastJsonResponse, RawResponse
from completions.views.stored import ResourceRequest, stored
from completions.wire.dialects.mistral_agents import storage
from completions.wire.dialects.mistral_agents.agents import has_metadata
from completions.wire.dialects.mistral_agents.setup import CONVERSATION
from completions.wire.dialects.mistral_pages import page

DEFAULT_SIZE = 100
"""The number of conversations on a page."""


@stored
async def list_conversations(request: ResourceRequest) -> ExchangeResponse:
    """List the conversations, the newest first."""
    found = [each for each in await request.all(CONVERSATION) if has_metadata(each["metadata"], request.query)]
    return FastJsonResponse([storage.shown(each) for each in page(found[::-1], request.query, DEFAULT_SIZE)])


@stored
async def retrieve_conversation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a conversation without its entries."""
    return storage.shown(await request.get(CONVERSATION, name))


@stored
async def delete_conversation(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Remove a conversation."""
    await request.delete(CONVERSATION, name)
    return RawResponse(b"", 204, "application/json")


@stored
async def retrieve_conversation_history(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show all entries of a conversation."""
    return storage.history(await request.get(CONVERSATION, name))


@stored
async def list_conversation_messages(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show those entries of a conversation that are messages."""
    return storage.messages(await request.get(CONVERSATION, name))
