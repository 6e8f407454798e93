"""The first version of Cohere's chat, in process: its answers, streams, conversations and refusals."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings

from completions.conversation import Traffic
from completions.receive.handler import Handler
from completions.wire import registry
from completions.wire.cohere.v1_chat import CohereChatV1
from tests.asgi import Answer, call
from tests.wire.test_ids import UUID

CHAT = "/v1/chat"
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [good]}
rules:
- {match: {last_user: busy}, error: {status: 429}}
- {match: {last_user: broken, stream: true}, fault: {error_object: {after_tokens: 1}}, reply: One two three.}
- {match: {tool_result: {exists: true}}, reply: "It is {{ prompt.tool_result.temp }} degrees."}
- match: {last_user: The weather?}
  reply: {text: I will look., tool_calls: [{name: weather, arguments: {city: Paris}}, {name: weather, arguments: {}}]}
- {match: {system: pirate}, reply: Arr.}
- {match: {format: cohere_v1}, reply: {reasoning: Hm., text: Hi there.}}
"""
TOOLS = [
    {
        "name": "weather",
        "description": "Tells it.",
        "parameter_definitions": {
            "city": {"type": "str", "description": "Where", "required": True},
            "days": {"type": "List[int]"},
            "other": {"type": "Frob"},
        },
    }
]
CALLS = [{"name": "weather", "parameters": {"city": "Paris"}}, {"name": "weather", "parameters": {}}]
RESULT = {"call": CALLS[0], "outputs": [{"temp": 21}]}


@pytest.fixture(autouse=True)
def script(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT)
    settings.MOCK_SCRIPT = str(file)


async def ask(body: object, **headers: str) -> Answer:
    sent = {"authorization": "Bearer good", **headers}
    return await call(Handler(), "POST", CHAT, json.dumps(body).encode(), headers=sent)


async def chat(message: str, **more: Any) -> dict[str, Any]:
    answer = await ask({"message": message, **more})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def streamed(message: str, **more: Any) -> list[dict[str, Any]]:
    answer = await ask({"message": message, "stream": True, **more})
    assert answer.headers["content-type"] == "application/stream+json"
    return [json.loads(line) for line in answer.body.splitlines()]


