"""The addresses of Mistral's agents and conversations as they are stored; errors are in Mistral's words."""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, LateViews, by_method
from completions.views.routes.apis import Addresses
from completions.views.routes.others import MISTRAL
from completions.wire.dialects.mistral_agents.addresses import NAME

agents, conversations = (LateViews(f"completions.views.mistral_agents.{name}") for name in ("agents", "conversations"))
"""Few servers are asked for these."""

PLACE = "mistral/v1/"
AGENT, CONVERSATION = "agents/<str:name>", "conversations/<str:name>"


def _at(place: str, **views: AnyView) -> URLPattern:
    """Return the pattern of an address, with the view of each method."""
    return path(f"{PLACE}{place}", by_method(**views), MISTRAL)


MISTRAL_AGENTS: Addresses = [
    _at("agents", POST=agents.create_agent, GET=agents.list_agents),
    _at("agents/pages", GET=agents.list_agents_in_pages),
    _at(AGENT, GET=agents.retrieve_agent, PATCH=agents.update_agent, DELETE=agents.delete_agent),
    _at(f"{AGENT}/version", PATCH=agents.choose_agent_version),
    _at(f"{AGENT}/versions", GET=agents.list_agent_versions),
    _at(f"{AGENT}/versions/<str:version>", GET=agents.retrieve_agent_version),
    _at(
        f"{AGENT}/aliases", GET=agents.list_agent_aliases, PUT=agents.put_agent_alias, DELETE=agents.delete_agent_alias
    ),
    _at(f"{CONVERSATION}/history", GET=conversations.retrieve_conversation_history),
    _at(f"{CONVERSATION}/messages", GET=conversations.list_conversation_messages),
]

LISTED: dict[str, dict[str, AnyView]] = {
    f"{PLACE}conversations": {"GET": conversations.list_conversations},
    f"{PLACE}conversations/{NAME}": {
        "GET": conversations.retrieve_conversation,
        "DELETE": conversations.delete_conversation,
    },
}
"""What is done, besides answering, at an address at which answers are generated: by the method of a request."""
