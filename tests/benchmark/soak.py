"""The full load: as many requests as the server can take, one after another, and what that does to its memory."""

import asyncio
import re
import time
from pathlib import Path

import httpx
import uvloop

from tests.benchmark.load import SETTLED, ask_often
from tests.benchmark.ratios import ALONE, CASES, HUNDRED, MOCK, TEN, Case
from tests.benchmark.report import Target, table
from tests.benchmark.servers import HOST, Server, mock

REQUESTS = 60_000
LOOK_EVERY = 0.1
"""Seconds between two looks at the memory and the metrics."""

_DROPPED = re.compile(r"^mock_journal_dropped_total (\S+)", re.MULTILINE)


def measure_all(directory: Path) -> list[Target]:
    """Measure one server after another: the default script, ten rules, a stream of 100 at once."""
    targets = []
    for case in (case for case in CASES if case.name in (MOCK, TEN, HUNDRED)):
        environment = {}
        if case.script is not None:
            file = directory / f"soak {case.name}.yaml"
            file.write_text(case.script)
            environment["MOCK_SCRIPT"] = str(file)
        with mock(case.name, directory, **environment) as server:
            server.await_start()
            time.sleep(SETTLED)
            targets += uvloop.run(measure(server, case))
    return targets


async def measure(server: Server, case: Case) -> list[Target]:
    """Ask without a pause; print the memory, how long the metrics took meanwhile, and what the journal has dropped."""
    idle, begun = server.memory(), time.perf_counter()
    asking = asyncio.ensure_future(ask_often(server, case.request(server.port), REQUESTS))
    most, slowest = idle, 0.0
    async with httpx.AsyncClient(timeout=60) as client:
        while not asking.done():
            looked = time.perf_counter()
            text = (await client.get(f"http://{HOST}:{server.port}/_mock/metrics")).text
            slowest, most = max(slowest, time.perf_counter() - looked), max(most, server.memory())
            await asyncio.sleep(LOOK_EVERY)
    await asking
    rate = REQUESTS / (time.perf_counter() - begun)
    columns = ("requests/s", "idle MiB", "most MiB", "after MiB", "slowest metrics ms", "not kept")
    figures = (
        rate,
        idle,
        most,
        server.memory(),
        slowest * 1000,
        float(found[1] if (found := _DROPPED.search(text)) else 0),
    )
    print(table(f"{REQUESTS:,} requests without a pause", columns, [(case.name, figures)]), flush=True)
    return [
        Target(f"memory under full load / idle, {case.name}", most / idle, ALONE),
        Target(f"exchanges that the journal could not keep, {case.name}", figures[-1], 0),
    ]
