"""Scripts that are written by the program: people can read them, and they say the same when they are read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.script.text.reading import read_text
from completions.script.text.yaml_text import yaml_text

SHARED = ["b"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": ["c", {"d": None}]}, "b: 1\na:\n  - c\n  - d: null\n"),
        ({"a": SHARED, "c": SHARED}, "a:\n  - b\nc:\n  - b\n"),
        ({"a": "b\nc\n"}, "a: |\n  b\n  c\n"),
        ({"a": "1e3", "b": "1.5"}, "a: '1e3'\nb: '1.5'\n"),
        ({"a": "Grüße, 世界"}, "a: Grüße, 世界\n"),
    ],
)
def test_yaml__is_as_people_write_it(value: object, text: str) -> None:
    assert yaml_text(value) == text


SCALARS = st.none() | st.booleans() | st.integers(-999, 999) | st.text("a1e.-:#{}%\n '\"ü|", max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab1", min_size=1), inner, max_size=3)
)


@given(st.dictionaries(st.text("ab", min_size=1), VALUES, min_size=1))
def test_yaml__is_read_as_the_same(value: dict[str, Any]) -> None:
    assert read_text(yaml_text(value), "script.yaml").value == value
