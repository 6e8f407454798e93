"""A live server, over raw sockets: the bytes, their times, and how connections end."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from completions.receive.protocol import CONTINUE_RESPONSE
from tests.document import MOCK, PIECES, events, fold
from tests.patience import PATIENCE
from tests.server import QUICK, ROOT, LiveServer, serving
from tests.tls import CANNOT, NO_OPENSSL, certified


def request(body: bytes = b"{}", headers: bytes = b"", path: bytes = b"/v1/chat/completions") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n%s" % (path, length, headers, body)


def connect(server: LiveServer) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=PATIENCE)


def read_all(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def read_chunked(connection: socket.socket) -> bytes:
    """Read one response in chunks, to the last of them."""
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        received = connection.recv(65536)
        assert received, data
        data += received
    return data


def read_response(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one response that has a content length: its head and its body."""
    return read_responses(connection, 1)[0]


def read_responses(connection: socket.socket, count: int) -> list[tuple[bytes, bytes]]:
    """Read several responses that have content lengths."""
    found = []
    with connection.makefile("rb") as file:
        for _ in range(count):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = file.readline()
                assert line, head
                head += line
            length = re.search(rb"content-length: (\d+)", head)
            assert length, head
            found.append((head, file.read(int(length[1]))))
    return found


def dechunk(body: bytes) -> bytes:
    whole = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if not int(size, 16):
            assert body == b"\r\n"
            return whole
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]


CLOSE = b"Connection: close\r\n"


@pytest.mark.parametrize("headers", [b"", CLOSE], ids=["the pump's", "uvicorn's"])
def test_stream__no_piece_leaves_before_its_time(server: LiveServer, headers: bytes) -> None:
    """When each left is what the journal says: on a machine that is busy, those that left apart are read together."""
    begun = time.monotonic()
    with connect(server) as connection:
        connection.sendall(request(b'{"stream":true}', headers))
        head, _, body = read_chunked(connection).partition(b"\r\n\r\n")
    assert time.monotonic() - begun >= 0.12, "six tokens, 20 ms apart, and 20 ms before the first"
    assert b"content-type: text/event-stream\r\n" in head + b"\r\n"
    assert [chunk["choices"][0]["delta"].get("content") for chunk in events(dechunk(body))] == ["", *PIECES, None]
    id = re.search(rb"x-request-id: (\S+)", head)
    assert id
    with urllib.request.urlopen(f"{server.url}/_mock/exchanges/{id[1].decode()}", timeout=PATIENCE) as response:
        chunks = json.load(response)["response"]["chunks"]
    tokens = [chunk for chunk in chunks if '"content":"' in chunk["data"]][1:]  # the first names the role
    assert [round(chunk["due_ms"]) for chunk in tokens] == [20, 40, 60, 80, 100, 120]
    assert all(chunk["at_ms"] >= chunk["due_ms"] - 1 for chunk in tokens)


def test_stream__a_piece_is_there_before_the_next_is_made(tmp_path: Path) -> None:
    """Were the first held back, it could not be read while a gate still holds the rest."""
    script = tmp_path / "script.yaml"
    hold = "{gate: rest, after_tokens: 1, timeout_ms: 3600000}"
    script.write_text(f"version: 1\nrules:\n- {{hold: {hold}, reply: first second}}\n")
    with LiveServer(MOCK_SCRIPT=str(script)) as server, connect(server) as connection:
        body = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
        connection.sendall(request(body, CLOSE))
        came = b""
        while b"first" not in came:
            came += (piece := connection.recv(65536))
            assert piece, came
        assert b"second" not in came
        release = urllib.request.Request(f"{server.url}/_mock/gates/rest/release", method="POST")
        with urllib.request.urlopen(release, timeout=PATIENCE) as response:
            assert json.load(response)["released"] == 1
        assert b"second" in read_all(connection)


def test_connection__serves_request_after_request(server: LiveServer) -> None:
    with connect(server) as connection:
        for _ in range(3):
            connection.sendall(request())
            head, body = read_response(connection)
            assert (head.split()[1], json.loads(body)) == (b"200", MOCK)
            connection.sendall(request(b"nonsense"))
            assert read_response(connection)[0].split()[1] == b"400"


