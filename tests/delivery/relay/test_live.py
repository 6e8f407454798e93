"""Live servers in a row: what one answers comes through another as it is, and what breaks, breaks."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.delivery.relay.raw_server import Connection, RawServer, raw_server
from tests.patience import PATIENCE
from tests.server import LiveServer, run_manage, serving

SCRIPT = """
version: 1
defaults: {seed: 1, pacing: {ttft_ms: 30, itl_ms: 15}}
rules:
  - {match: {last_user: limit}, error: {status: 429, retry_after_ms: 10}}
  - {match: {last_user: broken}, reply: One two three four., fault: disconnect}
  - {match: {last_user: garbled}, reply: One two three four., fault: malformed_chunk}
  - {match: {last_user: proxy}, reply: One, fault: html_error}
  - {match: {last_user: failing}, reply: One two three four., error: 500, fault: error_event}
"""


upstream = serving(script=SCRIPT)


@pytest.fixture(scope="module")
def raw() -> Iterator[RawServer]:
    with raw_server(lambda connection: None) as server:
        yield server


@pytest.fixture(scope="module")
def relay(upstream: LiveServer, raw: RawServer) -> Iterator[LiveServer]:
    with LiveServer(MOCK_UPSTREAM=f"/v1/embeddings={raw.url},{upstream.url}") as live:
        yield live


def request(surface: str, text: str, stream: bool) -> tuple[str, dict[str, Any]]:
    said = [{"role": "user", "content": text}]
    match surface:
        case "chat":
            return "/v1/chat/completions", {"model": "gpt-4o", "messages": said, "stream": stream}
        case "responses":
            return "/v1/responses", {"model": "gpt-4o", "input": text, "stream": stream}
        case "anthropic":
            body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": said, "stream": stream}
            return "/v1/messages", body
        case "gemini":
            call = "streamGenerateContent?alt=sse" if stream else "generateContent"
            contents = [{"role": "user", "parts": [{"text": text}]}]
            return f"/v1beta/models/gemini-2.5-flash:{call}", {"contents": contents}
    return "/api/chat", {"model": "llama3", "messages": said, "stream": stream}


CLIENT = httpx.Client(timeout=PATIENCE)

HEADERS = {"anthropic-version": "2023-06-01", "x-goog-api-key": "k", "x-api-key": "k", "authorization": "Bearer k"}
VARIES = {"date", "x-request-id", "request-id", "openai-processing-ms", "server-timing", "transfer-encoding"}


def told(url: str, surface: str, text: str, stream: bool) -> tuple[object, ...]:
    """Return all that a client sees of an answer, but for what differs from one time to the next."""
    path, body = request(surface, text, stream)
    data = b""
    with CLIENT.stream("POST", url + path, json=body, headers=HEADERS) as response:
        ended = "whole"
        try:
            for piece in response.iter_raw():
                data += piece
        except httpx.RemoteProtocolError as exc:
            ended = type(exc).__name__
    headers = {name: value for name, value in response.headers.items() if name not in VARIES and "-reset" not in name}
    shown = [name for name, _ in response.headers.multi_items()]
    return response.status_code, headers, sorted(shown), _fixed(data), ended


def _fixed(data: bytes) -> bytes:
    """Return an answer without the request's id, which some errors have in their envelope."""
    before, sign, after = data.partition(b'"request_id":"')
    return before + sign + after.partition(b'"')[2] if sign else data


