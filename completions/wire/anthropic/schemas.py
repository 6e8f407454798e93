"""Step 2 for Anthropic's Messages API: the checks of enforced JSON Schemas, of strict tools and of answers.

The refusals and their words were met in production and published by many projects from November 2025 to October 2026;
the formats are those of the anthropic SDK (`lib/_parse/_transform.py`). The API also refuses a grammar that is too
large to compile, by an unknown measure.
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
"""The keywords that a schema of a type cannot have; `name` and `strict` are not keywords, but were refused too."""

MAX_STRICT, MAX_OPTIONAL, MAX_UNIONS = 20, 24, 16
"""The most strict tools of a request, and the most optional parameters and unions of all its schemas."""


def walk(schema: Any) -> Iterator[Any]:
    """Yield a schema and its subschemas, each before its own; without recursion, as it may be deeply nested."""
    remaining = [schema]
    while remaining:
        each = remaining.pop()
        yield each
        if isinstance(each, dict):
            remaining += reversed(_subschemas(each))


def _subschemas(schema: Mapping[str, Any]) -> list[Any]:
    """Return the direct subschemas of a schema, in their order."""
    found: list[Any] = []
    for key, value in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(value, dict):
            found += value.values()
        elif key in ("anyOf", "allOf", "oneOf") and isinstance(value, list):
            found += value
        elif key == "items":
            found.append(value)
    return found


def schema_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of the schemas of strict tools and of the answer, one by one and together."""
    tools = body.get("tools") or []
    strict = {f"tools[{at}].custom": tool["input_schema"] for at, tool in enumerate(tools) if _is_strict(tool)}
    if len(strict) > MAX_STRICT:
        return Wrong(
            f"Too many strict tools ({len(strict)}). The maximum number of strict tools supported is {MAX_STRICT}. Try "
            "reducing the number of tools marked as strict."
        )
    places = {"output_config.format": mapping(body.get("output_config")).get("format")}
    places["output_format"] = body.get("output_format")
    answer_schemas = {f"{place}.schema": mapping(form)["schema"] for place, form in places.items() if form}
    for place, schema in (strict | answer_schemas).items():
        if (reason := unsupported_reason(schema)) is not None:
            return Wrong(reason, place)
    return _too_many([*strict.values(), *answer_schemas.values()])


def _is_strict(tool: Mapping[str, Any]) -> bool:
    return tool.get("strict") is True and isinstance(tool.get("input_schema"), dict)


def unsupported_reason(schema: Mapping[str, Any]) -> str | None:
    """Return why the API does not support a schema; None if it does."""
    for each in walk(schema):
        if isinstance(each, dict) and (reason := _single_schema_reason(each)) is not None:
            return reason
    return _reference_reason(schema)


def _single_schema_reason(schema: Mapping[str, Any]) -> str | None:
    kinds = _kinds(schema)
    if not schema:
        return "Empty schema ({}) that accepts any JSON value is not supported."
    if not kinds and (union := next((word for word in _ANY if word in schema), None)):
        return f"Schema type '{union}' is not supported"
    for kind in kinds:
        if (reason := _type_reason(schema, kind)) is not None:
            return reason
    return _enum_reason(schema)


def _type_reason(schema: Mapping[str, Any], kind: str) -> str | None:
    if kind == "object" and (reason := _open_object_reason(schema)) is not None:
        return reason
    if kind == "array" and schema.get("minItems", 0) not in (0, 1):
        bounds = f"{schema['minItems']}, {schema.get('maxItems', '∞')}"
        return f"For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [{bounds}])"
    if found := sorted(word for word in UNSUPPORTED.get(kind, ()) if word in schema):
        subject = f"property '{found[0]}' is" if len(found) == 1 else f"properties {', '.join(found)} are"
        return f"For '{kind}' type, {subject} not supported"
    if kind == "string" and "format" in schema and str(schema["format"]) not in FORMATS:
        return f"For 'string' type, format '{schema['format']}' is not supported"
    return None


def _open_object_reason(schema: Mapping[str, Any]) -> str | None:
    """Return why an object that accepts additional properties is not supported."""
    if "additionalProperties" not in schema:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if (value := schema["additionalProperties"]) is False:
        return None
    shown = "true" if value is True else "object"
    return (
        f"For 'object' type, 'additionalProperties: {shown}' is not supported. Please set 'additionalProperties' to "
        "false"
    )


_TYPES: Mapping[str, tuple[type, ...]] = {
    **{"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),)},
}


def _enum_reason(schema: Mapping[str, Any]) -> str | None:
    """Return why an enum does not match the declared type; with several types no value matches."""
    kind, values = schema.get("type"), schema.get("enum")
    if kind is None or not isinstance(values, list):
        return None
    allowed = _TYPES.get(kind, ()) if isinstance(kind, str) else ()
    wrong = (value for value in values if type(value) not in allowed)
    return next(
        (f"Invalid schema: Enum value '{value}' does not match declared type '{kind}'" for value in wrong), None
    )


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type") or []
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _reference_reason(schema: Mapping[str, Any]) -> str | None:
    """Return why the references are not supported: one is missing or circular."""
    definitions = {
        f"#/{place}/{name}": each
        for place in ("$defs", "definitions")
        for name, each in mapping(schema.get(place)).items()
    }
    targets = {"#": [*_targets({**schema, "$defs": {}, "definitions": {}})]}
    targets |= {name: [*_targets(each)] for name, each in definitions.items()}
    if missing := next((name for names in targets.values() for name in names if not resolves(name, schema)), None):
        return f"Invalid schema: Reference to non-existent definition: {missing}"
    if (cycle := _cycle(targets)) is None:
        return None
    path = " -> ".join(name.rpartition("/")[2] for name in cycle)
    rule = "Self-referencing or mutually-referencing definitions are not supported."
    return f"Circular reference detected in schema definitions: {path}. {rule}"


def _targets(schema: Any) -> Iterator[str]:
    return (to for each in walk(schema) if isinstance(to := mapping(each).get("$ref"), str))


def _cycle(targets: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the names along a cycle of references; the first name is also the last."""
    done: set[str] = set()
    for start in targets:
        path = {start: iter(targets[start])}
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
                path[following] = iter(targets.get(following, ()))
    return None


def _too_many(schemas: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Refuse too many optional parameters, and too many with union types, for a grammar."""
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
