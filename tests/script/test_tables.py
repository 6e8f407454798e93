"""What `auto` answers where a prompt wants a table of the columns that it names."""

import csv
import time

import pytest

from tests.patience import PATIENCE
from tests.scripts import said


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ("Ada is 36, Bob is 40. Return the result as CSV with the header: name,age", ["name", "age"]),
        ("Output only CSV with the columns id, title and price.", ["id", "title", "price"]),
        (
            "Convert it to CSV (columns: city, home address,population). No explanation.",
            ["city", "home address", "population"],
        ),
        ("Present it as a table.\nThe columns are: Name | Age | City", ["Name", "Age", "City"]),
        ("Give me a markdown table with the columns Feature, Python and Go", ["Feature", "Python", "Go"]),
    ],
)
@pytest.mark.parametrize("role", ["system", "user"])
def test_table__has_the_columns_that_are_named(asked: str, columns: list[str], role: str) -> None:
    text = said((role, asked), *([("user", "Ada lives in Rome.")] * (role == "system")))
    if text.startswith("|"):
        text = "\n".join(line.strip("| ").replace(" | ", ",") for line in text.splitlines() if "---" not in line)
    first, *rows = csv.reader(text.splitlines())
    assert first == columns
    assert len(rows) == 3 and all(len(row) == len(columns) and all(row) for row in rows)


@pytest.mark.parametrize(
    "asked",
    [
        "What is a CSV file?",
        "Write a Python script that reads a CSV with the columns a, b.",
        "I have a CSV with columns a,b. Which is larger?",
        "Return the table that fits.",
        "Show how to create a table by SQL with the columns a, b.",
    ],
)
def test_table__only_where_the_answer_is_meant(asked: str) -> None:
    assert "," not in said(("user", asked)).partition("\n")[0] or "." in said(("user", asked))


@pytest.mark.parametrize(
    "text", ["columns: " + "a         , " * 3_000, "columns " * 9_000, "Return as CSV columns " + "a-" * 9_000]
)
def test_table__long_texts_cost_little(text: str) -> None:
    begun = time.process_time()
    said(("user", f"Return it as CSV. {text}"))
    assert time.process_time() - begun < PATIENCE