@pytest.mark.parametrize(("headers", "scheme"), [(b"", b"http"), (b"X-Forwarded-Proto: https\r\n", b"https")])
def test_proxy__says_how_the_client_came(server: LiveServer, headers: bytes, scheme: bytes) -> None:
    asked = b"X-Goog-Upload-Protocol: resumable\r\nX-Goog-Upload-Command: start\r\n" + headers
    with connect(server) as connection:
        connection.sendall(request(headers=asked, path=b"/upload/v1beta/files?key=k"))
        head, _ = read_response(connection)
    assert b"x-goog-upload-url: %b://localhost/" % scheme in head


def test_connection__survives_a_body_that_is_too_large() -> None:
    with LiveServer(MAX_BODY_BYTES="1000") as server, connect(server) as connection:
        connection.sendall(request(b"x" * 5_000_000))
        head, body = read_response(connection)
        assert (head.split()[1], json.loads(body)["error"]["code"]) == (b"413", "request_too_large")
        connection.sendall(request())
        assert json.loads(read_response(connection)[1]) == MOCK


def test_body__that_is_too_large_is_refused_before_it_is_sent(server: LiveServer) -> None:
    """The client asks first, and may send it all the same or not: so the connection ends."""
    with connect(server) as connection:
        headers = b"Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n"
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n" + headers + b"\r\n")
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["error"]["code"] == "request_too_large"


def test_body__over_djangos_own_limit_is_fine(server: LiveServer) -> None:
    with connect(server) as connection:
        connection.sendall(request(b'{"a":"' + b"x" * 3_000_000 + b'"}'))
        assert json.loads(read_response(connection)[1]) == MOCK


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
        b"FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /?\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_bytes__that_are_no_request_get_an_envelope(server: LiveServer, data: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(data)
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"x-request-id: req_" in head
    assert b"\r\ncontent-type: application/json\r\n" in head and b"\r\nconnection: close" in head
    error = json.loads(body)["error"]
    assert error["type"] == "invalid_request_error"
    for begins, named in ((b"PRI", "HTTP/2"), (b"\x16", "TLS")):
        if data.startswith(begins):
            assert named in error["message"]
            assert error["message"] in server.wait_for(f".*{named}.*")[0]


@pytest.mark.parametrize(
    "headers",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n",
        b"Connection: upgrade\r\nUPGRADE: websocket\r\n",
        b"Connection: upgrade\r\nupGrade: h2c\r\n",
        b"Expect: 100-continue\r\n",
        b"X-Long: " + b"a" * 60_000 + b"\r\n",
        b"Content-Type: application/json; charset=\xff\r\n",
    ],
)
def test_headers__that_change_nothing(server: LiveServer, headers: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(request(b"{}", headers + CLOSE))
        answer = read_all(connection)
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2]) == MOCK


def test_upgrade__that_comes_in_two_parts_changes_nothing_either(server: LiveServer) -> None:
    """The parser would drop the body; a header that goes over the border of two packets is as good as any other."""
    whole = request(b"{}", b"Connection: Upgrade\r\nUpgrade: h2c\r\n")
    first = whole.index(b"\r\nUpgrade")
    with connect(server) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for border in range(first, first + len("\r\nUpgrade: ")):
            connection.sendall(whole[:border])
            time.sleep(0.02)  # so that the two are mostly read apart
            connection.sendall(whole[border:])
            head, body = read_response(connection)
            assert (head[9:12], json.loads(body)) == (b"200", MOCK), border
        for byte in whole:
            connection.sendall(bytes([byte]))
        assert json.loads(read_response(connection)[1]) == MOCK


