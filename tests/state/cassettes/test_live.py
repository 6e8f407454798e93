"""Live servers: what one answered is recorded, and played again without it."""

import json
import time
from pathlib import Path

import httpx
import pytest

from tests.delivery.relay.test_live import CLIENT, HEADERS, SCRIPT, request
from tests.patience import PATIENCE
from tests.server import QUICK, SERVE, LiveServer, run_manage, serving

SURFACES = ["chat", "responses", "anthropic", "gemini", "ollama"]


upstream = serving(script=SCRIPT)


def ask(server: LiveServer, surface: str, text: str, stream: bool = False) -> tuple[int, bytes, list[float]]:
    """Ask, and return the status, the bytes, and when each piece came."""
    path, body = request(surface, text, stream)
    data, times = b"", []
    with CLIENT.stream("POST", server.url + path, json=body, headers=HEADERS) as response:
        for piece in response.iter_raw():
            data += piece
            times.append(time.monotonic())
    return response.status_code, data, times


def wait_for_files(folder: Path, count: int) -> None:
    """Wait until so many requests are recorded: that happens once the answer has gone out."""
    until = time.monotonic() + PATIENCE
    while len(list(folder.glob("*.yaml"))) < count and time.monotonic() < until:
        time.sleep(0.05)
    assert len(list(folder.glob("*.yaml"))) == count


def test_record__and_play_on_every_surface(upstream: LiveServer, tmp_path: Path) -> None:
    """Bytes and status are the same; a stream takes as long again, and at another speed less."""
    asks = [(surface, text, stream) for surface in SURFACES for text in ("Hello", "One") for stream in (True, False)]
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream.url) as recorder:
        recorded = [ask(recorder, *each) for each in asks]
        wait_for_files(tmp_path, len(asks))
    with LiveServer(CASSETTES=str(tmp_path)) as player:
        played = [ask(player, *each) for each in asks]
        exchange = CLIENT.get(f"{player.url}/_mock/exchanges").json()["exchanges"][0]
    for before, after, each in zip(recorded, played, asks, strict=True):
        assert after[:2] == before[:2], each
    long = asks.index(("chat", "Hello", True))
    assert played[long][2][-1] - played[long][2][0] > 0.1, "some twenty tokens, 15 ms apart"
    assert exchange["cassette"] in {str(file) for file in tmp_path.glob("*.yaml")}


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_play__on_another_surface_says_the_same(upstream: LiveServer, tmp_path: Path, stream: bool) -> None:
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream.url) as recorder:
        path, body = request("chat", "Hello", not stream)
        body = {**body, "model": "any", "max_tokens": 100}
        CLIENT.post(recorder.url + path, json=body)
        wait_for_files(tmp_path, 1)
    with LiveServer(CASSETTES=str(tmp_path), **QUICK) as player:
        said = []
        for surface in ("chat", "anthropic"):
            path, body = request(surface, "Hello", stream)
            CLIENT.post(player.url + path, json={**body, "model": "any", "max_tokens": 100}, headers=HEADERS)
            listed = CLIENT.get(f"{player.url}/_mock/exchanges").json()["exchanges"][0]
            found = CLIENT.get(f"{player.url}/_mock/exchanges/{listed['id']}").json()
            assert (found["status"], found["stream"]) == (200, stream)
            said.append(found["said"]["answer"])
    assert said[0] == said[1] != ""


def test_modes__as_people_know_them(upstream: LiveServer, tmp_path: Path) -> None:
    def run(mode: str, *texts: str) -> list[int]:
        with LiveServer(*SERVE, "--record", str(tmp_path), "--mode", mode, MOCK_UPSTREAM=upstream.url) as live:
            found = [ask(live, "chat", text)[0] for text in texts]
            count = {"count": len(texts), "timeout_ms": 60_000}
            CLIENT.get(
                f"{live.url}/_mock/exchanges/wait", params=count
            )  # what is passed on is noted once it is through
            exchanges = CLIENT.get(f"{live.url}/_mock/exchanges").json()["exchanges"]
            origins.append(
                ["upstream" if each["upstream"] else "cassette" for each in exchanges[::-1] if each["status"] == 200]
            )
        return found

    origins: list[list[str]] = []
    assert run("none", "Hello") == [404]
    assert run("passthrough", "Hello") == [200]
    assert list(tmp_path.glob("*")) == []
    assert run("once", "Hello", "Two") == [200, 200]
    wait_for_files(tmp_path, 2)
    assert run("once", "Hello", "Three") == [200, 404]
    assert run("none", "Hello", "Two", "Three") == [200, 200, 404]
    assert run("new_episodes", "Hello", "Three") == [200, 200]
    wait_for_files(tmp_path, 3)
    assert run("all", "Hello") == [200]
    assert run("passthrough", "Four") == [200]
    wait_for_files(tmp_path, 3)
    up, tape = "upstream", "cassette"
    assert origins == [[], [up], [up, up], [tape], [tape, tape], [tape, up], [up], [up]]


