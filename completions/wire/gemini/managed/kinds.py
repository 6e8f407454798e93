"""The kinds under which the resources of Gemini's agents are kept, and the error of one that there is not.

They stand apart from the resources' modules, which only the first request for one of them imports.
"""

from completions.exceptions import RequestError

AGENT = "gemini_agent"
CREDENTIAL = "gemini_credential"
ENVIRONMENT = "gemini_environment"
TRIGGER = "gemini_trigger"
VOICE = "gemini_voice"
EXECUTION = "gemini_trigger_execution"

RULED = (AGENT, CREDENTIAL, ENVIRONMENT, TRIGGER, VOICE)
"""Those that name their rules too."""


def not_found(name: str) -> RequestError:
    """Return the error of a resource that there is not."""
    return RequestError("Requested entity was not found.", status=404)