@pytest.mark.parametrize("surface", ["chat", "responses", "anthropic", "gemini", "ollama"])
@pytest.mark.parametrize("text", ["Hello", "limit", "broken", "garbled", "proxy", "failing"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_answer__comes_through_as_it_is(
    upstream: LiveServer, relay: LiveServer, surface: str, text: str, stream: bool
) -> None:
    for live in (upstream, relay):  # the same request counts anew, as its ids come from how often it came
        CLIENT.post(f"{upstream.url}/_mock/reset")
        if live is upstream:
            expected = told(upstream.url, surface, text, stream)
    assert told(relay.url, surface, text, stream) == expected


def test_pieces__come_as_they_are_sent(relay: LiveServer, raw: RawServer) -> None:
    seen = threading.Event()

    def answer(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.chunk(b'data: {"a"')
        assert seen.wait(PATIENCE)  # the next piece is sent once the first has come through
        connection.chunk(b": 1}\n\n")
        connection.send(b"0\r\n\r\n")

    raw.answer = answer
    with CLIENT.stream("POST", f"{relay.url}/v1/embeddings", content=b"{}") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b'data: {"a"'
        seen.set()
        assert b"".join(pieces) == b": 1}\n\n"


def test_request__goes_on_byte_for_byte(relay: LiveServer, raw: RawServer) -> None:
    raw.answer = lambda connection: connection.send(b"HTTP/1.1 204 No Content\r\nX-A: 1\r\nX-A: 2\r\n\r\n")
    body = b' { "input": [1,\n2], "model" : "\xc3\xa9" , }'
    headers = {"Authorization": "Bearer k", "X-Mock-Namespace": "default", "X-Mine": "a, b", "Accept-Encoding": "br"}
    response = CLIENT.put(f"{relay.url}/v1/embeddings/a%2Fb?x=%20&y", content=body, headers=headers)
    assert (response.status_code, response.headers.get_list("x-a")) == (204, ["1", "2"])
    found = raw.connections[-1]
    lines = found.head.decode().lower().split("\r\n")
    assert found.head.startswith(b"PUT /v1/embeddings/a%2Fb?x=%20&y HTTP/1.1\r\n")
    assert found.body == body
    assert {"authorization: bearer k", "x-mine: a, b", "accept-encoding: identity"} <= set(lines)
    assert not [line for line in lines if line.startswith("x-mock-")]


@pytest.mark.parametrize(
    ("sent", "raised"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", httpx.RemoteProtocolError),
    ],
)
def test_answer__that_breaks_off_breaks_off(
    relay: LiveServer, raw: RawServer, sent: bytes, raised: type[Exception]
) -> None:
    has_come = threading.Event()  # a connection that breaks off may take along what was not read yet

    def answer(connection: Connection) -> None:
        connection.send(sent)
        has_come.wait(PATIENCE)

    raw.answer = answer
    with CLIENT.stream("POST", f"{relay.url}/v1/embeddings", content=b"{}") as response, pytest.raises(raised):
        pieces = response.iter_raw()
        assert next(pieces) == b"12345"
        has_come.set()
        next(pieces)
    found = last_exchange(relay)
    assert (found["status"], found["error"]["code"], found["client_left"]) == (200, "upstream_broke_off", False)


def test_client__that_leaves_ends_the_request(relay: LiveServer, raw: RawServer) -> None:
    def answer(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
        connection.wait_until_gone()

    raw.answer = answer
    with CLIENT.stream("POST", f"{relay.url}/v1/embeddings", content=b"{}") as response:
        next(response.iter_raw())
    assert raw.connections[-1].gone.wait(PATIENCE)
    assert last_exchange(relay)["client_left"] is True


def last_exchange(server: LiveServer) -> dict[str, Any]:
    """Return the last exchange once it has ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found: list[dict[str, Any]] = CLIENT.get(f"{server.url}/_mock/exchanges").json()["exchanges"]
        if found and found[0]["upstream"] and found[0]["path"] == "/v1/embeddings":
            return found[0]
        time.sleep(0.05)
    raise AssertionError("no exchange")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"", 502, "upstream_failed"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", 502, "upstream_failed"),
        (b"HTTP/1.1 2", 502, "upstream_failed"),
    ],
)
def test_upstream__that_gives_no_answer_is_an_error(
    relay: LiveServer, raw: RawServer, sent: bytes, status: int, code: str
) -> None:
    raw.answer = lambda connection: connection.send(sent)
    response = CLIENT.post(f"{relay.url}/v1/embeddings", content=b"{}")
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_upstream__that_is_silent_or_away_is_an_error(tmp_path: Any, raw: RawServer) -> None:
    raw.answer = lambda connection: connection.wait_until_gone()
    script = tmp_path / "script.yaml"
    rules = f"- {{match: {{last_user: silent}}, reply: {{upstream: {{url: '{raw.url}', timeout_ms: 50}}}}}}"
    script.write_text(f"version: 1\ndefaults: {{fallback: {{upstream: 'http://127.0.0.1:9'}}}}\nrules:\n{rules}\n")
    with LiveServer(MOCK_SCRIPT=str(script)) as live:
        for surface, text, status, told in [
            ("chat", "silent", 504, "did not answer within 0.05 s"),
            ("anthropic", "silent", 504, "did not answer within 0.05 s"),
            ("chat", "Hello", 502, "The upstream http://127.0.0.1:9/v1/chat/completions gave no answer: ConnectError"),
            ("gemini", "Hello", 502, "gave no answer: ConnectError"),
        ]:
            path, body = request(surface, text, stream=False)
            response = CLIENT.post(live.url + path, json=body, headers=HEADERS)
            assert response.status_code == status
            assert told in response.json()["error"]["message"]


def test_upstream__that_leads_back_is_an_error() -> None:
    with LiveServer() as away:
        port = away.port
    with LiveServer("manage.py", "serve", "--port", str(port), MOCK_UPSTREAM=f"http://127.0.0.1:{port}") as live:
        path, body = request("chat", "Hello", stream=False)
        response = CLIENT.post(live.url + path, json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (508, "upstream_loop")


def test_journal__has_both_sides(relay: LiveServer, upstream: LiveServer) -> None:
    path, body = request("chat", "Tell me of both sides", stream=True)
    response = CLIENT.post(relay.url + path, json=body)
    listed = CLIENT.get(f"{relay.url}/_mock/exchanges", params={"search": "both sides"}).json()["exchanges"]
    found = CLIENT.get(f"{relay.url}/_mock/exchanges/{listed[0]['id']}").json()
    assert found["upstream"] == f"{upstream.url}/v1/chat/completions"
    assert (found["rule"], found["cassette"]) == (None, None)
    assert found["request"]["body"] == body
    assert "".join(chunk["data"] for chunk in found["response"]["chunks"]) == response.text
    assert found["response"]["headers"]["x-request-id"] == response.headers["x-request-id"]
    assert found["said"]["answer"]
    assert found["ttft_ms"] >= 29
    assert found["tokens_sent"] > 1


def test_faults__of_the_line_strike_what_is_passed_on(relay: LiveServer) -> None:
    path, body = request("chat", "Hello", stream=False)
    with pytest.raises(httpx.RemoteProtocolError):
        CLIENT.post(relay.url + path, json=body, headers={"X-Mock-Fault": "close"})
    headers = {"X-Mock-Fault": "split_bytes; bytes=100; ms=5"}
    with CLIENT.stream("POST", relay.url + path, json=body, headers=headers) as response:
        assert len(list(response.iter_raw())) > 1


def test_setting__that_is_wrong_stops_the_start() -> None:
    done = run_manage("check", MOCK_UPSTREAM="openai.com")
    assert done.returncode == 1
    assert "(completions.E007) MOCK_UPSTREAM cannot be used: 'openai.com' must be a URL of http or https" in done.stderr
