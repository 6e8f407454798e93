"""The journal in PostgreSQL, where the machine can start one."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib import request

import pytest
from django.db import connections, transaction
from pytest_django import DjangoDbBlocker, Settings

from completions.exceptions import JournalUnavailable
from completions.journal import figures, queries
from completions.journal.exchange import Exchange
from completions.journal.matching import MatchingExchanges
from completions.journal.queries import Filter
from completions.journal.rows import make_row
from completions.journal.store import Store
from completions.journal.writer import writer
from completions.receive.handler import Handler
from tests.asgi import call
from tests.journal.database import journal_in
from tests.patience import PATIENCE
from tests.server import LiveServer

CHAT = "/v1/chat/completions"
ALL = Filter()


class Postgres:
    """A PostgreSQL server of its own, in a folder of its own, on a free port. It refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._run("initdb", "--auth=trust", "--username=mock", "--no-sync", "--encoding=UTF8", "--locale=C")
        self.start()

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgres://mock@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-w", "-o", options, "-l", str(self.data / "log"), "start")

    def stop(self) -> None:
        """Stop, whoever is connected."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [program, "-D", str(self.data), *arguments]
        subprocess.run(command, user=self._user, cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    if not (shutil.which("initdb") and shutil.which("pg_ctl")):
        pytest.skip("there is no PostgreSQL on this machine (initdb and pg_ctl)")
    if os.getuid() == 0 and "postgres" not in (user.pw_name for user in pwd.getpwall()):
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.stop()


async def test_exchanges__come_back_as_they_were(
    postgres: Postgres, settings: Settings, django_db_blocker: DjangoDbBlocker
) -> None:
    settings.JOURNAL = True
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    settings.JOURNAL_KEEP = 2
    with journal_in(postgres.url, django_db_blocker):
        await call(Handler(), "POST", CHAT, b'{"model": "first"}')
        answer = await call(
            Handler(), "POST", CHAT, b'{"model": "a\\u0000b", "stream": true}', headers={"authorization": "k"}
        )
        broken = await call(Handler(), "POST", CHAT, b"\xff\x00")
        newest = await queries.listing(ALL)
        assert [each["id"] for each in newest] == [each.headers["x-request-id"] for each in (broken, answer)]
        found, _ = (await queries.listing_in_full(ALL, 2))[1]
        assert "".join(chunk["data"] for chunk in found["response"]["chunks"]).encode() == answer.body
        assert (found["model"], found["request"]["headers"]["authorization"]) == ("a\ufffdb", "[redacted]")
        assert await queries.count(Filter(since=newest[1]["time"], stream=True, unmatched=False)) == 1
        assert await queries.delete(ALL) == 2


async def test_figures__are_counted_there(
    postgres: Postgres, settings: Settings, django_db_blocker: DjangoDbBlocker
) -> None:
    settings.JOURNAL = True
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    with journal_in(postgres.url, django_db_blocker):
        await queries.delete(ALL)
        for stream in (b"true", b"true", b"false"):
            await call(Handler(), "POST", CHAT, b'{"model": "a", "stream": %b}' % stream)
        found = await figures.figures(ALL, 10)
        assert sum(step["requests"] for step in found["steps"]) == 3
        (model,) = found["by_model"]
        assert (model["model"], model["requests"], model["errors"]) == ("a", 3, 0)
        times = sorted(each["ttft_ms"] for each in await queries.listing(Filter(stream=True)))
        assert model["ttft_ms"] == {"p50": times[0], "p95": times[1]}
        assert [each["count"] for each in await figures.hits(ALL)] == [3]
        await queries.delete(ALL)


async def test_server__that_goes_away_and_comes_back(
    postgres: Postgres, settings: Settings, django_db_blocker: DjangoDbBlocker
) -> None:
    settings.JOURNAL = True
    with journal_in(postgres.url, django_db_blocker):
        await queries.delete(ALL)
        await call(Handler(), "POST", CHAT, b"{}")
        assert await queries.count(ALL) == 1
        postgres.stop()
        try:
            await call(Handler(), "POST", CHAT, b"{}")
            with pytest.raises(JournalUnavailable):
                await queries.count(ALL)
            assert writer.problem
        finally:
            postgres.start()
        assert await queries.count(ALL) == 2
        assert (writer.queued, writer.written, writer.dropped) == (0, 2, 0)


def test_rows__appear_in_the_order_of_their_ids(
    postgres: Postgres, settings: Settings, django_db_blocker: DjangoDbBlocker
) -> None:
    """Whoever has read up to a row, as the inspector's live list, would never see an earlier one that appears later."""
    settings.JOURNAL = True
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with journal_in(postgres.url, django_db_blocker), ThreadPoolExecutor(1) as pool:
        store = Store()
        store.open()
        with transaction.atomic():
            store.insert([make_row(Exchange("POST", CHAT, request_id="early"))])
            later = pool.submit(write, "late")
            until = time.monotonic() + PATIENCE
            with connections["default"].cursor() as cursor:
                while not later.done() and cursor.execute(waiting).fetchone() == (0,):
                    assert time.monotonic() < until
                    time.sleep(0.01)
            assert not later.done()
        later.result(timeout=PATIENCE)
        store.close()
        del connections["default"]  # this thread's, which the tests after this one would use


def test_tables__are_made_once_where_many_make_them(
    postgres: Postgres, settings: Settings, django_db_blocker: DjangoDbBlocker
) -> None:
    settings.JOURNAL = True
    with journal_in(postgres.url, django_db_blocker), ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            with connections["default"].cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            for opened in [pool.submit(write, f"row {number}") for number in range(4)]:
                opened.result(timeout=PATIENCE)
            with connections["default"].cursor() as cursor:
                assert cursor.execute("SELECT count(*) FROM completions_exchange").fetchone() == (4,)
        connections["default"].close()
        del connections["default"]


def write(name: str) -> None:
    """Write a row on a connection of this thread's own."""
    store = Store()
    store.open()
    store.insert([make_row(Exchange("POST", CHAT, request_id=name))])
    store.close()


async def test_workers__share_the_journal(
    postgres: Postgres, redis_url: str, settings: Settings, django_db_blocker: DjangoDbBlocker
) -> None:
    settings.JOURNAL = True
    told = {"DATABASE_URL": postgres.url, "STATE_URL": redis_url, "JOURNAL_FLUSH_MS": "20"}
    with ExitStack() as stack:
        stack.enter_context(journal_in(postgres.url, django_db_blocker))
        await queries.delete(ALL)
        server = stack.enter_context(LiveServer(**told, WORKERS="2"))

        for _ in range(10):
            (await asyncio.to_thread(request.urlopen, f"{server.url}{CHAT}", b"{}")).close()
        found = await MatchingExchanges(ALL).wait(10, 30)
        assert found is not None
        assert len(found) == 10
