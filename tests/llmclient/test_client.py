"""What is sent, and what is made of the answer."""

import asyncio
import gzip
import json
import threading
import time
from typing import Any

import pytest

from llmclient import (
    AuthenticationError,
    ContextWindowExceededError,
    InternalServerError,
    InvalidAnswerError,
    LLMClient,
    LLMError,
    NotFoundError,
    RateLimitError,
    Timeout,
    ToolCall,
    Usage,
)
from tests.llmclient.conftest import Ask
from tests.llmclient.wire_server import (
    DONE,
    END,
    HELLO,
    STREAM,
    Play,
    Seen,
    WireServer,
    answer,
    chunk,
    chunked,
    event,
    head,
    reply,
    stream,
)

USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
FINISH = chunk(finish="stop")
GOOD_STREAM = stream(*HELLO, FINISH, chunk(choices=[], usage=USAGE), DONE)


def test_complete__an_answer(wire: WireServer, ask: Ask) -> None:
    wire.play(reply({**answer(), "usage": USAGE, "model": "mock-1"}, x_request_id="req-1"))
    completion = ask.complete(wire.url)
    assert (str(completion), completion.finish_reason, completion.id) == ("Hello", "stop", "chatcmpl-1")
    assert (completion.usage, completion.model, completion.request_id) == (Usage(5, 7, 12), "mock-1", "req-1")
    assert completion.raw == ({**answer(), "usage": USAGE, "model": "mock-1"},)
    assert completion.timings.total_ms > 0
    assert (completion.timings.ttft_ms, completion.timings.gaps_ms) == (None, ())


def test_stream__ends_in_the_same_completion(wire: WireServer, ask: Ask) -> None:
    wire.play(GOOD_STREAM)
    wire.play(reply({**answer(), "usage": USAGE}))
    pieces, streamed = ask.stream(wire.url)
    whole = ask.complete(wire.url)
    assert [str(piece) for piece in pieces] == ["Hel", "lo", ""]
    assert pieces[-1].finish_reason == "stop"
    assert streamed.choices == whole.choices
    assert (streamed.usage, streamed.model, streamed.id) == (whole.usage, whole.model, whole.id)
    assert len(streamed.raw) == 5
    assert pieces[0].raw == streamed.raw[1]
    assert streamed.timings.ttft_ms is not None
    assert len(streamed.timings.gaps_ms) == 1, "between the two pieces that carry text"


def test_stream__a_piece_is_there_before_the_next_is_sent(wire: WireServer, ask: Ask) -> None:
    # Were the first piece held back, nobody would open the gate.
    wire.play(STREAM, chunked(HELLO[0] + HELLO[1]), Play.GATE, chunked(HELLO[2] + FINISH + DONE), END)
    assert ask.stream(wire.url, each=wire.go.set)[1].text == "Hello"


def test_timings__hold_what_the_server_took(wire: WireServer, ask: Ask) -> None:
    def pause(seen: Seen) -> bytes:
        time.sleep(0.1)
        return b""

    wire.play(STREAM, pause, chunked(HELLO[1]), pause, chunked(HELLO[2]), pause, chunked(FINISH + DONE), END)
    timings = ask.stream(wire.url)[1].timings
    assert timings.ttft_ms is not None
    assert timings.ttft_ms >= 100
    assert timings.total_ms >= 300
    assert timings.ttft_ms + sum(timings.gaps_ms) <= timings.total_ms


def test_stream__usage_is_asked_for_and_never_made_up(wire: WireServer, ask: Ask) -> None:
    wire.play(stream(*HELLO, FINISH, DONE))
    assert ask.stream(wire.url)[1].usage is None
    assert wire.requests[0].json["stream_options"] == {"include_usage": True}


def test_stream__the_callers_stream_options_stand(wire: WireServer, ask: Ask) -> None:
    wire.play(stream(*HELLO, FINISH, DONE))
    ask.stream(wire.url, stream_options={"include_usage": False})
    assert wire.requests[0].json["stream_options"] == {"include_usage": False}


def test_complete__zero_usage_of_litellms_is_not_passed_on(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    assert ask.complete(wire.url).usage is None


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


TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
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
    ask.complete("http://127.0.0.1:1", api_base=f"{wire.url}/other", api_key="k2", model="m2")
    (request,) = wire.requests
    assert (request.path, request.json["model"]) == ("/other/chat/completions", "m2")
    assert request.headers["authorization"] == "Bearer k2"


def test_stream_parameter__is_refused(ask: Ask) -> None:
    with pytest.raises(TypeError, match=r"complete\(\) or stream\(\)"):
        ask.complete("http://127.0.0.1:1", stream=True)


def test_parameters__of_the_callers_are_left_alone(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer()))
    metadata = {"team": "a"}
    ask.complete(wire.url, metadata=metadata)
    assert metadata == {"team": "a"}


