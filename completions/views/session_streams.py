"""The streams of sessions of agents: how they learn of new events, wait for the next one, and are recorded."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator

from completions.state.namespaces import Namespace
from completions.views.stored import ResourceRequest

MAX_WAIT = 0.25
"""Seconds between two looks at a session, which another process may have changed; and at the server's end."""

TIME_TO_LEAVE, LOOPS_TO_LEAVE = 0.005, 10
"""Seconds, and then rounds of the event loop, in which a closed connection ends its stream."""

MAX_RECORDED = 1024 * 1024
"""The most bytes of a stream that the journal has."""

PING_INTERVAL = 15
"""Seconds of silence after which a stream has a ping, which the SDKs skip; the interval is ours."""

Watcher = tuple[asyncio.AbstractEventLoop, asyncio.Event]

_watchers: defaultdict[tuple[str, str], set[Watcher]] = defaultdict(set)
"""The streams of this process, by the namespace and the id of their session."""


@contextlib.contextmanager
def watch(space: Namespace, name: str) -> Iterator[asyncio.Event]:
    """Give an event that is set whenever the log of a session has changed in this process."""
    key, watcher = (space.name, name), (asyncio.get_running_loop(), asyncio.Event())
    _watchers[key].add(watcher)
    try:
        yield watcher[1]
    finally:
        _watchers[key].discard(watcher)
        if not _watchers[key]:
            del _watchers[key]


def wake_streams(space: Namespace, name: str) -> None:
    """Wake the streams of a session, because its log has changed."""
    for loop, changed in [*_watchers.get((space.name, name), ())]:
        with contextlib.suppress(RuntimeError):  # its loop is closed
            loop.call_soon_threadsafe(changed.set)


async def recorded(request: ResourceRequest, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the pieces of a stream, of which the journal has the first ones; a HEAD has none."""
    exchange, kept = request.exchange, bytearray()
    async with contextlib.aclosing(pieces):
        try:
            if exchange.method == "HEAD":
                return
            async for piece in pieces:
                exchange.sent_bytes += len(piece)
                if len(kept) + len(piece) <= MAX_RECORDED:
                    kept += piece
                yield piece
        finally:
            exchange.response_body = bytes(kept)


async def wait_for_events(changed: asyncio.Event, next_due: float | None) -> None:
    """Wait until a log has changed, its next event is due, or it is time to look at it."""
    seconds = MAX_WAIT if next_due is None else min(MAX_WAIT, next_due - time.time())
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await changed.wait()
    changed.clear()


def may_have_left(request: ResourceRequest) -> bool:
    """Tell whether a stream's client may have gone."""
    connection = request.exchange.connection
    return connection is not None and connection.is_half_closed


async def let_client_leave() -> None:
    """Let the server notice that a client has left before it sent the request that changed the log.

    Otherwise its stream would take the events with which the client's next stream has to begin.
    """
    await asyncio.sleep(TIME_TO_LEAVE)
    for _ in range(LOOPS_TO_LEAVE):
        await asyncio.sleep(0)
