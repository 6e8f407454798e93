"""How deep the smallest value of a schema is, by which a recursion ends."""

from typing import Any

import pytest

from completions.script.schemas.document import Document
from completions.script.schemas.heights import ENDLESS, Heights

LEAF: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
ITSELF: dict[str, Any] = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "height"),
    [
        ({"type": "string"}, 0),
        ({"type": "object", "properties": {"a": LEAF}}, 0),
        (LEAF, 1),
        ({"type": "object", "properties": {"a": LEAF, "b": {}}, "required": ["a", "b"]}, 2),
        ({"type": "array", "items": LEAF}, 0),
        ({"type": "array", "items": LEAF, "minItems": 1}, 2),
        ({"anyOf": [LEAF, {"type": "null"}]}, 0),
        ({"oneOf": [LEAF, {"allOf": [LEAF]}]}, 1),
        ({"enum": [{"a": "b"}], **LEAF}, 0),
        ({"$ref": "#/$defs/leaf", "$defs": {"leaf": LEAF}}, 1),
        ({"$ref": "#/$defs/nowhere"}, ENDLESS),
        (ITSELF, ENDLESS),
        ({**ITSELF, "properties": {"a": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}, 1),
    ],
)
def test_height__is_that_of_the_smallest_value(schema: dict[str, Any], height: int) -> None:
    assert Heights(Document(schema)).of(schema) == height
