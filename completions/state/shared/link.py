"""One connection to Redis for a whole worker: what all requests ask goes out as it comes, and answers come in order.

When Redis goes away, what was asked fails at once, and so does what is asked until it is back; the link looks for it
by itself. It belongs to one event loop at a time, and begins anew in another.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError

from completions.exceptions import StateUnavailable
from completions.state.shared.scripts import ALL, Script

logger = logging.getLogger("completions")

TIMEOUT = 1.0
"""Seconds that Redis may take to accept a connection, and about as many to answer, where no others are given."""

LOOK_AGAIN = 1.0
"""Seconds between two looks at whether Redis is back."""

MAX_POSTED = 10_000
"""Notes that wait for Redis to come back; beyond that, the oldest goes."""

LATE = "LATE "
"""What the error begins with of a script that came after its caller had given up; Redis' time follows."""

SURELY_LATE = 1.05
"""Times the timeout after which a script is refused for sure, however well the clocks are known."""

FAILURES = (OSError, RedisError, TimeoutError, EOFError)

Value = str | bytes | int | float


class Asked:
    """A command on its way, and who waits for its answer: None where nobody does.

    A script is told until when somebody waits for it: `at` is when it was asked, on the monotonic clock.
    """

    __slots__ = ("again", "at", "command", "future", "script")

    def __init__(
        self, script: Script | None, command: tuple[Value, ...], future: "asyncio.Future[Any] | None", again: bool
    ) -> None:
        self.script, self.command, self.future, self.again = script, command, future, again
        self.at = time.monotonic()

    def packed(self, ahead: float, timeout: float) -> tuple[Value, ...]:
        """Return the command as it is sent; `ahead` is by how much Redis' clock is ahead of the monotonic one."""
        if self.script is None:
            return self.command
        return (*self.command, 0 if self.future is None else f"{self.at + timeout + ahead:.6f}")


