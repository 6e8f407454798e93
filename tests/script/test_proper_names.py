"""The people, organizations, dates and feelings of a question, in the structured answers of `auto`."""

import json
import time
from typing import Any

import pytest

from completions.conversation import ResponseFormat
from tests.patience import PATIENCE
from tests.scripts import said

TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
PERSON: dict[str, Any] = {"type": "object", "properties": {"name": TEXT, "role": TEXT}, "required": ["name", "role"]}
FEELING: dict[str, Any] = {"enum": ["positive", "negative", "neutral"]}


def filled(asked: str, **properties: Any) -> Any:
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return json.loads(said(("user", asked), response_format=ResponseFormat("json_schema", "a", schema)))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Extract Jason is 25 years old.", "Jason"),
        ("Extract: John Doe is 30 years old.", "John Doe"),
        ("My name is Ada, what now?", "Ada"),
        ("Hello, I'm Grace Hopper.", "Grace Hopper"),
        ("It was written by J\u00fcrgen von der Heide in Berlin.", "J\u00fcrgen von der Heide"),
        ("Dr. Maria Lopez will see you on Monday", "Maria Lopez"),
        ("Find the customer Jane O'Neill", "Jane O'Neill"),
        ("The CEO, Mary B. Shaw, aged 51, left", "Mary B. Shaw"),
    ],
)
@pytest.mark.parametrize("key", ["name", "full_name", "author", "userName", "customer_name"])
def test_person__is_the_one_in_the_question(key: str, asked: str, name: str) -> None:
    assert filled(asked, **{key: TEXT})[key] == name


def test_first_and_last_name__are_parts() -> None:
    assert filled("Ada Lovelace is here.", first_name=TEXT, last_name=TEXT) == {
        "first_name": "Ada",
        "last_name": "Lovelace",
    }


def test_people__are_all_listed() -> None:
    asked = "Alice, Bob and Eve are going to a fair on Friday."
    assert filled(asked, participants=TEXTS, date=TEXT) == {"participants": ["Alice", "Bob", "Eve"], "date": "Friday"}
    people = filled("John is a cook and Mary is a pilot.", people={"type": "array", "items": PERSON})["people"]
    assert [each["name"] for each in people] == ["John", "Mary"]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("What is the weather in Paris?", "name"),
        ("Extract the name", "name"),
        ("Jason is 25.", "product_name"),
        ("Jason is 25.", "filename"),
        ("Acme Corp sent it", "name"),
        ("It costs 99.50 since 2026-12-24", "phone"),
    ],
)
def test_name_without_a_sign__is_made_up(asked: str, key: str) -> None:
    value = filled(asked, **{key: TEXT})[key]
    assert value and value not in asked


@pytest.mark.parametrize(
    ("asked", "key", "value"),
    [
        ("Invoice 7 from Acme Corp, due 2026-12-24", "vendor", "Acme Corp"),
        ("Maria works at Mercy Hospital.", "employer", "Mercy Hospital"),
        ("Jane works for Initech as a clerk", "company_name", "Initech"),
        ("Paid to IBM Deutschland GmbH on Monday", "company", "IBM Deutschland GmbH"),
        ("The Bank of Ireland Group met", "organization", "Bank of Ireland Group"),
        ("Call me at 555-123-4567.", "phone_number", "555-123-4567"),
        ("Call +49 30 1234 567", "phone", "+49 30 1234 567"),
        ("Meet on March 3rd, 2027", "date", "March 3rd, 2027"),
        ("Meet on 14 Oct", "event_date", "14 Oct"),
        ("Meet on 2026-12-01 or Friday", "date", "2026-12-01"),
    ],
)
def test_text__is_the_one_in_the_question(asked: str, key: str, value: str) -> None:
    assert filled(asked, **{key: TEXT})[key] == value


def test_date_of_a_format__is_valid() -> None:
    assert filled("Meet on Friday", date={"type": "string", "format": "date"})["date"].count("-") == 2


def test_year__is_the_one_in_the_question() -> None:
    assert filled("Inception (2010) cost 160 million.", release_year={"type": "integer"}) == {"release_year": 2010}


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("I love it, great service!", "positive"),
        ("It was terrible and arrived late.", "negative"),
        ("I don't recommend it, it broke", "negative"),
        ("It arrived on Tuesday.", "neutral"),
    ],
)
def test_feeling__is_that_of_the_words(text: str, feeling: str) -> None:
    assert filled(text, sentiment=FEELING) == {"sentiment": feeling}
    assert said(("user", f"Classify the sentiment as positive, negative or neutral: {text!r}")) == feeling


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("Is this review positive or negative? Answer with one word. Review: awful food.", "Negative"),
        ("Is the shop open or closed? Reply with a single word.", "Open"),
        ("Is the sky blue? Answer in one word.", "Yes"),
    ],
)
def test_either__is_answered_by_one_of_the_two(asked: str, word: str) -> None:
    assert said(("user", asked)) == word


@pytest.mark.parametrize(
    "text",
    [
        "Ada " * 20_000,
        "A. " * 20_000,
        "Ada, " * 20_000,
        "by " * 30_000,
        "1 " * 40_000,
        "Ada de " * 20_000,
        "A" * 90_000,
    ],
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    filled(text, name=TEXT, company=TEXT, participants=TEXTS, date=TEXT, phone=TEXT, sentiment=FEELING)
    assert time.process_time() - begun < PATIENCE


@pytest.mark.parametrize(
    ("asked", "key", "items"),
    [
        ("Write to a@b.co, c@d.org and a@b.co", "email_addresses", ["a@b.co", "c@d.org"]),
        ("Read src/a.py and b.md", "files", ["src/a.py", "b.md"]),
        ("From 2026-01-02 to 2026-03-04", "dates", ["2026-01-02", "2026-03-04"]),
        ("See https://a.example/x.", "urls", ["https://a.example/x"]),
        ("IBM Corp pays Acme Ltd", "companies", ["IBM Corp", "Acme Ltd"]),
    ],
)
def test_list__has_all_that_the_question_has(asked: str, key: str, items: list[str]) -> None:
    assert filled(asked, **{key: TEXTS})[key] == items


@pytest.mark.parametrize(
    ("asked", "items"),
    [
        ("Extract all email addresses from: a@b.co, c@d.org. Return them as a JSON array.", ["a@b.co", "c@d.org"]),
        ("Extract the dates as a JSON list: 2026-01-02, 2026-03-04", ["2026-01-02", "2026-03-04"]),
        ("Return a JSON array. Find all people: Ada is here, Bob was there.", ["Ada", "Bob"]),
    ],
)
def test_json_list__has_what_is_extracted(asked: str, items: list[str]) -> None:
    assert json.loads(said(("user", asked))) == items
