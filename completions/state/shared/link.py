"""One connection to Redis for a whole worker: the commands of all requests are pipelined, and answers come in order.

When the connection is lost, pending commands fail at once, and so do new ones until Redis is back; the link reconnects
by itself. It belongs to one event loop at a time, and starts again in another.
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
from completions.state.shared.scripts import ALL_SCRIPTS, Script

logger = logging.getLogger("completions")

TIMEOUT = 1.0
"""The default of the seconds that Redis may take to accept a connection, and about as many to answer."""

RECONNECT_INTERVAL = 1.0
"""Seconds between two attempts to reconnect."""

MAX_POSTED = 10_000
"""The most notes that wait for Redis to come back; beyond that, the oldest is dropped."""

LATE_ERROR = "LATE "
"""The prefix of the error of a script that arrived after its caller had given up; Redis' time follows."""

LATE_FACTOR = 1.05
"""The multiple of the timeout after which Redis certainly refuses a script, however inexact the clocks are."""

FAILURES = (OSError, RedisError, TimeoutError, EOFError)

Value = str | bytes | int | float


class Command:
    """A command, and the future of its answer: None where nothing waits for it.

    A script gets the deadline of its caller: `created` is when the command was made, on the monotonic clock.
    """

    __slots__ = ("created", "future", "is_repeatable", "parts", "script")

    def __init__(
        self, script: Script | None, parts: tuple[Value, ...], future: "asyncio.Future[Any] | None", is_repeatable: bool
    ) -> None:
        self.script, self.parts, self.future, self.is_repeatable = script, parts, future, is_repeatable
        self.created = time.monotonic()

    def wire_parts(self, clock_offset: float, timeout: float) -> tuple[Value, ...]:
        """Return the command as it is sent; `clock_offset` is Redis' clock minus the monotonic one."""
        if self.script is None:
            return self.parts
        return (*self.parts, 0 if self.future is None else f"{self.created + timeout + clock_offset:.6f}")


