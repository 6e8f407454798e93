"""Step 3: lengths as written in a script: a number of tokens, or a mapping with their spread."""

from typing import Literal, cast

from completions.event.scatter import Jitter, Length
from completions.script.language import DEFAULT_SPREAD, JITTERS, LENGTH, MAX_TEXT_TOKENS, NONE
from completions.script.text.node import Node


def length(node: Node) -> Length:
    """Read a length: a number of tokens, or a mapping."""
    if not isinstance(node.value, dict):
        return Length(_tokens(node))
    fields = node.keyed(LENGTH)
    kind = fields["kind"].one_of([each for each in JITTERS if each != NONE]) if "kind" in fields else "normal"
    spread = fields["spread"].number() if "spread" in fields else DEFAULT_SPREAD
    if spread < 0:
        raise fields["spread"].wrong("a number from 0")
    seed = fields["seed"].raw if "seed" in fields else "0"
    distribution = cast(Literal["uniform", "normal", "lognormal"], kind)
    return Length(_tokens(fields["mean"]), Jitter(distribution, spread, seed))


def _tokens(node: Node) -> int:
    if (value := node.count(least=1)) > MAX_TEXT_TOKENS:
        raise node.wrong(f"a whole number up to {MAX_TEXT_TOKENS}")
    return value
