"""Functions and schemas as OpenAI's models read them."""

from typing import Any

import pytest

from completions.conversation import Tool
from completions.tokens.typescript import as_type, functions, schema_as_json

CITY = {"type": "string", "description": "A city\nof the world"}


def test_functions__are_types_in_a_namespace() -> None:
    weather = {
        "type": "object",
        "title": "weather_args",
        "description": "What to look for.",
        "properties": {
            "city": CITY,
            "unit": {"enum": ["C", "F"], "default": "C"},
            "days": {"type": "array", "items": {"type": "integer"}, "title": "Days"},
        },
        "required": ["city"],
    }
    tools = (Tool("get_weather", "Get the weather.\n\n  For a city.", weather), Tool("stop"))
    assert functions(tools) == (
        "namespace functions {\n\n"
        "// Get the weather.\n//\n// For a city.\n"
        "type get_weather = (_: // weather_args\n// What to look for.\n{\n"
        "// A city\n// of the world\ncity: string,\n"
        'unit?: "C" | "F" // default: C\n'
        "// Days\ndays?: number[],\n}) => any;\n\n"
        "type stop = () => any;\n\n"
        "} // namespace functions"
    )


def test_functions__as_groq_writes_them_say_what_an_object_may_not_have() -> None:
    inner = {"type": "object", "properties": {"row": {"type": "integer"}}, "additionalProperties": False}
    seat = {"type": "object", "properties": {"seat": inner}, "required": ["seat"], "additionalProperties": False}
    assert functions((Tool("take", "", seat), Tool("leave")), by_groq=True) == (
        "namespace functions {\n\n"
        "type take = (_: // additionalProperties: false\n{\n"
        "// additionalProperties: false\nseat: {\nrow?: number,\n},\n}) => any;\n\n"
        "type leave = (_: {\n}) => any;\n\n"
        "} // namespace functions"
    )


def test_bounds__stand_above_their_property() -> None:
    rows = {"type": "integer", "exclusiveMaximum": 9, "minimum": 2}
    text = as_type({"type": "object", "properties": {"rows": rows}, "required": ["rows"]})
    assert text == "{\n// exclusiveMaximum: 9\n// minimum: 2\nrows: number,\n}"


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "number"}, {"const": "a"}]}, 'number | "a"'),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "boolean"}}}, "boolean"),
        ({"$ref": "#/$defs/B"}, "any"),
        ({"type": "array"}, "any[]"),
        ({"type": "object"}, "object"),
        ({"type": "object", "properties": {"a": CITY}}, "{\n// A city\n// of the world\na?: string,\n}"),
        ({"type": "object", "properties": {"a": 5}}, "{\na?: any }"),
        ({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["c", "b", 5, []]}, "{\nc: any,\nb: any,\na?: any }"),
        ({"type": 7, "enum": 3, "properties": []}, "any"),
    ],
)
def test_schema__is_a_type(schema: dict[str, Any], text: str) -> None:
    assert as_type(schema) == text


def test_schema__that_refers_to_itself_comes_to_an_end() -> None:
    tree = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "properties": {"next": {"$ref": "#/$defs/T"}}}}}
    assert as_type(tree).count("next?") == 16
    wide = {f"next{number}": {"$ref": "#"} for number in range(9)}
    assert as_type({"type": "object", "properties": wide}).count("next") < 50_000
    assert as_type({"$ref": "#"}) == "any"


def test_schema__as_json_leaves_out_what_the_model_is_not_shown() -> None:
    inner = {
        "type": "object",
        "properties": {"required": {"const": "a", "type": "string"}},
        "required": ["required"],
        "additionalProperties": False,
    }
    assert schema_as_json({"type": "array", "title": "List", "items": inner}) == (
        '{"type":"array","title":"List",'
        '"items":{"type":"object","properties":{"required":{"const":"a","type":"string"}}}}'
    )


def test_custom_tool__takes_any_text() -> None:
    assert functions((Tool("run", "Runs it.", kind="custom"),)) == (
        "namespace functions {\n\n// Runs it.\ntype run = (FREEFORM) => any;\n\n} // namespace functions"
    )
