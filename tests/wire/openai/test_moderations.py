"""Moderations: benign unless a script says otherwise, for texts and images."""

from pathlib import Path
from typing import Any

import openai
import orjson
import pytest
from openai.types import ModerationMultiModalInputParam

from completions.conversation import Choice, Moderation, Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens.capabilities import CATEGORIES
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.moderations import Moderations
from completions.wire.openai.responses.format import Responses
from llmclient import lite
from tests.leaky import LITELLM
from tests.scripts import World, rules, script
from tests.server import LiveServer

pytestmark = LITELLM

WIRE = Moderations()
TEXT = {"type": "text", "text": "an apple"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def parsed(validate: bool = True, **body: Any) -> Prompt:
    return WIRE.parse(orjson.dumps(body), {}, validate=validate)


def results(*choices: Choice, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = WIRE.document(Reply(choices, serial="a"), parsed(**body))["results"]
    return found


def test_render__has_the_api_s_shape() -> None:
    document = WIRE.document(Reply((), serial="a"), parsed(input="Hello"))
    assert list(document) == ["id", "model", "results"]
    assert document["id"].startswith("modr-")
    assert document["model"] == "omni-moderation-latest"
    (result,) = document["results"]
    assert result["flagged"] is False
    for key in ("categories", "category_scores", "category_applied_input_types"):
        assert tuple(result[key]) == CATEGORIES


@pytest.mark.parametrize("stream", [False, True])
def test_moderation__comes_with_an_answer_that_asks_for_it(stream: bool) -> None:
    wire, asked = ChatCompletions(), {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}]}
    body = asked | {"stream": stream, "moderation": {"model": "omni-moderation-latest"}}
    prompt = wire.parse(orjson.dumps(body), {}, validate=True)
    reply = Reply((Choice(text="Hi.", finish_reason="stop"),), serial="a")
    if stream:
        document = orjson.loads(wire.events(reply, prompt)[-2].data)
        assert document["choices"] == []
    else:
        document = wire.document(reply, prompt)
    assert "moderation" not in wire.document(reply, wire.parse(orjson.dumps(asked), {}, validate=True))
    for side, said in (("input", "Hello"), ("output", "Hi.")):
        found = document["moderation"][side]
        assert (found["type"], found["model"]) == ("moderation_results", "omni-moderation-latest")
        told = {"type": "moderation_result", "model": "omni-moderation-latest"}
        assert found["results"] == [told | results(input=said)[0]]


def test_moderation__comes_with_a_response_that_asks_for_it() -> None:
    wire, body = Responses(), {"model": "gpt-5", "input": "Hello", "moderation": {"model": "omni-moderation-latest"}}
    reply = Reply((Choice(text="Hi.", finish_reason="stop"),), serial="a")
    found = wire.document(reply, wire.parse(orjson.dumps(body), {}, validate=True))["moderation"]
    assert {name: each["type"] for name, each in found.items()} == dict.fromkeys(
        ("input", "output"), "moderation_result"
    )
    assert all(list(each) == ["type", *sorted({*each} - {"type"})] for each in found.values())


def test_render__is_benign_and_the_same_again() -> None:
    one, two = results(input=["I will kill you", "Hello"])
    assert not one["flagged"] and not any(one["categories"].values())
    assert max(one["category_scores"].values()) <= 0.001
    assert one["category_scores"] != two["category_scores"]
    assert results(input="Hello") == [two]


def test_render__names_the_model_as_the_api_does() -> None:
    document = WIRE.document(Reply(()), parsed(input="a", model="text-moderation-latest"))
    assert document["model"] == "text-moderation-007"


def test_render__parts_are_one_input() -> None:
    (both,) = results(input=[TEXT, IMAGE])
    (image,) = results(input=[IMAGE])
    kinds = [result["category_applied_input_types"] for result in (both, image)]
    assert [kind["violence"] for kind in kinds] == [["text", "image"], ["image"]]
    assert [kind["hate"] for kind in kinds] == [["text"], []]
    prompt = parsed(input=[TEXT, IMAGE])
    assert (prompt.last_user, prompt.messages[0].parts[0].kind) == ("an apple", "image")


