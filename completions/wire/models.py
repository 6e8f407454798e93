"""The list of models: `GET /v1/models`, in the shape of `openai.types.Model`."""

from collections.abc import Iterable
from typing import Any

from completions.exceptions import RequestError

CREATED = 1234567890
"""Every model's time of making, the mission's moment: two lists of the same models are the same bytes."""


def model_list(names: Iterable[str]) -> dict[str, Any]:
    """Return the list document."""
    return {"object": "list", "data": [model(name) for name in names]}


def model(name: str) -> dict[str, Any]:
    """Return one model's document."""
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "mock"}


def find(name: str, names: Iterable[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404."""
    if name not in names:
        raise RequestError(f"The model '{name}' does not exist", status=404, code="model_not_found", param="model")
    return model(name)
