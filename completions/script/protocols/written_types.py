"""Types as people write them in a prompt, for step 3: `int`, `list[str]`, `array of string`, `"a" | "b"`, `{a: int}`.

Python's annotations (DSPy), TypeScript's (BAML, LangChain's StructuredOutputParser) and LangChain4j's `(type: string)`.
"""

import re
from collections.abc import Iterator, Mapping

from completions.script.protocols.braces import braced

Schema = dict[str, object]

MAX_DEPTH = 8
"""The maximum nesting of a type."""

MAX_TYPE = 8_000
"""Characters of a type."""

SCHEMAS_BY_NAMES: dict[str, Schema] = {
    "str string text char character": {"type": "string"},
    "int integer long short byte": {"type": "integer"},
    "float number double decimal bigdecimal": {"type": "number"},
    "bool boolean": {"type": "boolean"},
    "none null nonetype undefined": {"type": "null"},
    "any object dict map record": {"type": "object"},
    "list array set tuple": {"type": "array", "items": {"type": "string"}},
    "date localdate": {"type": "string", "format": "date"},
    "datetime date-time localdatetime": {"type": "string", "format": "date-time"},
    "time localtime": {"type": "string", "format": "time"},
}

PLAIN = {name: schema for names, schema in SCHEMAS_BY_NAMES.items() for name in names.split()}
"""The schemas of plain types, by their names in lower case."""

LISTS = ("list", "array", "set", "sequence", "iterable", "frozenset", "tuple")
MAPS = ("dict", "map", "mapping", "record")

COMMENT = re.compile(r"(?<![:\w])(?://|#)[^\n]*")
QUOTED = re.compile(r"""^(?:"[^"\n]*"|'[^'\n]*'|`[^`\n]*`)$""")
GENERIC = re.compile(r"^([A-Za-z.]+)\s*[\[<](.*)[\]>]$", re.DOTALL)
ARRAY_OF = re.compile(r"(?i)^(?:an? )?(?:array|list|set) of\s+")
ONE_OF = re.compile(r"(?i)\bone of:?\s*\[([^\]]*)\]")
WITH_EXAMPLE = re.compile(r"^(?:date|time|date-time) string \(([^()]+)\)$")
PARAMETER = re.compile(r"(\w+)\s*:\s*((?:\[[^\[\]]*\]|[^,=\[])+)")
ENTRY = re.compile(r"""^\s*["'`]?([A-Za-z_][\w -]*?)["'`]?\??\s*:\s*(.+)$""", re.DOTALL)

JOINED_WORDS = re.compile(r",? or |, ")
TYPED_PLACEHOLDER = re.compile(r"(?i)<\s*(bool|boolean|int|integer|number|float|list|array|date)\b[^<>\n]{0,200}>\Z")
"""A text in an example that names the type of the value: `<BOOL>`."""
TYPE_IN_BRACKETS = re.compile(
    r"(?P<text>[^\n]{0,300}?) ?\((?P<type>[a-z]{3,10})\)(?: \((?:required|optional)[^()\n]{0,40}\))?"
)
"""A text that describes the value, and ends with its type: `confidence from 1 to 5 (int) (required)`, of AdalFlow."""


def list_of(item: object) -> Schema:
    """Return the schema of a short list of items."""
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 3}


def object_of(properties: Mapping[str, object]) -> Schema:
    """Return the schema of an object that has all of these properties, and no other."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def schema_of_type(written: str, depth: int = 0) -> Schema | None:
    """Return the JSON Schema of a type as it is written; None if the words name none."""
    text = written.strip().rstrip(",;").strip()
    if not text or depth > MAX_DEPTH or len(text) > MAX_TYPE:
        return None
    for reader in (_enclosed, _chosen, _union, _list, _object, _generic):
        schema = reader(text, depth + 1)
        if schema is not None:
            return schema
    name = text.rpartition(".")[2].lower()
    return PLAIN.get(name) or PLAIN.get(text.split()[0].lower())


def schema_of_sketch(written: str, depth: int = 0) -> Schema | None:
    """Return the JSON Schema of a sketched object, `{name: string, age: int}`; None if it is not a sketch."""
    properties: dict[str, Schema] = {}
    for entry in _split(COMMENT.sub("", written.strip()[1:-1]), ",;\n"):
        named = ENTRY.match(entry)
        schema = schema_of_type(named[2], depth) if named else None
        if named is None or schema is None:
            return None
        properties[named[1]] = schema
    return object_of(properties) if properties else None


def schema_of_parameters(written: str) -> Schema:
    """Return the JSON Schema of a function's parameters, `a: int, b: str`; unknown types are texts."""
    return object_of({name: schema_of_type(kind) or {"type": "string"} for name, kind in PARAMETER.findall(written)})


