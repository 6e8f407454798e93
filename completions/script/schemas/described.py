"""What a description says of a value, for step 3: the values that it lists, the range of a number, and bounds.

People write `Relevant to the question, 'yes' or 'no'`, and `A score from 1 to 5`. Anthropic's API takes no keyword for
bounds. Its SDKs (anthropic 2, @anthropic-ai/sdk 1) end the description with `{minimum: 1, maximum: 10}` then, and
LiteLLM (1.110) with `Note: minimum value: 1, maximum value: 10.`, for the model to read.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from completions.script.schemas.alternatives import described_options
from completions.script.wording import HIGH, LOW

_KEYWORDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)
_WORDS: Mapping[str, str] = {
    **{keyword: keyword for keyword in _KEYWORDS},
    **{f"{bound}imum value": f"{bound}imum" for bound in ("min", "max")},
    **{f"exclusive {bound}imum value": f"exclusive{bound.title()}imum" for bound in ("min", "max")},
    **{f"{bound}imum length": f"{bound}Length" for bound in ("min", "max")},
    **{f"{bound}imum number of items": f"{bound}Items" for bound in ("min", "max")},
    **{f"{bound}imum number of properties": f"{bound}Properties" for bound in ("min", "max")},
    "must be a multiple of": "multipleOf",
}
"""How the bounds are written."""

_BOUND = re.compile(rf"(?:\A|, )({'|'.join(_WORDS)}):? (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?=, |\Z)")
_PATTERN = re.compile(r"(?:\A|, )pattern: (.+?)(?=, [a-zA-Z]+: |\Z)", re.DOTALL)

_RANGE = re.compile(
    r"(?i)\b(?:from|between|scale|range|score|rat(?:e|ing)|confidence|probability|percent\w*|level|priority|grade|[\[(])\b"
    rf"[^\n\d]{{0,30}}?(?<![\w.-]){LOW}\s*(?:to|and|[-\u2013])\s*{HIGH}(?![\w-])"
)
_RANGED = re.compile(
    rf"[\[(]\s*{LOW}\s*(?:to|[-\u2013])\s*{HIGH}\s*[)\]]"
    r"|\A\s*(\d{1,4})\s*[-\u2013]\s*(\d{1,6})\b"
)

_WRITTEN: tuple[tuple[re.Pattern[str], Mapping[str, object]], ...] = (
    (re.compile(r"(?i)YYYY-MM-DD[T ]?HH|ISO[- ]?8601[^.]*time"), {"format": "date-time"}),
    (re.compile(r"(?i)YYYY-MM-DD|ISO[- ]?8601"), {"format": "date"}),
    (re.compile(r"\bHH:MM\b"), {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
    (re.compile(r"['\"`]number-number['\"`]"), {"pattern": "^[1-9]?[0-9]-[1-9]?[0-9]$"}),
    (re.compile(r"\bSQL\b[^.]*\b(?:query|statement)\b"), {"examples": ["SELECT 1 AS total"]}),
)
"""How a text is to be written."""

_EXAMPLE = re.compile(
    r"(?i)(?:\be\.g\.|\b(?:for example|for instance|such as|like|format))[,:]?\s*"
    r"(?P<mark>['\"`])(?=[^'\"`\s]{0,40}\d)([^'\"`\s]{2,40})(?P=mark)"
)
"""An example of an id or the like, which has a digit: what follows its form is taken: `for example, '0-76'`."""

MAX_READ = 500
"""Characters of a description in which values and ranges are looked for."""

NOTHING: Mapping[str, object] = {}


def described(schema: Mapping[str, object]) -> Mapping[str, object]:
    """Return what a schema's description tells, as keywords; the same object for the same words."""
    description = schema.get("description")
    if not isinstance(description, str):
        return NOTHING
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return _read(description) or _range(description[:MAX_READ])
    if kind == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
        return _read(description) or _options(description[:MAX_READ])
    return _read(description)


@lru_cache(maxsize=256)
def _range(description: str) -> Mapping[str, object]:
    told = _RANGE.search(description) or _RANGED.search(description)
    low, high = [float(each) for each in told.groups() if each] if told else (0.0, 0.0)
    return {"minimum": low, "maximum": high} if low < high else NOTHING


@lru_cache(maxsize=256)
def _options(description: str) -> Mapping[str, object]:
    written = next((keywords for pattern, keywords in _WRITTEN if pattern.search(description)), None)
    options = described_options(description)
    shown = [each[2] for each in _EXAMPLE.finditer(description)]
    return written or ({"enum": options} if options else {"examples": shown} if shown else NOTHING)


@lru_cache(maxsize=256)
def _read(description: str) -> Mapping[str, object]:
    if not description.endswith(("}", ".")):
        return NOTHING
    before, opening = ("\n\n", "{") if description.endswith("}") else (" ", "Note: ")
    _, found, told = (before + description[:-1]).rpartition(before + opening)
    if not found:
        return NOTHING
    read: dict[str, object] = {_WORDS[each[1]]: json.loads(each[2]) for each in _BOUND.finditer(told)}
    if opening == "{" and (each := _PATTERN.search(told)):
        read["pattern"] = _unquoted(each[1])
    return read


def _unquoted(pattern: str) -> str:
    """Return a pattern, which is a JSON text in one SDK, and as it is in the other."""
    try:
        read = json.loads(pattern)
    except ValueError:
        return pattern
    return read if isinstance(read, str) else pattern
