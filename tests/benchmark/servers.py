"""The servers under test: each its own process, whose CPU time and memory the kernel tells."""

import http.client
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmark.wire import HEADERS, PATH, body

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
TIMEOUT = 60.0
"""Seconds that a server may take to start, to answer or to stop."""

ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "DJANGO_SETTINGS_MODULE": "mocksite.settings",
    "HOST": HOST,
    "WORKERS": "1",
    "STATE_URL": "memory://",
    "DEBUG": "false",
    "ALLOWED_HOSTS": HOST,
    "MOCK_SCRIPT": "mock",
    "MOCK_TTFT_MS": "0",
    "MOCK_ITL_MS": "0",
    "LOG_LEVEL": "INFO",
    "LOG_FORMAT": "text",
}
"""What the mock runs with, whatever the developer's own environment says."""


class BenchmarkError(Exception):
    """A server that did not do what it was measured for."""


def accepts(port: int) -> bool:
    """Tell whether a server takes connections at a port."""
    try:
        socket.create_connection((HOST, port), TIMEOUT).close()
    except OSError:
        return False
    return True


class Server:
    """A server's process. Its log goes to a file in `directory`, so that nobody has to read it in time."""

    def __init__(self, name: str, command: list[str], directory: Path, environment: Mapping[str, str] = {}) -> None:
        self.name = name
        self.port = 0
        self.spawned = time.monotonic()
        self._log = directory / f"{name} {self.spawned}.log"
        environment = {"DATABASE_URL": f"sqlite:///{directory}/{self.spawned}.sqlite3", **environment}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._argv(command),
                cwd=ROOT,
                env={**os.environ, **ENVIRONMENT, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _argv(self, command: list[str]) -> list[str]:
        return [sys.executable, *command]

    def await_start(self, within: float = TIMEOUT) -> None:
        """Wait until the server listens, within so many seconds, and learn its port from its log."""
        while not (port := self._listens()):
            if self._process.poll() is not None or time.monotonic() > self.spawned + within:
                raise BenchmarkError(f"{self.name} did not start:\n{self.log()}")
            time.sleep(0.002)
        self.port = port

    def _listens(self) -> int | None:
        """Return the port; with several workers, uvicorn names it before any of them listens."""
        found = re.search(r"running on http://[^ :]+:(\d+)", self.log())
        return int(found[1]) if found and accepts(int(found[1])) else None

    def answer(self, **fields: object) -> bytes:
        """Return the body of one answer to the chat request with these fields."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)
        try:
            connection.request("POST", PATH, body(**fields), HEADERS)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as exc:
            raise BenchmarkError(f"{self.name} did not answer: {exc!r}") from exc
        finally:
            connection.close()
        if response.status != 200:
            raise BenchmarkError(f"{self.name} answered {response.status}: {text.decode(errors='replace')}")
        return text

    def document(self) -> Any:
        """Return the answer's JSON document."""
        return json.loads(self.answer())

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has used in all its processes and threads, to the nanosecond.

        The clock's id is made as Linux's `clock_getcpuclockid` makes it; `/proc/<pid>/stat` counts by 10 ms.
        """
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self._processes())

    def _processes(self) -> list[int]:
        """Return the ids of the process and of the workers that it has started."""
        pid = self._process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def memory(self) -> float:
        """Return the resident memory in MiB; a process that has ended has none."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return sum(int(size) for size in re.findall(r"VmRSS:\s+(\d+) kB", status)) / 1024

    def log(self) -> str:
        """Return what the process has written so far."""
        return self._log.read_text(errors="replace")

    def terminate(self) -> None:
        """Tell the process to end."""
        self._process.terminate()

    def stop(self) -> None:
        """End the process, by force where it does not go."""
        self.terminate()
        try:
            self._process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class Peer(Server):
    """Another mock to be compared with: started by a command of its own, on a port that is given."""

    def __init__(self, command: str, port: int, directory: Path) -> None:
        self._given = port
        super().__init__("peer", shlex.split(command), directory)

    def _argv(self, command: list[str]) -> list[str]:
        return command

    def _listens(self) -> int | None:
        try:
            socket.create_connection((HOST, self._given), timeout=TIMEOUT).close()
        except OSError:
            return None
        return self._given


def machine_cpu() -> float:
    """Return the seconds of CPU that all processes of the machine have used since its start, to 10 ms."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = Path("/proc/stat").read_text().split(maxsplit=9)[1:]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / os.sysconf("SC_CLK_TCK")


def bare(name: str, application: str, directory: Path) -> Server:
    """Start one of the bare applications of `bare.py`."""
    return Server(name, ["-m", "tests.benchmark.bare", application], directory)


def mock(name: str, directory: Path, **environment: str) -> Server:
    """Start the mock, as `manage.py serve` runs it."""
    return Server(name, ["manage.py", "serve", "--port", "0"], directory, environment)
