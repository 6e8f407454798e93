"""Cohere's second version: chats, embeddings and rerankings, raw and through LiteLLM, against a live server."""

import base64
import json
import re
from array import array
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from completions.conversation import Choice, Reply, ToolCall, Traffic, Usage
from completions.event.scatter import Length
from completions.receive.handler import Handler
from completions.wire import registry
from completions.wire.cohere.chat import CohereChat
from completions.wire.cohere.rules import MESSAGE_RULES, OPTION_RULES
from llmclient import lite
from tests.asgi import call as ask
from tests.leaky import LITELLM
from tests.server import LiveServer
from tests.wire.test_ids import UUID
from tests.wire.test_refusals import REVISED

pytestmark = LITELLM

MODEL = "command-a-03-2025"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [good]}
rules:
- {match: {last_user: busy}, error: {status: 429}}
- {match: {last_user: cut, stream: true}, fault: {error_object: {after_tokens: 1}}, reply: One two three.}
- {match: {tool_result: {exists: true}}, reply: "It is {{ prompt.tool_result.temp }} degrees."}
- match: {last_user: The weather?}
  reply: {text: I will look., tool_calls: {name: get_weather, arguments: {city: Paris}}}
- {match: {last_user: Think.}, reply: {reasoning: Hm., text: Done.}}
- {match: {format: cohere}, reply: Hi there.}
"""


def post(server: LiveServer, path: str, body: object, key: str = "good") -> httpx.Response:
    return httpx.post(f"{server.url}/v2/{path}", json=body, headers={"authorization": f"Bearer {key}"}, timeout=60)


def chat(said: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": said}], **more}


def events(body: str) -> list[dict[str, Any]]:
    """Read a stream strictly: named events whose data is of that type, up to the last one, which has no name."""
    *named, last, end = body.split("\n\n")
    assert (last, end) == ("data: [DONE]", "")
    found = []
    for event in named:
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def fold(stream: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold events into the answer that they stand for."""
    message: dict[str, Any] = {"role": "assistant"}
    for event in stream[1:-1]:
        delta = event.get("delta", {}).get("message", {})
        match event["type"]:
            case "content-start":
                message.setdefault("content", []).append(delta["content"])
            case "content-delta":
                for name, value in delta["content"].items():
                    message["content"][event["index"]][name] += value
            case "tool-plan-delta":
                message["tool_plan"] = message.get("tool_plan", "") + delta["tool_plan"]
            case "tool-call-start":
                message.setdefault("tool_calls", []).append(delta["tool_calls"])
            case "tool-call-delta":
                function = message["tool_calls"][event["index"]]["function"]
                function["arguments"] += delta["tool_calls"]["function"]["arguments"]
    return {"message": message, **stream[-1]["delta"]}


