"""The addresses of what the Gemini API keeps for its agents, and of its voices; errors are as those of interactions.

Under `/v1/`, OpenAI and Anthropic have some of them too: there, a request with Google's key is Google's.
"""

from collections.abc import Mapping

from django.urls import URLPattern, re_path

from completions.views.dispatch import AnyView, LateViews, by_method
from completions.views.routes import SNAKE_CASE, Addresses
from completions.wire.gemini.addresses import BETA

agents, credentials, environments, triggers, voices = (
    LateViews(f"completions.views.google_agents.{name}")
    for name in ("agents", "credentials", "environments", "triggers", "voices")
)

AGENTS = by_method(POST=agents.made, GET=agents.listed)
AGENT = by_method(GET=agents.shown, DELETE=agents.removed)
_ENVIRONMENTS = by_method(POST=environments.made, GET=environments.listed)
_ENVIRONMENT = by_method(GET=environments.shown, DELETE=environments.removed)

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
    _at(f"environments/{NAME}/files/(?P<path>.*)", by_method(GET=environments.files_listed)),
    _at("triggers", by_method(POST=triggers.made, GET=triggers.listed)),
    _at(f"triggers/{NAME}", by_method(GET=triggers.shown, PATCH=triggers.changed, DELETE=triggers.removed)),
    _at(f"triggers/{NAME}/executions", by_method(POST=triggers.run, GET=triggers.executions_listed)),
    _at("credentials", by_method(POST=credentials.made, GET=credentials.listed)),
    _at(
        f"credentials/{NAME}",
        by_method(GET=credentials.shown, PATCH=credentials.changed, DELETE=credentials.removed),
    ),
    _at("voices", by_method(POST=voices.made, GET=voices.listed)),
    _at(f"voices/{NAME}", by_method(GET=voices.shown, DELETE=voices.removed)),
]
