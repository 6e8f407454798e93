"""Where a format is spoken: an address, and what is done there."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, NamedTuple

from completions.wire.base import WireFormat

Use = Literal["generate", "models", "model", "tell", "refuse"]
"""An answer is generated; the models are listed; one is shown; a document on them is told; nothing is there."""


class Address(NamedTuple):
    """A route as a regular expression, behind the host or a namespace, and the format that answers there.

    Where several formats have the same route, the first one answers, unless a request is `told_by` another one.
    `document` is what an address tells of the models.
    """

    route: str
    wire: WireFormat
    use: Use = "generate"
    document: Callable[[Collection[str]], Mapping[str, Any]] | None = None


def listing(place: str, wire: WireFormat) -> list[Address]:
    """Return the addresses of the models behind a place."""
    return [Address(f"{place}models", wire, "models"), Address(f"{place}models/(?P<name>.+)", wire, "model")]
