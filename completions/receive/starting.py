"""What a server says once it listens: what answers, where that is recorded, where to look. Of several workers the last.

The workers of one server have its `multiprocessing` key in common, and count themselves by files of that name.
"""

import asyncio
import logging
import multiprocessing
import tempfile
from hashlib import blake2b
from pathlib import Path

from uvicorn import Server

from completions.inspector.address import inspector_url, start_lines
from completions.management.checks import unprinted_warnings
from completions.management.leftovers import clear_leftovers, prefix

logger = logging.getLogger("completions")

LOOK_EVERY = 0.02
"""Seconds between two looks whether a server listens."""

SETTLED = 0.1
"""Seconds after which what a worker has logged of its start is written."""


def workers_of(server: Server) -> int:
    """Return how many processes serve beside this one, itself included: of uvicorn's own, WEB_CONCURRENCY too."""
    return 1 if server.config.should_reload else server.config.workers


def workers_of_gunicorn(server: Server) -> int:
    """Return with how many workers gunicorn was started, if it runs this server by uvicorn's worker; else 1."""
    worker = getattr(server.config.callback_notify, "__self__", None)
    workers: int = getattr(getattr(worker, "cfg", None), "workers", 1)
    return workers


class Places:
    """One place for each worker of a server; who gets the last one started last, and who leaves makes room."""

    def __init__(self, workers: int) -> None:
        key = blake2b(multiprocessing.current_process().authkey, digest_size=8).hexdigest()
        parent = multiprocessing.parent_process()
        named = Path(tempfile.gettempdir()) / f"{prefix('worker', None if parent is None else parent.pid)}{key}"
        self._files = [named.with_name(f"{named.name}-{number}") for number in range(1, workers + 1)]
        self._taken: Path | None = None

    def take(self) -> bool:
        """Take the first place that is free, and return whether it is the last one."""
        for file in self._files:
            try:
                file.touch(exist_ok=False)
            except FileExistsError:
                continue
            except OSError:  # where nothing can be counted, each says it
                return True
            self._taken = file
            return file is self._files[-1]
        return False

    def leave(self) -> None:
        """Let who comes instead of this worker have its place."""
        if self._taken is not None:
            self._taken.unlink(missing_ok=True)
            self._taken = None


def announce(server: Server) -> Places:
    """Have what there is to say said once the server listens, by the last of its workers; return their places."""
    loop, workers = asyncio.get_running_loop(), workers_of(server)
    clear_leftovers()
    places = Places(workers)
    if workers == 1 and not server.config.should_reload:
        _warn()

    def look() -> None:
        if server.started and server.servers and server.servers[0].sockets:
            loop.call_later(SETTLED if workers > 1 else 0, say)
        elif not server.should_exit:
            loop.call_later(LOOK_EVERY, look)

    def say() -> None:
        if workers > 1:
            if not places.take():
                return
            _warn()
        for line in start_lines(_inspector(server)):
            logger.info("%s", line)

    loop.call_soon(look)
    return places


def _inspector(server: Server) -> str | None:
    """Return where the inspector of a server is that listens; None at a socket of Unix, which no browser can open."""
    name = server.servers[0].sockets[0].getsockname()
    scheme = "https" if server.config.is_ssl else "http"
    return inspector_url(name[0], name[1], scheme) if isinstance(name, tuple) else None


def _warn() -> None:
    for warning in unprinted_warnings():
        logger.warning("%s", warning)
