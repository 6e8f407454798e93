"""The JSON Schemas that Claude keeps to: what Anthropic refuses of them, as production quotes it."""

from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.bedrock.converse import Converse

HEADERS = {"anthropic-version": "2023-06-01", "anthropic-beta": "structured-outputs-2025-11-13"}
BODY = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
NULLABLE = {"type": ["string", "null"]}
MANY = "Schemas contains too many"


def closed(required: Any = True, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has these properties alone."""
    names = {"required": [*properties]} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **names}


def asked(schema: Any) -> dict[str, Any]:
    """Return a request whose answer keeps to a schema."""
    return {**BODY, "output_config": {"format": {"type": "json_schema", "schema": schema}}}


def tool(schema: Any, name: str = "add", strict: bool = True) -> dict[str, Any]:
    """Return a tool whose calls keep to a schema, if it is strict."""
    return {"name": name, "input_schema": schema, "strict": strict}


def refused(body: dict[str, Any]) -> str | None:
    """Return the message that a request is refused with."""
    try:
        AnthropicMessages().parse(orjson.dumps(body), HEADERS, validate=True)
    except RequestError as exc:
        return exc.message
    return None


@pytest.mark.parametrize(
    "schema",
    [
        closed(a={"type": "string", "format": "date-time", "pattern": "^a"}, b={"type": "array", "items": NULLABLE}),
        closed(a={"type": "array", "items": {"type": "integer"}, "minItems": 1}, b={"enum": ["a", 1, None]}),
        closed(a={"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}, b={"const": 1, "title": "B"}),
        closed(minimum={"type": "number"}, oneOf={"type": "string"}, strict={"type": "boolean", "default": True}),
        {
            **closed(a={"$ref": "#/$defs/a"}, b={"$ref": "#/$defs/a"}),
            "$defs": {"a": {"$ref": "#/$defs/b"}, "b": closed()},
        },
        {**closed(a={"$ref": "#/definitions/c~1d"}), "definitions": {"c/d": {"type": "string"}}},
        {"type": "array", "items": {"type": "string"}},
    ],
    ids=repr,
)
def test_schema__is_kept_to(schema: dict[str, Any]) -> None:
    assert refused(asked(schema)) is None


NODES: list[tuple[Any, str]] = [
    ({"type": "object"}, "For 'object' type, 'additionalProperties' must be explicitly set to false"),
    (
        {"type": "object", "additionalProperties": True},
        "For 'object' type, 'additionalProperties: true' is not supported. Please set 'additionalProperties' to false",
    ),
    (
        {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
        "For 'object' type, 'additionalProperties: object' is not supported. Please set 'additionalProperties' to "
        "false",
    ),
    (closed() | {"minProperties": 1}, "For 'object' type, property 'minProperties' is not supported"),
    (closed() | {"name": "a"}, "For 'object' type, property 'name' is not supported"),
    ({"type": "integer", "minimum": 0}, "For 'integer' type, property 'minimum' is not supported"),
    (
        {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "For 'number' type, properties maximum, minimum are not supported",
    ),
    ({"type": "string", "maxLength": 8}, "For 'string' type, property 'maxLength' is not supported"),
    ({"type": "string", "format": "phone"}, "For 'string' type, format 'phone' is not supported"),
    ({"type": "string", "format": {}}, "For 'string' type, format '{}' is not supported"),
    ({"type": "array", "maxItems": 3, "minItems": 1}, "For 'array' type, property 'maxItems' is not supported"),
    (
        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 5},
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [2, 5])",
    ),
    (
        {"type": "array", "minItems": 6},
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [6, ∞])",
    ),
    ({"oneOf": [{"type": "string"}]}, "Schema type 'oneOf' is not supported"),
    ({}, "Empty schema ({}) that accepts any JSON value is not supported."),
    (
        NULLABLE | {"enum": ["a", None]},
        "Invalid schema: Enum value 'a' does not match declared type '['string', 'null']'",
    ),
    ({"type": "string", "enum": ["a", 1]}, "Invalid schema: Enum value '1' does not match declared type 'string'"),
    ({"$ref": "#/$defs/gone"}, "Invalid schema: Reference to non-existent definition: #/$defs/gone"),
    (
        {"$ref": "#"},
        "Circular reference detected in schema definitions: # -> #. Self-referencing or mutually-referencing "
        "definitions are not supported.",
    ),
]


@pytest.mark.parametrize(("node", "why"), NODES, ids=repr)
def test_schema__is_refused_wherever_it_is(node: Any, why: str) -> None:
    deep = closed(a={"anyOf": [{"type": "array", "items": closed(b=node)}, {"type": "null"}]})
    assert refused(asked(deep)) == f"output_config.format.schema: {why}"
    assert refused({**BODY, "output_format": {"type": "json_schema", "schema": deep}}) == f"output_format.schema: {why}"
    assert refused({**BODY, "tools": [tool(closed()), tool(deep, "sub")]}) == f"tools.1.custom: {why}"
    assert refused({**BODY, "tools": [tool(deep, strict=False)]}) is None


def test_schema__may_not_refer_to_itself_by_others() -> None:
    defs = {"Node": closed(a={"$ref": "#/$defs/Leaf"}), "Leaf": {"$ref": "#/$defs/Node"}}
    said = refused(asked({**closed(a={"$ref": "#/$defs/Node"}), "$defs": defs}))
    assert said is not None and "schema definitions: Node -> Leaf -> Node. Self-" in said
    chain = {str(at): {"$ref": f"#/$defs/{at + 1}"} for at in range(20_000)} | {"20000": {"type": "string"}}
    assert refused(asked({**closed(a={"$ref": "#/$defs/0"}), "$defs": chain})) is None


@pytest.mark.parametrize(
    ("schemas", "why"),
    [
        ([closed(False, **{str(at): {"type": "string"} for at in range(12)})] * 2, None),
        (
            [closed(False, **{str(at): {"type": "string"} for at in range(12)})] * 2 + [closed(False, a=NULLABLE)],
            f"{MANY} optional parameters (25), which would make grammar compilation inefficient. Reduce the number of "
            "optional parameters in your tool schemas (limit: 24).",
        ),
        ([closed(**{str(at): NULLABLE for at in range(16)})], None),
        (
            [closed(**{str(at): NULLABLE for at in range(16)}), closed(a={"anyOf": [{"type": "null"}]})],
            f"{MANY} parameters with union types (17 parameters with type arrays or anyOf). This causes exponential "
            "compilation cost. Reduce the number of nullable or union-typed parameters (limit: 16 parameters with "
            "unions).",
        ),
        ([closed()] * 20, None),
        (
            [closed()] * 21,
            "Too many strict tools (21). The maximum number of strict tools supported is 20. Try reducing the number "
            "of tools marked as strict.",
        ),
    ],
)
def test_schemas__are_not_too_many_together(schemas: list[Any], why: str | None) -> None:
    tools = [tool(schema, f"t{at}") for at, schema in enumerate(schemas)]
    assert refused({**BODY, "tools": tools}) == why
    assert refused({**BODY, "tools": [{**each, "strict": False} for each in tools]}) is None


@pytest.mark.parametrize(
    ("more", "place"),
    [
        (
            {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "OPEN"}}}}},
            "output_config.format.schema",
        ),
        (
            {"additionalModelRequestFields": {"output_config": {"format": {"type": "json_schema", "schema": "OPEN"}}}},
            "output_config.format.schema",
        ),
        (
            {"toolConfig": {"tools": [{"toolSpec": {"name": "a", "strict": True, "inputSchema": {"json": "OPEN"}}}]}},
            "tools.0.custom",
        ),
    ],
)
def test_converse__passes_on_what_claude_refuses(more: dict[str, Any], place: str) -> None:
    """A schema stands in `textFormat` as a text."""
    given = orjson.dumps({"messages": [{"role": "user", "content": [{"text": "Hello"}]}], **more}).decode()
    is_open = orjson.dumps({"type": "object"})
    given = given.replace('"OPEN"', (orjson.dumps(is_open.decode()) if "outputConfig" in more else is_open).decode())
    with pytest.raises(RequestError) as raised:
        route = {"model": "us.anthropic.claude-sonnet-5", "method": "converse"}
        Converse().parse(given.encode(), {}, validate=True, route=route)
    said = f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    assert raised.value.message == f"The model returned the following errors: {said}"
