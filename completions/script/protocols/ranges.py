"""Ranges and values of fields that only the prompt gives, for step 3: `assign a score between 0 and 1`.

The prompts of judges with structured answers have them (Opik, ragas, TruLens, applications): the field is a number, and
the prompt gives its scale. The range follows the field's name, or else its last word; that of a score may
also follow `Respond as a number from` or `on a scale of`. The values of a text
follow its name, for example in the message of a failed check: `rating must be one of ['good', 'bad']`.
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
from completions.script.schemas.descriptions import described
from completions.script.schemas.document import Schema
from completions.script.wording import HIGH, LOW, MEANING

MAX_DEPTH = 8
"""The depth to which a schema is searched."""

BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "multipleOf"))
TEXT_KEYWORDS = frozenset(("enum", "const", "format", "pattern"))

RANGE = re.compile(
    rf"(?i)[^\n\d.;]{{0,60}}?(?:\bbetween\s+{LOW}{MEANING}\s+and\s+|(?<![\w.]){LOW}{MEANING}\s*(?:to|through|[-\u2013])\s*)"
    rf"{HIGH}(?![\w-])"
)
VALUES = re.compile(r"(?i)\W{0,3}\s*(?:must|should|has to|can) be (?:one of|either)[^\n]{1,300}")
SCORES = frozenset(("score", "rating", "grade", "mark"))
SCALE = r"(?:scale|rat(?:e|ed|ing)|scor(?:e|ed|es|ing)|grades?|as an? (?:number|integer)|numbers?|integers?)"
"""Names of numbers that are scores, and words before a scale."""

MAX_MENTIONS = 20
"""Occurrences of a name that are searched for its range."""


def ranged(schema: Schema, prompt: Prompt) -> Schema:
    """Return a schema with the ranges that the prompt gives for its numbers; the same object if it gives none."""
    changed: Schema = _ranged(fill_decision(schema, prompt), "", list(instructions(prompt)), 0)
    return changed


def _ranged(schema: Any, name: str, texts: list[str], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return schema
    if schema.get("type") in ("integer", "number"):
        bounds = {} if BOUNDS & schema.keys() or described(schema) else _bounds(name, texts)
        return {**schema, **bounds} if bounds else schema
    if schema.get("type") == "string":
        values = [] if TEXT_KEYWORDS & schema.keys() or described(schema) else _values(name, texts)
        return {**schema, "enum": values} if values else schema
    changed: dict[str, object] = {}
    for key, inner in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(inner, Mapping):
            changed_properties = {each: _ranged(value, each, texts, depth + 1) for each, value in inner.items()}
            if any(changed_properties[each] is not value for each, value in inner.items()):
                changed[key] = changed_properties
        elif key == "items" and (item := _ranged(inner, name, texts, depth + 1)) is not inner:
            changed[key] = item
    return {**schema, **changed} if changed else schema


def _bounds(name: str, texts: list[str]) -> dict[str, object]:
    for words in _names(name):
        for text in texts:
            for at, mention in enumerate(re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE)):
                if at == MAX_MENTIONS:
                    break
                if (found := RANGE.match(text, mention.end())) is not None:
                    low, high = float(found[1] or found[2]), float(found[3])
                    if math.ceil(low) <= math.floor(high) and low < high:
                        return {"minimum": low, "maximum": high}
    return {}


def _values(name: str, texts: list[str]) -> list[str]:
    for text in texts if name else ():
        for mention in itertools.islice(re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text), MAX_MENTIONS):
            if (found := VALUES.match(text, mention.end())) and len(values := options_in(found[0], bound=True)) > 1:
                return values
    return []


def _names(name: str) -> Iterator[str]:
    """Yield patterns for a field in a sentence: its name, and the last word of it."""
    words = [word for word in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if word]
    if words:
        yield r"[_\s-]?".join(map(re.escape, words))
        if len(words) > 1:
            yield re.escape(words[-1])
        if words[-1].lower().removesuffix("s") in SCORES:
            yield SCALE
