"""WebSockets: responses over one connection, what refuses a handshake, and what ends a connection."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import openai
import pytest
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from completions.receive.handler import Handler
from tests.asgi import scope
from tests.patience import PATIENCE
from tests.server import QUICK, LiveServer

SCRIPT = """
version: 1
rules:
  - match: {last_user: slow}
    reply: one two three four five six
    pacing: {itl_ms: 300}
  - match: {last_user: broken}
    reply: one two three four
    fault: {disconnect: {after_tokens: 2}}
  - match: {turn: 1}
    reply: Once more.
  - reply: Good day.
"""
RESPONSES = "/v1/responses"
END = ("response.completed", "response.failed", "response.incomplete", "error")
MODEL = "gpt-4o-mini"


@contextmanager
def opened(place: str, path: str = RESPONSES, **headers: str) -> Iterator[Connection]:
    """Open a WebSocket."""
    sent = {"Authorization": "Bearer k", **headers}
    with connect(place.replace("http", "ws", 1) + path, additional_headers=sent, proxy=None) as ws:
        yield ws


def heard(ws: Connection) -> dict[str, Any]:
    """Return the next message."""
    message: dict[str, Any] = json.loads(ws.recv(timeout=PATIENCE))
    return message


def until_end(ws: Connection) -> list[dict[str, Any]]:
    """Return the messages up to the one that ends an answer."""
    messages = [heard(ws)]
    while messages[-1]["type"] not in END:
        messages.append(heard(ws))
    return messages


def ask(ws: Connection, **body: object) -> list[dict[str, Any]]:
    """Ask for a response, and return its events."""
    ws.send(json.dumps({"type": "response.create", "model": MODEL, "input": "Hello", **body}))
    return until_end(ws)


def said(messages: list[dict[str, Any]]) -> str:
    """Return the text of a response that is complete."""
    last = messages[-1]
    assert last["type"] == "response.completed", last
    return "".join(part["text"] for item in last["response"]["output"] for part in item["content"])


def exchanges(place: str, count: int) -> list[dict[str, Any]]:
    """Return the exchanges of a place once there are so many."""
    httpx.get(f"{place}/_mock/exchanges/wait", params={"count": str(count)}, timeout=PATIENCE)
    found = httpx.get(f"{place}/_mock/exchanges", params={"said": "true"}).json()
    assert len(found["exchanges"]) == count, found
    return list(found["exchanges"])


@pytest.mark.parametrize(("path", "model"), [(RESPONSES, MODEL), ("/xai" + RESPONSES, "grok-4")])
def test_response__has_the_events_that_its_stream_has_over_http(place: str, path: str, model: str) -> None:
    with opened(place, path) as ws:
        messages = ask(ws, model=model)
    body = {"model": model, "input": "Hello", "stream": True}
    stream = httpx.post(place + path, json=body, headers={"Authorization": "Bearer k"}).text
    over_http = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    assert [set(each) for each in messages] == [set(each) for each in over_http]
    assert [each["type"] for each in messages] == [each["type"] for each in over_http]
    assert said(messages) == "Good day."
    calls = exchanges(place, 2)
    assert [(each["path"].endswith(path), each["said"]["answer"]) for each in calls] == [(True, "Good day.")] * 2


def test_upstream__answers_over_http_what_no_rule_does(place: str, live: LiveServer) -> None:
    passing_on = f"{{version: 1, defaults: {{fallback: {{upstream: '{live.url}'}}}}, rules: []}}"
    with LiveServer(script=passing_on, **QUICK) as other, opened(other.url) as ws:
        messages = ask(ws)
        refused = ask(ws, model="no-such-model")
        again = ask(ws)
    with opened(place) as ws:
        assert [set(each) for each in messages] == [set(each) for each in ask(ws)]
        (expected,) = ask(ws, model="no-such-model")
    assert said(messages) == said(again) == "Good day."
    assert refused == [expected]
    assert expected["status"] in (400, 404) and expected["error"]["message"]


def test_unstored_response__is_continued_from_on_its_own_connection_alone(place: str) -> None:
    with opened(place) as ws, opened(place) as other:
        name = ask(ws, store=False)[-1]["response"]["id"]
        assert said(ask(ws, previous_response_id=name, store=False)) == "Once more."
        (refused,) = ask(other, previous_response_id=name)
    assert refused == {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "code": "previous_response_not_found",
            "message": f"Previous response with id '{name}' not found.",
            "param": "previous_response_id",
        },
        "status": 400,
    }
    assert httpx.get(f"{place}{RESPONSES}/{name}").status_code == 404


def test_response_that_generates_nothing__prepares_the_next(place: str) -> None:
    with opened(place) as ws:
        prepared = ask(ws, generate=False, store=False)
        name = prepared[-1]["response"]["id"]
        assert prepared[-1]["response"]["output"] == []
        assert said(ask(ws, input="And now?", previous_response_id=name)) == "Good day."
    assert [len(each["said"]["messages"]) for each in exchanges(place, 2)] == [1, 1]


def test_lanes__are_answered_beside_one_another_and_each_in_its_order(place: str) -> None:
    with opened(place) as ws:
        for lane, text in (("a", "slow"), ("a", "Hello"), ("b", "Hello")):
            ws.send(json.dumps({"type": "response.create", "model": MODEL, "input": text, "stream_id": lane}))
        ends = [until_end(ws)[-1] for _ in range(3)]
    assert [(end["stream_id"], end["type"]) for end in ends] == [
        ("b", "response.completed"),
        ("a", "response.completed"),
        ("a", "response.completed"),
    ]
    assert said(ends[1:2]) == "one two three four five six"


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("no JSON", "invalid_json", None),
        ("[]", None, None),
        ("{}", "missing_required_parameter", "type"),
        ('{"type": "response.stop"}', "invalid_value", "type"),
        ('{"type": "response.create"}', "missing_required_parameter", "model"),
        ('{"type": "response.create", "stream_id": 1}', "invalid_type", "stream_id"),
        ('{"type": "response.create", "model": "gpt-4o", "input": 5}', "invalid_type", "input"),
        ('{"type": "response.create", "model": "no-such-model", "input": "Hi"}', "model_not_found", "model"),
    ],
)
def test_mistake__is_told_and_the_connection_goes_on(
    place: str, message: str, code: str | None, param: str | None
) -> None:
    with opened(place) as ws:
        ws.send(message)
        told = heard(ws)
        assert (told["type"], told["status"]) == ("error", 400)
        assert (told["error"]["code"], told["error"]["param"]) == (code, param)
        assert said(ask(ws)) == "Good day."


def test_steering__is_given_back(place: str) -> None:
    with opened(place) as ws:
        ws.send(json.dumps({"type": "response.steer", "previous_response_id": "resp_1", "input": "Wait"}))
        told = heard(ws)
    assert (told["type"], told["error"]["code"]) == ("response.steer.failed", "steering_not_supported")
    assert told["steer"] == {"previous_response_id": "resp_1", "input": "Wait"}


def test_fault__ends_the_connection_within_the_stream(place: str) -> None:
    with opened(place) as ws:
        ws.send(json.dumps({"type": "response.create", "model": MODEL, "input": "broken"}))
        messages = []
        with pytest.raises(ConnectionClosed):
            while True:
                messages.append(heard(ws))
    assert sum(each["type"] == "response.output_text.delta" for each in messages) == 2


@pytest.mark.parametrize(
    ("fault", "end"), [("bad_utf8", "1007"), ("crlf", "no line ends"), ("split_bytes", "sent whole")]
)
def test_fault__of_bytes_reaches_the_client_or_is_refused(place: str, fault: str, end: str) -> None:
    with opened(place, **{"X-Mock-Fault": fault}) as ws:
        try:
            assert end in ask(ws)[0]["error"]["message"]
        except ConnectionClosed as closed:
            assert end in str(closed)


def test_error_of_a_script__is_a_message(place: str) -> None:
    with opened(place, **{"X-Mock-Error": "429"}) as ws:
        (told,) = ask(ws)
    assert (told["type"], told["status"], told["error"]["code"]) == ("error", 429, "rate_limit_exceeded")


def test_client__that_leaves_is_noted(place: str) -> None:
    with opened(place) as ws:
        ws.send(json.dumps({"type": "response.create", "model": MODEL, "input": "slow"}))
        heard(ws)
    (call,) = exchanges(place, 1)
    assert call["client_left"] is True


def test_handshake__is_refused_as_a_request_would_be() -> None:
    with LiveServer(script="{version: 1, defaults: {keys: [sk-right]}, rules: [{reply: Yes.}]}", **QUICK) as live:
        for path, headers, status in (
            (RESPONSES, {}, 401),
            (RESPONSES, {"Authorization": "Bearer sk-right", "Origin": "https://other.example"}, 403),
            ("/v1/messages", {"Authorization": "Bearer sk-right"}, 405),
            ("/v1/nothing", {"Authorization": "Bearer sk-right"}, 404),
        ):
            with pytest.raises(InvalidStatus) as refused, opened(live.url, path, **headers):
                pass
            assert refused.value.response.status_code == status, path
            assert refused.value.response.body is not None
            assert json.loads(refused.value.response.body)["error"]["message"]
        with opened(live.url, Authorization="Bearer sk-right") as ws:
            assert said(ask(ws)) == "Yes."
        offered = ["realtime", "openai-insecure-api-key.sk-right"]
        url = live.url.replace("http", "ws", 1) + RESPONSES
        with connect(url, subprotocols=offered, proxy=None) as ws:  # type: ignore[arg-type]  # a NewType of theirs
            assert ws.subprotocol is None
            assert said(ask(ws)) == "Yes."
        found = httpx.get(f"{live.url}/_mock/exchanges", params={"limit": "1"}).json()["exchanges"]
        shown = httpx.get(f"{live.url}/_mock/exchanges/{found[0]['id']}").text
        assert '"sec-websocket-protocol":"realtime"' in shown
        assert "sk-right" not in shown
        assert not [line for line in live.log if "ERROR" in line]


@pytest.mark.parametrize(
    ("path", "chosen"), [(RESPONSES, "openai-beta.responses.v1"), ("/v1/realtime?model=gpt-realtime", "realtime")]
)
def test_handshake__chooses_the_protocol_that_a_page_offers(live: LiveServer, path: str, chosen: str) -> None:
    """A browser ends a connection for which it has offered some, and none is chosen."""
    offered: Any = ["openai-insecure-api-key.sk", "another", chosen]
    with connect(live.url.replace("http", "ws", 1) + path, subprotocols=offered, proxy=None) as ws:
        assert ws.subprotocol == chosen


def handshake(path: str, upgrade: str = "websocket", *more: str) -> bytes:
    """Return the head of a handshake."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Upgrade: {upgrade}",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def answer_to(live: LiveServer, *parts: bytes) -> bytes:
    """Return the first line of what is answered to a request that comes in parts."""
    with socket.create_connection((live.host, live.port), PATIENCE) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(0.02)
        return client.recv(1000).partition(b"\r\n")[0]


