"""Forms that a prompt only shows, as applications do: objects of placeholders, two lines of a list, examples."""

import json
import re
from typing import Any

import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool
from completions.script.auto.answer import auto
from completions.script.protocols.placeholders import filled
from tests.scripts import said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"title": <report_title>, "rating": <impact_rating>}', {"title": "report_title", "rating": 5}),
        ('{"points": [{"text": "a", "score": score_value}, ...]}', {"points": [{"text": "a", "score": 5}]}),
        ('{"ok": true/false, "sure": <confidence>, "n": 1-10, // how much\n}', {"ok": True, "sure": 0.5, "n": 5}),
        ('{name: "Ada", "at": "https://x//y", "k": -1.5e3}', {"name": "Ada", "at": "https://x//y", "k": -1500.0}),
        ('{"words": ["a", "b", …]}', {"words": ["a", "b"]}),
        ("{ return 1; }", None),
        ("{" * 30_000, None),
    ],
)
def test_placeholders__are_filled(text: str, value: object) -> None:
    assert filled(text) == value


@pytest.mark.parametrize("kind", ["text", "json_object"])
def test_placeholders__make_the_form_of_an_answer(kind: Any) -> None:
    points = '{"text": "Text of point 1 [ids]", "score": score_value},\n{"text": "2", "score": score_value}'
    form = '{\n"points": [\n' + points + "]\n}"
    system = f"You answer by these tables.\nThe response should be JSON formatted as follows:\n{form}"
    made = json.loads(said(("system", system), ("user", "Who?"), response_format=ResponseFormat(kind)))["points"]
    assert made and all(each.keys() == {"text", "score"} and each["score"] > 0 for each in made)


def test_keywords__are_those_of_the_question() -> None:
    form = '{"main_keywords": ["<keyword>"], "title": "a title", "queries": ["query 1"]}'
    asked = f"Find the keywords. Answer in JSON like {form}\n\nUser query: Who founded Acme Robotics?"
    made = json.loads(said(("user", asked)))
    assert set(made["main_keywords"]) <= {"founded", "Acme", "Robotics"}
    assert made["title"] == "Founded Acme Robotics" and made["queries"][0] == "founded Acme Robotics"


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ("Write queries in the following format:\n- query 1\n- query 2\n...\n\nTopic: green tea", ["- green tea"]),
        ("Ask 3 questions. Format: One per line, e.g. \n Q: question1 \n Q: question2\nTopic: tea", ["Q: tea"]),
        ("Give your answer in this format: 1. name of editor 1\n2. name of editor 2\n...\nTopic: tea", ["1. tea"]),
        (
            'Write 2 queries. You must respond with a list of strings in this format: ["a 1", "a 2"].\nTask: tea',
            None,
        ),
    ],
)
def test_list__is_like_the_one_shown(asked: str, lines: list[str] | None) -> None:
    answer = said(("user", asked))
    if lines is None:
        assert json.loads(answer) == ["tea", "tea explained"]
    else:
        assert answer.splitlines()[0] == lines[0] and len(answer.splitlines()) == 3


@pytest.mark.parametrize(
    "system",
    [
        "Your response must use Markdown for structure (e.g., headings, bold text, bullet points).",
        "Use bullet points where appropriate in your response.",
        "Respond in this format:\n1. Summary: what it is\n2. Details: how it works",
        "Create a detailed report. Assign each source a single citation number in your text.",
        "Please write a comprehensive, well-structured report. Respond with the score as a number in its title.",
        'The response shall keep modal verbs such as "shall", "may" or "will". Return only what is asked.',
    ],
)
def test_text__is_no_list_and_no_choice_where_it_only_may_have_one(system: str) -> None:
    answer = said(("system", system), ("user", "Who founded Acme?"))
    assert len(answer.split()) > 8 and not answer.startswith(("-", "1."))


SHOTS = (
    'task: "buy shares?"\nresponse:\n{\n"agent": "Finance",\n"role: "broken"}\n'
    'task: "a trip?"\nresponse:\n{"agent": "Travel", "role": "b"}\n'
)


def test_examples__of_objects_are_followed() -> None:
    answer = json.loads(said(("system", f"examples:\n{SHOTS}"), ("user", "task: What is tea?")))
    assert answer.keys() == {"agent", "role"}
    shown = [("user", "a"), ("assistant", '{"kind": "x"}'), ("user", "b"), ("assistant", '{"kind": "y"}')]
    assert json.loads(said(*shown, ("user", "c"))).keys() == {"kind"}


@pytest.mark.parametrize("head", ["", "Tell the sentiment.\n\n"])
def test_examples__of_words_are_chosen_from(head: str) -> None:
    shots = "Text: I love it\nSentiment: glad\n\nText: I hate it\nSentiment: angry\n\nText: It works\nSentiment:"
    assert said(("user", head + shots)) in ("glad", "angry")


@pytest.mark.parametrize(
    "messages",
    [
        [("user", "User: hi\nAssistant: hello\n\nUser: bye\nAssistant: see you\n\nUser: what now?\nAssistant:")],
        [("user", f"Explain these:\n{SHOTS}")],
        [("user", "a"), ("assistant", '{"kind": "x"}'), ("user", "Thank you!")],
        [("user", "a"), ("assistant", '{"kind": "x"}'), ("user", "b"), ("assistant", "Well."), ("user", "And?")],
    ],
)
def test_examples__that_are_none_are_left(messages: list[tuple[str, str]]) -> None:
    assert len(said(*messages).split()) > 5


