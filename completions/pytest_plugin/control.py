"""The client of the control API, over connections that stay open; any thread may use it."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from completions.script.as_json import as_json

TIMEOUT = 30.0
"""Seconds that an answer may take, on top of what the server was told to wait."""


class ControlError(Exception):
    """What the control API refused, in its own words; `document` is its answer."""

    def __init__(self, status: int, document: Any) -> None:
        error = document.get("error") if isinstance(document, dict) else None
        super().__init__(error["message"] if isinstance(error, dict) else f"status {status}: {document!r:.200}")
        self.status, self.document = status, document


class Control:
    """The control API of a server on this machine. Errors: `ControlError`, and `OSError` where nobody answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[http.client.HTTPConnection] = []

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        waits: float = 0.0,
    ) -> Any:
        """Send a request, whose body is a text or a value that is sent as JSON, and return the answer's JSON."""
        address = f"{quote(path)}?{urlencode(query)}" if query else quote(path)
        sent = None if body is None else (body if isinstance(body, str) else as_json(body)).encode()
        status, received = self._exchange(method, address, sent, TIMEOUT + waits)
        try:
            document = json.loads(received)
        except ValueError:
            document = received.decode(errors="replace")
        if status >= 400:
            raise ControlError(status, document)
        return document

    def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().close()

    def _exchange(self, method: str, address: str, body: bytes | None, timeout: float) -> tuple[int, bytes]:
        """Send one request; over a new connection where the server has closed the one that was kept."""
        kept = self._idle.pop() if self._idle else None
        try:
            return self._over(kept or self._connection(), method, address, body, timeout)
        except (http.client.HTTPException, ConnectionError) as exc:
            if kept is None:
                raise ConnectionError(str(exc) or type(exc).__name__) from exc
            return self._over(self._connection(), method, address, body, timeout)

    def _over(
        self, connection: http.client.HTTPConnection, method: str, address: str, body: bytes | None, timeout: float
    ) -> tuple[int, bytes]:
        try:
            connection.timeout = timeout
            if connection.sock is not None:
                connection.sock.settimeout(timeout)
            connection.request(method, address, body)
            response = connection.getresponse()
            received = response.status, response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return received

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port)
