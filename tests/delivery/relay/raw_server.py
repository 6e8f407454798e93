"""A raw server that answers as it is told, and keeps what it was sent."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.patience import PATIENCE


class Connection:
    """One connection with its request. `gone` is set once the client has left."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.gone = threading.Event()
        self.requests = 0
        self.read()

    def read(self) -> None:
        """Read a request: the connection's first, or another one."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (received := self._socket.recv(65536)):
                raise ConnectionError("The client has left.")
            data += received
        self.head, _, self.body = data.partition(b"\r\n\r\n")
        length = int((self.head.lower().partition(b"content-length:")[2].split() or [b"0"])[0])
        while len(self.body) < length:
            self.body += self._socket.recv(65536)
        self.requests += 1

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def chunk(self, data: bytes) -> None:
        """Send a chunk of a chunked body."""
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def reset(self) -> None:
        """End the connection with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def wait_until_gone(self) -> None:
        """Wait until the client has left."""
        self._socket.settimeout(PATIENCE)
        with suppress(ConnectionError):
            assert self._socket.recv(1) == b""
        self.gone.set()


Answering = Callable[[Connection], None]


SETTLING = 1.0
"""Seconds for which the next answer waits for connections under way, some of which only end with their tests."""


class RawServer:
    """What listens at `url`; `answer` is called for each connection."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._threads: list[threading.Thread] = []
        self.connections: list[Connection] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection = self._listening.accept()[0]
                thread = threading.Thread(target=self._one, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    @property
    def answer(self) -> Answering:
        """What answers; another is set once all connections are closed, so that none of them is used for it."""
        return self._answer

    @answer.setter
    def answer(self, answer: Answering) -> None:
        for thread in self._threads:
            thread.join(SETTLING)
        self._threads.clear()
        self._answer = answer

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            found = Connection(connection)
            self.connections.append(found)
            self.answer(found)

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()


@contextmanager
def raw_server(answer: Answering) -> Iterator[RawServer]:
    """Run a raw server."""
    server = RawServer(answer)
    try:
        yield server
    finally:
        server.close()
