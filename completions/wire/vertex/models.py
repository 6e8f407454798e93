"""Vertex AI's list of Gemini models: `GET /v1beta1/publishers/google/models`, in the shape of its `PublisherModel`."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.wire.gemini.models import DEFAULT_MODELS, DEFAULT_PAGE, find
from completions.wire.gemini.pages import page


def model_list(models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of the list that a query asks for."""
    return page([_model(name) for name in models or DEFAULT_MODELS], query, "publisherModels", DEFAULT_PAGE)


def model(name: str, models: Collection[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404."""
    find(name, models)
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    place = f"publishers/google/models/{name}"
    return {
        "name": place,
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": "PUBLIC_PREVIEW" if "preview" in name else "GA",
        "publisherModelTemplate": f"projects/{{project}}/locations/{{location}}/{place}",
    }
