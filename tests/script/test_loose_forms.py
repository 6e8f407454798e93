"""Forms with types as people write them, in JSON and YAML, and the user's part of a text that has the whole prompt."""

import json
from typing import Any

import pytest

from completions.conversation import ResponseFormat
from tests.scripts import said

TYPED = {
    "type": "Judgement",
    "properties": {
        "why": {"type": "Optional[str]", "desc": "A reason"},
        "score": {"type": "int", "desc": "1 to 5"},
        "tags": {"type": "List[str]"},
        "is_good": {"type": "bool"},
        "author": {"type": "Person", "properties": {"name": {"type": "str"}}, "required": ["name"]},
    },
    "required": ["why", "score"],
}
LINES = {
    "why": "A reason (str) (required)",
    "score": "how sure it is, from 1 to 5 (int) (required)",
    "ok": "fine (bool)",
}


def whole(form: str, kind: str) -> str:
    """Return a prompt with a form, in one text."""
    asked = f"Your output should be a standard {kind} instance with the following schema:"
    return f"{asked}\n```\n{form}\n```\nWrite nothing else.\n<USER>What is tea?</USER>"


@pytest.mark.parametrize("kind", ["object", "Judgement", None])
def test_schema__may_have_the_names_of_types_in_python(kind: str | None) -> None:
    made = json.loads(said(("user", whole(json.dumps(TYPED | {"type": kind}, indent=2), "JSON"))))
    assert made.keys() == TYPED["properties"].keys()  # type: ignore[attr-defined]
    assert made["score"] in (3, 4, 5) and isinstance(made["is_good"], bool)
    assert all(isinstance(each, str) for each in made["tags"]) and isinstance(made["author"]["name"], str)


def test_schema__with_json_types_keeps_its_constraints() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 41, "maximum": 41}},
        "required": ["n"],
    }
    assert json.loads(said(("user", whole(json.dumps(schema), "JSON")))) == {"n": 41}


def test_values__may_be_described_with_their_type() -> None:
    made = json.loads(said(("user", whole(json.dumps(LINES, indent=2), "JSON"))))
    assert made["score"] in (3, 4, 5) and isinstance(made["ok"], bool) and isinstance(made["why"], str)


@pytest.mark.parametrize(("before", "block"), [("", ""), ("", "yaml"), ("<SYS>Be kind. <FORM>", "")])
def test_block__of_yaml_is_a_form(before: str, block: str) -> None:
    lines = "\n".join(f"{name}: {told}" for name, told in LINES.items())
    answer = said(("user", before + whole(lines, "YAML").replace("```", f"```{block}", 1)))
    made = {name: json.loads(value) for name, _, value in (line.partition(": ") for line in answer.splitlines())}
    assert made.keys() == LINES.keys() and made["score"] in (3, 4, 5) and isinstance(made["ok"], bool)


@pytest.mark.parametrize("told", ["1 to 10", "1-10", "1\u201310"])
def test_score__whose_description_is_a_range_is_in_its_upper_half(told: str) -> None:
    score: dict[str, Any] = {"type": "integer", "description": told}
    schema = {"type": "object", "properties": {"rating": score}, "required": ["rating"]}
    form = ResponseFormat("json_schema", schema=schema)
    assert all(json.loads(said(("user", f"Tea {at}"), response_format=form))["rating"] > 5 for at in range(6))


@pytest.mark.parametrize(
    "text",
    [
        "<START_OF_SYSTEM_PROMPT>\nHelp.\n<END_OF_SYSTEM_PROMPT>\n<START_OF_USER_PROMPT>\n{}\n<END_OF_USER_PROMPT>\n",
        "<SYS>You help.</SYS><START_OF_USER_PROMPT><USER_QUERY>{}</USER_QUERY>Step 1 of 4<END_OF_USER_PROMPT>",
        "<question>\n{}\n</question>\n\n<context>\nCamellia leaves are dried.\n</context>",
        "Please read the following text:\nCamellia leaves.\nBased on it, please answer the question:\n{}\n",
    ],
)
def test_sentences__are_about_the_part_of_the_user(text: str) -> None:
    answer = said(("user", text.format("Who sells green tea?")))
    assert "green" in answer and not any(word in answer for word in ("SYS", "SYSTEM", "context", "Camellia", "Step"))
