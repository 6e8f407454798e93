"""A live server for the tests: a real uvicorn process on a free port."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.forked import ROOT as ROOT
from tests.forked import SERVER, Forked, parent
from tests.patience import PATIENCE

SERVE = ("manage.py", "serve", "--port", "0")

QUICK = {"MOCK_TTFT_MS": "0", "MOCK_ITL_MS": "0"}
"""The environment of a server whose answers take no time."""

FURTHER = {"--workers", "--reload", "WORKERS", "WEB_CONCURRENCY", "runserver"}
"""What makes a server start further processes, which then import what its program has imported."""

FORKED = (SERVE[:1], ("-m", "uvicorn"))
"""How commands begin of which a process can be forked that has imported what a server needs."""


class LiveServer:
    """A process of the mock, with the text of a script if one is given; `log` holds the lines written so far."""

    def __init__(self, *command: str, script: str | None = None, **environment: str) -> None:
        self.log: list[str] = []
        folder = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        environment = {"DATABASE_URL": f"sqlite:///{folder}/journal.sqlite3", **environment}
        if script is not None:
            environment["MOCK_SCRIPT"] = str(folder / "script.yaml")
            (folder / "script.yaml").write_text(script, encoding="utf-8")
        self._grown = threading.Condition()
        reads, writes = os.pipe()
        self._output = open(reads, encoding="utf-8")  # noqa: SIM115  # closed by the thread
        self.process = _start(command or SERVE, environment, writes, writes)
        os.close(writes)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        started = self.wait_for(r"running on https?://([^ :]+):(\d+)")
        self.host, self.port = started[1], int(started[2])
        self._wait_until_it_listens()

    @property
    def url(self) -> str:
        """The address of the server; OpenAI's base URL is this and `/v1`."""
        return f"http://{self.host}:{self.port}"

    def wait_for(self, pattern: str, since: int = 0, timeout: float = PATIENCE) -> re.Match[str]:
        """Return the match in the first log line, from line `since` on, that has `pattern`; wait until there is one."""

        def found() -> re.Match[str] | None:
            return next((match for line in self.log[since:] if (match := re.search(pattern, line))), None)

        with self._grown:
            self._grown.wait_for(lambda: found() or self.process.poll() is not None, timeout)
            match = found()
        if match is None:
            raise AssertionError(f"No line with {pattern!r} in the server's log:\n" + "\n".join(self.log[since:]))
        return match

    def _wait_until_it_listens(self) -> None:
        """With workers or reload, the address is printed before the process that serves it is up."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not any("startup failed" in line for line in self.log):
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection((self.host, self.port)):
                return
            time.sleep(0.05)
        raise AssertionError("The server does not listen:\n" + "\n".join(self.log))

    def stop(self) -> int:
        """End the process by SIGTERM; return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def __enter__(self) -> "LiveServer":
        return self

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # with the workers and the reloader's child
        self.process.wait()
        self._reader.join(timeout=PATIENCE)

    def _read(self) -> None:
        with self._output as output:
            for line in output:
                with self._grown:
                    self.log.append(line.rstrip("\n"))
                    self._grown.notify_all()
        self.process.wait()
        with self._grown:
            self._grown.notify_all()


def serving(*command: str, script: str | None = None, **environment: str) -> object:
    """Return a fixture of a server for the tests of a module."""

    @pytest.fixture(scope="module")
    def server() -> Iterator[LiveServer]:
        with LiveServer(*command, script=script, **environment) as live:
            yield live

    return server


def _start(command: Sequence[str], told: dict[str, str], *written: int) -> "subprocess.Popen[bytes] | Forked":
    """Start Python with files for its output and errors; if it starts no others, forked from one that has imported."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "mocksite.settings", "PYTHONUNBUFFERED": "1", **told}
    is_known = any(tuple(command[: len(known)]) == known for known in FORKED)
    if hasattr(os, "fork") and is_known and FURTHER.isdisjoint((*command, *told)):
        return parent(SERVER).fork(command, ROOT, environment, *written)
    output, errors = written
    python = [sys.executable, *command]
    return subprocess.Popen(python, cwd=ROOT, env=environment, stdout=output, stderr=errors, start_new_session=True)


def run_manage(*arguments: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    command = ["manage.py", *arguments]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = _start(command, {"DATABASE_URL": "sqlite://:memory:", **told}, output.fileno(), errors.fileno())
        code = process.wait(PATIENCE)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, code, output.read(), errors.read())
