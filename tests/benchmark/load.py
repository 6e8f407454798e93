"""Load without pauses: keep-alive connections, each of which asks again as soon as it is answered."""

import asyncio
import re
import sys
import time
from dataclasses import dataclass

from tests.benchmark.clients import Client, all_done, connected
from tests.benchmark.servers import Server

CONNECTIONS = 16

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Sample:
    """What a server did in one turn: answers, the seconds they took, and the server's seconds of CPU."""

    answers: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    @property
    def cost(self) -> float:
        """The server's CPU per answer, in µs."""
        return self.cpu / self.answers * 1e6


class Asking(Client):
    """A client that asks again and again until it is `stopping`, or has asked as often as it is to."""

    def __init__(self, request: bytes) -> None:
        super().__init__(request)
        self.answers = 0
        self.stopping = False
        self.left = sys.maxsize
        self._pending = b""

    def data_received(self, data: bytes) -> None:
        """Count an answer when it is whole, and ask again."""
        if self._pending:
            data = self._pending + data
        if not _is_whole(data):
            self._pending = data
            return
        self._pending = b""
        if not data.startswith(b"HTTP/1.1 200 "):
            self.fail(f"the answer was {data[:200]!r}")
            return
        self.answers += 1
        if self.stopping or not self.left:
            self.finish()
        else:
            self.left -= 1
            self.ask()


def _is_whole(data: bytes) -> bool:
    """Tell whether these bytes are a whole response, by its length or the end of its chunked coding."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = _LENGTH.search(head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


SETTLED = 0.7
"""Seconds after the last answer for what a server does in the background: it writes its journal each half second."""

FEW = 8
"""Connections over which a fixed number of requests goes."""


async def ask_often(server: Server, request: bytes, count: int) -> float:
    """Ask so many times, and return the server's CPU per answer in µs: all of it, until it is idle again."""
    async with connected(server, lambda: Asking(request), FEW) as clients:
        cpu = server.cpu()
        for client in clients:
            client.left = count // FEW - 1
            client.ask()
        await all_done(clients, 0)
        await asyncio.sleep(SETTLED)
        return (server.cpu() - cpu) / sum(client.answers for client in clients) * 1e6


async def drive(server: Server, request: bytes, seconds: float) -> Sample:
    """Ask the server for `seconds` on all connections, and measure from the first request to the last answer."""
    async with connected(server, lambda: Asking(request), CONNECTIONS) as clients:
        cpu, begun = server.cpu(), time.perf_counter()
        for client in clients:
            client.ask()
        await asyncio.sleep(seconds)
        for client in clients:
            client.stopping = True
        await all_done(clients, 0)
        took, spent = time.perf_counter() - begun, server.cpu() - cpu
        return Sample(sum(client.answers for client in clients), took, spent)
