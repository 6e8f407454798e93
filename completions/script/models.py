"""Step 3: `models:`, which models there are, and what those take that a script describes itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from completions.script.language import KNOWN, MODEL
from completions.script.node import Node
from completions.tokens.capabilities import EFFORTS, FEATURES


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a script describes: `context` in tokens, the model that it is `like`, and what differs from that."""

    id: str
    context: int | None = None
    like: str | None = None
    supports: Mapping[str, bool] = field(default_factory=dict)
    efforts: tuple[str, ...] | None = None


class Models(NamedTuple):
    """The names of the models there are (none: any is there), whether all that are known are, and those described."""

    names: tuple[str, ...] = ()
    known: bool = False
    described: Mapping[str, Model] = {}


ANY = Models()
"""No model is listed, so any is there."""


def models(node: Node | None) -> Models:
    """Read `known`, or a list of names and descriptions."""
    if node is None:
        return ANY
    if node.value == KNOWN:
        return Models(known=True)
    names, known, described = [], False, {}
    for item in node.items():
        if isinstance(item.value, dict):
            model = _model(item)
            described[model.id] = model
            names.append(model.id)
        elif item.raw == KNOWN:
            known = True
        else:
            names.append(item.raw)
    return Models(tuple(names), known, described)


def _model(node: Node) -> Model:
    fields = node.keyed(MODEL)
    efforts = tuple(item.one_of(EFFORTS) for item in fields["efforts"].items()) if "efforts" in fields else None
    return Model(
        fields["id"].raw,
        fields["context"].count(least=1) if "context" in fields else None,
        fields["like"].raw if "like" in fields else None,
        _supports(fields["supports"]) if "supports" in fields else {},
        efforts,
    )


def _supports(node: Node) -> dict[str, bool]:
    return {name: child.as_(bool) for name, child in node.fields(optional=FEATURES).items()}
