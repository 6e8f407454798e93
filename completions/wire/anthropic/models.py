"""Anthropic's list of models: `GET /v1/models` and `GET /v1/models/{id}`, in the shape of `ModelInfo` of its SDK."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.models import context_window, max_output
from completions.wire.anthropic import pages
from completions.wire.anthropic.model_capabilities import model_capabilities

DEFAULT_MODELS = (
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
    "claude-opus-5",
    "claude-sonnet-5",
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-opus-4-5-20251101",
    "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5-20250929",
)
"""The models that are listed if the script lists none; then any other model exists as well. The names are the SDK's."""

LINES = ("haiku", "sonnet", "opus", "fable", "mythos")
DATE = re.compile(r"-(\d{4})(\d\d)(\d\d)$")
UNKNOWN_DATE = "1970-01-01T00:00:00Z"
"""The release date of a model without a date in its name; the API has the epoch there too."""


def page(models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the requested page of models; raise if it starts from an unknown model."""
    names = list(models or DEFAULT_MODELS)
    for key in ("before_id", "after_id"):
        if key in query and query[key] not in names:
            raise RequestError(f"{key}: No model has the id '{query[key]}'")
    return pages.page([_model(name) for name in names], query)


def find(name: str, models: Collection[str]) -> dict[str, Any]:
    """Return a model, or raise the 404."""
    if models and name not in models:
        raise RequestError(f"model: {name}", status=404)
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    dated = DATE.search(name)
    words = DATE.sub("", name).split("-")
    return {
        "type": "model",
        "id": name,
        "display_name": _display_name(words),
        "created_at": "{}-{}-{}T00:00:00Z".format(*dated.groups()) if dated else UNKNOWN_DATE,
        "lifecycle": "active",
        "line": next((line for line in LINES if line in words), None),
        "max_input_tokens": context_window(name),
        "max_tokens": max_output(name),
        "capabilities": model_capabilities(name),
        "deprecated_at": None,
        "retires_at": None,
    }


def _display_name(words: Sequence[str]) -> str:
    """Return a model's display name: `claude-opus-4-5` -> `Claude Opus 4.5`."""
    name = " ".join(word if word.isdigit() else word.capitalize() for word in words)
    return re.sub(r"(?<=\d) (?=\d)", ".", name)
