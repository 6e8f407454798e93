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
"""The tables of a file that has nothing but the journal."""

FOREIGN = re.compile(r"has no column named|no such column|table \S+ already exists")
"""What SQLite says where a table of our name has other columns."""

FIRST_COLUMNS = ("request_id", "namespace", "method", "path", "status")
"""Columns that the journal has had from the beginning."""

ONE_AT_A_TIME = f"SELECT pg_advisory_xact_lock(hashtext('{Exchange._meta.db_table}'))"
"""Lets the servers that share a PostgreSQL write one after the other, as SQLite does.

Otherwise rows could appear after later ones, and whoever has read up to those would never see them.
"""

TRIES = 40
"""Attempts at a migration while other processes migrate too; each waits about 50 ms for them."""


def journal_place() -> str:
    """Return where the journal is, for people: a file, or a database without its user and password."""
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
    """Return a time in UTC as Django has it for a database."""
    return time if settings.USE_TZ else time.replace(tzinfo=None)


def _is_no_journal(exc: Error) -> bool:
    """Whether an error says that a file is damaged, is no database, or has a table of our name that is not ours."""
    code = getattr(exc.__cause__, "sqlite_errorcode", None)
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or FOREIGN.search(str(exc)) is not None


def _is_shared(file: Path) -> bool:
    """Whether a file can be read as a database, and has tables that are not the journal's."""
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
        self._most = 0
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
        self._most = _most_rows(self.connection)
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
        """Close it for good. A database in memory is gone then; Django's own `close` keeps it."""
        self.close()
        if self._is_made() and self.connection.connection is not None:
            self.connection.connection.close()
            self.connection.connection = None

    def _is_made(self) -> bool:
        """Tell whether there is a connection; where its driver is not installed, none can be made."""
        return any(each.alias == self.alias for each in connections.all(initialized_only=True))

    def can_be_read_in_parallel(self) -> bool:
        """Tell whether another connection can read for long, and neither sees another database nor stops this one."""
        if self.connection.vendor != "sqlite":
            return True
        with self.connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            return bool(cursor.fetchone() == ("wal",))  # a database in memory has another

    def set_aside(self, exc: Error) -> Path | None:
        """Rename a file that cannot be the journal, as this error says, so that `open` begins a new one.

        Return its new name; None where the error says something else, or others have tables in it. Of several processes
        only the first renames it: the others find another file in its place.
        """
        file = _file(self.connection)
        if file is None or not _is_no_journal(exc):
            return None
        self.close()
        if _is_shared(file):
            return None
        aside = file.with_name(f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}.broken")
        if self._inode is not None and _inode(file) == self._inode:
            for suffix in ("-wal", "-shm", ""):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{file}{suffix}").rename(f"{aside}{suffix}")
        return aside

    def insert(self, rows: Sequence[Row]) -> None:
        """Write the rows in one transaction; rows whose id exists stay as they are."""
        with transaction.atomic(using=self.alias):
            if self._most:
                self._insert_blocks(rows)
            else:
                with self.connection.cursor() as cursor:
                    if self.connection.vendor == "postgresql":
                        cursor.execute(ONE_AT_A_TIME)
                    cursor.executemany(self._statement(1, plain=False), list(map(self._values, rows)))

    def _insert_blocks(self, rows: Sequence[Row]) -> None:
        """Write rows to SQLite, many with one statement.

        The thread lets go of the GIL for each statement, and waits for a busy event loop before it has it again.
        """
        values = _for_sqlite if self._utc_text else self._values
        execute, at = self.connection.connection.execute, 0
        with self.connection.wrap_database_errors:
            while at < len(rows):
                block = _block(rows, at, self._most)
                at += len(block)
                plain = all(map(_is_plain, block))
                columns = [PLAIN(values(row)) if plain else values(row) for row in block]
                execute(self._statement(len(block), plain=plain), list(chain.from_iterable(columns)))

    def _statement(self, rows: int, *, plain: bool) -> str:
        known = self._statements.get((rows, plain))
        if known is None:
            known = self._statements[rows, plain] = _insert(self.connection, rows, RARE if plain else ())
        return known

    def _values(self, row: Row) -> Sequence[Any]:
        """Return a row's values; of all columns only the time has another shape in each database."""
        told = self.connection.ops.adapt_datetimefield_value(stored(datetime.fromtimestamp(row.time, UTC)))
        return (*row[:2], told, *row[3:])

    def prune(self, keep: int) -> None:
        """Delete all but the newest `keep` rows."""
        rows = Exchange.objects.using(self.alias)
        last = rows.order_by("-id").values_list("id", flat=True)[keep : keep + 1].first()
        if last is not None:
            rows.filter(id__lte=last).delete()


RARE = ("error", "fault", "idempotency_key", "ttft_ms", "fault_parameters", "upstream", "cassette", "stage")
"""Columns that are null in most rows, which are written without them: a null costs more than a text does."""

_RARE = itemgetter(*map(Row._fields.index, RARE))
_NULLS = (None,) * len(RARE)
PLAIN = itemgetter(*(at for at, name in enumerate(Row._fields) if name not in RARE))

TIME = Row._fields.index("time")
FLAGS = tuple(at for at, (_, kind) in enumerate(Row.__annotations__.items()) if kind is bool)
BODIES = tuple(map(Row._fields.index, ("request_body", "response_body")))


