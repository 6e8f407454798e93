"""What is made of the answers that come, streamed or not."""

import gzip
import json
import time
from typing import Any

from llmclient import (
    ToolCall,
    Usage,
)
from tests.llmclient.conftest import Ask
from tests.llmclient.wire_server import (
    DONE,
    END,
    FINISH,
    GOOD_STREAM,
    HELLO,
    STREAM,
    TOOL,
    USAGE,
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
    ]  # fmt: skip  # a table by hand


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
