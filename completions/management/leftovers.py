"""What processes of ours leave in the folder for temporary files where they are killed: the next start clears it.

The names tell the machine and the process: `mock-metrics-<machine>-<process>-…`. What is another user's is left.
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
    """Return what the name of a file or folder begins with, that is a process's: this one's unless given."""
    return f"mock-{kind}-{MACHINE}-{os.getpid() if process is None else process}-"


def clear_leftovers() -> None:
    """Remove what processes of this machine have left that are gone."""
    if sys.platform == "win32":  # there no signal asks whether a process lives
        return
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            named = NAME.match(entry.name)
            if named is not None and named[1] == MACHINE and not _lives(int(named[2])):
                _remove(entry)


def _lives(process: int) -> bool:
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
