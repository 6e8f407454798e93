"""Convert Gemini's `Schema` messages to JSON Schema, which other APIs use for tools and formats."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import mapping, text, texts
from completions.wire.gemini.fields import integer, pick

SAME_KEYWORDS = ("title", "description", "enum", "pattern", "default", "minimum", "maximum", "required")
COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
"""int64 fields, which come as strings."""

MAX_DEPTH = 60
"""The levels that are read; the API's own limit is lower."""


def json_schema(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a Schema message (`types.Schema` of google-genai) as JSON Schema: `STRING` is `string`."""
    if depth > MAX_DEPTH:
        return {}
    document: dict[str, Any] = {key: schema[key] for key in SAME_KEYWORDS if schema.get(key) is not None}
    document |= {key: count for key in COUNTS if (count := integer(pick(schema, key), 0)) is not None}
    if (kind := text(schema.get("type")).lower()) not in ("", "type_unspecified"):
        document["type"] = [kind, "null"] if schema.get("nullable") is True else kind
    if properties := mapping(schema.get("properties")):
        order = [*texts(pick(schema, "propertyOrdering")), *properties]
        known = {name: properties[name] for name in order if name in properties}
        document["properties"] = {name: json_schema(mapping(inner), depth + 1) for name, inner in known.items()}
    if isinstance(items := schema.get("items"), dict):
        document["items"] = json_schema(items, depth + 1)
    if isinstance(options := pick(schema, "anyOf"), list):
        document["anyOf"] = [json_schema(mapping(option), depth + 1) for option in options]
    extra = pick(schema, "additionalProperties")
    if extra is not None:
        document["additionalProperties"] = json_schema(extra, depth + 1) if isinstance(extra, dict) else extra
    return document | _references(schema, depth)


def lowercase_types(schema: Any, depth: int = 0) -> Any:
    """Return a JSON Schema with types in small letters: clients send Google's names (`OBJECT`) here too."""
    if depth > MAX_DEPTH:
        return schema
    if isinstance(schema, list):
        return [lowercase_types(item, depth + 1) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: lowercase_types(value, depth + 1) for key, value in schema.items()}
    kind = schema.get("type")
    if isinstance(kind, str):
        found["type"] = kind.lower()
    elif isinstance(kind, list):
        found["type"] = [each.lower() if isinstance(each, str) else each for each in kind]
    return found


def _references(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    references: dict[str, Any] = {}
    if defs := mapping(schema.get("$defs") or schema.get("defs")):
        references["$defs"] = {name: json_schema(mapping(inner), depth + 1) for name, inner in defs.items()}
    if ref := schema.get("$ref") or schema.get("ref"):
        references["$ref"] = ref
    return references