class Link:
    """The connection. `away` says that Redis cannot be reached, as far as is known: it took longer than `timeout`."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.timeout = timeout
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=timeout,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
            encoding_errors="surrogatepass",  # a rule's name may be any text
        )
        self.away, self._refusal = False, ""
        self._ahead = 0.0
        self.on_back: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._outgoing: list[Asked] = []
        self._sent: deque[Asked] = deque()

    async def run(self, script: Script, keys: tuple[str, ...], *arguments: Value) -> Any:
        """Run a script and return its answer; raise `StateUnavailable` where there is none."""
        return await self._ask(_by_sha(script, keys, arguments), script)

    async def get(self, key: str, *fields: str) -> list[bytes | None]:
        """Return some fields of a hash."""
        found: list[bytes | None] = await self._ask(("HMGET", key, *fields))
        return found

    def post(self, script: Script, keys: tuple[str, ...], *arguments: Value, again: bool = False) -> None:
        """Run a script when it can be, and wait for nothing. `again` says that it may run twice, to run for sure."""
        try:
            self._bind()
        except RuntimeError:  # under WSGI responses end outside of any loop
            return
        self._outgoing.append(Asked(script, _by_sha(script, keys, arguments), None, again))
        if len(self._outgoing) > MAX_POSTED and self.away:
            del self._outgoing[0]
        self._wake.set()

    def connection(self) -> AbstractConnection:
        """Return one more connection, for who has to listen."""
        return self._pool.make_connection()  # type: ignore[no-any-return, no-untyped-call]  # redis-py has no types here

    async def close(self) -> None:
        """Let what was posted go out, and end the connection."""
        task, self._task = self._task, None
        if task is None or self._loop is not asyncio.get_running_loop():
            return
        for _ in range(100):
            if self.away or not (self._outgoing or self._sent):
                break
            await asyncio.sleep(0.01)
        self._loop = None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _ask(self, command: tuple[Value, ...], script: Script | None = None) -> "asyncio.Future[Any]":
        loop = self._bind()
        if self.away:
            raise StateUnavailable
        future: asyncio.Future[Any] = loop.create_future()
        self._outgoing.append(Asked(script, command, future, again=False))
        self._wake.set()
        return future

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is not self._loop or self._task is None or self._task.done():
            self._abandon()
            self._loop, self.away = loop, False
            self._outgoing, self._sent, self._wake = [], deque(), asyncio.Event()
            self._task = loop.create_task(self._live(self._sent))
        return loop

    def _abandon(self) -> None:
        """Fail what waits in another loop, which may run still, in a thread of its own."""
        if self._loop is not None and not self._loop.is_closed():
            for asked in (*self._outgoing, *self._sent):
                self._loop.call_soon_threadsafe(_fail, asked)
            if self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _live(self, sent: deque[Asked]) -> None:
        """Hold the connection, and look for Redis again whenever it is lost."""
        while True:
            connection = self.connection()
            try:
                async with asyncio.timeout(self.timeout):
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
                    await _exchange(connection, [("SCRIPT", "LOAD", script.text) for script in ALL])
                    self._ahead = await _clock_ahead(connection)
                self._be_back()
                await self._serve(connection, sent)
            except FAILURES as exc:
                self._lose(exc)
            finally:
                await connection.disconnect(nowait=True)
            if self.away:
                await asyncio.sleep(LOOK_AGAIN)

    async def _serve(self, connection: AbstractConnection, sent: deque[Asked]) -> None:
        """Write, read and watch the time until one of them fails; then forget what was on its way."""
        parts = (self._write(connection, sent), self._read(connection, sent), _watch(sent, self.timeout))
        tasks = [asyncio.create_task(part) for part in parts]
        failure: BaseException | None = None
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            failure = next(iter(done)).exception()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._drop(sent, hangs=isinstance(failure, TimeoutError))
        if failure is not None and not isinstance(failure, FAILURES):
            raise failure
        logger.warning("The connection to the state store was lost: %s", _told(failure))

    async def _write(self, connection: AbstractConnection, sent: deque[Asked]) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._outgoing = self._outgoing, []
            sent.extend(batch)
            packed = connection.pack_commands([asked.packed(self._ahead, self.timeout) for asked in batch])
            await connection.send_packed_command(packed, check_health=False)

    async def _read(self, connection: AbstractConnection, sent: deque[Asked]) -> None:
        while True:
            try:
                answer = await connection.read_response()
            except ReadOnlyError:
                raise  # what was the primary is a replica now: another connection leads to the new one
            except ResponseError as exc:
                answer = exc
            self._answer(sent.popleft(), answer)

    def _answer(self, asked: Asked, answer: Any) -> None:
        if isinstance(answer, NoScriptError) and asked.script is not None:  # somebody has flushed the scripts
            asked.command, asked.again = ("EVAL", asked.script.text, *asked.command[2:]), True
            self._outgoing.append(asked)
            self._wake.set()
            return
        if isinstance(answer, ResponseError) and str(answer).startswith(LATE):
            self._take_late(asked, str(answer))
            return
        if isinstance(answer, ResponseError):
            refusal = str(answer).partition(" script: ")[0]  # whichever script it was
            if refusal != self._refusal:  # out of memory, for one: it is told once
                self._refusal = refusal
                logger.error("The state store refused a command: %s", answer)
            _fail(asked, refusal)
        elif asked.future is not None and not asked.future.done():
            asked.future.set_result(answer)

    def _take_late(self, asked: Asked, answer: str) -> None:
        """Fail what was refused as nobody waits for it any more; where somebody does, Redis' clock was set anew."""
        seconds, microseconds = map(int, answer.split()[1:])
        self._ahead = seconds + microseconds / 1_000_000 - time.monotonic()
        if asked.future is None or asked.future.done() or time.monotonic() - asked.at > self.timeout:
            _fail(asked)
            return
        self._outgoing.append(asked)
        self._wake.set()

    def _be_back(self) -> None:
        if self.away:
            logger.warning("The state store is back.")
        self.away = False
        if self._outgoing:
            self._wake.set()
        for told in self.on_back:
            told()

    def _lose(self, exc: BaseException) -> None:
        if not self.away:
            logger.error("The state store cannot be reached, so requests that need it get a 503: %s", _told(exc))
        self.away = True
        waiting, self._outgoing = self._outgoing, []
        self._drop(deque(waiting), unsent=True)

    def _drop(self, asked: deque[Asked], unsent: bool = False, hangs: bool = False) -> None:
        """Fail what waits for an answer, and keep the notes that can still be sent.

        A Redis that `hangs` may go on and do what was sent, until the deadline of each; it fails only then.
        """
        kept = []
        while asked:
            each = asked.popleft()
            if each.future is None and (unsent or each.again):
                kept.append(each)
            elif hangs and each.future is not None:
                left = each.at + SURELY_LATE * self.timeout - time.monotonic()
                each.future.get_loop().call_later(max(left, 0), _fail, each)
            else:
                _fail(each)
        self._outgoing[:0] = kept


async def _watch(sent: deque[Asked], seconds: float) -> None:
    """Raise where the oldest command gets no answer; in two steps, so that a pause of this process is no sign."""
    while True:
        oldest = sent[0] if sent else None
        for _ in range(2):
            await asyncio.sleep(seconds / 2)
        if oldest is not None and sent and sent[0] is oldest:
            raise TimeoutError("no answer in time")


async def _clock_ahead(connection: AbstractConnection) -> float:
    """Return by how many seconds Redis' clock is ahead of the monotonic one, or a little less: half a round trip."""
    begun = time.monotonic()
    await connection.send_packed_command(connection.pack_commands([("TIME",)]), check_health=False)
    seconds, microseconds = await connection.read_response()
    return int(seconds) + int(microseconds) / 1_000_000 - (begun + time.monotonic()) / 2


async def _exchange(connection: AbstractConnection, commands: list[tuple[Value, ...]]) -> None:
    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    for _ in commands:
        await connection.read_response()


def _by_sha(script: Script, keys: tuple[str, ...], arguments: tuple[Value, ...]) -> tuple[Value, ...]:
    return ("EVALSHA", script.sha, len(keys), *keys, *arguments)


def _fail(asked: Asked, refusal: str = "") -> None:
    if asked.future is not None and not asked.future.done():
        asked.future.set_exception(StateUnavailable(refusal))


def _told(exc: BaseException | None) -> str:
    return str(exc) or type(exc).__name__
