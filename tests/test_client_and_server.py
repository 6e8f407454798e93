"""The LiteLLM client against the live server, end to end, with scripts that call tools, refuse and fail."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from llmclient import LLMClient
from tests.server import LiveServer

SCRIPT = """\
version: 1
rules:
  - match: {tool_result: {name: add}}
    reply: The sum is {{ prompt.tool_result.sum }}.
  - match: {last_user: sum}
    reply:
      tool_calls:
        - {name: add, arguments: {a: 2, b: 40}}
        - {name: add, arguments: {a: 1, b: 1}}
  - match: {last_user: refuse}
    reply: {refusal: I will not.}
  - match: {last_user: think}
    reply: {reasoning: Let me see., text: Done.}
  - match: {last_user: busy}
    error: {status: 429, retry_after_ms: 1}
  - match: {last_user: twice}
    replies: [{error: {status: 503, retry_after_ms: 1}}, Here I am.]
  - match: {last_user: long}
    reply: one two three four five six
"""
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
    },
}


@pytest.fixture(scope="module")
def client() -> Iterator[LLMClient]:
    with (
        LiveServer(script=SCRIPT, MOCK_TTFT_MS="1", MOCK_ITL_MS="1") as server,
        LLMClient(base_url=f"{server.url}/v1", model="gpt-4o", max_retries=0) as made,
    ):
        yield made


def ask(client: LLMClient, stream: bool, messages: Any, **params: Any) -> Any:
    return client.stream(messages, **params).read() if stream else client.complete(messages, **params)


BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@BOTH
def test_tools__calls_and_their_result(client: LLMClient, stream: bool) -> None:
    asked = [{"role": "user", "content": "What is the sum?"}]
    completion = ask(client, stream, asked, tools=[ADD])
    assert completion.finish_reason == "tool_calls"
    assert [(call.name, json.loads(call.arguments)) for call in completion.tool_calls] == [
        ("add", {"a": 2, "b": 40}),
        ("add", {"a": 1, "b": 1}),
    ]
    results = [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": json.dumps({"sum": sum(json.loads(call.arguments).values())}),
        }
        for call in completion.tool_calls
    ]
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in completion.tool_calls
    ]
    again = [*asked, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    assert ask(client, stream, again, tools=[ADD]).text == "The sum is 2."


@BOTH
def test_answers__refusal_reasoning_and_limits(client: LLMClient, stream: bool) -> None:
    assert ask(client, stream, "Please refuse").refusal == "I will not."
    thought = ask(client, stream, "think")
    assert (thought.text, thought.usage.reasoning_tokens) == ("Done.", 4)
    cut = ask(client, stream, "long", max_tokens=3)
    assert (cut.text, cut.finish_reason, cut.usage.completion_tokens) == ("one two three", "length", 3)
    assert ask(client, stream, "long", stop=[" four"]).text == "one two three"
    assert [choice.text for choice in ask(client, stream, "long", n=2).choices] == ["one two three four five six"] * 2


@BOTH
def test_errors__are_litellm_s_own(client: LLMClient, stream: bool) -> None:
    from llmclient import BadRequestError, RateLimitError

    with pytest.raises(RateLimitError):
        ask(client, stream, "busy")
    with pytest.raises(BadRequestError, match="temperature"):
        ask(client, stream, "Hello", temperature=5)


@BOTH
def test_retries__succeed(client: LLMClient, stream: bool) -> None:
    assert ask(client, stream, f"twice {stream}", max_retries=2).text == "Here I am."