def test_tool_calls__whole_and_in_fragments(wire: WireServer, ask: Ask) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    wire.play(reply(answer(None, "tool_calls", tool_calls=[call])))
    start = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
    deltas = [{"tool_calls": [{"index": 0, "function": {"arguments": text}}]} for text in ('{"a"', ": 1}")]
    begin = chunk(delta={"role": "assistant", "content": None, "tool_calls": [start]})
    wire.play(stream(begin, *(chunk(delta=delta) for delta in deltas), chunk(finish="tool_calls"), DONE))
    whole = ask.complete(wire.url, tools=[TOOL])
    pieces, streamed = ask.stream(wire.url, tools=[TOOL])
    assert whole.tool_calls == streamed.tool_calls == (ToolCall("c1", "f", '{"a": 1}'),)
    assert whole.finish_reason == streamed.finish_reason == "tool_calls"
    assert [delta.arguments for piece in pieces for delta in piece.tool_calls] == ["", '{"a"', ": 1}"]


def test_reasoning_and_refusal__whole_and_in_pieces(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(answer(None, reasoning_content="Hm.", refusal="No.")))
    wire.play(
        stream(
            HELLO[0],
            chunk(delta={"reasoning_content": "H"}),
            chunk(delta={"reasoning_content": "m."}),
            chunk(delta={"refusal": "No"}),
            chunk(delta={"refusal": "."}),
            FINISH,
            DONE,
        )
    )
    whole, (_, streamed) = ask.complete(wire.url), ask.stream(wire.url)
    assert (whole.reasoning, whole.refusal, whole.text) == ("Hm.", "No.", "")
    assert whole.choices == streamed.choices


def test_n__every_choice_has_its_own_text_and_finish(wire: WireServer, ask: Ask) -> None:
    both = [{"index": i, "delta": {"content": str(i)}, "finish_reason": None} for i in (0, 1)]
    wire.play(
        stream(
            chunk(choices=both),
            chunk("b", index=1),
            chunk("a", index=0),
            chunk(finish="stop", index=0),
            chunk("c", index=1),
            chunk(finish="length", index=1),
            DONE,
        )
    )
    pieces, completion = ask.stream(wire.url, n=2)
    assert [(choice.text, choice.finish_reason) for choice in completion.choices] == [("0a", "stop"), ("1bc", "length")]
    assert [(piece.index, piece.text) for piece in pieces if piece.text] == [
        (0, "0"), (1, "1"), (1, "b"), (0, "a"), (1, "c")
    ]  # fmt: skip


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


def test_compressed_body__cannot_be_watched_but_is_read(wire: WireServer, ask: Ask) -> None:
    body = gzip.compress(json.dumps({**answer(), "usage": USAGE}).encode())
    wire.play(reply(body, content_encoding="gzip"))
    packed = gzip.compress(b"".join((*HELLO, FINISH, chunk(choices=[], usage=USAGE), DONE)))
    wire.play(head(content_type="text/event-stream", content_encoding="gzip") + packed)
    for completion in (ask.complete(wire.url), ask.stream(wire.url)[1]):
        assert (completion.text, completion.finish_reason) == ("Hello", "stop")
        assert completion.usage is not None
        assert completion.usage.total_tokens == 12
    assert wire.requests[0].headers["accept-encoding"] == "identity"


def test_mock_response__of_litellm_needs_no_server(ask: Ask) -> None:
    assert ask.complete("http://127.0.0.1:1", mock_response="canned").text == "canned"
    pieces, completion = ask.stream("http://127.0.0.1:1", mock_response="canned")
    assert completion.text == "".join(map(str, pieces)) == "canned"
    assert completion.usage is None, "LiteLLM's own estimate"


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


ANTHROPIC = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 4},
}
ANTHROPIC_EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**ANTHROPIC, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]


def test_other_provider__works_unwatched(wire: WireServer, ask: Ask) -> None:
    wire.play(reply(ANTHROPIC))
    wire.play(stream(*(event(each, each["type"]) for each in ANTHROPIC_EVENTS)))
    params: dict[str, Any] = {"model": "anthropic/claude-x", "base_url": wire.url, "tools": [TOOL]}
    whole = ask.complete(wire.url, **params)
    pieces, streamed = ask.stream(wire.url, **params)
    assert whole.text == streamed.text == "".join(map(str, pieces)) == "Hello"
    assert whole.usage == streamed.usage == Usage(3, 4, 7, 0, 0)
    assert whole.finish_reason == streamed.finish_reason == "stop"
    assert [request.path for request in wire.requests] == ["/v1/messages", "/v1/messages"]
    assert wire.requests[0].json["model"] == "claude-x"
