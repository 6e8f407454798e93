"""The wire formats, as pure functions: parsing, and streams that fold to the answer."""

import base64
import gzip
import json
import math
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Choice, Message, Prompt, Reply, ToolCall, Usage
from completions.event import Event
from completions.exceptions import RequestError
from completions.wire import registry
from completions.wire.base import WireFormat
from completions.wire.framing import SSE
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.legacy import LegacyCompletions
from tests.document import MOCK, PIECES, TEXT, events, fold

CHAT, LEGACY = ChatCompletions(), LegacyCompletions()
FORMATS = pytest.mark.parametrize("wire", [CHAT, LEGACY], ids=["chat", "legacy"])
MOCK_REPLY = Reply((Choice(TEXT, "stop"),), MOCK["id"], MOCK["created"], usage=Usage(5, 7), body=MOCK)

CALLS = st.builds(
    ToolCall,
    name=st.text(st.characters(codec="ascii", categories=["L"]), min_size=1),
    arguments=st.text(),
    id=st.sampled_from(["", "call_a"]),
    kind=st.sampled_from(["function", "custom"]),
)
ANNOTATIONS = st.lists(st.fixed_dictionaries({"type": st.just("url_citation"), "url_citation": st.just({"url": "u"})}))
CHOICES = st.builds(
    Choice,
    text=st.none() | st.text(),
    finish_reason=st.sampled_from(["stop", "length", "tool_calls", "content_filter"]),
    tool_calls=st.lists(CALLS, max_size=3).map(tuple),
    refusal=st.none() | st.text(min_size=1),
    reasoning=st.none() | st.text(),
    annotations=ANNOTATIONS.map(tuple),
    logprobs=st.lists(st.floats(-9, 0), max_size=3).map(tuple),
)
REPLIES = st.builds(
    Reply,
    choices=st.lists(CHOICES, min_size=1, max_size=4).map(tuple),
    id=st.none() | st.text(min_size=1),
    created=st.integers(0, 2**40),
    model=st.text(min_size=1),
    usage=st.builds(Usage, st.integers(0, 9999), st.integers(0, 9999)),
    serial=st.text(),
)
PROMPTS = st.builds(
    Prompt,
    model=st.none() | st.text(),
    messages=st.just((Message("user", "Say it."),)),
    stream=st.just(True),
    include_usage=st.booleans(),
    include_obfuscation=st.booleans(),
    top_logprobs=st.none() | st.integers(0, 20),
    body=st.sampled_from(
        [
            {},
            {"service_tier": "flex", "echo": True},
            {"functions": []},
            {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}},
            {"prediction": {"type": "content", "content": "a b c"}},
        ]
    ),
)


def read(stream: Iterable[Event]) -> list[Any]:
    return events(b"".join(SSE.frames(stream)))


def fold_legacy(chunks: list[Any]) -> dict[str, Any]:
    """Fold text completions' chunks by making them chat chunks first."""
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["delta"] = {"text": choice.pop("text")}
    document = fold(chunks)
    for choice in document["choices"]:
        choice["text"] = choice.pop("message")["text"]
    return document | {"object": "text_completion"}


def whole(wire: WireFormat, chunks: list[Any]) -> dict[str, Any]:
    return fold(chunks) if wire is CHAT else fold_legacy(chunks)


def prompt(**fields: Any) -> Prompt:
    return CHAT.parse(orjson.dumps(fields), {}, validate=False)


def test_chat__mock_is_the_mission_document_byte_for_byte() -> None:
    assert (
        orjson.dumps(CHAT.document(MOCK_REPLY, prompt(model="gpt-4o", n=3)))
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


def test_chat__verbatim_document_streams_with_all_its_keys() -> None:
    message = {"role": "assistant", "content": "Hi there", "refusal": None, "audio": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "length", "extra": 1}
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "system": "s"}
    reply = Reply((Choice("Hi there", "length"),), "x", 1, body=body)
    assert CHAT.document(reply, prompt()) == body
    assert fold(read(CHAT.events(reply, prompt(stream=True)))) == body


@pytest.mark.parametrize("logprobs", [None, {"content": [{"token": "Hi", "logprob": -1.5}], "refusal": None}])
def test_chat__verbatim_document_keeps_its_own_logprobs(logprobs: dict[str, Any] | None) -> None:
    """They are never made up for it, also where the request asks for some."""
    message = {"role": "assistant", "content": "Hi", "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": "stop"}
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    reply, asked = Reply((Choice("Hi", "stop"),), "x", 1, body=body), prompt(logprobs=True, top_logprobs=2, stream=True)
    assert CHAT.document(reply, asked) == body
    chunks = read(CHAT.events(reply, asked))
    assert all(chunk["choices"][0]["logprobs"] == logprobs for chunk in chunks)


