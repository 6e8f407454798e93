"""Decisions: typed answers to questions about an input, a script's or made up, as OpenAI's SDK reads them."""

import json
from typing import Any, cast

import openai
import orjson
import pytest
from openai.types import Decision

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.openai.decisions import Decisions
from completions.wire.readback import Answer
from tests.server import LiveServer

WIRE = Decisions()
URGENT = {"type": "predicate", "name": "urgent", "instructions": "It cannot wait."}
TEAM = {"type": "choice", "name": "team", "instructions": "Who?", "choices": [{"value": "billing"}, {"value": "legal"}]}
ANGER = {
    "type": "score",
    "name": "anger",
    "instructions": [{"type": "input_text", "text": "How angry are they?"}],
    "levels": [{"label": "calm"}, {"label": "cross", "description": "Says so."}, {"label": "furious"}],
}
YES = {"type": "choice", "instructions": "Is it?", "choices": [{"value": True}, {"value": "true"}, {"value": False}]}
ALL = [URGENT, TEAM, ANGER, YES]
"""Questions of each type; the last one, the fourth, has no name."""


def parsed(questions: object = ALL, said: object = "I was charged twice.", **body: object) -> Prompt:
    asked = {"model": "gpt-6-luna", "input": said, "questions": questions, **body}
    return WIRE.parse(orjson.dumps(asked), {}, validate=True)


def decided(said: object, questions: object = ALL) -> list[dict[str, Any]]:
    """Return the answers where a script says something; a text as it is, and others as JSON."""
    text = said if isinstance(said, str) else json.dumps(said)
    document = WIRE.document(Reply((Choice(text=text),), serial="a"), parsed(questions))
    Decision.model_validate(document, strict=True)
    found: list[dict[str, Any]] = document["answers"]
    return found


def test_answers__are_made_up_and_always_the_same() -> None:
    document = WIRE.document(Reply((), serial="a"), parsed())
    assert document == WIRE.document(Reply((), serial="b"), parsed())
    assert document != WIRE.document(Reply((), serial="a"), parsed(said="Thank you."))
    assert (list(document), document["model"]) == (["model", "answers", "usage"], "gpt-6-luna")
    Decision.model_validate(document, strict=True)
    assert [(answer["type"], answer["name"]) for answer in document["answers"]] == [
        ("predicate", "urgent"),
        ("choice", "team"),
        ("score", "anger"),
        ("choice", None),
    ]
    for answer in document["answers"][1:]:
        weights = [each["probability"] for each in answer["probabilities"]]
        assert sum(weights) == pytest.approx(1, abs=0.001)
        assert answer["confidence"] == pytest.approx((len(weights) * max(weights) - 1) / (len(weights) - 1), abs=0.001)


def test_answers__are_as_measured() -> None:
    team, anger = decided({"team": {"billing": 1}, "anger": 0.94}, [TEAM, ANGER])
    assert list(team.items()) == [
        ("type", "choice"),
        ("name", "team"),
        ("choice", "billing"),
        ("probabilities", [{"value": "billing", "probability": 1.0}, {"value": "legal", "probability": 0.0}]),
        ("confidence", 1.0),
    ]
    levels = [("calm", 0.06), ("cross", 0.94), ("furious", 0.0)]
    assert list(anger.items()) == [
        ("type", "score"),
        ("name", "anger"),
        ("score", 0.94),
        ("probabilities", [{"value": at, "label": name, "probability": p} for at, (name, p) in enumerate(levels)]),
        ("confidence", 0.91),
    ]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"urgent": 0.25, "team": "legal", "anger": "furious", "3": True}, [0.25, "legal", 1.955, True]),
        ({"urgent": True, "team": [0.4, 0.6], "anger": [0, 0, 1], "3": "true"}, [1.0, "legal", 2.0, "true"]),
        ({"team": {"billing": 0.7, "legal": 0.3}, "urgent": None, "anger": 2, "3": None}, [None, "billing", 2.0, None]),
    ],
)
def test_script__answers_by_name(said: dict[str, object], found: list[object]) -> None:
    told = decided(said)
    assert [answer.get("probability", answer.get("choice", answer.get("score"))) for answer in told] == found
    assert [answer["type"] == "refusal" for answer in told] == [each is None for each in found]


@pytest.mark.parametrize(
    ("text", "team", "yes"), [("legal", "legal", None), ("false", None, False), ("Well.", None, None)]
)
def test_text__answers_what_it_can(text: str, team: str | None, yes: bool | None) -> None:
    made_up, told = decided("Nothing of that."), decided(text)
    assert told[1]["choice"] == (made_up[1]["choice"] if team is None else team)
    assert told[3]["choice"] == (made_up[3]["choice"] if yes is None else yes)


def test_answer__to_a_request_without_rules_has_what_the_sdk_reads() -> None:
    document = WIRE.document(Reply((), serial="a"), WIRE.parse(b"{}", {}, validate=False))
    assert Decision.model_validate(document, strict=True).model == "gpt-6-luna"
    nothing = [{"type": "predicate", "instructions": ""}]
    cat, dog = (WIRE.document(Reply((), serial="a"), parsed(nothing, said)) for said in ("A cat.", "A dog."))
    assert cat["answers"] != dog["answers"]


