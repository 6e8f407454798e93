"""The openai SDK in its strict response validation mode, against the built-in script `auto`."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from tests.server import QUICK, LiveServer

USER: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather in Paris, in JSON?"}]
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


class Forecast(BaseModel):
    """What a structured answer must be."""

    city: str
    days: list[int]
    chance: float


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with LiveServer(MOCK_SCRIPT="auto", **QUICK) as server:
        yield openai.OpenAI(
            base_url=f"{server.url}/v1", api_key="mock", max_retries=0, _strict_response_validation=True
        )


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"n": 3},
        {"logprobs": True, "top_logprobs": 5},
        {"tools": [WEATHER]},
        {"tools": [WEATHER], "tool_choice": "required", "parallel_tool_calls": False},
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
        {"tools": [WEATHER], "tool_choice": "none"},
        {"max_completion_tokens": 5},
        {"stop": [" the", "."]},
        {"response_format": {"type": "json_object"}},
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}},
        {"web_search_options": {}},
        {"service_tier": "priority", "seed": 7, "user": "me"},
        {"prediction": {"type": "content", "content": "It is"}},
        {
            "functions": [{"name": "f", "parameters": {"type": "object", "properties": {}}}],
            "function_call": {"name": "f"},
        },
    ],
    ids=lambda params: "+".join(params) or "plain",
)
def test_chat__streamed_and_whole_say_the_same(client: openai.OpenAI, params: dict[str, Any]) -> None:
    made_for_it = {"modalities": "gpt-4o-audio-preview", "web_search_options": "gpt-4o-search-preview"}
    model = next((model for name, model in made_for_it.items() if name in params), "gpt-4o")
    whole = client.chat.completions.create(model=model, messages=USER, **params)
    state = ChatCompletionStreamState()
    for chunk in client.chat.completions.create(
        model=model, messages=USER, stream=True, stream_options={"include_usage": True}, **params
    ):
        state.handle_chunk(chunk)
    streamed = state.current_completion_snapshot
    assert streamed.usage == whole.usage
    for one, other in zip(streamed.choices, whole.choices, strict=True):
        assert (one.index, one.finish_reason) == (other.index, other.finish_reason)
        assert one.message.content == other.message.content
        assert one.message.refusal == other.message.refusal
        assert one.message.function_call == other.message.function_call
        assert calls(one.message) == calls(other.message)
        assert (one.logprobs.content if one.logprobs else None) == (other.logprobs.content if other.logprobs else None)


def calls(message: Any) -> list[tuple[str, str]]:
    return [(call.function.name, call.function.arguments) for call in message.tool_calls or []]


def test_headers__are_openai_s(client: openai.OpenAI) -> None:
    headers = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=USER).headers
    for name in ("x-request-id", "openai-processing-ms", "openai-version", "openai-organization"):
        assert headers[name]
    for what in ("requests", "tokens"):
        assert int(headers[f"x-ratelimit-remaining-{what}"]) < int(headers[f"x-ratelimit-limit-{what}"])
        assert headers[f"x-ratelimit-reset-{what}"].endswith("s")


def test_headers__come_with_errors_too(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=[])
    headers = caught.value.response.headers
    assert headers["openai-version"] and headers["x-ratelimit-limit-requests"]
    assert headers["x-request-id"] == caught.value.request_id


def test_structured_output__parses(client: openai.OpenAI) -> None:
    completion = client.chat.completions.parse(model="gpt-4o", messages=USER, response_format=Forecast)
    assert isinstance(completion.choices[0].message.parsed, Forecast)
    with client.chat.completions.stream(model="gpt-4o", messages=USER, response_format=Forecast) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == completion.choices[0].message.parsed


def test_agent__loop_of_two_tools_ends(client: openai.OpenAI) -> None:
    messages: list[Any] = list(USER)
    for _ in range(5):
        message = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[WEATHER]).choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.to_dict())
        for call in message.tool_calls:
            assert call.type == "function"
            assert set(json.loads(call.function.arguments)) == {"city", "unit"}
            messages.append({"role": "tool", "tool_call_id": call.id, "content": '{"temp": 21, "sky": "clear"}'})
    assert message.content and "21" in message.content


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"messages": []}, "messages", "empty_array"),
        ({"n": 200}, "n", "integer_above_max_value"),
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"extra_body": {"temprature": 1}}, "temprature", "unknown_parameter"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role", "invalid_value"),
    ],
)
def test_refusals__are_the_api_s(client: openai.OpenAI, params: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "gpt-4o", "messages": USER, **params})
    assert (caught.value.type, caught.value.param) == ("invalid_request_error", param)
    assert code is None or caught.value.code == code


def test_context__is_the_model_s_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "word " * 9000}])
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")
    assert "8192 tokens" in str(caught.value)
