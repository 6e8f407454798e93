"""Gemini on Vertex AI: the Gemini API's format, with Google Cloud's lists of models, and its errors for some things."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.live.format import Live
from completions.wire.vertex import errors as vertex_errors
from completions.wire.vertex import models as vertex_models


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

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of Google Cloud's list."""
        return vertex_models.model_list(models, query)

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return a model, or raise the 404."""
        return vertex_models.model(name, models)


class VertexLive(Live, VertexGemini):
    """The Live API of Vertex AI: it names its sessions, and counts with other keys."""

    vertex = True
