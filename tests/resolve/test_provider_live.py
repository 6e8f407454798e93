"""A model that LiteLLM asks answers any API; another process of the mock is its provider."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.delivery.relay.test_live import CLIENT, HEADERS, request
from tests.server import QUICK, SERVE, LiveServer, serving

SCRIPT = """
version: 1
defaults: {keys: [real-key-123456]}
rules:
  - {match: {last_user: limit}, error: {status: 429, message: Not so fast., retry_after: 7}}
  - {match: {last_user: refused}, error: {status: 400, message: Not this.}}
  - {match: {last_user: broken}, error: {status: 500, message: Broken.}}
  - {match: {last_user: silent}, reply: Never., hold: door}
  - match: {last_user: weather}
    reply: {reasoning: Hm., tool_calls: {name: look, arguments: {place: Rome}, id: toolu_1}}
  - {match: {any_message: "One"}, reply: "The key is real-key-123456: one, two, three."}
"""

MODEL = "litellm: anthropic/claude-sonnet-4-5"
SAID = "The key is real-key-123456: one, two, three."


provider = serving(script=SCRIPT, **QUICK)


@pytest.fixture(scope="module")
def cassettes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cassettes")


@pytest.fixture(scope="module")
def asking(provider: LiveServer, cassettes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that has a model answer what no rule does."""
    script = tmp_path_factory.mktemp("asking") / "script.yaml"
    reached = f"{MODEL}, url: '{provider.url}', api_key: real-key-123456"
    upstreams = {
        "silent": f"{reached}, timeout_ms: 50",
        "wrong": reached.replace("real-key", "other"),
        "away": f"{MODEL}, url: 'http://127.0.0.1:9', api_key: a",
        "unknown": "litellm: nobody/claude, api_key: a",
    }
    rules = "".join(
        f"  - {{match: {{last_user: {text}}}, reply: {{upstream: {{{upstream}}}}}}}\n"
        for text, upstream in upstreams.items()
    )
    script.write_text(f"version: 1\ndefaults: {{fallback: {{upstream: {{{reached}}}}}}}\nrules:\n{rules}")
    quick = {"MOCK_TTFT_MS": "0", "MOCK_ITL_MS": "0", "MOCK_SCRIPT": str(script)}
    with LiveServer(*SERVE, "--record", str(cassettes), **quick) as live:
        yield live


def ask(server: LiveServer, surface: str, text: str, stream: bool = False, **more: Any) -> httpx.Response:
    path, body = request(surface, text, stream)
    return CLIENT.post(server.url + path, json={**body, **more}, headers=HEADERS)


SURFACES = ("chat", "responses", "anthropic", "gemini", "ollama")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("surface", SURFACES)
def test_model__answers_any_api(asking: LiveServer, surface: str, stream: bool) -> None:
    response = ask(asking, surface, "One", stream)
    assert response.status_code == 200, response.text
    exchange = CLIENT.get(f"{asking.url}/_mock/exchanges", params={"limit": 1, "said": "true"}).json()["exchanges"][0]
    assert exchange["said"]["answer"] == SAID
    assert exchange["upstream"] == "litellm:anthropic/claude-sonnet-4-5"
    assert exchange["tokens"]["prompt"] > 0


def test_model__calls_tools(asking: LiveServer) -> None:
    parameters = {"type": "object", "properties": {"place": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "look", "parameters": parameters}}]
    message = ask(asking, "chat", "weather", tools=tools).json()["choices"][0]
    call = message["message"]["tool_calls"][0]["function"]
    assert (call["name"], json.loads(call["arguments"])) == ("look", {"place": "Rome"})
    assert message["finish_reason"] == "tool_calls"
    called = {"role": "assistant", "content": None, "tool_calls": message["message"]["tool_calls"]}
    result = {"role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": "Rain"}
    asked = [{"role": "user", "content": "One"}, called, result]
    assert ask(asking, "chat", "", messages=asked, tools=tools).json()["choices"][0]["message"]["content"] == SAID


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("limit", 429, "Not so fast."),
        ("refused", 400, "Not this."),
        ("broken", 500, "Broken."),
        ("wrong", 401, ""),
        ("away", 502, "gave no answer"),
        ("silent", 504, "gave no answer"),
        ("unknown", 502, "LiteLLM knows no provider 'nobody'"),
    ],
)
def test_provider__errors_are_the_api_s(asking: LiveServer, text: str, status: int, told: str) -> None:
    for surface in ("chat", "anthropic", "gemini"):
        response = ask(asking, surface, text)
        assert (response.status_code, told in response.json()["error"]["message"]) == (status, True), response.text
    if text == "limit":
        assert response.headers["retry-after"] == "7"


def test_model__cannot_be_asked_for_all(asking: LiveServer) -> None:
    embeddings = CLIENT.post(f"{asking.url}/v1/embeddings", json={"model": "a", "input": "b"})
    assert (embeddings.status_code, embeddings.json()["error"]["code"]) == (400, "upstream_cannot")
    tools = [{"type": "web_search"}]
    hosted = CLIENT.post(f"{asking.url}/v1/responses", json={"model": "a", "input": "b", "tools": tools})
    assert (hosted.status_code, hosted.json()["error"]["code"]) == (400, "upstream_cannot")
    count = {**request("anthropic", "One", False)[1]}
    counted = CLIENT.post(f"{asking.url}/v1/messages/count_tokens", json=count, headers=HEADERS)
    assert counted.json()["input_tokens"] > 0
    unread = CLIENT.post(f"{asking.url}/v1/chat/completions", content=b"{")
    assert (unread.status_code, unread.json()["error"]["type"]) == (400, "invalid_request_error")
    assert CLIENT.get(f"{asking.url}/v1/models").json()["object"] == "list"


def test_model__is_recorded_and_played_by_any_api(asking: LiveServer, cassettes: Path) -> None:
    for text in ("One", "refused", "limit"):
        ask(asking, "chat", text, max_tokens=70)
    with LiveServer(CASSETTES=str(cassettes), **QUICK) as player:
        refused, missing, played = (ask(player, "chat", text, max_tokens=70) for text in ("refused", "limit", "One"))
        assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Not this.")
        assert missing.json()["error"]["code"] == "no_cassette", "what is tried again is not recorded"
        assert played.json()["model"] == "claude-sonnet-4-5"
        assert played.json()["choices"][0]["message"]["content"] == SAID.replace("real-key-123456", "[redacted]")
        path, body = request("anthropic", "One", stream=False)
        other = CLIENT.post(player.url + path, json={**body, "model": "gpt-4o", "max_tokens": 70}, headers=HEADERS)
        assert "[redacted]: one, two, three." in other.text
    written = "".join(file.read_text() for file in cassettes.glob("*.yaml"))
    assert "real-key-123456" not in written
    assert "upstream: litellm:anthropic/claude-sonnet-4-5" in written