async def test_answer__tells_the_text_and_the_conversation() -> None:
    before = [{"role": "User", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello."}]
    found = await chat("How are you?", chat_history=before, model="command-a-03-2025")
    assert re.fullmatch(UUID, found.pop("response_id")) and re.fullmatch(UUID, found.pop("generation_id"))
    meta = found.pop("meta")
    assert found == {
        "text": "Hi there.",
        "chat_history": [
            {"role": "USER", "message": "Hi"},
            {"role": "CHATBOT", "message": "Hello."},
            {"role": "USER", "message": "How are you?"},
            {"role": "CHATBOT", "message": "Hi there."},
        ],
        "finish_reason": "COMPLETE",
    }
    assert meta["api_version"] == {"version": "1"} and meta["billed_units"]["input_tokens"] > 0
    assert set(meta["tokens"]) >= {"input_tokens", "output_tokens"}


async def test_answer__has_its_calls_as_objects_and_no_call_that_was_cut() -> None:
    found = await chat("The weather?", tools=TOOLS)
    assert (found["text"], found["finish_reason"]) == ("I will look.", "COMPLETE")
    assert found["tool_calls"] == CALLS == found["chat_history"][-1]["tool_calls"]
    cut = await chat("The weather?", tools=TOOLS, max_tokens=6)
    assert "tool_calls" not in cut and cut["finish_reason"] == "MAX_TOKENS"
    assert "tool_calls" not in (await streamed("The weather?", tools=TOOLS, max_tokens=6))[-1]["response"]
    assert (await chat("Hello", max_tokens=1))["finish_reason"] == "MAX_TOKENS"
    assert (await chat("Hello", stop_sequences=["there"]))["finish_reason"] == "STOP_SEQUENCE"
    assert (await chat("Hello", preamble="You are a pirate."))["text"] == "Arr."


async def test_search_queries__come_instead_of_an_answer() -> None:
    body = {"message": "Hello", "search_queries_only": True}
    answer = json.loads((await ask(body)).body)
    (query,) = answer["search_queries"]
    assert (answer["text"], answer["is_search_required"], query["text"]) == ("", True, "Hello")
    assert re.fullmatch(UUID, query["generation_id"])
    start, found, end = map(json.loads, (await ask(body | {"stream": True})).body.splitlines())
    assert (start["event_type"], found["event_type"]) == ("stream-start", "search-queries-generation")
    assert found["search_queries"] == end["response"]["search_queries"] and end["is_finished"]
    assert end["response"].keys() == answer.keys()


async def test_stream__says_what_the_answer_says() -> None:
    whole, (first, *events, last) = await chat("Hello"), await streamed("Hello")
    assert first["event_type"] == "stream-start"
    assert {event["event_type"] for event in events} == {"text-generation"}
    assert "".join(event["text"] for event in events) == whole["text"]
    assert (last["is_finished"], last["event_type"], last["finish_reason"]) == (True, "stream-end", "COMPLETE")
    assert last["response"]["generation_id"] == first["generation_id"]
    assert without_ids(last["response"]) == without_ids(whole)


async def test_stream__has_calls_in_pieces_and_then_whole() -> None:
    whole, (_, *events, called, last) = await chat("The weather?", tools=TOOLS), await streamed("The weather?")
    assert {event["event_type"] for event in events} == {"tool-calls-chunk"}
    assert "".join(event.get("text", "") for event in events) == "I will look."
    deltas = [event["tool_call_delta"] for event in events if "tool_call_delta" in event]
    assert [delta["index"] for delta in deltas if "name" in delta] == [0, 1]
    for index, each in enumerate(CALLS):
        written = "".join(delta.get("parameters", "") for delta in deltas if delta["index"] == index)
        assert json.loads(written) == each["parameters"]
    assert (called["event_type"], called["tool_calls"]) == ("tool-calls-generation", CALLS)
    assert last["response"]["tool_calls"] == CALLS and last["response"]["text"] == whole["text"]


async def test_stream__comes_as_events_where_a_header_asks_for_them() -> None:
    answer = await ask({"message": "Hello", "stream": True}, accepts="text/event-stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.body.startswith(b"event: stream-start\ndata: {")


async def test_stream__that_fails_ends_with_the_error() -> None:
    *_, last = await streamed("broken")
    assert (last["event_type"], last["finish_reason"]) == ("stream-end", "ERROR")
    assert last["response"]["text"]


@pytest.mark.parametrize("single", [True, False])
async def test_results__follow_the_calls_of_the_history_or_of_their_own(single: bool) -> None:
    """In a single step the message is sent again with the results, whose calls nobody has said."""
    told = {"tools": TOOLS, "tool_results": [RESULT]}
    if single:
        found = await chat("The weather?", force_single_step=True, **told)
    else:
        found = await chat("", chat_history=(await chat("The weather?", tools=TOOLS))["chat_history"], **told)
    assert found["text"] == "It is 21 degrees."
    assert found["chat_history"][-2] == {"role": "TOOL", "tool_results": [RESULT]}
    again = await chat("Thanks", chat_history=found["chat_history"], tools=TOOLS)
    assert again["text"] == "Hi there."


def test_tools__have_schemas() -> None:
    prompt = CohereChatV1().parse(json.dumps({"message": "Hi", "tools": TOOLS}).encode(), {}, validate=True)
    assert prompt.tools[0].parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Where"},
            "days": {"type": "array"},
            "other": {},
        },
        "required": ["city"],
    }


@pytest.mark.parametrize("message", ["Hello", "The weather?"])
@pytest.mark.parametrize("stream", [False, True])
async def test_read__finds_what_was_said(message: str, stream: bool) -> None:
    body = {"message": message, "stream": stream}
    answer = await ask(body)
    said = registry.read(Traffic("POST", CHAT, json.dumps(body).encode(), (answer.body,)))
    assert said.reply and said.prompt and said.prompt.last_user == message
    (choice,) = said.reply.choices
    assert choice.text == ("Hi there." if message == "Hello" else "I will look.")
    calls = [{"name": each.name, "parameters": json.loads(each.arguments)} for each in choice.tool_calls]
    assert (calls, choice.finish_reason) == (([], "stop") if message == "Hello" else (CALLS, "tool_calls"))
    assert said.reply.usage and said.reply.usage.prompt_tokens > 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "message must be at least 1 token long or tool results must be specified."),
        ({"message": ""}, "message must be at least 1 token long or tool results must be specified."),
        ({"message": 1}, "parameter 'message' is of type number but should be of type string"),
        ({"message": "a", "stream": "yes"}, "parameter 'stream' is of type string"),
        ({"message": "a", "chat_history": [{"role": "USER"}]}, "all elements in history must have a message."),
        ({"message": "a", "chat_history": ["Hi"]}, "parameter 'chat_history' is of type string"),
        ({"message": "a", "chat_history": [{"role": "me", "message": "b"}]}, "chat_history[0].role must be one of"),
        ({"message": "a", "tool_results": [RESULT]}, "cannot specify both message and tool_results in multistep mode"),
        (
            {"message": "a", "chat_history": [{"role": "TOOL", "tool_results": [RESULT]}]},
            "cannot specify message if the last entry in chat history contains tool results",
        ),
        ({"message": "a", "k": 501}, "k must be between 0 and 500 inclusive."),
        ({"message": "a", "frequency_penalty": 2}, "frequency_penalty must be between 0 and 1 inclusive."),
        ({"message": "a", "model": "command-a-vision-07-2025", "tools": TOOLS}, "tool use is not supported"),
        ({"message": "a", "max_tokens": -1}, "max_tokens cannot be less than 0."),
    ],
)
async def test_refusals__are_in_cohere_s_words(body: dict[str, Any], said: str) -> None:
    answer = await ask(body)
    document = json.loads(answer.body)
    assert answer.status == 400 and said in document["message"]
    assert re.fullmatch(UUID, document["id"])


