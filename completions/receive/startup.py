"""The log lines of a server that has started, on its script, journal and inspector; the last of its workers logs them.

The workers of one server share its `multiprocessing` key, and count themselves by files whose names contain it.
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

CHECK_INTERVAL = 0.02
"""Seconds between two checks whether a server listens."""

LOG_DELAY = 0.1
"""Seconds after which a worker's log of its start is written."""


def worker_count(server: Server) -> int:
    """Return the number of uvicorn's worker processes, this one included, by its options or WEB_CONCURRENCY."""
    return 1 if server.config.should_reload else server.config.workers


def gunicorn_worker_count(server: Server) -> int:
    """Return the number of gunicorn's workers, if it runs this server with uvicorn's worker; else 1."""
    worker = getattr(server.config.callback_notify, "__self__", None)
    workers: int = getattr(getattr(worker, "cfg", None), "workers", 1)
    return workers


class WorkerSlots:
    """One slot for each worker of a server; the worker with the last slot started last, and ending ones free theirs."""

    def __init__(self, workers: int) -> None:
        key = blake2b(multiprocessing.current_process().authkey, digest_size=8).hexdigest()
        parent = multiprocessing.parent_process()
        base_path = Path(tempfile.gettempdir()) / f"{prefix('worker', None if parent is None else parent.pid)}{key}"
        self._files = [base_path.with_name(f"{base_path.name}-{number}") for number in range(1, workers + 1)]
        self._slot: Path | None = None

    def take(self) -> bool:
        """Take the first free slot, and return whether it is the last one."""
        for file in self._files:
            try:
                file.touch(exist_ok=False)
            except FileExistsError:
                continue
            except OSError:  # without a count, each worker logs
                return True
            self._slot = file
            return file is self._files[-1]
        return False

    def leave(self) -> None:
        """Free the slot for a worker that replaces this one."""
        if self._slot is not None:
            self._slot.unlink(missing_ok=True)
            self._slot = None


def announce(server: Server) -> WorkerSlots:
    """Log the start once the server listens, in the last of its workers; return the workers' slots."""
    loop, workers = asyncio.get_running_loop(), worker_count(server)
    clear_leftovers()
    slots = WorkerSlots(workers)
    if workers == 1 and not server.config.should_reload:
        _warn()

    def check_started() -> None:
        if server.started and server.servers and server.servers[0].sockets:
            loop.call_later(LOG_DELAY if workers > 1 else 0, log_start)
        elif not server.should_exit:
            loop.call_later(CHECK_INTERVAL, check_started)

    def log_start() -> None:
        if workers > 1:
            if not slots.take():
                return
            _warn()
        for line in start_lines(_inspector_url(server)):
            logger.info("%s", line)

    loop.call_soon(check_started)
    return slots


def _inspector_url(server: Server) -> str | None:
    """Return the inspector's address on a listening server; None for a Unix socket, which no browser can open."""
    name = server.servers[0].sockets[0].getsockname()
    scheme = "https" if server.config.is_ssl else "http"
    return inspector_url(name[0], name[1], scheme) if isinstance(name, tuple) else None


def _warn() -> None:
    for warning in unprinted_warnings():
        logger.warning("%s", warning)
