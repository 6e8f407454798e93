"""The addresses of Managed Agents that OpenAI does not have; errors are in Anthropic's words."""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, LateViews, by_api, by_method
from completions.views.google_agents.routes import SHARED
from completions.views.routes.apis import CLAUDE, SNAKE_CASE, Addresses

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
    _at("agents/<str:name>/versions", GET=agents.list_agent_versions),
    _at("agents/<str:name>/archive", POST=agents.archive_agent),
    _at("environments", POST=environments.create_environment, GET=environments.list_environments),
    _at(
        "environments/<str:name>",
        GET=environments.retrieve_environment,
        POST=environments.update_environment,
        DELETE=environments.delete_environment,
    ),
    _at("environments/<str:name>/archive", POST=environments.archive_environment),
    _at("sessions", POST=sessions.create_session, GET=sessions.list_sessions),
    _at(
        "sessions/<str:name>",
        GET=sessions.retrieve_session,
        POST=sessions.update_session,
        DELETE=sessions.delete_session,
    ),
    _at("sessions/<str:name>/archive", POST=sessions.archive_session),
    _at("sessions/<str:name>/events", POST=events.send_session_events, GET=events.list_session_events),
    _at("sessions/<str:name>/events/stream", GET=events.stream_session_events),
    _at("sessions/<str:name>/stream", GET=events.stream_session_events),
    _at(
        "sessions/<str:name>/resources",
        POST=session_resources.add_session_resource,
        GET=session_resources.list_session_resources,
    ),
    _at(
        "sessions/<str:name>/resources/<str:resource_id>",
        GET=session_resources.retrieve_session_resource,
        POST=session_resources.rotate_session_resource_token,
        DELETE=session_resources.delete_session_resource,
    ),
    _at("sessions/<str:name>/threads", GET=sessions.list_session_threads),
    _at("sessions/<str:name>/threads/<str:thread>", GET=sessions.retrieve_session_thread),
    _at("sessions/<str:name>/threads/<str:thread>/events", GET=events.list_session_events),
    _at("sessions/<str:name>/threads/<str:thread>/stream", GET=events.stream_session_events),
    _at("vaults/<str:name>/archive", POST=vaults.archive_vault),
    _at("vaults/<str:name>/credentials/<str:credential>/archive", POST=vaults.archive_vault_credential),
    _at("vaults/<str:name>/credentials/<str:credential>/mcp_oauth_validate", POST=vaults.validate_vault_credential),
    _at("memory_stores", POST=memory_stores.create_memory_store, GET=memory_stores.list_memory_stores),
    _at(
        "memory_stores/<str:name>",
        GET=memory_stores.retrieve_memory_store,
        POST=memory_stores.update_memory_store,
        DELETE=memory_stores.delete_memory_store,
    ),
    _at("memory_stores/<str:name>/archive", POST=memory_stores.archive_memory_store),
    _at("memory_stores/<str:name>/memories", POST=memory_stores.create_memory, GET=memory_stores.list_memories),
    _at(
        "memory_stores/<str:name>/memories/<str:memory>",
        GET=memory_stores.retrieve_memory,
        POST=memory_stores.update_memory,
        DELETE=memory_stores.delete_memory,
    ),
    _at("memory_stores/<str:name>/memory_versions", GET=memory_stores.list_memory_versions),
    _at("memory_stores/<str:name>/memory_versions/<str:version>", GET=memory_stores.retrieve_memory_version),
    _at("memory_stores/<str:name>/memory_versions/<str:version>/redact", POST=memory_stores.redact_memory_version),
]
