"""How rows are written to SQLite: many with one statement, in order, each as it is."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, DataError, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from pytest_django import DjangoDbBlocker, Settings

from completions import migrations
from completions.journal import queries
from completions.journal.exchange import Exchange
from completions.journal.queries import Filter
from completions.journal.rows import Row, WallClock, make_row
from completions.journal.store import MAX_BLOCK_BYTES, MAX_BLOCK_ROWS, Store
from tests.journal.database import journal_in, rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def store(file: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Store]:
    with journal_in(f"sqlite:///{file}", django_db_blocker):
        made = Store()
        made.open()
        yield made
        made.end()
        del connections[made.alias]  # this thread's, for the next database


def test_migrations__are_seen_by_other_processes_all_at_once(file: Path, django_db_blocker: DjangoDbBlocker) -> None:
    """Whoever saw some of them would apply the rest again, and meanwhile take columns away from those who write."""
    seen: set[int] = set()

    def look(execute: Any, *arguments: Any) -> Any:
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as other,
            suppress(sqlite3.OperationalError),
        ):
            seen.add(other.execute("SELECT COUNT(*) FROM django_migrations").fetchone()[0])
        return execute(*arguments)

    with journal_in(f"sqlite:///{file}", django_db_blocker):
        made = Store()
        with made.connection.execute_wrapper(look):
            made.open()
            made.connection.cursor().execute("SELECT 1")
        made.end()
        del connections[made.alias]
    assert seen - {0} == {len([*Path(migrations.__file__).parent.glob("0*.py")])}


def opened(file: Path, blocker: DjangoDbBlocker, older: str | None = None) -> list[set[tuple[object, ...]]]:
    """Open a journal, which may be there as an older migration left it; return its columns, indexes and migrations."""
    with journal_in(f"sqlite:///{file}", blocker):
        made = Store()
        if older is not None:
            executor = MigrationExecutor(made.connection)
            executor.loader = MigrationLoader(made.connection, replace_migrations=False)
            executor.migrate([("completions", older)])
        made.open()
        with made.connection.cursor() as cursor:
            cursor.execute("SELECT name, type, \"notnull\", pk FROM pragma_table_info('completions_exchange')")
            columns = set(cursor.fetchall())
            cursor.execute("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
            indexes = set(cursor.fetchall())
            cursor.execute("SELECT name FROM django_migrations WHERE app = 'completions'")
            done = set(cursor.fetchall())
        made.end()
        del connections[made.alias]
    return [columns, indexes, done]


@pytest.mark.parametrize("older", ["0001_exchange", "0003_search", "0008_ended"])
def test_migrations__make_of_an_older_journal_what_a_new_one_is(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, older: str
) -> None:
    new, changed = opened(tmp_path / "new", django_db_blocker), opened(tmp_path / "older", django_db_blocker, older)
    assert changed == new


@pytest.fixture
def statements(store: Store) -> list[int]:
    """The number of rows of each statement that writes any."""
    found: list[int] = []
    store.connection.connection.set_trace_callback(
        lambda sql: found.append(sql.count("), (") + 1) if sql.startswith("INSERT") else None
    )
    return found


def made(number: int, *, fault: bool = False, body: int = 0) -> Row:
    row = make_row(Exchange("POST", "/v1/chat/completions", request_id=f"req_{number}", request_body=b"x" * body))
    return row._replace(fault="hang", status=number) if fault else row._replace(status=number)


def numbers(file: Path) -> list[int]:
    return [row["status"] for row in rows(file)]


def test_rows__are_written_many_at_a_time_and_in_order(store: Store, file: Path, statements: list[int]) -> None:
    store.insert([made(number, fault=number % 40 == 7) for number in range(2 * MAX_BLOCK_ROWS + 11)])
    assert statements == [MAX_BLOCK_ROWS, MAX_BLOCK_ROWS, 8, 2, 1]
    assert numbers(file) == list(range(2 * MAX_BLOCK_ROWS + 11))
    assert [row["status"] for row in rows(file) if row["fault"] == "hang"] == [7, 47]


def test_rows__with_large_bodies_are_written_by_themselves(store: Store, file: Path, statements: list[int]) -> None:
    sizes = (10, MAX_BLOCK_BYTES, MAX_BLOCK_BYTES // 4, MAX_BLOCK_BYTES // 4, 10, 10)
    store.insert([made(number, body=size) for number, size in enumerate(sizes)])
    assert statements == [1, 1, 4]
    assert [len(row["request_body"]) for row in rows(file)] == list(sizes)


def test_rows__are_written_one_by_one_where_a_statement_takes_no_more(store: Store, file: Path) -> None:
    store.connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 2 * len(Row._fields) - 1)
    store._ready = False
    store.open()
    store.insert([made(number) for number in range(5)])
    assert numbers(file) == list(range(5))


def test_rows__whose_id_is_there_already_stay_as_they_are(store: Store, file: Path) -> None:
    store.insert([made(number) for number in range(3)])
    store.insert([made(number)._replace(path="/other") for number in range(1, 5)])
    assert [row["path"] for row in rows(file)] == ["/v1/chat/completions"] * 3 + ["/other"] * 2


def test_rows__of_which_one_is_refused_are_not_written_at_all(store: Store, file: Path) -> None:
    store.connection.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
    with pytest.raises(DataError):
        store.insert([made(0), made(1, body=200_000), made(2)])
    assert numbers(file) == []


def test_file__that_is_deleted_is_begun_anew(store: Store, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    store.insert([made(1)])
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    for number in (2, 3):
        store.open()
        store.insert([made(number)])
    assert numbers(file) == [2, 3]
    assert caplog.text.count("was deleted or replaced") == 1


def test_database__that_is_full_is_not_tried_again_and_again(
    file: Path, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread would sleep meanwhile, and whoever asks would wait for it."""
    slept = list[float]()
    with journal_in(f"sqlite:///{file}", django_db_blocker), monkeypatch.context() as patch:
        options = connections.settings["default"]["OPTIONS"]
        patch.setitem(options, "init_command", f"{options['init_command']};PRAGMA max_page_count=1")
        patch.setattr("completions.journal.store.time.sleep", slept.append)
        made = Store()
        with pytest.raises(DatabaseError, match="full"):
            made.open()
        made.end()
        del connections[made.alias]
    assert slept == []


