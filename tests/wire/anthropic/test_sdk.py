"""The anthropic SDK in its strict response validation mode, and LiteLLM, against a live server."""

from typing import Any

import anthropic
import httpx
import pytest
from anthropic.types import MessageParam, ToolParam, ToolResultBlockParam, UserMessageParam
from pydantic import BaseModel

from llmclient import LLMClient
from tests.leaky import LEAKY
from tests.server import QUICK, LiveServer, serving

pytestmark = LEAKY

MODEL = "claude-opus-5-5"
USER: list[MessageParam] = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SCRIPT = """
version: 1
defaults: {limits: {rpm: 1000, tpm: 10000000}, models: [claude-opus-5-5, claude-old], keys: [good]}
rules:
- {match: {last_user: limit}, replies: [{error: {status: 429, retry_after_ms: 10}}, "Now."]}
- {match: {last_user: overloaded}, error: 529}
- {match: {last_user: broken}, error: {status: 500, message: "It broke."}}
- {match: {last_user: bomb}, reply: {refusal: "I won't help with that."}}
- {match: {last_user: think}, reply: {reasoning: "Let me see.", text: "Seen."}}
- match: {last_user: count, format: count_tokens}
  reply: {text: "", usage: {prompt_tokens: 1234, completion_tokens: 0}}
- {match: {format: anthropic}, reply: {text: "To Claude."}}
"""


class Forecast(BaseModel):
    """What a structured answer must be."""

    city: str
    days: list[int]


auto = serving(MOCK_SCRIPT="auto", **QUICK)


def client(server: LiveServer, retries: int = 0, key: str = "good") -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, api_key=key, max_retries=retries, _strict_response_validation=True)


def asked(text: str) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 200, "messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"thinking": {"type": "adaptive"}},
        {"tools": [WEATHER]},
        {"tools": [WEATHER], "tool_choice": {"type": "any"}},
        {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "get_weather"}},
        {"tools": [WEATHER], "tool_choice": {"type": "none"}},
        {"tools": [WEATHER], "max_tokens": 6},
        {"max_tokens": 5},
        {"stop_sequences": [" the", "."]},
        {"system": "Be brief.", "metadata": {"user_id": "me"}},
    ],
    ids=lambda params: "+".join(params) or "plain",
)
def test_messages__streamed_and_whole_say_the_same(auto: LiveServer, params: dict[str, Any]) -> None:
    given = {"model": "claude-haiku-5-5", "max_tokens": 500, "messages": USER, **params}
    whole = client(auto).messages.create(**given)
    with client(auto).messages.stream(**given) as stream:
        streamed = stream.get_final_message()
    assert whole._request_id and stream.response.headers["request-id"]
    assert (streamed.stop_reason, streamed.stop_sequence) == (whole.stop_reason, whole.stop_sequence)
    assert (streamed.usage.input_tokens, streamed.usage.output_tokens) == (
        whole.usage.input_tokens,
        whole.usage.output_tokens,
    )
    assert [own(block.to_dict()) for block in streamed.content] == [own(block.to_dict()) for block in whole.content]


def own(block: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in block.items() if key not in ("id", "signature", "parsed_output")}


def test_count__is_what_the_message_costs(auto: LiveServer) -> None:
    counted = client(auto).messages.count_tokens(model=MODEL, messages=USER, tools=[WEATHER])
    message = client(auto).messages.create(model=MODEL, max_tokens=10, messages=USER, tools=[WEATHER])
    assert counted.input_tokens == message.usage.input_tokens


def test_structured_output__parses(auto: LiveServer) -> None:
    parsed = client(auto).messages.parse(model=MODEL, max_tokens=500, messages=USER, output_format=Forecast)
    assert isinstance(parsed.parsed_output, Forecast)
    with client(auto).messages.stream(model=MODEL, max_tokens=500, messages=USER, output_format=Forecast) as stream:
        assert stream.get_final_message().parsed_output == parsed.parsed_output


def test_agent__loop_with_a_tool_ends(auto: LiveServer) -> None:
    messages = list(USER)
    for _ in range(4):
        message = client(auto).messages.create(model=MODEL, max_tokens=500, messages=messages, tools=[WEATHER])
        if message.stop_reason != "tool_use":
            break
        messages.append(message.to_param())
        results: list[ToolResultBlockParam] = [
            {"type": "tool_result", "tool_use_id": block.id, "content": '{"temp": 21}'}
            for block in message.content
            if block.type == "tool_use"
        ]
        messages.append(UserMessageParam(role="user", content=results))
    assert message.content[0].type == "text" and "21" in message.content[0].text
    assert message.stop_reason == "end_turn"


def test_models__are_listed_and_found(auto: LiveServer, live: LiveServer) -> None:
    assert "claude-opus-5-5" in [model.id for model in client(auto).models.list(limit=3)]
    assert client(live).models.retrieve("claude-old").display_name == "Claude Old"
    able = client(auto).models.retrieve("claude-opus-5-5").capabilities
    assert able is not None and able.thinking.types.adaptive.supported and not able.thinking.types.disabled.supported
    with pytest.raises(anthropic.NotFoundError, match="model: claude-new"):
        client(live).models.retrieve("claude-new")
    plain = httpx.get(f"{auto.url}/v1/models").json()
    assert plain["object"] == "list", "without Anthropic's header it is OpenAI's list"