def test_legacy__mock_says_the_same_text() -> None:
    assert LEGACY.document(MOCK_REPLY, prompt(model="gpt-3.5-turbo-instruct")) == {
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


def test_legacy__says_a_refusal_as_its_text() -> None:
    reply = Reply((Choice(None, "stop", refusal="I would rather not."),))
    (choice,) = LEGACY.document(reply, prompt())["choices"]
    said = [chunk["choices"][0]["text"] for chunk in read(LEGACY.events(reply, prompt(stream=True)))]
    assert choice["text"] == "".join(said) == "I would rather not."


@pytest.mark.parametrize("reason", ["tool_calls", "function_call"])
def test_legacy__has_no_reason_that_names_calls(reason: str) -> None:
    """So `openai.types.CompletionChoice` has it, and the SDK for Java refuses any other."""
    reply = Reply((Choice(None, reason, (CALL,)),))
    (choice,) = LEGACY.document(reply, prompt())["choices"]
    *_, last = read(LEGACY.events(reply, prompt(stream=True)))
    assert (choice["finish_reason"], last["choices"][0]["finish_reason"]) == ("stop", "stop")


@FORMATS
@given(reply=REPLIES, asked=PROMPTS)
def test_events__fold_to_the_body(wire: OpenAIFormat, reply: Reply, asked: Prompt) -> None:
    asked = replace(asked, n=len(reply.choices))
    body = orjson.loads(orjson.dumps(wire.document(reply, asked)))
    if not asked.include_usage:
        del body["usage"]
    for choice in body["choices"]:
        if choice.get("message", {}).get("annotations") == []:
            del choice["message"]["annotations"]
        said = choice.get("message", {})
        if said.get("content") is said.get("refusal") is None and said.get("tool_calls", ())[1:]:
            del said["refusal"]  # nothing is told of one in the stream of several calls
    assert whole(wire, read(wire.events(reply, asked))) == body


@given(st.text(min_size=1), st.integers(0, 20))
def test_logprobs__join_to_the_content(text: str, count: int) -> None:
    body = CHAT.document(Reply((Choice(text),)), Prompt(top_logprobs=count))
    entries = body["choices"][0]["logprobs"]["content"]
    assert "".join(entry["token"] for entry in entries) == text
    assert b"".join(bytes(entry["bytes"]) for entry in entries) == text.encode()
    for entry in entries:
        assert entry["logprob"] <= 0
        tops = entry["top_logprobs"]
        assert len(tops) == count
        assert [top["token"] for top in tops[:1]] == [entry["token"]][: len(tops)]
        assert tops == sorted(tops, key=lambda top: -top["logprob"])
        assert sum(math.exp(top["logprob"]) for top in tops) <= 1 + 1e-9
        assert len({top["token"] for top in tops}) == len(tops)


def test_obfuscation__evens_out_the_sizes() -> None:
    reply = Reply((Choice("Some words of very different lengths, incomprehensibilities among them"),))
    padded = CHAT.events(reply, Prompt(stream=True))
    assert all("obfuscation" in chunk for chunk in read(padded))
    sizes = {len(event.data) % 16 for event in padded if event.token}
    assert len(sizes) == 1
    assert not any("obfuscation" in chunk for chunk in read(CHAT.events(reply, Prompt(include_obfuscation=False))))


@FORMATS
def test_events__choices_are_generated_side_by_side(wire: OpenAIFormat) -> None:
    reply = Reply((Choice("a b c", "stop"), Choice("d", "length")), "x", 1, usage=Usage(1, 4))
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
    parsed = wire.parse(orjson.dumps(body), {}, validate=False)
    assert (parsed.model, parsed.stream, parsed.include_usage) == fields
    assert parsed.body == body


@FORMATS
@pytest.mark.parametrize(
    ("value", "kind"),
    [("true", "a string"), (1, "an integer"), (0.0, "a decimal number"), ([], "an array"), ({}, "an object")],
)
def test_parse__stream_must_be_a_boolean(wire: OpenAIFormat, value: object, kind: str) -> None:
    with pytest.raises(RequestError) as caught:
        wire.parse(orjson.dumps({"stream": value}), {}, validate=False)
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
        (gzip.compress(b"{}", mtime=0), "it looks compressed, and the header Content-Encoding must say 'gzip' then."),
        (zlib.compress(b"{}"), "it looks compressed, and the header Content-Encoding must say 'deflate' then."),
        (b"\x28\xb5\x2f\xfd\x04", "it looks compressed, and the header Content-Encoding must say 'zstd' then."),
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
        wire.parse(body, {}, validate=False)
    assert why in caught.value.message
    assert (caught.value.status, caught.value.type, caught.value.param) == (400, "invalid_request_error", None)


@given(st.binary())
def test_parse__any_bytes_are_a_prompt_or_a_request_error(body: bytes) -> None:
    try:
        CHAT.parse(body, {}, validate=False)
    except RequestError as exc:
        orjson.dumps(CHAT.error(exc))


def test_models__list_and_one() -> None:
    one = {"id": "a/b", "object": "model", "created": 1234567890, "owned_by": "mock"}
    assert CHAT.model_list(["a/b"], {}) == {"object": "list", "data": [one]}
    assert CHAT.model("a/b", ["a/b"]) == one


CALL = ToolCall("get_weather", '{"city":"Paris"}')


def test_chat__tool_calls_in_both_modes() -> None:
    reply = Reply((Choice(None, "tool_calls", (CALL, replace(CALL, id="call_x"))),), serial="s")
    (choice,) = CHAT.document(reply, prompt())["choices"]
    assert choice["message"]["content"] is None
    first, second = choice["message"]["tool_calls"]
    assert first["id"].startswith("call_")
    assert (second["id"], first["function"]) == ("call_x", {"name": "get_weather", "arguments": '{"city":"Paris"}'})
    chunks = read(CHAT.events(reply, prompt(stream=True, stream_options={"include_usage": True})))[:-1]
    assert [[*chunk].index("usage") < [*chunk].index("choices") for chunk in chunks] == [True] * len(chunks[1:]) + [
        False
    ]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": None}
    calls = [delta["tool_calls"][0] for delta in deltas[1:-1]]
    opened = [call for call in calls if "id" in call]
    assert [(call["index"], call["id"]) for call in opened] == [(0, first["id"]), (1, "call_x")]
    assert all(call["function"] == {"name": "get_weather", "arguments": ""} for call in opened)
    for index in (0, 1):
        fragments = [call["function"]["arguments"] for call in calls if call["index"] == index and "id" not in call]
        assert len(fragments) > 1
        assert "".join(fragments) == CALL.arguments


NAMED = {"type": "function", "function": {"name": "get_weather"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}


@pytest.mark.parametrize(
    ("dialect", "model", "asked", "ended"),
    [
        ("", "gpt-4o-mini", {"tool_choice": NAMED}, "stop"),
        ("", "gpt-3.5-turbo", {"tool_choice": {"type": "custom", "custom": {"name": "get_weather"}}}, "stop"),
        ("", "gpt-4", {"functions": [{"name": "get_weather"}], "function_call": {"name": "get_weather"}}, "stop"),
        ("", "gpt-4o-mini", {"tool_choice": "required"}, "tool_calls"),
        ("", "gpt-4o-mini", {"tool_choice": ALLOWED}, "tool_calls"),
        ("", "gpt-5-mini", {"tool_choice": NAMED}, "tool_calls"),
        ("azure", "gpt-4o", {"tool_choice": NAMED}, "stop"),
        ("azure", "grok-4", {"tool_choice": NAMED}, "tool_calls"),
        ("vllm", "qwen3", {"tool_choice": NAMED}, "stop"),
        *((name, "m", {"tool_choice": NAMED}, "tool_calls") for name in ("deepseek", "groq", "mistral", "openrouter")),
    ],
)
def test_chat__calls_that_a_request_names_end_as_texts_do(
    dialect: str, model: str, asked: dict[str, Any], ended: str
) -> None:
    wire = registry.CHAT_DIALECTS[dialect] if dialect else CHAT
    asked = {"model": model, **asked}
    called = Reply((Choice(None, "tool_calls", (replace(CALL, id="call_x"),)),))
    assert wire.document(called, prompt(**asked))["choices"][0]["finish_reason"] == ended
    chunks = read(wire.events(called, prompt(stream=True, **asked)))
    assert {choice.get("finish_reason") for chunk in chunks for choice in chunk["choices"]} - {None} == {ended}
    cut = Reply((replace(called.choices[0], finish_reason="length"),))
    assert wire.document(cut, prompt(**asked))["choices"][0]["finish_reason"] == "length"


def test_chat__a_refusal_is_told_as_a_text_from_the_first_chunk_on() -> None:
    first = read(CHAT.events(Reply((Choice(None, "stop", refusal="No."),)), prompt(stream=True)))[0]
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": None, "refusal": ""}


def test_chat__the_first_chunk_has_no_log_probabilities_but_their_lists() -> None:
    first = read(CHAT.events(Reply((Choice("Yes."),)), prompt(stream=True, logprobs=True)))[0]["choices"][0]
    assert first["logprobs"] == {"content": [], "refusal": None}


def test_chat__custom_tools_and_legacy_functions() -> None:
    custom = Reply((Choice(None, "tool_calls", (ToolCall("sql", "select 1", "call_1", "custom"),)),))
    (call,) = CHAT.document(custom, prompt())["choices"][0]["message"]["tool_calls"]
    assert call == {"id": "call_1", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
    asked = prompt(functions=[{"name": "get_weather"}], stream=True)
    (choice,) = CHAT.document(Reply((Choice(None, "tool_calls", (CALL,)),)), asked)["choices"]
    assert choice["message"]["function_call"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "function_call"


def test_chat__modern_envelope_is_complete_in_order() -> None:
    reply = Reply((Choice("Hi", "stop"),), created=1, model="gpt-4o", usage=Usage(3, 1), serial="s")
    body = CHAT.document(reply, prompt())
    assert list(body) == [
        "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"
    ]  # fmt: skip  # a table by hand
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert body["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 1,
        "total_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    assert (body["service_tier"], body["system_fingerprint"][:3]) == ("default", "fp_")


@FORMATS
def test_usage__of_an_answer_that_nobody_counted_is_nothing(wire: OpenAIFormat) -> None:
    usage = wire.document(Reply((Choice("a", "stop"),), serial="s"), prompt())["usage"]
    assert {usage[key] for key in ("prompt_tokens", "completion_tokens", "total_tokens")} == {0}


def test_chat__prediction_is_counted() -> None:
    reply = Reply((Choice("one two three four", "stop"),), usage=Usage(1, 4))
    parts = [{"type": "text", "text": "one two 3"}, {"type": "image"}, 1]
    asked = prompt(prediction={"type": "content", "content": parts})
    details = CHAT.document(reply, asked)["usage"]["completion_tokens_details"]
    assert (details["accepted_prediction_tokens"], details["rejected_prediction_tokens"]) == (2, 2)


@pytest.mark.parametrize(("kind", "head"), [("wav", b"RIFF"), ("pcm16", b"\x00\x00")])
def test_chat__speaks(kind: str, head: bytes) -> None:
    asked = prompt(modalities=["text", "audio"], audio={"voice": "alloy", "format": kind})
    (choice,) = CHAT.document(Reply((Choice("Hello", "stop"),), created=5), asked)["choices"]
    audio = choice["message"]["audio"]
    assert choice["message"]["content"] is None
    assert (audio["transcript"], audio["expires_at"]) == ("Hello", 3605)
    assert base64.b64decode(audio["data"]).startswith(head)
    chunks = read(CHAT.events(Reply((Choice("Hello", "stop"),), created=5), replace(asked, stream=True)))
    first, second, *_ = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert first == {"role": "assistant", "refusal": None}
    assert second == {"content": None, "audio": {"id": audio["id"], "transcript": "Hello"}}


def legacy(**fields: Any) -> Prompt:
    return LEGACY.parse(orjson.dumps(fields), {}, validate=False)


@pytest.mark.parametrize(
    ("asked", "texts"),
    [
        ("a", ["a"]),
        (["a", "b"], ["a", "b"]),
        ([9906, 1917], ["Hello world"]),
        ([[9906], [1917]], ["Hello", " world"]),
        (None, []),
        (7, []),
    ],
)
def test_legacy__reads_prompts(asked: object, texts: list[str]) -> None:
    parsed = legacy(model="gpt-3.5-turbo-instruct", prompt=asked, n=2)
    assert [message.text for message in parsed.messages] == texts
    assert parsed.n == 2 * max(len(texts), 1)


def test_legacy__echo_and_logprobs() -> None:
    asked = legacy(model="gpt-3.5-turbo-instruct", prompt=["One", "Two"], echo=True, logprobs=2)
    body = LEGACY.document(Reply((Choice(" more", "stop"), Choice(" more", "stop"))), asked)
    assert [choice["text"] for choice in body["choices"]] == ["One more", "Two more"]
    logprobs = body["choices"][1]["logprobs"]
    assert logprobs["tokens"] == ["Two", " more"]
    assert logprobs["text_offset"] == [0, 3]
    assert [tops and len(tops) for tops in logprobs["top_logprobs"]] == [None, 2]
    assert [chance and chance <= 0 for chance in logprobs["token_logprobs"]] == [None, True]


@pytest.mark.parametrize(
    ("choice", "mode", "names"),
    [
        (None, "auto", ()),
        ("auto", "auto", ()),
        ("none", "none", ()),
        ("required", "required", ()),
        ("any", "required", ()),
        ({"type": "function", "function": {"name": "f"}}, "required", ("f",)),
        ({"type": "custom", "custom": {"name": "f"}}, "required", ("f",)),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"function": {"name": "f"}}]}},
            "auto",
            ("f",),
        ),
        ({"name": "f"}, "required", ("f",)),
        ({"junk": 1}, "auto", ()),
        (7, "auto", ()),
    ],
)
def test_chat__reads_tool_choices(choice: object, mode: str, names: tuple[str, ...]) -> None:
    read_choice = prompt(tool_choice=choice).tool_choice
    assert (read_choice.mode, read_choice.names) == (mode, names)


