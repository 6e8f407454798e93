"""The wire formats, as pure functions: parsing, and streams that fold to the answer."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Choice, Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.script.loader import load
from completions.wire import models
from completions.wire.base import Event, WireFormat
from completions.wire.chat import ChatCompletions
from completions.wire.legacy import LegacyCompletions
from completions.wire.openai import OpenAIFormat
from tests.document import MOCK, PIECES, TEXT, events, fold

CHAT, LEGACY = ChatCompletions(), LegacyCompletions()
FORMATS = pytest.mark.parametrize("wire", [CHAT, LEGACY], ids=["chat", "legacy"])
MOCK_REPLY = load("mock").rules[0].reply

REPLIES = st.builds(
    Reply,
    id=st.text(min_size=1),
    created=st.integers(0, 2**40),
    choices=st.lists(
        st.builds(Choice, text=st.text(), finish_reason=st.sampled_from(["stop", "length"])), min_size=1, max_size=4
    ).map(tuple),
    usage=st.builds(Usage, st.integers(0, 9999), st.integers(0, 9999)),
)


def read(stream: list[Event]) -> list[Any]:
    return events(b"".join(event.data for event in stream))


def fold_legacy(chunks: list[Any]) -> dict[str, Any]:
    """Fold text completions' chunks by making them chat chunks first."""
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["delta"] = {"text": choice.pop("text")}
    document = fold(chunks)
    for choice in document["choices"]:
        choice |= {"text": choice.pop("message")["text"], "logprobs": None}
    return document | {"object": "text_completion"}


def whole(wire: WireFormat, chunks: list[Any]) -> dict[str, Any]:
    return fold(chunks) if wire is CHAT else fold_legacy(chunks)


def prompt(**fields: Any) -> Prompt:
    return CHAT.parse(orjson.dumps(fields))


def test_chat__mock_is_the_mission_document_byte_for_byte() -> None:
    assert (
        orjson.dumps(CHAT.render(MOCK_REPLY, prompt(model="gpt-4o", n=3)))
        == json.dumps(MOCK, separators=(",", ":")).encode()
    )


def test_chat__stream_is_role_then_one_chunk_a_token_then_finish() -> None:
    stream = CHAT.events(MOCK_REPLY, prompt(stream=True))
    chunks = read(stream)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": ""},
        *({"content": piece} for piece in PIECES),
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * 7 + ["stop"]
    assert all(list(chunk) == ["id", "object", "created", "choices"] for chunk in chunks)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert [event.token for event in stream] == [False, *[True] * 6, False, False]
    assert [event.chunk for event in stream] == [True] * 8 + [False]


def test_chat__usage_chunk_comes_last_and_the_others_say_null() -> None:
    *chunks, last = read(CHAT.events(MOCK_REPLY, prompt(stream=True, stream_options={"include_usage": True})))
    assert [chunk["usage"] for chunk in chunks] == [None] * 8
    assert (last["choices"], last["usage"]) == ([], MOCK["usage"])
    assert fold([*chunks, last]) == MOCK


