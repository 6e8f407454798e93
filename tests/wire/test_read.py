"""`read`: what was asked and said, from an exchange's bytes, whatever has become of them."""
# ruff: noqa: E501  # each answer in its line

import base64
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import ParsedExchange, ToolCall, Traffic
from completions.wire.documents import documents
from completions.wire.fragments import partial
from completions.wire.registry import format_at, read
from tests.same_bytes.requests import GEMINI, SURFACES

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "recorded.jsonl.gz"
PATHS = [
    *(surface.path for surface in SURFACES.values()),
    f"{GEMINI}generateContent",
    f"{GEMINI}countTokens",
    "/v1beta/interactions",
    "/v1beta/models/gemini-embedding-001:batchEmbedContents",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/decisions",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/images/generations",
    "/v1/responses/input_tokens",
    "/v1/messages/count_tokens",
    "/api/embed",
    "/api/embeddings",
    "/mistral/v1/embeddings",
    "/v1/nothing",
]
QUESTION = b'{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}'


def heard(path: str, *frames: bytes, request: bytes = QUESTION, cut: bool = False) -> ParsedExchange:
    return read(Traffic("POST", path, request, frames, request_cut=cut))


def sent(events: list[dict[str, Any]]) -> list[bytes]:
    return [b"data: %b\n\n" % json.dumps(event).encode() for event in events]


def answer(said: ParsedExchange) -> list[tuple[Any, ...]]:
    choices = () if said.reply is None else said.reply.choices
    return [(choice.text, choice.reasoning, choice.finish_reason) for choice in choices]


