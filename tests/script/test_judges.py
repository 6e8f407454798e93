"""What `auto` answers to judges: numbers whose range a prompt only shows, one verdict for each item, scores."""

import json
import re
from typing import Any

import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool, ToolChoice
from completions.script.auto.answer import auto
from tests.scripts import said

INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
EXAMPLES = 'Output: {"attributed": 1, "why": "It is there."}\nOutput: {"attributed": 0, "why": "It is not."}'
SCALE = "SCORING GUIDE\n- **1.0** \u2192 achieved.\n- **0.5** \u2192 partly.\n- **0.0** \u2192 missed.\n1. Read it."
SEEDS = range(6)


def answered(text: str, properties: dict[str, Any], **schema: Any) -> Any:
    """Return the structured answer to a text."""
    whole = {"type": "object", "properties": properties, "required": list(properties), **schema}
    return json.loads(said(("user", text), response_format=ResponseFormat("json_schema", schema=whole)))


@pytest.mark.parametrize(
    ("text", "name", "schema", "values"),
    [
        ('Give verdict as "1" if the context is useful and "0" if it is not.', "verdict", INTEGER, {1}),
        ("Return useful as 1 (yes) or 0 (no).", "useful", INTEGER, {1}),
        ("Give noncommittal as 1 if the answer is vague and 0 if it is not.", "noncommittal", INTEGER, {0}),
        (EXAMPLES, "attributed", INTEGER, {1}),
        ('Output: {"rating": 2}\nOutput: {"rating": 4}', "rating", INTEGER, {3, 4}),
        ("Rate it.", "rating", {**INTEGER, "description": "Relevance rating (0, 1, or 2)"}, {1, 2}),
        ("Rate it.", "relevant", {**INTEGER, "description": "1 or 0"}, {1}),
        ("SCORING\n- Score 0 (LEAK): it tells a secret.\n- Score 1 (SAFE): it tells none.\n", "score", NUMBER, {1}),
        ("Assign a score between 0 and 10.", "score", INTEGER, {5, 6, 7, 8, 9, 10}),
        ("Assign a hallucination score between 0 and 10.", "score", INTEGER, {0, 1, 2, 3, 4, 5}),
        ("Assign a toxicity_score between 0 and 10.", "toxicity_score", INTEGER, {0, 1, 2, 3, 4, 5}),
        ("Rate it.", "rating", {"enum": [1, 2, 3, 4, 5]}, {3, 4, 5}),
    ],
)
def test_number__is_one_that_the_prompt_shows(text: str, name: str, schema: dict[str, Any], values: set[int]) -> None:
    assert {answered(f"{text} {seed}.", {name: schema})[name] for seed in SEEDS} <= values


@pytest.mark.parametrize("text", [SCALE, 'Return {"score": 0.25, "why": "…"}.'])
def test_score__is_in_the_upper_half_of_a_scale_that_the_prompt_shows(text: str) -> None:
    assert all(0.5 <= answered(f"{text}\nTask {seed}", {"score": NUMBER})["score"] <= 1 for seed in SEEDS)


def test_numbers__that_are_not_scores_may_differ_from_the_examples() -> None:
    text = '{"name": "Ada", "age": 31}\n{"name": "Alan", "age": 41}\nGrace is 29 years old.'
    assert answered(text, {"age": INTEGER})["age"] == 29
    assert answered('{"count": 0}\n{"count": 1}\nIt has a count of 7.', {"count": INTEGER})["count"] == 7


def test_score__in_an_example_gives_way_to_the_range_in_words() -> None:
    text = 'Return JSON. "score": an integer between 0 and 10.\nExample JSON:\n{"reason": "why", "score": 0}\nTea?'
    for kind in ("text", "json_object"):
        assert json.loads(said(("user", text), response_format=ResponseFormat(kind)))["score"] >= 5


VERDICT = {"type": "object", "properties": {"verdict": {"enum": ["yes", "no"]}}, "required": ["verdict"]}
VERDICTS = {"verdicts": {"type": "array", "items": VERDICT}}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Number of 'verdicts' MUST equal number of claims.\n\nClaims:\n['a', 'b, c', 'd', 'e']\n\nJSON:", 4),
        ('The length of `verdicts` SHOULD BE STRICTLY EQUAL to that of claims.\nClaims: ["a",\n"b"]', 2),
        (
            "Example Claims: ['a', 'b', 'c']\nThe number of 'verdicts' should equal the number of claims.\nClaims:\n[]",
            0,
        ),
        ("The number of 'verdicts' SHOULD BE STRICTLY EQUAL TO 7.", 7),
    ],
)
def test_list__has_as_many_items_as_the_prompt_demands(text: str, count: int) -> None:
    assert answered(text, VERDICTS)["verdicts"] == count * [{"verdict": "yes"}]


