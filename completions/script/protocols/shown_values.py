"""Values of a field that a prompt shows without naming them, for step 3: the prompts of judges have them.

| the prompt | the values |
|---|---|
| `verdict as "1" if it is useful and "0" if not` | 0 or 1 |
| `"attributed": 1` and `"attributed": 0` in examples of the answer | 0 or 1 |
| `"score": 0.25` in an example | 0 to 1 |
| `"status": "completed"` in two or more examples | such a text |
| `- Score 0 (unsafe): …`, `- Score 1 (safe): …` | 0 or 1 |
| `- **1.0** → fully achieved`, `- **0.5** → partly`, for a score | 0.5 to 1 |
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from completions.script.schemas.scalars import COUNTED, snake_case

MAX_MENTIONS = 40
"""Occurrences of a name, or lines of a scale, that are read."""

RARE = 4
"""A value that is so many times rarer than the most frequent one is an exception: `"status": "skipped"`."""

_BIT = r"(?<![\d.])([01])(?![\d.])[\"'`)]{0,2}\s*"
BINARY = re.compile(
    r"(?i)[^\n]{0,60}?(?:\b(?:as|is|be|use|return|give|say)\b|[:=])[^\n\w]{0,4}(?:(?:an )?integer )?[\"'`(]?"
    rf"{_BIT}(?:if|for|when|means|\(|=)[^\n]{{1,200}}?{_BIT}(?:if|for|when|means|otherwise|\(|=)"
)
_DASH = r"(?:[-\u2013\u2014:=\u2192(]|->)"
_VALUE = r"(\d{1,3}(?:\.\d{1,3})?)"
_SCORE = r"(?:(?:a )?(?:scores?|rating|grade)[ \t]+(?:of[ \t]+)?)"
SCALE_LINE = re.compile(
    r"(?mi)^[ \t]*(?:[-*\u2022][ \t]*)?"
    rf"(?:[*`\"']{{0,3}}{_SCORE}?{_VALUE}[*`\"']{{0,3}}[ \t]*{_DASH}|\*\*{_SCORE}?{_VALUE}[ \t]*{_DASH})"
)


def shown(name: str, texts: Sequence[str], is_score: bool) -> dict[str, object]:
    """Return the keywords for a number of this name whose values the texts show; empty if they show none."""
    if not name or COUNTED.fullmatch(snake_case(name)):
        return {}
    if any(_is_binary(name, text) or (is_score and _has_binary_scale(text)) for text in texts):
        return {"enum": [0, 1]}
    numbers = [each for text in texts for each in _in_examples(name, text)]
    values = set(map(float, numbers))
    if values == {0, 1} and not any("." in each for each in numbers):
        return {"enum": [0, 1]}
    if not is_score:
        return {}
    values.update(float(each) for text in texts for each in _on_scale(text))
    if any("." in each for each in numbers) and all(0 <= each <= 1 for each in values):
        values |= {0.0, 1.0}
    return {"minimum": min(values), "maximum": max(values)} if len(values) > 1 else {}


def shown_texts(name: str, texts: Sequence[str]) -> list[str]:
    """Return the values that a text of this name has in examples, if they recur: `"status": "completed"`."""
    pattern = re.compile(rf"[\"']{re.escape(name)}[\"']\s*:\s*\"([\w-]{{1,24}})\"")
    found = (each[1] for text in texts for each in itertools.islice(pattern.finditer(text), MAX_MENTIONS))
    counts = Counter(found if name else ())
    most = max(counts.values(), default=0)
    return [each for each, count in counts.items() if RARE * count >= most] if most > 1 and len(counts) < 7 else []


def _is_binary(name: str, text: str) -> bool:
    mentions = re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    found = (BINARY.match(text, each.end()) for each in itertools.islice(mentions, MAX_MENTIONS))
    return any(each is not None and each[1] != each[2] for each in found)


def _has_binary_scale(text: str) -> bool:
    """Tell whether the lines of a text explain the scores 0 and 1, and no others."""
    return set(_on_scale(text)) == {"0", "1"}


def _in_examples(name: str, text: str) -> Iterator[str]:
    pattern = rf"[\"']{re.escape(name)}[\"']\s*:\s*(-?\d{{1,4}}(?:\.\d{{1,4}})?)(?![\d.%])"
    return (found[1] for found in itertools.islice(re.finditer(pattern, text), MAX_MENTIONS))


def _on_scale(text: str) -> Iterator[str]:
    return (found[1] or found[2] for found in itertools.islice(SCALE_LINE.finditer(text), MAX_MENTIONS))
