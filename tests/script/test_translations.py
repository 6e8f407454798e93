"""What `auto` makes of texts that are to be translated, and of lists that want an item for each object."""

import json

import pytest

from completions.conversation import ResponseFormat
from tests.scripts import said

JSON = '{"title": "Welcome", "body": {"hello": "Hello {{name}}"}}'
LIST = '["Hello %(name)s", "Save <b>all</b>"]'
LINES = '"Hello {{name}}"\n"Goodbye"'


@pytest.mark.parametrize(
    ("system", "asked", "expected"),
    [
        ("Translate the i18n JSON file from en to fr.\nKeep the keys, and add no text outside of it.", JSON, JSON),
        ("You help.\nTranslate the user sentence.", "I love it.", "I love it."),
        (
            "",
            f'Translate the following list of texts to fr, as a JSON array. Example: ["One", ...]\n\nTexts:\n{LIST}',
            LIST,
        ),
        ("", f"Translate this to fr.\n```json\n{JSON}\n```", JSON),
        ("", f"You are a translator.\n\nTranslate each line to French.\n\nBe brief.\n\n```\n{LINES}\n```\n", LINES),
        ("", 'Please help me to translate,`He said: "hi"` to French, please return only that', 'He said: "hi"'),
        ("", "Translate the following text to French: Note: all is well", "Note: all is well"),
        ("", "Translate the following Markdown to French:\n\n# A\n\n```\nb\n```", "# A\n\n```\nb\n```"),
        ("", 'Translate it into French.\n"""\nHello\n"""', "Hello"),
        ("", 'Translate "cat" to French', "cat"),
        ("", 'Translate the text after "Text:" to Spanish.\n\nText:\nMy house.\nTranslation:', "My house."),
    ],
)
def test_translation__is_the_text_itself(system: str, asked: str, expected: str) -> None:
    assert said(("system", system), ("user", asked)) == expected


def test_translation__of_json_with_json_object() -> None:
    form = ResponseFormat("json_object")
    assert said(("system", "Translate this JSON to French."), ("user", JSON), response_format=form) == JSON


@pytest.mark.parametrize(
    ("system", "asked"),
    [
        ("", "How do I translate a page in Django?"),
        ("You can summarize, translate and write.", "How is tea?"),
        ("", "What does `translate` do?"),
    ],
)
def test_translation__only_where_one_is_asked_for(system: str, asked: str) -> None:
    assert said(("system", system), ("user", asked)) != asked and len(said(("system", system), ("user", asked))) > 40


@pytest.mark.parametrize("text", ["translate ", "Translate\n```", 'Translate\n"""', "Translate: ", "Translate `"])
def test_translation__of_long_texts_ends(text: str) -> None:
    assert said(("user", text * 20_000))


FIELDS = {"id": {"type": "number"}, "translated": {"type": "string"}}
ITEMS = {"type": "array", "items": {"type": "object", "properties": FIELDS, "required": ["id", "translated"]}}
SCHEMA = {"type": "object", "properties": {"items": ITEMS}, "required": ["items"]}
LISTED = [{"id": 7, "original": "Hello {{name}}"}, {"id": 9, "original": "Goodbye"}]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (f"Translate each.\n```json\n{json.dumps(LISTED)}\n```", [(7, "Hello {{name}}"), (9, "Goodbye")]),
        (f'Translate each: {json.dumps(LISTED[:1])}. Keep {{"name"}}.', None),
        ("Translate each: none.", None),
    ],
)
def test_list__has_an_item_for_each_object(asked: str, expected: list[tuple[int, str]] | None) -> None:
    form = ResponseFormat("json_schema", "all", SCHEMA)
    items = json.loads(said(("user", asked), response_format=form))["items"]
    assert items
    if expected is not None:
        assert [(each["id"], each["translated"]) for each in items] == expected


NODE = "b3e4a175-3963-4156-b4f9-432696ba1dfe"


def test_list__has_an_item_for_each_id_in_lines() -> None:
    asked = (
        "Assign the tasks. Your response MUST be a valid JSON object.\n\nExample valid response:\n"
        '{"assignments": [{"task_id": "task_1", "assignee_id": "node_1", "dependencies": []}]}\n\n'
        f"Tasks:\nTask ID: 1.1\nContent: Write.\n---\nTask ID: 1.2\nContent: Read.\n\nWorkers:\n<{NODE}>:<writer>"
    )
    found = json.loads(said(("user", asked)))["assignments"]
    assert [(each["task_id"], each["assignee_id"], each["dependencies"]) for each in found] == [
        ("1.1", NODE, []),
        ("1.2", NODE, []),
    ]
