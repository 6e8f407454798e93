"""Step 2 for chat: the JSON Schemas of tools and structured outputs, and the subset that `strict` allows.

The rules are those of OpenAI's guide to structured outputs ("Supported schemas"); the wordings are the API's own, as
its users quote them. A schema is walked with a stack of our own: it may be nested deeper than Python recurses.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from completions.wire.fields import resolves

TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
MAX_DEPTH, MAX_PROPERTIES, MAX_ENUM = 10, 5000, 1000
"""The guide's limits: levels of nested objects, properties in all, values of enums in all."""

UNSUPPORTED = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
    *("patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"),
    *("prefixItems", "contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems"),
)


class SchemaRules(NamedTuple):
    """The differences between hosts of OpenAI's models: the longest description, and what `strict` forbids."""

    longest_description: int | None = None
    forbidden: tuple[str, ...] = UNSUPPORTED


OPENAI = SchemaRules()
"""Recordings of 2025 and 2026 have accepted descriptions of 15,664 characters and strict schemas with `default`."""

AZURE = SchemaRules(1024, (*UNSUPPORTED, "default"))
"""Azure still has both limits (openai/openai-agents-python issue 4390, 2026; run-llama/llama_index pull 18784)."""

ROOT_UNIONS = ("oneOf", "anyOf", "allOf", "enum", "not")
_MAPS, _LISTS, _SINGLES = ("properties", "$defs", "definitions"), ("anyOf",), ("items",)


class Node(NamedTuple):
    """A schema within the schema: its path, its level of nested objects (the root's is 1), and the schema itself."""

    context: tuple[str, ...]
    depth: int
    schema: Any


def loose(schema: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a function's parameters, strict or not."""
    if (problem := _root(schema)) is not None:
        return problem
    if "properties" not in schema:
        return _at((), "object schema missing properties")
    return next(filter(None, map(_shape, walk(schema))), None)


def strict(schema: Mapping[str, Any], rules: SchemaRules = OPENAI) -> str | None:
    """Return what is wrong with a schema under `strict: true`, or None."""
    if (problem := _root(schema)) is not None:
        return problem
    defined: set[str] = {"#"}
    properties = values = 0
    for node in walk(schema):
        problem = _shape(node) or _strict_node(node, schema, defined, rules)
        if problem is not None:
            return problem
        properties += len(_mapping(node.schema, "properties"))
        values += len(_list(node.schema, "enum"))
        if node.depth > MAX_DEPTH and "object" in _kinds(node.schema):
            return f"{node.depth} levels of nesting exceeds limit of {MAX_DEPTH}."
    if properties > MAX_PROPERTIES:
        return f"{properties} object properties exceeds limit of {MAX_PROPERTIES}."
    if values > MAX_ENUM:
        return f"{values} enum values exceeds limit of {MAX_ENUM}."
    return None


def walk(schema: Mapping[str, Any]) -> Iterator[Node]:
    """Yield a schema and the schemas in it, each before its children, in their order."""
    stack = [Node((), 1, schema)]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node.schema, dict):
            stack += reversed(list(_inner(node)))


def _inner(node: Node) -> Iterator[Node]:
    for key in node.schema:
        if key in _MAPS:
            depth = node.depth + 1 if key == "properties" else 1
            for name, inner in _mapping(node.schema, key).items():
                yield Node((*node.context, key, name), depth, inner)
        elif key in _LISTS:
            for index, inner in enumerate(_list(node.schema, key)):
                yield Node((*node.context, key, str(index)), node.depth, inner)
        elif key in _SINGLES:
            yield Node((*node.context, key), node.depth, node.schema[key])


def _root(schema: Mapping[str, Any]) -> str | None:
    if (kind := schema.get("type")) == "object":
        if any(union in schema for union in ROOT_UNIONS):
            not_these = "/".join(f"'{union}'" for union in ROOT_UNIONS)
            return f"schema must have type 'object' and not have {not_these} at the top level."
        return None
    got = f'"{kind}"' if isinstance(kind, str | None) else _short(kind)
    return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {got}'."


_NUMBER, _WHOLE = ((int, float), "number"), ((int,), "integer")
LIMITS: Mapping[str, tuple[Sequence[type], str]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBER),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _WHOLE),
}
"""The keywords that limit, with what they may be: numbers are quoted by many who make schemas of Zod (2026)."""

_is_unlimited = frozenset(LIMITS).isdisjoint


