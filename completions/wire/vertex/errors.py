"""Errors of Claude on Vertex AI: Anthropic's for what is wrong with a message, Google's for keys, models and quotas.

Google's wordings are its own, as its users quote them.
"""

from typing import Any

from completions.exceptions import KeyRefused, RequestError
from completions.wire.anthropic import errors as anthropic_errors
from completions.wire.gemini import errors as gemini_errors

GOOGLES = (401, 403, 404, 405, 429)
"""The statuses with which Google answers before Anthropic's model is asked."""

NO_ACCESS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
NO_KEY = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
EXHAUSTED = (
    "Resource exhausted. Please try again later. Please refer to "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
)
NO_MODEL = (
    "Publisher Model `publishers/anthropic/models/{model}` was not found or your project does not have access to it. "
    "Please ensure you are using a valid model version. For more information, see: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
)


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return an error in the envelope of the one who refuses."""
    if exc.status not in GOOGLES:
        return anthropic_errors.envelope(exc)
    error = {"code": exc.status, "message": _words(exc), "status": gemini_errors.STATUSES.get(exc.status, "UNKNOWN")}
    return {"error": error}


def _words(exc: RequestError) -> str:
    if isinstance(exc, KeyRefused):
        return NO_ACCESS if exc.key else NO_KEY
    if exc.facts is None:
        return exc.message
    if exc.status == 404 and "model" in exc.facts:
        return NO_MODEL.format(model=exc.facts["model"])
    return EXHAUSTED if exc.status == 429 else exc.message
