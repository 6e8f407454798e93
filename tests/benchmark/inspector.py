"""What the inspector costs: the API's CPU while the live list is open, and how soon the page is there.

The follower is what the page has open, without the browser, whose own work on the same cores would be measured else.
"""

import asyncio
import time
from statistics import median

import httpx

from tests.benchmark.load import drive
from tests.benchmark.report import Target, table
from tests.benchmark.servers import HOST, Server
from tests.benchmark.wire import request

KEPT = 10_000
"""Exchanges in the journal, which is as many as it keeps, when the page is opened."""

OPENED = 10


async def measure(server: Server, rounds: int, seconds: float) -> list[Target]:
    """Ask with the list closed and open, in turns; then open the page."""
    asked = request(server.port)
    closed, opened, ratios = [], [], []
    url = f"http://{HOST}:{server.port}/_mock/"
    async with httpx.AsyncClient(timeout=60) as client:
        await drive(server, asked, seconds)
        for _ in range(rounds):
            alone = await drive(server, asked, seconds)
            follower = asyncio.create_task(_follow(f"{url}exchanges/events"))
            await asyncio.sleep(0.1)
            watched = await drive(server, asked, seconds)
            follower.cancel()
            closed.append(alone.rate)
            opened.append(watched.rate)
            ratios.append(watched.cost / alone.cost)
        while (await client.get(f"{url}exchanges/count")).json()["count"] < KEPT:
            await drive(server, asked, seconds)
        paints = [await _open(client, url) for _ in range(OPENED)]
    rows = [("list closed", [median(closed)]), ("list open", [median(opened)])]
    print(table("The inspector", ["answers/s"], rows))
    return [
        Target("CPU of an answer with the inspector's list open, against closed", median(ratios), 1.1, "x"),
        Target("the list's page with 10,000 exchanges, median", median(paints) * 1000, 200, " ms"),
    ]


async def _follow(url: str) -> None:
    async with httpx.AsyncClient(timeout=None) as client, client.stream("GET", url) as response:
        async for _ in response.aiter_raw():
            pass


async def _open(client: httpx.AsyncClient, url: str) -> float:
    begun = time.perf_counter()
    (await client.get(url)).raise_for_status()
    return time.perf_counter() - begun