@pytest.mark.parametrize("said", ["Hello", "The weather?", "Think."])
def test_chat__stream_folds_to_the_answer(live: LiveServer, said: str) -> None:
    whole = post(live, "chat", chat(said, tools=TOOLS)).json()
    streamed = fold(events(post(live, "chat", chat(said, tools=TOOLS, stream=True)).text))
    for call in (*whole["message"].get("tool_calls", ()), *streamed["message"].get("tool_calls", ())):
        assert call.pop("id").startswith("get_weather_")
    assert streamed == {name: value for name, value in whole.items() if name != "id"}
    message = whole["message"]
    if said == "Hello":
        assert message == {"role": "assistant", "content": [{"type": "text", "text": "Hi there."}]}
        assert whole["finish_reason"] == "COMPLETE" and whole["usage"]["tokens"]["output_tokens"] > 0
    elif said == "Think.":
        assert message["content"] == [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Done."}]
    else:
        assert message["tool_plan"] == "I will look." and whole["finish_reason"] == "TOOL_CALL"
        message["tool_calls"][0]["id"] = "c"
        result = {
            "role": "tool",
            "tool_call_id": "c",
            "content": [{"type": "document", "document": {"data": '{"temp": 21}'}}],
        }
        again = chat(said, tools=TOOLS)
        again["messages"] += [message, result]
        assert post(live, "chat", again).json()["message"]["content"][0]["text"] == "It is 21 degrees."


@pytest.mark.parametrize("said", ["Hello", "Cited."])
def test_chat__has_log_probabilities_of_the_text(live: LiveServer, said: str) -> None:
    body = chat(said, logprobs=True) | ({"documents": ["Grass is green."]} if said == "Cited." else {})
    whole = post(live, "chat", body).json()
    stream = events(post(live, "chat", body | {"stream": True}).text)
    deltas = [event for event in stream if event["type"] == "content-delta"]
    assert [event["delta"]["message"]["content"]["text"] for event in deltas] == ["Hi", " there", "."]
    assert [event["logprobs"] for event in deltas] == whole["logprobs"]
    assert [item["text"] for item in whole["logprobs"]] == ["Hi", " there", "."]
    for item in whole["logprobs"]:
        assert len(item["token_ids"]) == len(item["logprobs"]) == 1 and item["logprobs"][0] < 0
    assert ("citation-start" in [event["type"] for event in stream]) is (said == "Cited.")
    assert "logprobs" not in post(live, "chat", chat(said)).json()
    assert "logprobs" not in post(live, "chat", chat("The weather?", tools=TOOLS, logprobs=True)).json()


def test_chat__puts_the_tokens_of_a_chunk_together() -> None:
    prompt = CohereChat().parse(json.dumps(chat("Hi", logprobs=True, stream=True)).encode(), {}, validate=True)
    prompt = replace(prompt, per_chunk=Length(2))
    answer = Reply((Choice(text="One two three", logprobs=(-0.5, -0.25, -0.125)),), serial="s", usage=Usage(1, 1))
    told = [json.loads(event.data) for event in CohereChat().events(answer, prompt) if event.data != b"[DONE]"]
    items = [event["logprobs"] for event in told if event["type"] == "content-delta"]
    assert [(item["text"], item["logprobs"]) for item in items] == [("One two", [-0.5, -0.25]), (" three", [-0.125])]


def test_chat__streams_no_pieces_of_a_call_without_arguments() -> None:
    prompt = CohereChat().parse(json.dumps(chat("Hi", tools=TOOLS, stream=True)).encode(), {}, validate=False)
    calls = (ToolCall("get_weather", "{}", "c"), ToolCall("get_weather", '{"city":"Rome"}', "d"))
    made = CohereChat().events(Reply((Choice(tool_calls=calls),), created=0, serial="s", usage=Usage(1, 1)), prompt)
    told = [json.loads(event.data) for event in made if event.data != b"[DONE]"]
    kinds = [event["type"] for event in told if event.get("index") == 0 and event["type"].startswith("tool-call")]
    assert kinds == ["tool-call-start", "tool-call-end"]
    assert [call["function"]["arguments"] for call in fold(told)["message"]["tool_calls"]] == ["", '{"city":"Rome"}']


def test_litellm__chats(live: LiveServer) -> None:
    """Not streamed: LiteLLM 1.110 takes the line of an event's name for JSON."""
    answer: Any = lite.load().completion(
        f"cohere_chat/{MODEL}", chat("Hello")["messages"], api_base=f"{live.url}/v2/chat", api_key="good"
    )
    assert answer.choices[0].message.content == "Hi there."


def test_litellm__reranks_and_embeds(live: LiveServer) -> None:
    client: Any = lite.load()
    documents = ["Paris is in France.", "The cat sleeps.", "Rome is in Italy."]
    ranked = client.rerank(
        model="cohere/rerank-v3.5", query="cat", documents=documents, top_n=2, api_base=live.url, api_key="good"
    )
    assert ranked.results[0]["index"] == 1 and len(ranked.results) == 2
    assert 1 >= ranked.results[0]["relevance_score"] > ranked.results[1]["relevance_score"] >= 0
    embedded = client.embedding("cohere/embed-v4.0", ["a", "b"], api_base=f"{live.url}/v2/embed", api_key="good")
    assert [len(each["embedding"]) for each in embedded.data] == [1536, 1536]


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("jina_ai/jina-reranker-v3", {"model", "object", "usage", "results"}),
        ("voyage/rerank-2.5", {"object", "data", "model", "usage"}),
    ],
)
def test_litellm__reranks_with_others(live: LiveServer, model: str, shape: set[str]) -> None:
    documents = ["Paris is in France.", "The cat sleeps.", "Rome is in Italy."]
    asked: dict[str, Any] = {"query": "cat", "documents": documents, "top_n": 2}
    found: Any = lite.load().rerank(model=model, api_base=live.url, api_key="good", return_documents=True, **asked)
    assert found.results[0]["index"] == 1 and len(found.results) == 2
    assert found.results[0]["document"] == {"text": documents[1]}
    assert found.meta["tokens"] or found.meta["billed_units"]
    body = asked | {"model": model.partition("/")[2]}
    answer = httpx.post(f"{live.url}/v1/rerank", json=body, headers={"authorization": "Bearer good"})
    assert set(answer.json()) == shape