def test_refusal__is_of_each_question() -> None:
    document = WIRE.document(Reply((Choice(refusal="No."),), serial="a"), parsed())
    assert [answer["type"] for answer in document["answers"]] == ["refusal"] * 4


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"urgnt": 1}, "has answers to 'urgnt', and the questions are 'urgent', 'team', 'anger', '3'."),
        ({"urgent": 2}, "answers 2 to the predicate 'urgent', which wants a probability from 0 to 1."),
        ({"team": "sales"}, "answers \"sales\" to the choice 'team', whose options are 'billing', 'legal'."),
        ({"team": {"sales": 1}}, "answers {\"sales\": 1} to the choice 'team', whose options are 'billing', 'legal'."),
        ({"team": [1]}, "answers [1] to the choice 'team', whose options are 'billing', 'legal'."),
        ({"anger": 3}, "answers 3 to the score 'anger', whose options are 'calm', 'cross', 'furious'."),
    ],
)
def test_script__that_answers_none_of_it_is_told(said: dict[str, object], why: str) -> None:
    with pytest.raises(RequestError) as wrong:
        decided(said)
    assert (wrong.value.message, wrong.value.status) == (f"The script {why}", 500)


@pytest.mark.parametrize("said", [{"urgent": 0.25, "team": "legal", "anger": 1.5, "3": [0.5, 0.3, 0.2]}, "no JSON"])
def test_answers__are_read_back_as_a_script_says_them(said: object) -> None:
    document, answer = {"model": "gpt-6-luna", "answers": decided(said)}, Answer()
    WIRE.collect(document, answer)
    assert decided(answer.choice().texts["text"]) == document["answers"]


def test_input__is_a_conversation_with_the_questions_before_it() -> None:
    parts = [{"type": "input_text", "text": "See:"}, {"type": "input_json", "data": {"a": 1}}]
    prompt = parsed([URGENT, ANGER], [{"role": "user", "content": parts}, {"role": "assistant", "content": "Yes."}])
    assert prompt.messages[0].text == "It cannot wait.\nHow angry are they?\ncalm\ncross: Says so.\nfurious"
    assert [(message.role, message.text) for message in prompt.messages[1:]] == [
        ("user", 'See:\n{"a": 1}'),
        ("assistant", "Yes."),
    ]
    assert prompt.last_user == 'See:\n{"a": 1}'


@pytest.mark.parametrize(
    ("questions", "param"),
    [
        ([], "questions"),
        ([{"type": "guess", "instructions": "x"}], "questions[0].type"),
        ([URGENT | {"instructions": 5}], "questions[0].instructions"),
        ([{"type": "choice", "instructions": "x"}], "questions[0].choices"),
        ([TEAM | {"choices": [{"value": "a"}]}], "questions[0].choices"),
        ([TEAM | {"choices": []}], "questions[0].choices"),
        ([TEAM | {"choices": [{"value": "a"}, {"value": "a"}]}], "questions[0].choices"),
        ([TEAM | {"choices": [{"value": "a"}, {"value": 1}]}], "questions[0].choices[1].value"),
        ([ANGER | {"levels": [{}]}], "questions[0].levels[0].label"),
        ([URGENT] * 401, "questions"),
        ([URGENT, YES, YES, TEAM, URGENT], "questions[4].name"),
    ],
)
def test_questions__are_refused_that_the_sdk_does_not_know(questions: object, param: str) -> None:
    with pytest.raises(RequestError) as refused:
        parsed(questions)
    assert (refused.value.status, refused.value.param) == (400, param)


def test_openai_sdk__gets_what_a_rule_says() -> None:
    script = """
version: 1
rules:
  - match: {format: decisions, last_user: charged twice, system: cannot wait}
    reply: {json: {urgent: 0.95, team: billing}}
  - match: {format: decisions, last_user: wrong}
    reply: {json: {urgent: soon}}
  - reply: Hello.
"""
    with LiveServer(script=script) as live:
        client, asked = openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=0), cast(Any, ALL)
        decision = client.decisions.create(model="gpt-6-luna", input="I was charged twice.", questions=asked)
        urgent, team = decision.answers[:2]
        assert (urgent.type, urgent.type == "predicate" and urgent.probability) == ("predicate", 0.95)
        assert (team.type, team.type == "choice" and team.choice) == ("choice", "billing")
        assert decision.usage.input_tokens == decision.usage.total_tokens > 10
        other = client.decisions.create(model="gpt-6-luna", input="Hello", questions=asked)
        assert other.answers[0].type == "predicate"
        with pytest.raises(openai.InternalServerError, match=r"answers .*soon.* to the predicate 'urgent'"):
            client.decisions.create(model="gpt-6-luna", input="wrong", questions=asked)


def test_openai_sdk__is_told_that_the_input_is_too_long() -> None:
    script = """
version: 1
defaults: {models: [{id: gpt-6-luna, context: 20}]}
rules: [{reply: Hello.}]
"""
    with LiveServer(script=script) as live:
        client = openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=0)
        with pytest.raises(openai.BadRequestError, match="Decision input exceeds the token limit") as refused:
            client.decisions.create(model="gpt-6-luna", input="word " * 40, questions=cast(Any, ALL))
    assert (refused.value.param, refused.value.code) == ("input", None)
