"""Run Python programs in processes of their own, forked from one that has imported what takes long to import."""

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).parent.parent

CLIENTS = "tests.slow_imports"
"""The module that imports LiteLLM and the clients of providers."""

SERVER = "tests.server_imports"
"""The module that imports what a server needs and that reads no setting."""


class Forked:
    """A program's process, as far as tests need what `subprocess.Popen` has."""

    def __init__(self, fate: int) -> None:
        self._fate = open(fate, encoding="ascii")  # noqa: SIM115  # closed by the thread
        self.pid = int(self._fate.readline())
        self.returncode: int | None = None
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._waiter.start()

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs; that of a signal is negative."""
        return self.returncode

    def wait(self, timeout: float = PATIENCE) -> int:
        """Return the exit code once it has ended."""
        self._waiter.join(timeout)
        assert self.returncode is not None, f"process {self.pid} does not end"
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _wait(self) -> None:
        with self._fate:
            self.returncode = int(self._fate.readline())


class Parent:
    """The process that has imported a module, and of which programs are forked."""

    def __init__(self, module: str) -> None:
        self._asking, asked = socket.socketpair()
        self._turn = threading.Lock()
        with asked:
            command = [sys.executable, "-m", "tests.forking", str(asked.fileno()), module]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[asked.fileno()], start_new_session=True
            )

    def end(self) -> None:
        """Ask for no more programs, whereupon the process ends."""
        self._asking.close()
        self._process.wait()

    def fork(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], *written: int) -> Forked:
        """Start `python` with these arguments in a folder, with two files for its output and its errors."""
        nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # which it would have of this process
        program = {"arguments": [*arguments], "folder": str(folder), "environment": {**environment}, "nohup": nohup}
        told, fate = os.pipe()
        with self._turn:
            socket.send_fds(self._asking, [b"\n"], [*written, fate])
            self._asking.sendall(json.dumps(program).encode() + b"\n")
            os.close(fate)
            return Forked(told)


@functools.cache
def parent(module: str) -> Parent:
    """Return the process that has imported a module; it is started when it is first asked for."""
    made = Parent(module)
    atexit.register(made.end)
    return made


def python(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run `python` in a folder, with LiteLLM and the clients imported; return all that it has written."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = parent(CLIENTS).fork(arguments, folder, environment, output.fileno(), output.fileno())
        process.wait()
        output.seek(0)
        return output.read()
