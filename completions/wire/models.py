"""The list of models: `GET /v1/models`, in the shape of `openai.types.Model`."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.exceptions import RequestError

CREATED = 1234567890
"""Every model's time of making, the mission's moment: two lists of the same models are the same bytes."""


USUAL = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "o3", "o4-mini")
"""What is listed where a script lists none; then any other model is there as well."""


def model_list(names: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the list document; it has no pages."""
    return {"object": "list", "data": [model(name) for name in names or USUAL]}


def model(name: str) -> dict[str, Any]:
    """Return one model's document."""
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "mock"}


def find(name: str, names: Collection[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404."""
    if names and name not in names:
        raise RequestError(f"The model '{name}' does not exist", status=404, code="model_not_found", param="model")
    return model(name)
