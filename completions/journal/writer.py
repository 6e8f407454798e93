"""The background writer: one thread that owns the journal's database, so that the event loop never waits for it.

The event loop only puts a reference to the exchange into a queue; when that is half full, it yields for a moment. Every
JOURNAL_FLUSH_MS, or earlier if many are queued, the thread turns them into rows and writes them in batches. Queries run
in the same thread, after the writes.
"""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, Error, IntegrityError

from completions.conf import conf
from completions.exceptions import JournalUnavailable
from completions.journal.exchange import Exchange
from completions.journal.rows import Row, make_row
from completions.journal.store import Store, journal_place
from completions.tokens.models import prices

logger = logging.getLogger("completions")

T = TypeVar("T")

BATCH = 256
"""The exchanges in one transaction; as many wake the writer early."""

ROWS_PER_CHECK = 4
"""The rows that are built between two checks of the time."""

MAX_TURN_SECONDS = 0.0003
"""Seconds of building rows before the event loop gets a turn; otherwise it would wait up to 5 ms."""

REST_SECONDS = 0.0002
"""The length of that turn in seconds; a shorter sleep would return the GIL to the thread at once."""

BUSY_QUEUE = 2 * BATCH
"""The queue length from which the thread takes no rests: the loop is too busy for exact times anyway."""

MAX_QUEUE_BYTES = 32 * 1024 * 1024
"""The queue's largest memory; where JOURNAL_MAX_BODY is large, as much as a few bodies of that size."""

MIN_QUEUE_BODIES = 8
"""The number of the largest bodies for which the queue always has room."""

PAUSE_SECONDS = 0.00005
"""Seconds for which an event loop yields to the thread; long enough for it to take the GIL."""

FACTS_BYTES = 6 * 1024
"""The bytes of an exchange in the queue in addition to its bodies: its facts, its headers, its usage."""

MAX_OBSERVED = 10_000
"""The most exchanges that wait for observers, recorded or not."""

RETRY_SECONDS = 1.0
"""Seconds between attempts to reach an unavailable database."""

CLOSE_TIMEOUT = 10.0
"""Seconds allowed for the last flush."""

OBSERVER_FAILED = "An observer of the journal failed"

BAD_ROWS = (DataError, IntegrityError, ValueError, TypeError, OverflowError)
"""The errors of a database, or its driver, for a row that it does not accept."""

DATABASE_ERRORS = (Error, ImproperlyConfigured, OSError)
"""The errors of a database rather than of the code."""


OTHER_DATABASE = "DATABASE_URL=sqlite:////PATH/FILE puts it elsewhere, sqlite://:memory: in memory"

REMEDIES = {
    "psycopg2 or psycopg": 'pip install "psycopg[binary]"',
    "unable to open database file": OTHER_DATABASE,
    "readonly database": OTHER_DATABASE,
}
"""Remedies, by a part of the problem's message: a missing driver, a folder or a file that cannot be written."""


