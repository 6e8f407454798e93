"""Each fault of the clients' tables comes over the socket: `fine` there says that a client took it well."""

import json
import re
import socket
import time
from typing import NamedTuple

import pytest

from tests.clients.asking import SILENT, model
from tests.clients.sightings import STREAMED, WHOLE
from tests.patience import PATIENCE
from tests.server import LiveServer

SILENCE = 1.0
"""Seconds without a byte after which nothing more is expected of a fault that goes silent."""

AT_LEAST = {
    "slow_headers; ms=50": 0.05,
    "stall; ms=50": 0.05,
    "hang; ms=50": 0.05,
    "drip; bytes_per_second=20000": 0.05,
}
"""Seconds that an answer takes with the faults that are about time, whatever the machine."""

CHANGING = re.compile(rb'"(?:id|created|obfuscation)":(?:"[^"]*"|\d+)')
"""What differs between two answers to the same request."""


class Came(NamedTuple):
    """What came over a socket: the status line, the media type, the body, its pieces, and how it ended."""

    status: str
    media_type: str
    body: bytes
    pieces: tuple[int, ...]
    end: str


def ask(server: LiveServer, name: str, *, fault: str = "", stream: bool) -> tuple[Came, float]:
    """Return what comes, and after how many seconds the last of it does."""
    messages = [{"role": "user", "content": "Hello"}]
    data = json.dumps({"model": name, "messages": messages, "stream": stream}).encode()
    headers = {"Host": server.host, "Content-Length": str(len(data)), "Connection": "close"}
    headers |= {"X-Mock-Fault": fault} if fault else {}
    head = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    begun, silence = time.monotonic(), SILENCE if fault in SILENT else PATIENCE
    with socket.create_connection((server.host, server.port), timeout=silence) as connection:
        connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\n{head}\r\n".encode() + data)
        came, end = _all_of(connection)
    return _read(came, end), time.monotonic() - begun


def _all_of(connection: socket.socket) -> tuple[bytes, str]:
    came = b""
    try:
        while part := connection.recv(65536):
            came += part
    except TimeoutError:
        return came, "silent"
    except ConnectionResetError:
        return came, "reset"
    return came, "closed"


def _read(came: bytes, end: str) -> Came:
    top, _, body = came.partition(b"\r\n\r\n")
    status, *lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    pieces: list[bytes] = [body]
    if headers.get("transfer-encoding") == "chunked":
        pieces, is_whole = _pieces(body)
        end = "whole" if is_whole else end
    body = CHANGING.sub(b"", b"".join(pieces))
    return Came(status, headers.get("content-type", ""), body, tuple(map(len, pieces)), end)


def _pieces(data: bytes) -> tuple[list[bytes], bool]:
    """Return the pieces of a chunked body, and whether its end has come."""
    found: list[bytes] = []
    while b"\r\n" in data:
        size, _, data = data.partition(b"\r\n")
        if not (length := int(size, 16)):
            return found, True
        found.append(data[:length])
        data = data[length + 2 :]
    return found, False


def plain(server: LiveServer, name: str, *, stream: bool) -> Came:
    """Return what comes without a fault, which is the same each time but for the pieces of a stream."""
    first, second = (ask(server, name, stream=stream)[0] for _ in range(2))
    assert first._replace(pieces=()) == second._replace(pieces=())
    return first


FAULTS = [(fault, stream) for stream, table in ((False, WHOLE), (True, STREAMED)) for fault in table]


@pytest.mark.parametrize(("fault", "stream"), FAULTS)
def test_fault__is_on_the_line(scripted: LiveServer, fault: str, stream: bool) -> None:
    right = plain(scripted, model(fault), stream=stream)
    came, seconds = ask(scripted, model(fault), fault=fault, stream=stream)
    if fault in AT_LEAST:
        assert seconds >= AT_LEAST[fault]
    elif fault == "split_bytes":
        assert set(came.pieces[:-1]) <= set(range(1, 8))
        assert came.body == right.body
    else:
        assert came._replace(pieces=()) != right._replace(pieces=())
