"""Validation of a value under a JSON Schema, for step 3: it checks the candidates of `instances`.

JSON Schema 2020-12 Validation and Core, section 10 and 11, without `unevaluated…`, with draft 7's `items` lists,
`additionalItems` and `dependencies`. It differs from the `jsonschema` library in that its work is bounded, it fetches
nothing, and it costs no 0.3 s to import.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

from completions.script.schemas.document import (
    Document,
    Schema,
    Unsatisfiable,
    Work,
    among,
    equal,
    mapping_of,
    number_of,
    schema_of,
    schemas_of,
    strings_of,
    type_of,
    whole,
)
from completions.script.schemas.formats import fits
from completions.script.schemas.matching import matches
from completions.script.schemas.patterns import read

TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))

MAX_DEPTH = 120
"""The depth of nested schemas that are checked."""


class Checker:
    """Checks values against the schemas of one document, with the work that is left."""

    def __init__(self, document: Document, work: Work) -> None:
        self.document = document
        self.work = work
        self.depth = 0

    def valid(self, schema: Schema, value: object) -> bool:
        """Tell whether the value is valid; raise Unsatisfiable for a reference or a pattern that means nothing."""
        if isinstance(schema, bool):
            return schema
        self.work.spend()
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                raise Unsatisfiable("the schema is circular or nested too deeply")
            return self._general(schema, value) and self._typed(schema, value)
        finally:
            self.depth -= 1

    def every(self, schemas: list[Schema], value: object) -> bool:
        """Tell whether the value is valid under all of the schemas."""
        return all(self.valid(schema, value) for schema in schemas)

    def found(self, pattern: str, text: str) -> bool:
        """Tell whether a pattern is found in a text."""
        return matches(read(pattern), text, self.work)

    def _general(self, schema: Mapping[str, object], value: object) -> bool:
        if "const" in schema and not equal(schema["const"], value):
            return False
        options = schema.get("enum")
        if isinstance(options, list):
            self.work.spend(len(options) // 512)
            if not among(value, options):
                return False
        return has_type(schema, value) and self._combined(schema, value)

    def _combined(self, schema: Mapping[str, object], value: object) -> bool:
        for key in ("$ref", "$dynamicRef"):
            if key in schema and not self.valid(self.document.resolve(schema[key]), value):
                return False
        if not self.every(schemas_of(schema.get("allOf")), value):
            return False
        if "anyOf" in schema and not any(self.valid(each, value) for each in schemas_of(schema["anyOf"])):
            return False
        if "oneOf" in schema and sum(self.valid(each, value) for each in schemas_of(schema["oneOf"])) != 1:
            return False
        if "not" in schema and self.valid(schema_of(schema["not"]), value):
            return False
        if "if" not in schema:
            return True
        branch = "then" if self.valid(schema_of(schema["if"]), value) else "else"
        return self.valid(schema_of(schema.get(branch)), value)

    def _typed(self, schema: Mapping[str, object], value: object) -> bool:
        if isinstance(value, str):
            return self._string(schema, value)
        if isinstance(value, bool) or value is None:
            return True
        if isinstance(value, (int, float)):
            return in_bounds(schema, value)
        if isinstance(value, Mapping):
            return self._object(schema, value)
        return not isinstance(value, list) or self._array(schema, value)

    def _string(self, schema: Mapping[str, object], text: str) -> bool:
        if not whole(schema.get("minLength"), 0) <= len(text) <= whole(schema.get("maxLength"), len(text)):
            return False
        pattern = schema.get("pattern")
        return fits(schema.get("format"), text) and (not isinstance(pattern, str) or self.found(pattern, text))

    def _array(self, schema: Mapping[str, object], items: list[object]) -> bool:
        self.work.spend(len(items))
        if not whole(schema.get("minItems"), 0) <= len(items) <= whole(schema.get("maxItems"), len(items)):
            return False
        if schema.get("uniqueItems") is True and self._repeats(items):
            return False
        if not all(self.valid(item_schema(schema, index), item) for index, item in enumerate(items)):
            return False
        if "contains" not in schema:
            return True
        hits = sum(self.valid(schema_of(schema["contains"]), item) for item in items)
        return whole(schema.get("minContains"), 1) <= hits <= whole(schema.get("maxContains"), hits)

    def _repeats(self, items: list[object]) -> bool:
        self.work.spend(len(items) * len(items) // 16)
        return any(among(item, items[:index]) for index, item in enumerate(items))

    def _object(self, schema: Mapping[str, object], value: Mapping[str, object]) -> bool:
        self.work.spend(len(value))
        if not whole(schema.get("minProperties"), 0) <= len(value) <= whole(schema.get("maxProperties"), len(value)):
            return False
        if not all(name in value for name in strings_of(schema.get("required"))):
            return False
        names = schema_of(schema.get("propertyNames"))
        for name, item in value.items():
            if not self.valid(names, name) or not self.every(self.property_schemas(schema, name), item):
                return False
        return all(self._dependency(needed, value) for name, needed in dependencies(schema) if name in value)

    def _dependency(self, needed: object, value: Mapping[str, object]) -> bool:
        if isinstance(needed, list):
            return all(name in value for name in strings_of(needed))
        return self.valid(schema_of(needed), value)

    def property_schemas(self, schema: Mapping[str, object], name: str) -> list[Schema]:
        """Return the schemas of a property in an object's schema."""
        properties = mapping_of(schema.get("properties"))
        found = [schema_of(properties[name])] if name in properties else []
        for pattern, each in mapping_of(schema.get("patternProperties")).items():
            if self.found(pattern, name):
                found.append(schema_of(each))
        return found or [schema_of(schema.get("additionalProperties"))]


