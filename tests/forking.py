"""A process that has imported what takes long to import, and of which programs are forked: see `tests/forked.py`.

Its arguments are the number of a socket and the names of modules. For each program a byte comes over the socket, with
three files: for its output, its errors, and for what becomes of it; then the rest, as a line of JSON.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import time
from typing import Any

FILES = 3


def main() -> None:
    """Import; then be each program that is asked for, in a process forked for it, until nobody asks any more."""
    for name in sys.argv[2:]:
        importlib.import_module(name)
    gc.freeze()  # a collection in a forked process would otherwise copy all of it
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        program = next_program(asked)
    if program is not None:
        be(**program)


def next_program(asked: socket.socket) -> dict[str, Any] | None:
    """Return the program to be, in a process forked for it; in the first process return None at the end."""
    while True:
        _, files, _, _ = socket.recv_fds(asked, 1, FILES)
        if not files:
            return None
        with asked.makefile("rb") as lines:
            program: dict[str, Any] = json.loads(lines.readline())
        if os.fork() == 0 and forked(*files):
            return program
        for file in files:
            os.close(file)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def forked(output: int, errors: int, fate: int) -> bool:
    """Return True in a process forked for a program; the one that calls tells its id and its exit code, and ends."""
    if pid := os.fork():
        os.close(output)
        os.close(errors)
        os.write(fate, b"%d\n" % pid)
        os.write(fate, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os._exit(0)
    os.setsid()
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for file in (output, errors, fate):
        os.close(file)
    return True


def be(arguments: list[str], folder: str, environment: dict[str, str], nohup: bool) -> None:
    """Do as `python` with these arguments: `-c` and code, `-m` and a module, or a file, and what they take."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    for name, number in (("stdout", 1), ("stderr", 2)):
        setattr(sys, name, open(number, "w", buffering=1, encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.path[:1] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    for name in [name for name in sys.modules if name.partition(".")[0] == __package__]:
        del sys.modules[name]  # a project has `tests` of its own
    sys.argv = arguments
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    elif arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
