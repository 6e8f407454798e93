"""Prompt templates of a script, through OpenAI's SDK, LiteLLM and the journal against a live server."""

from typing import Any

import httpx
import openai
import pytest

from llmclient import lite
from tests.leaky import LITELLM_WARNS

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
prompts:
  pmpt_city:
    - messages: [{role: user, content: "Name a sight of {{city}}."}]
    - messages:
        - {role: developer, content: "You are a guide. Be {{mood}}."}
        - {role: user, content: "What should I see in {{ city }}? {{city}} is large."}
      request: {model: gpt-4o, temperature: 0.2, max_output_tokens: 500, metadata: {from: template}}
  pmpt_look:
    messages: [{role: user, content: "Look: {{thing}} and tell."}]
    request: {model: gpt-4o}
  pmpt_hot:
    messages: [{role: user, content: Hello}]
    request: {model: gpt-4o, temperature: 9}
  pmpt_json:
    messages: [{role: developer, content: Answer in JSON.}]
    request: {model: gpt-4o, text: {format: {type: json_object}}}
rules:
  - match: {last_user: {icontains: sight}}
    reply: "{{ prompt.last_user }}"
  - match: {system: {contains: guide}}
    reply: "{{ prompt.system }} / {{ prompt.last_user }}"
  - match: {expr: "prompt.variables.thing.type == 'input_image'"}
    reply: I see an image.
  - reply: "{\\"said\\": \\"{{ prompt.last_user }}\\"}"
