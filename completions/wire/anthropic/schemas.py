"""Step 2 for Anthropic's Messages API: the JSON Schemas that are kept to, of strict tools and of answers.

What is refused, and in which words, many projects met in production and wrote down from November 2025 to October 2026;
the formats are those of the anthropic SDK (`lib/_parse/_transform.py`). A grammar that is too large to compile is
refused by the API too, by a measure that nobody knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.fields import mapping, resolves, texts
from completions.wire.validation import Problem

FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
_NUMBER = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_STRING = ("minLength", "maxLength")
_ARRAY = (
    *("items", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems"),
    "unevaluatedItems",
)
_OBJECT = (
    *("minProperties", "maxProperties", "propertyNames", "patternProperties", "dependentRequired"),
    *("dependentSchemas", "unevaluatedProperties"),
)
_ANY = ("oneOf", "not", "if", "then", "else")
_ARRAYS_OWN = ("items", "minItems")
UNSUPPORTED: Mapping[str, tuple[str, ...]] = {
    "integer": (*_NUMBER, *_ANY),
    "number": (*_NUMBER, *_ANY),
    "string": (*_STRING, *_ANY),
    "array": (*(name for name in _ARRAY if name not in _ARRAYS_OWN), *_ANY),
    "object": (*_OBJECT, *_ARRAY, *_ANY, "name", "strict"),
}
"""The keywords that a schema of a type cannot have; `name` and `strict` are none, and were refused in production."""

MAX_STRICT, MAX_OPTIONAL, MAX_UNIONS = 20, 24, 16
"""The most strict tools of a request, and the most parameters of all its schemas that are optional, or unions."""


def walk(schema: Any) -> Iterator[Any]:
    """Yield a schema and those within, each before its own; not by recursion, as it may be nested deeper than that."""
    left = [schema]
    while left:
        each = left.pop()
        yield each
        if isinstance(each, dict):
            left += reversed(_subschemas(each))


def _subschemas(schema: Mapping[str, Any]) -> list[Any]:
    """Return the schemas that stand in a schema, in their order."""
    found: list[Any] = []
    for key, value in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(value, dict):
            found += value.values()
        elif key in ("anyOf", "allOf", "oneOf") and isinstance(value, list):
            found += value
        elif key == "items":
            found.append(value)
    return found


def unsuitable_schemas(body: Mapping[str, Any]) -> Problem | None:
    """Return what is wrong with the schemas of strict tools and of the answer, one by one and together."""
    tools = body.get("tools") or []
    strict = {f"tools[{at}].custom": tool["input_schema"] for at, tool in enumerate(tools) if _is_strict(tool)}
    if len(strict) > MAX_STRICT:
        return Wrong(
            f"Too many strict tools ({len(strict)}). The maximum number of strict tools supported is {MAX_STRICT}. Try "
            "reducing the number of tools marked as strict."
        )
    places = {"output_config.format": mapping(body.get("output_config")).get("format")}
    places["output_format"] = body.get("output_format")
    asked = {f"{place}.schema": mapping(form)["schema"] for place, form in places.items() if form}
    for place, schema in (strict | asked).items():
        if (why := unsupported(schema)) is not None:
            return Wrong(why, place)
    return _too_many([*strict.values(), *asked.values()])


def _is_strict(tool: Mapping[str, Any]) -> bool:
    return tool.get("strict") is True and isinstance(tool.get("input_schema"), dict)


def unsupported(schema: Mapping[str, Any]) -> str | None:
    """Say what of a schema the API does not support; None if it can keep to it."""
    for each in walk(schema):
        if isinstance(each, dict) and (why := _unsupported_one(each)) is not None:
            return why
    return _references(schema)


def _unsupported_one(schema: Mapping[str, Any]) -> str | None:
    kinds = _kinds(schema)
    if not schema:
        return "Empty schema ({}) that accepts any JSON value is not supported."
    if not kinds and (union := next((word for word in _ANY if word in schema), None)):
        return f"Schema type '{union}' is not supported"
    for kind in kinds:
        if (why := _unsupported_kind(schema, kind)) is not None:
            return why
    return _enumerated(schema)


def _unsupported_kind(schema: Mapping[str, Any], kind: str) -> str | None:
    if kind == "object" and (why := _open(schema)) is not None:
        return why
    if kind == "array" and schema.get("minItems", 0) not in (0, 1):
        bounds = f"{schema['minItems']}, {schema.get('maxItems', '∞')}"
        return f"For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [{bounds}])"
    if found := sorted(word for word in UNSUPPORTED.get(kind, ()) if word in schema):
        told = f"property '{found[0]}' is" if len(found) == 1 else f"properties {', '.join(found)} are"
        return f"For '{kind}' type, {told} not supported"
    if kind == "string" and "format" in schema and str(schema["format"]) not in FORMATS:
        return f"For 'string' type, format '{schema['format']}' is not supported"
    return None


def _open(schema: Mapping[str, Any]) -> str | None:
    """Say what is wrong with an object that takes properties of other names."""
    if "additionalProperties" not in schema:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if (given := schema["additionalProperties"]) is False:
        return None
    told = "true" if given is True else "object"
    return (
        f"For 'object' type, 'additionalProperties: {told}' is not supported. Please set 'additionalProperties' to "
        "false"
    )


_TYPES: Mapping[str, tuple[type, ...]] = {
    **{"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),)},
}


def _enumerated(schema: Mapping[str, Any]) -> str | None:
    """Say which value of an enumeration is not of the declared type; of several types none is."""
    kind, values = schema.get("type"), schema.get("enum")
    if kind is None or not isinstance(values, list):
        return None
    taken = _TYPES.get(kind, ()) if isinstance(kind, str) else ()
    wrong = (value for value in values if type(value) not in taken)
    return next(
        (f"Invalid schema: Enum value '{value}' does not match declared type '{kind}'" for value in wrong), None
    )


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type") or []
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _references(schema: Mapping[str, Any]) -> str | None:
    """Say which reference leads nowhere, or back to itself."""
    named = {
        f"#/{place}/{name}": each
        for place in ("$defs", "definitions")
        for name, each in mapping(schema.get(place)).items()
    }
    led = {"#": [*_targets({**schema, "$defs": {}, "definitions": {}})]}
    led |= {name: [*_targets(each)] for name, each in named.items()}
    if lost := next((name for names in led.values() for name in names if not resolves(name, schema)), None):
        return f"Invalid schema: Reference to non-existent definition: {lost}"
    if (circle := _circle(led)) is None:
        return None
    path = " -> ".join(name.rpartition("/")[2] for name in circle)
    told = "Self-referencing or mutually-referencing definitions are not supported."
    return f"Circular reference detected in schema definitions: {path}. {told}"


def _targets(schema: Any) -> Iterator[str]:
    return (to for each in walk(schema) if isinstance(to := mapping(each).get("$ref"), str))


def _circle(led: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the names along a circle of references, whose first is its last, too."""
    done: set[str] = set()
    for start in led:
        path = {start: iter(led[start])}
        while path:
            last = next(reversed(path))
            following = next((name for name in path[last] if name not in done), None)
            if following is None:
                done.add(last)
                del path[last]
            elif following in path:
                names = [*path, following]
                return names[names.index(following) :]
            else:
                path[following] = iter(led.get(following, ()))
    return None


def _too_many(schemas: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Refuse more optional parameters, and more that are of several types, than a grammar is made for."""
    optional = unions = 0
    for each in (mapping(each) for schema in schemas for each in walk(schema)):
        parameters = mapping(each.get("properties"))
        optional += len(parameters.keys() - set(texts(each.get("required"))))
        unions += sum(map(_is_union, parameters.values()))
    if optional > MAX_OPTIONAL:
        return Wrong(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation "
            "inefficient. Reduce the number of optional parameters in your tool schemas "
            f"(limit: {MAX_OPTIONAL})."
        )
    if unions > MAX_UNIONS:
        return Wrong(
            f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf). "
            "This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
            f"(limit: {MAX_UNIONS} parameters with unions)."
        )
    return None


def _is_union(schema: Any) -> bool:
    return "anyOf" in mapping(schema) or isinstance(mapping(schema).get("type"), list)
