"""`manage.py checkcassettes --refresh`: what was recorded is asked again, and another shape is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from pytest_django import Settings

from completions.conversation import Usage
from completions.outcome import Recorded
from completions.resolve.shape import differences, shape_of
from completions.script.request.matcher import SameRequest, same_request_of
from completions.state.cassettes.deck import Deck, question_of, without_secrets_in
from completions.state.cassettes.sent_requests import NotRepeatable, request_of
from completions.wire.registry import format_at
from tests.delivery.relay.test_live import CLIENT, HEADERS
from tests.server import QUICK, SERVE, LiveServer, serving

SAID = [{"role": "user", "content": "Hello"}]
TOOL = {
    "name": "look",
    "description": "Look.",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}},
}
PICTURE = "https://pictures.example/cat.png"
CLAUDE = {"max_tokens": 100, "messages": SAID}
PLACE = "/v1/projects/p/locations/us-east5/publishers"
BEDROCK = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0"

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (
        "/v1/chat/completions",
        {"model": "gpt-4o", "messages": SAID, "logprobs": True, "tools": [{"type": "function", "function": TOOL}]},
    ),
    "chat, usage": (
        "/v1/chat/completions",
        {
            "model": "gpt-5",
            "messages": SAID,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_completion_tokens": 500,
        },
    ),
    "chat, picture": (
        "/v1/chat/completions",
        {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}],
        },
    ),
    "legacy": ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": ["One", "Two"], "stream": True}),
    "responses": ("/v1/responses", {"model": "gpt-4o", "input": "Hello", "stream": True}),
    "responses, search": ("/v1/responses", {"model": "gpt-4o", "input": "Hello", "tools": [{"type": "web_search"}]}),
    "anthropic": (
        "/v1/messages",
        {"model": "claude-sonnet-4-5", **CLAUDE, "stream": True, "thinking": {"type": "disabled"}},
    ),
    "count_tokens": ("/v1/messages/count_tokens", {"model": "claude-sonnet-4-5", "messages": SAID}),
    "gemini": ("/v1beta/models/gemini-2.5-flash:generateContent", {"contents": [{"parts": [{"text": "Hello"}]}]}),
    "gemini, events": (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        {"contents": [{"parts": [{"text": "Hello"}]}]},
    ),
    "gemini, array": (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        {"contents": [{"parts": [{"text": "data: {}"}]}]},
    ),
    "gemini, vector": ("/v1beta/models/gemini-embedding-001:embedContent", {"content": {"parts": [{"text": "Hello"}]}}),
    "vertex": (
        f"{PLACE}/google/models/gemini-2.5-flash:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
    ),
    "vertex, claude": (
        f"{PLACE}/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
        {"anthropic_version": "vertex-2023-10-16", **CLAUDE, "stream": True},
    ),
    "cohere": ("/v2/chat", {"model": "command-a-03-2025", "messages": SAID, "stream": True}),
    "rerank": ("/v2/rerank", {"model": "rerank-v3.5", "query": "cat", "documents": ["Paris", "The cat"]}),
    "ollama": ("/api/chat", {"model": "llama3.2", "messages": SAID, "format": "json"}),
    "ollama_generate": ("/api/generate", {"model": "llama3.2", "prompt": "Say data: x", "stream": True}),
    "converse": (
        f"{BEDROCK}/converse",
        {"messages": [{"role": "user", "content": [{"text": "Hello"}]}], "inferenceConfig": {"maxTokens": 50}},
    ),
    "converse, stream": (
        f"{BEDROCK}/converse-stream",
        {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]},
    ),
    "invoke": (f"{BEDROCK}/invoke-with-response-stream", {"anthropic_version": "bedrock-2023-05-31", **CLAUDE}),
    "azure": ("/openai/deployments/mine/chat/completions?api-version=2024-10-21", {"messages": SAID}),
    "openrouter": ("/openrouter/api/v1/chat/completions", {"model": "openai/gpt-4o", "messages": SAID, "stream": True}),
    "embeddings": (
        "/v1/embeddings",
        {"model": "text-embedding-3-small", "input": "Hello", "encoding_format": "base64"},
    ),
    "speech": (
        "/v1/audio/speech",
        {
            "model": "gpt-4o-mini-tts",
            "voice": "alloy",
            "input": "Hello",
            "response_format": "pcm",
            "stream_format": "sse",
        },
    ),
    "images": (
        "/v1/images/generations",
        {"model": "gpt-image-1", "prompt": "A cat", "quality": "low", "stream": True, "partial_images": 1},
    ),
}
"""What is recorded: of each API, whole or streamed, with what only its own request says."""


upstream = serving(MOCK_SCRIPT="auto", **QUICK)


@pytest.fixture(scope="module")
def recorded(upstream: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an answer of each API, and a list."""
    folder = tmp_path_factory.mktemp("recorded")
    with LiveServer(*SERVE, "--record", str(folder), MOCK_UPSTREAM=upstream.url) as recorder:
        for name, (path, body) in ASKED.items():
            assert CLIENT.post(recorder.url + path, json=body, headers=HEADERS).status_code == 200, name
        assert CLIENT.get(f"{recorder.url}/v1/models?key=secret-key&limit=5", headers=HEADERS).status_code == 200
        assert recorder.stop() == 0  # what was answered is written by then
    assert len(list(folder.glob("*.yaml"))) == len(ASKED) + 1
    return folder


