"""What is refused, or left, before a view sees it: in whose journal it is, and what follows it on its connection."""

import json
import logging
import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from completions.receive.log_filter import socket_log_filter
from tests.patience import PATIENCE
from tests.server import QUICK, LiveServer

CHAT = "/v1/chat/completions"
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    with LiveServer(**QUICK, JOURNAL_FLUSH_MS="20", MAX_BODY_BYTES="1000") as server:
        yield server


def journal(live: LiveServer, namespace: str) -> list[dict[str, object]]:
    """Return the exchanges of a namespace: each status, the label, and whether its client left."""
    found = httpx.get(f"{live.url}/ns/{namespace}/_mock/exchanges", timeout=PATIENCE).json()["exchanges"]
    return [{name: each[name] for name in ("status", "endpoint", "client_left")} for each in found]


def raw(path: str, *lines: str, body: str = "", method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", body]).encode()


def whole(live: LiveServer, data: bytes) -> bytes:
    """Send bytes, say that no more come, and return all that is answered."""
    with socket.create_connection((live.host, live.port), PATIENCE) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


TOO_MUCH, NO_GZIP = {"content": b"x" * 2000}, {"content": b"no", "headers": {"content-encoding": "gzip"}}

REFUSED = {
    "a body that is too large": (f"/ns/NAME{CHAT}", TOO_MUCH, 413, "chat"),
    "a body in no coding": ("/ns/NAME/v1/messages", NO_GZIP, 400, "anthropic"),
    "a view's address": ("/ns/NAME/v1/files", TOO_MUCH, 413, "upload_file"),
    "no address": ("/ns/NAME/v1/nothing", TOO_MUCH, 413, "not_found"),
    "too many parameters": (f"/ns/NAME/v1/models?{'a&' * 2000}", {"content": b""}, 400, "list_models"),
}
"""An address, what is sent to it, the status, and the label of the exchange."""


@pytest.mark.parametrize(("path", "sent", "status", "label"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("place", ["address", "header"])
def test_refusal__is_in_the_journal_of_its_namespace(
    live: LiveServer, place: str, path: str, sent: dict[str, object], status: int, label: str
) -> None:
    name = f"{place}-{label}-{status}-{len(path)}"
    path = path.replace("NAME", name) if place == "address" else path.removeprefix("/ns/NAME")
    headers = {**dict(sent.get("headers", {})), **({} if place == "address" else {"x-mock-namespace": name})}  # type: ignore[call-overload]  # of objects
    answer = httpx.post(live.url + path, content=sent["content"], headers=headers, timeout=PATIENCE)  # type: ignore[arg-type]  # the same
    assert answer.status_code == status
    assert journal(live, name) == [{"status": status, "endpoint": label, "client_left": False}]


def test_refusal__is_in_the_words_of_the_api_that_the_request_tells(live: LiveServer) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    answer = httpx.post(f"{live.url}/v1/files", content=b"x" * 2000, headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["type"]) == (413, "error")


def test_upload__that_its_client_leaves_is_in_the_journal(live: LiveServer) -> None:
    cut = raw(f"/ns/cut{CHAT}", "Content-Length: 100", body='{"model": ')
    assert whole(live, cut) == b""
    assert journal(live, "cut") == [{"status": 0, "endpoint": "chat", "client_left": True}]
    live.wait_for(rf"POST /ns/cut{CHAT} 0 .*client left")


def test_trailers__are_no_headers(live: LiveServer) -> None:
    body = "2\r\n{}\r\n0\r\nX-Mock-Error: 503\r\nX-Mock-Nonsense: 1\r\n\r\n"
    sent = raw(CHAT, "Transfer-Encoding: chunked", body=body)
    assert whole(live, sent * 2).count(b"HTTP/1.1 200 OK") == 2


def test_handshake__behind_a_request_that_has_no_answer_yet_is_refused_after_it(live: LiveServer) -> None:
    asked = json.dumps({"model": "m", "stream": True})
    request = raw(CHAT, f"Content-Length: {len(asked)}", body=asked)
    upgrade = raw("/v1/responses", *UPGRADE, method="GET")
    answer = whole(live, request + upgrade)
    first, _, second = answer.partition(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert second.startswith(b"HTTP/1.1 400 Bad Request")
    assert json.loads(second.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_handshake"


def test_headers__without_an_end_are_told_in_the_log(live: LiveServer) -> None:
    with socket.create_connection((live.host, live.port), PATIENCE) as client:
        client.sendall(raw(CHAT, "X-Long: " + "a" * 70_000)[:-4])
        assert client.recv(1000).startswith(b"HTTP/1.1 431 ")
    live.wait_for("WARNING 431: The headers are larger than 65536 bytes")


SECRET = "AIzaSecretOfMine"


@pytest.mark.parametrize("name", ["key", "access_token"])
@pytest.mark.parametrize(("keys", "end"), [("", r"\[accepted\]"), ("sk-other", "401")], ids=["taken", "refused"])
def test_handshake__its_line_in_the_log_has_no_key(name: str, keys: str, end: str) -> None:
    path = f"/v1/responses?{name}={SECRET}&more=1"
    given = (f"Authorization: Bearer {SECRET}", f"Sec-WebSocket-Protocol: openai-insecure-api-key.{SECRET}")
    with LiveServer(API_KEYS=keys, LOG_LEVEL="DEBUG") as server:
        with socket.create_connection((server.host, server.port), PATIENCE) as client:
            client.sendall(raw(path, *UPGRADE, *given, method="GET"))
            assert client.recv(1000)
        server.wait_for("DEBUG   < GET /v1/responses")
        server.wait_for(rf'"WebSocket /v1/responses\?{name}=[^&]+&more=1" {end}')
        assert server.stop() == 0
    assert not [line for line in server.log if SECRET in line]


@pytest.mark.parametrize(
    ("line", "more"), [("< GET %s HTTP/1.1", []), ("< %s %s %s", ["GET", "HTTP/1.1"])], ids=["16", "17"]
)
def test_handshake__has_no_key_in_the_lines_of_any_version_of_websockets(line: str, more: list[str]) -> None:
    arguments = (*more[:1], f"/v1/responses?key={SECRET}&more=1", *more[1:])
    record = logging.LogRecord("uvicorn.error", logging.DEBUG, __file__, 1, line, arguments, None)
    assert socket_log_filter.filter(record)
    assert re.fullmatch(r"< GET /v1/responses\?key=[^&]+&more=1 HTTP/1.1", record.getMessage())
    assert SECRET not in record.getMessage()


def test_message__that_is_not_utf8_is_no_traceback() -> None:
    with LiveServer() as server:
        with socket.create_connection((server.host, server.port), PATIENCE) as client:
            client.sendall(raw("/v1/responses", *UPGRADE, method="GET"))
            assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
            client.sendall(b"\x81\x82\0\0\0\0\xff\xfe")
            assert client.recv(1000) == b"\x88\x02\x03\xef", "1007"
        server.wait_for("Invalid UTF-8 sequence received")
        assert server.stop() == 0
    assert not [line for line in server.log if "Traceback" in line]
