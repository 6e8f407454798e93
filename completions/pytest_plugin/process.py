"""The server's process: started once for a test process, on a socket that is bound before, and gone with it.

Each worker of pytest-xdist has a server of its own. It costs a worker under a second, once, and only if a test of its
uses the fixture; in return no worker waits for another one, there is nothing to agree upon and to clean up after a
kill, and the servers share the cores as the workers do.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent

KEPT = {
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
}
KEPT |= {"PYTHONPATH", "PYTHONHOME", "TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"}
KEPT_PREFIXES = ("LC_", "LD_", "DYLD_", "CONDA_", "NIX_")
"""What the server takes over from the environment: how to run Python, and no setting of the project's own."""


class ServerFailed(Exception):
    """The server did not start, or is gone; the message has what it logged."""


class ServerProcess:
    """A process of the mock, with its journal and its log in a folder of its own.

    It ends when this process closes its standard input: by `stop`, or by ending in any way, `kill -9` included.
    """

    def __init__(self, directory: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mock-llm-")
        self.log = Path(self._folder.name) / "server.log"
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening, self.log.open("wb") as log:
            self.port: int = listening.getsockname()[1]
            self._process = subprocess.Popen(
                command(listening.fileno()),
                cwd=directory,
                env=environment(os.environ, Path(self._folder.name)),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[listening.fileno()],
                start_new_session=True,  # Ctrl-C is the tests' own; the server goes once they have ended
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def written(self, since: int = 0) -> str:
        """Return what the server has logged, from byte `since` on: warnings and errors."""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace").strip()

    def failure(self, exc: Exception) -> ServerFailed:
        """Return the error of a server that did not answer, with its log."""
        try:
            how = f"ended with exit code {self._process.wait(timeout=1)}"
        except subprocess.TimeoutExpired:
            how = f"does not answer ({type(exc).__name__}: {exc})"
        return ServerFailed(f"The mock's server {how}. Its log:\n{self.written() or '(empty)'}")

    def stop(self) -> None:
        """End the process, and remove its folder."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def command(fd: int) -> list[str]:
    """Return the command that serves on an inherited socket; a module of the project's hides none of ours (`-P`)."""
    return [sys.executable, "-P", "-m", "mocksite", "serve", "--fd", str(fd), "--until-eof"]


def environment(project: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the server's environment: the mock's own settings, whatever the project's are called."""
    kept = {name: value for name, value in project.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    ours = str(HERE.parent.parent)
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (ours, kept.get("PYTHONPATH")))),
        "DJANGO_SETTINGS_MODULE": "mocksite.settings",
        "ENV_FILE": os.devnull,
        "MOCK_SCRIPT": str(HERE / "script.yaml"),
        "MOCK_TTFT_MS": "0",
        "MOCK_ITL_MS": "0",
        "LOG_LEVEL": "WARNING",
        "SHUTDOWN_TIMEOUT": "0",
        "JOURNAL": "true",
        "DATABASE_URL": f"sqlite:///{folder / 'journal.sqlite3'}",
    }
