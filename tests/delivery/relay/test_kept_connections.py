"""Connections to an upstream that are kept, and closed just as the next request goes out."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.delivery.relay.raw_server import Answering, Connection, RawServer, raw_server
from tests.delivery.relay.test_live import CLIENT
from tests.delivery.relay.test_unhappy import SAID, whole
from tests.server import LiveServer

Asked = tuple[str, str, dict[str, str]]
"""A method, a path and headers."""

FIRST: Asked = ("GET", "/v1/first", {})


def closes_when_it_is_used_again(connection: Connection) -> None:
    is_first = FIRST[1].encode() in connection.head
    connection.send(whole(more=b"" if is_first else b"Connection: close\r\n"))
    if is_first:
        connection.read()


def resets_when_it_is_used_again(connection: Connection) -> None:
    closes_when_it_is_used_again(connection)
    connection.reset()


def never_answers(connection: Connection) -> None:
    connection.reset()


def breaks_off_when_it_is_used_again(connection: Connection) -> None:
    closes_when_it_is_used_again(connection)
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


@pytest.fixture(scope="module")
def raw() -> Iterator[RawServer]:
    with raw_server(closes_when_it_is_used_again) as server:
        yield server


@pytest.fixture(scope="module")
def live(raw: RawServer) -> Iterator[LiveServer]:
    with LiveServer(MOCK_UPSTREAM=raw.url) as server:
        yield server


def send_request(live: LiveServer, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    return CLIENT.request(method, f"{live.url}{path}", content=body if method == "POST" else None, headers=headers)


CHAT: Asked = ("POST", "/v1/chat/completions", {})
STORES: Asked = ("POST", "/v1/somewhere", {})
KEYED: Asked = ("POST", "/v1/somewhere", {"Idempotency-Key": "a"})
LISTS: Asked = ("GET", "/v1/somewhere", {})


def ask_over_kept(live: LiveServer, raw: RawServer, asked: Asked) -> tuple[int, bytes]:
    """Ask over a connection that was kept; return the status, or 0 where the answer breaks off, and what was said."""
    while True:
        raw.connections.clear()
        assert send_request(live, *FIRST).content == SAID
        try:
            response = send_request(live, *asked)
            found = response.status_code, response.content
        except httpx.TransportError:
            found = 0, b""
        if raw.connections[0].requests == 2:  # a slow machine may come too late for it
            return found


@pytest.mark.parametrize(("asked", "status"), [(CHAT, 200), (KEYED, 200), (LISTS, 200), (STORES, 502)])
@pytest.mark.parametrize("answer", [closes_when_it_is_used_again, resets_when_it_is_used_again])
def test_connection__that_closes_as_it_is_used_again_is_replaced_once(
    live: LiveServer, raw: RawServer, answer: Answering, asked: Asked, status: int
) -> None:
    raw.answer = answer
    found, said = ask_over_kept(live, raw, asked)
    assert (found, len(raw.connections)) == (status, 2 if status == 200 else 1)
    assert (b"upstream_failed" in said) == (status == 502)


def test_connection__that_is_new_and_closes_is_a_failure(live: LiveServer, raw: RawServer) -> None:
    raw.answer = never_answers
    raw.connections.clear()
    assert (send_request(live, *CHAT).status_code, len(raw.connections)) == (502, 1)


def test_answer__that_has_begun_is_not_asked_for_again(live: LiveServer, raw: RawServer) -> None:
    raw.answer = breaks_off_when_it_is_used_again
    assert (ask_over_kept(live, raw, CHAT)[0], len(raw.connections)) == (0, 1)
