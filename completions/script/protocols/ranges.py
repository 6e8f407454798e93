"""What a prompt tells of a field where its schema does not, for step 3: `assign a score between 0 and 1`.

Judges with structured answers are asked so (Opik, ragas, TruLens, applications): the field is a number, and the prompt
says of which scale. The range stands behind the field's name, or else behind the last word of it; that of a score may
stand behind `Respond as a number from` or `on a scale of` alone. Of a text it tells the values
behind its name, as those who ask again do with what a check has said: `rating must be one of ['good', 'bad']`.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.script.protocols.instructions import instructions
from completions.script.protocols.orchestrators import fill_decision
from completions.script.schemas.alternatives import options_in
from completions.script.schemas.described import described
from completions.script.schemas.document import Schema
from completions.script.wording import HIGH, LOW, MEANING

MAX_DEPTH = 8
"""How deep a schema is looked at."""

BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "multipleOf"))
TEXTS = frozenset(("enum", "const", "format", "pattern"))

RANGE = re.compile(
    rf"(?i)[^\n\d.;]{{0,60}}?(?:\bbetween\s+{LOW}{MEANING}\s+and\s+|(?<![\w.]){LOW}{MEANING}\s*(?:to|through|[-\u2013])\s*)"
    rf"{HIGH}(?![\w-])"
)
VALUES = re.compile(r"(?i)\W{0,3}\s*(?:must|should|has to|can) be (?:one of|either)[^\n]{1,300}")
SCORES = frozenset(("score", "rating", "grade", "mark"))
SCALE = r"(?:scale|rat(?:e|ed|ing)|scor(?:e|ed|es|ing)|grades?|as an? (?:number|integer)|numbers?|integers?)"
"""What a number is called that is given to something, and before which scale, whatever it is called there."""

MENTIONS = 20
"""How often a name is looked up before its range is given up."""


def ranged(schema: Schema, prompt: Prompt) -> Schema:
    """Return a schema with the ranges that the prompt tells of its numbers; the same object where it tells none."""
    changed: Schema = _ranged(fill_decision(schema, prompt), "", list(instructions(prompt)), 0)
    return changed


def _ranged(schema: Any, name: str, texts: list[str], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return schema
    if schema.get("type") in ("integer", "number"):
        bounds = {} if BOUNDS & schema.keys() or described(schema) else _told(name, texts)
        return {**schema, **bounds} if bounds else schema
    if schema.get("type") == "string":
        values = [] if TEXTS & schema.keys() or described(schema) else _values(name, texts)
        return {**schema, "enum": values} if values else schema
    changed: dict[str, object] = {}
    for key, inner in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(inner, Mapping):
            made = {each: _ranged(value, each, texts, depth + 1) for each, value in inner.items()}
            if any(made[each] is not value for each, value in inner.items()):
                changed[key] = made
        elif key == "items" and (item := _ranged(inner, name, texts, depth + 1)) is not inner:
            changed[key] = item
    return {**schema, **changed} if changed else schema


def _told(name: str, texts: list[str]) -> dict[str, object]:
    for words in _names(name):
        for text in texts:
            for at, mention in enumerate(re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE)):
                if at == MENTIONS:
                    break
                if (found := RANGE.match(text, mention.end())) is not None:
                    low, high = float(found[1] or found[2]), float(found[3])
                    if math.ceil(low) <= math.floor(high) and low < high:
                        return {"minimum": low, "maximum": high}
    return {}


def _values(name: str, texts: list[str]) -> list[str]:
    for text in texts if name else ():
        for mention in itertools.islice(re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text), MENTIONS):
            if (found := VALUES.match(text, mention.end())) and len(values := options_in(found[0], bound=True)) > 1:
                return values
    return []


def _names(name: str) -> Iterator[str]:
    """Yield how a field may be called in a sentence: by its name, and by the last word of it."""
    words = [word for word in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if word]
    if words:
        yield r"[_\s-]?".join(map(re.escape, words))
        if len(words) > 1:
            yield re.escape(words[-1])
        if words[-1].lower().removesuffix("s") in SCORES:
            yield SCALE