class Writer:
    """The queue and its thread, which starts with the first exchange.

    `observers` are called in the thread with each exchange, recorded or not; `rounds` are called after them, at least
    every JOURNAL_FLUSH_MS.
    """

    def __init__(self) -> None:
        self.observers: list[Callable[[Exchange], None]] = []
        self.rounds: list[Callable[[], None]] = []
        self.added: list[Callable[[Exchange], None]] = []
        self.problem: str | None = None
        self.written = self.dropped = 0
        self._arrived: deque[tuple[Exchange, bool, int]] = deque()
        self._pending: deque[tuple[Exchange, int]] = deque()
        self._jobs: deque[tuple[Callable[[Store], Any], Future[Any]]] = deque()
        self._bytes_in = self._bytes_out = 0  # the loop adds to one and the thread to the other, so no lock is needed
        self._unpruned = 0
        self._next_try = 0.0
        self._wake = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def queued(self) -> int:
        """The number of exchanges waiting to be written."""
        return len(self._arrived) + len(self._pending)

    def add(self, exchange: Exchange) -> None:
        """Queue an exchange that has ended, or drop it if the queue is full; yield if it is half full."""
        keep = conf.JOURNAL and exchange.is_kept and (exchange.world is None or not exchange.world.removed)
        if not (keep or self.observers) or "/_mock/" in f"{exchange.path}/":
            return
        limit, max_queue = conf.JOURNAL_MAX_BODY, conf.JOURNAL_QUEUE
        size = FACTS_BYTES + (exchange.cut_bodies(limit) if keep else exchange.drop_bodies())
        count, queue_bytes = len(self._arrived), self._bytes_in - self._bytes_out + size
        waiting = count + len(self._pending)
        if keep and (
            waiting >= max_queue or (queue_bytes > MAX_QUEUE_BYTES and queue_bytes > MIN_QUEUE_BODIES * limit)
        ):
            self.dropped += 1
            keep, size = False, FACTS_BYTES + exchange.drop_bodies()
        elif keep and (waiting > max_queue // 2 or queue_bytes > MAX_QUEUE_BYTES // 2):
            self._give_way()
        if keep or (self.observers and count < MAX_OBSERVED):
            self._bytes_in += size
            self._arrived.append((exchange, keep, size))
        if self._thread is None:
            self.start()
        elif count >= BATCH and not self._wake.is_set():
            self._wake.set()
        for call in self.added:
            call(exchange)

    def _give_way(self) -> None:
        """Give the thread a turn before exchanges have to be dropped: a busy event loop leaves it few."""
        if self._thread is not None and self.problem is None:
            self._wake.set()
            time.sleep(PAUSE_SECONDS)

    def start(self) -> None:
        """Start the thread; it opens the database after its first interval."""
        with self._starting:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()

    def ask(self, question: Callable[[Store], T]) -> Future[T]:
        """Run a query in the thread, after all exchanges that have ended are written.

        It gets the store. The future raises `JournalUnavailable` if the database cannot be used.
        """
        future: Future[T] = Future()
        self._jobs.append((question, future))
        self.start()
        self._wake.set()
        return future

    def close(self, timeout: float = CLOSE_TIMEOUT) -> None:
        """Write the rest, and end the thread; the next exchange starts another."""
        if self.queued:
            self.start()
        thread = self._thread
        if thread is None:
            return
        self._stopping = True
        self._wake.set()
        thread.join(timeout)
        if unwritten := self.queued:
            logger.error("The journal could not write its last %d exchanges: %s", unwritten, self.problem)
            self.dropped += unwritten
            self._arrived.clear()
            self._pending.clear()
            self._bytes_out = self._bytes_in

    def _run(self) -> None:
        store = Store()
        while True:
            self._wake.wait(conf.JOURNAL_FLUSH_MS / 1000)
            self._wake.clear()
            stopping = self._stopping
            self._round(store, urgent=stopping or bool(self._jobs))
            if stopping:
                store.end()
                self._thread = None
                if self._jobs:  # asked while it ended
                    self.start()
                return

    def _round(self, store: Store, *, urgent: bool) -> None:
        """Write the exchanges that have arrived, and run the queries."""
        jobs = [self._jobs.popleft() for _ in range(len(self._jobs))]
        try:
            prices(None)  # reads the table in the first round, and not while streams are in progress
            self._observe_arrived()
            if urgent or time.monotonic() >= self._next_try:
                self._flush(store, exact=bool(jobs))
        except Error as exc:
            self._replace_journal(store, exc, exact=bool(jobs))
        except Exception as exc:  # the thread's edge: without it, queries would wait for ever
            self._fail(store, exc)
        for question, future in jobs:
            self._answer(store, question, future)

    def _replace_journal(self, store: Store, exc: Error, *, exact: bool) -> None:
        """Create a new journal where the file is unusable; the queued exchanges are not lost."""
        try:
            if (renamed := store.set_aside(exc)) is None:
                self._fail(store, exc)
                return
            logger.error("The file %s is not a journal of this version, or it is damaged: %s", journal_place(), exc)
            logger.error("It was renamed to %s, and a new journal was created.", renamed)
            self._flush(store, exact=exact)
        except Exception as failure:
            self._fail(store, failure)

    def _flush(self, store: Store, *, exact: bool) -> None:
        """Write all pending exchanges. One leaves the queue when its transaction is committed."""
        if conf.JOURNAL:
            store.open()
        while self._pending:
            batch = [self._pending[index] for index in range(min(len(self._pending), BATCH))]
            self._write(store, [exchange for exchange, _ in batch])
            for _ in batch:
                self._bytes_out += self._pending.popleft()[1]
        if self._unpruned and (exact or self._unpruned >= max(BATCH, conf.JOURNAL_KEEP // 20)):
            store.prune(conf.JOURNAL_KEEP)
            self._unpruned = 0
        if self.problem is not None and conf.JOURNAL:
            self.problem = None
            logger.info("The journal can be written again; %d exchanges were dropped so far.", self.dropped)
        self._next_try = 0.0

    def _write(self, store: Store, batch: list[Exchange]) -> None:
        rows = self._rows(batch)
        if not rows:
            return
        store.open()
        try:
            store.insert(rows)
            self.written += len(rows)
        except BAD_ROWS:
            for row in rows:
                self._write_one(store, row)
        self._unpruned += len(rows)

    def _write_one(self, store: Store, row: Row) -> None:
        try:
            store.insert([row])
            self.written += 1
        except BAD_ROWS as exc:
            self.dropped += 1
            logger.error("The journal cannot keep %s: %s", row.request_id, exc)

    def _rows(self, batch: list[Exchange]) -> list[Row]:
        """Build rows a few at a time, so that the event loop's streams stay on time."""
        rows, turn = [], _Turn()
        for at, exchange in enumerate(batch):
            if at % ROWS_PER_CHECK == 0:
                turn.rest(self)
            try:
                rows.append(make_row(exchange))
            except Exception:  # the thread's edge: a bug costs its exchange, and not the journal
                self.dropped += 1
                logger.exception("The journal cannot keep %s", exchange.request_id)
        return rows

    def _observe_arrived(self) -> None:
        """Call the observers with the exchanges that have arrived, and queue those that are to be recorded."""
        turn = _Turn()
        for _ in range(len(self._arrived)):
            exchange, keep, size = self._arrived[0]
            for observer in self.observers:
                turn.rest(self)
                try:
                    observer(exchange)
                except Exception:  # the thread's edge again
                    logger.exception(OBSERVER_FAILED)
            if keep:
                self._pending.append((exchange, size))
            else:
                self._bytes_out += size
            self._arrived.popleft()  # not before: `queued` counts it in one queue or the other at any time
        for call in self.rounds:
            try:
                call()
            except Exception:
                logger.exception(OBSERVER_FAILED)

    def _answer(self, store: Store, question: Callable[[Store], object], future: Future[object]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        if self.problem is not None:
            future.set_exception(JournalUnavailable(self.problem))
            return
        try:
            future.set_result(question(store))
        except Error as exc:
            self._fail(store, exc)
            future.set_exception(JournalUnavailable(str(exc)))
        except Exception as exc:  # the caller gets the query's exception
            future.set_exception(exc)

    def _fail(self, store: Store, exc: Exception) -> None:
        """Log the database's problem once, and retry later; exchanges that do not fit into the queue are dropped."""
        problem = f"{journal_place()}: {' '.join(str(exc).split())}{_remedy(exc)}"
        previous, self.problem = self.problem, problem
        if previous is None:
            bug = None if isinstance(exc, DATABASE_ERRORS) else exc
            logger.error("The journal cannot be written, and is tried again every second: %s", problem, exc_info=bug)
        self._next_try = time.monotonic() + RETRY_SECONDS
        try:
            store.close()
        except Exception as failure:  # the thread's edge once more: without a driver, closing fails too
            logger.debug("The journal could not be closed: %s", failure)


def _remedy(exc: Exception) -> str:
    """Return the remedy of a problem that does not end by itself."""
    return next((f" ({remedy})" for part, remedy in REMEDIES.items() if part in str(exc)), "")


class _Turn:
    """Releases the GIL repeatedly while rows are built."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + MAX_TURN_SECONDS

    def rest(self, writer: Writer) -> None:
        """Give the loop a turn, if this one has been long enough, and few exchanges wait."""
        if time.perf_counter() > self._until:
            if writer.queued < BUSY_QUEUE:
                time.sleep(REST_SECONDS)
            self._until = time.perf_counter() + MAX_TURN_SECONDS


writer = Writer()
"""The process's writer."""

atexit.register(writer.close)