def test_chat__reads_a_conversation() -> None:
    image = {"type": "image_url", "image_url": {"url": "u"}}
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asked = prompt(
        model="gpt-4o",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Look:"}, image]},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "42"},
        ],
        tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}],
        stop=["a", "b"],
        max_completion_tokens=7,
        logprobs=True,
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    )
    assert (asked.system, asked.last_user, asked.turn) == ("Be brief.", "Look:", 1)
    assert asked.messages[1].parts[0].source == "u"
    assert asked.tool_result and (asked.tool_result.name, asked.tool_result.text) == ("f", "42")
    assert (asked.tools[0].name, asked.tools[0].strict) == ("f", True)
    assert (asked.stop, asked.max_tokens, asked.top_logprobs) == (("a", "b"), 7, 0)
    assert asked.parallel_tool_calls is False
    assert (asked.response_format.kind, asked.response_format.name) == ("json_schema", "n")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = {
    *("messages", "tools", "functions", "tool_choice", "function_call", "response_format", "n", "stop", "max_tokens"),
    *("logprobs", "top_logprobs", "user", "metadata", "stream_options", "model", "prompt", "modalities", "audio"),
    *("prediction", "service_tier", "echo"),
}


@FORMATS
@given(body=st.dictionaries(st.sampled_from(sorted(KEYS)), JUNK))
def test_parse__takes_junk_in_every_field(wire: OpenAIFormat, body: dict[str, Any]) -> None:
    asked = wire.parse(orjson.dumps(body), {}, validate=False)
    reply = Reply((Choice("Hi", "stop"),) * asked.n, created=1, model="m", usage=Usage(1, 1))
    orjson.dumps(wire.document(reply, asked))
    read(wire.events(reply, asked))
    assert (asked.last_user, asked.system, asked.turn, asked.tool_result) is not None


