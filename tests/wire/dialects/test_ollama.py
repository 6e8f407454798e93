"""Ollama in OpenAI's format: the shapes of its server's answers, what it refuses, and what it takes no notice of."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anthropic
import httpx
import ollama
import openai
import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.script.auto.answer import auto
from completions.wire import registry
from completions.wire.dialects.ollama import Ollama
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.legacy import LegacyCompletions
from tests.document import events
from tests.server import LiveServer

HI: Any = [{"role": "user", "content": "Hi"}]
TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
CALLS = (ToolCall("add", '{"a": 1}'), ToolCall("add", '{"a": 2}'))
ANSWER = Reply(
    (Choice(text="Hi you", reasoning="Hm", tool_calls=CALLS, finish_reason="tool_calls"),),
    created=5,
    model="qwen3",
    usage=Usage(7, 5, cached_tokens=3, reasoning_tokens=1),
    serial="s",
)
USAGE = {
    **{"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    "prompt_tokens_details": {"cached_tokens": 3},
}
WIRE = registry.CHAT_DIALECTS["ollama"]


def parsed(wire: Any = WIRE, **body: Any) -> Prompt:
    prompt: Prompt = wire.parse(orjson.dumps({"model": "qwen3", "messages": HI} | body), {}, validate=True)
    return prompt


def chunks_of(answer: Reply, **body: Any) -> list[Any]:
    prompt = parsed(stream=True, **body)
    return events(b"".join(WIRE.framing(prompt).frames(WIRE.events(answer, prompt))))


def test_answer__tells_its_thoughts_and_calls_with_an_index_and_a_text_beside_them() -> None:
    document = WIRE.document(ANSWER, parsed())
    head = ["id", "object", "created", "model", "system_fingerprint", "choices", "usage"]
    assert (list(document), document["usage"], document["system_fingerprint"]) == (head, USAGE, "fp_ollama")
    assert re.fullmatch(r"chatcmpl-\d{1,3}", document["id"])
    choice = document["choices"][0]
    assert list(choice) == ["index", "message", "finish_reason"]
    assert list(choice["message"]) == ["role", "content", "reasoning", "tool_calls"]
    first, second = choice["message"]["tool_calls"]
    assert (list(first), first["index"], second["index"]) == (["id", "index", "type", "function"], 0, 1)
    assert re.fullmatch("call_[0-9a-z]{8}", first["id"])
    called = replace(ANSWER, choices=(Choice(tool_calls=CALLS, finish_reason="tool_calls"),))
    assert WIRE.document(called, parsed())["choices"][0]["message"]["content"] == ""


def test_stream__has_the_role_and_a_text_in_each_delta_and_each_call_in_one() -> None:
    """As g0t4/ask-openai.nvim wrote down in April 2025."""
    chunks = chunks_of(ANSWER, stream_options={"include_usage": True})
    said = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
    assert [list(choice) for choice in said] == [["index", "delta", "finish_reason"]] * len(said)
    start = {"role": "assistant", "content": ""}
    calls = WIRE.document(ANSWER, parsed())["choices"][0]["message"]["tool_calls"]
    assert [choice["delta"] for choice in said] == [
        {**start, "reasoning": "Hm"},
        {**start, "content": "Hi"},
        {**start, "content": " you"},
        *({**start, "tool_calls": [call]} for call in calls),
        start,
    ]
    assert [choice["finish_reason"] for choice in said] == [None] * 5 + ["tool_calls"]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], USAGE)
    assert all("usage" not in chunk for chunk in chunks[:-1])


def test_log_probabilities__stand_at_a_choice_s_end_if_they_are_asked_for() -> None:
    prompt = parsed(logprobs=True, top_logprobs=1)
    told = replace(ANSWER, choices=(Choice(text="Hi you", finish_reason="stop"),))
    whole = WIRE.document(told, prompt)["choices"][0]
    assert (list(whole)[-1], [*whole["logprobs"]]) == ("logprobs", ["content"])
    chunks = chunks_of(told, logprobs=True, top_logprobs=1)
    assert [list(chunk["choices"][0])[-1] for chunk in chunks] == ["logprobs", "logprobs", "finish_reason"]


def test_completion__is_as_long_as_it_is_and_has_the_server_s_head() -> None:
    wire = LegacyCompletions(Ollama())
    prompt = wire.parse(b'{"model": "qwen3", "prompt": "Hi"}', {}, validate=True)
    assert prompt.max_tokens is None
    document = wire.document(replace(ANSWER, choices=(Choice(text="Hi you", finish_reason="stop"),)), prompt)
    assert document["choices"] == [{"text": "Hi you", "index": 0, "finish_reason": "stop"}]
    assert re.fullmatch(r"cmpl-\d{1,3}", document["id"])
    assert (document["system_fingerprint"], document["usage"]) == ("fp_ollama", USAGE)


def test_request__may_ask_for_several_answers_and_for_a_call_without_effect() -> None:
    """As ollama/ollama 17921 shows for version 0.32 of August 2026."""
    named = {"type": "function", "function": {"name": "add"}}
    for choice in (named, "required", "none"):
        prompt = parsed(n=3, tools=[TOOL], tool_choice=choice)
        assert (prompt.n, prompt.tool_choice.mode, len(prompt.tools)) == (1, "auto", 1)


@pytest.mark.parametrize(
    ("asked", "effort", "thinks"),
    [
        ({}, None, True),
        ({"reasoning_effort": "none"}, "none", False),
        ({"reasoning_effort": "low", "reasoning": {"effort": "none"}}, "none", False),
        ({"reasoning_effort": "none", "reasoning": {"effort": ""}}, None, True),
        ({"reasoning": {"effort": "xhigh"}}, "xhigh", True),
    ],
)
def test_thinking__is_on_unless_turned_off(asked: dict[str, Any], effort: str | None, thinks: bool) -> None:
    prompt = parsed(model="qwen3:8b", **asked)
    assert (prompt.reasoning_effort, auto(prompt)[0].reasoning is not None) == (effort, thinks)


def test_thoughts__of_a_script_are_not_told_where_a_request_wants_none() -> None:
    prompt = parsed(reasoning_effort="none")
    assert "reasoning" not in WIRE.document(ANSWER, prompt)["choices"][0]["message"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks_of(ANSWER, reasoning_effort="none")]
    assert deltas and all("reasoning" not in delta for delta in deltas)


def test_calls__that_the_server_could_not_read_are_left_out() -> None:
    cut, own = ToolCall("add", '{"a": '), ToolCall("say", "Hi", kind="custom")
    told = replace(ANSWER, choices=(Choice(tool_calls=(cut, own), finish_reason="tool_calls"),))
    called = WIRE.document(told, parsed())["choices"][0]["message"]["tool_calls"]
    assert [call["function"] for call in called] == [{"name": "say", "arguments": '{"input":"Hi"}'}]
    alone = replace(ANSWER, choices=(Choice(tool_calls=(cut,), finish_reason="tool_calls"),))
    choice = WIRE.document(alone, parsed())["choices"][0]
    assert (choice["message"], choice["finish_reason"]) == ({"role": "assistant", "content": ""}, "stop")


PIXEL = base64.b64encode(b"pixel").decode()


def content(*parts: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def picture(url: Any) -> dict[str, Any]:
    return content({"type": "image_url", "image_url": url})


def called(arguments: str) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": arguments}}
    return {"messages": [*HI, {"role": "assistant", "content": None, "tool_calls": [call]}]}


GO = "json: cannot unmarshal {} into Go struct field {} of type {}"
WRONG: dict[str, Any] = {
    "[] is too short - 'messages'": {"messages": []},
    "model is required": {"model": ""},
    GO.format("string", "ChatCompletionRequest.messages", "[]openai.Message"): {"messages": "Hi"},
    GO.format("string", "ChatCompletionRequest.temperature", "float64"): {"temperature": "hot"},
    GO.format("number 1.5", "ChatCompletionRequest.max_tokens", "int"): {"max_tokens": 1.5},
    GO.format("string", "ChatCompletionRequest.stream", "bool"): {"stream": "yes"},
    GO.format("number", "ChatCompletionRequest.messages.role", "string"): {"messages": [{"role": 1}]},
    GO.format("bool", "ChatCompletionRequest.stream_options", "openai.StreamOptions"): {"stream_options": True},
    GO.format("object", "ChatCompletionRequest.messages.tool_calls.function.arguments", "string"): {
        "messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": {}}}]}]
    },
    "invalid message content type: <nil>": {"messages": [{"role": "user"}]},
    "invalid message content type: map[string]interface {}": {"messages": [{"role": "user", "content": {}}]},
    "invalid message content type: float64": {"messages": [{"role": "user", "content": 1}]},
    "invalid message format": content({"type": "video_url"}),
    "invalid image input": picture({"url": f"data:image/gif;base64,{PIXEL}"}),
    "image URLs are not currently supported, please use base64 encoded data instead": picture("https://a.b/c.png"),
    "invalid tool call arguments": called("{"),
    'invalid reasoning value: \'ultra\' (must be "high", "medium", "low", "max", or "none")': {
        "reasoning_effort": "ultra"
    },
}


@pytest.mark.parametrize("words", WRONG)
def test_chat__is_refused_in_the_server_s_words(words: str) -> None:
    with pytest.raises(RequestError) as refused:
        parsed(**WRONG[words])
    told = {"message": words, "type": "invalid_request_error", "param": None, "code": None}
    assert WIRE.error(WIRE.adapt_error(refused.value)) == {"error": told}


@pytest.mark.parametrize(
    "body",
    [
        picture({"url": f"data:image/png;base64,{PIXEL}"}),
        picture(f"data:;base64,{PIXEL}"),
        content({"type": "text", "text": "Hi"}),
        called('{"a": 1}'),
        {"temperature": -1, "top_p": 7, "n": None, "unknown": 1, "metadata": "x", "stop": [1]},
    ],
)
def test_chat__takes_what_the_server_takes(body: dict[str, Any]) -> None:
    assert parsed(**body).messages


@pytest.mark.parametrize(
    ("wire", "body", "words"),
    [
        (LegacyCompletions(Ollama()), {"prompt": ["Hi"]}, GO.format("array", "CompletionRequest.prompt", "string")),
        (LegacyCompletions(Ollama()), {"prompt": "Hi", "stop": [1]}, "invalid type for 'stop' field: float64"),
        (Embeddings(Ollama()), {"input": []}, "invalid input"),
        (Embeddings(Ollama()), {"input": [1]}, "invalid input type"),
        (
            Embeddings(Ollama()),
            {"input": "Hi", "encoding_format": "hex"},
            "Invalid value for 'encoding_format' = hex. Supported values: ['float', 'base64'].",
        ),
    ],
)
def test_other_requests__are_refused_in_the_server_s_words(wire: Any, body: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError) as refused:
        wire.parse(orjson.dumps({"model": "nomic-embed-text"} | body), {}, validate=True)
    assert refused.value.message == words


SERVED = """
version: 1
rules:
- match: {last_user: weather}
  reply: {reasoning: Hm., tool_calls: [{name: add, arguments: {a: 1}}]}