@pytest.mark.parametrize(
    ("path", "frames", "expected"),
    [
        (f"{GEMINI}generateContent", [b'{"candidates": [{"content": {"parts": [{"text": "Hi", "thought": true}, {"text": "Yo"}]}}]}'], [("Yo", "Hi", None)]),
        (f"{GEMINI}streamGenerateContent", [b'[{"candidates": [{"content": {"parts": [{"text": "Y"}]}}]},\r\n', b'{"candidates": [{"content": {"parts": [{"te'], [("Y", None, None)]),
        (f"{GEMINI}streamGenerateContent", [b'[{"oops\n', b'{"candidates": [{"content": {"parts": [{"text": "Y"}]}, "finishReason": "MAX_TOKENS"}]}\n]'], [("Y", None, "length")]),
        ("/api/generate", [b'{"model": "m", "response": "Yo", "done": true, "done_reason": "stop"}'], [("Yo", None, "stop")]),
        ("/api/chat", [b'{"message": {"content": "Y"}, "done": false}\n{"mess'], [("Y", None, None)]),
        ("/v1/chat/completions", [b"data: [DONE]\n\n"], []),
        ("/v1/chat/completions", [b"no JSON"], []),
        ("/v1/chat/completions", [b'{"choices": [{"message": {"content": "So far, and \\u00e'], [("So far, and ", None, None)]),
        ("/v1/chat/completions", [b'data: {"choices": [{"delta": {"con', b'tent": "a\xe2\x80\xa8b"}}]}\r\n\r\n: hm\r\n\r\n'], [("a\u2028b", None, None)]),
        ("/mistral/v1/chat/completions", [b'{"choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"text": "Hm"}]}, {"type": "text", "text": "Yo"}]}}]}'], [("Yo", "Hm", None)]),
        ("/v2/chat", [b'{"id": "c", "message": {"tool_plan": "Yo", "content": [{"type": "thinking", "thinking": "Hm"}]}, "finish_reason": "MAX_TOKENS"}'], [("Yo", "Hm", "length")]),
        ("/api/chat", [b'{"message": {"content": "Yo", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "done": true, "done_reason": "stop"}'], [("Yo", None, "tool_calls")]),
        ("/v1/messages", [b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Yo"}}\n\n'], [("Yo", None, None)]),
    ],
)  # fmt: skip  # a table by hand
def test_read__what_is_there(path: str, frames: list[bytes], expected: list[tuple[Any, ...]]) -> None:
    assert answer(heard(path, *frames)) == expected


@pytest.mark.parametrize(
    ("path", "body", "message", "code"),
    [
        ("/v1/chat/completions", {"error": {"message": "No.", "code": "c"}}, "No.", "c"),
        ("/v1/chat/completions", {"message": "No.", "type": "t", "param": None, "code": None}, "No.", None),
        ("/v1/messages", {"type": "error", "error": {"type": "t", "message": "No."}}, "No.", None),
        (f"{GEMINI}generateContent", [{"error": {"code": 400, "message": "No.", "status": "S"}}], "No.", "400"),
        ("/api/chat", {"error": "No."}, "No.", None),
        ("/mistral/v1/chat/completions", {"detail": "No."}, "No.", None),
        ("/mistral/v1/chat/completions", {"object": "error", "message": "No.", "code": "c"}, "No.", "c"),
        ("/v1/responses", {"type": "error", "message": "No.", "code": None, "param": None}, "No.", None),
    ],
)
def test_read__errors(path: str, body: object, message: str, code: str | None) -> None:
    error = heard(path, json.dumps(body).encode()).error
    assert error is not None
    assert (error.message, error.code) == (message, code)


VECTOR = {"values": [1, 0.5]}


@pytest.mark.parametrize(
    ("path", "body", "count"),
    [
        ("/v1/embeddings", {"data": [{"index": 0, "embedding": [1, 0.5]}]}, 1),
        ("/v1beta/models/gemini-embedding-001:embedContent", {"embedding": VECTOR}, 1),
        ("/v1beta/models/gemini-embedding-001:batchEmbedContents", {"embeddings": [VECTOR, VECTOR]}, 2),
        ("/v1beta/models/text-embedding-005:predict", {"predictions": [{"embeddings": VECTOR}]}, 1),
        ("/v2/embed", {"id": "e", "embeddings": {"float": [[1, 0.5], [1, 0.5]]}}, 2),
        ("/api/embed", {"embeddings": [[1, 0.5], [1, 0.5]]}, 2),
        ("/api/embeddings", {"embedding": [1, 0.5]}, 1),
    ],
)
def test_read__vectors(path: str, body: dict[str, Any], count: int) -> None:
    said = heard(path, json.dumps(body).encode())
    assert said.reply and [choice.embedding for choice in said.reply.choices] == [(1, 0.5)] * count


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"id": "a", "model": "b", "choices": [{"message": {"content": "Yo"}}]}),
        ("/v1/responses", {"object": "response", "id": "a", "model": "b", "status": "completed", "output": []}),
        ("/v1/messages", {"type": "message", "id": "a", "model": "b", "content": [{"type": "text", "text": "Yo"}]}),
        (f"{GEMINI}generateContent", {"responseId": "a", "modelVersion": "b", "candidates": [{"content": {}}]}),
        ("/v1beta/interactions", {"object": "interaction", "id": "a", "model": "b", "status": "completed"}),
    ],
)
def test_read__the_id_and_the_model_of_an_answer(path: str, body: dict[str, Any]) -> None:
    said = heard(path, json.dumps(body).encode())
    assert said.reply and (said.reply.id, said.reply.model) == ("a", "b")


def test_read__calls_by_their_places_and_the_pages_that_a_text_cites() -> None:
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    said = heard("/v1/chat/completions", json.dumps({"choices": [{"message": {"tool_calls": calls}}]}).encode())
    assert said.reply and [call.id for call in said.reply.choices[0].tool_calls] == ["a", "b"]
    cited = {"type": "web_search_result_location", "url": "https://a/", "title": "A", "cited_text": "rains"}
    block = {"type": "text", "text": "It rains.", "citations": [cited, {"type": "page_location"}]}
    said = heard("/v1/messages", json.dumps({"type": "message", "content": [block]}).encode())
    page = {"url": "https://a/", "title": "A", "start_index": 3, "end_index": 8}
    assert said.reply and said.reply.choices[0].annotations == ({"type": "url_citation", "url_citation": page},)


