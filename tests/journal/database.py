"""The journal for tests: a database of a test's own in this process, and a look into a live server's."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from completions.journal.writer import writer
from mocksite.environment import Environment
from tests.patience import PATIENCE


@contextmanager
def journal_in(url: str, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let this process keep its journal in the database of this URL, from empty counters on."""
    database = Environment({"DATABASE_URL": url}).database("DATABASE_URL", "")
    complete = ConnectionHandler({"default": database}).settings["default"]
    with pytest.MonkeyPatch.context() as patch, blocker.unblock():
        patch.setitem(connections.settings, "default", complete)
        for counter in ("written", "dropped"):
            patch.setattr(writer, counter, 0)
        try:
            yield
        finally:
            writer.close()
            writer.problem = None


def rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a SQLite journal, oldest first, with their JSON decoded; none where there is no table yet."""
    if not file.exists():
        return []
    with closing(sqlite3.connect(file, timeout=PATIENCE)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            found = [dict(row) for row in connection.execute("SELECT * FROM completions_exchange ORDER BY id")]
        except sqlite3.OperationalError:
            return []
    for row in found:
        for name in ("request_headers", "response_headers", "near_misses", "response_writes"):
            row[name] = json.loads(row[name])
    return found


def await_rows(file: Path, count: int) -> list[dict[str, Any]]:
    """Wait until a journal has so many rows, and return them."""
    until = time.monotonic() + PATIENCE
    while len(found := rows(file)) < count:
        assert time.monotonic() < until, f"{len(found)} rows instead of {count}"
        time.sleep(0.05)
    return found
