"""Functions and schemas as OpenAI's models read them."""

from typing import Any

import pytest

from completions.conversation import Tool
from completions.tokens.typescript import as_json, functions, is_flat, written

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
        "type get_weather = (_: // weather_args\n//\n// What to look for.\n{\n"
        "// A city\n// of the world\ncity: string,\n"
        'unit?: "C" | "F" // default: C\n'
        "// Days\ndays?: number[] }) => any;\n\n"
        "type stop = () => any;\n\n"
        "} // namespace functions"
    )


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
        ({"type": 7, "enum": 3, "properties": []}, "any"),
    ],
)
def test_schema__is_a_type(schema: dict[str, Any], text: str) -> None:
    assert written(schema) == text


def test_schema__that_refers_to_itself_comes_to_an_end() -> None:
    tree = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "properties": {"next": {"$ref": "#/$defs/T"}}}}}
    assert written(tree).count("next?") == 16
    wide = {f"next{number}": {"$ref": "#"} for number in range(9)}
    assert written({"type": "object", "properties": wide}).count("next") < 50_000
    assert written({"$ref": "#"}) == "any"


def test_schema__as_json_leaves_out_what_the_model_is_not_shown() -> None:
    inner = {"type": "object", "properties": {"type": {"const": "a", "type": "string"}}, "additionalProperties": False}
    assert as_json({"type": "array", "items": inner}) == (
        '{"type":"array","items":{"properties":{"type":{"const":"a"}}}}'
    )


@pytest.mark.parametrize(
    ("schema", "flat"),
    [
        ({"type": "object", "properties": {"a": CITY, "b": {"type": "array", "items": CITY}}}, True),
        ({"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}, False),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}, False),
        ({"type": "object", "properties": {"a": 5}}, False),
    ],
)
def test_schema__is_flat_without_objects_in_it(schema: dict[str, Any], flat: bool) -> None:
    assert is_flat(schema) is flat