@pytest.mark.parametrize(
    ("told", "values"),
    [
        (
            "Value error, rating must be one of ['harmful', 'helpful'] [type=value_error]\nPlease fix it.",
            {"harmful", "helpful"},
        ),
        ("The rating should be either 'up' or 'down'.", {"up", "down"}),
        ("Say what you think.", None),
    ],
)
def test_field__has_one_of_the_values_that_the_prompt_tells(told: str, values: set[str] | None) -> None:
    item = {"type": "object", "properties": {"id": {"type": "string"}, "rating": {"type": "string"}}}
    item["required"] = ["id", "rating"]
    schema = {
        "type": "object",
        "properties": {"all": {"type": "array", "items": item, "minItems": 1}},
        "required": ["all"],
    }
    quoted = f"Answer in JSON by this schema:\n{json.dumps(schema)}"
    for texts, form in (([], ResponseFormat("json_schema", schema=schema)), ([quoted], ResponseFormat("json_object"))):
        made = json.loads(said(("user", "\n".join([*texts, "Who?", told])), response_format=form))
        assert ({each["rating"] for each in made["all"]} <= values) if values else made["all"]


def test_section__begins_with_a_heading() -> None:
    answer = said(
        ("user", "Write the section (Start your writing with # section title. No other sections).\nTopic: tea")
    )
    assert re.match(r"# \w+\n\w.{40}", answer)


@pytest.mark.parametrize("name", ["query", "research_topic", "prompt"])
def test_argument__is_of_the_words_that_were_said(name: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    prompt = Prompt(model="gpt-4o", messages=(Message("user", "The history of tea"),), tools=(Tool("run", "", schema),))
    assert json.loads(str(auto(prompt)[0].tool_calls[0].arguments)) == {name: "history tea"}


def test_values__in_a_description_may_have_brackets() -> None:
    best = {"type": "string", "description": "The best, should be 'Output (a)' or 'Output (b)'"}
    form = ResponseFormat("json_schema", schema={"type": "object", "properties": {"best": best}, "required": ["best"]})
    assert json.loads(said(("user", "Which?"), response_format=form))["best"] in ("Output (a)", "Output (b)")


@pytest.mark.parametrize("label", ["Question: ", "The question is: `", "User query:\t", "**Question:** "])
def test_sentences__are_about_the_question_within_a_prompt(label: str) -> None:
    context = "Use the documents to give an answer, and tell from which of them it is. " * 4
    answer = said(
        ("user", f"{context}\nQuestion: what not?\n\nA document.\n\n{label}Who founded Acme Robotics?\n\nAnswer:")
    )
    assert "founded, Acme and Robotics" in answer


SOURCES = (
    "Respond to the query with citations in the format [id] **only when the <source> tag includes an id** (as in "
    '<source id="1">).\n- Do not cite if the <source> tag has none.\n{no_tags}\n<context>\n<source id="1">'
    "Alice founded Acme Robotics in Berlin, and Bob builds its robots.</source>\n</context>\n\n"
    "Who founded Acme Robotics?"
)


@pytest.mark.parametrize("no_tags", ["", "- Do not use XML tags in your response. Answer in <answer> or not at all."])
def test_text__has_no_tags_of_what_is_given(no_tags: str) -> None:
    answer = said(("user", SOURCES.format(no_tags=no_tags)))
    assert "<" not in answer and "founded, Acme and Robotics" in answer


def test_list_in_json__is_like_the_one_shown() -> None:
    shown = 'The output must be an array in JSON format following the specified schema:\n["question1","question2"]\n'
    made = json.loads(said(("user", f"Human: hi\nPredict the two most likely questions that follow.\n{shown}")))
    assert len(set(made)) >= 2 and all(each.endswith("?") for each in made[:2])


def test_outline__has_headings() -> None:
    asked = 'Write an outline for a page.\n1. Use "#" Title" for sections, "##" Title" for subsections.\nTopic: tea'
    assert said(("user", asked)).startswith("# ") and "\n## " in said(("user", asked))


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("How do I reset it?", ["How do I reset it?"]),
        ("I have a task. What is green tea? It is urgent.", ["What is green tea?"]),
        ("See https://example.com/a?b=1 on tea", ["See", "tea"]),
        ("Mend the clock.", ["Mend", "clock"]),
    ],
)
def test_question__is_the_one_that_was_asked_or_is_on_a_word(text: str, questions: list[str]) -> None:
    schema = {"type": "object", "properties": {"question": {"type": "string"}}, "required": ["question"]}
    prompt = Prompt(model="gpt-4o", messages=(Message("user", text),), tools=(Tool("ask_docs", "", schema),))
    made = json.loads(auto(prompt)[0].tool_calls[0].arguments)["question"]
    assert made.endswith("?") and any(each in made for each in questions)


def test_questions__of_several_objects_differ() -> None:
    asked = (
        'Return a JSON array of 3 objects with the keys "question" and "answer".\n\n<query>Nile, Amazon, Congo</query>'
    )
    assert len({each["question"] for each in json.loads(said(("user", asked)))}) == 3
