"""The journal's database: its table, inserting rows, deleting the oldest. Used only in the writer's thread.

The connection is Django's for that thread, so that the whole ORM can be used there, and only there.
"""

import contextlib
import functools
import logging
import random
import re
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict

from completions.journal.rows import Row
from completions.models import Exchange

logger = logging.getLogger("completions")

APP = "completions"

OWN_TABLES = {Exchange._meta.db_table, "django_migrations", "sqlite_sequence"}
"""The tables of a file that contains only the journal."""

FOREIGN_TABLE = re.compile(r"has no column named|no such column|table \S+ already exists")
"""SQLite's errors where a table with our name has other columns."""

FIRST_COLUMNS = ("request_id", "namespace", "method", "path", "status")
"""Columns that the journal's table has had since the first version."""

LOCK_STATEMENT = f"SELECT pg_advisory_xact_lock(hashtext('{Exchange._meta.db_table}'))"
"""Lets servers that share a PostgreSQL database write one after the other, as SQLite does.

Otherwise rows could appear after later ones, and a reader that has read up to those would never see them.
"""

MAX_ATTEMPTS = 40
"""The most attempts at a migration while other processes migrate too; each waits about 50 ms for them."""


def journal_place() -> str:
    """Return a description of the journal's database: a file, or a database without its user and password."""
    database = connections.settings[router.db_for_write(Exchange)]
    name = str(database["NAME"])
    if not database["ENGINE"].endswith("sqlite3"):
        return f"the database {name!r} of {database.get('HOST') or 'this machine'}"
    return name if name == ":memory:" or name.startswith("file:") else str(Path(name).absolute())


def _file(connection: BaseDatabaseWrapper) -> Path | None:
    """Return the file of a SQLite database; None where it is in memory, or another database."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).absolute()


def _inode(file: Path | None) -> int | None:
    try:
        return None if file is None else file.stat().st_ino
    except OSError:
        return None


def stored(time: datetime) -> datetime:
    """Return a time in UTC in the form in which Django stores it."""
    return time if settings.USE_TZ else time.replace(tzinfo=None)


def _is_unusable_file(exc: Error) -> bool:
    """Whether an error means that a file is damaged, is no database, or has a foreign table with our name."""
    code = getattr(exc.__cause__, "sqlite_errorcode", None)
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or FOREIGN_TABLE.search(str(exc)) is not None


def _has_foreign_tables(file: Path) -> bool:
    """Whether a file is a readable database with tables that are not the journal's."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return not names <= OWN_TABLES