def test_refresh__of_what_is_the_same(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    call_command("checkcassettes", str(recorded), refresh=True, report=str(report), header=["authorization: Bearer k"])
    found = json.loads(report.read_text())
    counts = {name: found[name] for name in ("requests", "same", "changed", "not_asked")}
    total = len(ASKED) + 1
    assert counts == {"requests": total, "same": total, "changed": 0, "not_asked": 0}, found["results"]
    assert f"{total} requests, 0 errors, 0 warnings" in capsys.readouterr().out


def test_refresh__of_what_has_changed(
    recorded: Path, upstream: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next(
        file for file in recorded.glob("gpt-4o-hello-*.yaml") if "path: /v1/chat/completions" in file.read_text()
    )
    document = yaml.safe_load(file.read_text())
    response = document["rules"][0]["reply"]["response"]
    body = "".join(str(next(iter(piece.values()))) for piece in response.pop("pieces", ())) or response["body"]
    response |= {"status": 201, "body": body.replace('"created":', '"made":').replace('"model":"gpt-4o"', '"model":7')}
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(document))
    document["recorded"]["upstream"] = "http://127.0.0.1:9"
    (tmp_path / "away.yaml").write_text(yaml.safe_dump(document))
    report = tmp_path / "report.md"
    with pytest.raises(CommandError):
        call_command("checkcassettes", str(tmp_path), refresh=True, report=str(report))
    shown = capsys.readouterr().out
    for told in (
        "changed.yaml: error: status: 201 is now 200",
        "field gone: ",
        "made",
        "field new: ",
        "number is now text",
        "away.yaml: error: could not be sent again: ConnectError",
    ):
        assert told in shown
    assert "2 requests, 0 same, 1 changed, 1 not asked." in report.read_text()
    assert f"## `{tmp_path}/away.yaml`" in report.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"report": "a"}, "are for --refresh"),
        ({"refresh": True, "report": "nowhere/a.md"}, "The report nowhere/a.md cannot be written: No such file"),
        ({"older_than": -1}, "--older-than takes a number of days, 0 or more"),
        ({"refresh": True, "upstream": "a"}, "--upstream must be a URL"),
        ({"refresh": True, "header": ["a"]}, "--header takes NAME:VALUE"),
    ],
)
def test_options__that_are_wrong(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("checkcassettes", str(tmp_path), **options)


@pytest.mark.parametrize(
    ("asked", "sent", "why"),
    [
        ({"model": "gpt-4o"}, None, "does not have it as it was sent"),
        ({"model": "gpt-4o"}, {"body": '{"user":"[redacted]"}'}, "a secret was removed"),
        ({"model": "gpt-4o"}, {"body": '{"image":"sha256:1"}'}, "a hash stands for"),
        ({"method": "POST", "path": "/v1/files", "body": "--a\r\n"}, None, "a form"),
        ({"method": "POST", "path": "/v1/files", "body": "\ufffd"}, None, "not text"),
    ],
)
def test_request__that_is_not_all_there(asked: dict[str, Any], sent: dict[str, Any] | None, why: str) -> None:
    with pytest.raises(NotRepeatable, match=why):
        request_of(SameRequest(asked, "", sent=sent or {}))


def test_request__is_kept_without_secrets(tmp_path: Path, settings: Settings) -> None:
    settings.JOURNAL_REDACT = ["$.user"]
    wire, route = format_at("/v1/messages") or pytest.fail()
    key = "sk-ant-api03-abcdefghijklmnop0123456789"
    body = {"model": "claude-sonnet-4-5", "user": "Ann Smith", "metadata": {"user_id": key}, "stop_sequences": ["x"]}
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "some-beta", "x-api-key": key}
    prompt = wire.parse(json.dumps(body).encode(), headers, validate=False, route=route)
    answer = Recorded("/v1/messages", pieces=(b"{}",), times=(0.0,))
    cleaned = without_secrets_in(prompt, question_of(prompt), answer, f"beta=true&key={key}")
    assert cleaned is not None
    text = Path(Deck(str(tmp_path)).record(*cleaned, "http://a")).read_text()
    assert key not in text and "Ann Smith" not in text
    (rule,) = Deck(str(tmp_path)).rules
    same = same_request_of(rule.match)
    assert same is not None
    assert (same.sent["query"], same.sent["headers"]) == (
        "beta=true",
        {"anthropic-version": "2023-06-01", "anthropic-beta": "some-beta"},
    )
    sent = json.loads(same.sent["body"])
    assert sent == {**body, "user": "[redacted]", "metadata": {"user_id": "[redacted]"}}


