"""Limits on the time and memory for what scripts and requests contain, and the threads where such work runs.

Work of unknown duration first runs on the event loop for a few milliseconds, because almost all of it finishes at once.
If it does not finish, it starts again in a thread with a larger budget, and is refused when that is used up too.
`docs/budgets.md` lists the limits.
"""

import asyncio
import contextvars
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextvars import ContextVar
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LOOP_SECONDS = 0.005
"""Processor time that work may take on the event loop before it moves to a thread."""

ANSWER_CHARACTERS = 1_000_000
"""Characters that an answer may have in all its choices; each token of a stream is an event in memory."""

LOOP_CHARACTERS = 50_000
"""Characters that are tokenized on the event loop before the work moves to a thread."""

LOOP_MESSAGES = 1_000
"""Messages of a conversation that are processed on the event loop before the work moves to a thread."""

THREAD_SECONDS = 1.0
"""Processor time in a thread for the patterns, expressions and templates of one request."""

PYTHON_SECONDS = 30.0
"""How long the function of a `python:` reply may take."""

WORKERS = 4
"""Threads for work with a limit on processor time."""

PYTHON_THREADS = 64
"""Threads for the functions of `python:` replies, which may block."""


class Exceeded(Exception):
    """The budget on the event loop is used up; the work moves to a thread."""


class TooSlow(Exception):
    """The budget in the thread is used up as well; the work is refused."""

    def __init__(self) -> None:
        super().__init__(f"it takes more than {THREAD_SECONDS:g} s of processor time")


class Stopped(Exception):
    """Wraps an exception that must not leave its thread unchanged, such as `SystemExit`; the cause is the original."""


class Budget:
    """The remaining budget: processor time of this thread, and characters to tokenize. `is_last` is set in a thread."""

    __slots__ = ("_deadline", "_seconds", "characters", "is_last")

    def __init__(self, seconds: float, characters: float, is_last: bool) -> None:
        self._seconds, self._deadline = seconds, 0.0
        self.characters, self.is_last = characters, is_last

    def seconds_left(self) -> float:
        """Return the remaining time. The clock starts at the first call, because most work never asks."""
        now = time.thread_time()
        self._deadline = self._deadline or now + self._seconds
        return self._deadline - now


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def seconds_left() -> float:
    """Return the remaining time, above 0; raise `exceeded()` if there is none."""
    budget = _budget.get()
    if budget is None:  # outside of a request, as in `checkscript`
        return THREAD_SECONDS
    left = budget.seconds_left()
    if left <= 0:
        raise exceeded()
    return left


def exceeded() -> Exception:
    """Return the exception for a budget that is used up: `Exceeded` on the event loop, `TooSlow` in a thread."""
    budget = _budget.get()
    return TooSlow() if budget is None or budget.is_last else Exceeded()


def spend_characters(number: int) -> None:
    """Take characters from the budget, if there is one; raise `Exceeded` if too few are left."""
    budget = _budget.get()
    if budget is not None:
        budget.characters -= number
        if budget.characters < 0:
            raise Exceeded


def on_loop_while_there_is_time(items: Iterable[T]) -> Iterator[T]:
    """Yield items one by one; raise `Exceeded` between two of them once the event loop's time is used up.

    For loops over what a request has, each step of which takes little time. In a thread they go on.
    """
    budget = _budget.get()
    is_on_loop = budget is not None and not budget.is_last
    for item in items:
        if is_on_loop and budget is not None and budget.seconds_left() <= 0:
            raise Exceeded
        yield item


def leave_loop() -> None:
    """Raise `Exceeded` before long work begins on the event loop, so that it moves to a thread."""
    budget = _budget.get()
    if budget is not None and not budget.is_last:
        raise Exceeded


async def run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of `work`, run on the event loop or in a thread; raise `TooSlow` if both take too long.

    The work may be started twice, so it must not have side effects.
    """
    token = _budget.set(Budget(LOOP_SECONDS, LOOP_CHARACTERS, False))
    try:
        return work(*args, **kwargs)
    except Exceeded:
        pass
    finally:
        _budget.reset(token)
    return await in_thread(_with_thread_budget, partial(work, *args, **kwargs))


def _with_thread_budget(work: Callable[[], T]) -> T:
    token = _budget.set(Budget(THREAD_SECONDS, float("inf"), True))
    try:
        return work()
    finally:
        _budget.reset(token)


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of `work`, run in a thread without a budget."""
    return await asyncio.wrap_future(workers.submit(partial(work, *args, **kwargs)))


class Threads:
    """A pool of at most `limit` daemon threads, started on demand; they never keep the process from exiting."""

    def __init__(self, name: str, limit: int) -> None:
        self._name, self._limit, self._started = name, limit, 0
        self._idle = threading.Semaphore(0)
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run the work as soon as a thread is free."""
        future: Future[T] = Future()
        self._jobs.put((future, partial(contextvars.copy_context().run, work)))
        with self._lock:
            if not self._idle.acquire(blocking=False) and self._started < self._limit:  # an idle thread takes the job
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
    except BaseException as exc:  # it goes to the waiting caller, and the thread continues
        future.set_exception(contained(exc))
    else:
        future.set_result(result)


def contained(exc: BaseException) -> Exception:
    """Return an exception that can pass between threads and event loops; what would stop them becomes its cause."""
    if isinstance(exc, Exception) and not isinstance(exc, (StopIteration, StopAsyncIteration)):
        return exc
    stopped = Stopped(described(exc))
    stopped.__cause__ = exc
    return stopped


def described(exc: BaseException) -> str:
    """Return an exception's type and message on one line."""
    if isinstance(exc, Stopped):
        return str(exc)
    try:
        lines = str(exc).strip().splitlines()
    except Exception:  # an author's exception may fail at this too
        lines = []
    text = lines[0] if lines else ""
    return f"{type(exc).__name__}: {text[:300]}" if text else type(exc).__name__


workers = Threads("work", WORKERS)
"""Runs the work of `run` and `in_thread`."""

functions = Threads("python", PYTHON_THREADS)
"""Runs the functions of `python:` replies."""


class CoroutineThread:
    """An event loop in a separate thread, where blocking coroutines delay only each other."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def submit(self, awaitable: Awaitable[T]) -> Future[T]:
        """Await something on that loop."""

        async def awaited() -> T:
            try:
                return await awaitable
            except asyncio.CancelledError:
                raise
            except BaseException as exc:
                if (passable := contained(exc)) is exc:
                    raise  # unchanged, because `from exc` would replace its cause
                raise passable from exc

        return asyncio.run_coroutine_threadsafe(awaited(), self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run_always, args=(self._loop,), name="python-async", daemon=True).start()
            return self._loop


def _run_always(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop that a coroutine may stop, but not for the others."""
    while True:
        loop.run_forever()


coroutines = CoroutineThread()
"""Runs the coroutines of `python:` replies."""
