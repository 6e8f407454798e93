"""The addresses of what the Gemini API keeps for its agents, and of its voices; errors are as those of interactions.

Under `/v1/`, OpenAI and Anthropic have some of them too: there, a request with Google's key is Google's.
"""

from collections.abc import Mapping

from django.urls import URLPattern, re_path

from completions.views.dispatch import AnyView, LateViews, by_method
from completions.views.routes.apis import SNAKE_CASE, Addresses
from completions.wire.gemini.addresses import BETA

agents, credentials, environments, triggers, voices = (
    LateViews(f"completions.views.google_agents.{name}")
    for name in ("agents", "credentials", "environments", "triggers", "voices")
)

AGENTS = by_method(POST=agents.create_agent, GET=agents.list_agents)
AGENT = by_method(GET=agents.retrieve_agent, DELETE=agents.delete_agent)
_ENVIRONMENTS = by_method(POST=environments.create_environment, GET=environments.list_environments)
_ENVIRONMENT = by_method(GET=environments.retrieve_environment, DELETE=environments.delete_environment)

SHARED: Mapping[str, AnyView] = {
    "environments": _ENVIRONMENTS,
    "environments/<str:name>": _ENVIRONMENT,
}
"""Google's views of what stands under `/v1/`, by the places of Anthropic's; OpenAI has agents there, too."""

NAME = "(?P<name>[^/:]+)"


def _at(place: str, view: AnyView, version: str = f"(?:v1|{BETA})") -> URLPattern:
    found: URLPattern = re_path(rf"^{version}/{place}\Z", view, SNAKE_CASE)
    return found


GOOGLE_AGENTS: Addresses = [
    _at("agents", AGENTS, BETA),
    _at(f"agents/{NAME}", AGENT, BETA),
    _at("environments", _ENVIRONMENTS, BETA),
    _at(f"environments/{NAME}", _ENVIRONMENT, BETA),
    _at(f"environments/{NAME}/files/(?P<path>.*)", by_method(GET=environments.list_environment_files)),
    _at("triggers", by_method(POST=triggers.create_trigger, GET=triggers.list_triggers)),
    _at(
        f"triggers/{NAME}",
        by_method(GET=triggers.retrieve_trigger, PATCH=triggers.update_trigger, DELETE=triggers.delete_trigger),
    ),
    _at(f"triggers/{NAME}/executions", by_method(POST=triggers.run_trigger, GET=triggers.list_trigger_executions)),
    _at("credentials", by_method(POST=credentials.create_credential, GET=credentials.list_credentials)),
    _at(
        f"credentials/{NAME}",
        by_method(
            GET=credentials.retrieve_credential,
            PATCH=credentials.update_credential,
            DELETE=credentials.delete_credential,
        ),
    ),
    _at("voices", by_method(POST=voices.create_voice, GET=voices.list_voices)),
    _at(f"voices/{NAME}", by_method(GET=voices.retrieve_voice, DELETE=voices.delete_voice)),
]
