"""Cohere in OpenAI's format, at `/compatibility/v1/`, through OpenAI's SDK and LiteLLM, and the check of keys."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from django.test import override_settings

from completions.receive.handler import Handler
from llmclient import lite
from tests.asgi import call
from tests.leaky import LITELLM
from tests.server import LiveServer, serving
from tests.wire.test_ids import UUID

pytestmark = LITELLM

MODEL = "command-a-03-2025"
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [good]}
rules:
- {match: {last_user: long}, error: context_length_exceeded}
- match: {last_user: weather}
  reply: {tool_calls: {name: get_weather, arguments: {city: Paris}}}
- {match: {format: chat}, reply: {reasoning: Hm., text: Hi there.}}
"""
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
BOOK = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["title"],
}


server = serving(script=SCRIPT)


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/compatibility/v1", api_key="good", max_retries=0) as sdk:
        yield sdk


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_chat__answers_openais_sdk_whole_and_streamed(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=said("Hello"), reasoning_effort="high")
    chunks = list(client.chat.completions.create(model=MODEL, messages=said("Hello"), stream=True))
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert whole.choices[0].message.content == "".join(texts) == "Hi there."
    assert re.fullmatch(UUID, whole.id)
    assert set(whole.to_dict()) == {"id", "object", "created", "model", "choices", "usage"}
    assert {chunk.model for chunk in chunks} == {MODEL}
    first, *_, last = [chunk.choices[0].delta.to_dict() for chunk in chunks]
    assert (first, last) == ({"role": "assistant", "reasoning_content": ""}, {})
    assert whole.choices[0].message.to_dict() == {
        "role": "assistant",
        "content": "Hi there.",
        "reasoning_content": "Hm.",
    }


def test_chat__streams_calls_as_cohere_does(client: openai.OpenAI) -> None:
    asked: Any = {"model": MODEL, "messages": said("weather"), "tools": [WEATHER], "stream": True}
    chunks = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))
    assert [chunk.usage is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    opened, *pieces = [
        call.to_dict() for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()
    ]
    assert (opened["function"], opened["index"]) == ({"name": "get_weather"}, 0)
    assert json.loads("".join(piece["function"]["arguments"] for piece in pieces)) == {"city": "Paris"}


def test_chat__has_calls_with_cohers_ids_and_takes_their_results(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=said("weather"), tools=[WEATHER])
    message = whole.choices[0].message
    assert message.tool_calls
    (made,) = message.tool_calls
    assert re.fullmatch("get_weather_[a-z0-9]{12}", made.id)
    result = {"role": "tool", "tool_call_id": made.id, "content": "sunny"}
    asked = [*said("weather"), message.to_dict(), result, *said("Hello")]
    assert client.chat.completions.create(model=MODEL, messages=asked).choices[0].message.content == "Hi there."


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"n": 1}, "unprocessable entity: n is not supported"),
        ({"store": True}, "unprocessable entity: store is not supported"),
        ({"parallel_tool_calls": False}, "unprocessable entity: parallel_tool_calls is not supported"),
        ({"reasoning_effort": "low"}, "unprocessable entity: reasoning_effort low is not supported"),
    ],
)
def test_chat__refuses_what_cohere_has_not(client: openai.OpenAI, more: Any, words: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(model=MODEL, messages=said("Hello"), **more)
    body = caught.value.response.json()
    assert set(body) == {"id", "message"}
    assert (body["message"], bool(re.fullmatch(UUID, body["id"]))) == (words, True)


def test_chat__takes_null_for_what_cohere_has_not(client: openai.OpenAI) -> None:
    nulls = dict.fromkeys(("n", "store", "reasoning_effort", "metadata", "logit_bias"))
    answer = client.chat.completions.create(model=MODEL, messages=said("Hello"), extra_body=nulls)
    assert answer.choices[0].message.content == "Hi there."


def test_chat__tells_errors_in_cohers_words(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="too many tokens: size limit exceeded by"):
        client.chat.completions.create(model=MODEL, messages=said("long"))
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="bad").chat.completions.create(model=MODEL, messages=said("Hello"))
    assert caught.value.response.json()["message"].startswith("Incorrect API key provided: ****")
    for path in ("responses", "completions", "nothing"):
        answer = httpx.post(f"{client.base_url}{path}", json={}, headers={"authorization": "Bearer good"})
        assert (answer.status_code, set(answer.json())) == (404, {"id", "message"})


async def test_chat__makes_what_the_schema_of_an_object_asks_for() -> None:
    form = {"type": "json_object", "schema": BOOK}
    body = {"model": MODEL, "messages": said("A book as JSON."), "response_format": form}
    with override_settings(MOCK_SCRIPT="auto"):
        answer = await call(Handler(), "POST", "/compatibility/v1/chat/completions", json.dumps(body).encode())
    assert isinstance(json.loads(json.loads(answer.body)["choices"][0]["message"]["content"])["title"], str)


@pytest.mark.parametrize(("model", "size"), [("embed-v4.0", 1536), ("embed-multilingual-light-v3.0", 384)])
def test_embeddings__have_the_models_size(client: openai.OpenAI, model: str, size: int) -> None:
    both = client.embeddings.create(model=model, input=["one", "two"])
    floats = client.embeddings.create(model=model, input="one", encoding_format="float")
    assert [len(each.embedding) for each in both.data] == [size, size]
    assert floats.data[0].embedding == pytest.approx(both.data[0].embedding, abs=1e-6)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"dimensions": 256}, "unprocessable entity: dimensions is not supported"),
        ({"extra_body": {"input_type": "search_query"}}, "search_query input type is not supported for this model"),
    ],
)
def test_embeddings__refuse_what_cohere_has_not(client: openai.OpenAI, more: Any, words: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.embeddings.create(model="embed-v4.0", input="one", **more)
    assert caught.value.response.json()["message"] == words


def test_litellm__asks_it_as_openais(server: LiveServer) -> None:
    where: Any = {"api_base": f"{server.url}/compatibility/v1", "api_key": "good"}
    answer: Any = lite.load().completion(model=f"openai/{MODEL}", messages=said("Hello"), **where)
    assert answer.choices[0].message.content == "Hi there."
    streamed: Any = lite.load().completion(model=f"openai/{MODEL}", messages=said("Hello"), stream=True, **where)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == "Hi there."


def test_key__is_checked(server: LiveServer) -> None:
    def checked(key: str) -> tuple[int, Any]:
        answer = httpx.post(f"{server.url}/v1/check-api-key", headers={"authorization": f"Bearer {key}"})
        return answer.status_code, answer.json()

    assert checked("good") == (200, {"valid": True})
    status, body = checked("bad")
    assert (status, body["message"][:26]) == (401, "Incorrect API key provided")
    answer = httpx.get(f"{server.url}/v1/check-api-key", headers={"authorization": "Bearer good"})
    assert (answer.status_code, set(answer.json())) == (405, {"id", "message"})
