"""The addresses of Mistral's agents and conversations as they are stored; errors are in Mistral's words."""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, LateViews, by_method
from completions.views.routes import MISTRAL, Addresses
from completions.wire.dialects.mistral_agents.addresses import NAME

agents, conversations = (LateViews(f"completions.views.mistral_agents.{name}") for name in ("agents", "conversations"))
"""Few servers are asked for these."""

PLACE = "mistral/v1/"
AGENT, CONVERSATION = "agents/<str:name>", "conversations/<str:name>"


def _at(place: str, **views: AnyView) -> URLPattern:
    """Return the pattern of an address, with the view of each method."""
    return path(f"{PLACE}{place}", by_method(**views), MISTRAL)


MISTRAL_AGENTS: Addresses = [
    _at("agents", POST=agents.made, GET=agents.listed),
    _at("agents/pages", GET=agents.listed_in_pages),
    _at(AGENT, GET=agents.shown, PATCH=agents.changed, DELETE=agents.removed),
    _at(f"{AGENT}/version", PATCH=agents.version_chosen),
    _at(f"{AGENT}/versions", GET=agents.versions_listed),
    _at(f"{AGENT}/versions/<str:version>", GET=agents.version_shown),
    _at(f"{AGENT}/aliases", GET=agents.aliases_listed, PUT=agents.alias_put, DELETE=agents.alias_removed),
    _at(f"{CONVERSATION}/history", GET=conversations.history),
    _at(f"{CONVERSATION}/messages", GET=conversations.messages),
]

LISTED: dict[str, dict[str, AnyView]] = {
    f"{PLACE}conversations": {"GET": conversations.listed},
    f"{PLACE}conversations/{NAME}": {"GET": conversations.shown, "DELETE": conversations.removed},
}
"""What is done, besides answering, at an address at which answers are generated: by the method of a request."""
