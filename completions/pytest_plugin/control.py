"""The client of the control API, over connections that stay open; any thread may use it."""

import json
import socket
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode

from completions.exceptions import ControlError
from completions.pytest_plugin.address import HOST
from completions.script.text.as_json import as_json

__tracebackhide__ = True  # in the reports of failed tests

TIMEOUT = 30.0
"""Seconds that an answer may take, on top of what the server was told to wait."""


class Control:
    """The control API of a server on this machine. Errors: `ControlError`, and `OSError` where nobody answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[HTTPConnection] = []
        self._notices: HTTPConnection | None = None

    def ask(
        self, method: str, path: str, query: Mapping[str, object] | None = None, body: object = None, waits: float = 0.0
    ) -> Any:
        """Send a request, whose body is a text or a value that is sent as JSON, and return the answer's JSON."""
        address = f"{quote(path)}?{urlencode(query)}" if query else quote(path)
        sent = None if body is None else (body if isinstance(body, str) else as_json(body)).encode()
        idle = self._idle.pop() if self._idle else None
        connection = self._send(idle, method, address, sent, TIMEOUT + waits)
        response, received = _received(connection)
        self._idle.append(connection)
        try:
            document = json.loads(received)
        except ValueError:
            document = received.decode(errors="replace")
        if response.status >= 400:
            error = ControlError(response.status, document)
            if not isinstance(body, str):
                error.place("pushed:1: ", "")  # a value, of which only this module has seen the line
            raise error
        return document

    def tell(self, method: str, path: str) -> None:
        """Send a request whose answer nobody needs. It is not waited for, unless the one before is still to come."""
        if self._notices is not None:
            _received(self._notices)
        self._notices = self._send(self._notices, method, quote(path), None, TIMEOUT)

    def close(self) -> None:
        """Close the connections."""
        for connection in (*self._idle, self._notices):
            if connection is not None:
                connection.close()
        self._idle, self._notices = [], None

    def _send(
        self, connection: HTTPConnection | None, method: str, address: str, body: bytes | None, timeout: float
    ) -> HTTPConnection:
        """Send a request over an idle connection, or a new one; return it."""
        if connection is None or not _is_open(connection):
            connection = HTTPConnection(HOST, self._port, timeout=timeout)
        try:
            if connection.sock is not None:
                connection.sock.settimeout(timeout)
            connection.request(method, address, body)
        except BaseException:
            connection.close()
            raise
        return connection


def _received(connection: HTTPConnection) -> tuple[HTTPResponse, bytes]:
    """Wait for the answer to the request that was sent."""
    try:
        response = connection.getresponse()
        return response, response.read()
    except HTTPException as exc:
        connection.close()
        raise ConnectionError(str(exc) or type(exc).__name__) from exc
    except BaseException:
        connection.close()
        raise


def _is_open(connection: HTTPConnection) -> bool:
    """Say whether the server still holds the connection, which it closes after some seconds without a request."""
    if connection.sock is None:
        return False
    connection.sock.settimeout(0)
    try:
        connection.sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        pass
    connection.close()
    return False
