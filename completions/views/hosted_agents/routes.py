"""The addresses of OpenAI's Agents API, some of which Anthropic's Managed Agents and Google's agents have too.

Errors are in OpenAI's words. A request for one that all have is Anthropic's if it has `anthropic-version`, and Google's
if it has Google's key.
"""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, LateViews, by_api, by_method
from completions.views.google_agents.routes import AGENT, AGENTS
from completions.views.managed_agents.routes import agents as managed_agents
from completions.views.managed_agents.routes import vaults as managed_vaults
from completions.views.routes import CLAUDE, SNAKE_CASE, Addresses, files_of

agents, automations, environments, events, sessions, vaults = (
    LateViews(f"completions.views.hosted_agents.{name}")
    for name in ("agents", "automations", "environments", "events", "sessions", "vaults")
)
"""Few servers are asked for these."""


def _at(place: str, **views: AnyView) -> URLPattern:
    """Return the pattern of an address under `/v1/agents/`, with the view of each method."""
    return path(f"v1/agents/{place}", by_method(**views))


def _shared(openai: AnyView, anthropic: AnyView, google: AnyView) -> AnyView:
    """Return the view of an address that three APIs have."""
    return by_api(openai, {CLAUDE["wire"]: anthropic, SNAKE_CASE["wire"]: google})


_ONE = "sessions/<str:name>"
_SUBAGENT = f"{_ONE}/subagents/<str:subagent>"
_ENVIRONMENT, _TEMPLATE = "environments/<str:name>", "environments/templates/<str:name>"
_AUTOMATION = "automations/<str:name>"
_MANAGED = by_method(POST=managed_agents.made, GET=managed_agents.listed)
_MANAGED_AGENT = by_method(GET=managed_agents.shown, POST=managed_agents.changed)

HOSTED_AGENTS: Addresses = [
    path("v1/agents", _shared(by_method(POST=agents.made, GET=agents.listed), _MANAGED, AGENTS)),
    _at("sessions", POST=sessions.made, GET=sessions.listed),
    _at(_ONE, GET=sessions.shown, POST=sessions.changed, DELETE=sessions.removed),
    _at(f"{_ONE}/events", POST=events.sent, GET=events.streamed),
    _at(f"{_ONE}/items", GET=sessions.items_listed),
    _at(f"{_ONE}/turns", GET=sessions.turns_listed),
    _at(f"{_ONE}/turns/<str:turn>", GET=sessions.turn_shown),
    _at(f"{_ONE}/turns/<str:turn>/items", GET=sessions.items_listed),
    _at(f"{_ONE}/artifacts", GET=sessions.nothing_listed),
    _at(f"{_ONE}/artifacts/<str:artifact>", GET=sessions.artifact_missing, DELETE=sessions.artifact_missing),
    _at(f"{_ONE}/artifacts/<str:artifact>/content", GET=sessions.artifact_missing),
    _at(f"{_ONE}/traces", GET=sessions.nothing_listed),
    _at(f"{_ONE}/subagents", GET=sessions.nothing_listed),
    _at(_SUBAGENT, GET=sessions.subagent_missing),
    _at(f"{_SUBAGENT}/items", GET=sessions.subagent_missing),
    _at(f"{_SUBAGENT}/turns", GET=sessions.subagent_missing),
    _at(f"{_SUBAGENT}/turns/<str:turn>", GET=sessions.subagent_missing),
    _at(f"{_SUBAGENT}/turns/<str:turn>/items", GET=sessions.subagent_missing),
    _at("environments/templates", POST=environments.template_made, GET=environments.templates_listed),
    _at(
        _TEMPLATE,
        GET=environments.template_shown,
        POST=environments.template_changed,
        DELETE=environments.template_removed,
    ),
    _at("environments", POST=environments.made, GET=environments.listed),
    _at(_ENVIRONMENT, GET=environments.shown),
    _at(f"{_ENVIRONMENT}/files", POST=environments.file_added, GET=environments.files_listed),
    _at("automations", POST=automations.made, GET=automations.listed),
    _at(_AUTOMATION, GET=automations.shown, POST=automations.changed, DELETE=automations.removed),
    _at(f"{_AUTOMATION}/pause", POST=automations.paused),
    _at(f"{_AUTOMATION}/resume", POST=automations.resumed),
    _at(f"{_AUTOMATION}/invocations", POST=automations.invoked, GET=automations.invocations_listed),
    _at(f"{_AUTOMATION}/invocations/<str:invocation>", GET=automations.invocation_shown),
    path(
        "v1/agents/<str:name>",
        _shared(by_method(GET=agents.shown, POST=agents.changed, DELETE=agents.removed), _MANAGED_AGENT, AGENT),
    ),
    path(
        "v1/vaults",
        files_of(
            by_method(POST=vaults.made, GET=vaults.listed),
            by_method(POST=managed_vaults.made, GET=managed_vaults.listed),
        ),
    ),
    path(
        "v1/vaults/<str:name>",
        files_of(
            by_method(GET=vaults.shown, POST=vaults.changed, DELETE=vaults.removed),
            by_method(GET=managed_vaults.shown, POST=managed_vaults.changed, DELETE=managed_vaults.removed),
        ),
    ),
    path(
        "v1/vaults/<str:name>/credentials",
        files_of(
            by_method(POST=vaults.credential_made, GET=vaults.credentials_listed),
            by_method(POST=managed_vaults.credential_made, GET=managed_vaults.credentials_listed),
        ),
    ),
    path(
        "v1/vaults/<str:name>/credentials/<str:credential>",
        files_of(
            by_method(GET=vaults.credential_shown, POST=vaults.credential_changed, DELETE=vaults.credential_removed),
            by_method(
                GET=managed_vaults.credential_shown,
                POST=managed_vaults.credential_changed,
                DELETE=managed_vaults.credential_removed,
            ),
        ),
    ),
]
"""Before those of Managed Agents, whose agents have addresses that would fit too."""
