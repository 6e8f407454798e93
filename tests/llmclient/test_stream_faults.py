"""Every failure that can follow a 200, against the client as its users call it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from llmclient import (
    APIConnectionError,
    IncompleteStreamError,
    InternalServerError,
    InvalidAnswerError,
    LLMError,
    MidStreamFallbackError,
    Reason,
)
from llmclient.call import Call
from tests.llmclient.conftest import Ask
from tests.llmclient.wire_server import (
    DONE,
    END,
    FINISH,
    HELLO,
    STREAM,
    Play,
    Step,
    WireServer,
    answer,
    chunk,
    chunked,
    event,
    head,
    reply,
    stream,
)

ERROR = {"message": "boom", "type": "server_error", "param": None, "code": "overloaded"}
BEGUN = STREAM + chunked(b"".join(HELLO))


@dataclass(frozen=True)
class Case:
    """What the server does, what the client has to call it, and what it has to keep."""

    play: tuple[Step, ...]
    reason: Reason
    says: str
    text: str = "Hello"
    body: object = None


STREAM_FAULTS = {
    "no finish_reason": Case((stream(*HELLO, DONE),), Reason.NO_FINISH_REASON, "choice 0"),
    "no finish_reason, no [DONE]": Case((stream(*HELLO),), Reason.NO_FINISH_REASON, "choice 0"),
    "one of two unfinished": Case(
        (stream(*HELLO, chunk("x", index=1), FINISH, DONE),), Reason.NO_FINISH_REASON, "choice 1"
    ),
    "error object": Case((stream(*HELLO, event({"error": ERROR})),), Reason.ERROR_EVENT, "boom", body=ERROR),
    "error event": Case((stream(*HELLO, event({"error": ERROR}, "error")),), Reason.ERROR_EVENT, "boom", body=ERROR),
    "flat error event": Case((stream(*HELLO, event(ERROR, "error"), DONE),), Reason.ERROR_EVENT, "boom", body=ERROR),
    "flat error event, finished": Case(
        (stream(*HELLO, event(ERROR, "error"), FINISH, DONE),), Reason.ERROR_EVENT, "boom", body=ERROR
    ),
    "flat error event, then silence": Case(
        (STREAM, chunked(b"".join(HELLO) + event(ERROR, "error") + chunk("!")), Play.HOLD),
        Reason.ERROR_EVENT,
        "boom",
        body=ERROR,
    ),
    "error event of plain text": Case(
        (stream(*HELLO, b"event: error\ndata: out of memory\n\n"),),
        Reason.ERROR_EVENT,
        "out of memory",
        body="out of memory",
    ),
    "error object named by its object": Case(
        (stream(*HELLO, event({"object": "error", "message": "boom"}), DONE),),
        Reason.ERROR_EVENT,
        "boom",
        body={"object": "error", "message": "boom"},
    ),
    "error first": Case((stream(event({"error": ERROR})),), Reason.ERROR_EVENT, "boom", "", ERROR),
    "closed without the final chunk": Case((BEGUN,), Reason.CONNECTION_LOST, "peer closed connection"),
    "closed in the middle of an event": Case(
        (STREAM, chunked(b"".join(HELLO) + FINISH[:20])), Reason.CONNECTION_LOST, "peer closed"
    ),
    "closed after the finish": Case((BEGUN, chunked(FINISH)), Reason.CONNECTION_LOST, "peer closed"),
    "reset": Case((BEGUN, Play.GATE, Play.RESET), Reason.CONNECTION_LOST, "reset"),
    "bad JSON": Case((stream(*HELLO, b"data: {oops\n\n", FINISH, DONE),), Reason.BAD_JSON, "event 4"),
    "JSON, but no object": Case((stream(*HELLO, b"data: 7\n\n", FINISH, DONE),), Reason.BAD_JSON, "not an object"),
    "bad UTF-8": Case((stream(*HELLO, b'data: {"a":"\xff"}\n\n', FINISH, DONE),), Reason.BAD_UTF8, "event 4"),
    "a last event without its blank line": Case((stream(*HELLO, FINISH[:-1]),), Reason.NO_FINISH_REASON, "choice 0"),
    "events without choices": Case((stream(event({"id": "x"}), DONE),), Reason.NO_CHOICES, "no choices", ""),
    "empty stream": Case((stream(),), Reason.EMPTY, "no events", ""),
    "only comments": Case((stream(b": hello\n\n"),), Reason.EMPTY, "no events", ""),
    "a JSON error that calls itself a stream": Case(
        (reply({"error": ERROR}, content_type="text/event-stream"),), Reason.ERROR_BODY, "boom", "", ERROR
    ),
    "only [DONE]": Case((stream(DONE),), Reason.EMPTY, "[DONE]", ""),
    "no body": Case((reply(b"", "204 No Content"),), Reason.EMPTY, "no events", ""),
    "200 and a JSON error": Case((reply({"error": ERROR}),), Reason.ERROR_BODY, "boom", "", ERROR),
    "200 and a whole answer": Case((reply(answer()),), Reason.NOT_A_STREAM, "got application/json", "", answer()),
    "200 and a page": Case(
        (reply(b"<html>\n<p>Hello", content_type="text/html"),), Reason.NOT_A_STREAM, "text/html: <html> <p>", ""
    ),
}


@pytest.mark.parametrize("case", STREAM_FAULTS.values(), ids=STREAM_FAULTS.keys())
def test_stream__a_fault_is_an_error_that_says_which_and_keeps_what_came(
    wire: WireServer, ask: Ask, case: Case
) -> None:
    wire.play(*case.play)
    with pytest.raises(IncompleteStreamError) as caught:
        ask.stream(wire.url, each=wire.go.set)
    error = caught.value
    assert error.reason == case.reason
    assert case.says in str(error)
    assert error.partial.text == case.text
    assert error.body == case.body
    assert error.http_status in (200, 204)
    assert len(wire.requests) == 1, "nothing is retried once a stream has begun"


def test_error_event__is_raised_without_waiting_for_the_stream_to_end() -> None:
    call = Call({"model": "mock", "stream": True})
    call.wire.begin(httpx.Response(200))
    call.wire.feed(event(ERROR, "error"))
    with pytest.raises(IncompleteStreamError):
        call.wants_chunk()


UNFINISHED = b"".join((*HELLO, DONE))
LITELLM_SAYS: dict[str, Callable[[], Exception] | None] = {
    "that it is over": None,
    "that the stream broke": lambda: MidStreamFallbackError("broke", model="m", llm_provider="openai"),
    "that the connection broke": lambda: APIConnectionError("broke", model="m", llm_provider="openai"),
    "that the server failed": lambda: InternalServerError("failed", model="m", llm_provider="openai"),
}


@pytest.mark.parametrize("says", LITELLM_SAYS.values(), ids=LITELLM_SAYS.keys())
@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        (UNFINISHED, Reason.NO_FINISH_REASON, "Hello"),
        (UNFINISHED.removesuffix(DONE), Reason.NO_FINISH_REASON, "Hello"),
        (event({"id": "x"}) + DONE, Reason.NO_CHOICES, ""),
        (HELLO[1] + event(ERROR, "error") + FINISH + DONE, Reason.ERROR_EVENT, "Hel"),
        (HELLO[1] + b"data: {oops\n\n" + FINISH + DONE, Reason.BAD_JSON, "Hel"),
        (b"", Reason.EMPTY, ""),
    ],
)
def test_reason__follows_from_the_bytes_whatever_litellm_says(
    says: Callable[[], Exception] | None, body: bytes, reason: Reason, text: str
) -> None:
    call = Call({"model": "mock", "stream": True})
    call.wire.begin(httpx.Response(200, headers={"content-type": "text/event-stream"}))
    with call.wire.receiving():
        call.wire.feed(body)
    with pytest.raises(IncompleteStreamError) as caught:
        if says:
            with call.reading():
                raise says()
        call.accept(None, None)
        call.ready.clear()
        call.wants_chunk()
    assert (caught.value.reason, caught.value.partial.text, caught.value.http_status) == (reason, text, 200)


def test_reason__is_aborted_where_litellm_stops_before_the_server_does() -> None:
    call = Call({"model": "mock", "stream": True})
    call.wire.begin(httpx.Response(200))
    call.wire.feed(HELLO[1])
    call.accept(None, None)
    call.ready.clear()
    with pytest.raises(IncompleteStreamError) as caught:
        call.wants_chunk()
    assert (caught.value.reason, caught.value.partial.text) == (Reason.ABORTED, "Hel")


def test_stream__silence_beyond_the_timeout(wire: WireServer, ask: Ask) -> None:
    wire.play(BEGUN, Play.HOLD)
    for silence in (1.5, 15, 150):  # a machine that is busy may be silent before the server is
        with pytest.raises(IncompleteStreamError) as caught:
            ask.stream(wire.url, timeout=httpx.Timeout(600, read=silence))
        if caught.value.partial.text:
            break
    assert caught.value.reason is Reason.TIMED_OUT
    assert caught.value.partial.text == "Hello"


def test_stream__litellm_itself_gives_up(wire: WireServer, ask: Ask) -> None:
    same = [chunk("again ") for _ in range(150)]  # LiteLLM takes a hundred equal chunks for a loop
    wire.play(STREAM, chunked(b"".join(same)), Play.GATE, chunked(chunk(finish="stop") + DONE), END)
    wire.go.set()
    with pytest.raises(IncompleteStreamError) as caught:
        ask.stream(wire.url)
    assert caught.value.reason is Reason.ABORTED
    assert "repeating the same chunk" in str(caught.value)
    assert caught.value.partial.text.startswith("again again ")
    assert isinstance(caught.value.__cause__, LLMError)


def test_error__is_one_of_litellms_own_kind_with_the_servers_fields(wire: WireServer, ask: Ask) -> None:
    wire.play(stream(*HELLO, event({"error": ERROR})))
    with pytest.raises(MidStreamFallbackError) as caught:
        ask.stream(wire.url)
    error = caught.value
    assert isinstance(error, LLMError)
    assert (error.code, error.type, error.param) == ("overloaded", "server_error", None)
    assert (error.status_code, error.generated_content) == (503, "Hello")


def test_partial__has_tool_calls_and_timings(wire: WireServer, ask: Ask) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a'}}
    wire.play(stream(chunk(delta={"role": "assistant", "tool_calls": [call]}), chunk("x")))
    with pytest.raises(IncompleteStreamError) as caught:
        ask.stream(wire.url)
    partial = caught.value.partial
    assert partial.tool_calls[0].arguments == '{"a'
    assert partial.finish_reason is None
    assert len(partial.timings.gaps_ms) == 1


ANSWER_FAULTS = {
    "JSON error": Case((reply({"error": ERROR}),), Reason.ERROR_BODY, "boom", "", ERROR),
    "flat JSON error": Case(
        (reply({"object": "error", "message": "boom"}),),
        Reason.ERROR_BODY,
        "boom",
        "",
        {"object": "error", "message": "boom"},
    ),
    "no finish_reason": Case((reply(answer(finish=None)),), Reason.NO_FINISH_REASON, "choice 0"),
    "no choices": Case((reply({**answer(), "choices": []}),), Reason.NO_CHOICES, "no choices", ""),
    "choices are null": Case((reply({**answer(), "choices": None}),), Reason.NO_CHOICES, "no choices", ""),
    "some other object": Case((reply({"status": "ok"}),), Reason.NO_CHOICES, "no choices", ""),
    "a list": Case((reply([1]),), Reason.BAD_JSON, "not an object: [1]", ""),
    "null": Case((reply(None),), Reason.BAD_JSON, "not an object", ""),
    "a page": Case((reply(b"<html>", content_type="text/html"),), Reason.BAD_JSON, "<html>", ""),
    "half a JSON": Case((reply(b'{"id": "x"'),), Reason.BAD_JSON, '{"id": "x"', ""),
    "bad UTF-8": Case((reply(b'{"id": "\xff"}'),), Reason.BAD_UTF8, "not UTF-8", ""),
    "nothing": Case((reply(b""),), Reason.EMPTY, "empty", ""),
    "no content": Case((reply(b"", "204 No Content"),), Reason.EMPTY, "empty", ""),
    "a stream": Case((stream(*HELLO, FINISH, DONE),), Reason.BAD_JSON, "data: {", ""),
}


@pytest.mark.parametrize("case", ANSWER_FAULTS.values(), ids=ANSWER_FAULTS.keys())
def test_complete__a_200_that_is_no_answer_is_an_error(wire: WireServer, ask: Ask, case: Case) -> None:
    wire.play(*case.play)
    with pytest.raises(InvalidAnswerError) as caught:
        ask.complete(wire.url)
    error = caught.value
    assert error.reason == case.reason
    assert case.says in str(error)
    assert error.partial.text == case.text
    assert error.body == case.body


def test_complete__a_lost_connection_stays_litellms_own_error(wire: WireServer, ask: Ask) -> None:
    wire.play(head(content_length="99", content_type="application/json") + b"{")
    with pytest.raises(LLMError) as caught:
        ask.complete(wire.url)
    assert not isinstance(caught.value, InvalidAnswerError)


HARMLESS = {
    "plain": (stream(*HELLO, FINISH, DONE),),
    "no [DONE]": (stream(*HELLO, FINISH),),
    "data after [DONE]": (stream(*HELLO, FINISH, DONE, b"data: {oops\n\n", event({"error": ERROR})),),
    "comments": (stream(b": ping\n\n", *HELLO, b": ping\n\n", FINISH, DONE),),
    "CRLF": (stream(*(e.replace(b"\n", b"\r\n") for e in (*HELLO, FINISH, DONE))),),
    "no space after the colon": (stream(*(e.replace(b"data: ", b"data:") for e in (*HELLO, FINISH, DONE))),),
    "finish with the last text": (stream(ROLE := HELLO[0], chunk("Hel"), chunk("lo", "stop"), DONE),),
    "null usage and error": (stream(*HELLO, chunk(finish="stop", usage=None, error=None), DONE),),
    "close delimited": (head(content_type="text/event-stream"), *HELLO, FINISH, DONE),
    "another content type": (head(content_type="text/plain"), *HELLO, FINISH, DONE),
}


def split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


HARMLESS["7 bytes at a time"] = (STREAM, *map(chunked, split(b"".join((*HELLO, FINISH, DONE)), 7)), END)


@pytest.mark.parametrize("play", HARMLESS.values(), ids=HARMLESS.keys())
def test_stream__what_is_harmless_is_no_error(wire: WireServer, ask: Ask, play: tuple[Any, ...]) -> None:
    wire.play(*play)
    pieces, completion = ask.stream(wire.url)
    assert (completion.text, completion.finish_reason) == ("Hello", "stop")
    assert "".join(map(str, pieces)) == "Hello"
