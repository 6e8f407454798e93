"""What `auto` answers where a prompt wants a letter, a word or an order."""

import re

import pytest

from tests.scripts import said

QUESTION = "What is 2+2?\nA) three\nB) four\nC) five\n"
PASSAGES = [("user", "[1] tea is hot"), ("assistant", "Received passage [1]."), ("user", "[2] milk is cold\n[3] ice")]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([("user", f"{QUESTION}Answer with the letter of the correct choice.")], "[ABC]"),
        ([("system", "Respond with only the letter of the right option."), ("user", QUESTION)], "[ABC]"),
        ([("user", f"{QUESTION}Give the letter of the answer, and then explain.")], r"[ABC]\. \w.+"),
        ([("user", 'A: RIGHT\nB: WRONG\nJust return the letters "A" or "B", with no text around it.')], "A"),
        ([*PASSAGES, ("user", "Rank them. The format is [] > [], e.g., [2] > [1].")], r"\[1\] > \[2\] > \[3\]"),
        ([("user", "Is the sky blue? Respond with a single word.")], "Yes"),
        ([("system", "Answer in one word."), ("user", "Which town has the Colosseum?")], r"\w+"),
    ],
)
def test_answer__is_as_brief_as_it_is_wanted(messages: list[tuple[str, str]], expected: str) -> None:
    assert re.fullmatch(expected, said(*messages))


@pytest.mark.parametrize(
    "asked",
    [
        f"{QUESTION}Answer the question.",
        "Write a letter to Ada.\nA) Be kind\nB) Be brief",
        "Give me the letter that Ada wrote.",
        "Is [1] > [2] true of these?",
        "What is the one word that you use most? Say why.",
    ],
)
def test_answer__is_not_brief_where_nobody_wants_that(asked: str) -> None:
    assert len(said(("user", asked)).split()) > 3
