"""Responses, conversations and stored chat completions through the openai SDK in strict mode, and through LiteLLM."""

import json
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import FunctionToolParam, ResponseInputParam
from pydantic import BaseModel

from llmclient import lite
from tests.leaky import LITELLM
from tests.server import QUICK, LiveServer
from tests.wire.openai.typed_events import fold_response

pytestmark = LITELLM

WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
MCP = {"type": "mcp", "server_label": "d", "server_url": "https://example.com"}
SCRIPT = """
version: 1
rules:
  - {match: {last_user: boom}, times: 1, error: {status: 500}}
  - {match: {last_user: boom}, reply: Recovered.}
  - {match: {last_user: broken}, error: {status: 500}}
  - {match: {last_user: busy}, error: 429}
  - {match: {last_user: failing}, reply: One two three four, fault: {error_event: {after_tokens: 2}}}
  - {match: {last_user: cut}, reply: One two three four, fault: {disconnect: {after_tokens: 2}}}
  - {match: {last_user: slow, format: responses}, reply: One two three four, pacing: {ttft_ms: 400, itl_ms: 100}}
  - {match: {last_user: endless, format: responses}, reply: One two three four, pacing: {ttft_ms: 3600000}}
  - match: {last_user: search}
    reply:
      text: It rains.
      tool_calls: [{name: web_search, arguments: {query: weather in Cologne}}]
  - match: {last_user: refuse}
    reply: {refusal: I will not.}
  - {match: {turn: 1}, reply: 'You said "{{ prompt.messages.0.text }}" first.'}
  - {match: {turn: 2}, reply: Twice already.}
  - {reply: Hello there.}
"""


class Forecast(BaseModel):
    """What a structured answer must be."""

    city: str
    days: list[int]


@pytest.fixture(scope="module")
def auto() -> Iterator[openai.OpenAI]:
    with LiveServer(MOCK_SCRIPT="auto", **QUICK) as server:
        yield strict(server)


@pytest.fixture(scope="module")
def scripted() -> Iterator[openai.OpenAI]:
    with LiveServer(script=SCRIPT, **QUICK) as server:
        yield strict(server)


def strict(server: LiveServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=0, _strict_response_validation=True)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"instructions": "Be brief", "metadata": {"a": "b"}, "temperature": 0, "user": "me", "truncation": "auto"},
        {"tools": [WEATHER]},
        {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "get_weather"}, "parallel_tool_calls": False},
        {"tools": [WEATHER], "tool_choice": "none"},
        {"tools": [{"type": "custom", "name": "note"}], "tool_choice": "required"},
        {"max_output_tokens": 16},
        {"text": {"format": {"type": "json_object"}, "verbosity": "medium"}},
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
        {"model": "o3", "reasoning": {"effort": "high", "summary": "detailed"}},
        {"model": "o3", "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"], "store": False},
        {"tools": [{"type": "web_search"}], "include": ["web_search_call.action.sources"]},
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs"]}], "include": ["file_search_call.results"]},
        {
            "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
            "include": ["code_interpreter_call.outputs"],
        },
        {"tools": [{"type": "image_generation", "partial_images": 1}]},
        {
            "tools": [
                {"type": "mcp", "server_label": "d", "server_url": "https://example.com", "require_approval": "never"}
            ]
        },
        {"tools": [{"type": "mcp", "server_label": "d", "server_url": "https://example.com"}]},
        {
            "tools": [
                {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "browser"}
            ]
        },
        {"tools": [{"type": "local_shell"}]},
        {"tools": [{"type": "shell"}]},
        {"tools": [{"type": "apply_patch"}]},
        {"stream_options": {"include_obfuscation": False}},
    ],
    ids=lambda params: "+".join([*params, *(tool["type"] for tool in params.get("tools", ()))]) or "plain",
)
def test_responses__streamed_and_whole_say_the_same(auto: openai.OpenAI, params: dict[str, Any]) -> None:
    model = "computer-use-preview" if "computer_use_preview" in str(params) else "gpt-4o"
    asked = {"model": model, "input": "What is the weather in Paris, in JSON?", **params}
    asked = {key: value for key, value in asked.items() if key != "stream_options"}
    whole = auto.responses.create(**asked)
    lenient = auto.copy()
    lenient._strict_response_validation = params.get("tools") not in (
        [{"type": "web_search"}],
        [{"type": "apply_patch"}],
    )
    # not in the SDK's types: a search that begins has no query, a patch comes in pieces (recorded up to 2026-06)
    events = [event.to_dict() for event in lenient.responses.create(**(asked | params), stream=True)]
    folded = fold_response(events)
    assert (folded["status"], folded["usage"]) == (whole.status, whole.usage and whole.usage.to_dict())
    assert [item["type"] for item in folded["output"]] == [item.type for item in whole.output]
    assert whole.output and whole.usage and whole.usage.output_tokens > 0


