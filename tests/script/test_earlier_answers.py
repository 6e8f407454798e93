"""Answers in the form of earlier ones, which an application gives as messages: data sets, questions for an audit."""

import json

import pytest

from completions.conversation import ResponseFormat
from tests.scripts import said

TEMPLATE = (
    'Return a JSON object of this form:\n{\n  // NUM of them\n  "inputs": [\n    {\n      // a FORM\n    }\n  ]\n}'
)
SHOWN = [
    ("user", 'AGENT: a shop\n### FORM\n{"query": "..."}\n\n### NUM EXAMPLES\n2\n'),
    ("assistant", json.dumps({"inputs": [{"query": "Is it new?"}, {"query": "Is it cheap?"}]})),
]
ANY_FORMAT = (ResponseFormat("text"), ResponseFormat("json_object"))


@pytest.mark.parametrize("form", ANY_FORMAT)
def test_object__in_the_question_is_the_form_of_the_items(form: ResponseFormat) -> None:
    asked = 'AGENT: a school\n### FORM\n{"pupil": "Eve", "year": 5}\n\n### NUM EXAMPLES\n7\n'
    made = json.loads(said(("system", TEMPLATE), *SHOWN, ("user", asked), response_format=form))["inputs"]
    assert len(made) == 7 and all(each.keys() == {"pupil", "year"} for each in made)


@pytest.mark.parametrize("form", ANY_FORMAT)
@pytest.mark.parametrize("asked", ["And a bank?", 'AGENT: a bank\n### FORM\n{"query": "?"}\n### NUM EXAMPLES\n2\n'])
def test_form__is_that_of_the_earlier_answer(form: ResponseFormat, asked: str) -> None:
    made = json.loads(said(("system", TEMPLATE), *SHOWN, ("user", asked), response_format=form))["inputs"]
    assert made and all(each.keys() == {"query"} for each in made)


@pytest.mark.parametrize("system", ["You will return a question as a JSON object.", "You have to answer in JSON."])
def test_keys__are_those_of_the_earlier_answer_if_the_prompt_names_none(system: str) -> None:
    shown = [("user", "What is tea?"), ("assistant", '{"harder": "Where is tea from?"}')]
    assert json.loads(said(("system", system), *shown, ("user", "What is rice?"))).keys() == {"harder"}


def test_keys__of_the_prompt_come_before_those_of_the_earlier_answer() -> None:
    shown = [("user", "Who?"), ("assistant", '{"action": "search"}')]
    system = 'Return JSON like {"action": "search"} or, in the end, like {"final": "an answer"}.'
    assert json.loads(said(("system", system), *shown, ("user", "Nothing found."))).keys() == {"final"}
    asked = 'Return JSON with the keys "a" and "b".'
    assert json.loads(said(("system", "Return JSON."), *shown, ("user", asked))).keys() == {"a", "b"}


@pytest.mark.parametrize("answer", ["It is green.", '["a"]'])
def test_earlier_answer__that_is_no_object_is_no_form(answer: str) -> None:
    made = json.loads(said(("system", "You will return JSON."), ("user", "a"), ("assistant", answer), ("user", "Tea?")))
    assert made.keys() == {"answer"}


@pytest.mark.parametrize(
    ("label", "count"), [("### NUM ITEMS\n7", 7), ("Number of items: 4", 4), ("num_items = 5", 5), ("Count: 1", None)]
)
def test_list__has_as_many_items_as_a_label_says(label: str, count: int | None) -> None:
    made = json.loads(said(("user", f'Return JSON like {{"items": ["a", "b"]}}.\n{label}')))["items"]
    assert len(made) == count or (count is None and made)
