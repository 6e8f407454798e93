"""JSON Schemas as OpenAI's models read them: functions as types in a namespace, as in TypeScript.

The API's form is not published. This one was derived from the token counts of recorded requests; the order of the
properties, the comments for descriptions, and the omissions come from OpenAI's open `harmony` renderer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions import budget
from completions.conversation import Tool

MAX_DEPTH, MAX_SCHEMAS = 32, 5_000
"""The levels of a schema, and the number of its subschemas, that are written; a recursive one has no end."""

MAX_REPEATS = 6
"""How often a recursive schema is repeated within itself."""

NAMES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
"""Keywords that become comments above a property."""


def functions(tools: Sequence[Tool], *, by_groq: bool = False) -> str:
    """Write functions as OpenAI does, or as Groq does for OpenAI's open models."""
    types = "".join(f"{as_comment(tool.description)}{_function(tool, by_groq)}\n\n" for tool in tools)
    return f"namespace functions {{\n\n{types}}} // namespace functions"


def _function(tool: Tool, by_groq: bool) -> str:
    if tool.kind == "custom":
        return f"type {tool.name} = (FREEFORM) => any;"
    empty = not tool.parameters.get("properties")
    if empty and not by_groq:
        return f"type {tool.name} = () => any;"
    title, description = tool.parameters.get("title"), tool.parameters.get("description")
    head = as_comment(title) + as_comment(description)
    if not by_groq:
        return f"type {tool.name} = (_: {head}{as_type(tool.parameters)}) => any;"
    type_ = "{\n}" if empty else _GroqWriter(tool.parameters).type(tool.parameters, 0)
    return f"type {tool.name} = (_: {head}{_closed_comment(tool.parameters)}{type_}) => any;"


def as_type(schema: Mapping[str, Any]) -> str:
    """Write a schema as a type."""
    return _Writer(schema).type(schema, 0)


def schema_as_json(schema: Mapping[str, Any]) -> str:
    """Write the schema of an answer as JSON, without the keywords that the model does not see."""
    return as_json(_visible(schema))


HIDDEN_KEYWORDS = frozenset(
    {"$schema", "additionalProperties", "required", "default", "minItems", "maxItems", "multipleOf"} | BOUNDS
)
"""Keywords of a schema that the API enforces itself, and does not show to the model."""


