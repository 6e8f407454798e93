"""What is sent where, how often, and which errors come of it."""

import asyncio
import re
import threading
from typing import Any

import httpx
import openai
import pytest

from llmclient import (
    AuthenticationError,
    ConfigError,
    ContextWindowExceededError,
    InternalServerError,
    InvalidAnswerError,
    LLMClient,
    LLMError,
    NotFoundError,
    RateLimitError,
    Timeout,
)
from tests.llmclient.conftest import Ask
from tests.llmclient.wire_server import (
    DONE,
    FINISH,
    GOOD_STREAM,
    TOOL,
    Play,
    Seen,
    WireServer,
    answer,
    chunk,
    head,
    reply,
    stream,
)


def test_messages__a_prompt_and_a_system_message(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    ask.complete(wire.url, "Hi", system="Be brief")
    assert wire.requests[0].json["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Hi"},
    ]


def test_messages__a_conversation_is_sent_as_it_is_and_left_alone(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    ask.complete(wire.url, messages)
    assert wire.requests[0].json["messages"] == messages
    assert messages == [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]


PARAMETERS = {
    "n": 2,
    "temperature": 0.5,
    "max_tokens": 9,
    "seed": 1,
    "stop": ["x"],
    "user": "u-1",
    "tools": [TOOL],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "response_format": {"type": "json_object"},
    "reasoning_effort": "low",
    "verbosity": "low",
    "service_tier": "flex",
    "logprobs": True,
    "logit_bias": {"1": 2},
    "not_openai": 3,
}


def test_parameters__all_reach_the_server(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    ask.complete(wire.url, extra_headers={"x-mock": "1"}, extra_body={"more": True}, **PARAMETERS)
    (request,) = wire.requests
    sent = request.json
    del sent["messages"], sent["model"]
    assert sent == PARAMETERS | {"more": True}
    assert request.headers["x-mock"] == "1"
    assert request.headers["authorization"] == "Bearer mock-key"
    assert request.path == "/v1/chat/completions"
    assert not [name for name in request.headers if "llmclient" in name], "our own mark stays at home"


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("mock", "mock"),
        ("gpt-4o", "gpt-4o"),
        ("my-org/model", "my-org/model"),
        ("claude-3-opus-20240229", "claude-3-opus-20240229"),
        ("gpt-3.5-turbo-instruct", "gpt-3.5-turbo-instruct"),
        ("o1-pro", "o1-pro"),
        ("openai/gpt-4o", "gpt-4o"),
    ],
)
def test_model__without_a_known_provider_is_sent_as_it_stands(wire: WireServer, asked: str, sent: str) -> None:
    wire.play(reply(answer()))
    completion = Ask(asynchronous=False).complete(wire.url, model=asked)
    assert (wire.requests[0].path, wire.requests[0].json["model"]) == ("/v1/chat/completions", sent)
    assert completion.model == asked