class Link:
    """The connection. `away` says that Redis is unreachable, as far as is known: it took longer than `timeout`."""

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
        self._clock_offset = 0.0
        self.on_back: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._outgoing: list[Command] = []
        self._sent: deque[Command] = deque()

    async def run(self, script: Script, keys: tuple[str, ...], *arguments: Value) -> Any:
        """Run a script and return its answer; raise `StateUnavailable` where there is none."""
        return await self._send_command(_evalsha(script, keys, arguments), script)

    async def get(self, key: str, *fields: str) -> list[bytes | None]:
        """Return some fields of a hash."""
        values: list[bytes | None] = await self._send_command(("HMGET", key, *fields))
        return values

    def post(self, script: Script, keys: tuple[str, ...], *arguments: Value, is_repeatable: bool = False) -> None:
        """Run a script when possible, without waiting. A repeatable one may run twice, so that it certainly runs."""
        try:
            self._bind()
        except RuntimeError:  # under WSGI responses end outside of any loop
            return
        self._outgoing.append(Command(script, _evalsha(script, keys, arguments), None, is_repeatable))
        if len(self._outgoing) > MAX_POSTED and self.away:
            del self._outgoing[0]
        self._wake.set()

    def connection(self) -> AbstractConnection:
        """Return another connection, for subscriptions."""
        return self._pool.make_connection()  # type: ignore[no-any-return, no-untyped-call]  # redis-py has no types here

    async def close(self) -> None:
        """Send the posted commands, and end the connection."""
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

    def _send_command(self, parts: tuple[Value, ...], script: Script | None = None) -> "asyncio.Future[Any]":
        loop = self._bind()
        if self.away:
            raise StateUnavailable
        future: asyncio.Future[Any] = loop.create_future()
        self._outgoing.append(Command(script, parts, future, is_repeatable=False))
        self._wake.set()
        return future

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is not self._loop or self._task is None or self._task.done():
            self._fail_other_loop()
            self._loop, self.away = loop, False
            self._outgoing, self._sent, self._wake = [], deque(), asyncio.Event()
            self._task = loop.create_task(self._stay_connected(self._sent))
        return loop

    def _fail_other_loop(self) -> None:
        """Fail the commands of another loop, which may still run, in another thread."""
        if self._loop is not None and not self._loop.is_closed():
            for command in (*self._outgoing, *self._sent):
                self._loop.call_soon_threadsafe(_fail, command)
            if self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _stay_connected(self, sent: deque[Command]) -> None:
        """Keep the connection, and reconnect whenever it is lost."""
        while True:
            connection = self.connection()
            try:
                async with asyncio.timeout(self.timeout):
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
                    await _run_all(connection, [("SCRIPT", "LOAD", script.text) for script in ALL_SCRIPTS])
                    self._clock_offset = await _measure_clock_offset(connection)
                self._note_return()
                await self._serve(connection, sent)
            except FAILURES as exc:
                self._note_loss(exc)
            finally:
                await connection.disconnect(nowait=True)
            if self.away:
                await asyncio.sleep(RECONNECT_INTERVAL)

    async def _serve(self, connection: AbstractConnection, sent: deque[Command]) -> None:
        """Write, read and watch the time until one of them fails; then drop the commands that were sent."""
        parts = (self._write(connection, sent), self._read(connection, sent), _watch_timeouts(sent, self.timeout))
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
        logger.warning("The connection to the state store was lost: %s", _error_text(failure))

    async def _write(self, connection: AbstractConnection, sent: deque[Command]) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._outgoing = self._outgoing, []
            sent.extend(batch)
            wire_parts = connection.pack_commands(
                [command.wire_parts(self._clock_offset, self.timeout) for command in batch]
            )
            await connection.send_packed_command(wire_parts, check_health=False)

    async def _read(self, connection: AbstractConnection, sent: deque[Command]) -> None:
        while True:
            try:
                answer = await connection.read_response()
            except ReadOnlyError:
                raise  # the former primary is a replica now: another connection leads to the new primary
            except ResponseError as exc:
                answer = exc
            self._answer(sent.popleft(), answer)

    def _answer(self, command: Command, answer: Any) -> None:
        if isinstance(answer, NoScriptError) and command.script is not None:  # somebody has flushed the scripts
            command.parts, command.is_repeatable = ("EVAL", command.script.text, *command.parts[2:]), True
            self._outgoing.append(command)
            self._wake.set()
            return
        if isinstance(answer, ResponseError) and str(answer).startswith(LATE_ERROR):
            self._take_late(command, str(answer))
            return
        if isinstance(answer, ResponseError):
            refusal = str(answer).partition(" script: ")[0]  # whichever script it was
            if refusal != self._refusal:  # such as out of memory: it is logged once
                self._refusal = refusal
                logger.error("The state store refused a command: %s", answer)
            _fail(command, refusal)
        elif command.future is not None and not command.future.done():
            command.future.set_result(answer)

    def _take_late(self, command: Command, answer: str) -> None:
        """Fail a command that arrived too late; if its caller still waits, Redis' clock was reset, so send it again."""
        seconds, microseconds = map(int, answer.split()[1:])
        self._clock_offset = seconds + microseconds / 1_000_000 - time.monotonic()
        if command.future is None or command.future.done() or time.monotonic() - command.created > self.timeout:
            _fail(command)
            return
        self._outgoing.append(command)
        self._wake.set()

    def _note_return(self) -> None:
        if self.away:
            logger.warning("The state store is back.")
        self.away = False
        if self._outgoing:
            self._wake.set()
        for callback in self.on_back:
            callback()

    def _note_loss(self, exc: BaseException) -> None:
        if not self.away:
            logger.error("The state store cannot be reached, so requests that need it get a 503: %s", _error_text(exc))
        self.away = True
        waiting, self._outgoing = self._outgoing, []
        self._drop(deque(waiting), unsent=True)

    def _drop(self, commands: deque[Command], unsent: bool = False, hangs: bool = False) -> None:
        """Fail the commands that wait for an answer, and keep the notes that can still be sent.

        A Redis that `hangs` may still run what was sent, until the deadline of each command; it fails only then.
        """
        unsent_notes = []
        while commands:
            each = commands.popleft()
            if each.future is None and (unsent or each.is_repeatable):
                unsent_notes.append(each)
            elif hangs and each.future is not None:
                seconds_left = each.created + LATE_FACTOR * self.timeout - time.monotonic()
                each.future.get_loop().call_later(max(seconds_left, 0), _fail, each)
            else:
                _fail(each)
        self._outgoing[:0] = unsent_notes


async def _watch_timeouts(sent: deque[Command], seconds: float) -> None:
    """Raise if the oldest command gets no answer; in two steps, so that a pause of this process does not count."""
    while True:
        oldest = sent[0] if sent else None
        for _ in range(2):
            await asyncio.sleep(seconds / 2)
        if oldest is not None and sent and sent[0] is oldest:
            raise TimeoutError("no answer in time")


async def _measure_clock_offset(connection: AbstractConnection) -> float:
    """Return by how many seconds Redis' clock is ahead of the monotonic one, less at most half a round trip."""
    start = time.monotonic()
    await connection.send_packed_command(connection.pack_commands([("TIME",)]), check_health=False)
    seconds, microseconds = await connection.read_response()
    return int(seconds) + int(microseconds) / 1_000_000 - (start + time.monotonic()) / 2


async def _run_all(connection: AbstractConnection, commands: list[tuple[Value, ...]]) -> None:
    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    for _ in commands:
        await connection.read_response()


def _evalsha(script: Script, keys: tuple[str, ...], arguments: tuple[Value, ...]) -> tuple[Value, ...]:
    return ("EVALSHA", script.sha, len(keys), *keys, *arguments)


def _fail(command: Command, refusal: str = "") -> None:
    if command.future is not None and not command.future.done():
        command.future.set_exception(StateUnavailable(refusal))


def _error_text(exc: BaseException | None) -> str:
    return str(exc) or type(exc).__name__