def _visible(schema: object) -> object:
    if isinstance(schema, list):
        return [_visible(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: _visible_value(key, value) for key, value in schema.items() if key not in HIDDEN_KEYWORDS}


def _visible_value(key: str, value: object) -> object:
    if key in ("properties", "$defs", "definitions") and isinstance(value, Mapping):
        return {name: _visible(inner) for name, inner in value.items()}
    return value if key in ("const", "enum") else _visible(value)


class _Writer:
    """Writes one schema; recursive and very large ones are cut off."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root, self._schemas_left = root, MAX_SCHEMAS

    def type(self, schema: object, level: int) -> str:
        """Write a schema at a level of nesting."""
        self._schemas_left -= 1
        if not isinstance(schema, Mapping) or level > MAX_DEPTH or self._schemas_left < 0:
            return "any"
        if isinstance(address := schema.get("$ref"), str):
            siblings = {key: value for key, value in schema.items() if key != "$ref"}
            return self.type({**resolve_reference(address, self._root), **siblings}, level + 1)
        if "const" in schema:
            return as_json(schema["const"])
        if isinstance(values := schema.get("enum"), list):
            return " | ".join(map(as_json, values))
        for key in ("anyOf", "oneOf"):
            if isinstance(options := schema.get(key), list):
                return " | ".join(self.type(option, level + 1) for option in options)
        return self._type_by_name(schema, level)

    def _type_by_name(self, schema: Mapping[str, Any], level: int) -> str:
        """Write a schema by its type's name."""
        kind = schema.get("type")
        if isinstance(kind, list):
            return " | ".join(self.type({**schema, "type": each}, level + 1) for each in kind)
        if kind == "array":
            return f"{self.type(schema['items'], level + 1)}[]" if "items" in schema else "any[]"
        if isinstance(properties := schema.get("properties"), Mapping) and properties:
            return self._object(properties, schema, level)
        return "object" if kind == "object" else NAMES.get(str(kind), "any")

    def _object(self, properties: Mapping[str, object], schema: Mapping[str, Any], level: int) -> str:
        """Write an object: first its required properties, in their order."""
        required = schema.get("required")
        required_names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        place = {name: at for at, name in enumerate(required_names)}
        names = sorted(properties, key=lambda name: place.get(name, len(place)))
        each_name = budget.on_loop_while_there_is_time(names)
        lines = [self._property(name, properties[name], name in place, level) for name in each_name]
        lines[-1] = self._last(lines[-1], properties[names[-1]])
        return "{\n" + "".join(lines) + "}"

    def _last(self, line: str, schema: object) -> str:
        """Return the line of the last property, which may have no comma."""
        if isinstance(schema, Mapping) and schema.keys() & ({"title", "description", "default"} | BOUNDS):
            return line
        return line.removesuffix(",\n") + " "

    def _property(self, name: str, schema: object, needed: bool, level: int) -> str:
        inner = schema if isinstance(schema, Mapping) else {}
        head = as_comment(inner.get("title")) + as_comment(inner.get("description"))
        head += self._limits(inner)
        end = f" // default: {_plain(inner['default'])}" if "default" in inner else ","
        return f"{head}{name}{'' if needed else '?'}: {self.type(inner, level + 1)}{end}\n"

    def _limits(self, schema: Mapping[str, Any]) -> str:
        """Write the bounds of a value as comments."""
        return "".join(f"// {key}: {as_json(value)}\n" for key, value in schema.items() if key in BOUNDS)


class _GroqWriter(_Writer):
    """Writes one schema as Groq does for OpenAI's open models, which also see `additionalProperties: false`."""

    def _last(self, line: str, schema: object) -> str:
        return line

    def _limits(self, schema: Mapping[str, Any]) -> str:
        return super()._limits(schema) + _closed_comment(schema)


def _closed_comment(schema: Mapping[str, Any]) -> str:
    return "// additionalProperties: false\n" if schema.get("additionalProperties") is False else ""


def as_comment(text: object) -> str:
    """Write a text as comments, a line each."""
    if not isinstance(text, str) or not text:
        return ""
    return "".join(f"// {line.strip()}".rstrip() + "\n" for line in text.split("\n"))


def resolve_reference(address: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the target of a reference within a schema; empty if there is none."""
    found: object = root
    for key in _keys(address):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _keys(address: str) -> Iterator[str]:
    return (key.replace("~1", "/").replace("~0", "~") for key in address.removeprefix("#").split("/") if key)


def as_json(value: object) -> str:
    """Write a value as JSON without blanks."""
    try:
        text = orjson.dumps(value).decode()
    except (orjson.JSONEncodeError, TypeError):
        return "any"
    budget.spend_characters(len(text))
    return text


def _plain(value: object) -> str:
    return value if isinstance(value, str) else as_json(value)


def walk_schema(root: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a schema and its subschemas, with the names of properties; targets of references are included.

    A recursive schema is repeated a few times, and depth and number are limited.
    """
    schemas_left = [MAX_SCHEMAS]

    def walk(name: str, schema: object, level: int, within: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        schemas_left[0] -= 1
        if not isinstance(schema, Mapping) or level > MAX_DEPTH or schemas_left[0] < 0:
            return
        yield name, schema
        if isinstance(address := schema.get("$ref"), str) and within.count(address) < MAX_REPEATS:
            yield from walk("", resolve_reference(address, root), level + 1, (*within, address))
        for inner_name, inner in _inner(schema):
            yield from walk(inner_name, inner, level + 1, within)

    return walk("", root, 0, ())


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the direct subschemas of a schema, with the names of properties."""
    if isinstance(found := schema.get("properties"), Mapping):
        yield from found.items()
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(options := schema.get(key), list):
            yield from (("", option) for option in options)
    for key in ("items", "additionalProperties"):
        yield "", schema.get(key)
