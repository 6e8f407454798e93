"""Vertex AI in OpenAI's format: Google's own examples of February 2026, its words, and clients on it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.document import events
from tests.server import LiveServer

PLACE = "/v1/projects/p/locations/us-central1/endpoints/openapi"
GEMINI = "google/gemini-3.1-pro-preview"
TOOL: Any = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
CALL_ID = "function-call-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PAID = {"google": {"traffic_type": "ON_DEMAND"}}
SCRIPT = """
version: 1
defaults:
  pacing: {ttft_ms: 0, itl_ms: 0}
  models: [google/gemini-3.1-pro-preview, google/gemini-2.5-flash, meta/llama-4-maas, deepseek-ai/deepseek-r1-maas]
rules:
  - match: {last_user: calls}
    replies:
      - {reasoning: I look twice., tool_calls: [{name: look, arguments: {a: 1}}, {name: look, arguments: {b: 2}}]}
      - Done.
  - {match: {last_user: thought}, reply: {reasoning: Let me see., text: Hello there.}}
  - {match: {last_user: limit}, error: rate_limit_exceeded}
  - reply: Hello there.
"""


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    with LiveServer(script=SCRIPT) as server:
        yield server


@pytest.fixture
def space(live: LiveServer, request: pytest.FixtureRequest) -> str:
    """The address of a namespace of its own."""
    return f"{live.url}/ns/{abs(hash(request.node.name))}"


def ask(space: str, said: str, **more: Any) -> Any:
    body = {"model": GEMINI, "messages": [{"role": "user", "content": said}], "tools": [TOOL], **more}
    answer = httpx.post(f"{space}{PLACE}/chat/completions", json=body, headers={"Authorization": "Bearer ya29.a"})
    return events(answer.content) if more.get("stream") else answer.json()


def test_answer__has_google_s_keys_in_the_order_of_their_names(space: str) -> None:
    document = ask(space, "thought")
    assert list(document) == ["choices", "created", "id", "model", "object", "system_fingerprint", "usage"]
    assert (document["model"], document["system_fingerprint"]) == (GEMINI, "")
    choice = document["choices"][0]
    assert (list(choice), choice["logprobs"]) == (["finish_reason", "index", "logprobs", "message"], None)
    message = choice["message"]
    assert (message["content"], list(message["extra_content"]["google"])) == ("Hello there.", ["thought_signature"])
    usage = document["usage"]
    assert list(usage) == [
        *("completion_tokens", "completion_tokens_details", "extra_properties", "prompt_tokens", "total_tokens")
    ]
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] + thought
    assert (thought > 0, usage["extra_properties"]) == (True, PAID)
    assert "completion_tokens_details" not in ask(space, "plain")["usage"]


def test_stream__ends_with_what_is_said_last_and_its_usage(space: str) -> None:
    chunks = ask(space, "thought", stream=True)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"content": said, "role": "assistant"} for said in ("Hello", " there", ".")
    ]
    assert [chunk["choices"][0].get("finish_reason") for chunk in chunks] == [None, None, "stop"]
    assert ["usage" in chunk for chunk in chunks] == [False, False, True]
    assert chunks[-1]["usage"] == ask(space, "thought")["usage"]


@pytest.mark.parametrize("in_pieces", [False, True])
def test_calls__come_whole_or_in_pieces_that_each_have_all_fields(space: str, in_pieces: bool) -> None:
    more = {"extra_body": {"google": {"stream_function_call_arguments": True}}} if in_pieces else {}
    choices = [chunk["choices"][0] for chunk in ask(space, "calls", stream=True, **more)]
    calls = [call for choice in choices for call in choice["delta"]["tool_calls"]]
    assert all(re.fullmatch(CALL_ID, call["id"]) and call["type"] == "function" for call in calls)
    assert {call["function"]["name"] for call in calls} == {"look"}
    said = {
        place: "".join(call["function"]["arguments"] for call in calls if call["index"] == place) for place in (0, 1)
    }
    assert said == {0: '{"a":1}', 1: '{"b":2}'}
    assert (len(calls) > 2) is in_pieces
    assert ["extra_content" in call for call in calls] == [True] + [False] * (len(calls) - 1)
    assert choices[-1]["finish_reason"] == "tool_calls"


def test_thoughts__stand_between_tags_of_the_request(space: str) -> None:
    google = {"thinking_config": {"include_thoughts": True}, "thought_tag_marker": "think"}
    message = ask(space, "thought", extra_body={"google": google})["choices"][0]["message"]
    assert message["content"] == "<think>Let me see.</think>Hello there."


def test_partners__sign_nothing_and_tell_their_thoughts_apart(space: str) -> None:
    document = ask(space, "thought", model="deepseek-ai/deepseek-r1-maas")
    message = document["choices"][0]["message"]
    assert message == {"content": "Hello there.", "reasoning_content": "Let me see.", "role": "assistant"}
    usage = document["usage"]
    assert usage["completion_tokens"] > usage["completion_tokens_details"]["reasoning_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    deltas = [chunk["choices"][0]["delta"] for chunk in ask(space, "calls", model="meta/llama-4-maas", stream=True)]
    assert not any("extra_content" in call for delta in deltas for call in delta.get("tool_calls", ()))


PUBLISHER = "Malformed publisher model name: expected format '<publisher>/<model>'"
NO_MODEL = "Publisher Model `projects/p/locations/us-central1/publishers/{}` was not found or your project does not"


@pytest.mark.parametrize(
    ("asked", "code", "status", "words"),
    [
        ({"model": "gemini-3.1-pro-preview"}, 400, "INVALID_ARGUMENT", PUBLISHER),
        ({"model": "google/gemini-7"}, 404, "NOT_FOUND", NO_MODEL.format("google/models/gemini-7")),
        ({"model": "meta/llama-9"}, 404, "NOT_FOUND", NO_MODEL.format("meta/models/llama-9")),
        ({"messages": [{"role": "user", "content": "limit"}]}, 429, "RESOURCE_EXHAUSTED", "Resource exhausted. Pl"),
        ({"messages": []}, 400, "INVALID_ARGUMENT", "Invalid 'messages'"),
        ({"tool_choice": "any"}, 400, "INVALID_ARGUMENT", "Invalid value"),
    ],
)
def test_errors__are_google_cloud_s_in_a_list_of_one(
    space: str, asked: dict[str, Any], code: int, status: str, words: str
) -> None:
    (told,) = ask(space, "Hi", **asked)
    assert (told["error"]["code"], told["error"]["status"]) == (code, status)
    assert told["error"]["message"].startswith(words)


def test_calls__want_their_signature_back_at_google_s_models_alone(space: str) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    turn = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "a", "content": "x"}]
    messages = [{"role": "user", "content": "Hi"}, *turn]
    (told,) = ask(space, "", messages=messages)
    assert told["error"]["message"].startswith("Function call is missing a thought_signature")
    assert ask(space, "", messages=messages, model="meta/llama-4-maas")["choices"]


def test_fields__that_are_not_supported_are_ignored(space: str) -> None:
    more = {"seed": 1, "store": True, "metadata": {}, "unknown": 1, "tool_choice": "validated"}
    assert ask(space, "Hi", **more)["choices"]


def test_sdk__goes_on_after_calls_with_what_it_was_told(space: str) -> None:
    asked: list[Any] = [{"role": "user", "content": "calls"}]
    with openai.OpenAI(base_url=f"{space}{PLACE}", api_key="ya29.a", max_retries=0) as client:
        message = client.chat.completions.create(model=GEMINI, messages=asked, tools=[TOOL]).choices[0].message
        assert message.tool_calls
        results: list[Any] = [{"role": "tool", "tool_call_id": call.id, "content": "5"} for call in message.tool_calls]
        asked += [message.model_dump(exclude_none=True), *results]
        assert client.chat.completions.create(model=GEMINI, messages=asked).choices[0].message.content == "Done."
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model="gemini-3.1-pro-preview", messages=asked)
        assert PUBLISHER in refused.value.response.text