def test_chat__web_search_cites_a_source() -> None:
    asked = prompt(web_search_options={}, stream=True)
    reply = Reply((Choice("It rains.", "stop"),), serial="s")
    (citation,) = CHAT.document(reply, asked)["choices"][0]["message"]["annotations"]
    assert citation["type"] == "url_citation"
    assert (citation["url_citation"]["start_index"], citation["url_citation"]["end_index"]) == (0, 9)
    assert fold(read(CHAT.events(reply, asked)))["choices"][0]["message"]["annotations"] == [citation]


@pytest.mark.parametrize(("scripted", "seen"), [((), None), ((-0.5,), [-0.5] * 3), ((0.0, -2.0), [0.0, -2.0, -2.0])])
def test_logprobs__are_the_script_s_own(scripted: tuple[float, ...], seen: list[float] | None) -> None:
    reply = Reply((Choice("one two three", "stop", logprobs=scripted),))
    chat_said = CHAT.document(reply, prompt(logprobs=True, top_logprobs=2))["choices"][0]["logprobs"]["content"]
    legacy_said = LEGACY.document(reply, legacy(prompt="Echo", echo=True, logprobs=1))["choices"][0]["logprobs"]
    made = [entry["logprob"] for entry in chat_said]
    assert made == seen or (seen is None and len(made) == 3 and max(made) <= 0)
    assert [entry["top_logprobs"][0]["logprob"] for entry in chat_said] == made
    assert seen is None or legacy_said["token_logprobs"][-3:] == seen
