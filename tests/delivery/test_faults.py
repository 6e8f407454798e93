"""Each fault on a live server, over raw sockets: the bytes that come, and how the connection ends."""

import json
import socket
import time
from collections.abc import Callable

import pytest

from completions.delivery.stream_faults import spoil
from completions.event import Event
from completions.faults import FAULTS, Stage, fault
from tests.document import MOCK, PIECES
from tests.patience import PATIENCE
from tests.server import LiveServer

WHOLE, BROKEN, RESET, OPEN = "whole", "closed within the response", "reset", "open"

SILENCE = 0.3
"""Seconds without a byte that count as silence, once all that is expected has come."""

Frames = list[bytes]


def ask(
    server: LiveServer, fault: str, stream: bool, header: str = "X-Mock-Fault", model: str = "gpt-4o"
) -> socket.socket:
    connection = socket.create_connection((server.host, server.port), timeout=PATIENCE)
    body = json.dumps({"stream": stream, "model": model}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}: {fault}\r\n"
    connection.sendall(head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    return connection


def heard(connection: socket.socket, expected: int | None = None) -> tuple[bytes, str]:
    """Return all bytes that come, and how the connection ends; with `expected`, whether it is open after so many."""
    data = b""
    if expected == 0:
        connection.settimeout(SILENCE)
    with connection:
        try:
            while piece := connection.recv(65536):
                data += piece
                if expected is not None and len(dechunked(data)[0]) >= expected:
                    connection.settimeout(SILENCE)
        except ConnectionResetError:
            return data, RESET
        except TimeoutError:
            return data, OPEN
    return data, WHOLE if dechunked(data)[1] else BROKEN


def dechunked(data: bytes) -> tuple[bytes, bool]:
    """Return a response's body, and whether it is whole by its headers."""
    head, _, rest = data.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head:
        return rest, f"content-length: {len(rest)}".encode() in head.lower()
    body = b""
    while rest and (size := int(rest.partition(b"\r\n")[0], 16)):
        rest = rest.partition(b"\r\n")[2]
        body, rest = body + rest[:size], rest[size + 2 :]
    return body, rest == b"0\r\n\r\n"


@pytest.fixture(scope="module")
def frames(server: LiveServer) -> Frames:
    """The events of an answer without a fault: an opening, six tokens, the finish, the terminator."""
    body, whole = dechunked(heard(ask(server, "no_done", True))[0])
    assert whole
    found = [frame + b"\n\n" for frame in body.split(b"\n\n")[:-1]]
    assert [json.loads(each[6:])["choices"][0]["delta"].get("content") for each in found] == ["", *PIECES, None]
    return [*found, b"data: [DONE]\n\n"]


ERROR = (
    b'{"message":"The server had an error while processing your request.",'
    b'"type":"server_error","param":null,"code":"server_error"}'
)


def two_thirds(frame: bytes) -> bytes:
    """Return a frame with the first two thirds of its document."""
    document = frame.removeprefix(b"data: ").rstrip()
    return b"data: " + document[: len(document) * 2 // 3] + b"\n\n"


Expect = Callable[[Frames], Frames]

STREAM_FAULTS: dict[str, tuple[Expect, str]] = {
    "disconnect": (lambda f: f[:2], BROKEN),
    "disconnect; after_tokens=0": (lambda f: f[:1], BROKEN),
    "disconnect; after_tokens=3": (lambda f: f[:4], BROKEN),
    "disconnect; after_tokens=6": (lambda f: f[:7], BROKEN),
    "disconnect; after_events=0": (lambda f: [], BROKEN),
    "disconnect; after_events=8": (lambda f: f[:8], BROKEN),
    "disconnect; after_events=9": (lambda f: f, BROKEN),
    "reset; after_tokens=2": (lambda f: f[:3], RESET),
    "reset; after_events=1": (lambda f: f[:1], RESET),
    "stall": (lambda f: f[:2], OPEN),
    "stall; ms=50; after_tokens=2": (lambda f: f, WHOLE),
    "error_object": (lambda f: [*f[:2], b'data: {"error":' + ERROR + b"}\n\n"], WHOLE),
    "error_event": (lambda f: [*f[:2], b'event: error\ndata: {"error":' + ERROR + b"}\n\n"], WHOLE),
    "error_event; flat=1; after_events=0": (lambda f: [b"event: error\ndata: " + ERROR + b"\n\n"], WHOLE),
    "no_finish": (lambda f: [*f[:7], f[8]], WHOLE),
    "no_done": (lambda f: f[:8], WHOLE),
    "malformed_chunk": (lambda f: [*f[:2], two_thirds(f[2]), *f[3:]], WHOLE),
    "malformed_chunk; after_events=9": (lambda f: [*f[:7], two_thirds(f[7]), f[8]], WHOLE),
    "bad_utf8": (lambda f: [*f[:2], f[2].replace(b'" is', b'"\xff\xfe is'), *f[3:]], WHOLE),
    "duplicate_chunk": (lambda f: [*f[:3], f[2], *f[3:]], WHOLE),
    "reorder": (lambda f: [*f[:2], f[3], f[2], *f[4:]], WHOLE),
    "reorder; after_events=9": (lambda f: [*f[:6], f[7], f[6], f[8]], WHOLE),
    "empty_stream": (lambda f: [], WHOLE),
    "crlf": (lambda f: [each.replace(b"\n", b"\r\n") for each in f], WHOLE),
    "comments": (lambda f: [b": keep-alive\n\n" + each for each in f], WHOLE),
    "split_bytes": (lambda f: f, WHOLE),
    "data_after_done": (lambda f: [*f, f[1]], WHOLE),
    "drip; bytes_per_second=20000": (lambda f: f, WHOLE),
    "slow_headers; ms=50": (lambda f: f, WHOLE),
}


def test_reorder__of_one_chunk_leaves_it() -> None:
    events = [Event(b"{}"), Event(b"[DONE]", chunk=False)]
    assert spoil(events, fault("reorder", {}), lambda sent: []) == events


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_stream__breaks_as_told(server: LiveServer, frames: Frames, fault: str) -> None:
    expect, how = STREAM_FAULTS[fault]
    expected = b"".join(expect(frames))
    before = len(server.log)
    data, ended = heard(ask(server, fault, True), len(expected) if how == OPEN else None)
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-type: text/event-stream\r\n" in data
    assert (dechunked(data)[0], ended) == (expected, how)
    server.wait_for(rf" 200 .*model=gpt-4o fault={fault.partition(';')[0]} stream ", since=before)


COMBINED: dict[str, tuple[Expect, str]] = {
    "no_done, crlf": (lambda f: [each.replace(b"\n", b"\r\n") for each in f[:8]], WHOLE),
    "duplicate_chunk, disconnect; after_events=4": (lambda f: [*f[:3], f[2]], BROKEN),
    "disconnect; after_events=4, comments": (lambda f: [b": keep-alive\n\n" + each for each in f[:4]], BROKEN),
    "malformed_chunk, malformed_chunk; after_tokens=2": (
        lambda f: [*f[:2], two_thirds(f[2]), two_thirds(f[3]), *f[4:]],
        WHOLE,
    ),
    "stall; after_events=9; ms=50, no_finish": (lambda f: [*f[:7], f[8]], WHOLE),
    "slow_headers; ms=20, error_object, split_bytes; bytes=50": (
        lambda f: [*f[:2], b'data: {"error":' + ERROR + b"}\n\n"],
        WHOLE,
    ),
}


@pytest.mark.parametrize("faults", COMBINED)
def test_stream__breaks_in_several_ways_at_once(server: LiveServer, frames: Frames, faults: str) -> None:
    expect, how = COMBINED[faults]
    before = len(server.log)
    data, ended = heard(ask(server, faults, True))
    assert (dechunked(data)[0], ended) == (b"".join(expect(frames)), how)
    names = ",".join(each.partition(";")[0].strip() for each in faults.split(","))
    server.wait_for(rf" 200 .*model=gpt-4o fault={names} stream ", since=before)


def test_stall__past_the_last_event_is_a_pause_before_the_end(server: LiveServer, frames: Frames) -> None:
    begun = time.monotonic()
    data, ended = heard(ask(server, "stall; after_events=9; ms=400", True))
    assert (data.count(b"[DONE]"), ended, time.monotonic() - begun >= 0.4) == (1, WHOLE, True)


def reads(connection: socket.socket) -> tuple[int, bytes]:
    """Return how many reads a response takes, and its bytes."""
    count, data = 0, b""
    with connection:
        while piece := connection.recv(65536):
            count, data = count + 1, data + piece
    return count, data


PAUSES = (20, 200, 1000)
"""Milliseconds between pieces; the next, where a busy machine has let more than one come before they were read."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_split_bytes__comes_in_as_many_reads(server: LiveServer, stream: bool) -> None:
    for pause in PAUSES:
        count, data = reads(ask(server, f"split_bytes; bytes=20; ms={pause}", stream))
        size = len(data.partition(b"\r\n\r\n")[2]) if not stream else len(dechunked(data)[0])
        if count > size / 20 * 0.7:
            break
    assert count > size / 20 * 0.7


def test_line__carries_errors_too(live: LiveServer) -> None:
    before = len(live.log)
    count, data = reads(ask(live, "split_bytes; bytes=20; ms=20", False))
    assert data.startswith(b"HTTP/1.1 503 ")
    assert json.loads(data.partition(b"\r\n\r\n")[2])["error"]["code"] == "service_unavailable"
    assert count > 4
    live.wait_for(r" 503 .*model=gpt-4o fault=split_bytes ", since=before)


BODY = json.dumps(MOCK, separators=(",", ":")).encode()
JSON = b"application/json"

BODY_FAULTS: dict[str, tuple[int, bytes, bytes]] = {
    "empty_body": (200, JSON, b""),
    "malformed_json": (200, JSON, BODY.replace(b":", b"=", 1)),
    "truncated_json": (200, JSON, BODY[: len(BODY) // 2]),
    "wrong_content_type": (200, b"text/html", BODY),
    "json_error_200": (200, JSON, b'{"error":' + ERROR + b"}"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", BODY_FAULTS)
def test_body__is_wrong_as_told(server: LiveServer, fault: str, stream: bool) -> None:
    status, media_type, body = BODY_FAULTS[fault]
    data, ended = heard(ask(server, fault, stream))
    assert data.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-type: " + media_type + b"\r\n" in data
    assert (data.partition(b"\r\n\r\n")[2], ended) == (body, WHOLE)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_html_error__is_a_proxys_page(server: LiveServer, stream: bool) -> None:
    data, ended = heard(ask(server, "html_error", stream))
    assert data.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"content-type: text/html\r\n" in data
    assert (b"<h1>502 Bad Gateway</h1>" in data, ended) == (True, WHOLE)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("fault", "how"), [("close", BROKEN), ("reset", RESET), ("hang; ms=50", BROKEN), ("hang", OPEN)]
)
def test_headers__never_come(server: LiveServer, fault: str, how: str, stream: bool) -> None:
    before = len(server.log)
    assert heard(ask(server, fault, stream), 0 if how == OPEN else None) == (b"", how)
    server.wait_for(rf" 0 .*model=gpt-4o fault={fault.partition(';')[0]} 0B", since=before)
    assert not any("ERROR" in line for line in server.log[before:]), "uvicorn has nothing to say of it"


def test_whole_answer__is_left_alone_by_a_streams_fault(live: LiveServer) -> None:
    before = len(live.log)
    data, ended = heard(ask(live, "a", False, "X-Other", "whole"))
    assert (data.partition(b"\r\n\r\n")[2].count(b'"content":"Whole."'), ended) == (1, WHOLE)
    live.wait_for(r"POST /v1/chat/completions 200 .*model=whole ineffective=disconnect ", since=before)


def test_table__is_proved_as_a_whole() -> None:
    proved = {name.partition(";")[0] for name in (*STREAM_FAULTS, *BODY_FAULTS)}
    assert proved | {"html_error", "close", "reset", "hang", "cut_tool_arguments"} == {
        name for name, spec in FAULTS.items() if spec.stage is not Stage.CONTENT
    }


def test_split_bytes__cuts_inside_characters(server: LiveServer, frames: Frames) -> None:
    data, _ = heard(ask(server, "split_bytes; bytes=3", True))
    sizes = [line for line in data.partition(b"\r\n\r\n")[2].split(b"\r\n") if line == b"3"]
    assert len(sizes) >= len(b"".join(frames)) // 3 - len(frames)


def test_error_header__is_an_honest_error(server: LiveServer) -> None:
    data, _ = heard(ask(server, "429; retry_after_ms=50; code=insufficient_quota", True, "X-Mock-Error"))
    assert data.startswith(b"HTTP/1.1 429 ")
    assert b"retry-after-ms: 50\r\nretry-after: 1\r\n" in data
    assert json.loads(dechunked(data)[0])["error"]["code"] == "insufficient_quota"


SCRIPT = """\
version: 1
defaults: {validate: false, pacing: {ttft_ms: 1, itl_ms: 1}}
rules:
  - match: {model: gpt-4o, stream: true}
    reply: {tool_calls: {name: add, arguments: {first: 1234, second: 5678}}}
    fault: cut_tool_arguments
  - match: {model: whole}
    reply: Whole.
    fault: disconnect
  - error: 503
    fault: {slow_headers: {ms: 10}}
"""


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("cut_tool_arguments; after_tokens=1", ""),
        ("cut_tool_arguments; after_tokens=3", '{"first'),
        ("no_done", '{"first":1234,"second":5678}'),
    ],
)
def test_cut_tool_arguments__break_off(live: LiveServer, fault: str, arguments: str) -> None:
    assert said(heard(ask(live, fault, True))[0]) == (arguments, "tool_calls")


def said(data: bytes) -> tuple[str, str]:
    """Return the arguments of a stream's tool call, and why it ended."""
    chunks = [json.loads(frame[6:]) for frame in dechunked(data)[0].split(b"\n\n") if frame[6:7] == b"{"]
    deltas = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    return "".join(call["function"]["arguments"] for call in deltas), chunks[-1]["choices"][0]["finish_reason"]


def test_rule__has_a_fault(live: LiveServer) -> None:
    arguments, reason = said(heard(ask(live, "a", True, "X-Other"))[0])
    assert '{"first":1234,"second":5678}'.startswith(arguments)
    assert (0 < len(arguments) < 20, reason) == (True, "tool_calls")
    data, _ = heard(ask(live, "a", False, "X-Other"))
    assert data.startswith(b"HTTP/1.1 503 ")
    live.wait_for(r" 503 .*model=gpt-4o fault=slow_headers ")


def test_error__is_spoilt_with_its_own_status(live: LiveServer) -> None:
    data, _ = heard(ask(live, "malformed_json", False))
    assert data.startswith(b"HTTP/1.1 503 ")
    assert data.partition(b"\r\n\r\n")[2].startswith(b'{"error"={"message"')


@pytest.mark.parametrize(
    "options", [("--http", "h11", "--loop", "asyncio"), ("--http", "httptools", "--loop", "asyncio")], ids=" ".join
)
def test_connection__ends_under_each_of_uvicorns_loops_and_parsers(options: tuple[str, ...]) -> None:
    command = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", *options)
    with LiveServer(*command, MOCK_TTFT_MS="1", MOCK_ITL_MS="1") as live:
        assert heard(ask(live, "close", False)) == (b"", BROKEN)
        assert heard(ask(live, "reset", False)) == (b"", RESET)
        for fault, how in (("disconnect", BROKEN), ("reset; after_tokens=1", RESET)):
            data, ended = heard(ask(live, fault, True))
            assert (dechunked(data)[0].count(b"data: "), ended) == (2, how)
        assert not any("ERROR" in line for line in live.log)