OFFER = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize(
    "several",
    [
        [request(b"{}"), request(b"{}", OFFER)],
        [request(b"{}", OFFER), request(b"{}", OFFER), request(b"{}", OFFER)],
        [request(json.dumps({"user": "a"}).encode(), OFFER), request(b"{}", b"UPGRADE: websocket\r\n" + OFFER)],
    ],
    ids=["the second", "each", "by two headers"],
)
@pytest.mark.parametrize("cut", [None, 150])
def test_upgrade__of_requests_in_one_packet_changes_nothing(
    server: LiveServer, several: list[bytes], cut: int | None
) -> None:
    whole = b"".join(several)
    with connect(server) as connection:
        connection.sendall(whole[:cut])
        if cut:
            time.sleep(0.02)
            connection.sendall(whole[cut:])
        for head, body in read_responses(connection, len(several)):
            assert (head[9:12], json.loads(body)) == (b"200", MOCK)


def test_upgrade__within_a_body_is_left_as_it_is(server: LiveServer) -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    text = b"a\r\nUpgrade: h2c\r\nb"
    form = field % (b"purpose", b"", b"user_data") + field % (b"file", b'; filename="a.txt"', text) + b"--x--\r\n"
    told = b"Content-Type: multipart/form-data; boundary=x\r\n"
    with connect(server) as connection:
        connection.sendall(request(b"{}") + request(form, told, b"/v1/files"))
        name = json.loads(read_responses(connection, 2)[1][1])["id"]
        connection.sendall(b"GET /v1/files/%s/content HTTP/1.1\r\nHost: localhost\r\n\r\n" % name.encode())
        assert read_response(connection)[1] == text


def test_head__has_no_body(server: LiveServer) -> None:
    with connect(server) as connection:
        connection.sendall(b"HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""


def test_http10__is_answered_and_closed(server: LiveServer) -> None:
    with connect(server) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
        assert json.loads(read_all(connection).rpartition(b"\r\n\r\n")[2]) == MOCK


def test_http10__is_streamed_until_the_connection_closes(server: LiveServer) -> None:
    with connect(server) as connection:
        body = b'{"stream":true,"stream_options":{"include_usage":true}}'
        connection.sendall(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        head, _, streamed = read_all(connection).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert streamed.endswith(b"data: [DONE]\n\n")
    assert fold(events(streamed)) == MOCK


@pytest.mark.parametrize(("hosts", "code"), [(0, "host_missing"), (2, "host_not_allowed")])
def test_http11__without_one_host_is_refused(server: LiveServer, hosts: int, code: str) -> None:
    named = b"Host: localhost\r\n" * hosts
    with connect(server) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n%sContent-Length: 2\r\n\r\n{}" % named)
        head, body = read_response(connection)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == code


def test_headers__without_an_end_are_refused(server: LiveServer) -> None:
    with connect(server) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Big: ")
        with suppress(OSError):  # it need not take them all
            for _ in range(100):
                connection.sendall(b"a" * 30_000)
        with suppress(ConnectionResetError):
            head, body = read_response(connection)
            assert head.startswith(b"HTTP/1.1 431 ")
            assert "larger than 65536 bytes" in json.loads(body)["error"]["message"]
    with connect(server) as connection:
        connection.sendall(request(headers=b"X-Big: %s\r\n" % (b"a" * 30_000)))
        assert read_response(connection)[0].startswith(b"HTTP/1.1 200 ")


hasty = serving(REQUEST_TIMEOUT="1", MAX_BODY_BYTES="100000", MOCK_TTFT_MS="0", MOCK_ITL_MS="3600000")
"""A server that waits for the rest of a request for a second, and holds little of what is unfinished."""


HEAD = b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"


PARTS = {b"": b"", b"POST /v1": b"408", HEAD: b"408", HEAD + b"\r\n": b"408", HEAD + b"\r\n{": b"408"}
"""What comes of a request, to within a line, its headers and its body; and the status that this gets, if any."""


def test_requests__that_do_not_become_whole(hasty: LiveServer) -> None:
    with ExitStack() as stack:
        streaming, *connections = [stack.enter_context(connect(hasty)) for _ in range(1 + len(PARTS))]
        streaming.sendall(request(b'{"stream":true}'))
        assert streaming.recv(65536)
        for connection, sent in zip(connections, PARTS, strict=True):
            connection.sendall(sent)
        answers = [read_all(connection) for connection in connections]
        assert [answer.partition(b" ")[2][:3] for answer in answers] == [*PARTS.values()]
        for answer in filter(None, answers):
            error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
            assert "within the 1 seconds that REQUEST_TIMEOUT allows" in error["message"]
        streaming.settimeout(2.5)
        with pytest.raises(TimeoutError):  # a stream is not in a hurry
            while streaming.recv(65536):
                pass


def test_bodies__that_are_unfinished_hold_no_more_than_they_may(hasty: LiveServer) -> None:
    head = HEAD.replace(b"100", b"99999") + b"\r\n"
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(hasty)) for _ in range(6)]
        for connection in connections:
            connection.sendall(head + b"a" * 99_000)
        answers = [read_all(connection) for connection in connections]
    statuses = [answer[9:12] for answer in answers]
    assert set(statuses) == {b"408", b"503"}
    assert b"too_many_bodies" in b"".join(answers) or b"may take together" in b"".join(answers)
    with connect(hasty) as connection:
        connection.sendall(request(b"{}", CLOSE))
        assert read_all(connection).startswith(b"HTTP/1.1 200 "), "what they held is free again"


