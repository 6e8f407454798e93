"""A server of a test that takes webhooks."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from tests.patience import PATIENCE


class Received(NamedTuple):
    """What a test's own server got."""

    body: bytes
    headers: dict[str, str]


class Receiver:
    """A server that takes webhooks, and answers them with these statuses in turn, and then with 200."""

    def __init__(self, url: str, statuses: list[int]) -> None:
        self.url, self.statuses = url, statuses
        self.received: queue.Queue[Received] = queue.Queue()

    def next(self) -> Received:
        """Return what came next."""
        return self.received.get(timeout=PATIENCE)


@contextmanager
def receiver(*statuses: int) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = there.statuses.pop(0) if there.statuses else 200
            self.send_response(status)
            if status == 302:
                self.send_header("location", there.url)
            self.send_header("content-length", "0")
            self.end_headers()
            there.received.put(Received(body, {name.lower(): value for name, value in self.headers.items()}))

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Receiver(f"http://127.0.0.1:{server.server_port}/hook", list(statuses))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