def test_items__are_what_the_tools_ask_for(auto: openai.OpenAI) -> None:
    def kinds(**params: Any) -> list[str]:
        asked = {"model": "gpt-4o", "input": "Find me something", **params}
        return [item.type for item in auto.responses.create(**asked).output]

    search: Any = {"type": "web_search"}
    assert kinds() == ["message"]
    assert kinds(tools=[search]) == ["web_search_call", "message"]
    assert kinds(tools=[search], tool_choice="none") == ["message"]
    assert kinds(tools=[search, WEATHER], tool_choice={"type": "function", "name": "get_weather"}) == ["function_call"]
    assert kinds(tools=[MCP]) == ["mcp_list_tools", "mcp_approval_request"]
    assert kinds(tools=[MCP | {"require_approval": "never"}]) == ["mcp_list_tools", "mcp_call", "message"]
    assert kinds(tools=[{"type": "shell"}]) == ["shell_call"]


def test_script__says_what_a_hosted_tool_did(scripted: openai.OpenAI) -> None:
    response = scripted.responses.create(model="gpt-4o", input="search", tools=[{"type": "web_search"}])
    call, message = response.output
    assert call.type == "web_search_call" and call.action.type == "search"
    assert call.action.query == "weather in Cologne"
    assert message.type == "message" and message.content[0].type == "output_text"
    assert message.content[0].annotations[0].type == "url_citation"
    assert response.output_text == "It rains."


def test_refusal__is_a_part(scripted: openai.OpenAI) -> None:
    with scripted.responses.stream(model="gpt-4o", input="refuse") as stream:
        told = "".join(event.delta for event in stream if event.type == "response.refusal.delta")
        (item,) = stream.get_final_response().output
    assert item.type == "message" and item.content[0].type == "refusal"
    assert item.content[0].refusal == told == "I will not."


def test_parse__gives_an_instance(auto: openai.OpenAI) -> None:
    asked = "The forecast for Paris"
    parsed = auto.responses.parse(model="gpt-4o", input=asked, text_format=Forecast)
    assert isinstance(parsed.output_parsed, Forecast)
    with auto.responses.stream(model="gpt-4o", input=asked, text_format=Forecast) as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert final.output_parsed == parsed.output_parsed
    assert snapshots[-1] == final.output_text


def test_agent__loop_ends(auto: openai.OpenAI) -> None:
    said: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    for _ in range(4):
        response = auto.responses.create(model="o3", input=said, tools=[WEATHER])
        said += [item.to_dict() for item in response.output]
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        for call in calls:
            assert set(json.loads(call.arguments)) == {"city"}
            said.append({"type": "function_call_output", "call_id": call.call_id, "output": '{"temp": 21}'})
    assert "21" in response.output_text


