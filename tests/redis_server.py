"""A real Redis for the tests: `redis-server` from the PATH on a free port, or the one at REDIS_URL."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE

MISSING = "there is no redis-server on this machine (apt-get install redis-server), and no REDIS_URL"


class RedisServer:
    """A process of Redis that keeps nothing on disk; each start begins with nothing."""

    def __init__(self) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip(MISSING)
        self._folder = tempfile.TemporaryDirectory()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        """The address for STATE_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until it listens."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [*command, "--dir", self._folder.name], stdout=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert self._process.poll() is None, "redis-server has ended"
            time.sleep(0.05)
        raise AssertionError("redis-server does not listen")

    def stop(self) -> None:
        """End, and forget everything."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Go on holding connections, without a word."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Answer again."""
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> "RedisServer":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
        self._folder.cleanup()


@contextlib.contextmanager
def server_url() -> Iterator[str]:
    """Give the address of a Redis: REDIS_URL's, else of one that is started here."""
    if url := os.environ.get("REDIS_URL"):
        yield url
    else:
        with RedisServer() as server:
            yield server.url
