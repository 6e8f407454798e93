"""Gemini's `Schema` messages as JSON Schema, which is what tools and formats are in for everyone else."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import mapping, text, texts
from completions.wire.gemini.fields import integer, pick

SAME = ("title", "description", "enum", "pattern", "default", "minimum", "maximum", "required")
COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
"""int64 fields: they come as strings."""

MAX_DEPTH = 60
"""Levels that are read; the API refuses fewer."""


def json_schema(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a Schema message (`types.Schema` of google-genai) as JSON Schema: `STRING` is `string`."""
    if depth > MAX_DEPTH:
        return {}
    found: dict[str, Any] = {key: schema[key] for key in SAME if schema.get(key) is not None}
    found |= {key: count for key in COUNTS if (count := integer(pick(schema, key), 0)) is not None}
    if (kind := text(schema.get("type")).lower()) not in ("", "type_unspecified"):
        found["type"] = [kind, "null"] if schema.get("nullable") is True else kind
    if properties := mapping(schema.get("properties")):
        order = [*texts(pick(schema, "propertyOrdering")), *properties]
        known = {name: properties[name] for name in order if name in properties}
        found["properties"] = {name: json_schema(mapping(inner), depth + 1) for name, inner in known.items()}
    if isinstance(items := schema.get("items"), dict):
        found["items"] = json_schema(items, depth + 1)
    if isinstance(options := pick(schema, "anyOf"), list):
        found["anyOf"] = [json_schema(mapping(option), depth + 1) for option in options]
    extra = pick(schema, "additionalProperties")
    if extra is not None:
        found["additionalProperties"] = json_schema(extra, depth + 1) if isinstance(extra, dict) else extra
    return found | _references(schema, depth)


def lowered(schema: Any, depth: int = 0) -> Any:
    """Return a JSON Schema whose types are in small letters: clients give Google's names (`OBJECT`) here too."""
    if depth > MAX_DEPTH:
        return schema
    if isinstance(schema, list):
        return [lowered(item, depth + 1) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: lowered(value, depth + 1) for key, value in schema.items()}
    kind = schema.get("type")
    if isinstance(kind, str):
        found["type"] = kind.lower()
    elif isinstance(kind, list):
        found["type"] = [each.lower() if isinstance(each, str) else each for each in kind]
    return found


def _references(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if defs := mapping(schema.get("$defs") or schema.get("defs")):
        found["$defs"] = {name: json_schema(mapping(inner), depth + 1) for name, inner in defs.items()}
    if ref := schema.get("$ref") or schema.get("ref"):
        found["$ref"] = ref
    return found
