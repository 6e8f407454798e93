"""Step 3: `models:`, the models that exist, and the capabilities of those that a script describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from completions.script.language import ANY, KNOWN, MODEL
from completions.script.text.node import Node
from completions.tokens.capabilities import EFFORTS, FEATURES
from completions.tokens.models import context_window


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a script describes: `context` in tokens, the model that it is `like`, and the differences."""

    id: str
    context: int | None = None
    like: str | None = None
    supports: Mapping[str, bool] = field(default_factory=dict)
    efforts: tuple[str, ...] | None = None


class Models(NamedTuple):
    """The names of the models that exist, whether all `known` models exist, or `any`, and the described ones.

    With neither names nor one of these, any model exists whose name is not malformed.
    """

    names: tuple[str, ...] = ()
    known: bool = False
    described: Mapping[str, Model] = {}
    any: bool = False

    @property
    def only(self) -> tuple[str, ...]:
        """The names of all models that exist; empty if others exist too."""
        return () if self.known or self.any else self.names


UNLISTED = Models()
"""No model is listed."""


def models(node: Node) -> Models:
    """Read `known` or `any`, or a list of these, of names and of descriptions."""
    if node.value == []:
        node.doubt("is an empty list, so it has no effect.")
    if node.value in (KNOWN, ANY):
        return Models(known=node.value == KNOWN, any=node.value == ANY)
    names: list[str] = []
    keywords: set[str] = set()
    described: dict[str, Model] = {}
    for item in node.items():
        if isinstance(item.value, dict):
            model = _model(item)
            if model.id in described:
                item.doubt(f"describes {model.id} again, and replaces the earlier description.")
            described[model.id] = model
            names.append(model.id)
        else:
            (keywords.add if item.raw in (KNOWN, ANY) else names.append)(item.raw)
    return Models(tuple(names), KNOWN in keywords, described, ANY in keywords)


def _model(node: Node) -> Model:
    fields = node.keyed(MODEL)
    efforts = tuple(item.one_of(EFFORTS) for item in fields["efforts"].items()) if "efforts" in fields else None
    return Model(
        fields["id"].raw,
        fields["context"].count(least=1) if "context" in fields else None,
        _like(fields["like"]) if "like" in fields else None,
        _supports(fields["supports"]) if "supports" in fields else {},
        efforts,
    )


def _like(node: Node) -> str:
    if context_window(node.raw) is None:
        node.doubt("is not a known model, so nothing is taken from it.")
    return node.raw


def _supports(node: Node) -> dict[str, bool]:
    return {name: child.as_(bool) for name, child in node.fields(optional=FEATURES).items()}