slow = serving(MOCK_TTFT_MS="0", MOCK_ITL_MS="3600000")
"""A server whose streams last for hours."""


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_client__that_leaves_frees_its_stream(slow: LiveServer, reset: bool) -> None:
    before = len(slow.log)
    connection = connect(slow)
    connection.sendall(request(b'{"stream":true}'))
    slow.wait_for(r"chunks 1-2/8", since=before)
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    slow.wait_for(r"POST /v1/chat/completions 200 rule=mock stream chunks=2 .*client left", since=before)


@pytest.mark.skipif(CANNOT, reason=NO_OPENSSL)
def test_tls__streams_and_breaks_off_as_without(tmp_path: Path) -> None:
    serve, context = certified(tmp_path)
    with LiveServer(*serve, MOCK_TTFT_MS="1", MOCK_ITL_MS="1") as server:

        def ask(fault: bytes) -> bytes:
            with context.wrap_socket(connect(server)) as connection:
                connection.sendall(request(b'{"stream":true}', fault))
                if not fault:
                    return read_chunked(connection)
                data = b""
                with suppress(ConnectionResetError):
                    while received := connection.recv(65536):
                        data += received
                return data

        assert dechunk(ask(b"").partition(b"\r\n\r\n")[2]).endswith(b"data: [DONE]\n\n")
        for name in (b"disconnect", b"reset"):
            broken = ask(b"X-Mock-Fault: %s; after_tokens=2\r\n" % name)
            assert broken.startswith(b"HTTP/1.1 200 ")
            assert not broken.endswith(b"\r\n0\r\n\r\n")
        server.wait_for(rf"The inspector is at {server.url.replace('http:', 'https:')}/_mock/$")


APPLICATION = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0")

lasting = serving(*APPLICATION, "--timeout-keep-alive", "36000", **QUICK)
"""A server that keeps a connection for hours in which no further request comes, if one can come."""


@pytest.mark.parametrize("body", [b'{"stream":true}', b"{}"], ids=["streamed", "whole"])
def test_client__that_closes_its_own_side_alone_gets_its_answer(lasting: LiveServer, body: bytes) -> None:
    with connect(lasting) as connection:
        connection.sendall(request(body))
        connection.shutdown(socket.SHUT_WR)
        head, _, rest = read_all(connection).removeprefix(CONTINUE_RESPONSE).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n") if body != b"{}" else json.loads(rest) == MOCK


def test_client__that_closes_its_own_side_after_its_answers_is_waited_for_no_longer(lasting: LiveServer) -> None:
    with connect(lasting) as connection:
        for _ in range(2):
            connection.sendall(request())
            assert json.loads(read_response(connection)[1]) == MOCK
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == b""


def test_client__that_closes_its_own_side_alone_gets_all_that_it_has_asked(lasting: LiveServer) -> None:
    with connect(lasting) as connection:
        connection.sendall(request(b'{"stream":true}') + request() + request(b'{"stream":true}'))
        connection.shutdown(socket.SHUT_WR)
        answers = read_all(connection)
    first, second, third = answers.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert json.loads(second.removesuffix(CONTINUE_RESPONSE).rpartition(b"\r\n\r\n")[2]) == MOCK
    for stream in (first, third):
        assert events(dechunk(stream.removesuffix(CONTINUE_RESPONSE).partition(b"\r\n\r\n")[2]))


