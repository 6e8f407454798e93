"""Sums and words to repeat, with which people try whether an API answers at all."""

import time

import pytest

from completions.conversation import Tool
from completions.script.protocols.sums import result_of
from tests.patience import PATIENCE
from tests.scripts import said


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("What is 2+2?", "2+2 is 4."),
        ("What is 10-3?", "10-3 is 7."),
        ("what's 7 divided by 2", "7 divided by 2 is 3.5."),
        ("Hello! Calculate (3 + 4) * 12.", "(3 + 4) * 12 is 84."),
        ("Solve: 2*(3+4)^2 = ?", "2*(3+4)^2 is 98."),
        ("What does 8 x 8 equal?", "8 x 8 is 64."),
        ("What is the sum of 1,000 + 3.5?", "1,000 + 3.5 is 1003.5."),
        ("How much is -2 - -3?", "-2 - -3 is 1."),
        ("What is 2+2? Answer with only the number.", "4"),
        ("What is 10-3? Answer with only the number.", "7"),
        ("What is 10 / 4? Reply with just the number", "2.5"),
    ],
)
def test_sum__is_calculated(asked: str, expected: str) -> None:
    assert said(("user", asked)) == expected


@pytest.mark.parametrize(
    "asked",
    [
        "What is 1/0?",
        "What is 2026-12-01?",
        "What is 24/7 support?",
        "What is 9**99999?",
        "What is 2?",
        "What is 5)(3 + 2?",
    ],
)
def test_other_question__is_answered_in_sentences(asked: str) -> None:
    assert len(said(("user", asked)).split()) > 10


@pytest.mark.parametrize("more", ["Think step by step.", "Explain why.", "Show your work."])
def test_sum__comes_after_an_explanation_where_one_is_wanted(more: str) -> None:
    text = said(("user", f"What is 2+2? {more}"))
    assert text.endswith(" 2+2 is 4.") and len(text.split()) > 20


def test_sum__is_left_to_a_tool() -> None:
    assert said(("user", "What is 2+2?"), tools=(Tool("add"),)) == ""


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2^3^2", "512"),
        ("2 - 3 - 4", "-5"),
        ("100 / 10 / 5", "2"),
        ("1 / 3", "0.333333"),
        ("2^-2", "0.25"),
        ("((1 + 2)) * -3", "-9"),
        ("999999^64", None),
        ("(1 + 2", None),
        ("1 +", None),
        ("", None),
        ("two", None),
    ],
)
def test_result__follows_the_precedence(text: str, result: str | None) -> None:
    assert result_of(text) == result


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Repeat after me: the quick brown fox", "the quick brown fox"),
        ('Please repeat the following text exactly: "a b"', "a b"),
        ("Echo this back: foo bar", "foo bar"),
        ("Return the string 'abc123' and nothing else", "abc123"),
        ("Print the word `go`.", "go"),
        ("Respond with the single word: ready", "ready"),
        ("Say hello world", "Hello world"),
    ],
)
def test_words__are_repeated_as_they_are(asked: str, expected: str) -> None:
    assert said(("user", asked)) == expected


@pytest.mark.parametrize(
    "asked", ["Repeat the experiment: why did it fail?", "Return the string length", "Echo chambers: what are they"]
)
def test_words__that_are_no_request_are_not_repeated(asked: str) -> None:
    assert len(said(("user", asked)).split()) > 10


@pytest.mark.parametrize(
    "text", ["What is " + "1+" * 40_000, "What is " + "(" * 40_000, "What is 1 " + "+ -(-(" * 20_000 + "1"]
)
def test_long_sums__cost_little(text: str) -> None:
    begun = time.process_time()
    said(("user", text))
    assert time.process_time() - begun < PATIENCE
