"""The addresses of Managed Agents; errors are in Anthropic's words."""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, by_method
from completions.views.managed_agents import agents, environments
from completions.views.routes import CLAUDE, Addresses


def _at(place: str, **views: AnyView) -> URLPattern:
    """Return the pattern of an address under `/v1/`, with the view of each method."""
    return path(f"v1/{place}", by_method(**views), CLAUDE)


MANAGED_AGENTS: Addresses = [
    _at("agents", POST=agents.made, GET=agents.listed),
    _at("agents/<str:name>", GET=agents.shown, POST=agents.changed),
    _at("agents/<str:name>/versions", GET=agents.versions_listed),
    _at("agents/<str:name>/archive", POST=agents.archived),
    _at("environments", POST=environments.made, GET=environments.listed),
    _at(
        "environments/<str:name>",
        GET=environments.shown,
        POST=environments.changed,
        DELETE=environments.removed,
    ),
    _at("environments/<str:name>/archive", POST=environments.archived),
]