@pytest.mark.parametrize("stream", [False, True])
def test_previous_response__is_remembered(scripted: openai.OpenAI, stream: bool) -> None:
    first = scripted.responses.create(model="gpt-4o", input="Hi", instructions="Be kind")
    if stream:
        with scripted.responses.stream(model="gpt-4o", input="And?", previous_response_id=first.id) as events:
            second: Any = events.get_final_response()
    else:
        second = scripted.responses.create(model="gpt-4o", input="And?", previous_response_id=first.id)
    assert (second.output_text, second.previous_response_id) == ('You said "Hi" first.', first.id)
    third = scripted.responses.create(model="gpt-4o", input="And now?", previous_response_id=second.id)
    assert third.output_text == "Twice already."
    assert third.usage and second.usage and third.usage.input_tokens > second.usage.input_tokens


def test_truncation__drops_the_oldest_and_keeps_the_instructions(scripted: openai.OpenAI) -> None:
    long: ResponseInputParam = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "old " * 5000},
        {"role": "assistant", "content": "new " * 5000},
        {"role": "user", "content": "Which words come first?"},
    ]
    with pytest.raises(openai.BadRequestError, match="exceeds the context window of this model"):
        scripted.responses.create(model="gpt-4", input=long)
    answer = scripted.responses.create(model="gpt-4", input=long, truncation="auto")
    assert answer.truncation == "auto"
    assert answer.usage is not None
    assert 5000 < answer.usage.input_tokens < 5050


def test_previous_response__is_not_there_without_store(scripted: openai.OpenAI) -> None:
    first = scripted.responses.create(model="gpt-4o", input="Hi", store=False)
    with pytest.raises(openai.BadRequestError) as caught:
        scripted.responses.create(model="gpt-4o", input="And?", previous_response_id=first.id)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")
    with pytest.raises(openai.NotFoundError, match=f"Response with id '{first.id}' not found"):
        scripted.responses.retrieve(first.id)


def test_function_result__answers_a_call_before(auto: openai.OpenAI) -> None:
    first = auto.responses.create(model="gpt-4o", input="What is the weather in Paris?", tools=[WEATHER])
    (call,) = first.output
    assert call.type == "function_call" and call.id
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": '{"temp": 21}'}
    second = auto.responses.create(model="gpt-4o", input=[result], previous_response_id=first.id, tools=[WEATHER])
    assert "21" in second.output_text
    referred: Any = [{"role": "user", "content": "The weather?"}, {"type": "item_reference", "id": call.id}, result]
    assert "21" in auto.responses.create(model="gpt-4o", input=referred, tools=[WEATHER]).output_text
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call"):
        auto.responses.create(model="gpt-4o", input="And?", previous_response_id=first.id)


def test_input_tokens__are_those_of_the_answer(auto: openai.OpenAI) -> None:
    asked: Any = {"model": "gpt-4o", "input": "What is the weather in Paris?", "tools": [WEATHER]}
    response = auto.responses.create(**asked)
    assert response.usage
    assert auto.responses.input_tokens.count(**asked).input_tokens == response.usage.input_tokens


