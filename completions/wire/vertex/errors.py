"""Errors on Vertex AI: Google Cloud's for access, models and quotas, and those of Gemini or Anthropic for the rest.

Google's wordings are quoted by its users.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import KeyRefused, RequestError
from completions.wire.anthropic import errors as anthropic_errors
from completions.wire.fields import mapping
from completions.wire.gemini import errors as gemini_errors

GOOGLE_STATUSES = (401, 403, 404, 405, 429)
"""The statuses of errors that are Google's, before a request reaches Anthropic's model."""

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
    "Publisher Model `{prefix}publishers/{publisher}/models/{model}` was not found or your project does not have "
    "access to it. Please ensure you are using a valid model version. For more information, see: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
)


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return an error of Claude's address, in the envelope of Google Cloud or of Anthropic, whichever refuses."""
    exc = adapt_error(exc, "anthropic")
    if exc.status not in GOOGLE_STATUSES:
        return anthropic_errors.envelope(exc)
    status = gemini_errors.STATUSES.get(exc.status, "UNKNOWN")
    return {"error": {"code": exc.status, "message": exc.message, "status": status}}


def adapt_error(exc: RequestError, publisher: str = "google") -> RequestError:
    """Return an error in Google Cloud's words, if it has any; an API key is refused as by the Gemini API."""
    if isinstance(exc, KeyRefused) and publisher == "google" and exc.key and not mapping(exc.facts).get("bearer"):
        return exc
    words = _words(exc, publisher)
    if words is None:
        return exc
    return RequestError(words, status=exc.status, code=exc.code, headers=exc.headers)


def _words(exc: RequestError, publisher: str) -> str | None:
    if isinstance(exc, KeyRefused):
        return NO_ACCESS if exc.key else NO_KEY
    if exc.facts is None:
        return None
    if exc.status == 404 and "model" in exc.facts:
        return _no_model(exc.facts, publisher)
    return EXHAUSTED if exc.status == 429 else None


def _no_model(facts: Mapping[str, object], publisher: str) -> str:
    prefix = mapping(facts.get("address")).get("vertex", "")
    return NO_MODEL.format(prefix=prefix, publisher=publisher, model=facts["model"])