def test_addresses_without_a_format__are_recorded_and_played(upstream: LiveServer, tmp_path: Path) -> None:
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream.url) as recorder:
        made = CLIENT.post(f"{recorder.url}/v1/conversations", json={"metadata": {"a": "b"}})
        listed = CLIENT.get(f"{recorder.url}/v1/models?limit=2")
        wait_for_files(tmp_path, 2)
    with LiveServer(CASSETTES=str(tmp_path)) as player:
        assert CLIENT.post(f"{player.url}/v1/conversations", json={"metadata": {"a": "b"}}).content == made.content
        assert CLIENT.get(f"{player.url}/v1/models?limit=2").content == listed.content
        other = CLIENT.get(f"{player.url}/v1/conversations/conv_1")
    assert (made.status_code, listed.status_code, other.status_code) == (200, 200, 404)


def test_miss__names_the_nearest_and_the_command(upstream: LiveServer, tmp_path: Path) -> None:
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream.url) as recorder:
        ask(recorder, "chat", "What is the capital of France?")
        wait_for_files(tmp_path, 1)
    with LiveServer(CASSETTES=str(tmp_path)) as player:
        path, body = request("chat", "What is the capital of Spain?", stream=False)
        error = CLIENT.post(player.url + path, json=body).json()["error"]
        path, body = request("anthropic", "What is the capital of Spain?", stream=False)
        other = CLIENT.post(player.url + path, json=body, headers=HEADERS).json()
    assert error["code"] == "no_cassette"
    assert (
        "messages[0].text was 'What is the capital of France?' and is 'What is the capital of Spain?'"
        in error["message"]
    )
    assert f"python -m mocksite serve --record {tmp_path} --mode new_episodes" in error["message"]
    assert other["type"] == "error"


def test_retries__are_not_recorded_unless_told(upstream: LiveServer, tmp_path: Path) -> None:
    """An error that comes within a stream, whose status is 200, is one too."""
    for told, count in (("false", 0), ("true", 1 + len(SURFACES))):
        environment = {"MOCK_UPSTREAM": upstream.url, "CASSETTE_RETRIES": told}
        with LiveServer(*SERVE, "--record", str(tmp_path), **environment) as recorder:
            assert ask(recorder, "chat", "limit")[0] == 429
            assert [ask(recorder, surface, "failing", True)[0] for surface in SURFACES] == [200] * len(SURFACES)
            recorder.stop()
        wait_for_files(tmp_path, count)


def test_faults_and_speed__hold_for_what_is_played(upstream: LiveServer, tmp_path: Path) -> None:
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream.url) as recorder:
        _, whole, _ = ask(recorder, "chat", "Hello", True)
        wait_for_files(tmp_path, 1)
    with LiveServer(CASSETTES=str(tmp_path)) as player:
        path, body = request("chat", "Hello", True)
        with pytest.raises(httpx.RemoteProtocolError):
            CLIENT.post(player.url + path, json=body, headers={"X-Mock-Fault": "disconnect; after_tokens=3"})
        limited = CLIENT.post(player.url + path, json=body, headers={"X-Mock-Error": "429"})
        fast = CLIENT.post(player.url + path, json=body, headers={"X-Mock-Pacing": "speed=1000"})
        took = CLIENT.get(f"{player.url}/_mock/exchanges").json()["exchanges"][0]
    assert limited.status_code == 429
    assert fast.content == whole
    assert took["chunks"] > 0