async def test_errors__are_those_of_the_second_version() -> None:
    answer = await ask({"message": "busy"})
    assert answer.status == 429 and "per minute request limit" in json.loads(answer.body)["message"]
    assert (await ask({"message": "Hi"}, authorization="Bearer bad")).status == 401


def drawn(mode: str, kind: str) -> str:
    file = io.BytesIO()
    Image.new(mode, (2, 3)).save(file, kind)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


EMBED = {"model": "embed-english-v3.0", "texts": ["a", "b"], "input_type": "search_query"}


async def post(path: str, body: object) -> tuple[int, dict[str, Any]]:
    answer = await call(Handler(), "POST", path, json.dumps(body).encode(), headers={"authorization": "Bearer good"})
    return answer.status, json.loads(answer.body)


async def test_embed__has_lists_of_numbers_or_the_types_that_are_asked_for() -> None:
    status, found = await post("/v1/embed", EMBED)
    assert (status, found["response_type"]) == (200, "embeddings_floats")
    assert [len(vector) for vector in found["embeddings"]] == [1024, 1024] and found["texts"] == ["a", "b"]
    assert found["meta"]["api_version"] == {"version": "1"} and set(found["meta"]["billed_units"]) == {"input_tokens"}
    said = registry.read(Traffic("POST", "/v1/embed", json.dumps(EMBED).encode(), (json.dumps(found).encode(),)))
    assert said.reply and [list(each.embedding) for each in said.reply.choices] == found["embeddings"]
    _, typed = await post("/v1/embed", EMBED | {"embedding_types": ["int8"]})
    assert typed["response_type"] == "embeddings_by_type" and set(typed["embeddings"]) == {"int8"}


async def test_embed__needs_no_model_and_then_no_purpose() -> None:
    images = [drawn("P", "gif"), drawn("P", "png"), drawn("RGB", "png")]
    _, seen = await post("/v1/embed", {"model": "embed-english-v3.0", "input_type": "image", "images": images})
    assert seen["meta"]["billed_units"] == {"images": 3} and seen["texts"] == []
    assert [(each["format"], each["bit_depth"], each["width"], each["height"]) for each in seen["images"]] == [
        *(("image/gif", 1, 2, 3), ("image/png", 0, 2, 3), ("image/png", 24, 2, 3))
    ]
    assert (await post("/v1/embed", {"texts": ["a"]}))[0] == 200
    status, found = await post("/v1/embed", {"texts": ["a"], "model": "embed-v4.0"})
    assert status == 400 and "valid input_type" in found["message"]


async def test_removed_addresses__are_refused_in_cohere_s_form() -> None:
    status, found = await post("/v1/generate", {"prompt": "Hi"})
    assert status == 404 and "Generate API was removed" in found["message"]
    for path in ("/v1/classify", "/v1/summarize", "/v1/datasets/a", "/v2/nothing"):
        status, found = await post(path, {})
        assert status == 404 and set(found) == {"id", "message"}
    assert "error" in (await post("/v1/nothing", {}))[1]


def without_ids(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if not name.endswith("_id")}