- match: {last_user: busy}
  error: overloaded
- reply: {text: Hello from the mock.}
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with LiveServer(script=SERVED) as server:
        yield f"{server.url}/ollama"


def test_one_place__serves_ollama_s_own_client_that_of_openai_and_that_of_anthropic(url: str) -> None:
    """As programs do that list the models in Ollama's own format, and chat in OpenAI's."""
    asked: Any = [{"role": "user", "content": "weather"}]
    for address in (url, f"{url}/"):
        assert httpx.get(address, headers={"accept": "text/html"}).text == "Ollama is running"
    with ollama.Client(host=url) as own:
        assert [model.model for model in own.list().models][:2] == ["llama3.2:latest", "qwen3:latest"]
        assert own.chat("qwen3", HI).message.content == "Hello from the mock."
    with openai.OpenAI(base_url=f"{url}/v1", api_key="ollama", max_retries=0) as client:
        assert [model.id for model in client.models.list()][:2] == ["llama3.2:latest", "qwen3:latest"]
        assert client.models.retrieve("qwen3:latest").id == "qwen3:latest"
        with client.chat.completions.stream(model="qwen3", messages=asked, tools=[TOOL]) as stream:
            message = stream.get_final_completion().choices[0].message
        assert message.tool_calls is not None
        assert (message.content, [call.function.arguments for call in message.tool_calls]) == ("", ['{"a":1}'])
        with pytest.raises(openai.InternalServerError, match="server busy, please try again"):
            client.chat.completions.create(model="qwen3", messages=[{"role": "user", "content": "busy"}])
    with anthropic.Anthropic(base_url=url, api_key="ollama", max_retries=0) as claude:
        said = claude.messages.create(model="qwen3", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
        assert said.content[0].type == "text" and said.content[0].text == "Hello from the mock."
        with pytest.raises(anthropic.BadRequestError, match="messages is required"):
            claude.messages.create(model="qwen3", max_tokens=9, messages=[])