class Store:
    """The table of exchanges. Any method may raise Django's `Error`."""

    def __init__(self) -> None:
        self.alias = DEFAULT_DB_ALIAS
        self._ready = False
        self._statements: dict[tuple[int, bool], str] = {}
        self._max_block = 0
        self._utc_text = False
        self._inode: int | None = None
        self._opened: int | None = None

    @property
    def connection(self) -> BaseDatabaseWrapper:
        """The thread's connection."""
        return connections[self.alias]

    def open(self) -> None:
        """Connect and migrate, unless that is done and the file is still there."""
        if self._ready:
            if _inode(_file(self.connection)) == self._opened:
                return
            logger.warning(
                "The journal's file %s was deleted or replaced; new exchanges go to another file.", journal_place()
            )
            self.close()
        self.alias = router.db_for_write(Exchange)
        self._inode = _inode(_file(self.connection))
        _migrate(self.connection)
        _check_columns(self.connection, [str(field.column) for field in Exchange._meta.concrete_fields])
        self._statements = {}
        self._max_block = _max_block_rows(self.connection)
        zone = self.connection.timezone if settings.USE_TZ else UTC
        self._utc_text = self.connection.vendor == "sqlite" and zone is UTC
        self._opened = _inode(_file(self.connection))
        self._ready = True

    def close(self) -> None:
        """Close the connection; `open` makes another."""
        self._ready = False
        if self._is_made():
            self.connection.close()

    def end(self) -> None:
        """Close the connection for good. That deletes a database in memory, which Django's `close` keeps."""
        self.close()
        if self._is_made() and self.connection.connection is not None:
            self.connection.connection.close()
            self.connection.connection = None

    def _is_made(self) -> bool:
        """Return whether there is a connection; without its driver, none can be made."""
        return any(each.alias == self.alias for each in connections.all(initialized_only=True))

    def can_be_read_in_parallel(self) -> bool:
        """Return whether another connection to the same database can read for long without blocking this one."""
        if self.connection.vendor != "sqlite":
            return True
        with self.connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            return bool(cursor.fetchone() == ("wal",))  # a database in memory has another

    def set_aside(self, exc: Error) -> Path | None:
        """Rename a file that is unusable according to this error, so that `open` creates a new one.

        Return its new name; None for another error, or if the file has foreign tables. Of several processes only the
        first renames it: the others find another file in its place.
        """
        file = _file(self.connection)
        if file is None or not _is_unusable_file(exc):
            return None
        self.close()
        if _has_foreign_tables(file):
            return None
        renamed = file.with_name(f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}.broken")
        if self._inode is not None and _inode(file) == self._inode:
            for suffix in ("-wal", "-shm", ""):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{file}{suffix}").rename(f"{renamed}{suffix}")
        return renamed

    def insert(self, rows: Sequence[Row]) -> None:
        """Write the rows in one transaction; rows whose id exists stay unchanged."""
        with transaction.atomic(using=self.alias):
            if self._max_block:
                self._insert_blocks(rows)
            else:
                with self.connection.cursor() as cursor:
                    if self.connection.vendor == "postgresql":
                        cursor.execute(LOCK_STATEMENT)
                    cursor.executemany(self._statement(1, plain=False), list(map(self._values, rows)))

    def _insert_blocks(self, rows: Sequence[Row]) -> None:
        """Write rows to SQLite, many with one statement.

        The thread releases the GIL for each statement, and waits for a busy event loop before it gets it back.
        """
        values = _for_sqlite if self._utc_text else self._values
        execute, at = self.connection.connection.execute, 0
        with self.connection.wrap_database_errors:
            while at < len(rows):
                block = _block(rows, at, self._max_block)
                at += len(block)
                plain = all(map(_is_plain, block))
                columns = [common_values(values(row)) if plain else values(row) for row in block]
                execute(self._statement(len(block), plain=plain), list(chain.from_iterable(columns)))

    def _statement(self, rows: int, *, plain: bool) -> str:
        statement = self._statements.get((rows, plain))
        if statement is None:
            statement = self._statements[rows, plain] = _insert(self.connection, rows, RARE_COLUMNS if plain else ())
        return statement

    def _values(self, row: Row) -> Sequence[Any]:
        """Return a row's values; only the time differs between databases."""
        time_value = self.connection.ops.adapt_datetimefield_value(stored(datetime.fromtimestamp(row.time, UTC)))
        return (*row[:2], time_value, *row[3:])

    def prune(self, keep: int) -> None:
        """Delete all but the newest `keep` rows."""
        rows = Exchange.objects.using(self.alias)
        last = rows.order_by("-id").values_list("id", flat=True)[keep : keep + 1].first()
        if last is not None:
            rows.filter(id__lte=last).delete()


RARE_COLUMNS = ("error", "fault", "idempotency_key", "ttft_ms", "fault_parameters", "upstream", "cassette", "stage")
"""Columns that are null in most rows, and are left out there: a null costs more than a text."""

_rare_values = itemgetter(*map(Row._fields.index, RARE_COLUMNS))
_NULLS = (None,) * len(RARE_COLUMNS)
common_values = itemgetter(*(at for at, name in enumerate(Row._fields) if name not in RARE_COLUMNS))

TIME_COLUMN = Row._fields.index("time")
FLAG_COLUMNS = tuple(at for at, (_, kind) in enumerate(Row.__annotations__.items()) if kind is bool)
BODY_COLUMNS = tuple(map(Row._fields.index, ("request_body", "response_body")))


def _is_plain(row: Row) -> bool:
    """Whether a row has only nulls in the rare columns."""
    nulls: tuple[object, ...] = _rare_values(row)
    return nulls == _NULLS


def _for_sqlite(row: Row) -> Sequence[Any]:
    """Return a row's values in the types that Python's `sqlite3` binds directly.

    It looks for an adapter for each value of any other type, including `bool` and `bytes`, which takes ten times as
    long. The time is the text that Django would write, whose part up to the second is cached.
    """
    values: list[Any] = list(row)
    second = int(row.time)
    values[TIME_COLUMN] = f"{_second(second)}.{int((row.time - second) * 1_000_000):06d}"
    for at in FLAG_COLUMNS:
        values[at] = +values[at]  # makes 1 of True
    for at in BODY_COLUMNS:
        values[at] = bytearray(values[at])
    return values


@functools.lru_cache(maxsize=16)
def _second(time: int) -> str:
    return str(datetime.fromtimestamp(time, UTC).replace(tzinfo=None))


