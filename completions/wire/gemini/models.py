"""Gemini's list of models: `GET /v1beta/models`, in the shape of the API's `Model`."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.models import context_window, max_output
from completions.wire.gemini.pages import page

DEFAULT_MODELS = (
    "gemini-3-pro-preview",
    "gemini-3-flash-preview",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-embedding-001",
)
"""What is listed where a script lists none; then any other model is there as well."""

WINDOW, OUTPUT = 1_048_576, 65_536
"""Tokens, of models that the table of real windows does not know."""

DEFAULT_PAGE = 50


def model_list(names: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of the list that a query asks for."""
    return page([model(name) for name in names or DEFAULT_MODELS], query, "models", DEFAULT_PAGE)


def model(name: str) -> dict[str, Any]:
    """Return one model's document."""
    embeds = "embedding" in name
    document = {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "description": f"A mock of {name}.",
        "inputTokenLimit": context_window(name) or WINDOW,
        "outputTokenLimit": max_output(name) or OUTPUT,
        "supportedGenerationMethods": ["embedContent", "batchEmbedContents", "countTokens"]
        if embeds
        else ["generateContent", "countTokens"],
    }
    return document if embeds else document | {"temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2}


def find(name: str, names: Collection[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404."""
    if names and name not in names:
        raise RequestError(f"The model '{name}' does not exist", status=404, code="model_not_found")
    return model(name)
