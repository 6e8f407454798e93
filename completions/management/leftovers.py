"""Temporary files of our processes that were killed, which the next start removes.

Their names contain the machine and the process: `mock-metrics-<machine>-<process>-…`. Other users' files stay.
"""

import contextlib
import os
import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path

MACHINE = re.sub(r"[^A-Za-z0-9]", "_", platform.node())
NAME = re.compile(r"mock-(?:llm|metrics|worker)-(\w*)-(\d+)-")


def prefix(kind: str, process: int | None = None) -> str:
    """Return the prefix of the names of a process's files and folders; by default, this process's."""
    return f"mock-{kind}-{MACHINE}-{os.getpid() if process is None else process}-"


def clear_leftovers() -> None:
    """Remove files of processes on this machine that have ended."""
    if sys.platform == "win32":  # no signal tests whether a process lives there
        return
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            match = NAME.match(entry.name)
            if match is not None and match[1] == MACHINE and not _is_alive(int(match[2])):
                _remove(entry)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _remove(entry: "os.DirEntry[str]") -> None:
    with contextlib.suppress(OSError):
        if entry.stat(follow_symlinks=False).st_uid != os.getuid():
            return
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink()
