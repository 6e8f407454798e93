"""The background writer: one thread that owns the journal's database, so that the event loop never waits for it.

The event loop only puts a reference to the exchange into a queue; where that is half full, it gives way for a moment.
Every JOURNAL_FLUSH_MS, or earlier if many have come, the thread turns them into rows and writes them in batches. Reads
run in the same thread, after the writes.
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

ROWS_BETWEEN_LOOKS = 4
"""Rows that are built between two looks at the time."""

TURN = 0.0003
"""Seconds of building rows before the event loop gets a turn; otherwise it would wait up to 5 ms."""

REST = 0.0002
"""The length of that turn in seconds; a shorter sleep would return the GIL to the thread at once."""

BUSY = 2 * BATCH
"""Exchanges that wait from which on the thread takes no rests: the loop has more to do than keep times anyway."""

QUEUE_BYTES = 32 * 1024 * 1024
"""The queue's memory, at most; where JOURNAL_MAX_BODY is large, as much as a few bodies of that size."""

QUEUE_BODIES = 8
"""How many of the largest bodies the queue takes at least."""

PAUSE = 0.00005
"""Seconds for which an event loop gives way to the thread; long enough for it to take the GIL."""

FACTS = 6 * 1024
"""What an exchange takes of the queue's memory beside its bodies: its facts, its headers, its usage."""

OBSERVED = 10_000
"""The most exchanges that wait for observers, recorded or not."""

RETRY = 1.0
"""Seconds between attempts to reach an unavailable database."""

CLOSING = 10.0
"""Seconds allowed for the last flush."""

UNOBSERVED = "An observer of the journal failed"

BAD_ROWS = (DataError, IntegrityError, ValueError, TypeError, OverflowError)
"""What a database, or its driver, raises for a row that it does not accept."""

EXPECTED = (Error, ImproperlyConfigured, OSError)
"""What is wrong with a database rather than with the code."""


ELSEWHERE = "DATABASE_URL=sqlite:////PATH/FILE puts it elsewhere, sqlite://:memory: in memory"

