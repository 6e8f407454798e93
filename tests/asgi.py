"""Drive an ASGI application in process, message by message."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from completions.receive.handler import Handler


@dataclass
class Answer:
    """What the application sent: the status, the headers by lower-case name, and the body's pieces."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    ended: bool = False

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)


def scope(method: str, path: str, headers: Mapping[str, str] | None = None, query: bytes = b"") -> dict[str, Any]:
    """Return an HTTP scope as uvicorn makes it."""
    named = {"host": "localhost", **(headers or {})}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()],
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 8000),
    }


class Connection:
    """One request to an application: its receive and send, and the answer as it comes.

    `gone` is for the test to set when the client leaves; `begun` is set when the first bytes of the body have come.
    """

    def __init__(self, *parts: bytes) -> None:
        self.answer = Answer()
        self.gone = asyncio.Event()
        self.begun = asyncio.Event()
        self.received = 0
        self._parts = list(parts or (b"",))

    async def receive(self) -> dict[str, Any]:
        """Give the body's parts, then wait for the client to leave."""
        self.received += 1
        if self._parts:
            part = self._parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start":
            self.answer.status = message["status"]
            self.answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            if message.get("body"):
                self.answer.pieces.append(message["body"])
                self.begun.set()
            self.answer.ended = not message.get("more_body", False)


async def call(
    app: Handler, method: str, path: str, *parts: bytes, headers: Mapping[str, str] | None = None, query: bytes = b""
) -> Answer:
    """Send one request and return the whole answer."""
    connection = Connection(*parts)
    await app(scope(method, path, headers, query), connection.receive, connection.send)
    return connection.answer
