"""Whether a value is valid under a JSON Schema, against the `jsonschema` library."""

from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from completions.script.schemas.document import Document, Work
from completions.script.schemas.validity import Checker

ITEMS: list[list[Any]] = [[], [1], [2], [1, 1], [2, 1], [1, 2, 3], ["a"], ["a", 1], ["a", "b"], [1, "a"]]
DRAFT_2020: list[dict[str, Any]] = [
    {"contains": {"const": 1}},
    {"contains": {"const": 1}, "minContains": 0},
    {"contains": {"const": 1}, "minContains": 2},
    {"contains": {"const": 1}, "maxContains": 1},
    {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    {"prefixItems": [{"type": "string"}], "items": False},
]
DRAFT_7: list[dict[str, Any]] = [
    {"items": [{"type": "string"}]},
    {"items": [{"type": "string"}], "additionalItems": {"type": "integer"}},
    {"items": [{"type": "string"}], "additionalItems": False},
    {"items": {"type": "integer"}, "additionalItems": False},
    {"additionalItems": False},
]


@pytest.mark.parametrize(
    ("schema", "validator"),
    [(schema, Draft202012Validator) for schema in DRAFT_2020] + [(schema, Draft7Validator) for schema in DRAFT_7],
)
def test_array__is_valid_where_jsonschema_says_so(schema: dict[str, Any], validator: Any) -> None:
    checker = Checker(Document(schema), Work(100_000))
    assert [checker.valid(schema, items) for items in ITEMS] == [validator(schema).is_valid(items) for items in ITEMS]
