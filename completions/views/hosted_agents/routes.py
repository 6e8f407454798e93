"""The addresses of OpenAI's Agents API, some of which Anthropic's Managed Agents and Google's agents have too.

Errors are in OpenAI's words. A request for one that all have is Anthropic's if it has `anthropic-version`, and Google's
if it has Google's key.
"""

from django.urls import URLPattern, path

from completions.views.dispatch import AnyView, LateViews, by_api, by_method
from completions.views.google_agents.routes import AGENT, AGENTS
from completions.views.managed_agents.routes import agents as managed_agents
from completions.views.managed_agents.routes import vaults as managed_vaults
from completions.views.routes.apis import CLAUDE, SNAKE_CASE, Addresses, files_of

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
_MANAGED = by_method(POST=managed_agents.create_agent, GET=managed_agents.list_agents)
_MANAGED_AGENT = by_method(GET=managed_agents.retrieve_agent, POST=managed_agents.update_agent)

HOSTED_AGENTS: Addresses = [
    path("v1/agents", _shared(by_method(POST=agents.create_agent, GET=agents.list_agents), _MANAGED, AGENTS)),
    _at("sessions", POST=sessions.create_session, GET=sessions.list_sessions),
    _at(_ONE, GET=sessions.retrieve_session, POST=sessions.update_session, DELETE=sessions.delete_session),
    _at(f"{_ONE}/events", POST=events.send_session_events, GET=events.stream_session_events),
    _at(f"{_ONE}/items", GET=sessions.list_session_items),
    _at(f"{_ONE}/turns", GET=sessions.list_session_turns),
    _at(f"{_ONE}/turns/<str:turn>", GET=sessions.retrieve_session_turn),
    _at(f"{_ONE}/turns/<str:turn>/items", GET=sessions.list_session_items),
    _at(f"{_ONE}/artifacts", GET=sessions.empty_list),
    _at(f"{_ONE}/artifacts/<str:artifact>", GET=sessions.missing_artifact, DELETE=sessions.missing_artifact),
    _at(f"{_ONE}/artifacts/<str:artifact>/content", GET=sessions.missing_artifact),
    _at(f"{_ONE}/traces", GET=sessions.empty_list),
    _at(f"{_ONE}/subagents", GET=sessions.empty_list),
    _at(_SUBAGENT, GET=sessions.missing_subagent),
    _at(f"{_SUBAGENT}/items", GET=sessions.missing_subagent),
    _at(f"{_SUBAGENT}/turns", GET=sessions.missing_subagent),
    _at(f"{_SUBAGENT}/turns/<str:turn>", GET=sessions.missing_subagent),
    _at(f"{_SUBAGENT}/turns/<str:turn>/items", GET=sessions.missing_subagent),
    _at(
        "environments/templates",
        POST=environments.create_environment_template,
        GET=environments.list_environment_templates,
    ),
    _at(
        _TEMPLATE,
        GET=environments.retrieve_environment_template,
        POST=environments.update_environment_template,
        DELETE=environments.delete_environment_template,
    ),
    _at("environments", POST=environments.create_environment, GET=environments.list_environments),
    _at(_ENVIRONMENT, GET=environments.retrieve_environment),
    _at(f"{_ENVIRONMENT}/files", POST=environments.upload_environment_file, GET=environments.list_environment_files),
    _at("automations", POST=automations.create_automation, GET=automations.list_automations),
    _at(
        _AUTOMATION,
        GET=automations.retrieve_automation,
        POST=automations.update_automation,
        DELETE=automations.delete_automation,
    ),
    _at(f"{_AUTOMATION}/pause", POST=automations.pause_automation),
    _at(f"{_AUTOMATION}/resume", POST=automations.resume_automation),
    _at(f"{_AUTOMATION}/invocations", POST=automations.invoke_automation, GET=automations.list_automation_invocations),
    _at(f"{_AUTOMATION}/invocations/<str:invocation>", GET=automations.retrieve_automation_invocation),
    path(
        "v1/agents/<str:name>",
        _shared(
            by_method(GET=agents.retrieve_agent, POST=agents.update_agent, DELETE=agents.delete_agent),
            _MANAGED_AGENT,
            AGENT,
        ),
    ),
    path(
        "v1/vaults",
        files_of(
            by_method(POST=vaults.create_vault, GET=vaults.list_vaults),
            by_method(POST=managed_vaults.create_vault, GET=managed_vaults.list_vaults),
        ),
    ),
    path(
        "v1/vaults/<str:name>",
        files_of(
            by_method(GET=vaults.retrieve_vault, POST=vaults.update_vault, DELETE=vaults.delete_vault),
            by_method(
                GET=managed_vaults.retrieve_vault, POST=managed_vaults.update_vault, DELETE=managed_vaults.delete_vault
            ),
        ),
    ),
    path(
        "v1/vaults/<str:name>/credentials",
        files_of(
            by_method(POST=vaults.create_vault_credential, GET=vaults.list_vault_credentials),
            by_method(POST=managed_vaults.create_vault_credential, GET=managed_vaults.list_vault_credentials),
        ),
    ),
    path(
        "v1/vaults/<str:name>/credentials/<str:credential>",
        files_of(
            by_method(
                GET=vaults.retrieve_vault_credential,
                POST=vaults.update_vault_credential,
                DELETE=vaults.delete_vault_credential,
            ),
            by_method(
                GET=managed_vaults.retrieve_vault_credential,
                POST=managed_vaults.update_vault_credential,
                DELETE=managed_vaults.delete_vault_credential,
            ),
        ),
    ),
]
"""Before those of Managed Agents, whose agents have addresses that would fit too."""