def _is_plain(row: Row) -> bool:
    """Whether a row has only nulls in the rare columns."""
    nulls: tuple[object, ...] = _RARE(row)
    return nulls == _NULLS


def _for_sqlite(row: Row) -> Sequence[Any]:
    """Return a row's values in the types that Python's `sqlite3` binds at once.

    It looks for an adapter for each value of any other type, `bool` and `bytes` among them, which takes ten times as
    long. The time is the text that Django would make of it, and has in common with others of its second.
    """
    values: list[Any] = list(row)
    second = int(row.time)
    values[TIME] = f"{_second(second)}.{int((row.time - second) * 1_000_000):06d}"
    for at in FLAGS:
        values[at] = +values[at]  # makes 1 of True
    for at in BODIES:
        values[at] = bytearray(values[at])
    return values


@functools.lru_cache(maxsize=16)
def _second(time: int) -> str:
    return str(datetime.fromtimestamp(time, UTC).replace(tzinfo=None))


ROWS = 32
"""Rows that are written with one statement, at most; a power of two, and so are fewer of them."""

COPIED = 256 * 1024
"""Bytes of bodies that are written with one statement, if it has more than one row: SQLite copies them first."""


def _most_rows(connection: BaseDatabaseWrapper) -> int:
    """Return how many rows a statement takes in SQLite, a power of two; 0 for another database."""
    if connection.vendor != "sqlite":
        return 0
    connection.ensure_connection()
    most: int = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(Row._fields)
    return min(ROWS, 1 << most.bit_length() - 1)


def _block(rows: Sequence[Row], at: int, size: int) -> Sequence[Row]:
    """Return the rows from `at` on that are written with one statement, `size` of them at most."""
    while size > 1:
        block = rows[at : at + size]
        if len(block) == size and sum(len(row.request_body) + len(row.response_body) for row in block) <= COPIED:
            return block
        size //= 2
    return rows[at : at + 1]


def _insert(connection: BaseDatabaseWrapper, rows: int, without: Collection[str]) -> str:
    """Return the statement that writes some rows: the ORM's own way of it takes five times as long."""
    fields = [field for field in Exchange._meta.concrete_fields if not field.primary_key and field.name not in without]
    ops, columns = connection.ops, [str(field.column) for field in fields]
    verb = ops.insert_statement(on_conflict=OnConflict.IGNORE)
    suffix = ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    mark = "?" if connection.vendor == "sqlite" else "%s"
    names, marks = ", ".join(map(ops.quote_name, columns)), f"({', '.join([mark] * len(columns))})"
    values = ", ".join([marks] * rows)
    return f"{verb} {ops.quote_name(Exchange._meta.db_table)} ({names}) VALUES {values} {suffix}"


class NotOurs(OperationalError):
    """A table with our name that belongs to something else."""


def _check_columns(connection: BaseDatabaseWrapper, wanted: Collection[str]) -> None:
    """Raise the database's error where a table of our name lacks one of these columns.

    They are looked up at once: Django's own look takes two statements, between which another process may add a column.
    """
    with connection.cursor() as cursor:
        if Exchange._meta.db_table not in connection.introspection.table_names(cursor):
            return
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(Exchange._meta.db_table)} LIMIT 0")
        found = {column[0] for column in cursor.description}
    if missing := sorted(set(wanted) - found):
        raise NotOurs(f"no such column: {missing[0]}")


def _migrate(connection: BaseDatabaseWrapper) -> None:
    """Apply the app's migrations. Whoever else does the same at this time may win: then they are applied too."""
    for attempt in range(TRIES):
        try:
            if not _is_migrated(connection):
                with _alone(connection):
                    _apply(connection)
            return
        except NotOurs:
            raise
        except Error as exc:
            connection.close()
            if attempt == TRIES - 1 or _is_hopeless(exc):
                raise
            connection.ensure_connection()  # a database that is not there at all raises here, and at once
            time.sleep(random.uniform(0.02, 0.08))


@contextlib.contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Do something in one transaction, and after that of any other process that does the same.

    Each migration in a transaction of its own is not enough: whoever has read that some are lacking applies them again,
    and for a while takes away columns, for SQLite's tables are written anew as they were known then.
    """
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(ONE_AT_A_TIME)
        yield


def _is_hopeless(exc: BaseException) -> bool:
    """Whether SQLite cannot write the file, which no other process changes by and by."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # without what further distinguishes the error
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return True
    before = exc.__cause__ or exc.__context__
    return before is not None and _is_hopeless(before)


def _is_migrated(connection: BaseDatabaseWrapper) -> bool:
    """Compare the files with what the database has recorded, which is much cheaper than Django's own look."""
    from django.db.migrations.recorder import MigrationRecorder

    folder = Path(apps.get_app_config(APP).path) / "migrations"
    recorded = {name for app, name in MigrationRecorder(connection).applied_migrations() if app == APP}
    return {file.stem for file in folder.glob("0*.py")} <= recorded


def _apply(connection: BaseDatabaseWrapper) -> None:
    """Apply what another process has not applied meanwhile."""
    from django.db.migrations.executor import MigrationExecutor

    _check_columns(connection, FIRST_COLUMNS)  # a migration would make its own of another's table
    executor = MigrationExecutor(connection)
    targets = executor.loader.graph.leaf_nodes(APP)
    # A process that was killed between the table and its record has left the table alone.
    executor.migrate(targets, fake_initial=True)