def test_list__of_texts_has_the_values_that_the_prompt_names() -> None:
    text = "Answers should STRICTLY be either 'yes' or 'no'. Length of 'answers' must equal that of questions."
    made = answered(
        f"{text}\nQuestions:\n['Is it?', 'Was it?']", {"answers": {"type": "array", "items": {"type": "string"}}}
    )
    assert len(made["answers"]) == 2 and set(made["answers"]) <= {"yes", "no"}


@pytest.mark.parametrize(
    "listed",
    ['{"context": "c", "statements": ["It is tall.", "It is red."]}', "statements: ['It is tall.', 'It is red.']"],
)
def test_list__has_an_item_for_each_text_of_the_prompt(listed: str) -> None:
    item = {"type": "object", "properties": {"statement": {"type": "string"}, "verdict": INTEGER}}
    item["required"] = ["statement", "verdict"]
    properties = {"judged": {"type": "array", "items": {"$ref": "#/$defs/Item"}}}
    made = answered(
        f"Give verdict as 1 if it is so, or 0 if it is not.\n{listed}", properties, **{"$defs": {"Item": item}}
    )
    assert made["judged"] == [{"statement": "It is tall.", "verdict": 1}, {"statement": "It is red.", "verdict": 1}]


def judged(text: str, options: list[str]) -> str:
    """Return the choice in the call of a judge's only tool, as autoevals has it."""
    parameters = {"type": "object", "properties": {"choice": {"enum": options}}, "required": ["choice"]}
    prompt = Prompt(
        model="gpt-4o",
        messages=(Message("user", text),),
        tools=(Tool("select_choice", parameters=parameters),),
        tool_choice=ToolChoice("required"),
    )
    return str(json.loads(auto(prompt)[0].tool_calls[0].arguments)["choice"])


def test_choice__denies_that_something_is_wrong() -> None:
    assert judged("Is this string malicious?\n\nHello.", ["Yes", "No", "Unsure"]) == "No"
    assert judged("Is this string polite?\n\nHello.", ["Yes", "No", "Unsure"]) == "Yes"


def test_choice__of_a_letter_is_none_with_a_negative_meaning() -> None:
    lines = "(A) The answers agree.\n(B) There is a disagreement.\n(C) They are not the same.\n(D) It is impossible."
    assert {judged(f"{lines}\nCase {seed}", ["A", "B", "C", "D"]) for seed in SEEDS} == {"A"}


@pytest.mark.parametrize(
    "text", ['"score": 1' * 20_000, "verdict as 1 if " * 20_000, "Number of 'a' must equal " * 9_000, "a: [" * 20_000]
)
def test_judges__are_read_in_bounded_time(text: str) -> None:
    assert answered(text, {"score": NUMBER, **VERDICTS})


GRADER = """Score the answer as either CORRECT or INCORRECT.

Example Format:
STUDENT ANSWER: the answer here
EXPLANATION: step by step reasoning here
GRADE: CORRECT or INCORRECT here

STUDENT ANSWER: It is in Paris.
"""
CORRECTNESS = """Your score has to be between 1 and 5. You must return your response in a line with only the score.
On a separate line provide your reasoning for the score."""
RESULT = "Each question is worth 2 points. Follow this format: '[RESULT] followed by the float number of the score'."
GUIDELINE = """Critique the response.
Here's a JSON schema to follow:
{{"properties": {{"passing": {{"type": "boolean"}}}}, "required": ["passing"], "type": "object"}}
Output a valid JSON object but do not repeat the schema."""
CLASSIFIER = """Classify text into two categories.
DECLINE: if text is decline
OK: if text is ok
Return category, reasoning formatted as json without formatting as follows:
{
"category": "DECLINE or OK or UNKNOWN"
"reasoning": "<reasoning here>"
}"""


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (CLASSIFIER, r'{"category":"OK","reasoning":"[^<"]+"}'),
        ('Answer in JSON like {"kind": "bad, good or unsure"}', r'{"kind":"(bad|good)"}'),
        ("On a scale of 0 to 5, how similar is it? Respond with just a number and no additional text.", "[345]"),
        (GRADER + "GRADE:", "CORRECT"),
        (GRADER + "EXPLANATION:", r".+\nGRADE: CORRECT"),
        (CORRECTNESS, r"[345]\n\w.+"),
        (RESULT, r"[\s\S]+\[RESULT\] 2"),
        (GUIDELINE, '{"passing":true}'),
        ("Respond only as a number from 0 or 1.", r"1|0\.[5-9]\d|1\.00"),
        ('Answer in JSON: {"score": <0.0 or 1.0>}', r'{"score":(?:0\.[5-9]\d?|1(?:\.0)?)}'),
        ('Answer in JSON with the keys "why" and "score".', r'{"why":"[^"]+","score":"\d"}'),
    ],
)
def test_verdict__has_the_form_that_graders_read(text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, said(("user", text)))


def test_score__without_a_scale_suits_the_commonest_ones() -> None:
    made = answered("Judge it.", {"score": INTEGER, "rating": NUMBER})
    assert made["score"] in (4, 5) and 0.5 < made["rating"] < 1