def test_stored_response__is_shown_listed_and_removed(scripted: openai.OpenAI) -> None:
    asked: Any = [{"role": "user", "content": text} for text in ("One", "Two", "Three")]
    made = scripted.responses.create(model="gpt-4o", input=asked)
    assert scripted.responses.retrieve(made.id) == made
    pages: Any = scripted.responses.input_items.list(made.id, limit=2)
    assert [item.content[0].text for item in pages] == ["Three", "Two", "One"]
    ordered: Any = scripted.responses.input_items.list(made.id, order="asc", after=pages.data[1].id)
    assert [item.content[0].text for item in ordered] == ["Three"]
    gone = scripted.delete(f"/responses/{made.id}", cast_to=object)
    assert gone == {"id": made.id, "object": "response.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError):
        scripted.responses.retrieve(made.id)
    with pytest.raises(openai.NotFoundError):
        scripted.responses.delete(made.id)


def test_background__is_done_by_the_clock(scripted: openai.OpenAI) -> None:
    response = scripted.responses.create(model="gpt-4o", input="slow", background=True)
    assert (response.status, response.output, response.usage) == ("queued", [], None)
    seen = [response.status]
    while seen[-1] in ("queued", "in_progress"):
        time.sleep(0.05)
        response = scripted.responses.retrieve(response.id)
        seen.append(response.status)
    assert (response.status, response.output_text) == ("completed", "One two three four")
    assert scripted.responses.cancel(response.id).status == "completed"


def test_background__can_be_cancelled(scripted: openai.OpenAI) -> None:
    background = scripted.responses.create(model="gpt-4o", input="endless", background=True)
    assert scripted.responses.cancel(background.id).status == "cancelled"
    assert scripted.responses.retrieve(background.id).status == "cancelled"
    made = scripted.responses.create(model="gpt-4o", input="Hi")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        scripted.responses.cancel(made.id)


def test_background__stream_goes_on_where_it_was_left(scripted: openai.OpenAI) -> None:
    seen: list[Any] = []
    with scripted.responses.create(model="gpt-4o", input="slow", background=True, stream=True) as stream:
        for event in stream:
            seen.append(event.to_dict())
            if event.type == "response.output_text.delta":
                break
    response_id, at = seen[0]["response"]["id"], seen[-1]["sequence_number"]
    with scripted.responses.retrieve(response_id, stream=True, starting_after=at) as rest:
        seen += [event.to_dict() for event in rest]
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    assert seen[1]["type"] == "response.queued"
    assert fold_response(seen)["output"][0]["content"][0]["text"] == "One two three four"


def test_stream__goes_on_after_a_number_alone(scripted: openai.OpenAI) -> None:
    made = scripted.responses.create(model="gpt-4o", input="Hi")
    with scripted.responses.retrieve(made.id, stream=True, starting_after=0) as rest:
        assert next(iter(rest)).sequence_number == 1
    with pytest.raises(openai.BadRequestError, match="Invalid type for 'starting_after': expected an integer, but got"):
        scripted.responses.retrieve(made.id, stream=True, extra_query={"starting_after": "x"})


def test_stream__that_was_cut_can_be_resumed(scripted: openai.OpenAI) -> None:
    seen: list[Any] = []
    with pytest.raises(openai.APIConnectionError):
        for event in scripted.responses.create(model="gpt-4o", input="cut", background=True, stream=True):
            seen.append(event.to_dict())
    response_id, at = seen[0]["response"]["id"], seen[-1]["sequence_number"]
    with scripted.responses.retrieve(response_id, stream=True, starting_after=at) as rest:
        seen += [event.to_dict() for event in rest]
    assert fold_response(seen)["output"][0]["content"][0]["text"] == "One two three four"


def test_conversation__grows_by_what_is_said(scripted: openai.OpenAI) -> None:
    conversation = scripted.conversations.create(metadata={"topic": "greetings"})
    first = scripted.responses.create(model="gpt-4o", input="Hi", conversation=conversation.id)
    assert first.conversation and first.conversation.id == conversation.id
    second = scripted.responses.create(model="gpt-4o", input="And?", conversation={"id": conversation.id})
    assert second.output_text == 'You said "Hi" first.'
    items: list[Any] = list(scripted.conversations.items.list(conversation.id, order="asc", limit=3))
    said = [item.content[0].text for item in items if item.type == "message"]
    assert said == ["Hi", "Hello there.", "And?", 'You said "Hi" first.']


def test_conversation__is_made_changed_and_removed(scripted: openai.OpenAI) -> None:
    made = scripted.conversations.create(items=[{"role": "user", "content": "Hi"}], metadata={"a": "b"})
    assert scripted.conversations.retrieve(made.id) == made
    assert scripted.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    added = scripted.conversations.items.create(made.id, items=[{"role": "assistant", "content": "Hello"}])
    item_id = added.data[0].id
    assert item_id and scripted.conversations.items.retrieve(item_id, conversation_id=made.id) == added.data[0]
    scripted.conversations.items.delete(item_id, conversation_id=made.id)
    assert len(list(scripted.conversations.items.list(made.id))) == 1
    with pytest.raises(openai.NotFoundError):
        scripted.conversations.items.retrieve(item_id, conversation_id=made.id)
    assert scripted.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        scripted.responses.create(model="gpt-4o", input="Hi", conversation=made.id)


def test_stored_completions__are_listed_changed_and_removed(scripted: openai.OpenAI) -> None:
    def ask(text: str, model: str = "gpt-4o", **params: Any) -> Any:
        return scripted.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **params)

    ask("Not stored")
    first, second = ask("One", store=True, metadata={"run": "7"}), ask("Two", store=True, metadata={"run": "7"})
    ask("Three", store=True, metadata={"run": "8"})
    for chunk in ask("Four", model="gpt-4o-mini", store=True, stream=True):
        streamed = chunk.id
    listed = scripted.chat.completions.list
    assert [each.id for each in listed(metadata={"run": "7"}, limit=1)] == [first.id, second.id]
    assert [each.id for each in listed(model="gpt-4o-mini")] == [streamed]
    assert [each.id for each in listed(metadata={"run": "7"}, order="desc", after=second.id)] == [first.id]
    assert scripted.chat.completions.retrieve(first.id).choices == first.choices
    changed: Any = scripted.chat.completions.update(first.id, metadata={"run": "9"})
    assert changed.metadata == {"run": "9"} and not list(listed(metadata={"run": "7"}, after=second.id))
    lenient = scripted.with_options()
    lenient._strict_response_validation = False  # the SDK's type of a stored message knows no role but `assistant`
    assert [(each.role, each.content) for each in lenient.chat.completions.messages.list(first.id)] == [("user", "One")]
    assert scripted.chat.completions.delete(first.id).deleted
    with pytest.raises(openai.NotFoundError):
        scripted.chat.completions.retrieve(first.id)


