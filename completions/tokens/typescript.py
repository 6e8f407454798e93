"""JSON Schemas as OpenAI's models read them: functions as types in a namespace, as in TypeScript.

What the API writes it does not tell. This form was worked out from the token counts of recorded requests; the order of
the properties, comments for descriptions, and what is left out come from OpenAI's open `harmony` renderer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions import budget
from completions.conversation import Tool

MAX_DEPTH, MAX_SCHEMAS = 32, 5_000
"""Levels, and schemas within one, that are written; one that refers to itself has no end."""

MAX_TURNS = 6
"""How often a schema that refers to itself is written within itself."""

NAMES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
"""Keywords that stand as comments above a property."""


def functions(tools: Sequence[Tool], *, by_groq: bool = False) -> str:
    """Write the functions that are offered, as OpenAI does, or as Groq does for OpenAI's open models."""
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
        return f"type {tool.name} = (_: {head}{written(tool.parameters)}) => any;"
    type_ = "{\n}" if empty else _GroqsWriter(tool.parameters).type(tool.parameters, 0)
    return f"type {tool.name} = (_: {head}{_closed(tool.parameters)}{type_}) => any;"


def written(schema: Mapping[str, Any]) -> str:
    """Write a schema as a type."""
    return _Writer(schema).type(schema, 0)


def schema_as_json(schema: Mapping[str, Any]) -> str:
    """Write the schema of an answer as JSON, without what the model is not shown."""
    return as_json(_shown(schema))


IDLE = frozenset(
    {"$schema", "additionalProperties", "required", "default", "minItems", "maxItems", "multipleOf"} | BOUNDS
)
"""Keywords of a schema that the API itself holds the answer to, and does not show to the model."""


def _shown(schema: object) -> object:
    if isinstance(schema, list):
        return [_shown(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: _shown_at(key, value) for key, value in schema.items() if key not in IDLE}


def _shown_at(key: str, value: object) -> object:
    if key in ("properties", "$defs", "definitions") and isinstance(value, Mapping):
        return {name: _shown(inner) for name, inner in value.items()}
    return value if key in ("const", "enum") else _shown(value)


class _Writer:
    """Writes one schema; what refers to itself, or to the same things over and over, is cut off."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root, self._left = root, MAX_SCHEMAS

    def type(self, schema: object, level: int) -> str:
        """Write a schema that stands so many levels deep."""
        self._left -= 1
        if not isinstance(schema, Mapping) or level > MAX_DEPTH or self._left < 0:
            return "any"
        if isinstance(address := schema.get("$ref"), str):
            own = {key: value for key, value in schema.items() if key != "$ref"}
            return self.type({**at(address, self._root), **own}, level + 1)
        if "const" in schema:
            return as_json(schema["const"])
        if isinstance(values := schema.get("enum"), list):
            return " | ".join(map(as_json, values))
        for key in ("anyOf", "oneOf"):
            if isinstance(options := schema.get(key), list):
                return " | ".join(self.type(option, level + 1) for option in options)
        return self._named(schema, level)

    def _named(self, schema: Mapping[str, Any], level: int) -> str:
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
        """Write an object: first what it must have, in that order."""
        required = schema.get("required")
        needed = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        place = {name: at for at, name in enumerate(needed)}
        names = sorted(properties, key=lambda name: place.get(name, len(place)))
        lines = [self._property(name, properties[name], name in place, level) for name in names]
        lines[-1] = self._last(lines[-1], properties[names[-1]])
        return "{\n" + "".join(lines) + "}"

    def _last(self, line: str, schema: object) -> str:
        """Return the line of the last property as it is written."""
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
        """Write what else a value is held to as comments."""
        return "".join(f"// {key}: {as_json(value)}\n" for key, value in schema.items() if key in BOUNDS)


class _GroqsWriter(_Writer):
    """Writes one schema as Groq does for OpenAI's open models, which also see what may not be in an object."""

    def _last(self, line: str, schema: object) -> str:
        return line

    def _limits(self, schema: Mapping[str, Any]) -> str:
        return super()._limits(schema) + _closed(schema)


def _closed(schema: Mapping[str, Any]) -> str:
    return "// additionalProperties: false\n" if schema.get("additionalProperties") is False else ""


def as_comment(text: object) -> str:
    """Write a text as comments, a line each."""
    if not isinstance(text, str) or not text:
        return ""
    return "".join(f"// {line.strip()}".rstrip() + "\n" for line in text.split("\n"))


def at(address: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference within a schema leads to; nothing where it leads nowhere."""
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
    """Go through a schema and those in it, with the names that those of properties have; what is referred to counts.

    One that refers to itself is gone through a few times, and none is followed very deep or very long.
    """
    left = [MAX_SCHEMAS]

    def walk(name: str, schema: object, level: int, within: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        left[0] -= 1
        if not isinstance(schema, Mapping) or level > MAX_DEPTH or left[0] < 0:
            return
        yield name, schema
        if isinstance(address := schema.get("$ref"), str) and within.count(address) < MAX_TURNS:
            yield from walk("", at(address, root), level + 1, (*within, address))
        for inner_name, inner in _inner(schema):
            yield from walk(inner_name, inner, level + 1, within)

    return walk("", root, 0, ())


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Go through the schemas in a schema, with the names that those of properties have."""
    if isinstance(found := schema.get("properties"), Mapping):
        yield from found.items()
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(options := schema.get(key), list):
            yield from (("", option) for option in options)
    for key in ("items", "additionalProperties"):
        yield "", schema.get(key)