MAX_BLOCK_ROWS = 32
"""The most rows that are written with one statement; a power of two, as are smaller blocks."""

MAX_BLOCK_BYTES = 256 * 1024
"""The most bytes of bodies in a statement with more than one row: SQLite copies them first."""


def _max_block_rows(connection: BaseDatabaseWrapper) -> int:
    """Return the most rows of a statement in SQLite, a power of two; 0 for another database."""
    if connection.vendor != "sqlite":
        return 0
    connection.ensure_connection()
    max_rows: int = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(Row._fields)
    return min(MAX_BLOCK_ROWS, 1 << max_rows.bit_length() - 1)


def _block(rows: Sequence[Row], at: int, size: int) -> Sequence[Row]:
    """Return the rows from `at` on that are written with one statement, at most `size`."""
    while size > 1:
        block = rows[at : at + size]
        if (
            len(block) == size
            and sum(len(row.request_body) + len(row.response_body) for row in block) <= MAX_BLOCK_BYTES
        ):
            return block
        size //= 2
    return rows[at : at + 1]


def _insert(connection: BaseDatabaseWrapper, rows: int, without: Collection[str]) -> str:
    """Return the statement that writes some rows: the ORM takes five times as long."""
    fields = [field for field in Exchange._meta.concrete_fields if not field.primary_key and field.name not in without]
    ops, columns = connection.ops, [str(field.column) for field in fields]
    verb = ops.insert_statement(on_conflict=OnConflict.IGNORE)
    suffix = ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    placeholder = "?" if connection.vendor == "sqlite" else "%s"
    names, placeholders = ", ".join(map(ops.quote_name, columns)), f"({', '.join([placeholder] * len(columns))})"
    values = ", ".join([placeholders] * rows)
    return f"{verb} {ops.quote_name(Exchange._meta.db_table)} ({names}) VALUES {values} {suffix}"


class ForeignTable(OperationalError):
    """A table with our name belongs to another program."""


def _check_columns(connection: BaseDatabaseWrapper, required: Collection[str]) -> None:
    """Raise the database's error where a table with our name lacks one of these columns.

    One statement reads the columns: Django's introspection takes two, between which another process may add a column.
    """
    with connection.cursor() as cursor:
        if Exchange._meta.db_table not in connection.introspection.table_names(cursor):
            return
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(Exchange._meta.db_table)} LIMIT 0")
        columns = {column[0] for column in cursor.description}
    if missing := sorted(set(required) - columns):
        raise ForeignTable(f"no such column: {missing[0]}")


def _migrate(connection: BaseDatabaseWrapper) -> None:
    """Apply the app's migrations; another process may apply them at the same time."""
    for attempt in range(MAX_ATTEMPTS):
        try:
            if not _is_migrated(connection):
                with _exclusively(connection):
                    _apply(connection)
            return
        except ForeignTable:
            raise
        except Error as exc:
            connection.close()
            if attempt == MAX_ATTEMPTS - 1 or _is_hopeless(exc):
                raise
            connection.ensure_connection()  # a missing database raises here, at once
            time.sleep(random.uniform(0.02, 0.08))


@contextlib.contextmanager
def _exclusively(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold one transaction that excludes those of other processes.

    A transaction for each migration is not enough: a process that has read that some are missing applies them again,
    and temporarily removes columns, because SQLite's tables are rebuilt in their earlier form.
    """
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(LOCK_STATEMENT)
        yield


def _is_hopeless(exc: BaseException) -> bool:
    """Whether SQLite cannot write the file, which waiting for other processes does not change."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the primary code, without the extended one
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return True
    cause = exc.__cause__ or exc.__context__
    return cause is not None and _is_hopeless(cause)


def _is_migrated(connection: BaseDatabaseWrapper) -> bool:
    """Compare the files with the applied migrations, which is much cheaper than Django's check."""
    from django.db.migrations.recorder import MigrationRecorder

    folder = Path(apps.get_app_config(APP).path) / "migrations"
    recorded = {name for app, name in MigrationRecorder(connection).applied_migrations() if app == APP}
    return {file.stem for file in folder.glob("0*.py")} <= recorded


def _apply(connection: BaseDatabaseWrapper) -> None:
    """Apply the migrations that another process has not applied meanwhile."""
    from django.db.migrations.executor import MigrationExecutor

    _check_columns(connection, FIRST_COLUMNS)  # a migration would change another program's table
    executor = MigrationExecutor(connection)
    targets = executor.loader.graph.leaf_nodes(APP)
    # A process that was killed between the table and its record has left the table alone.
    executor.migrate(targets, fake_initial=True)