def test_client__that_leaves_with_another_request_behind_is_noticed(server: LiveServer) -> None:
    before = len(server.log)
    connection = connect(server)
    connection.sendall(request(b'{"stream":true}', b"X-Mock-Pacing: itl_ms=500\r\n") + request())
    server.wait_for("chunks 1-2/8", since=before)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    server.wait_for("client left", since=before)
    with connect(server) as another:  # what is logged with the end of the first is here, once this is answered
        another.sendall(request())
        read_response(another)
    server.wait_for(r" 200 rule=mock \d", since=before)
    assert "Traceback" not in "\n".join(server.log[before:])


def test_bytes__that_are_no_request_break_into_no_answer(paused: LiveServer) -> None:
    """They are refused behind it, for a refusal within it would be taken for a part of it."""
    with held(paused, "within") as connection:
        begun = connection.recv(65536)
        connection.sendall(b"no HTTP at all\r\n\r\n")
        release(paused)
        stream, end, refusal = (begun + read_all(connection)).partition(b"\r\n0\r\n\r\n")
    head, _, rest = stream.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert fold(events(dechunk(rest + end)))["choices"][0]["message"]["content"] == "Hello."
    assert refusal.startswith(b"HTTP/1.1 400 ")


CHUNKED = b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("is_half_closed", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("garbage", [b"no HTTP at all\r\n\r\n", CHUNKED + b"2\r\n{}\r\nzz\r\n", OFFER + b"\r\n" * 2])
def test_requests__before_bytes_that_are_none_are_answered_first(
    server: LiveServer, garbage: bytes, count: int, is_half_closed: bool
) -> None:
    with connect(server) as connection:
        connection.sendall(request(b"{}", OFFER) * count + garbage)
        if is_half_closed:
            connection.shutdown(socket.SHUT_WR)
        answers = read_all(connection).removeprefix(CONTINUE_RESPONSE).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200"] * count + [b"400"]
    assert [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in answers[:-1]] == [MOCK] * count


PAUSED = """\
version: 1
rules:
- {match: {last_user: first}, hold: {gate: gate, timeout_ms: 3600000}, reply: Hello.}
- {hold: {gate: gate, timeout_ms: 3600000, after_tokens: 1}, reply: Hello.}
"""


paused = serving(script=PAUSED, **QUICK)
"""A server whose answers wait at a gate: before they begin, or within."""


def held(server: LiveServer, text: str, count: int = 1) -> socket.socket:
    """Return a connection whose request waits at the gate, with it so many."""
    connection = connect(server)
    body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": text}]}
    connection.sendall(request(json.dumps(body).encode()))
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with urllib.request.urlopen(f"{server.url}/_mock/gates", timeout=PATIENCE) as response:
            if json.load(response)["gates"] == {"gate": count}:
                return connection
        time.sleep(0.05)
    raise AssertionError("nothing waits at the gate")


def release(server: LiveServer) -> None:
    """Open the gate."""
    request = urllib.request.Request(f"{server.url}/_mock/gates/gate/release", method="POST")
    urllib.request.urlopen(request, timeout=PATIENCE).close()


@pytest.mark.parametrize("where", ["first", "within"])
def test_client__that_is_silent_is_asked_whether_it_has_left(paused: LiveServer, where: str) -> None:
    """What it is asked with is no part of its response."""
    with held(paused, where) as connection:
        connection.shutdown(socket.SHUT_WR)
        time.sleep(1.5)  # the gate is held until it was asked
        release(paused)
        answer = read_all(connection).removeprefix(CONTINUE_RESPONSE)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert fold(events(dechunk(rest)))["choices"][0]["message"]["content"] == "Hello."


@pytest.mark.parametrize("where", ["first", "within"])
def test_client__that_leaves_in_a_silence_is_noticed(paused: LiveServer, where: str) -> None:
    before = len(paused.log)
    held(paused, where).close()
    paused.wait_for("client left", since=before)


SCRIPT = """\
version: 1
defaults: {validate: false}
rules:
  - reply:
      body:
        id: x
        object: chat.completion
        created: 1
        choices: [{index: 0, message: {role: assistant, content: "TEXT"}, finish_reason: stop}]
        usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}
"""


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server whose streams, of 18 MB, cannot end before their client reads them."""
    file = tmp_path_factory.mktemp("endless") / "long.yaml"
    file.write_text(SCRIPT.replace("TEXT", "word " * 120_000))
    return {"MOCK_SCRIPT": str(file), "MOCK_TTFT_MS": "0", "MOCK_ITL_MS": "0", "LOG_CHUNKS": "false"}


def test_client__that_stops_reading_is_waited_for(endless: dict[str, str]) -> None:
    with LiveServer(SHUTDOWN_TIMEOUT="0", **endless) as server, ExitStack() as stack:
        first, second = stack.enter_context(connect(server)), stack.enter_context(connect(server))
        for connection in (first, second):
            connection.sendall(request(b'{"stream":true}'))
            connection.recv(1)
        time.sleep(0.5)
        with connect(server) as other:
            other.sendall(request())
            assert read_response(other)[0].startswith(b"HTTP/1.1 200"), "the others are served meanwhile"
        first.close()
        sent = server.wait_for(r"stream chunks=\d+ (\d+)B .* client left")
        assert int(sent[1]) < 12_000_000, "of 18 MB it wrote no more than the kernel's buffers took"
        assert server.stop() == 0, "not even a reader that has stopped holds up the shutdown"


@pytest.mark.parametrize(
    "command",
    [("manage.py", "serve", "--port", "0"), APPLICATION],
    ids=["serve", "uvicorn"],
)
def test_sigterm__open_streams_end_idle_connections_close_and_nothing_new_is_taken(
    command: tuple[str, ...], endless: dict[str, str]
) -> None:
    with (
        LiveServer(*command, SHUTDOWN_TIMEOUT="3600", **endless) as server,
        connect(server) as idle,
        connect(server) as stream,
    ):
        idle.sendall(request())
        read_response(idle)
        stream.sendall(request(b'{"stream":true}'))
        stream.recv(1)
        server.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b"", "the idle connection closes, while the stream waits to be read"
        assert not any(" 200 stream " in line for line in server.log)
        with pytest.raises(ConnectionError):
            connect(server)
        assert read_all(stream).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        assert server.process.wait(timeout=PATIENCE) == 0


@pytest.fixture
def hangup(request: pytest.FixtureRequest) -> Iterator[None]:
    """What this process, and so a server that it starts, does at SIGHUP; the tests themselves may run under `nohup`."""
    before = signal.signal(signal.SIGHUP, request.param)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP")
@pytest.mark.parametrize("hangup", [signal.SIG_DFL], indirect=True)
@pytest.mark.usefixtures("hangup")
def test_sighup__ends_the_server_as_sigterm_does(endless: dict[str, str]) -> None:
    with LiveServer(SHUTDOWN_TIMEOUT="3600", **endless) as server, connect(server) as stream:
        stream.sendall(request(b'{"stream":true}'))
        stream.recv(1)
        server.process.send_signal(signal.SIGHUP)
        assert read_all(stream).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        assert server.process.wait(timeout=PATIENCE) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP")
@pytest.mark.parametrize("hangup", [signal.SIG_IGN], indirect=True)
@pytest.mark.usefixtures("hangup")
def test_sighup__is_ignored_under_nohup() -> None:
    with LiveServer() as server:
        server.process.send_signal(signal.SIGHUP)
        with urllib.request.urlopen(f"{server.url}/_mock/health") as answer:
            assert answer.status == 200


def test_server__runs_with_its_standard_streams_closed() -> None:
    """As some supervisors start programs; a connection with the number of one of them would abort the process."""
    serve = [sys.executable, "manage.py", "serve", "--port", "0"]
    closing = f"import os; os.close(0); os.execv({sys.executable!r}, {serve})"
    with LiveServer("-c", closing) as server:
        for _ in range(2):
            with connect(server) as connection:
                connection.sendall(request(b'{"stream":true}', CLOSE))
                assert read_all(connection).endswith(b"0\r\n\r\n")
        assert server.stop() == 0
        assert not any("Assertion" in line for line in server.log), server.log
    check = f"exec {sys.executable} -m mocksite check 0<&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", check], cwd=ROOT, check=False).returncode == 0


def test_sigint__ends_without_a_traceback_whatever_is_open() -> None:
    with LiveServer(SHUTDOWN_TIMEOUT="1") as server, connect(server) as waiting:
        waiting.sendall(b"GET /_mock/exchanges/wait?timeout_ms=600000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        urllib.request.urlopen(f"{server.url}/_mock/health").close()  # the other request has been read before
        server.process.send_signal(signal.SIGINT)
        server.wait_for("Finished server process")
        server.process.wait(timeout=PATIENCE)
        read_all(waiting)
        assert [line for line in server.log if "Traceback" in line] == []


def test_sigterm__streams_that_do_not_end_are_cut_after_the_timeout() -> None:
    environment = {"MOCK_TTFT_MS": "0", "MOCK_ITL_MS": "3600000", "SHUTDOWN_TIMEOUT": "1"}
    with LiveServer(**environment) as server, connect(server) as stream:
        stream.sendall(request(b'{"stream":true}'))
        server.wait_for("chunks 1-2/8")
        assert server.stop() == 0
        assert not read_all(stream).endswith(b"0\r\n\r\n")
        server.wait_for("stopped with the server")
        assert not any("Traceback" in line for line in server.log)


@pytest.mark.parametrize(
    "signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)], ids=["sigterm", "ctrl-c twice"]
)
def test_end__what_has_no_answer_by_then_is_refused(signals: tuple[signal.Signals, ...]) -> None:
    rule = {"hold": {"gate": "gate", "timeout_ms": 3600000}, "reply": "Hello."}
    script = json.dumps({"version": 1, "defaults": {"validate": False}, "rules": [rule]})
    with (
        LiveServer(script=script, SHUTDOWN_TIMEOUT="1" if len(signals) == 1 else "600") as server,
        ExitStack() as stack,
    ):
        unfinished = stack.enter_context(connect(server))
        unfinished.sendall(request(b"{}")[:-1])
        waiting = [stack.enter_context(held(server, "Hi", count)) for count in (1, 2)]
        for each in signals:
            server.process.send_signal(each)
            server.wait_for("Shutting down")
        for connection in (*waiting, unfinished):
            head, _, body = read_all(connection).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 ")
            assert json.loads(body)["error"]["code"] == "server_stopped"
            id = re.search(rb"x-request-id: \S+(\S{8})", head)
            assert id
            server.wait_for(rf"POST /v1/chat/completions 503.* {id[1].decode()} stopped with the server$")
        assert server.process.wait(PATIENCE) == 0
        assert not any("Traceback" in line for line in server.log)


def test_log__tells_what_happened_in_json() -> None:
    settings = {"LOG_FORMAT": "json", "LOG_LEVL": "INFO", "MOCK_TTFT_MS": "1", "MOCK_ITL_MS": "1"}
    with LiveServer(**settings) as server, connect(server) as connection:
        connection.sendall(request(b'{"stream":true,"model":"gpt-4o"}', CLOSE))
        read_all(connection)
        server.wait_for('"event":"request"')
        lines = [json.loads(line) for line in server.log]
        (doubt,) = (line["message"] for line in lines if line["level"] == "WARNING")
        assert doubt == "LOG_LEVL is set, and there is no such setting. Did you mean LOG_LEVEL?"
        told = [line for line in lines if line.get("event") == "chunks"]
        numbers = [number for line in told for number in range(line["first"], line["last"] + 1)]
        (last,) = (line for line in lines if line.get("event") == "request")
        assert numbers == list(range(1, 9))
        assert (last["model"], last["stream"], last["chunks"], last["status"]) == ("gpt-4o", True, 8, 200)
        assert {line["request_id"] for line in lines if "request_id" in line} == {last["request_id"]}