def test_errors__are_the_sdk_s(scripted: openai.OpenAI) -> None:
    for text, error in {"broken": openai.InternalServerError, "busy": openai.RateLimitError}.items():
        for stream in (False, True):
            with pytest.raises(error):
                scripted.responses.create(model="gpt-4o", input=text, stream=stream)
    retrying = scripted.with_options(max_retries=2)
    assert retrying.responses.create(model="gpt-4o", input="boom").output_text == "Recovered."


def test_error_event__is_typed(scripted: openai.OpenAI) -> None:
    events = list(scripted.responses.create(model="gpt-4o", input="failing", stream=True))
    last = events[-1]
    assert last.type == "error" and last.code == "server_error" and last.message
    assert sum(event.type == "response.output_text.delta" for event in events) == 2


def test_key__is_checked() -> None:
    with LiveServer(API_KEYS="sk-good") as server:
        bad = openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-bad", max_retries=0)
        for call in (
            lambda: bad.responses.create(model="gpt-4o", input="Hi"),
            lambda: bad.responses.retrieve("resp_1"),
            lambda: bad.conversations.create(),
            lambda: bad.chat.completions.list(),
        ):
            with pytest.raises(openai.AuthenticationError):
                call()


@pytest.mark.parametrize("stream", [False, True])
def test_litellm__reads_responses(scripted: openai.OpenAI, stream: bool) -> None:
    answer: Any = lite.load().responses(
        model="openai/gpt-4o", input="Hi", api_base=str(scripted.base_url), api_key="mock", stream=stream
    )
    if stream:
        told = list(answer)
        assert "".join(event.delta for event in told if event.type == "response.output_text.delta") == "Hello there."
        answer = told[-1].response
    assert answer.output[0].content[0].text == "Hello there."
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