def test_rerank__of_cohere_s_first_version(live: LiveServer) -> None:
    body = {"model": "rerank-english-v3.0", "query": "cat", "documents": [{"text": "A dog."}, {"text": "The cat."}]}
    headers = {"authorization": "Bearer good"}
    found = httpx.post(f"{live.url}/v1/rerank", json=body, headers=headers).json()
    assert [each["index"] for each in found["results"]] == [1, 0] and "document" not in found["results"][0]
    unnamed = {key: value for key, value in body.items() if key != "model"}
    assert httpx.post(f"{live.url}/v1/rerank", json=unnamed, headers=headers).json().keys() == found.keys()
    refused = httpx.post(f"{live.url}/v1/rerank", json=body | {"documents": [1]}, headers=headers)
    assert (refused.status_code, refused.json()) == (
        400,
        {"detail": "documents[0] must be a text, or an object that has a text"},
    )


def test_embed__has_the_types_and_size_that_are_asked_for(live: LiveServer) -> None:
    body = {"model": "embed-v4.0", "input_type": "search_query", "texts": ["a cat", "a dog"], "output_dimension": 256}
    found = post(live, "embed", {**body, "embedding_types": ["float", "int8", "uint8"]}).json()
    assert found["texts"] == ["a cat", "a dog"] and found["response_type"] == "embeddings_by_type"
    for name in ("float", "int8", "uint8"):
        assert [len(each) for each in found["embeddings"][name]] == [256, 256]
    assert all(-128 <= value <= 127 for value in found["embeddings"]["int8"][0])
    assert all(0 <= value <= 255 for value in found["embeddings"]["uint8"][0])


def test_embed__takes_images_and_packs_its_vectors(live: LiveServer) -> None:
    one, other = ("data:image/png;base64," + base64.b64encode(each).decode() for each in (b"one", b"other"))
    kinds = ["float", "base64", "binary", "ubinary"]
    asked = {"model": "embed-v4.0", "input_type": "image", "embedding_types": kinds, "output_dimension": 256}
    found = post(live, "embed", {**asked, "images": [one, other, one]}).json()
    vectors = found["embeddings"]
    assert found["texts"] == [] and vectors["float"][0] == vectors["float"][2] != vectors["float"][1]
    assert array("f", base64.b64decode(vectors["base64"][0])).tolist() == vectors["float"][0]
    signs = "".join(f"{byte:08b}" for byte in vectors["ubinary"][0])
    assert signs == "".join(str(int(value > 0)) for value in vectors["float"][0])
    assert vectors["binary"][0] == [byte - 128 for byte in vectors["ubinary"][0]]
    parts = [{"type": "text", "text": "a cat"}, {"type": "image_url", "image_url": {"url": one}}]
    mixed = post(live, "embed", {**asked, "inputs": [{"content": parts}, {"content": parts[:1]}]}).json()
    assert len(mixed["embeddings"]["float"]) == 2 and mixed["embeddings"]["float"][0] != vectors["float"][0]


