"""How many connections a server takes that a system allows only a few open files."""

import contextlib
import socket
import sys
import time

import pytest

from tests.patience import PATIENCE
from tests.server import LiveServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")

LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
sys.argv = ["manage.py", "serve", "--port", "0"]
runpy.run_path("manage.py", run_name="__main__")
"""


def answered(server: LiveServer, connections: int) -> int:
    """Open so many connections at once, and return how many of them are answered."""
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection((server.host, server.port), PATIENCE))
            for _ in range(connections)
        ]
        found = 0
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
                found += client.recv(15) == b"HTTP/1.1 200 OK"
    return found


def test_connections__are_as_many_as_the_system_allows_when_asked() -> None:
    with LiveServer("-c", LIMITED.format(soft=80, hard=500)) as server:
        assert answered(server, 200) == 200
        assert server.stop() == 0
    assert not [line for line in server.log if "ulimit" in line]


def test_connections__that_are_too_many_are_told_once_and_harm_nobody() -> None:
    with LiveServer("-c", LIMITED.format(soft=100, hard=100)) as server:
        with contextlib.ExitStack() as stack:
            for _ in range(60):
                stack.enter_context(socket.create_connection((server.host, server.port), PATIENCE))
            server.wait_for(r"WARNING \d+ connections are open, and this process may open 100 files \(ulimit -n\)")
            assert answered(server, 100) < 100
        until = time.monotonic() + PATIENCE
        while answered(server, 1) == 0:  # it has yet to see that the others have left
            assert time.monotonic() < until
            time.sleep(0.1)
        assert server.stop() == 0
    assert sum("ulimit" in line for line in server.log) == 1