def _shape(node: Node) -> str | None:
    """Say what is wrong with one schema in any mode: it must be one, and its type must be one."""
    schema = node.schema
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return _at(node.context, f"{_short(schema)} is not of type 'object', 'boolean'")
    kinds = _kinds(schema)
    for kind in kinds:
        if not isinstance(kind, str) or kind not in TYPES:
            return _at(node.context, f"{_short(schema['type'])} is not valid under any of the given schemas")
    for key in _MAPS:
        if not isinstance(schema.get(key, {}), dict):
            return _at(node.context, f"{_short(schema[key])} is not of type 'object'")
    for key in ("required", "enum", "anyOf"):
        if not isinstance(schema.get(key, []), list):
            return _at(node.context, f"{_short(schema[key])} is not of type 'array'")
    if "array" in kinds and "items" not in schema and "prefixItems" not in schema:
        return _at(node.context, "array schema missing items")
    return None if _is_unlimited(schema) else _limits(schema)


def _limits(schema: Mapping[str, Any]) -> str | None:
    """Return which limit is not a number; the API does not report the place of draft 4's `exclusiveMinimum: true`."""
    for name, (types, kind) in LIMITS.items():
        value = schema.get(name, 0)
        if type(value) not in types and not (type(value) is float and value.is_integer()):
            return f"{_short(value)} is not of type '{kind}'."
    return None


def _strict_node(node: Node, root: Mapping[str, Any], defined: set[str], rules: SchemaRules) -> str | None:
    """Return what is wrong with one schema under `strict`; `defined` has the references that were resolved."""
    schema, context = node.schema, node.context
    if isinstance(schema, bool):
        return _at(context, "schema must have a 'type' key")
    if "$ref" in schema:
        return _reference(node, root, defined)
    if "type" not in schema and "anyOf" not in schema:
        return _at(context, "schema must have a 'type' key")
    if "array" in _kinds(schema) and not isinstance(schema.get("items", {}), dict):  # measured on 2026-09-27
        return _at(context, "array schema items is not an object")
    for keyword in rules.forbidden:
        if keyword in schema:
            return _at(context, f"'{keyword}' is not permitted")
    numbers = {"integer", "number"}.intersection(map(str, _kinds(schema)))  # `int64` was taken (rig, 2026-09)
    if "format" in schema and not numbers and not (isinstance(schema["format"], str) and schema["format"] in FORMATS):
        return _at(context, f"{_short(schema['format'])} is not a valid format")
    return _strict_object(schema, context) if "object" in _kinds(schema) else None


def _strict_object(schema: dict[str, Any], context: tuple[str, ...]) -> str | None:
    if schema.get("additionalProperties") is not False:
        return _at(context, "'additionalProperties' is required to be supplied and to be false")
    properties, required = _mapping(schema, "properties"), _list(schema, "required")
    rule = "'required' is required to be supplied and to be an array including every key in properties"
    named = {name for name in required if isinstance(name, str)}
    if (left := next((name for name in properties if name not in named), None)) is not None:
        return _at(context, f"{rule}. Missing '{left}'")
    extra = next((name for name in required if not isinstance(name, str) or name not in properties), None)
    return _at(context, f"{rule}. Extra required key {_short(extra)} supplied") if extra is not None else None


def _reference(node: Node, root: Mapping[str, Any], defined: set[str]) -> str | None:
    target = node.schema["$ref"]
    if others := sorted(node.schema.keys() - {"$ref"}):
        return _at(node.context, f"$ref cannot have keywords {{{', '.join(map(repr, others))}}}")
    if isinstance(target, str) and (target in defined or resolves(target, root)):
        defined.add(target)
        return None
    return _at(node.context, f"reference to component {_short(target)} which was not found in the schema")


def _kinds(schema: dict[str, Any]) -> list[Any]:
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _mapping(schema: Any, key: str) -> dict[str, Any]:
    found = schema.get(key) if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _list(schema: Any, key: str) -> list[Any]:
    found = schema.get(key) if isinstance(schema, dict) else None
    return found if isinstance(found, list) else []


def _short(value: Any) -> str:
    """Write a value as the API's validator does, in Python's notation; only its kind if it holds others."""
    return (
        repr(value)[:120] if isinstance(value, str | int | float | None) else f"a value of type {type(value).__name__}"
    )


def _at(context: tuple[str, ...], why: str) -> str:
    return f"In context={context!r}, {why}."
