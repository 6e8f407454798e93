"""Which models there are in a namespace: those that its script lists, without the fine-tuned ones that were deleted."""

from collections.abc import Collection

from completions.exceptions import RequestError
from completions.script.language import KNOWN
from completions.script.rules import Script
from completions.state.namespaces import Namespace
from completions.tokens.capabilities import Capabilities, capabilities
from completions.tokens.models import context_window
from completions.tokens.spelling import is_wrong
from completions.wire.base import WireFormat
from completions.wire.openai import models as wire

DELETED = "deleted_model"
"""The kind of record that a deleted model leaves."""


def is_there(script: Script, format_: WireFormat, name: str) -> bool:
    """Tell whether a script has a model for those who speak a format."""
    names, known, _, any_ = script.catalogue
    if any_ or name in names:
        return True
    return format_.knows(name) if known else not (names or is_wrong(name, format_.knows))


def window(script: Script, format_: WireFormat, name: str | None) -> int | None:
    """Return the context window of a model that the script describes, or else the table's."""
    own = script.catalogue.described.get(name or "")
    if own is None:
        return context_window(name and format_.table_name(name))
    return own.context or context_window(own.like)


def abilities(script: Script, format_: WireFormat, name: str | None) -> Capabilities:
    """Return what a model takes: as the script describes it, or else by the tables."""
    own = script.catalogue.described.get(name or "")
    if own is None:
        return capabilities(name and format_.table_name(name), format_.vendor)
    usual = capabilities(own.like, format_.vendor)
    more = {feature for feature, has in own.supports.items() if has}
    less = own.supports.keys() - more
    return usual._replace(
        lacks=usual.lacks - more | less,
        lacks_reasoning=usual.lacks_reasoning - more,
        efforts=own.efforts or usual.efforts,
    )


async def listed(space: Namespace, name: str = "", format_: WireFormat | None = None) -> Collection[str]:
    """Return the script's models that are left, none where any is there; raise the API's 404 for a deleted `name`.

    Where any is there, or all that are known, none stands for a `name` that the API of the format has, and another for
    one that it has not.
    """
    if await _is_deleted(space, name):
        raise wire.unknown(name)
    catalogue = space.script.catalogue
    if format_ is not None and name and (catalogue.known or catalogue.any):
        return () if is_there(space.script, format_, name) else (KNOWN,)
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
            kind="model_not_found",
        )


def can_be_deleted(name: str | None) -> bool:
    """Whether a model is fine-tuned; almost none is, and every request asks."""
    return name is not None and name.startswith(wire.FINE_TUNED)


async def _is_deleted(space: Namespace, name: str) -> bool:
    return can_be_deleted(name) and await space.records.get(DELETED, name) is not None