def test_handshake__may_come_in_any_parts(live: LiveServer) -> None:
    whole = handshake(RESPONSES)
    start = whole.index(b"\r\nUpgrade")
    for border in range(start, start + len("\r\nUpgrade: web"), 3):
        assert answer_to(live, whole[:border], whole[border:]) == b"HTTP/1.1 101 Switching Protocols"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("Sec-WebSocket-Key: second", "invalid Sec-WebSocket-Key header: multiple values"),
        (f"X-Long: {'a' * 9000}", "line too long|read 9010 bytes, expected no more than 8192 bytes"),  # 16; 17
        ("Content-Length: 2", "unsupported request body"),
    ],
)
def test_handshake__that_is_malformed_is_refused_as_a_request_is(live: LiveServer, more: str, why: str) -> None:
    with socket.create_connection((live.host, live.port), PATIENCE) as client:
        client.sendall(handshake(RESPONSES, "websocket", more))
        head, _, body = b"".join(iter(lambda: client.recv(1000), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    error = json.loads(body)["error"]
    assert error["code"] == "invalid_handshake"
    assert re.search(f": ({why})[.]$", error["message"])


def test_message__may_be_as_large_as_a_request(place: str) -> None:
    with opened(place) as ws:
        ws.send(json.dumps({"type": "response.create", "model": MODEL, "input": "Hello"}) + " " * 17 * 2**20)
        assert said(until_end(ws)) == "Good day."


def test_other_upgrade__changes_nothing(live: LiveServer) -> None:
    assert answer_to(live, handshake(RESPONSES, "h2c")) == b"HTTP/1.1 405 Method Not Allowed"
    assert answer_to(live, handshake("/v1/models")) == b"HTTP/1.1 200 OK"


def test_openai_sdk__connects(place: str) -> None:
    client = openai.OpenAI(base_url=f"{place}/v1", api_key="k")
    with client.responses.connect() as connection:
        connection.response.create(model=MODEL, input="Hello")
        completed = next(event for event in connection if event.type == "response.completed")
    assert completed.response.output_text == "Good day."
    client.close()


def test_server__that_stops_ends_its_connections() -> None:
    slow = "{version: 1, rules: [{reply: one two three, pacing: {itl_ms: 60000}}]}"
    with LiveServer(script=slow, MOCK_TTFT_MS="0") as live, opened(live.url) as ws:
        ws.send(json.dumps({"type": "response.create", "model": MODEL, "input": "Hello"}))
        heard(ws)
        assert live.stop() == 0
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                heard(ws)
        assert ended.value.rcvd is not None and ended.value.rcvd.code == 1012
        assert "POST /v1/responses" in (line := live.wait_for(r".*\bPOST .*")[0])
        assert "stopped" in line and "client left" not in line


@pytest.mark.parametrize(("fault", "code"), [("disconnect; after_tokens=2", 1011), ("bad_utf8", 1007)])
async def test_fault__ends_connections_of_servers_that_keep_them_to_themselves(
    settings: Settings, fault: str, code: int
) -> None:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    asked = json.dumps({"type": "response.create", "model": MODEL, "input": "Hello"})
    sent: list[Mapping[str, Any]] = []
    closed = asyncio.Event()
    coming = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": asked}]

    async def receive() -> dict[str, Any]:
        if coming:
            return coming.pop(0)
        await closed.wait()
        return {"type": "websocket.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "websocket.close":
            closed.set()

    given = {"type": "websocket", "subprotocols": []}
    async with asyncio.timeout(PATIENCE):
        await Handler()({**scope("GET", RESPONSES, {"x-mock-fault": fault}), **given}, receive, send)
    assert [message["type"] for message in sent[:2]] == ["websocket.accept", "websocket.send"]
    assert (sent[-1]["type"], sent[-1].get("code")) == ("websocket.close", code)
