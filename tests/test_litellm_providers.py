"""LiteLLM's own adapters of providers that speak OpenAI's format, each against a live server: all say the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from llmclient import lite
from tests.server import LiveServer

PROVIDERS = ("openai", "groq", "deepseek", "mistral", "together_ai", "xai", "hosted_vllm", "litellm_proxy")
EMBEDDERS = ("openai", "hosted_vllm", "mistral", "together_ai", "litellm_proxy")
SCRIPT = """
version: 1
defaults:
  keys: [k]
  pacing: {ttft_ms: 0, itl_ms: 0}
rules:
- match: {tool_result: {name: get_weather}}
  reply: It is {{ prompt.tool_result.temp }} degrees.
- match: {last_user: weather}
  reply: {tool_calls: {name: get_weather, arguments: {city: Paris}}}
- match: {last_user: busy}
  error: {status: 429, retry_after_ms: 1}
- match: {last_user: down}
  error: 500
- match: {last_user: json}
  reply: {json: {degrees: 21}}
- match: {last_user: cut, stream: true}
  fault: {error_object: {after_tokens: 1}}
  reply: One two three.
- reply: Hello to you.
"""
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("providers") / "script.yaml"
    file.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(file)) as server:
        yield f"{server.url}/v1"


pytestmark = [
    pytest.mark.usefixtures("leaky"),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning",  # LiteLLM keeps its connections, and never closes them
        "ignore:Pydantic serializer warnings",
        "ignore:Accessing the",
        "ignore:Items? .* on TypedDict class",
    ),
]
each = pytest.mark.parametrize("provider", PROVIDERS)


def ask(base_url: str, provider: str, *messages: Any, **more: Any) -> Any:
    asked = [{"role": "user", "content": each} if isinstance(each, str) else each for each in messages]
    settings = {"api_base": base_url, "api_key": "k", "max_retries": 0, "num_retries": 0, "_skip_mcp_handler": True}
    return lite.load().completion(f"{provider}/some-model", asked, **{**settings, **more})


@each
def test_provider__answers_whole_and_streamed(base_url: str, provider: str) -> None:
    whole = ask(base_url, provider, "Hello")
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("Hello to you.", "stop")
    assert whole.usage.completion_tokens == 4
    chunks = list(ask(base_url, provider, "Hello", stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello to you."


@each
def test_provider__calls_a_tool_and_uses_its_result(base_url: str, provider: str) -> None:
    more = {"tools": [TOOL], "allowed_openai_params": ["tools"]}
    message = ask(base_url, provider, "The weather?", **more).choices[0].message
    (call,) = message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}')
    streamed = ask(base_url, provider, "The weather?", stream=True, **more)
    deltas = [delta for chunk in streamed for delta in chunk.choices[0].delta.tool_calls or ()]
    assert "".join(delta.function.arguments for delta in deltas) == '{"city":"Paris"}'
    result = {"role": "tool", "tool_call_id": call.id, "content": '{"temp": 21}'}
    function = {"name": "get_weather", "arguments": call.function.arguments}
    called = {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]}
    said = ask(base_url, provider, "The weather?", called, result, **more)
    assert said.choices[0].message.content == "It is 21 degrees."


@each
def test_provider__raises_the_api_s_errors(base_url: str, provider: str) -> None:
    errors = lite.load().exceptions
    with pytest.raises(errors.AuthenticationError):
        ask(base_url, provider, "Hello", api_key="wrong")
    with pytest.raises(errors.RateLimitError):
        ask(base_url, provider, "Are you busy?")
    with pytest.raises(errors.InternalServerError):
        ask(base_url, provider, "Are you down?")
    with pytest.raises(Exception, match=r"server had an error|server_error"):  # of Groq's adapter, a `ValueError`
        list(ask(base_url, provider, "Be cut", stream=True))


@pytest.mark.parametrize("provider", EMBEDDERS)
def test_provider__embeds(base_url: str, provider: str) -> None:
    answer = lite.load().embedding(
        f"{provider}/some-model", input=["Hello", "you"], api_base=base_url, api_key="k", encoding_format="float"
    )
    assert [len(item["embedding"]) for item in answer.data] == [1536, 1536]
    assert answer.usage.prompt_tokens == 2