EMBED = {"model": "embed-v4.0", "input_type": "search_query", "texts": ["a"]}
RERANK = {"model": "rerank-v3.5", "query": "a", "documents": ["a"]}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("chat", chat("busy"), 429, "past the per minute request limit"),
        ("chat", {"model": MODEL}, 400, "messages is required"),
        ("chat", {"model": MODEL, "messages": []}, 400, "at least one message"),
        ("chat", {"model": MODEL, "messages": [1]}, 400, "parameter 'messages' is of type number"),
        ("chat", {"model": MODEL, "messages": [{"role": "me"}]}, 400, "messages[0].role must be one of user"),
        ("chat", chat("a", temperature=3), 400, "temperature must be between 0 and 1"),
        ("chat", chat("a", stream="x"), 400, "parameter 'stream' is of type string"),
        ("chat", chat("a", max_tokens="x"), 400, "parameter 'max_tokens' is of type string"),
        ("chat", chat("a", tool_choice="any"), 400, "tool_choice must be one of REQUIRED, NONE"),
        ("embed", {**EMBED, "input_type": "x"}, 400, "input_type must be one of search_document"),
        ("embed", {**EMBED, "texts": ["a", 1]}, 400, "parameter 'texts' is of type number"),
        ("embed", {**EMBED, "texts": ["a"] * 97}, 400, "total number of texts must be at most 96 - received 97"),
        (
            "embed",
            {**EMBED, "images": ["data:image/png;base64,aGk="]},
            400,
            "only one of texts and images can be given",
        ),
        ("embed", {"model": "embed-v4.0", "input_type": "image"}, 400, "one of texts, images or inputs is required"),
        ("embed", {"model": "m", "input_type": "image", "inputs": [{}]}, 400, "inputs[0].content must be an array"),
        ("embed", {**EMBED, "embedding_types": ["x"]}, 400, "embedding_types must be one of float"),
        ("embed", {**EMBED, "output_dimension": 3}, 400, "output_dimension must be one of 256"),
        ("rerank", {**RERANK, "documents": []}, 400, "list of documents must not be empty"),
        ("rerank", {**RERANK, "documents": ["a", ""]}, 400, "document at index 1 cannot be empty"),
        ("rerank", {**RERANK, "query": " "}, 400, "query must not be empty or be only whitespace"),
        ("rerank", {"query": "a", "documents": ["a"]}, 400, "a model parameter is required for this endpoint."),
        ("embed", {"model": "embed-v4.0", "texts": ["a"]}, 400, "valid input_type must be provided"),
        ("rerank", {**RERANK, "top_n": 0}, 400, "top_n must be at least 1"),
        ("rerank", {**RERANK, "query": 1}, 400, "parameter 'query' is of type number"),
        ("nothing", {}, 404, ""),
    ],
)
def test_error__is_a_message_with_an_id(
    live: LiveServer, path: str, body: dict[str, Any], status: int, said: str
) -> None:
    answer = post(live, path, body)
    assert answer.status_code == status and said in answer.json()["message"], answer.text
    assert re.fullmatch(UUID, answer.json()["id"])


def test_key__is_refused_as_cohere_does(live: LiveServer) -> None:
    answer = post(live, "chat", chat("a"), key="bad")
    assert (answer.status_code, answer.json()["message"][:27]) == (401, "Incorrect API key provided:")


def test_fault__ends_a_stream_with_an_error(live: LiveServer) -> None:
    last = post(live, "chat", chat("cut", stream=True)).text.rstrip().rpartition("data: ")[2]
    assert json.loads(last)["delta"] == {"finish_reason": "ERROR", "error": "internal server error"}


