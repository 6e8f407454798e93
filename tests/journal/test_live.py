"""The journal of a live server: what survives a signal, a lock, a broken database, and many workers."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from tests.forked import ROOT
from tests.journal.database import await_rows, rows
from tests.patience import PATIENCE
from tests.server import LiveServer

CHAT = "/v1/chat/completions"


def ask(server: LiveServer, times: int = 1, body: bytes = b'{"model": "m"}') -> list[str]:
    """Ask so many times, and return the requests' ids."""
    with closing(HTTPConnection(server.host, server.port, timeout=PATIENCE)) as connection:
        ids = []
        for _ in range(times):
            connection.request("POST", CHAT, body)
            response = connection.getresponse()
            response.read()
            assert response.status == 200
            ids.append(response.headers["x-request-id"])
    return ids


def live(file: Path, **environment: str) -> LiveServer:
    return LiveServer(DATABASE_URL=f"sqlite:///{file}", LOG_CHUNKS="false", **environment)


def kept(file: Path) -> list[str]:
    return [row["request_id"] for row in rows(file)]


def test_journal__is_written_by_itself_in_wal_mode(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with live(file, JOURNAL_FLUSH_MS="50") as server:
        ids = ask(server, 3)
        assert [row["request_id"] for row in await_rows(file, 3)] == ids
        assert file.with_name("journal.sqlite3-wal").exists()


def test_journal__is_flushed_at_shutdown(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with live(file, JOURNAL_FLUSH_MS="60000") as server:
        ids = ask(server, 300)
        assert server.stop() == 0
        assert kept(file)[-44:] == ids[-44:], "those that the first full batch left"
        assert kept(file) == ids


def test_stream__that_shutdown_stops_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with ExitStack() as stack:
        server = stack.enter_context(live(file, JOURNAL_FLUSH_MS="60000", MOCK_ITL_MS="60000", SHUTDOWN_TIMEOUT="0"))
        connection = stack.enter_context(closing(HTTPConnection(server.host, server.port, timeout=PATIENCE)))
        connection.request("POST", CHAT, b'{"stream": true}')
        connection.getresponse().read(10)
        assert server.stop() == 0
    (row,) = rows(file)
    assert (row["stream"], row["client_left"], row["tokens_sent"]) == (1, 0, 1)


def test_kill__loses_at_most_the_last_interval_and_corrupts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with live(file, JOURNAL_FLUSH_MS="200") as server:
        ids = ask(server, 50)
        await_rows(file, 50)
        ids += ask(server, 200)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    assert kept(file) == ids[: len(kept(file))], "no gap"
    assert len(kept(file)) >= 50
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    before = kept(file)
    with live(file, JOURNAL_FLUSH_MS="50") as server:
        after = ask(server)
        await_rows(file, len(before) + 1)
    assert kept(file) == before + after


def test_queue__that_is_full_drops_and_answers(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with live(file, JOURNAL_FLUSH_MS="20", JOURNAL_QUEUE="10") as server:
        ask(server)
        await_rows(file, 1)
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            ids = ask(server, 30)
            server.wait_for("The journal cannot be written, and is tried again every second: .*database is locked")
            other.rollback()
        server.wait_for(r"The journal can be written again; 20 exchanges were dropped so far\.")
        assert kept(file)[1:] == ids[:10]


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/journal.sqlite3", "postgres://nobody:none@127.0.0.1:1/nothing"]
)
def test_database__that_cannot_be_used_stops_no_answer(url: str) -> None:
    with LiveServer(DATABASE_URL=url, JOURNAL_FLUSH_MS="20") as server:
        server.wait_for("ERROR   The journal cannot be written, and is tried again every second: ")
        ask(server, 5)
        time.sleep(1.2)
        ask(server, 5)
        assert server.stop() == 0
        server.wait_for("ERROR   The journal could not write its last 10 exchanges: ")
        assert sum("cannot be written, and" in line for line in server.log) == 1, "it is said once"
        assert not any("Traceback" in line for line in server.log)


def test_database__that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    with live(tmp_path / "none" / "journal.sqlite3") as server:
        ask(server)
        server.wait_for(
            r"unable to open database file \(DATABASE_URL=\S+ puts it elsewhere, sqlite://:memory: in memory\)"
        )


def test_database__whose_driver_is_missing_is_told_and_stops_no_reader(tmp_path: Path) -> None:
    for name in ("psycopg", "psycopg2"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    url = "postgres://nobody:none@127.0.0.1:1/nothing"
    command = ("-m", "mocksite", "serve", "--port", "0")
    with LiveServer(*command, DATABASE_URL=url, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}") as server:
        server.wait_for(r'The journal cannot be written, .*psycopg module \(pip install "psycopg\[binary\]"\)')
        ask(server)
        answer = httpx.get(f"{server.url}/_mock/exchanges", timeout=PATIENCE)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "journal_unavailable")
        assert server.stop() == 0
        assert not any("Traceback" in line for line in server.log)


def test_database__that_appears_later_is_used(tmp_path: Path) -> None:
    file = tmp_path / "later" / "journal.sqlite3"
    with live(file, JOURNAL_FLUSH_MS="20") as server:
        ids = ask(server, 3)
        server.wait_for("The journal cannot be written, and is")
        file.parent.mkdir()
        assert [row["request_id"] for row in await_rows(file, 3)] == ids
        server.wait_for("The journal can be written again; 0 exchanges were dropped")


def _foreign(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE completions_exchange (id INTEGER PRIMARY KEY, other TEXT)")
        database.commit()


def _damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE a (b TEXT)")
        database.executemany("INSERT INTO a VALUES (?)", [("x" * 1000,)] * 100)
        database.commit()
    data = bytearray(file.read_bytes())
    data[100:4096] = b"\xff" * 3996  # the list of tables, behind the file's own header
    file.write_bytes(data)


def _text(file: Path) -> None:
    file.write_bytes(b"Dear diary, " * 1000)


@pytest.mark.parametrize("spoil", [_text, _foreign, _damaged])
def test_file__that_is_no_journal_is_set_aside(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    spoil(file)
    before = file.read_bytes()
    with live(file, JOURNAL_FLUSH_MS="20") as server:
        server.wait_for(f"The file {file} is not a journal of this version, or it is damaged: ")
        aside = Path(server.wait_for(r"It was renamed to (\S+), and a new journal was created\.")[1])
        ids = ask(server, 3)
        assert [row["request_id"] for row in await_rows(file, 3)] == ids
        assert not any("Traceback" in line for line in server.log)
    assert aside.parent == file.parent
    assert aside.read_bytes() == before or spoil is _foreign


def test_file__with_the_tables_of_others_stays(tmp_path: Path) -> None:
    file = tmp_path / "application.sqlite3"
    _foreign(file)
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE auth_user (id INTEGER PRIMARY KEY, name TEXT)")
        database.commit()
    with live(file, JOURNAL_FLUSH_MS="20") as server:
        server.wait_for(f"The journal cannot be written, and is tried again every second: {file}: ")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM auth_user").fetchall() == [(0,)]
    assert list(tmp_path.glob("*.broken*")) == []


def test_database__in_memory_leaves_no_file(tmp_path: Path) -> None:
    with LiveServer(DATABASE_URL="sqlite://:memory:", JOURNAL_FLUSH_MS="20") as server:
        ask(server, 3)
        assert server.stop() == 0
        assert not any("ERROR" in line for line in server.log)
    assert list(tmp_path.iterdir()) == []


def test_processes__that_start_together_migrate_once(tmp_path: Path, redis_url: str) -> None:
    file = tmp_path / "journal.sqlite3"
    with ExitStack() as stack:
        servers = [
            stack.enter_context(live(file, WORKERS="3", STATE_URL=redis_url, JOURNAL_FLUSH_MS="20")) for _ in range(2)
        ]
        ids = {each for server in servers for _ in range(10) for each in ask(server)}
        assert {row["request_id"] for row in await_rows(file, 20)} == ids
        assert not any("ERROR" in line for server in servers for line in server.log)


def test_off__leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    with live(file, JOURNAL="false", JOURNAL_FLUSH_MS="1") as server:
        ask(server)
        assert server.stop() == 0
    assert list(tmp_path.iterdir()) == []
