"""What does not fit a shape: where it stands, and what is expected there."""

from typing import Any

import pytest

from completions.wire.shapes import Each, Shape, misfits

SHAPE: Shape = {"name": str, "at": float, "tags": [str], "said": (str, [{"text": str}]), "more": Each(int)}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"name": "a", "at": 1, "tags": [], "said": "b", "more": {"c": 1}, "other": 1}, []),
        ({"said": [{"text": "b"}]}, []),
        ([], [((), dict)]),
        ({"more": 1, "at": True, "name": 1}, [(("name",), str), (("at",), float), (("more",), dict)]),
        ({"tags": ["a", 1, [2]]}, [(("tags", 1), str), (("tags", 2), str)]),
        ({"said": 1}, [(("said",), str)]),
        ({"said": ["b", {"text": 1}]}, [(("said", 0), dict), (("said", 1, "text"), str)]),
        ({"more": {"c": 1.5, "d": "e"}}, [(("more", "c"), int), (("more", "d"), int)]),
    ],
)
def test_misfits__have_their_place_and_the_type_that_is_expected(value: Any, found: list[Any]) -> None:
    assert [(each.place, each.expected) for each in misfits(value, SHAPE)] == found


@pytest.mark.parametrize(
    ("null_in", "places"),
    [
        ((), [("name",), ("tags", 0), ("more", "c")]),
        ((dict,), [("tags", 0), ("more", "c")]),
        ((dict, list), [("more", "c")]),
    ],
)
def test_null__is_as_good_as_nothing_where_that_is_said(null_in: tuple[type, ...], places: list[Any]) -> None:
    value = {"name": None, "tags": [None], "more": {"c": None}}
    assert [each.place for each in misfits(value, SHAPE, null_in)] == places
