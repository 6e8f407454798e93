"""The kinds under which the Agents API's resources are kept, which name their rules too, and the 404 of each.

They stand apart from the resources' modules, which only the first request for one of them imports.
"""

from collections.abc import Callable, Mapping
from functools import partial

from completions.exceptions import RequestError

AGENT, SESSION = "hosted_agent", "hosted_session"
ENVIRONMENT, TEMPLATE = "hosted_environment", "hosted_environment_template"
AUTOMATION, INVOCATION = "hosted_automation", "hosted_automation_invocation"
VAULT, CREDENTIAL = "hosted_vault", "hosted_credential"


def not_found(noun: str, name: str) -> RequestError:
    """Return a 404; its code is that of OpenAI's guide, and the words are ours."""
    return RequestError(f"{noun} with id '{name[:200]}' not found.", status=404, code="not_found_error")


MISSING: Mapping[str, Callable[[str], RequestError]] = {
    AGENT: partial(not_found, "Agent"),
    SESSION: partial(not_found, "Session"),
    ENVIRONMENT: partial(not_found, "Environment"),
    TEMPLATE: partial(not_found, "Environment template"),
    AUTOMATION: partial(not_found, "Automation"),
    INVOCATION: partial(not_found, "Invocation"),
    VAULT: partial(not_found, "Vault"),
    CREDENTIAL: partial(not_found, "Credential"),
}
"""The 404 of each kind that an address names."""

NAMES = (AGENT, SESSION, ENVIRONMENT, TEMPLATE, AUTOMATION, VAULT, CREDENTIAL)
"""The kinds that rules can name."""
