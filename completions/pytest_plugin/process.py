"""The server process: started once for a test process, on a port known in advance, and stopped with it.

It reports over a pipe that it listens, and exits when its standard input is closed, without inherited sockets or
signals.

Each worker of pytest-xdist has its own server. That costs a worker less than a second, once, and only if one of its
tests uses the fixture. In return, no worker waits for another, there is nothing to coordinate or to clean up after a
kill, and the servers use all cores, like the workers.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from completions.pytest_plugin.address import HOST

FOLDER = Path(__file__).parent

INHERITED = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV"}
INHERITED |= {"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"}
INHERITED |= {"PYTHONPATH", "PYTHONHOME", "TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"}
INHERITED_PREFIXES = ("LC_", "LD_", "DYLD_", "CONDA_", "NIX_")
"""The variables that the server inherits: those for running Python, and no settings of the project."""


BLOCKED = (
    f"Something blocks network access in the tests. Allow {HOST}: with pytest-socket by `--allow-hosts={HOST}`, with "
    f"pytest-recording by `--allowed-hosts={HOST}`."
)
"""Such plugins raise a `RuntimeError`, while the network itself raises an `OSError`."""


class ServerFailed(Exception):
    """The server did not start, or has stopped; the message has its log."""


class ServerProcess:
    """A process of the mock, with its journal and its log in its own folder.

    It exits when this process closes its standard input: by `stop`, or by ending in any way, including `kill -9`.
    """

    def __init__(self, directory: Path, port: int) -> None:
        self.port = port
        self._folder = tempfile.TemporaryDirectory(prefix=_prefix(), ignore_cleanup_errors=True)
        self.log = Path(self._folder.name) / "server.log"
        self._report = b""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command(port),
                cwd=directory,
                env=environment(os.environ, Path(self._folder.name)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C is the tests' own; the server goes once they have ended
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )

    def wait_until_it_listens(self, timeout: float) -> None:
        """Return once it listens; raise `ServerFailed` if it stopped or took too long."""
        reading = threading.Thread(target=self._read_report, name="mock_llm start", daemon=True)
        reading.start()
        reading.join(timeout)
        try:
            if json.loads(self._report)["port"] == self.port:
                return
        except ValueError as exc:
            raise self.failure(TimeoutError(f"nothing within {timeout:g} s") if reading.is_alive() else exc) from None
        raise ServerFailed(f"The mock's server listens elsewhere: {self._report!r}")

    def _read_report(self) -> None:
        if self._process.stdout is not None:
            self._report = self._process.stdout.readline()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def written(self, since: int = 0) -> str:
        """Return the server's log from byte `since` on: warnings and errors."""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace").strip()

    def failure(self, exc: Exception) -> ServerFailed:
        """Return the error of a server that did not answer, with its log, or of blocked network access."""
        if isinstance(exc, RuntimeError):
            return ServerFailed(f"The mock's server cannot be reached ({type(exc).__name__}: {exc}). {BLOCKED}")
        try:
            state = f"ended with exit code {self._process.wait(timeout=1)}"
        except subprocess.TimeoutExpired:
            state = f"does not answer ({type(exc).__name__}: {exc})"
        return ServerFailed(f"The mock's server {state}. Its log:\n{self.written() or '(empty)'}")

    def stop(self) -> None:
        """Stop the process, and remove its folder."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._folder.cleanup()


def _prefix() -> str:
    """Return a prefix with this process's id, by which the next server recognizes the files of a killed one."""
    return f"mock-llm-{re.sub(r'[^A-Za-z0-9]', '_', platform.node())}-{os.getpid()}-"


def command(port: int) -> list[str]:
    """Return the command that serves on a reserved port; `-P` keeps the project's modules from hiding ours."""
    serve = ["serve", "--host", HOST, "--port", str(port), "--reserved", "--report", "--until-eof", "--workers", "1"]
    return [sys.executable, "-P", "-m", "mocksite", *serve]


def environment(project: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the server's environment: the mock's own settings only."""
    inherited = {
        name: value for name, value in project.items() if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    package_path = str(FOLDER.parent.parent)
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join(filter(None, (package_path, inherited.get("PYTHONPATH")))),
        "DJANGO_SETTINGS_MODULE": "mocksite.settings",
        "ENV_FILE": os.devnull,  # not the project's `.env`
        "MOCK_SCRIPT": str(FOLDER / "script.yaml"),
        "CASSETTE_ROOT": ".",  # its working directory, which is the project's root
        "MOCK_TTFT_MS": "0",
        "MOCK_ITL_MS": "0",
        "LOG_LEVEL": "WARNING",
        "SHUTDOWN_TIMEOUT": "0",  # a run does not wait for requests that its tests have left open
        "JOURNAL": "true",
        "DATABASE_URL": f"sqlite:///{(folder / 'journal.sqlite3').as_posix()}",
    }