def schema_of_example(value: object, depth: int = 0) -> Schema | None:
    """Return the JSON Schema of JSON whose values name their types, `{"name": "string"}`; None if one names none."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        return PLAIN.get(value.strip().lower())
    if isinstance(value, list):
        item = schema_of_example(value[0], depth + 1) if len(value) == 1 else None
        return item and list_of(item)
    if not isinstance(value, Mapping) or not value:
        return None
    properties = {str(name): schema_of_example(each, depth + 1) for name, each in value.items()}
    if any(schema is None for schema in properties.values()):
        return None
    return object_of(properties)


def schema_of_instance(value: object, depth: int = 0) -> Schema:
    """Return a JSON Schema of values similar to one: of the same types, with the same fields."""
    match value:
        case bool():
            return {"type": "boolean"}
        case int() if 0 <= value <= 10:  # a number in a list or on a scale
            return {"type": "integer", "minimum": min(value, 1), "maximum": max(value, 1)}
        case int():
            return {"type": "integer", "minimum": 0, "maximum": 100}
        case str() if len(options := alternatives_in(value)) > 1:
            return {"enum": options}
        case str() if placeholder := TYPED_PLACEHOLDER.match(value):
            return PLAIN[placeholder[1].lower()]
        case str() if (typed := TYPE_IN_BRACKETS.fullmatch(value)) and typed["type"] in PLAIN:
            return {**PLAIN[typed["type"]], "description": typed["text"]}
        case float():
            return {"type": "number", "minimum": 0, "maximum": 1}
        case list() if depth <= MAX_DEPTH:
            inner = schema_of_instance(value[0], depth + 1) if value else {"type": "string"}
            return list_of(inner) if value or depth < 2 else {"type": "array", "maxItems": 0}  # of a record: none
        case dict() if depth <= MAX_DEPTH:
            properties = {str(name): schema_of_instance(each, depth + 1) for name, each in value.items()}
            return {"type": "object", "properties": properties, "required": list(properties)}
        case None:
            return {"type": "null"}
    return {"type": "string"}


def schema_of_typed(value: Mapping[str, object], depth: int = 0) -> Schema | None:
    """Return the schema of an object whose properties have types as people write them; None if some have none.

    AdalFlow's are of such a form: `{"type": "Answer", "properties": {"score": {"type": "int", "desc": "1 to 5"}}}`.
    """
    properties = value.get("properties")
    if not isinstance(properties, Mapping) or not properties or depth > MAX_DEPTH:
        return None
    schemas: dict[str, Schema] = {}
    for name, each in properties.items():
        kind = each.get("type") if isinstance(each, Mapping) else None
        if not isinstance(each, Mapping) or not isinstance(kind, str):
            return None
        schema = schema_of_typed(each, depth + 1) or schema_of_type(kind) or PLAIN["text"]
        description = each.get("description", each.get("desc"))
        schemas[str(name)] = {**schema, "description": description} if isinstance(description, str) else schema
    return object_of(schemas)


def alternatives_in(text: str) -> list[str]:
    """Return the values of `good|very bad` and `YES or NO`; empty if the text is no such list."""
    options = [each.strip() for each in text.split("|")]
    if len(options) > 1 and all(len(each.split()) in (1, 2) for each in options):
        return options
    words = JOINED_WORDS.split(text)
    return words if " or " in text and all(re.fullmatch(r"\w+", each) for each in words) else []


def _enclosed(text: str, depth: int) -> Schema | None:
    """Read `(type: string)`, `(what it means; type: string)` and `(string)`."""
    if not (text.startswith("(") and text.endswith(")")):
        return None
    inner = text[1:-1]
    at = inner.find("type:")
    return schema_of_type(inner[at + 5 :] if at >= 0 else inner, depth)


def _chosen(text: str, depth: int) -> Schema | None:
    """Read `enum, must be one of [A, B]`, `Literal['a', 'b']`, a text with an example, and a text in quotes."""
    if example := WITH_EXAMPLE.match(text):
        return {"type": "string", "examples": [example[1]]}
    options = ONE_OF.search(text) if "{" not in text else None
    if options:
        return {"enum": [option.strip().strip("\"'") for option in options[1].split(",")]}
    if text.startswith("Literal[") and text.endswith("]"):
        return {"enum": [_literal(option) for option in _split(text[8:-1], ",")]}
    if not QUOTED.match(text):
        return None
    inner = text[1:-1]
    if len(values := alternatives_in(inner)) > 1:
        return {"enum": values}
    return {"type": "string"} if inner.startswith("<") and inner.endswith(">") else {"const": inner}


def _literal(option: str) -> object:
    plain = option.strip()
    if re.fullmatch(r"-?\d{1,15}", plain):
        return int(plain)
    return {"True": True, "False": False, "None": None}.get(plain, plain.strip("\"'"))


def _union(text: str, depth: int) -> Schema | None:
    """Read `int | None`, `"a" or "b"`."""
    branches = list(_split(re.sub(r"\s+or\s+", " | ", text) if "{" not in text else text, "|"))
    if len(branches) < 2:
        return None
    schemas = [schema_of_type(branch, depth) for branch in branches]
    if any(schema is None for schema in schemas):
        return None
    if all(schema and "const" in schema for schema in schemas):
        return {"enum": [schema["const"] for schema in schemas if schema]}
    return {"anyOf": schemas}


def _list(text: str, depth: int) -> Schema | None:
    """Read `array of string`, `string[]`, `[string]`."""
    if of := ARRAY_OF.match(text):
        item = schema_of_type(text[of.end() :], depth)
    elif text.endswith("[]"):
        item = schema_of_type(text[:-2], depth)
    elif text.startswith("[") and text.endswith("]"):
        item = schema_of_type(text[1:-1], depth)
    else:
        return None
    return item and list_of(item)


def _object(text: str, depth: int) -> Schema | None:
    """Read `{name: string}` and `com.example.Person: {name: string}`."""
    at = text.find("{")
    if at < 0 or not text.endswith("}") or not re.fullmatch(r"(?:[\w.$]+:?\s*)?", text[:at]):
        return None
    parts = braced(text)
    return schema_of_sketch(text[at:], depth) if len(parts) == 1 and parts[0].start == at else None


def _generic(text: str, depth: int) -> Schema | None:
    """Read `list[str]`, `Dict[str, int]`, `Optional[int]`, `Array<string>`."""
    matched = GENERIC.match(text)
    if matched is None:
        return None
    name, arguments = matched[1].rpartition(".")[2].lower(), list(_split(matched[2], ","))
    schemas = [schema_of_type(argument, depth) for argument in arguments]
    known = [schema for schema in schemas if schema is not None]
    if not known or len(known) < len(schemas):
        return None
    if name in LISTS:
        return list_of(known[0])
    if name in MAPS:
        return {"type": "object", "additionalProperties": known[-1]}
    if name in ("optional", "union"):
        return {"anyOf": [*known, *([{"type": "null"}] if name == "optional" else [])]}
    return known[0] if name in ("annotated", "partial", "required", "readonly") else None


def _split(text: str, at: str) -> Iterator[str]:
    """Yield the pieces of a text between any of these characters, unless they are enclosed or in quotes."""
    depth, start = 0, 0
    for token in re.finditer(r""""[^"\n]*"|'[^'\n]*'|[\[\](){}<>,;|\n]""", text):
        if token[0] in "[({<":
            depth += 1
        elif token[0] in "])}>":
            depth -= 1
        elif token[0] in at and depth == 0:
            if text[start : token.start()].strip():
                yield text[start : token.start()]
            start = token.end()
    if text[start:].strip():
        yield text[start:]