@pytest.mark.parametrize("stream", [False, True])
def test_journal__reads_what_was_said(live: LiveServer, stream: bool) -> None:
    body = chat("The weather?", tools=TOOLS, stream=stream)
    answer = post(live, "chat", body)
    said = registry.read(Traffic("POST", "/v2/chat", json.dumps(body).encode(), (answer.content,)))
    assert said.prompt and said.reply and said.reply.usage and said.prompt.tools
    choice = said.reply.choices[0]
    assert (choice.text, choice.finish_reason) == ("I will look.", "tool_calls")
    assert [(call.name, call.arguments) for call in choice.tool_calls] == [("get_weather", '{"city":"Paris"}')]


def test_tokens__go_there_and_back(live: LiveServer) -> None:
    said = "Hello, wörld! 🎁"
    asked, key = {"model": "command-a-03-2025"}, {"authorization": "Bearer good"}
    found = httpx.post(f"{live.url}/v1/tokenize", json={**asked, "text": said}, headers=key, timeout=600).json()
    assert len(found["tokens"]) == len(found["token_strings"]) > 3 and found["meta"] == {
        "api_version": {"version": "1"}
    }
    back = {**asked, "tokens": found["tokens"]}
    assert httpx.post(f"{live.url}/v1/detokenize", json=back, headers=key, timeout=600).json()["text"] == said
    for path, wrong in (
        ("tokenize", {"text": ""}),
        ("tokenize", {"text": 7}),
        ("tokenize", {}),
        ("detokenize", {"tokens": ["a"]}),
        ("detokenize", {"tokens": [-1]}),
    ):
        answer = httpx.post(f"{live.url}/v1/{path}", json={**asked, **wrong}, headers=key, timeout=600)
        assert answer.status_code == 400 and set(answer.json()) == {"id", "message"}, (path, wrong)


def call(arguments: str, id: str = "c") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


def turns(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**chat("The weather?", **more), "messages": [*chat("The weather?")["messages"], *messages]}


def calling(*calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls), **more}


RESULT = {"role": "tool", "tool_call_id": "c", "content": "sunny"}
STRICT = [{"type": "function", "function": {"name": "f", "parameters": CITY | {"items": {"minItems": 1}}}}]
NOT_UTF8 = {"role": "assistant", "content": [{"type": "text", "text": ""}]}


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


BROKEN: list[tuple[dict[str, Any], str]] = [
    (turns(NOT_UTF8), "invalid message provided at index 1: must have non-empty content or tool calls."),
    (
        turns(calling(call("{}"), content="Let me look."), RESULT),
        "messages with non-empty 'tool_calls' cannot contain content items of type 'text'",
    ),
    *(
        (
            turns(calling(call(wrong)), RESULT),
            "messages[1].tool_calls[0]: tool arguments must be a stringified JSON",
        )
        for wrong in ("", "[]", '{"city": "Par')
    ),
    (turns(calling(call("{}"), call("{}"))), "messages[1].tool_calls[1]: cannot have duplicate tool ids c"),
    (turns(RESULT | {"tool_call_id": ""}), "messages[1]: tool_call_id is a required field"),
    (turns(calling(call("{}")), {"role": "tool", "content": "a"}), "messages[2]: tool_call_id is a required field"),
    (turns(RESULT, calling(call("{}"))), "messages[1]: tool call id 'c' not found in previous tool calls"),
    (
        turns(calling(call("{}", "f"), call("{}"), call("{}", "b")), RESULT, {"role": "user", "content": "And now?"}),
        "must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have "
        "response messages: b, f",
    ),
    (
        turns({"role": "user", "content": [IMAGE]}) | {"model": "command-a-reasoning-08-2025"},
        "image content is not supported for this model",
    ),
    (chat("a", tools=STRICT, strict_tools=True), "invalid function at tools[0].function: extra restrictions"),
    (
        chat("a", tools=TOOLS) | {"model": "command-a-vision-07-2025"},
        "tool use is not supported by the provided model: command-a-vision-07-2025",
    ),
    (chat("a", temperature=1.1), "temperature must be between 0 and 1.0 inclusive."),
    (chat("a", frequency_penalty=0.1, presence_penalty=0.1), "cannot specify both frequency_penalty and"),
    (chat("a", max_tokens=-1), "max_tokens cannot be less than 0."),
    (chat("a", max_tokens=8001), "must be less than or equal to 8000, the maximum output for this model"),
    (chat("a", stop_sequences=list("abcdef")), "too many stop sequences provided, maximum is 5, received 6."),
    (chat("a", safety_mode="LAX"), "unrecognized safety mode 'LAX'"),
    (chat("a", k=501), "k must be between 0 and 500 inclusive."),
]