def test_mock__says_its_sentence(server: LiveServer) -> None:
    message = client(server).messages.create(model=MODEL, max_tokens=50, messages=USER)
    assert [block.to_dict() for block in message.content] == [{"type": "text", "text": "This is a mock response."}]
    assert (message.id, message.usage.input_tokens, message.usage.output_tokens) == ("msg_mock", 5, 7)
    assert message._request_id


@pytest.mark.parametrize(
    ("text", "error", "kind", "message"),
    [
        ("overloaded", anthropic.APIStatusError, "overloaded_error", "Overloaded"),
        ("broken", anthropic.InternalServerError, "api_error", "It broke."),
        ("limit", anthropic.RateLimitError, "rate_limit_error", "This request would exceed your organization's"),
    ],
)
def test_errors__are_the_api_s(
    live: LiveServer, text: str, error: type[anthropic.APIStatusError], kind: str, message: str
) -> None:
    with pytest.raises(error) as caught:
        client(live).messages.create(**asked(text))
    body: Any = caught.value.body
    assert (body["type"], body["error"]["type"]) == ("error", kind)
    assert body["error"]["message"].startswith(message)
    assert body["request_id"] == caught.value.request_id


def test_errors__of_keys_and_models(live: LiveServer) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="Invalid bearer token"):
        client(live, key="bad").messages.create(**asked("Hi"))
    sent = {"anthropic-version": "2023-06-01"}
    for headers, message, has_id in (
        ({"x-api-key": "bad"}, "API key is invalid.", False),
        ({"authorization": "Bearer bad"}, "Invalid bearer token", True),
        ({}, "x-api-key header is required", True),
    ):
        answer = httpx.post(f"{live.url}/v1/messages", headers=sent | headers, json=asked("Hi"))
        assert (answer.status_code, answer.json()["error"]["message"]) == (401, message)
        assert answer.json()["request_id"] == answer.headers.get("request-id")
        assert ("request-id" in answer.headers, "x-robots-tag" in answer.headers) == (has_id, not has_id)
    with pytest.raises(anthropic.NotFoundError, match="model: claude-new"):
        client(live).messages.create(**asked("Hi") | {"model": "claude-new"})


def test_retry__waits_as_told_and_then_gets_its_answer(live: LiveServer) -> None:
    retrying = client(live, retries=2).with_options(default_headers={"X-Mock-Namespace": "retry"})
    assert retrying.messages.create(**asked("limit")).content[0].text == "Now."


def test_limits__are_told_in_the_api_s_headers(live: LiveServer) -> None:
    headers = client(live).messages.with_raw_response.create(**asked("Hi")).headers
    assert headers["anthropic-ratelimit-requests-limit"] == "1000"
    assert int(headers["anthropic-ratelimit-requests-remaining"]) < 1000
    assert headers["anthropic-ratelimit-tokens-limit"] == "10000000"
    assert headers["anthropic-ratelimit-requests-reset"].endswith("Z")
    assert not any(name.startswith("x-ratelimit") for name in headers)


def test_script__knows_the_format(live: LiveServer) -> None:
    assert client(live).messages.create(**asked("Hi")).content[0].text == "To Claude."
    counted = client(live).messages.count_tokens(model=MODEL, messages=asked("count")["messages"])
    assert counted.input_tokens == 1234
    message = client(live).messages.create(**asked("think"))
    assert [block.type for block in message.content] == ["thinking", "text"]
    refusal = client(live).messages.create(**asked("bomb"))
    assert refusal.stop_details and refusal.stop_details.explanation == "I won't help with that."


@pytest.mark.parametrize("fault", ["error_object", "error_event"])
def test_fault__is_an_error_event_within_the_stream(live: LiveServer, fault: str) -> None:
    broken = client(live).with_options(default_headers={"X-Mock-Fault": fault})
    said = ""
    with pytest.raises(anthropic.APIStatusError) as caught, broken.messages.stream(**asked("Hi")) as stream:
        for text in stream.text_stream:
            said += text
    body: Any = caught.value.body
    assert (said, body["error"]["type"]) == ("To", "api_error")


@pytest.mark.parametrize("fault", ["comments", "crlf", "split_bytes", "no_done"])
def test_fault__that_does_no_harm(live: LiveServer, fault: str) -> None:
    odd = client(live).with_options(default_headers={"X-Mock-Fault": fault})
    with odd.messages.stream(**asked("Hi")) as stream:
        assert "".join(stream.text_stream) == "To Claude."


def test_litellm__reasoning(live: LiveServer) -> None:
    with LLMClient(base_url=live.url, api_key="good", model="anthropic/claude-old", max_retries=0) as asking:
        whole, streamed = asking.complete("think"), asking.stream("think").read()
    assert (whole.reasoning, whole.text) == (streamed.reasoning, streamed.text) == ("Let me see.", "Seen.")
    assert whole.usage == streamed.usage