@pytest.mark.parametrize(("quoted", "start", "end"), [("rains", 6, 11), ("The page's own words.", 3, 12)])
def test_read__a_page_that_a_stream_cites_before_the_text(quoted: str, start: int, end: int) -> None:
    """What is quoted is the page's, and seldom what the answer says; then the citation stands at the whole block."""
    cited = {"type": "web_search_result_location", "url": "https://a/", "title": "A", "cited_text": quoted}
    opening = {"citations": [], "type": "text", "text": ""}
    deltas = [{"type": "citations_delta", "citation": cited}, {"type": "text_delta", "text": "It rains."}]
    events = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "So "}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": opening},
        *({"type": "content_block_delta", "index": 1, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 1},
    ]
    said = heard("/v1/messages", *sent(events))
    page = {"url": "https://a/", "title": "A", "start_index": start, "end_index": end}
    assert said.reply and said.reply.choices[0].annotations == ({"type": "url_citation", "url_citation": page},)


def test_read__a_call_that_a_stream_tells_in_pieces() -> None:
    call = {"type": "tool_use", "id": "t", "name": "add", "input": {}}
    delta = {"type": "content_block_delta", "index": 0}
    events: list[dict[str, Any]] = [
        {"type": "content_block_start", "index": 0, "content_block": call},
        *(delta | {"delta": {"type": "input_json_delta", "partial_json": piece}} for piece in ("", '{"a"', ": 1}")),
    ]
    said = heard("/v1/messages", *sent(events))
    assert said.reply and said.reply.choices[0].tool_calls == (ToolCall("add", '{"a": 1}', "t"),)
    said = heard("/v1/messages", *sent([*events[:2], {"type": "content_block_stop", "index": 0}]))
    assert said.reply and said.reply.choices[0].tool_calls == (ToolCall("add", "{}", "t"),)
    item = {"type": "function_call", "call_id": "t", "name": "add"}
    kind, delta = "response.function_call_arguments.delta", {"output_index": 0}
    events = [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        *({"type": kind, **delta, "delta": piece} for piece in ('{"a"', ": 1}")),
    ]
    said = heard("/v1/responses", *sent(events))
    assert said.reply and said.reply.choices[0].tool_calls == (ToolCall("add", '{"a": 1}', "t"),)


def test_read__a_response_tells_its_thoughts_and_its_sources() -> None:
    page = {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
    file = {"type": "file_citation", "file_id": "f"}
    said = {"type": "output_text", "text": "Hi", "annotations": [{"type": "url_citation", **page}, file]}
    output = [
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]},
        {"type": "message", "content": [said]},
    ]
    document = {"object": "response", "status": "completed", "output": output}
    found = heard("/v1/responses", json.dumps(document).encode())
    assert answer(found) == [("Hi", "Hm", "stop")]
    assert found.reply and found.reply.choices[0].annotations == ({"type": "url_citation", "url_citation": page}, file)


def test_read__an_answer_to_what_cannot_be_read() -> None:
    for path in ("/v1/completions", "/v1/responses"):
        assert heard(path, b'{"choices": [{"text": "Yo"}]}', request=b"{").prompt is None


def test_read__a_request_that_was_cut() -> None:
    said = heard("/v1/chat/completions", request=QUESTION[:-8], cut=True)
    assert said.prompt is not None
    assert (said.prompt.last_user, said.cut) == ("H", True)
    assert heard("/v1/chat/completions", request=QUESTION[:-8]).prompt is None


