"""The addresses of Managed Agents that OpenAI does not have; errors are in Anthropic's words."""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, LateViews, by_api, by_method
from completions.views.google_agents.routes import SHARED
from completions.views.routes import CLAUDE, SNAKE_CASE, Addresses

agents, environments, events, memory_stores, session_resources, sessions, vaults = (
    LateViews(f"completions.views.managed_agents.{name}")
    for name in ("agents", "environments", "events", "memory_stores", "session_resources", "sessions", "vaults")
)
"""Few servers are asked for these, and they take a megabyte."""


def _at(place: str, **views: AnyView) -> URLPattern:
    """Return the pattern of an address under `/v1/`, with the view of each method; Google has some of them too."""
    if (google := SHARED.get(place)) is not None:
        return path(f"v1/{place}", by_api(by_method(**views), {SNAKE_CASE["wire"]: google}, CLAUDE["wire"]))
    return path(f"v1/{place}", by_method(**views), CLAUDE)


MANAGED_AGENTS: Addresses = [
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
    _at("vaults/<str:name>/archive", POST=vaults.archived),
    _at("vaults/<str:name>/credentials/<str:credential>/archive", POST=vaults.credential_archived),
    _at("vaults/<str:name>/credentials/<str:credential>/mcp_oauth_validate", POST=vaults.credential_validated),
    _at("memory_stores", POST=memory_stores.made, GET=memory_stores.listed),
    _at(
        "memory_stores/<str:name>",
        GET=memory_stores.shown,
        POST=memory_stores.changed,
        DELETE=memory_stores.removed,
    ),
    _at("memory_stores/<str:name>/archive", POST=memory_stores.archived),
    _at("memory_stores/<str:name>/memories", POST=memory_stores.memory_made, GET=memory_stores.memories_listed),
    _at(
        "memory_stores/<str:name>/memories/<str:memory>",
        GET=memory_stores.memory_shown,
        POST=memory_stores.memory_changed,
        DELETE=memory_stores.memory_removed,
    ),
    _at("memory_stores/<str:name>/memory_versions", GET=memory_stores.versions_listed),
    _at("memory_stores/<str:name>/memory_versions/<str:version>", GET=memory_stores.version_shown),
    _at("memory_stores/<str:name>/memory_versions/<str:version>/redact", POST=memory_stores.version_redacted),
]
