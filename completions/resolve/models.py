"""Which models there are in a namespace: those that its script lists, without the fine-tuned ones that were deleted."""

from collections.abc import Collection

from completions.exceptions import RequestError
from completions.state.namespaces import Namespace
from completions.wire.openai import models as wire

DELETED = "deleted_model"
"""The kind of record that a deleted model leaves."""


async def listed(space: Namespace, name: str = "") -> Collection[str]:
    """Return the script's models that are left, none where any is there; raise the API's 404 for a deleted `name`."""
    if await _is_deleted(space, name):
        raise wire.unknown(name)
    if not any(model.startswith(wire.FINE_TUNED) for model in space.script.models):
        return space.script.models
    gone = {record["id"] for record in await space.records.all(DELETED)}
    return [model for model in space.script.models if model not in gone]


async def delete(space: Namespace, name: str) -> dict[str, object]:
    """Delete a fine-tuned model, until the namespace is reset; raise the API's 403 for any other model."""
    if not name.startswith(wire.FINE_TUNED):
        raise wire.kept(name)
    document = wire.deletion(name)
    await space.records.put(DELETED, name, document)
    return document


async def check(space: Namespace, name: str | None) -> None:
    """Raise the API's 404 for a request to a model that was deleted."""
    if name is not None and await _is_deleted(space, name):
        raise RequestError(
            f"The model `{name}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
            facts={"model": name},
        )


def can_be_deleted(name: str | None) -> bool:
    """Whether a model is fine-tuned; almost none is, and every request asks."""
    return name is not None and name.startswith(wire.FINE_TUNED)


async def _is_deleted(space: Namespace, name: str) -> bool:
    return can_be_deleted(name) and await space.records.get(DELETED, name) is not None
