"""The ground floor: how much time and memory may go into what an author wrote or a stranger sent, and where it runs.

Work of which nobody knows how long it takes is tried on the event loop for a few milliseconds, as almost all of it
ends at once. What does not end there is begun again in a thread, with a budget for that, and is refused when that is
used up.
`docs/budgets.md` lists the figures.
"""

import asyncio
import contextvars
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import ContextVar
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LOOP_SECONDS = 0.005
"""The processor time that work may take on the event loop before it goes to a thread."""

LOOP_CHARACTERS = 50_000
"""How many characters are cut into tokens on the event loop before the work goes to a thread."""

THREAD_SECONDS = 1.0
"""The processor time that patterns, expressions and templates may take for one request in a thread."""

PYTHON_SECONDS = 30.0
"""How long the function of a `python:` reply may take."""

WORKERS = 4
"""The threads for work that is bounded in processor time."""

PYTHON_THREADS = 64
"""The threads for functions of `python:` replies, which may sleep."""


class Exceeded(Exception):
    """The event loop's budget is used up; the work goes to a thread."""


class TooSlow(Exception):
    """A thread's budget is used up, and with it the work's."""

    def __init__(self) -> None:
        super().__init__(f"it takes more than {THREAD_SECONDS:g} s of processor time")


class Stopped(Exception):
    """What was raised in a thread and must not leave it as it is, as `SystemExit`; it is the cause."""


class Budget:
    """What is left: processor time of this thread, and characters to be cut into tokens. The last one is a thread's."""

    __slots__ = ("_deadline", "_seconds", "characters", "is_last")

    def __init__(self, seconds: float, characters: float, is_last: bool) -> None:
        self._seconds, self._deadline = seconds, 0.0
        self.characters, self.is_last = characters, is_last

    def seconds_left(self) -> float:
        """Return the time that is left since this was asked first: most work never asks, and a clock costs time too."""
        now = time.thread_time()
        self._deadline = self._deadline or now + self._seconds
        return self._deadline - now


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def seconds_left() -> float:
    """Return the time that is left, above 0; raise what `exceeded` does where there is none."""
    budget = _budget.get()
    if budget is None:  # outside of a request, as in `checkscript`
        return THREAD_SECONDS
    left = budget.seconds_left()
    if left <= 0:
        raise exceeded()
    return left


def exceeded() -> Exception:
    """Return what is to be raised where the time is used up: `Exceeded` on the event loop, or else `TooSlow`."""
    budget = _budget.get()
    return TooSlow() if budget is None or budget.is_last else Exceeded()


def spend_characters(number: int) -> None:
    """Take characters from the budget, if there is one; raise `Exceeded` where too few are left."""
    budget = _budget.get()
    if budget is not None:
        budget.characters -= number
        if budget.characters < 0:
            raise Exceeded


def leave_loop() -> None:
    """Raise `Exceeded` where work that takes long is about to begin on the event loop, which can go to a thread."""
    budget = _budget.get()
    if budget is not None and not budget.is_last:
        raise Exceeded


async def run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the work returns, from the event loop or a thread; raise `TooSlow` where it takes too long in both.

    The work may be begun twice, so it must change nothing.
    """
    token = _budget.set(Budget(LOOP_SECONDS, LOOP_CHARACTERS, False))
    try:
        return work(*args, **kwargs)
    except Exceeded:
        pass
    finally:
        _budget.reset(token)
    return await in_thread(_within, partial(work, *args, **kwargs))


def _within(work: Callable[[], T]) -> T:
    token = _budget.set(Budget(THREAD_SECONDS, float("inf"), True))
    try:
        return work()
    finally:
        _budget.reset(token)


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the work returns in one of a few threads, where it has no budget of its own."""
    return await asyncio.wrap_future(workers.submit(partial(work, *args, **kwargs)))


class Threads:
    """Threads that are made when they are needed, up to `most`, and that never keep the process from ending."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most, self._started = name, most, 0
        self._idle = threading.Semaphore(0)
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run the work as soon as a thread is free."""
        future: Future[T] = Future()
        self._jobs.put((future, partial(contextvars.copy_context().run, work)))
        with self._lock:
            if not self._idle.acquire(blocking=False) and self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            try:
                future, work = self._jobs.get_nowait()
            except queue.Empty:
                self._idle.release()
                future, work = self._jobs.get()
            if future.set_running_or_notify_cancel():
                _settle(future, work)
            del future, work  # what they hold must not stay until the next job comes


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        result = work()
    except BaseException as exc:  # whoever waits for it gets it, and the thread lives on
        future.set_exception(contained(exc))
    else:
        future.set_result(result)


def contained(exc: BaseException) -> Exception:
    """Return an exception that may pass between threads and event loops: what would end those is only its cause."""
    if isinstance(exc, Exception) and not isinstance(exc, (StopIteration, StopAsyncIteration)):
        return exc
    stopped = Stopped(described(exc))
    stopped.__cause__ = exc
    return stopped


def described(exc: BaseException) -> str:
    """Return an exception's type and message in one line."""
    if isinstance(exc, Stopped):
        return str(exc)
    lines = str(exc).strip().splitlines()
    text = lines[0] if lines else ""
    return f"{type(exc).__name__}: {text[:300]}" if text else type(exc).__name__


workers = Threads("work", WORKERS)
"""Runs what `run` and `in_thread` are given."""

functions = Threads("python", PYTHON_THREADS)
"""Runs the functions of `python:` replies."""


class Apart:
    """An event loop in a thread of its own, so that coroutines that block stop nothing but one another."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def submit(self, awaitable: Awaitable[T]) -> Future[T]:
        """Await something there."""

        async def awaited() -> T:
            try:
                return await awaitable
            except asyncio.CancelledError:
                raise
            except BaseException as exc:
                raise contained(exc) from exc

        return asyncio.run_coroutine_threadsafe(awaited(), self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="python-async", daemon=True).start()
            return self._loop


apart = Apart()
"""Runs the coroutines of `python:` replies."""