def test_rules__have_fresh_sources_and_are_all_broken_below() -> None:
    for rule in (*MESSAGE_RULES, *OPTION_RULES):
        assert rule.source and REVISED - date.fromisoformat(rule.seen) < timedelta(days=365)
        assert any(rule.broken(body) for body, _ in BROKEN)


@pytest.mark.parametrize(("body", "said"), BROKEN)
def test_chat__is_refused_for_what_cohere_refuses(live: LiveServer, body: dict[str, Any], said: str) -> None:
    answer = post(live, "chat", body)
    assert answer.status_code == 400 and said in answer.json()["message"], answer.text
    kind = {
        "tool use": "TOOL_USE_NOT_SUPPORTED",
        "did not have response": "TOOL_CALLS_MISSING_RESULTS",
        "max tokens": "TOO_MANY_TOKENS",
    }
    assert answer.json().get("error_type") == next((kind[word] for word in kind if word in answer.text), None)


@pytest.mark.parametrize(
    "body",
    [
        turns(calling(call("null")), RESULT),
        turns(calling(call("{}"), tool_plan="I will look."), RESULT),
        turns(calling(call("{}"), content=[{"type": "thinking", "thinking": "Hm."}]), RESULT),
        turns(calling(call("{}", "a"), call("{}")), RESULT, RESULT | {"tool_call_id": "a"}),
        chat("a", tools=TOOLS, strict_tools=True),
        chat("a", tools=STRICT),
        chat("a", max_tokens=8000, stop_sequences=list("abcde"), temperature=1, safety_mode="OFF"),
    ],
)
def test_chat__takes_what_cohere_takes(live: LiveServer, body: dict[str, Any]) -> None:
    assert post(live, "chat", body).status_code == 200


@pytest.mark.parametrize("path", ["/v2/chat", "/v2/nothing"])
async def test_error__has_its_id_also_where_nothing_was_read(path: str) -> None:
    answer = await ask(Handler(), "POST", path, query=b"\xff")
    assert answer.status == 400 and re.fullmatch(UUID, json.loads(answer.body)["id"])


def test_ending__tells_what_stopped_it_and_which_tokens_were_images() -> None:
    wire = CohereChat()
    prompt = wire.parse(json.dumps(chat("Hello")).encode(), {}, validate=False)
    reply = Reply((Choice("Hi", "stop", stopped_by="."),), usage=Usage(3, 1, image_tokens=2), serial="s")
    document = wire.document(reply, prompt)
    assert document["finish_reason"] == "STOP_SEQUENCE"
    assert document["usage"]["tokens"] == {"input_tokens": 3, "output_tokens": 1, "image_tokens": 2}


@pytest.mark.parametrize(
    ("model", "counted"),
    [
        ("command-a-03-2025", ["input_tokens", "output_tokens"]),
        ("command-a-plus-05-2026", ["input_tokens", "output_tokens", "reasoning_tokens"]),
    ],
)
def test_usage__counts_thoughts_of_models_that_think(model: str, counted: list[str]) -> None:
    wire = CohereChat()
    prompt = wire.parse(json.dumps(chat("Hello") | {"model": model}).encode(), {}, validate=False)
    reply = Reply((Choice("Hi"),), usage=Usage(3, 1), serial="s")
    events = [json.loads(event.data) for event in wire.events(reply, prompt) if event.data != b"[DONE]"]
    assert list(wire.document(reply, prompt)["usage"]["tokens"]) == counted
    assert list(events[-1]["delta"]["usage"]["tokens"]) == counted
    assert [list(event)[:2] for event in events] == [["id", "type"], *[["type", "index"]] * 3, ["type", "delta"]]