def test_legacy__mock_says_the_same_text() -> None:
    assert LEGACY.render(MOCK_REPLY, prompt(model="gpt-3.5-turbo-instruct")) == {
        "id": "cmpl-mock",
        "object": "text_completion",
        "created": 1234567890,
        "model": "gpt-3.5-turbo-instruct",
        "choices": [{"text": TEXT, "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": MOCK["usage"],
    }


def test_legacy__stream_has_text_and_no_role() -> None:
    chunks = read(LEGACY.events(MOCK_REPLY, prompt(stream=True)))
    assert [chunk["choices"][0]["text"] for chunk in chunks] == [*PIECES, ""]
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}


@FORMATS
@given(reply=REPLIES, usage=st.booleans(), model=st.none() | st.text())
def test_events__fold_to_the_body(wire: OpenAIFormat, reply: Reply, usage: bool, model: str | None) -> None:
    asked = Prompt(model=model, stream=True, include_usage=usage, body={})
    body = orjson.loads(orjson.dumps(wire.render(reply, asked)))
    if not usage:
        del body["usage"]
    assert whole(wire, read(wire.events(reply, asked))) == body


@FORMATS
def test_events__choices_are_generated_side_by_side(wire: OpenAIFormat) -> None:
    reply = Reply("x", 1, (Choice("a b c", "stop"), Choice("d", "length")), Usage(1, 4))
    stream = wire.events(reply, prompt(stream=True))
    spoken = [chunk["choices"][0]["index"] for chunk in read(stream)]
    assert spoken == ([0, 1] if wire is CHAT else []) + [0, 1, 0, 0] + [0, 1]
    assert sum(event.token for event in stream) == 3, "a step takes its time once, however many choices it serves"


@FORMATS
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, (None, False, False)),
        ({"model": "m", "stream": None}, ("m", False, False)),
        ({"model": 7, "stream": False, "stream_options": {"include_usage": True}}, (None, False, True)),
        ({"stream": True, "stream_options": None, "messages": "junk"}, (None, True, False)),
        ({"stream": True, "stream_options": {"include_usage": "yes"}}, (None, True, False)),
        ({"stream": True, "stream_options": [1]}, (None, True, False)),
    ],
)
def test_parse__takes_any_object(wire: OpenAIFormat, body: dict[str, Any], fields: tuple[Any, ...]) -> None:
    parsed = wire.parse(orjson.dumps(body))
    assert (parsed.model, parsed.stream, parsed.include_usage) == fields
    assert parsed.body == body


@FORMATS
@pytest.mark.parametrize(
    ("value", "kind"),
    [("true", "a string"), (1, "an integer"), (0.0, "a decimal"), ([], "an array"), ({}, "an object")],
)
def test_parse__stream_must_be_a_boolean(wire: OpenAIFormat, value: object, kind: str) -> None:
    with pytest.raises(RequestError) as caught:
        wire.parse(orjson.dumps({"stream": value}))
    assert wire.error(caught.value) == {
        "error": {
            "message": f"Invalid type for 'stream': expected a boolean, but got {kind} instead.",
            "type": "invalid_request_error",
            "param": "stream",
            "code": "invalid_type",
        }
    }
    assert caught.value.status == 400


@FORMATS
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty document (line 1, column 1)."),
        (b"{", "(line 1, column 2)."),
        (b'{\n"a":1,}', "trailing comma is not allowed (line 2, column 6)."),
        (b"[]", "must be an object, but it is an array."),
        (b"null", "must be an object, but it is null."),
        (b"true", "must be an object, but it is a boolean."),
        (b'"x"', "must be an object, but it is a string."),
        (b"3", "must be an object, but it is an integer."),
        (b'{"a":"\xe9"}', "it is not UTF-8: byte 0xe9 at position 6, invalid continuation byte."),
        ("{}".encode("utf-16"), "it is not UTF-8: byte 0xff at position 0, invalid start byte."),
        (b'{"a":' + b"1" * 5000 + b"}", "infinity"),
        (b'{"a":NaN}', "unexpected character"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "depth limit exceeded"),
        (b'{"a":"\x00"}', "control character"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_parse__says_what_is_wrong_with_a_body(wire: OpenAIFormat, body: bytes, why: str) -> None:
    with pytest.raises(RequestError) as caught:
        wire.parse(body)
    assert why in caught.value.message
    assert (caught.value.status, caught.value.type, caught.value.param) == (400, "invalid_request_error", None)


@given(st.binary())
def test_parse__any_bytes_are_a_prompt_or_a_request_error(body: bytes) -> None:
    try:
        CHAT.parse(body)
    except RequestError as exc:
        orjson.dumps(CHAT.error(exc))


def test_models__list_and_one() -> None:
    one = {"id": "a/b", "object": "model", "created": 1234567890, "owned_by": "mock"}
    assert models.model_list(["a/b"]) == {"object": "list", "data": [one]}
    assert models.find("a/b", ["a/b"]) == one
    with pytest.raises(RequestError, match="The model 'c' does not exist") as caught:
        models.find("c", ["a/b"])
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
