"""The addresses of Managed Agents; errors are in Anthropic's words."""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, by_method
from completions.views.managed_agents import agents, environments, events, session_resources, sessions
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
    _at("sessions", POST=sessions.made, GET=sessions.listed),
    _at("sessions/<str:name>", GET=sessions.shown, POST=sessions.changed, DELETE=sessions.removed),
    _at("sessions/<str:name>/archive", POST=sessions.archived),
    _at("sessions/<str:name>/events", POST=events.sent, GET=events.listed),
    _at("sessions/<str:name>/events/stream", GET=events.streamed),
    _at("sessions/<str:name>/stream", GET=events.streamed),
    _at("sessions/<str:name>/resources", POST=session_resources.added, GET=session_resources.listed),
    _at(
        "sessions/<str:name>/resources/<str:resource_id>",
        GET=session_resources.shown,
        POST=session_resources.rotated,
        DELETE=session_resources.removed,
    ),
    _at("sessions/<str:name>/threads", GET=sessions.threads_listed),
    _at("sessions/<str:name>/threads/<str:thread>", GET=sessions.thread_shown),
    _at("sessions/<str:name>/threads/<str:thread>/events", GET=events.listed),
    _at("sessions/<str:name>/threads/<str:thread>/stream", GET=events.streamed),
]
