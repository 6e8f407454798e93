"""The addresses of formats, and how they are used."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from completions.wire.base import WireFormat

Use = Literal["generate", "public", "public_model", "models", "model", "tell", "check", "socket", "refuse"]
"""Generate an answer; show a document about the models, or about one model, to anyone; list the models; show one model;
show a document; check a key; answer over a WebSocket only; refuse all requests."""


class Address(NamedTuple):
    """A route as a regular expression, after the host or a namespace, and the format that answers there.

    If several formats have the same route, the first one answers, unless the request is `identified_by` another one.
    `document` is what the address shows about the models, or about the one that its route names.
    """

    route: str
    wire: WireFormat
    use: Use = "generate"
    document: Callable[[Any], Mapping[str, Any]] | None = None


def listing(place: str, wire: WireFormat) -> list[Address]:
    """Return the addresses for models under a path."""
    return [Address(f"{place}models", wire, "models"), Address(f"{place}models/(?P<name>.+)", wire, "model")]