REMEDIES = {
    "psycopg2 or psycopg": 'pip install "psycopg[binary]"',
    "unable to open database file": ELSEWHERE,
    "readonly database": ELSEWHERE,
}
"""What to do, by what is a part of the problem: a driver that is missing, a folder or a file that cannot be written."""


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
        self._fresh: deque[tuple[Exchange, bool, int]] = deque()
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
        return len(self._fresh) + len(self._pending)

    def add(self, exchange: Exchange) -> None:
        """Take an exchange that has ended, or drop it if the queue is full; give way if it is half full."""
        keep = conf.JOURNAL and exchange.is_kept and (exchange.world is None or not exchange.world.removed)
        if not (keep or self.observers) or "/_mock/" in f"{exchange.path}/":
            return
        limit, most = conf.JOURNAL_MAX_BODY, conf.JOURNAL_QUEUE
        size = FACTS + (exchange.cut_bodies(limit) if keep else exchange.drop_bodies())
        count, held = len(self._fresh), self._bytes_in - self._bytes_out + size
        waiting = count + len(self._pending)
        if keep and (waiting >= most or (held > QUEUE_BYTES and held > QUEUE_BODIES * limit)):
            self.dropped += 1
            keep, size = False, FACTS + exchange.drop_bodies()
        elif keep and (waiting > most // 2 or held > QUEUE_BYTES // 2):
            self._give_way()
        if keep or (self.observers and count < OBSERVED):
            self._bytes_in += size
            self._fresh.append((exchange, keep, size))
        if self._thread is None:
            self.start()
        elif count >= BATCH and not self._wake.is_set():
            self._wake.set()
        for call in self.added:
            call(exchange)

    def _give_way(self) -> None:
        """Give the thread a turn before exchanges have to be dropped: a busy event loop would leave it few."""
        if self._thread is not None and self.problem is None:
            self._wake.set()
            time.sleep(PAUSE)

    def start(self) -> None:
        """Start the thread; it opens the database when its first interval is over, not before."""
        with self._starting:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()

    def ask(self, question: Callable[[Store], T]) -> Future[T]:
        """Run a question in the thread, after all exchanges that have ended are written.

        It gets the store. The future raises `JournalUnavailable` if the database cannot be used.
        """
        future: Future[T] = Future()
        self._jobs.append((question, future))
        self.start()
        self._wake.set()
        return future

    def close(self, timeout: float = CLOSING) -> None:
        """Write the rest, and end the thread; the next exchange would start another."""
        if self.queued:
            self.start()
        thread = self._thread
        if thread is None:
            return
        self._stopping = True
        self._wake.set()
        thread.join(timeout)
        if left := self.queued:
            logger.error("The journal could not write its last %d exchanges: %s", left, self.problem)
            self.dropped += left
            self._fresh.clear()
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
        """Write what has arrived, and answer the questions."""
        jobs = [self._jobs.popleft() for _ in range(len(self._jobs))]
        try:
            prices(None)  # reads the table now, at the first look, and not when streams are under way
            self._take()
            if urgent or time.monotonic() >= self._next_try:
                self._flush(store, exact=bool(jobs))
        except Error as exc:
            self._begin_again(store, exc, exact=bool(jobs))
        except Exception as exc:  # the thread's edge: without it, questions would wait for ever
            self._fail(store, exc)
        for question, future in jobs:
            self._answer(store, question, future)

    def _begin_again(self, store: Store, exc: Error, *, exact: bool) -> None:
        """Begin another journal where this one's file is none; nothing is lost of what waits to be written."""
        try:
            if (aside := store.set_aside(exc)) is None:
                self._fail(store, exc)
                return
            logger.error("The file %s is not a journal of this version, or it is damaged: %s", journal_place(), exc)
            logger.error("It was renamed to %s, and a new journal was created.", aside)
            self._flush(store, exact=exact)
        except Exception as failure:
            self._fail(store, failure)

    def _flush(self, store: Store, *, exact: bool) -> None:
        """Write everything taken. An exchange leaves the queue when its transaction is committed."""
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
            if at % ROWS_BETWEEN_LOOKS == 0:
                turn.rest(self)
            try:
                rows.append(make_row(exchange))
            except Exception:  # the thread's edge: a bug costs its exchange, and not the journal
                self.dropped += 1
                logger.exception("The journal cannot keep %s", exchange.request_id)
        return rows

    def _take(self) -> None:
        """Show the observers what has arrived, and queue what is to be recorded."""
        turn = _Turn()
        for _ in range(len(self._fresh)):
            exchange, keep, size = self._fresh[0]
            for observer in self.observers:
                turn.rest(self)
                try:
                    observer(exchange)
                except Exception:  # the thread's edge again
                    logger.exception(UNOBSERVED)
            if keep:
                self._pending.append((exchange, size))
            else:
                self._bytes_out += size
            self._fresh.popleft()  # not before: `queued` counts it in one queue or the other at any time
        for call in self.rounds:
            try:
                call()
            except Exception:
                logger.exception(UNOBSERVED)

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
        except Exception as exc:  # whoever asked gets what the question raised
            future.set_exception(exc)

    def _fail(self, store: Store, exc: Exception) -> None:
        """Log the database's problem once, and retry later; what does not fit into the queue is dropped."""
        problem = f"{journal_place()}: {' '.join(str(exc).split())}{_remedy(exc)}"
        known, self.problem = self.problem, problem
        if known is None:
            bug = None if isinstance(exc, EXPECTED) else exc
            logger.error("The journal cannot be written, and is tried again every second: %s", problem, exc_info=bug)
        self._next_try = time.monotonic() + RETRY
        try:
            store.close()
        except Exception as failure:  # the thread's edge once more: a driver that is not there cannot close either
            logger.debug("The journal could not be closed: %s", failure)


def _remedy(exc: Exception) -> str:
    """Return what to do about a problem that stays until somebody does it."""
    return next((f" ({remedy})" for part, remedy in REMEDIES.items() if part in str(exc)), "")


class _Turn:
    """Releases the GIL again and again while rows are built."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + TURN

    def rest(self, writer: Writer) -> None:
        """Let the loop have its turn, if this one has been long enough, and few exchanges wait."""
        if time.perf_counter() > self._until:
            if writer.queued < BUSY:
                time.sleep(REST)
            self._until = time.perf_counter() + TURN


writer = Writer()
"""The process's writer."""

atexit.register(writer.close)
