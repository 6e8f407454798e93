"""From where on a later stream of a session begins: behind what a client has seen."""

import time

from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.wire.anthropic.managed.kinds import SESSION
from completions.wire.anthropic.managed.log import status_of
from completions.wire.session_log import visible


async def note_seen(space: Namespace, session: Document) -> None:
    """Note that a client has seen the events of a session at rest: streams that open later begin behind them."""
    now = time.time()
    count = len(visible(session, now))
    if session["seen"] >= count or status_of(session, now) in ("running", "rescheduling"):
        return

    def edit(before: Document | None) -> Document | None:
        return None if before is None else {**before, "seen": max(before["seen"], count)}

    await space.records.change(SESSION, session["id"], edit)
