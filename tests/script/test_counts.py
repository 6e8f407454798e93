"""How many items `auto` puts into the lists of structured answers, where a prompt demands a number of things."""

import json
import time
from typing import Any

import pytest

from completions.conversation import ResponseFormat
from tests.patience import PATIENCE
from tests.scripts import said

TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


def filled(asked: str, properties: dict[str, Any], **schema: Any) -> Any:
    document = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return json.loads(said(("user", asked), response_format=ResponseFormat("json_schema", "a", document | schema)))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("Generate exactly 5 quiz questions about France.", 5),
        ("Write three search queries for this.", 3),
        ("Break the task into 4 steps.", 4),
        ("Create a list of 12 synthetic users.", 12),
        ("Come up with 6 short names\nfor a harbour.", 6),
        ("Return 100 ideas.", 100),
    ],
)
@pytest.mark.parametrize("role", ["system", "user"])
def test_only_list__has_as_many_items(role: str, asked: str, count: int) -> None:
    document = {"type": "object", "properties": {"title": {"type": "string"}, "entries": TEXTS}}
    messages = ((role, asked), *([("user", "Ships")] * (role == "system")))
    answer = said(*messages, response_format=ResponseFormat("json_schema", "a", document | {"required": ["entries"]}))
    assert len(json.loads(answer)["entries"]) == count


@pytest.mark.parametrize(
    "asked", ["Suggest 2-4 tags.", "Suggest 2 to 4 tags.", "Suggest two or 4 tags", "List 2\u20134 tags"]
)
def test_range__is_kept(asked: str) -> None:
    assert 2 <= len(filled(asked, {"tags": TEXTS})["tags"]) <= 4


def test_lists__are_counted_by_their_names() -> None:
    question = {"type": "object", "properties": {"text": {"type": "string"}, "answerOptions": TEXTS}}
    definitions = {"Question": question | {"required": ["text", "answerOptions"]}}
    properties = {"quiz_questions": {"type": "array", "items": {"$ref": "#/$defs/Question"}}, "topics": TEXTS}
    answer = filled("Generate 5 questions with 4 options each, and 2 topics.", properties, **{"$defs": definitions})
    assert [len(each["answerOptions"]) for each in answer["quiz_questions"]] == [4] * 5
    assert len(answer["topics"]) == 2


@pytest.mark.parametrize(
    "asked",
    [
        "Summarize it in 5 sentences.",
        "Write at most 50 words about it.",
        "I saw two cats and 5 dogs.",
        "Return one of 5 colors.",
        "Answer with 5 status analysis.",
        "Return JSON with 5 keys.",
        "Make 101 copies and 0 mistakes.",
    ],
)
def test_other_numbers__are_no_counts(asked: str) -> None:
    assert len(filled(asked, {"colors": TEXTS, "n": {"type": "integer"}})["colors"]) < 5


def test_bounds_of_the_schema__come_first() -> None:
    assert len(filled("Generate 5 colors.", {"colors": TEXTS | {"maxItems": 2}})["colors"]) <= 2
    assert (
        3 <= len(filled("Generate 2 to 9 colors.", {"colors": TEXTS | {"minItems": 3, "maxItems": 4}})["colors"]) <= 4
    )


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ('Generate 5 questions. Return a JSON array of objects with the keys "question" and "answer".', 5),
        ("Create 7 users as JSON with the fields name and email", 7),
        ("Generate exactly 4 titles as a JSON array of strings", 4),
        ('Write 6 queries. Respond in JSON: {"queries": ["..."]}', 6),
    ],
)
def test_json_without_a_schema__has_as_many_items(asked: str, count: int) -> None:
    value = json.loads(said(("user", asked)))
    assert len(value["queries"] if isinstance(value, dict) else value) == count


@pytest.mark.parametrize(
    "text", ["return " * 9_000, "give 5 " + "a" * 90_000, "list 5 " + "a-" * 40_000, "give 2 to " * 9_000]
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    filled(text, {"colors": TEXTS})
    assert time.process_time() - begun < PATIENCE
