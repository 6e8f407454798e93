"""What `auto` answers to a question that wants a program."""

import json
import re
import sqlite3
import subprocess
import sys
import time

import pytest

from completions.conversation import Message, Prompt, Tool
from completions.script.auto.answer import auto

BLOCK = re.compile(r"(?s)\A[^\n]+\.\n\n```(\w+)\n(.*)\n```\Z")


def said(text: str, **fields: object) -> str:
    return auto(Prompt(messages=(Message("user", text),), model="gpt-4o", **fields))[0].text or ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("Write a Python function that adds two numbers.", "python"),
        ("Write a function to reverse a string", "python"),
        ("Can you write a bash script that lists files?", "bash"),
        ("Please write a SQL query to get all users older than 30.", "sql"),
        ("Implement quicksort in Rust.", "rust"),
        ("Write me a Go program that prints hello", "go"),
        ("Create a React component for a button.", "jsx"),
        ("Convert this Python code to JavaScript: print(1)", "javascript"),
        ("Fix this code:\n```typescript\nlet x = 1\n```", "typescript"),
        ("Hi. Could you write unit tests for `add` in C#?", "csharp"),
        ("Generate a Dockerfile for a Flask app.", "dockerfile"),
        ("Give me a regex for email addresses.", "regex"),
    ],
)
def test_program__is_in_a_block_of_its_language(asked: str, language: str) -> None:
    found = BLOCK.match(said(asked))
    assert found is not None and found[1] == language


def test_program__runs() -> None:
    python, sql = BLOCK.match(said("Write a Python program.")), BLOCK.match(said("Write an SQL query."))
    assert python is not None and sql is not None
    assert subprocess.run([sys.executable, "-c", python[2]], capture_output=True, check=True).stdout
    assert sqlite3.connect(":memory:").execute(sql[2]).fetchall()


def test_function__has_the_name_or_the_head_that_the_question_gives() -> None:
    assert "def add() -> str:" in said("Write a Python function called `add`.")
    assert "function add()" in said("Write a JavaScript function named add that adds.")
    head = "def has_close(numbers: list[float], at: float) -> bool:"
    assert f"{head}\n    return None" in said(f'Complete this function:\n\n{head}\n    """Check."""\n')


@pytest.mark.parametrize(
    "asked",
    [
        "How do I write a function in Python?",
        "Explain how a Python function works.",
        "Write a function description for the manual.",
        "Write a script for a video about cats.",
        "Write a poem about code.",
        "Give me the code for the door.",
        "Do not write a Python function.",
        "Write a query for finding shoes",
        "What is a class in Java?",
    ],
)
def test_other_questions__want_no_program(asked: str) -> None:
    assert "```" not in said(asked)


def test_tools__come_first() -> None:
    assert "```" not in said("Write a Python function that adds.", tools=(Tool("run", parameters={"type": "object"}),))


def test_table__has_the_demanded_columns_and_rows() -> None:
    lines = said("Make a markdown table with 3 columns and two rows.").splitlines()
    assert [line.count("|") for line in lines] == [4] * 4
    named = said("Show a table with the columns name and age, and 5 rows.").splitlines()
    assert named[0] == "| name | age |" and len(named) == 7


def test_gsm8k__an_answer_ends_as_the_examples_do() -> None:
    example = "Q: There are 3 cars and 2 more come. How many?\nA: 3 + 2 = 5. #### 5\n\n"
    assert re.search(r"\n#### \d+\Z", said(f"{example * 2}Q: Tom has 4 apples and buys 6. How many?\nA:"))
    assert re.search(r"\n#### \d+\Z", said('How many? End with "#### [number]".'))
    assert "####" not in said("#### Heading\nWhat is tea?\n#### 1. Another\nIt is hot.")


def test_rating__of_a_placeholder_is_a_number() -> None:
    assert re.search(r"Rating: \[\[\d+\]\]\Z", said("Rate it from 1 to 10. Format: Rating: [[X]]\n\nThe sky is blue."))


@pytest.mark.parametrize(
    "text",
    ["write a " * 20_000, "write " * 30_000, "write a b c function" * 9_000, "def a(" * 20_000, "#### 1" * 20_000],
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    json.dumps(said(text))
    assert time.process_time() - begun < 2
