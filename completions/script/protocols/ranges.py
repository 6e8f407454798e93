"""Ranges and values of fields that only the prompt gives, for step 3: `assign a score between 0 and 1`.

The prompts of judges with structured answers have them (Opik, ragas, TruLens, applications): the field is a number, and
the prompt gives its scale. The range follows the field's name, or else its last word; that of a score may
also follow `Respond as a number from` or `on a scale of`; or the prompt shows values of the field (`shown_values`). A
score is in the upper half of its range, which checks accept, or in the lower one if it is that of hallucination or the
like. The values of a text follow its name, for example in the message of a failed check:
`rating must be one of ['good', 'bad']`.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions import budget
from completions.conversation import Prompt
from completions.script.protocols.instructions import instructions
from completions.script.protocols.orchestrators import fill_decision
from completions.script.protocols.shown_values import shown, shown_texts
from completions.script.schemas.alternatives import options_in
from completions.script.schemas.descriptions import described
from completions.script.schemas.document import Schema, number_of
from completions.script.schemas.scalars import is_score
from completions.script.wording import HIGH, LOW, MEANING

MAX_DEPTH = 8
"""The depth to which a schema is searched."""

BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "multipleOf"))
TEXT_KEYWORDS = frozenset(("enum", "const", "format", "pattern"))

RANGE = re.compile(
    rf"(?i)[^\n\d.;]{{0,60}}?(?:\bbetween\s+{LOW}{MEANING}\s+and\s+|(?<![\w.]){LOW}{MEANING}\s*(?:to|through|or|[-\u2013])\s*)"
    rf"{HIGH}(?![\w-])"
)
VALUES = re.compile(
    r"(?i)\W{0,3}\s*(?:must|should|has to|can) (?:strictly |only )?be (?:strictly |only )?(?:one of|either)[^\n]{1,300}"
)
SCALE = r"(?:scale|rat(?:e|ed|ing)|scor(?:e|ed|es|ing)|grades?|as an? (?:number|integer)|numbers?|integers?)"
"""Words before a scale."""

LOW_IS_GOOD = (
    r"(?i)(?:hallucinat|toxic|bias|risk|harm|unsafe|violat|severity|spam|error|moderation|injection|jailbreak)[a-z]*"
)
IN_NAME = re.compile(LOW_IS_GOOD)
BEFORE_NAME = re.compile(rf"{LOW_IS_GOOD}[ _-](?:\w+ )?\Z")
MAX_BEFORE = 40
"""Words in the name of a score, or before it, of which little is good, and the characters before it that are read."""

MAX_MENTIONS = 20
"""Occurrences of a name that are searched for its range."""


def ranged(schema: Schema, prompt: Prompt, is_guess: bool = False) -> Schema:
    """Return a schema with the ranges that the prompt gives for its numbers; the same object if it gives none.

    They replace the bounds of a schema that `is_guess`, made from an example.
    """
    changed: Schema = _ranged(fill_decision(schema, prompt), "", _Texts(list(instructions(prompt)), is_guess), 0)
    return changed


class _Texts:
    """The texts of a prompt in which ranges and values are searched, by name."""

    def __init__(self, texts: list[str], is_guess: bool) -> None:
        self.texts, self.is_guess = texts, is_guess
        self._lower = "\n".join(texts).lower()

    def mention(self, name: str) -> bool:
        """Tell whether they may mention a name, or the last word of it, or a scale if it is one of a score."""
        last = next(reversed(_words(name)), name)
        return last.lower() in self._lower or is_score(last.lower().removesuffix("s"))


def _ranged(schema: Any, name: str, prompted: _Texts, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return schema
    if schema.get("type") in ("integer", "number"):
        return _number(schema, name, prompted)
    if schema.get("type") == "string":
        values = (
            []
            if TEXT_KEYWORDS & schema.keys() or not prompted.mention(name) or described(schema)
            else _values(name, prompted.texts) or shown_texts(name, prompted.texts)
        )
        return {**schema, "enum": values} if values else schema
    changed: dict[str, object] = {}
    for key, inner in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(inner, Mapping):
            each_property = budget.on_loop_while_there_is_time(inner.items())
            properties = {each: _ranged(value, each, prompted, depth + 1) for each, value in each_property}
            if any(properties[each] is not value for each, value in inner.items()):
                changed[key] = properties
        elif key == "items" and (item := _ranged(inner, name, prompted, depth + 1)) is not inner:
            changed[key] = item
    return {**schema, **changed} if changed else schema


def _number(schema: Mapping[str, Any], name: str, prompted: _Texts) -> Mapping[str, Any]:
    """Return the schema of a number with the range or the values that it has; the same object if it has none."""
    known, texts = described(schema) or schema, prompted.texts if prompted.mention(name) else []
    has_bounds = not prompted.is_guess and bool(BOUNDS & known.keys())
    bounds = {} if has_bounds else _bounds(name, texts) or shown(name, texts, is_score(name))
    kept = {key: each for key, each in schema.items() if key not in BOUNDS} if bounds else schema
    low, high = (number_of({**known, **bounds}.get(end)) for end in ("minimum", "maximum"))
    if "enum" not in bounds and is_score(name) and low is not None and high is not None and high - low >= 1:
        bounds = _half(low, high, schema.get("type") == "integer", _is_low_good(name, texts))
    return {**kept, **bounds} if bounds else schema


def _half(low: float, high: float, is_integral: bool, is_lower: bool) -> dict[str, object]:
    """Return the upper half of a range, or the lower one."""
    middle = (low + high) / 2
    if is_lower:
        return {"minimum": low, "maximum": math.floor(middle) if is_integral else middle}
    return {"minimum": math.ceil(middle) if is_integral else middle, "maximum": high}


def _is_low_good(name: str, texts: list[str]) -> bool:
    """Tell whether a low score is a good one: its name says so, or the words before it in the prompt."""
    if IN_NAME.search(name):
        return True
    mention = re.compile(rf"(?i)(?<!\w){re.escape(name)}(?!\w)")
    found = ((text, each.start()) for text in texts for each in itertools.islice(mention.finditer(text), MAX_MENTIONS))
    return any(BEFORE_NAME.search(text[max(start - MAX_BEFORE, 0) : start]) for text, start in found)


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
        for mention in itertools.islice(re.finditer(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", text), MAX_MENTIONS):
            if (found := VALUES.match(text, mention.end())) and len(values := options_in(found[0], bound=True)) > 1:
                return values
    return []


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if word]


def _names(name: str) -> Iterator[str]:
    """Yield patterns for a field in a sentence: its name, and the last word of it."""
    words = _words(name)
    if words:
        yield r"[_\s-]?".join(map(re.escape, words))
        if len(words) > 1:
            yield re.escape(words[-1])
        if is_score(words[-1].lower().removesuffix("s")):
            yield SCALE
