"""What the sentences of `auto` are about where a prompt has instructions besides the text or the question."""

import time

import pytest

from tests.scripts import said


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("Question: What is the capital of France?\nAnswer:", "capital and France"),
        ("Question: Is tea hot?\nAnswer: Mostly hot.\n\nQuestion: Where do otters live?\nAnswer:", "otters and live"),
        ("Shorten it.\nThe Text that needs to be summarized:\n'''\nWhales swim.\n'''\nSummary:", "Whales and swim"),
        ("Summarize it in 15 words.\n\nText sample: ```Whales swim```\nSummarized text:\n", "Whales and swim"),
        ('Continue this.\n\nInput:\n"""\nWhales swim.\n"""', "Whales and swim"),
    ],
)
def test_topic__is_what_the_prompt_gives(asked: str, words: str) -> None:
    assert f": {words}." in said(("user", asked))


@pytest.mark.parametrize(
    "asked", ["Explain the code:\n```\nprint(1)\n```", "Question: what is tea?", "Text: '''a''', or not?"]
)
def test_topic__is_the_users_words_where_none_is_labelled(asked: str) -> None:
    assert asked.split()[0].strip(":") in said(("user", asked))


@pytest.mark.parametrize("text", ["'''", "Text: '''", "Q: a\n", "\nA:", "Text: " * 3])
def test_topic__of_long_texts_ends(text: str) -> None:
    began = time.process_time()
    assert said(("user", f"{text * 30_000}\nAnswer:"))
    assert time.process_time() - began < 5, "seconds of CPU; some tenths are usual"