"""
CITY: Any = {"id": "pmpt_city", "version": "1", "variables": {"city": "Cologne"}}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def parts(response: Any) -> list[list[dict[str, Any]]]:
    return [message["content"] for message in response.to_dict()["instructions"]]


def test_template__becomes_the_question_and_is_told_in_the_answer(gpt: openai.OpenAI) -> None:
    response = gpt.responses.create(prompt=CITY)
    assert response.output_text == "Name a sight of Cologne."
    assert parts(response) == [[{"type": "input_text", "text": "Name a sight of Cologne."}]]
    assert response.to_dict()["prompt"] == {
        "id": "pmpt_city",
        "variables": {"city": {"type": "input_text", "text": "Cologne"}},
        "version": "1",
    }


def test_version__is_the_last_unless_told_and_brings_its_fields(gpt: openai.OpenAI) -> None:
    variables: Any = {"city": "Bonn", "mood": "kind"}
    response = gpt.responses.create(
        prompt={"id": "pmpt_city", "variables": variables}, max_output_tokens=400, input="And the food?"
    )
    assert response.output_text == "You are a guide. Be kind. / And the food?"
    assert (response.model, response.temperature, response.max_output_tokens) == ("gpt-4o", 0.2, 400)
    assert response.metadata == {"from": "template"} and response.prompt and response.prompt.version == "2"
    assert parts(response)[1][0]["text"] == "What should I see in Bonn? Bonn is large."


def test_stream__says_the_same(gpt: openai.OpenAI) -> None:
    with gpt.responses.create(prompt=CITY, stream=True) as stream:
        events = list(stream)
    assert events[-1].type == "response.completed" and events[-1].response.output_text == "Name a sight of Cologne."
    assert events[0].type == "response.created" and isinstance(events[0].response.instructions, list)


@pytest.mark.parametrize(
    ("include", "url"), [([], None), (["message.input_image.image_url"], PIXEL)], ids=["hidden", "included"]
)
def test_variable__is_an_image(gpt: openai.OpenAI, include: list[Any], url: str | None) -> None:
    image: Any = {"type": "input_image", "image_url": PIXEL, "detail": "low"}
    response = gpt.responses.create(prompt={"id": "pmpt_look", "variables": {"thing": image}}, include=include)
    shown = {"type": "input_image", "detail": "low", "file_id": None, "image_url": url}
    text = [{"type": "input_text", "text": "Look: "}, shown, {"type": "input_text", "text": " and tell."}]
    assert response.output_text == "I see an image." and parts(response) == [text]
    prompt: Any = response.to_dict()["prompt"]
    assert prompt["variables"] == {"thing": shown}


def test_variable__is_a_file(gpt: openai.OpenAI) -> None:
    data = "data:text/plain;base64,SGVsbG8="
    file: Any = {"type": "input_file", "filename": "a.txt", "file_data": data}
    response = gpt.responses.create(prompt={"id": "pmpt_look", "variables": {"thing": file}})
    assert parts(response)[0][1] == {"type": "input_file", "file_id": None, "filename": "a.txt"}
    assert data not in response.to_json()


@pytest.mark.parametrize(
    ("prompt", "status", "message", "param"),
    [
        ({"id": "pmpt_none"}, 404, "Prompt with id 'pmpt_none' not found.", None),
        ({**CITY, "version": "3"}, 404, "Prompt with id 'pmpt_city' and version '3' not found.", None),
        ({**CITY, "variables": {}}, 400, "Missing prompt variables: city", "prompt.variables"),
        ({**CITY, "variables": {"city": "a", "b": "c"}}, 400, "Unknown prompt variables: b", "prompt.variables"),
        ({**CITY, "variables": {"city": 7}}, 400, "one of a string or object", "prompt.variables.city"),
        ({**CITY, "variables": {"city": {"type": "input_text"}}}, 400, "Missing", "prompt.variables.city.text"),
        ({**CITY, "variables": ["Bonn"]}, 400, "expected an object", "prompt.variables"),
        ({"variables": {}}, 400, "Missing required parameter: 'prompt.id'", "prompt.id"),
        ("pmpt_city", 400, "expected an object", "prompt"),
        ({"id": "pmpt_hot"}, 400, "Invalid 'temperature'", "temperature"),
    ],
)
def test_refuses(gpt: openai.OpenAI, prompt: Any, status: int, message: str, param: str | None) -> None:
    with pytest.raises(openai.APIStatusError, match=message.replace("(", r"\(")) as refused:
        gpt.responses.create(prompt=prompt)
    assert (refused.value.status_code, refused.value.param) == (status, param)


def test_json_mode__finds_its_word_in_the_template(gpt: openai.OpenAI) -> None:
    response = gpt.responses.create(prompt={"id": "pmpt_json"}, input="Hi")
    assert response.output_text == '{"said": "Hi"}'


def test_response__goes_on_without_the_template(gpt: openai.OpenAI) -> None:
    first = gpt.responses.create(prompt=CITY)
    second = gpt.responses.create(model="gpt-4o", input="More", previous_response_id=first.id)
    assert second.instructions is None and second.output_text == '{"said": "More"}'
    assert gpt.responses.retrieve(first.id).instructions == first.instructions


def test_journal__shows_what_was_rendered(place: str, gpt: openai.OpenAI) -> None:
    gpt.responses.create(prompt=CITY)
    (row,) = httpx.get(f"{place}/_mock/exchanges", timeout=600).json()["exchanges"]
    assert row["summary"] == "Name a sight of Cologne."
    told = httpx.get(f"{place}/_mock/exchanges/{row['id']}", timeout=600).json()
    assert told["said"]["messages"][0]["text"] == "Name a sight of Cologne."


def test_script_without_templates__takes_any(place: str, gpt: openai.OpenAI) -> None:
    put = httpx.put(f"{place}/_mock/script", content="{version: 1, rules: [{reply: Hi}]}", timeout=600)
    assert put.status_code == 200, put.text
    response = gpt.responses.create(prompt=CITY)
    assert response.output_text == "Hi" and response.instructions is None


@LITELLM_WARNS
def test_litellm__names_a_template(place: str) -> None:
    response = lite.load().responses(
        model="openai/gpt-4o", input="Hi", prompt=CITY, api_base=f"{place}/v1", api_key="k"
    )
    assert response.output[0]["content"][0]["text"] == '{"said": "Hi"}'
    assert response.instructions[0]["content"][0]["text"] == "Name a sight of Cologne."
