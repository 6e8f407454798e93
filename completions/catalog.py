"""Which models there are in a namespace: those that its script lists, without the fine-tuned ones that were deleted."""

from completions import model_table
from completions.exceptions import RequestError
from completions.state.namespaces import Namespace
from completions.wire import models as wire

DELETED = "deleted_model"
"""The kind of record that a deleted model leaves."""


async def listed(space: Namespace) -> dict[str, object]:
    """Return the list document."""
    gone = {record["id"] for record in await space.records.all(DELETED)}
    names = space.script.models or wire.USUAL
    return wire.model_list([name for name in names if name not in gone], model_table.provider)


async def one(space: Namespace, name: str) -> dict[str, object]:
    """Return one model's document; raise the API's 404."""
    models = space.script.models
    if (models and name not in models) or await _is_deleted(space, name):
        raise wire.unknown(name)
    return wire.model(name, model_table.provider)


async def delete(space: Namespace, name: str) -> dict[str, object]:
    """Delete a fine-tuned model, until the namespace is reset; raise the API's 404, or its 403 for any other model."""
    await one(space, name)
    if not name.startswith(wire.FINE_TUNED):
        raise wire.kept(name)
    document = wire.deletion(name)
    await space.records.put(DELETED, name, document)
    return document


async def check(space: Namespace, name: str | None) -> None:
    """Raise the API's 404 for a request to a model that was deleted."""
    if name is not None and await _is_deleted(space, name):
        raise RequestError(
            f"The model `{name}` does not exist or you do not have access to it.", status=404, code="model_not_found"
        )


async def _is_deleted(space: Namespace, name: str) -> bool:
    """Look only where it can be, for every request passes here."""
    return name.startswith(wire.FINE_TUNED) and await space.records.get(DELETED, name) is not None