def test_record__needs_a_folder() -> None:
    done = run_manage("serve", "--mode", "none")
    assert done.returncode == 1
    assert "--mode needs a folder: --record DIR, or CASSETTES=DIR." in done.stderr


def test_setting__that_names_no_folder_is_told(tmp_path: Path) -> None:
    done = run_manage("check", CASSETTES=str(tmp_path / "away"))
    assert "(completions.W004)" in done.stderr
    assert "is not a folder, and the mode records nothing, so every request is an error." in done.stderr


def test_try__says_who_else_answers(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    played = "{response: {path: /v1/chat/completions, body: '{}'}}"
    text = f"- {{match: {{last_user: a}}, reply: {played}}}\n- {{reply: {{upstream: 'http://127.0.0.1:9'}}}}\n"
    script.write_text(f"version: 1\nrules:\n{text}")
    assert (
        "recorded answer of /v1/chat/completions: status 200, 2 bytes"
        in run_manage("checkscript", str(script), "--try", "a").stdout
    )
    assert "passed on to http://127.0.0.1:9" in run_manage("checkscript", str(script), "--try", "b").stdout


def test_record__of_what_several_vendors_keep(upstream: LiveServer, tmp_path: Path) -> None:
    """A format's server gets all that its vendor's clients ask, and what they got at a shared address is theirs."""
    claude, google = {"anthropic-version": "2023-06-01", "x-api-key": "k"}, {"x-goog-api-key": "k"}
    asks: list[tuple[str, str, dict[str, str]]] = [
        ("others", "/v1/models", {}),
        ("anthropic", "/v1/models", claude),
        ("gemini", "/v1/models", google),
        ("gemini", "/v1beta/models", google),
        ("anthropic", "/v1/files", claude),
        ("others", "/v1/files", {}),
        ("gemini", "/v1/files", google),
        ("anthropic", "/v1/messages/batches", claude),
        ("gemini", "/v1beta/cachedContents", google),
        ("ollama", "/api/tags", {}),
    ]
    servers = [f"{name}={upstream.url}/ns/{name}" for name in ("anthropic", "gemini", "ollama")]
    servers.append(f"{upstream.url}/ns/others")
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=",".join(servers)) as recorder:
        recorded = [CLIENT.get(recorder.url + path, headers=headers).content for _, path, headers in asks]
        path, body = request("anthropic", "Hello", stream=False)
        CLIENT.post(f"{recorder.url}{path}/count_tokens", json=body, headers=claude)
        wanted = {"count": len(asks) + 1, "timeout_ms": 60_000}
        exchanges = CLIENT.get(f"{recorder.url}/_mock/exchanges/wait", params=wanted).json()["exchanges"]
        reached = [each["upstream"].partition("/ns/")[2] for each in exchanges]
        expected = [*(name + path for name, path, _ in asks), "anthropic/v1/messages/count_tokens"]
        assert sorted(reached) == sorted(expected)
        wait_for_files(tmp_path, len(asks) + 1)
    with LiveServer(CASSETTES=str(tmp_path)) as player:
        played = [CLIENT.get(player.url + path, headers=headers).content for _, path, headers in reversed(asks)]
    assert played[::-1] == recorded


def test_record__keeps_the_order_in_which_answers_ended(tmp_path: Path) -> None:
    """What takes long to read is written before what was asked after it, and stands before it in the journal."""
    replies = [{"auto": {"tokens": 5_000}}, "Second.", "Third."]
    pushed = {"version": 1, "defaults": {"pacing": {"itl_ms": 0}}, "rules": [{"replies": replies}]}
    with (
        LiveServer(script=json.dumps(pushed)) as upstream,
        LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream.url) as recorder,
    ):
        recorded = [ask(recorder, "chat", "Hello", stream=True)[1] for _ in replies]
        noted = CLIENT.get(f"{recorder.url}/_mock/exchanges").json()["exchanges"]
    with LiveServer(CASSETTES=str(tmp_path), **QUICK) as player:
        played = [ask(player, "chat", "Hello", stream=True)[1] for _ in replies]
    assert [len(answer) for answer in played] == [len(answer) for answer in recorded]
    assert played == recorded
    assert [each["bytes"] for each in noted[::-1]] == [len(answer) for answer in recorded]
