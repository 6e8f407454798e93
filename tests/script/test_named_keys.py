"""JSON that a prompt asks for by naming its keys in a sentence, with the values that the prompt tells."""

import json
import time
from typing import Any

import pytest

from completions.conversation import Message, Prompt
from completions.script.auto.answer import auto

ORDER = "Order 1234 was shipped to Berlin on March 3."


def said(*texts: str) -> Any:
    """Return the JSON with which a prompt is answered: the user's text, or the system's and the user's."""
    roles = ("user",) if len(texts) == 1 else ("system", "user")
    messages = tuple(Message(role, text) for role, text in zip(roles, texts, strict=True))
    text = auto(Prompt(messages=messages, model="gpt-4o"))[0].text or ""
    return json.loads(text) if text[:1] in "[{" else text


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Extract the name and age as JSON: John Smith is 34 years old.",), {"name": "John Smith", "age": 34}),
        (
            ("Extract the name and age from the following text and return them as JSON.\n\nJohn Smith, 34, is here.",),
            {"name": "John Smith", "age": 34},
        ),
        (
            ('Return JSON with keys "name", "email". Text: Contact Jane Doe at jane@example.com.',),
            {"name": "Jane Doe", "email": "jane@example.com"},
        ),
        (
            ('Respond only with JSON like {"name": "...", "age": 0}. John Smith is 34 years old.',),
            {"name": "John Smith", "age": 34},
        ),
        (
            ("Parse this receipt into JSON with vendor, date and total.\nAcme Corp\n2026-11-03\nTotal: $45.20",),
            {"vendor": "Acme Corp", "date": "2026-11-03", "total": 45.2},
        ),
        (
            ("Extract order_id, city and date as JSON.", ORDER),
            {"order_id": "1234", "city": "Berlin", "date": "March 3"},
        ),
        (
            ("Return a JSON object with the vendor, amount and due date.", "Acme Corp wants $1,099.50 by 2026-12-01."),
            {"vendor": "Acme Corp", "amount": 1099.5, "due_date": "2026-12-01"},
        ),
    ],
)
def test_values__are_those_of_the_text(texts: tuple[str, ...], expected: Any) -> None:
    assert said(*texts) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            "Extract the name, age and city of each person as a JSON array.\n\n"
            "Alice (30) lives in Berlin. Bob, 25, lives in Paris.",
            [{"name": "Alice", "age": 30, "city": "Berlin"}, {"name": "Bob", "age": 25, "city": "Paris"}],
        ),
        (
            "Who is who? Alice is 30, Bob is 25 and Carol is 41. Give me a JSON list of objects with name and age.",
            [{"name": "Alice", "age": 30}, {"name": "Bob", "age": 25}, {"name": "Carol", "age": 41}],
        ),
        (
            "Extract each person's full name and email as a JSON list of objects.\n\n"
            "John Smith is at john@x.com. Maria Lopez has maria@y.org.",
            [{"full_name": "John Smith", "email": "john@x.com"}, {"full_name": "Maria Lopez", "email": "maria@y.org"}],
        ),
        (
            'Return the people as JSON like [{"name": "Ada", "age": 5}].\n\nTom is 61, and Eve is 7.',
            [{"name": "Tom", "age": 61}, {"name": "Eve", "age": 7}],
        ),
    ],
)
def test_list__has_an_object_for_each_person(asked: str, expected: Any) -> None:
    assert said(asked) == expected


def test_schema__has_the_ages_of_a_list() -> None:
    text = "Alice is 30 years old and Bob is 25 years old."
    person = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
    schema = {
        "type": "object",
        "properties": {"people": {"type": "array", "items": {**person, "required": ["name", "age"]}}},
    }
    asked = f"Extract the people.\n\n{text}\n\nAnswer in JSON that fits this JSON schema:\n{json.dumps(schema)}"
    assert said(asked) == {"people": [{"name": "Alice", "age": 30}, {"name": "Bob", "age": 25}]}


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("Give me a JSON object with a title, summary and three tags for an article about tea.", (str, str, list)),
        ("Generate a JSON list of 3 users with name, email and age.", (str, str, int)),
        ("List the pros and cons of tea as JSON.", (list, list)),
        ("Return JSON containing city, year and address.", (str, int, str)),
    ],
)
def test_values__have_the_types_that_their_names_tell(asked: str, kinds: tuple[type, ...]) -> None:
    value = said(asked)
    for each in value if isinstance(value, list) else [value]:
        assert tuple(map(type, each.values())) == kinds
    assert not isinstance(value, list) or len(value) == 3


@pytest.mark.parametrize(
    "asked",
    [
        "Return the result as JSON and nothing else. How old is tea?",
        "Extract the following information and details as JSON.",
    ],
)
def test_other_words__are_no_keys(asked: str) -> None:
    assert list(said(asked)) == ["answer"]


@pytest.mark.parametrize(
    "text", ["name, " * 20_000, "extract the name and " * 9_000, "1,000" * 20_000, "Ada is 3 " * 9_000]
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    said(f"Extract the name and age as JSON.\n{text}")
    assert time.process_time() - begun < 2
