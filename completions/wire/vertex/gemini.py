"""Gemini on Vertex AI: the Gemini API's format, with Google Cloud's lists of models, and its errors for some things."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.live.format import Live
from completions.wire.gemini.models import DEFAULT_MODELS, DEFAULT_PAGE, find
from completions.wire.gemini.pages import page
from completions.wire.vertex import errors as vertex_errors
from completions.wire.vertex.compute_tokens import tokens_info


class VertexGemini(Gemini):
    """Gemini at an address with a project and a location."""

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer of the Gemini API, or that of the method that it has not."""
        if prompt.address.get("method") == "computeTokens":
            return tokens_info(prompt)
        return super().document(reply, prompt)

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
        """Return the requested page of the list, at `GET /v1beta1/publishers/google/models`."""
        return page([_model(name) for name in models or DEFAULT_MODELS], query, "publisherModels", DEFAULT_PAGE)

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return the document of a model, or raise the API's 404."""
        find(name, models)
        return _model(name)

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with Google Cloud's wording, or else with that of the Gemini API."""
        return super().adapt_error(vertex_errors.adapt_error(exc))

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope; the error of a quota has no details."""
        document = super().error(exc)
        if exc.status == 429:
            document["error"].pop("details", None)
        return document


class VertexLive(Live, VertexGemini):
    """The Live API of Vertex AI: its sessions have names, and its usage has other keys."""

    vertex = True


def _model(name: str) -> dict[str, Any]:
    """Return the document of a model, in the shape of Vertex AI's `PublisherModel`."""
    path = f"publishers/google/models/{name}"
    return {
        "name": path,
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": "PUBLIC_PREVIEW" if "preview" in name else "GA",
        "publisherModelTemplate": f"projects/{{project}}/locations/{{location}}/{path}",
    }