def test_call__may_override_every_setting(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    ask.complete("http://127.0.0.1:1", api_base=f" {wire.url}/other/", api_key="k2\n", model="m2")
    (request,) = wire.requests
    assert (request.path, request.json["model"]) == ("/other/chat/completions", "m2")
    assert request.headers["authorization"] == "Bearer k2"


def test_call__with_none_leaves_a_setting_as_it_is(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    nothing = dict.fromkeys(("api_base", "api_key", "model", "timeout", "num_retries"))
    ask.complete(wire.url, **nothing)
    (request,) = wire.requests
    assert (request.json["model"], request.headers["authorization"]) == ("mock", "Bearer mock-key")


def test_stream_parameter__is_refused(ask: Ask) -> None:
    with pytest.raises(TypeError, match=r"complete\(\) or stream\(\)"):
        ask.complete("http://127.0.0.1:1", stream=True)


@pytest.mark.parametrize("method", ["complete", "stream", "acomplete", "astream"])
@pytest.mark.parametrize(
    ("messages", "params", "kind", "words"),
    [
        (5, {}, TypeError, "messages takes a text, or a list of dicts"),
        (b"Hi", {}, TypeError, "messages takes a text, or a list of dicts"),
        (["Hi"], {}, TypeError, "messages takes a text, or a list of dicts"),
        ({"role": "user", "content": "Hi"}, {}, TypeError, "messages takes a text, or a list of dicts"),
        ("Hi", {"system": 5}, TypeError, "system takes a text or None, not 5"),
        ("Hi", {"model": 5}, ConfigError, "model=5: must be text"),
        ("Hi", {"timeout": "soon"}, ConfigError, "timeout='soon': must be a number of seconds"),
        ("Hi", {"timeout": True}, ConfigError, "timeout=True: must be a number of seconds"),
        ("Hi", {"num_retries": -1}, ConfigError, "max_retries=-1: must be a whole number"),
        ("Hi", {"api_base": "localhost"}, ConfigError, "base_url='localhost': must be an http"),
    ],
)
def test_arguments__that_are_wrong_are_told_at_the_call(
    method: str, messages: Any, params: dict[str, Any], kind: type[Exception], words: str
) -> None:
    async def call() -> None:
        with LLMClient() as client:
            called = getattr(client, method)(messages, **params)
            if method == "acomplete":
                await called

    with pytest.raises(kind, match=re.escape(words)):
        asyncio.run(call())


def test_parameters__of_the_callers_are_left_alone(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    metadata = {"team": "a"}
    ask.complete(wire.url, metadata=metadata)
    assert metadata == {"team": "a"}


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        ("401 Unauthorized", {"message": "bad key", "code": "invalid_api_key"}, AuthenticationError),
        ("404 Not Found", {"message": "no such model", "code": "model_not_found"}, NotFoundError),
        ("429 Too Many Requests", {"message": "slow down"}, RateLimitError),
        ("500 Internal Server Error", {"message": "boom"}, InternalServerError),
        (
            "400 Bad Request",
            {"message": "This model's maximum context length is 10 tokens", "code": "context_length_exceeded"},
            ContextWindowExceededError,
        ),
    ],
)
def test_error_status__is_litellms_own_error(
    wire: WireServer, ask: Ask, status: str, error: dict[str, str], kind: type[Exception]
) -> None:
    wire.play(reply({"error": error}, status))
    for method in (ask.complete, ask.stream):
        with pytest.raises(kind, match=error["message"]) as caught:
            method(wire.url)
        assert isinstance(caught.value, LLMError)


@pytest.mark.parametrize(
    ("params", "requests"),
    [({}, 1), ({"max_retries": 2}, 3), ({"num_retries": 1}, 2), ({"max_retries": 0}, 1)],
)
def test_retries__are_counted_once(wire: WireServer, ask: Ask, params: dict[str, int], requests: int) -> None:
    wire.play(reply({"error": {"message": "boom"}}, "500 Oops", retry_after_ms="1"))
    with pytest.raises(InternalServerError):
        ask.complete(wire.url, **params)
    assert len(wire.requests) == requests


def test_retry__the_answer_that_counts_is_the_last(wire: WireServer, ask: Ask) -> None:
    wire.play(reply({"error": {"message": "boom"}}, "503 Busy", retry_after_ms="1"))
    wire.play(GOOD_STREAM)
    _, completion = ask.stream(wire.url, max_retries=1)
    assert (completion.text, len(completion.raw)) == ("Hello", 5)


def test_retry__after_half_an_answer_forgets_the_half(wire: WireServer, ask: Ask) -> None:
    wire.play(head(content_type="application/json", content_length="99") + b'{"id"')
    wire.play(reply(answer()))
    assert ask.complete(wire.url, max_retries=1).text == "Hello"
    assert len(wire.requests) == 2


def test_redirect__is_followed_and_watched(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(b"", "307 Temporary Redirect", location=f"{wire.url}/elsewhere"))
    wire.play(reply({"error": {"message": "boom"}}))
    with pytest.raises(InvalidAnswerError, match="boom"):
        ask.complete(wire.url)
    assert [request.path for request in wire.requests] == ["/v1/chat/completions", "/elsewhere"]


def test_timeout__before_the_answer_is_litellms_timeout(wire: WireServer, ask: Ask) -> None:
    wire.play(Play.HOLD)
    for method in (ask.complete, ask.stream):
        with pytest.raises(Timeout):
            method(wire.url, timeout=0.2)


@pytest.mark.parametrize("kind", [httpx.Timeout, openai.Timeout], ids=["httpx", "openai"])
def test_timeout__may_be_httpxs_or_the_sdks_own(wire: WireServer, ask: Ask, kind: type[Any]) -> None:
    wire.play(Play.HOLD)
    with pytest.raises(Timeout):
        ask.complete(wire.url, timeout=kind(60, read=0.2))


def echo(seen: Seen) -> bytes:
    text = seen.json["messages"][0]["content"]
    return stream(*(chunk(character) for character in text), FINISH, DONE)


def test_calls_at_once__in_tasks_and_threads_keep_their_answers(wire: WireServer) -> None:
    wire.play(echo)
    texts = [f"text {number}" for number in range(12)]
    client = LLMClient(base_url=wire.url)

    async def gather() -> list[str]:
        async with client:
            answers = await asyncio.gather(*(client.astream(text).read() for text in texts))
        return [answer.text for answer in answers]

    answers: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda text=text: answers.update({text: client.stream(text).read().text}))
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    assert answers == {text: text for text in texts}
    assert asyncio.run(gather()) == texts


def test_client__serves_one_event_loop_after_another(wire: WireServer) -> None:
    wire.play(reply(answer()))
    client = LLMClient(base_url=wire.url)

    async def once() -> str:
        async with client:
            return (await client.acomplete("Hi")).text

    assert [asyncio.run(once()) for _ in range(2)] == ["Hello", "Hello"]