def dependencies(schema: Mapping[str, object]) -> list[tuple[str, object]]:
    """Return names with what they ask for where they are present: a list of names, or a schema."""
    keys = ("dependentRequired", "dependentSchemas", "dependencies")
    return [pair for key in keys for pair in mapping_of(schema.get(key)).items()]


def item_schema(schema: Mapping[str, object], index: int) -> Schema:
    """Return the schema of the item at an index in an array's schema."""
    items = schema.get("items")
    rest = schema.get("additionalItems") if isinstance(items, list) else items
    first = items if isinstance(items, list) else schema.get("prefixItems")
    return schema_of(first[index] if isinstance(first, list) and index < len(first) else rest)


def types_of(schema: Mapping[str, object]) -> list[str] | None:
    """Return the types that a schema allows; None where it names none of JSON's.

    Ollama's clients for Java name classes (`java.lang.String`), which its server takes as it takes any name.
    """
    declared = schema.get("type")
    if isinstance(declared, str):
        return [declared] if declared in TYPES else None
    named = strings_of(declared) if isinstance(declared, list) else None
    return [each for each in named if each in TYPES] or None if named else named


def has_type(schema: Mapping[str, object], value: object) -> bool:
    """Tell whether a value has a type that the schema allows."""
    allowed, actual = types_of(schema), type_of(value)
    return allowed is None or actual in allowed or (actual == "integer" and "number" in allowed)


def in_bounds(schema: Mapping[str, object], value: int | float) -> bool:
    """Tell whether a number keeps to the bounds and the multiple of a schema."""
    for key, allowed in BOUNDS.items():
        bound = number_of(schema.get(key))
        if bound is not None and not allowed(value, bound):
            return False
    step = number_of(schema.get("multipleOf"))
    return step is None or step <= 0 or is_multiple(value, step)


BOUNDS: dict[str, Callable[[int | float, int | float], bool]] = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
}


def is_multiple(value: int | float, step: int | float) -> bool:
    """Tell whether a number is a multiple both in decimals and, as most validators divide, in binary floats."""
    if Fraction(str(value)) % Fraction(str(step)) != 0:
        return False
    if isinstance(value, int) and isinstance(step, int):
        return True
    try:
        return (value / step).is_integer()
    except OverflowError:
        return False
