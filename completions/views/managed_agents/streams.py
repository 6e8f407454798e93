"""How the streams of sessions learn of new events, and from where on a later stream begins."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Iterator

from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.wire.anthropic.managed.kinds import SESSION
from completions.wire.anthropic.managed.log import status_of, visible

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


async def note_seen(space: Namespace, session: Document) -> None:
    """Note that a client has seen the events of a session at rest: streams that open later begin behind them."""
    now = time.time()
    count = len(visible(session, now))
    if session["seen"] >= count or status_of(session, now) in ("running", "rescheduling"):
        return

    def edit(before: Document | None) -> Document | None:
        return None if before is None else {**before, "seen": max(before["seen"], count)}

    await space.records.change(SESSION, session["id"], edit)
