"""Embeddings: fixed, of unit length, and closer the more words are shared."""

import math

import pytest

from completions.vectors import embed


def likeness(one: str, other: str, dimensions: int = 768) -> float:
    return sum(a * b for a, b in zip(embed(one, dimensions), embed(other, dimensions), strict=True))


@pytest.mark.parametrize("text", ["", " ", "?!", "a", "The weather in Paris", "天気", "\ud800"])
@pytest.mark.parametrize("dimensions", [1, 2, 768, 3072])
def test_vector__has_unit_length(text: str, dimensions: int) -> None:
    vector = embed(text, dimensions)
    assert len(vector) == dimensions
    assert math.hypot(*vector) == pytest.approx(1)
    assert vector == embed(text, dimensions)


def test_texts__that_share_words_lie_closer() -> None:
    said = "The weather in Paris is fine"
    assert likeness(said, said.upper()) == pytest.approx(1)
    assert likeness(said, "the weather in Rome") > likeness(said, "My order has not come") + 0.2
    assert likeness("weather", "weathers") > likeness("weather", "orders") + 0.2
