"""The description of a value in a schema, for step 3: the values that it lists, the range of a number, and bounds.

People write `Relevant to the question, 'yes' or 'no'`, and `A score from 1 to 5`. Anthropic's API takes no keyword for
bounds. Its SDKs (anthropic 2, @anthropic-ai/sdk 1) end the description with `{minimum: 1, maximum: 10}` then, and
LiteLLM (1.110) with `Note: minimum value: 1, maximum value: 10.`, for the model to read.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from completions.script.schemas.alternatives import ONLY_EXAMPLES, described_options
from completions.script.wording import HIGH, LOW

_KEYWORDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)
_KEYWORD_OF_WORDING: Mapping[str, str] = {
    **{keyword: keyword for keyword in _KEYWORDS},
    **{f"{bound}imum value": f"{bound}imum" for bound in ("min", "max")},
    **{f"exclusive {bound}imum value": f"exclusive{bound.title()}imum" for bound in ("min", "max")},
    **{f"{bound}imum length": f"{bound}Length" for bound in ("min", "max")},
    **{f"{bound}imum number of items": f"{bound}Items" for bound in ("min", "max")},
    **{f"{bound}imum number of properties": f"{bound}Properties" for bound in ("min", "max")},
    "must be a multiple of": "multipleOf",
}
"""The keywords of bounds by their wording."""

_BOUND = re.compile(rf"(?:\A|, )({'|'.join(_KEYWORD_OF_WORDING)}):? (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?=, |\Z)")
_PATTERN = re.compile(r"(?:\A|, )pattern: (.+?)(?=, [a-zA-Z]+: |\Z)", re.DOTALL)

_RANGE = re.compile(
    r"(?i)\b(?:from|between|scale|range|score|rat(?:e|ing)|confidence|probability|percent\w*|level|priority|grade|[\[(])\b"
    rf"[^\n\d]{{0,30}}?(?<![\w.-]){LOW}\s*(?:to|and|[-\u2013])\s*{HIGH}(?![\w-])"
)
_BRACKETED_RANGE = re.compile(
    rf"[\[(]\s*{LOW}\s*(?:to|[-\u2013])\s*{HIGH}\s*[)\]]"
    r"|\A\s*(\d{1,4})\s*(?:to|[-\u2013])\s*(\d{1,6})\b"
)

_NUMBER = r"-?\d{1,4}(?:\.\d{1,3})?"
_NUMBERS = re.compile(
    rf"(?<![\w.-]){_NUMBER}(?:\s*,\s*{_NUMBER})*(?:\s*,?\s+or\s+|\s*[/|]\s*){_NUMBER}(?=[).;:]?\s*(?:\Z|[A-Z(])|\))"
)
"""A list of numbers: `A rating (0, 1, or 2)`, `0 or 1`."""

_FORMS: tuple[tuple[re.Pattern[str], Mapping[str, object]], ...] = (
    (re.compile(r"(?i)YYYY-MM-DD[T ]?HH|ISO[- ]?8601[^.]*time"), {"format": "date-time"}),
    (re.compile(r"(?i)YYYY-MM-DD|ISO[- ]?8601"), {"format": "date"}),
    (re.compile(r"\bHH:MM\b"), {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
    (re.compile(r"['\"`]number-number['\"`]"), {"pattern": "^[1-9]?[0-9]-[1-9]?[0-9]$"}),
    (re.compile(r"\bSQL\b[^.]*\b(?:query|statement)\b"), {"examples": ["SELECT 1 AS total"]}),
)
"""The keywords of a text's form by its wording."""

_EXAMPLE = re.compile(
    r"(?i)(?:\be\.g\.|\b(?:for example|for instance|such as|like|format))[,:]?\s*"
    r"(?P<mark>['\"`])(?=[^'\"`\s]{0,40}\d)([^'\"`\s]{2,40})(?P=mark)"
)
"""An example of an id or the like, with a digit, whose form is used: `for example, '0-76'`."""

MAX_READ = 500
"""Characters of a description that are searched for values and ranges."""

NO_KEYWORDS: Mapping[str, object] = {}


def described(schema: Mapping[str, object]) -> Mapping[str, object]:
    """Return the constraints in a schema's description as keywords; the same object for the same text."""
    description = schema.get("description")
    if not isinstance(description, str):
        return NO_KEYWORDS
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return _read(description) or _range(description[:MAX_READ])
    if kind == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
        return _read(description) or _options(description[:MAX_READ])
    return _read(description)


@lru_cache(maxsize=256)
def _range(description: str) -> Mapping[str, object]:
    if (listed := _NUMBERS.search(description)) and not ONLY_EXAMPLES.search(description):
        numbers = map(float, re.findall(_NUMBER, listed[0]))
        return {"enum": [int(each) if each.is_integer() else each for each in numbers]}
    range_ = _RANGE.search(description) or _BRACKETED_RANGE.search(description)
    low, high = [float(each) for each in range_.groups() if each] if range_ else (0.0, 0.0)
    return {"minimum": low, "maximum": high} if low < high else NO_KEYWORDS


@lru_cache(maxsize=256)
def _options(description: str) -> Mapping[str, object]:
    form = next((keywords for pattern, keywords in _FORMS if pattern.search(description)), None)
    options = described_options(description)
    examples = [each[2] for each in _EXAMPLE.finditer(description)]
    return form or ({"enum": options} if options else {"examples": examples} if examples else NO_KEYWORDS)


@lru_cache(maxsize=256)
def _read(description: str) -> Mapping[str, object]:
    if not description.endswith(("}", ".")):
        return NO_KEYWORDS
    before, opening = ("\n\n", "{") if description.endswith("}") else (" ", "Note: ")
    _, found, bounds = (before + description[:-1]).rpartition(before + opening)
    if not found:
        return NO_KEYWORDS
    keywords: dict[str, object] = {
        _KEYWORD_OF_WORDING[each[1]]: json.loads(each[2]) for each in _BOUND.finditer(bounds)
    }
    if opening == "{" and (each := _PATTERN.search(bounds)):
        keywords["pattern"] = _unquoted(each[1])
    return keywords


def _unquoted(pattern: str) -> str:
    """Return a pattern, which one SDK writes as a JSON text, and another unchanged."""
    try:
        read = json.loads(pattern)
    except ValueError:
        return pattern
    return read if isinstance(read, str) else pattern
