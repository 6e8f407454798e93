"""Gemini on Vertex AI: the Gemini API's format, with the errors of Google Cloud for access, models and quotas."""

from typing import Any

from completions.exceptions import RequestError
from completions.wire.gemini.generate import Gemini
from completions.wire.vertex import errors as vertex_errors


class VertexGemini(Gemini):
    """Gemini at an address with a project and a location."""

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with Google Cloud's wording, or else with that of the Gemini API."""
        return super().adapt_error(vertex_errors.adapt_error(exc))

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope; of a quota it tells no details."""
        document = super().error(exc)
        if exc.status == 429:
            document["error"].pop("details", None)
        return document
