"""What passing on adds: the time to the first byte, and between two chunks, against asking the other server itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmark.report import Target, table
from tests.benchmark.servers import HOST, Server, mock
from tests.benchmark.wire import request

HUNDRED = str(Path(__file__).with_name("hundred.yaml"))
ITL_MS = 5

ASKED = 15
"""Streams of each server in a round."""


def start(directory: Path, stack: ExitStack) -> list[Server]:
    """Start the mock with a hundred chunks, and one that passes on to it; each has its journal."""
    pace = {"MOCK_SCRIPT": HUNDRED, "MOCK_TTFT_MS": "0", "MOCK_ITL_MS": str(ITL_MS)}
    direct = stack.enter_context(mock("asked itself", directory, **pace))
    direct.await_start()
    upstream = f"http://{HOST}:{direct.port}"
    relay = stack.enter_context(mock("passed on", directory, MOCK_SCRIPT="relay", MOCK_UPSTREAM=upstream))
    relay.await_start()
    return [direct, relay]


async def measure(servers: Sequence[Server], rounds: int) -> list[Target]:
    """Ask both in turns, a stream at a time, so that what the machine does besides meets both."""
    first: list[list[float]] = [[], []]
    late: list[list[float]] = [[], []]
    for _ in range(rounds):
        for _ in range(ASKED):
            for at, server in enumerate(servers):
                times = [when async for when in _stream(server)]
                first[at].append(times[0] * 1000)
                late[at].append((times[-1] - times[0]) * 1000)
    rows = [(server.name, [median(first[at]), median(late[at])]) for at, server in enumerate(servers)]
    print(table("Passing on, ms", ["first byte", "the rest"], rows), flush=True)
    added = median([relayed - direct for direct, relayed in zip(*first, strict=True)])
    rest = median([relayed - direct for direct, relayed in zip(*late, strict=True)])
    return [
        Target("what passing on adds to the first byte, median", added, 2, " ms"),
        Target("what passing on adds to the 99 chunks after it, median", rest, ITL_MS, " ms"),
    ]


async def _stream(server: Server) -> AsyncIterator[float]:
    """Ask for a stream, and yield when each of its pieces came, in seconds."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    begun = time.perf_counter()
    writer.write(request(server.port, stream=True))
    try:
        while piece := await reader.read(65536):
            yield time.perf_counter() - begun
            if piece.endswith(b"0\r\n\r\n"):
                break
    finally:
        writer.close()