def test_read__the_pieces_know_their_events() -> None:
    frames = [b'data: {"choices": [{"delta": {"content": "%d"}}]}\n\n' % number for number in range(3)]
    said = heard("/v1/chat/completions", *frames)
    assert [(piece.text, piece.event) for piece in said.pieces] == [("0", 0), ("1", 1), ("2", 2)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=6,
)
TYPES = (
    "message",
    "message_start",
    "content_block_start",
    "content_block_delta",
    "message_delta",
    "response.completed",
    "response.output_item.added",
    "response.output_item.done",
    "response.function_call_arguments.delta",
    "response.output_text.annotation.added",
    "tool_use",
    "text_delta",
    "url_citation",
    "web_search_call",
    "mcp_call",
    "shell_call",
)
KEYS = [
    "choices",
    "delta",
    "message",
    "content",
    "text",
    "tool_calls",
    "function",
    "arguments",
    "index",
    "usage",
    "error",
    "type",
    "output",
    "item",
    "response",
    "output_index",
    "summary",
    "content_block",
    "candidates",
    "parts",
    "functionCall",
    "finishReason",
    "embedding",
    "embeddings",
    "data",
    "values",
    "results",
    "category_scores",
    "done",
    "annotations",
    "citations",
    "stop_details",
    "action",
    "outputs",
    "object",
    "status",
    "predictions",
    "prompt_tokens_details",
    "usageMetadata",
    "finish_reason",
    "input",
    "audio",
    "custom",
    "thinking",
    "reasoning",
    "delta",
    "stop_sequence",
    "id",
]
SHAPES = st.recursive(
    JSON | st.sampled_from(("response", "completed", *TYPES)),
    lambda children: st.lists(children, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), children, max_size=5)
    | st.builds(
        lambda kind, rest: rest | {"type": kind},
        st.sampled_from(TYPES),
        st.dictionaries(st.sampled_from(KEYS), children, max_size=4),
    ),
    max_leaves=25,
)  # fmt: skip  # a table by hand
FRAMINGS = (b"%b", b"data: %b\n\n", b"[%b]", b"%b\n%b", b"[%b,\r\n%b", b"data: %b\r\n\r\ndata: %b", b"\xff%b")


@given(st.sampled_from(PATHS), SHAPES, st.sampled_from(FRAMINGS), st.integers(0, 400), SHAPES)
def test_read__never_raises(path: str, document: object, framing: bytes, cut: int, request: object) -> None:
    try:
        data = orjson.dumps(document)
    except TypeError:  # an integer beyond 64 bits
        data = json.dumps(document).encode("utf-8", "surrogatepass")
    body = framing.replace(b"%b", data)
    for response in (body, body[:cut], body[cut:]):
        for is_cut in (False, True):
            asked = json.dumps(request).encode()[: cut * 3]
            said = heard(path, response[:7], response[7:], request=asked, cut=is_cut)
            orjson.dumps([piece.text for piece in said.pieces])


PARTS = [
    b'data: {"a": 1}\n\n',
    b"data: [1]\n\n",
    b"data: 7\n\n",
    b"event: b\n",
    b'{"a": 1}\n',
    b"null\n",
    b'[{"a": 1},',
    b"]",
]


@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=20)).map(b"".join))
def test_documents__of_any_bytes(body: bytes) -> None:
    assert all(isinstance(document, dict) for _, document in documents((body[:9], body[9:])))


@given(st.dictionaries(st.text(), JSON, max_size=3), st.integers(0, 100))
def test_partial__of_a_text_that_is_cut_anywhere(document: dict[str, Any], end: int) -> None:
    text = json.dumps(document)
    assert partial(text[:end], strings=True).keys() <= {*json.loads(text)}
    assert json.dumps(partial(text, strings=True)) == json.dumps(orjson.loads(text))


BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")


def recorded() -> Iterator[dict[str, Any]]:
    if not CORPUS.exists():
        pytest.skip("the recordings are not there")
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def test_read__what_the_real_apis_have_answered() -> None:
    """Something is read of every answer that says anything, at the addresses that the mock has."""
    silent = []
    count = 0
    for each in recorded():
        body, response = each["request"], each["response"]
        path = each["path"].partition("?")[0]
        if each["method"] != "POST" or each["status"] != 200 or not response or format_at(path) is None:
            continue
        request, sent = (item if isinstance(item, str) else json.dumps(item) for item in (body, response))
        data = base64.b64decode(sent) if BASE64.fullmatch(sent) else sent.encode()
        said = heard(path, data, request=request.encode())
        count += 1
        choices = said.reply.choices if said.reply else ()
        if not (
            said.error or any(choice != type(choice)() for choice in choices) or (said.reply and said.reply.usage)
        ) and b'"status":"queued"' not in data.replace(b" ", b""):
            silent.append((each["source"], sent[:200]))
    assert count > 1000
    assert len(silent) <= count // 100, silent[:10]
