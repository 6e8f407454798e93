"""A real HTTP/1.1 server on a raw socket: it plays bytes exactly as told and records what it saw.

A framework would refuse to send most of what these tests need: a chunk cut in the middle, a reset, a body
that is not what its headers say.
"""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

CRLF2 = b"\r\n\r\n"


class Play(Enum):
    """Things a server does other than send bytes."""

    HOLD = auto()  # keep the connection open and silent until the client goes away
    GATE = auto()  # wait until the test calls `go.set()`
    RESET = auto()  # cut the connection with a TCP RST


Step = bytes | Play | Callable[["Seen"], bytes]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class WireServer:
    """Answer every connection with one play, in order; the last one sticks."""

    requests: list[Seen] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    _plays: list[tuple[Step, ...]] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def play(self, *steps: Step) -> None:
        """Add one play: bytes to send, or made of the request, and `Play`s; then the connection closes."""
        self._plays.append(steps)

    def close(self) -> None:
        self.go.set()
        for sock in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that blocks on it
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                sock, _ = self._listener.accept()
                self._open.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:  # the client may go at any time
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            seen = _read_request(sock)
            if seen is None:
                return
            self.requests.append(seen)
            for step in self._plays[min(len(self.requests), len(self._plays)) - 1]:
                self._take(sock, seen, step)

    def _take(self, sock: socket.socket, seen: Seen, step: Step) -> None:
        if step is Play.HOLD:
            with contextlib.suppress(OSError):
                while sock.recv(65536):
                    pass
            self.hung_up.set()
        elif step is Play.GATE:
            self.go.wait()
        elif step is Play.RESET:
            # Lingering for zero seconds makes close() send RST instead of FIN.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            sock.sendall(step if isinstance(step, bytes) else step(seen))


def _read_request(sock: socket.socket) -> Seen | None:
    data = b""
    while CRLF2 not in data:
        received = sock.recv(65536)
        if not received:
            return None
        data += received
    head, _, body = data.partition(CRLF2)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += sock.recv(65536)
    method, path, _ = first.split(" ", 2)
    return Seen(method, path, headers, body)


def head(status: str = "200 OK", **headers: str) -> bytes:
    """Return the head of a response; `_` in a header's name stands for `-`."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return "".join([f"HTTP/1.1 {status}\r\nconnection: close\r\n", *lines, "\r\n"]).encode()


def reply(document: Any, status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole response; a document that is not bytes becomes JSON."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return head(status, **{"content_type": "application/json", "content_length": str(len(body))} | headers) + body


STREAM = head(content_type="text/event-stream", transfer_encoding="chunked")


def chunked(data: bytes) -> bytes:
    """Return `data` as one piece of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def event(document: Any, name: str | None = None) -> bytes:
    """Return one server-sent event."""
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(document).encode() + b"\n\n"


def stream(*events: bytes) -> bytes:
    """Return a whole chunked stream: head, events, end."""
    body = b"".join(events)
    return STREAM + (chunked(body) if body else b"") + END


def chunk(
    text: str | None = None, finish: str | None = None, *, index: int = 0, delta: Any = None, **more: Any
) -> bytes:
    """Return one chunk of a chat completion as an event; `more` replaces its own keys."""
    delta = {"content": text} if text is not None else delta or {}
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    document = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "choices": [choice]}
    return event(document | more)


def answer(text: object = "Hello", finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """Return a whole chat completion, without usage or model."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text} | message, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "choices": [choice]}


ROLE = chunk("", delta={"role": "assistant", "content": ""})
HELLO = (ROLE, chunk("Hel"), chunk("lo"))
FINISH = chunk(finish="stop")
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
GOOD_STREAM = stream(*HELLO, FINISH, chunk(choices=[], usage=USAGE), DONE)
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
