"""What the user told in an earlier turn, which `auto` knows if the conversation has it."""

import time

import openai
import pytest

from tests.patience import PATIENCE
from tests.scripts import said
from tests.server import LiveServer

SCRIPT = "version: 1\nrules: []\n"


@pytest.mark.parametrize(
    ("told", "asked", "expected"),
    [
        ("hi! I'm bob", "What's my name?", "Your name is Bob."),
        ("My name is Ada Lovelace and I like tea.", "Do you remember my name?", "Your name is Ada Lovelace."),
        ("Call me Al. No, call me Alfred.", "Who am I?", "Your name is Alfred."),
        ("I live in New York, in a small flat.", "Where do I live?", "You live in New York."),
        ("I'm 36 years old", "How old am I?", "You are 36 years old."),
        (
            "My favorite color is dark blue and I paint.",
            "What is my favorite color?",
            "Your favorite color is dark blue.",
        ),
        ("Note: my order number is A-17.", "Remind me of my order number.", "Your order number is A-17."),
    ],
)
def test_told__is_known_later(told: str, asked: str, expected: str) -> None:
    assert said(("user", told), ("assistant", "Noted."), ("user", asked)) == expected
    assert said(("system", told), ("user", asked)) == expected
    assert said(("user", f"{told}\n{asked}")) == expected


@pytest.mark.parametrize("role", ["user", "system"])
def test_last_told__counts(role: str) -> None:
    assert (
        said((role, "My city is Rome."), ("user", "My city is Oslo."), ("user", "What's my city?"))
        == "Your city is Oslo."
    )


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("Hello", "What's my name?"),
        ("I'm a cook", "What's my name?"),
        ("I'm not sure", "Who am I?"),
        ("My name is Bob", "What is my tailor rich?"),
        ("My name is Bob", "What is my name in Japanese script and how do I write it?"),
    ],
)
def test_untold__is_answered_in_sentences(told: str, asked: str) -> None:
    assert len(said(("user", told), ("assistant", "Hm."), ("user", asked)).split()) > 10


def test_stored_conversation__is_known(live: LiveServer) -> None:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="k") as client:
        first = client.responses.create(model="gpt-4o", input="Hi, my name is Bob.")
        second = client.responses.create(model="gpt-4o", input="What's my name?", previous_response_id=first.id)
        alone = client.responses.create(model="gpt-4o", input="What's my name?")
    assert second.output_text == "Your name is Bob." and "Bob" not in alone.output_text


@pytest.mark.parametrize(
    "text", ["I am " * 20_000, "My name is " + "A" * 90_000, "my color is " * 9_000, "my " * 40_000]
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    said(("user", text), ("user", "What is my color?"))
    said(("user", text), ("user", "What is my name?"))
    assert time.process_time() - begun < PATIENCE
