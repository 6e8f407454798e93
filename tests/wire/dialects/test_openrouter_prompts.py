"""OpenRouter's chat with a `prompt` in place of messages, through OpenAI's client."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

SCRIPT = """
version: 1
rules:
- {match: {last_user: weather}, reply: {tool_calls: [{name: look, arguments: {city: Rome}}]}}
- {match: {last_user: Hello}, reply: {reasoning: "Hm, yes.", text: Hi there.}}
- reply: Nobody asked.
"""
MODEL = "openai/gpt-4o"


@pytest.fixture
def client(place: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{place}/openrouter/api/v1", api_key="k", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, prompt: Any, **more: Any) -> Any:
    return client.chat.completions.create(model=MODEL, messages=[], extra_body={"prompt": prompt}, **more)


def test_prompt__is_answered_with_a_text(client: openai.OpenAI, place: str) -> None:
    answer = ask(client, "Hello")
    (choice,) = answer.choices
    assert (answer.object, choice.text, choice.finish_reason) == ("chat.completion", "Hi there.", "stop")
    assert {*choice.to_dict()} == {"text", "index", "logprobs", "finish_reason", "native_finish_reason"}
    (shown,) = httpx.get(f"{place}/_mock/exchanges?said=true").json()["exchanges"]
    assert (shown["model"], "Hi there." in str(shown["said"])) == (MODEL, True)


def test_prompt__is_answered_with_a_stream_of_texts(client: openai.OpenAI) -> None:
    chunks = [chunk for chunk in ask(client, "Hello", stream=True) if chunk.choices]
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Hi there."
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert all(chunk.choices[0].delta is None for chunk in chunks)


@pytest.mark.parametrize("stream", [True, False])
def test_prompt__may_be_answered_with_a_call(client: openai.OpenAI, stream: bool) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    answer = ask(client, "weather", stream=stream, tools=[tool])
    said = [chunk.choices[0].delta for chunk in answer if chunk.choices] if stream else [answer.choices[0].message]
    calls = [call for each in said if each is not None for call in each.tool_calls or ()]
    assert (calls[0].function.name, "".join(call.function.arguments or "" for call in calls)) == (
        "look",
        '{"city":"Rome"}',
    )


@pytest.mark.parametrize("prompt", ["", None, ["Hello"], 5])
def test_prompt__that_is_no_text_is_none(client: openai.OpenAI, prompt: Any) -> None:
    with pytest.raises(openai.BadRequestError, match='Input required: specify "prompt" or "messages"'):
        ask(client, prompt)


def test_messages__are_answered_and_not_a_prompt_beside_them(client: openai.OpenAI) -> None:
    hello: Any = [{"role": "user", "content": "Hello"}]
    answer = client.chat.completions.create(model=MODEL, messages=hello, extra_body={"prompt": "weather"})
    assert answer.choices[0].message.content == "Hi there."


def test_prompt__of_another_dialect_is_refused(place: str) -> None:
    url = f"{place}/groq/openai/v1"
    with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as groq, pytest.raises(openai.BadRequestError):
        ask(groq, "Hello")
