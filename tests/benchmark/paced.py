"""Many paced streams at once: how late their chunks come, as their clients see it."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmark.clients import Client, all_done, connected
from tests.benchmark.pace import CHUNKS, FRAMES, STEADY
from tests.benchmark.servers import Server, machine_cpu

STREAMS = 300
SPREAD = 1.0
"""Seconds over which the streams start, at random moments: together they would only measure one burst."""

SEED = 1
_MARK = b"data: "


@dataclass(frozen=True)
class Lateness:
    """How late the chunks of one run came, in ms; `drifts` are each stream's last lateness minus its first.

    `cpu` is the server's CPU in µs per chunk; `generator` and `others` are the shares of a core that the measuring
    itself and everything else on the machine took: where `others` is large, lateness is not the server's alone.
    """

    chunks: list[float]
    drifts: list[float]
    cpu: float
    generator: float
    others: float


class Listening(Client):
    """One stream: notes after each read how many frames have come, and when."""

    def __init__(self, request: bytes, due: Sequence[float]) -> None:
        super().__init__(request)
        self._due = due
        self.reads: list[tuple[int, float]] = []
        self.sent = 0.0
        self._frames = 0
        self._tail = b""

    def ask(self) -> None:
        """Send the request; the chunks are due from now."""
        self.sent = time.monotonic()
        super().ask()

    def data_received(self, data: bytes) -> None:
        """Count the frames that begin in this read, or in the end of the one before."""
        now = time.monotonic()
        data = self._tail + data
        self._tail = data[-len(_MARK) + 1 :]
        self._frames += data.count(_MARK)
        self.reads.append((self._frames, now))
        if self._frames >= FRAMES:
            self.finish()

    def lateness(self) -> list[float]:
        """Return the ms from each chunk's due time to the read that brought it."""
        late = []
        first = 0
        for frames, moment in self.reads:
            late += [(moment - self.sent - self._due[frame]) * 1000 for frame in range(first, min(frames, CHUNKS))]
            first = frames
        return late


class Opened(Client):
    """One stream that is held: done as soon as its first bytes have come, and kept open."""

    def data_received(self, data: bytes) -> None:
        """Note that the stream has begun."""
        self.finish()


async def listen(server: Server, request: bytes, due: Sequence[float] = STEADY, streams: int = STREAMS) -> Lateness:
    """Hold all streams at once, and return how late their chunks came."""
    loop, dice = asyncio.get_running_loop(), random.Random(SEED)
    async with connected(server, lambda: Listening(request, due), streams) as clients:
        before = _clocks(server)
        for client in clients:
            loop.call_later(dice.uniform(0, SPREAD), client.ask)
        await all_done(clients, SPREAD + due[-1])
        took, cpu, own, machine = (after - early for after, early in zip(_clocks(server), before, strict=True))
    late = [client.lateness() for client in clients]
    return Lateness(
        chunks=[ms for stream in late for ms in stream],
        drifts=[stream[-1] - stream[0] for stream in late],
        cpu=cpu / (streams * CHUNKS) * 1e6,
        generator=own / took,
        others=max(machine - own - cpu, 0) / took,
    )


def _clocks(server: Server) -> tuple[float, float, float, float]:
    """Return seconds: the time, and the CPU used by the server, by this process, and by the whole machine."""
    return time.monotonic(), server.cpu(), time.process_time(), machine_cpu()