@pytest.mark.parametrize(
    ("moderation", "flagged", "violence"),
    [
        (Moderation({"violence": 0.9}), True, (True, 0.9)),
        (Moderation({"violence": 0.49}), False, (False, 0.49)),
        (Moderation({"violence": 0.9}, flagged=False), False, (True, 0.9)),
    ],
)
def test_render__says_what_the_script_says(moderation: Moderation, flagged: bool, violence: tuple[bool, float]) -> None:
    (result,) = results(Choice(moderation=moderation), input="Hello")
    assert result["flagged"] is flagged
    assert (result["categories"]["violence"], result["category_scores"]["violence"]) == violence
    assert result["categories"]["hate"] is False


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ({}, "Missing required parameter: 'input'.", "input", "missing_required_parameter"),
        ({"input": 1}, "Invalid type for 'input'", "input", "invalid_type"),
        ({"input": []}, "Invalid 'input': empty array.", "input", "empty_array"),
        ({"input": ["a"] * 2049}, "Invalid 'input': array too long.", "input", "array_above_max_length"),
        ({"input": ["a", 1]}, "Invalid type for 'input[1]'", "input[1]", "invalid_type"),
        ({"input": [{"type": "audio"}]}, "Invalid value: 'audio'.", "input[0].type", "invalid_value"),
        ({"input": [{"type": "text"}]}, "Missing required parameter", "input[0].text", "missing_required_parameter"),
        ({"input": [IMAGE], "model": "text-moderation-latest"}, "Invalid input: the model", "input", "invalid_value"),
        ({"input": [IMAGE, IMAGE]}, "Number of images (2) exceeds maximum of 1", "input", "too_many_images"),
        ({"input": "a", "n": 1}, "Unknown parameter: 'n'.", "n", "unknown_parameter"),
    ],
    ids=range(10),
)
def test_refuses__what_the_api_refuses(body: Any, message: str, param: str, code: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**body)
    assert error.value.message.startswith(message)
    assert (error.value.status, error.value.param, error.value.code) == (400, param, code)


@pytest.mark.parametrize("given", [None, 1, {}, [], [{}], ["a", 1], [{"type": 1, "image_url": 2}], [IMAGE] * 9])
def test_unvalidated__answers_anything(given: Any) -> None:
    prompt = parsed(validate=False, input=given, model=7)
    assert isinstance(WIRE.document(Reply(()), prompt)["results"], list)


async def test_script__speaks_only_where_it_names_the_format(tmp_path: Path) -> None:
    text = """
        - match: {format: moderations, last_user: fight}
          reply: {moderation: {categories: {violence: 0.9}}}
        - reply: Hi
    """
    world = World(tmp_path, rules(text))
    outcome = await world.outcome(prompt := parsed(input="a fight"))
    assert outcome.reply and WIRE.document(outcome.reply, prompt)["results"][0]["flagged"] is True
    outcome = await world.outcome(prompt := parsed(input="a talk"))
    assert outcome.reply and WIRE.document(outcome.reply, prompt)["results"][0]["flagged"] is False


@pytest.mark.parametrize(
    ("moderation", "why"),
    [
        ("{categories: {violent: 0.9}}", "is not known here.*Did you mean `violence`"),
        ("{categories: {violence: 2}}", "must be a number from 0 to 1"),
        ("{flagged: 1}", "must be true or false"),
    ],
)
def test_script__wrong_moderations_are_told(moderation: str, why: str) -> None:
    with pytest.raises(Exception, match=why):
        script(rules(f"- match: {{format: moderations}}\n  reply: {{moderation: {moderation}}}"))


SCRIPT = """
version: 1
defaults: {models: [gpt-4o, omni-moderation-latest]}
rules:
- match: {format: moderations, any_message: fight}
  reply: {moderation: {categories: {violence: 0.9, harassment/threatening: 0.7}}}
- {match: {format: moderations, last_user: busy}, error: {status: 429, retry_after_ms: 1}}
- reply: Hi
"""


def test_sdk__moderates(live: LiveServer) -> None:
    with openai.OpenAI(
        base_url=f"{live.url}/v1", api_key="k", max_retries=0, _strict_response_validation=True
    ) as client:
        fight, talk = client.moderations.create(input=["a fight", "a talk"]).results
        assert fight.flagged and talk.flagged, "one answer for all inputs of a request"
        assert fight.categories.harassment_threatening and not fight.categories.hate
        parts: list[ModerationMultiModalInputParam] = [
            {"type": "text", "text": "a talk"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ]
        answer = client.moderations.create(model="omni-moderation-latest", input=parts)
        assert answer.results[0].flagged is False
        assert answer.results[0].category_applied_input_types.violence == ["text", "image"]
        with pytest.raises(openai.RateLimitError):
            client.moderations.create(input="busy")
        with pytest.raises(openai.NotFoundError):
            client.moderations.create(model="none", input="a")


def test_litellm__moderates(live: LiveServer) -> None:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="k") as client:
        answer = lite.load().moderation(input="a fight", model="omni-moderation-latest", client=client)
    assert answer.results[0].flagged is True
