"""What a description says of a value, for step 3, where Anthropic's API takes no keyword for it.

Its SDKs (anthropic 2, @anthropic-ai/sdk 1) end the description with `{minimum: 1, maximum: 10}` then, and LiteLLM
(1.110) with `Note: minimum value: 1, maximum value: 10.`, for the model to read.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache

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

NOTHING: Mapping[str, object] = {}


def described(schema: Mapping[str, object]) -> Mapping[str, object]:
    """Return the bounds that a schema's description ends with, as keywords; the same object for the same words."""
    description = schema.get("description")
    return _read(description) if isinstance(description, str) and description.endswith(("}", ".")) else NOTHING


@lru_cache(maxsize=256)
def _read(description: str) -> Mapping[str, object]:
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
