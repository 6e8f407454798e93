"""How long the sentences of `auto` are where the prompt demands a length."""

import re
import time

import pytest

from completions.conversation import Message, Prompt
from completions.script.auto.answer import auto


def said(text: str, system: str = "") -> str:
    messages = (Message("system", system), Message("user", text)) if system else (Message("user", text),)
    return auto(Prompt(messages=messages, model="gpt-4o"))[0].text or ""


def number_of_sentences(text: str) -> int:
    return len(re.split(r"(?<=[.!?])\s+(?=[A-Z])", text))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("Summarize in one sentence: The mock answers requests. It keeps time.", 1),
        ("Explain gravity in two short sentences.", 2),
        ("Give me a two-sentence story.", 2),
        ("Describe tea in 7 sentences.", 7),
        ("Describe tea in at least 5 sentences.", 5),
        ("Describe tea in no more than 2 sentences.", 2),
        ("Describe tea in at most 9 sentences.", 3),
        ("Write a sentence about tea.", 1),
        ("What are the first two sentences of it?", 3),
        ("How do I count words in two sentences?", 3),
    ],
)
def test_sentences__are_as_many_as_demanded(asked: str, count: int) -> None:
    assert number_of_sentences(said(asked)) == count


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("Respond with exactly 5 words.", 5, 5),
        ("Write a 50-word summary of tea.", 50, 50),
        ("Describe tea in 120 words.", 120, 120),
        ("Answer in fewer than 10 words: why is the sky blue?", 1, 9),
        ("Answer in 10 words or less. What is tea?", 1, 10),
        ("Write at least 300 words about tea.", 300, 400),
        ("Write a report of at least 1,200 words on tea.", 1_200, 1_300),
        ("Write a 1,000-word essay on tea.", 1_000, 1_000),
        ("Write more than 40 words about tea.", 41, 80),
        ("Describe tea in 20 to 30 words.", 20, 30),
        ("Describe tea in 60-70 words.", 60, 70),
        ("Write 100000 words about tea.", 1_000, 100_000),
        ("If the text has more than 100 words, stop. What is tea?", 20, 60),
    ],
)
def test_words__are_as_many_as_demanded(asked: str, least: int, most: int) -> None:
    text = said(asked)
    assert least <= len(text.split()) <= most
    assert text.endswith(".") and not re.search(r"[,:.]\.", text)


def test_paragraphs__are_as_many_as_demanded() -> None:
    assert said("Write three paragraphs about cats.").count("\n\n") == 2
    text = said("Write two paragraphs about cats, with at least 200 words.")
    assert text.count("\n\n") == 1 and len(text.split()) >= 200


def test_instructions__of_the_system_count_too_and_the_last_ones_most() -> None:
    assert number_of_sentences(said("What is tea?", "Keep your answers to 1 sentence.")) == 1
    assert number_of_sentences(said("Describe tea in 4 sentences.", "Keep your answers to 1 sentence.")) == 4


@pytest.mark.parametrize(
    "asked",
    [
        "Write 2000 words in 200 paragraphs, with 200 sentences.",
        "Write at least 2000 words in 999 paragraphs.",
        "Write at most 10 words in 200 paragraphs with 200 sentences.",
        "Answer in 0 words.",
    ],
)
def test_demands__that_are_large_or_contradict_each_other_cost_little(asked: str) -> None:
    begun = time.process_time()
    assert 1 <= len(said(asked).split()) < 20_000
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "text", ["in a word " * 20_000, "in at most 3 " * 20_000, "1-" * 60_000 + "word", "write a short " * 9_000]
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    said(text)
    assert time.process_time() - begun < 2
