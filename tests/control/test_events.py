"""Exchanges as server-sent events: as they end, from a place on, until the server ends."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from completions.journal import queries
from completions.journal.queries import Filter
from completions.receive.handler import Handler
from tests.asgi import Connection, scope
from tests.control.client import ask, told
from tests.patience import PATIENCE
from tests.server import LiveServer


class Follower:
    """A client that follows, in process."""

    def __init__(self, query: str = "", **headers: str) -> None:
        self._connection = Connection()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = scope("GET", "/_mock/exchanges/events", named, query.encode())
        self._task = asyncio.create_task(Handler()(asked, self._connection.receive, self._connection.send))

    async def __aenter__(self) -> "Follower":
        await self._connection.begun.wait()
        assert self._connection.answer.status == 200
        assert self._connection.answer.headers["content-type"].startswith("text/event-stream")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._connection.gone.set()
        await self._task

    async def until(self, text: str) -> str:
        """Wait for a text, and return all that came."""
        while text not in (came := self._connection.answer.body.decode()):  # noqa: ASYNC110  # nothing else tells
            await asyncio.sleep(0.01)
        return came


def summaries(stream: str) -> list[str]:
    """Return what was asked, of all exchanges in a stream."""
    data: list[dict[str, Any]] = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    return [each["summary"] for document in data for each in document.get("exchanges", ())]


@pytest.mark.usefixtures("world")
async def test_events__come_as_exchanges_end() -> None:
    await ask("count before")
    async with Follower("since=2020-01-01") as old, Follower() as fresh:
        await ask("count one")
        await ask("count two", space="other")
        await ask("count three")
        assert summaries(await fresh.until("count three"))[-2:] == ["count one", "count three"]
        await old.until("count three")


@pytest.mark.usefixtures("world")
async def test_events__resume_after_the_last_that_was_seen() -> None:
    for text in ("count one", "count two", "count three"):
        await ask(text)
    (_, second, first) = (await told("GET", "exchanges"))["exchanges"]
    async with Follower(last_event_id=first["id"]) as follower:
        assert summaries(await follower.until("count three")) == ["count two", "count three"]
    async with Follower(f"since={first['id']}", last_event_id=second["id"]) as follower:
        assert summaries(await follower.until("count three")) == ["count three"]
    async with Follower(last_event_id="req_gone") as follower:
        assert len(summaries(await follower.until("count three"))) == 3


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("query", "param"),
    [("since=nonsense", "since"), ("since=", "since"), ("until=nonsense", "until"), ("until=req_1", "until")],
)
async def test_events__from_no_time_and_no_request_are_refused(query: str, param: str) -> None:
    connection = Connection()
    asked = scope("GET", "/_mock/exchanges/events", query=query.encode())
    task = asyncio.create_task(Handler()(asked, connection.receive, connection.send))
    await connection.begun.wait()
    connection.gone.set()
    await task
    assert connection.answer.status == 400
    told_of = json.loads(connection.answer.body)["error"]
    assert (told_of["param"], told_of["code"]) == (param, "invalid_parameter")


@pytest.mark.usefixtures("world")
async def test_events__keep_to_the_filters() -> None:
    await ask("count one")
    (first,) = (await told("GET", "exchanges"))["exchanges"]
    async with Follower(f"text=two&since={first['id']}") as follower:
        for text in ("count", "count two", "count"):
            await ask(text)
        assert summaries(await follower.until("two")) == ["count two"]


@pytest.mark.usefixtures("world")
async def test_events__tell_that_exchanges_were_deleted() -> None:
    await ask("count one")
    async with Follower(last_event_id=(await told("GET", "exchanges"))["exchanges"][0]["id"]) as follower:
        await told("DELETE", "exchanges")
        await follower.until("event: lost")
        await ask("count two")
        assert summaries(await follower.until("count two")) == ["count two"]


@pytest.mark.usefixtures("world")
async def test_events__of_very_many_are_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_FOLLOWED", 2)
    for number in range(5):
        await ask(f"count {number}")
    news = await anext(queries.follow(Filter("default"), await queries.place_of("req_gone")))
    assert [each["summary"] for each in news.exchanges] == ["count 3", "count 4"]
    assert (news.skipped, news.lost) == (3, False)
    async with Follower(last_event_id="req_gone") as follower:
        assert '"skipped":3}' in await follower.until("count 4")


@pytest.mark.usefixtures("world")
async def test_events__have_a_head() -> None:
    connection = Connection()
    await Handler()(scope("HEAD", "/_mock/exchanges/events"), connection.receive, connection.send)
    assert connection.answer.status == 200 and connection.answer.ended


def test_server__ends_though_somebody_follows() -> None:
    with LiveServer(SHUTDOWN_TIMEOUT="3600") as live:
        live.wait_for(rf"The inspector is at {live.url}/_mock/$")
        with (
            httpx.Client(verify=False, timeout=PATIENCE) as client,
            client.stream("GET", f"{live.url}/_mock/exchanges/events") as response,
        ):
            next(response.iter_bytes())
            assert live.stop() == 0
