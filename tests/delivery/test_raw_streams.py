"""Streams whose events are given word by word, and signs of life, on a live server."""

import json
from typing import Any

import httpx
import pytest
import yaml
from openai import OpenAI

from tests.patience import PATIENCE
from tests.server import LiveServer, serving


def chunk(delta: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Return a chunk as a compatible server may send it; without a delta the choice has none."""
    choice = {"index": 0, "finish_reason": None} | ({} if delta is None else {"delta": delta})
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice | more]}


CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
HI = chunk({"role": "assistant", "content": "Hi"})
STREAMS: dict[str, list[Any]] = {
    "odd": [
        {"data": HI},
        {"data": chunk({"content": "", "tool_calls": []})},
        {"data": chunk({"tool_calls": [CALL]})},
        {"data": chunk({"tool_calls": [{"index": 0, "id": ""}]})},
        {"data": chunk(None, finish_reason="")},
        {"data": {**HI, "choices": [], "usage": {}}},
        "[DONE]",
    ],
    "fields": [
        {"comment": "ping"},
        {"id": 7, "name": "message", "data": "one\ntwo"},
        {"retry": 500, "data": "{{ prompt.model }}"},
        {"data": '{"broken":'},
        {"name": "end"},
    ],
    "ids": [{"data": HI, "id": "1"}, {"comment": "ping"}, {"data": chunk({}, finish_reason="stop")}, "[DONE]"],
    "pings": [{"data": HI}, {"comment": "ping"}, {"data": chunk({}, finish_reason="stop")}, "[DONE]"],
    "wide": [{"data": chunk({"content": "x" * 200_000})}, "[DONE]"],
}
RULES: list[dict[str, Any]] = [
    {"match": {"model": "both"}, "reply": {"events": STREAMS["pings"], "text": "Whole."}},
    {"match": {"model": "slow"}, "reply": "Late.", "pacing": {"ttft_ms": 700, "keep_alive_ms": 100}},
    {"match": {"model": "never"}, "reply": "Late.", "pacing": {"ttft_ms": 300, "keep_alive_ms": 0}},
    *({"match": {"model": name}, "reply": {"events": events}} for name, events in STREAMS.items()),
]


DEFAULTS = {"validate": False, "pacing": {"ttft_ms": 0, "itl_ms": 0}}
raw = serving(script=yaml.safe_dump({"version": 1, "defaults": DEFAULTS, "rules": RULES}, sort_keys=False))


def ask(
    server: LiveServer, model: str, path: str = "/v1/chat/completions", stream: bool = True, **headers: str
) -> httpx.Response:
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    body |= {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]} if "Content" in path else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(f"{server.url}{path}", json=body, headers=named, timeout=PATIENCE)


def test_events__go_out_word_by_word(raw: LiveServer) -> None:
    assert ask(raw, "fields").text == (
        ': ping\n\nid: 7\nevent: message\ndata: one\ndata: two\n\nretry: 500\ndata: fields\n\ndata: {"broken":\n\n'
        "event: end\n\n"
    )
    sent = [json.loads(block[6:]) for block in ask(raw, "odd").text.split("\n\n")[:-2]]
    assert sent == [event["data"] for event in STREAMS["odd"][:-1]]
    assert len(ask(raw, "wide").text) > 200_000


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/messages", ": ping\n\n"),
        ("/v1beta/models/fields:streamGenerateContent?alt=sse", ": ping\r\n\r\n"),
        ("/api/chat", "one\ntwo\nfields\n"),
        ("/v1beta/models/fields:streamGenerateContent", "[one\ntwo,\r\nfields,\r\n"),
    ],
)
def test_events__go_out_on_any_surface(raw: LiveServer, path: str, expected: str) -> None:
    assert ask(raw, "fields", path, anthropic_version="2023-06-01").text.startswith(expected)


def test_events__alone_are_no_whole_answer(raw: LiveServer) -> None:
    refused = ask(raw, "odd", stream=False)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "mock_stream_only")
    assert ask(raw, "both", stream=False).json()["choices"][0]["message"]["content"] == "Whole."


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ("no_done", '"finish_reason":"stop","delta":{}}]}\n\n'),
        ("malformed_chunk; after_tokens=1", "[DONE]\n\n"),
        ("error_object; after_tokens=1", "}}\n\n"),
    ],
)
def test_events__are_spoilt_as_others_are(raw: LiveServer, fault: str, ends: str) -> None:
    right, spoilt = ask(raw, "pings").text, ask(raw, "pings", X_Mock_Fault=fault).text
    assert spoilt != right
    assert spoilt.endswith(ends)


def test_openai__is_broken_by_a_comment_after_an_id_alone(raw: LiveServer) -> None:
    """Its decoder takes an empty block for an event once it has seen an id (openai-python, `SSEDecoder`)."""
    with OpenAI(base_url=f"{raw.url}/v1", api_key="k", max_retries=0) as client:
        asked: Any = client.chat.completions.create
        messages = [{"role": "user", "content": "Hi"}]
        said = [each.choices[0].delta.content for each in asked(model="pings", messages=messages, stream=True)]
        assert said == ["Hi", None]
        with pytest.raises(json.JSONDecodeError):
            list(asked(model="ids", messages=messages, stream=True))


@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("/v1/chat/completions", ": keep-alive\n\n"),
        ("/openrouter/api/v1/chat/completions", ": OPENROUTER PROCESSING\n\n"),
        ("/v1/messages", 'event: ping\ndata: {"type":"ping"}\n\n'),
    ],
)
def test_keep_alive__comes_before_the_first_token_and_in_a_stall(raw: LiveServer, path: str, sign: str) -> None:
    said = ask(raw, "slow", path, anthropic_version="2023-06-01").text
    assert said.startswith(sign * 2)
    stalled = ask(
        raw, "slow", path, anthropic_version="2023-06-01", X_Mock_Fault="stall; ms=500", X_Mock_Pacing="ttft_ms=0"
    ).text
    assert sign * 2 in stalled
    assert not stalled.startswith(sign)


def test_keep_alive__is_off_at_nought(raw: LiveServer) -> None:
    assert "PROCESSING" not in ask(raw, "never", "/openrouter/api/v1/chat/completions").text