async def test_exchanges__are_read_in_the_order_in_which_they_ended(store: Store, settings: Settings) -> None:
    """Each worker writes what it has now and then, so what ended first may be written last."""
    settings.JOURNAL = True
    names = ("a", "b", "c", "d", "e")
    ended = {
        name: Exchange("POST", "/v1/chat/completions", request_id=name, started=at) for at, name in enumerate(names)
    }
    for exchange in ended.values():
        exchange.ended = exchange.started + 0.5
    for worker in ("bd", "ace"):
        await queries.ask(partial(Store.insert, rows=[make_row(ended[name]) for name in worker]))
    assert await ids(Filter()) == ["e", "d", "c", "b", "a"]
    assert await ids(Filter(since="b")) == ["e", "d", "c"]
    assert await ids(Filter(since="e")) == []
    assert await ids(Filter(), limit=2, before="d") == ["c", "b"]


async def ids(filter: Filter, limit: int = 100, before: str | None = None) -> list[str]:
    return [each["id"] for each in await queries.listing(filter, limit, before)]


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_order__of_what_one_process_did_outlasts_its_clock_s_hiccups(
    monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """What is set anew counts from then on; what differs because the process had to wait between two looks does not."""
    clock, real = WallClock(), time.time
    first = clock.at(5.0)
    monkeypatch.setattr(time, "time", lambda: real() - 0.05)
    assert clock.at(5.0) == first
    monkeypatch.setattr(time, "time", lambda: real() + step)
    assert clock.at(5.0) == pytest.approx(first + step, abs=1)
