"""Step 2 for Anthropic's Messages API: whether the schema of a tool is a valid JSON Schema of draft 2020-12.

Users' MCP servers had these problems until September 2026: limits that are booleans, as in draft 4; duplicate names in
`required`; `items` that is a list. Keywords that are not in the draft are ignored.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

Predicate = Callable[[Any], bool]


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


SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords with schemas by name."""

SCHEMA_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
"""Keywords with a list of schemas."""

SINGLE_SCHEMAS = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
"""Keywords with one schema."""

KEYWORDS: Mapping[str, Predicate] = {
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
    **dict.fromkeys(SCHEMAS_BY_NAME, _is_mapping),
    "properties": _is_mapping_or_null,
    **dict.fromkeys(SCHEMA_LISTS, _are_schemas),
    **dict.fromkeys(SINGLE_SCHEMAS, _is_schema),
}
"""The check of each keyword's value; the schemas in it are checked separately."""


def is_valid(schema: Any) -> bool:
    """Tell whether a schema and its subschemas are valid; without recursion, as it may be deeply nested."""
    remaining = [schema]
    while remaining:
        each = remaining.pop()
        if not _is_schema(each):
            return False
        if isinstance(each, dict):
            if not all(KEYWORDS[key](value) for key, value in each.items() if key in KEYWORDS):
                return False
            remaining += _subschemas(each)
    return True


def _subschemas(schema: Mapping[str, Any]) -> Iterator[Any]:
    for key, value in schema.items():
        if key in SCHEMAS_BY_NAME:
            yield from (value or {}).values()
        elif key in SCHEMA_LISTS:
            yield from value
        elif key in SINGLE_SCHEMAS:
            yield value
