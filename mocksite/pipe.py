"""Standard error as a pipe that perhaps nobody reads, as of a test harness: who logs must not wait for it."""

import contextlib
import os
import select
import stat
import sys
from typing import Any

if sys.platform != "win32":
    import fcntl
    import termios

MAX_HELD = 1024 * 1024
"""The bytes that wait for a reader at most; beyond that, lines are lost, and counted."""

NOTHING = b"\0" * 4
"""The number of bytes that wait in an empty pipe, as the system tells it."""


class Pipe:
    """A pipe that takes as much as there is room for; the rest is `held`. `lost` is the number of lines given up."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self.held, self.lost = b"", 0

    def write(self, lines: bytes, seconds: float = 0.0) -> None:
        """Write what is held, then these lines; wait `seconds` at most each time that there is no room."""
        if len(self.held) > MAX_HELD:
            self.lost += lines.count(b"\n")
        else:
            self.held += lines
        held, at = memoryview(self.held), 0
        try:
            while at < len(held) and (room := self._room(seconds)):
                at += os.write(self._fd, held[at : at + room])
        except BlockingIOError:
            pass  # it has been made one that does not block, and is full
        except OSError:  # whoever read it has gone
            at = len(held)
            raise
        finally:
            if at:
                self.held = bytes(held[at:])

    def _room(self, seconds: float) -> int:
        """Return how many bytes it takes at once without waiting."""
        with contextlib.suppress(AttributeError, OSError):  # another system, or another file by now
            if fcntl.ioctl(self._fd, termios.FIONREAD, NOTHING) == NOTHING:
                return fcntl.fcntl(self._fd, fcntl.F_GETPIPE_SZ)
        return select.PIPE_BUF if self._poll.poll(seconds * 1000) else 0


def pipe_of(stream: Any) -> Pipe | None:
    """Return the pipe that a stream writes to; None where it is none, or the system cannot tell whether it is full."""
    if sys.platform == "win32":
        return None
    try:
        fd = stream.fileno()
        return Pipe(fd) if stat.S_ISFIFO(os.fstat(fd).st_mode) else None
    except (AttributeError, OSError, ValueError):  # a stream of text alone, as a test's
        return None
