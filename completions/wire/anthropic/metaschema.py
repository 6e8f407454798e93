"""Step 2 for Anthropic's Messages API: whether the schema of a tool is a JSON Schema of draft 2020-12 at all.

What its users' servers of MCP tripped over, as they wrote it down until September 2026: limits that are booleans, as in
draft 4; names that `required` has twice; `items` that is a list. Keywords that the draft has not are passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

Fits = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_above_zero(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_list(value: Any) -> bool:
    return type(value) is list


def _are_names(value: Any) -> bool:
    if value is None:  # as the SDK's types have it, of properties too
        return True
    return _is_list(value) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:
    kinds = value if _is_list(value) else [value]
    return bool(kinds) and all(type(kind) is str and kind in TYPES for kind in kinds) and len(set(kinds)) == len(kinds)


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict) or _is_flag(value)


def _are_schemas(value: Any) -> bool:
    return _is_list(value) and bool(value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_mapping_or_null(value: Any) -> bool:
    return value is None or isinstance(value, dict)


NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords with schemas by name."""

LISTED = ("anyOf", "allOf", "oneOf", "prefixItems")
"""Keywords with a list of schemas."""

SINGLE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
"""Keywords with one schema."""

KEYWORDS: Mapping[str, Fits] = {
    "type": _is_type,
    **dict.fromkeys(("$ref", "$id", "$schema", "$comment", "$anchor", "title", "description"), _is_text),
    **dict.fromkeys(("pattern", "contentEncoding", "contentMediaType"), _is_text),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": _is_above_zero,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_count),
    **dict.fromkeys(("minContains", "maxContains"), _is_count),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _is_flag),
    **dict.fromkeys(("enum", "examples"), _is_list),
    "required": _are_names,
    **dict.fromkeys(NAMED, _is_mapping),
    "properties": _is_mapping_or_null,
    **dict.fromkeys(LISTED, _are_schemas),
    **dict.fromkeys(SINGLE, _is_schema),
}
"""What the draft wants of the value of a keyword, besides what is wanted of the schemas in it."""


def is_valid(schema: Any) -> bool:
    """Tell whether a schema, and each within it, is one; not by recursion, as it may be nested deeper than that."""
    left = [schema]
    while left:
        each = left.pop()
        if not _is_schema(each):
            return False
        if isinstance(each, dict):
            if not all(KEYWORDS[key](value) for key, value in each.items() if key in KEYWORDS):
                return False
            left += _within(each)
    return True


def _within(schema: Mapping[str, Any]) -> Iterator[Any]:
    for key, value in schema.items():
        if key in NAMED:
            yield from (value or {}).values()
        elif key in LISTED:
            yield from value
        elif key in SINGLE:
            yield value
