"""Run a Python program in a process of its own, forked from one that has imported what takes seconds to import."""

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.patience import PATIENCE

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.slow_imports"])


def python(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run `python` in a folder, with arguments that begin with `-c` or `-m`; return all that it has written."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as output:
        process = FORKS.Process(target=_run, args=(arguments, folder, dict(environment), output.name))
        process.start()
        process.join(PATIENCE)
        assert process.exitcode is not None, f"python {arguments} does not end"
        process.close()
        return output.read()


def _run(arguments: list[str], folder: Path, environment: Mapping[str, str], output: str) -> None:
    """Be that program."""
    written = os.open(output, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(written, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [str(folder), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    option, program, *rest = arguments
    sys.argv = [option, *rest]
    if option == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
