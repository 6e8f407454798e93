"""Step 3: `keys:`, `limits:` and `quota:`: the limits of each key."""

from collections.abc import Collection
from dataclasses import dataclass

from completions.script.language import LIMITS, QUOTA
from completions.script.text.node import Node
from completions.tokens.spelling import untagged

SCOPES = ("model", "key")
"""The keys for the scope of limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests and tokens per minute, requests per day, concurrent requests: None is unlimited.

    They apply to each key and model separately; `models` and `keys` restrict them, and empty means all.
    """

    rpm: int | None = None
    tpm: int | None = None
    rpd: int | None = None
    concurrent: int | None = None
    models: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def apply_to(self, key: str, model: str) -> bool:
        """Tell whether these limits apply to a key and a model."""
        if self.models and untagged(model) not in map(untagged, self.models):
            return False
        return not self.keys or key in self.keys

    def cover(self, others: "Limits") -> bool:
        """Tell whether these limits apply wherever other ones would."""
        pairs = ((self.models, others.models), (self.keys, others.keys))
        return all(not names or (other_names and set(other_names) <= set(names)) for names, other_names in pairs)


@dataclass(frozen=True, slots=True)
class Quota:
    """The total use of a key: requests, tokens, or both."""

    requests: int | None = None
    tokens: int | None = None


def limits(node: Node, models: Collection[str] = (), keys: Collection[str] = ()) -> tuple[Limits, ...]:
    """Read a mapping of limits, or a list of them, of which the first that applies is used; doubt useless ones.

    `models` and `keys` are the only accepted ones; empty if all are, or if it is not known.
    """
    found: list[Limits] = []
    for child in node.one_or_more():
        read = _limits(child)
        for name, names, listed in (("model", read.models, models), ("key", read.keys, keys)):
            if listed and names and not set(map(untagged, names)) & set(map(untagged, listed)):
                child.doubt(f"never applies: `{name}` is {' or '.join(names)}, and `{name}s` lists none of them.")
        if any(earlier.cover(read) for earlier in found):
            child.doubt("never applies: earlier limits apply to the same models and keys.")
        found.append(read)
    if not found:
        node.doubt("is an empty list, so it limits nothing.")
    elif Limits() != found[-1] == Limits(models=found[-1].models, keys=found[-1].keys):
        child.doubt(f"limits nothing; it has none of {', '.join(name for name in LIMITS if name not in SCOPES)}.")
    return tuple(found)


def quota(node: Node) -> Quota:
    """Read a quota; it must limit something."""
    fields = node.keyed(QUOTA)
    if not fields:
        raise node.error(f"limits nothing; it must have one of: {', '.join(QUOTA)}.")
    return Quota(**{name: child.count() for name, child in fields.items()})


def _limits(node: Node) -> Limits:
    fields = node.keyed(LIMITS)
    models, keys = (
        tuple(each.raw for each in fields.pop(key).one_or_more()) if key in fields else () for key in SCOPES
    )
    return Limits(**{name: child.count(least=1) for name, child in fields.items()}, models=models, keys=keys)
