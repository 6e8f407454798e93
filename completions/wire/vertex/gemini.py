"""Gemini on Vertex AI: the Gemini API's format, with Google Cloud's lists of models, and its errors for some things."""

from typing import Any

from completions.exceptions import RequestError
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.live.format import Live
from completions.wire.vertex import errors as vertex_errors
from completions.wire.vertex import models as vertex_models


class VertexGemini(Gemini):
    """Gemini at an address with a project and a location."""

    model_list = staticmethod(vertex_models.model_list)
    model = staticmethod(vertex_models.model)

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with Google Cloud's wording, or else with that of the Gemini API."""
        return super().adapt_error(vertex_errors.adapt_error(exc))

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope; of a quota it tells no details."""
        document = super().error(exc)
        if exc.status == 429:
            document["error"].pop("details", None)
        return document


class VertexLive(Live, VertexGemini):
    """The Live API of Vertex AI: it names its sessions, and counts with other keys."""

    vertex = True