def test_shape__of_a_stream_has_its_events() -> None:
    def stream(*events: str) -> Recorded:
        body = "".join(f"event: {event.partition(' ')[0]}\ndata: {event.partition(' ')[2]}\n\n" for event in events)
        return Recorded("/v1/messages", pieces=(body.encode(),), times=(0.0,), stream=True)

    before = shape_of(stream('start {"a": 1}', 'delta {"text": "One"}', 'delta {"text": "two"}', 'ping {"b": 1}'))
    same = shape_of(stream('start {"a": 2}', 'delta {"text": "Another"}', 'ping {"b": 0.5}'))
    other = shape_of(stream('start {"a": "2"}', 'delta {"text": "One", "more": [1]}', 'stop {"c": 1}'))
    assert list(differences(before, same)) == []
    assert list(differences(before, other)) == [
        "event gone: ping",
        "event new: stop",
        "field new: delta.more",
        "field new: delta.more[]",
        "field start.a: number is now text",
    ]


JSON, HTML = "application/json", "text/html"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"status": 404}, ["status: 200 is now 404"]),
        ({}, {"headers": (("content-type", f"{JSON}; charset=utf-8"),)}, []),
        ({}, {"headers": (("content-type", HTML),)}, [f"media type: {JSON} is now {HTML}"]),
        ({}, {"headers": ()}, [f"media type: {JSON} is now none"]),
        ({"headers": ()}, {}, []),
        ({"pieces": (b'{"a": null}',)}, {"pieces": (b'{"a": 1}',)}, []),
        ({"pieces": (b'{"a": 1}',)}, {"pieces": (b'{"a": [1]}',)}, ["field a: number is now array", "field new: a[]"]),
        ({"pieces": (b'{"a": 1}',)}, {"pieces": (b"{}",)}, ["field gone: a"]),
    ],
)
def test_shape__says_what_has_changed(before: dict[str, Any], after: dict[str, Any], told: list[str]) -> None:
    same: dict[str, Any] = {"pieces": (b"{}",), "times": (0.0,), "headers": (("content-type", JSON),)}
    one, other = (shape_of(Recorded("/v1/models", **same | facts)) for facts in (before, after))
    assert list(differences(one, other)) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Usage(7, 1), Usage(7, 9), []),
        (Usage(7, 1), Usage(8, 1), ["usage: 7 tokens of the prompt are now 8"]),
        (Usage(7, 1), None, ["usage: gone"]),
        (None, Usage(7, 1), ["usage: new"]),
    ],
)
def test_shape__says_what_is_counted_otherwise(before: Usage | None, after: Usage | None, told: list[str]) -> None:
    answer = Recorded("/v1/chat/completions", pieces=(b"{}",), times=(0.0,))
    assert list(differences(shape_of(answer, before), shape_of(answer, after))) == told
