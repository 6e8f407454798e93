"""Standard error as a pipe that may have no reader, as of a test harness: logging must not wait for it."""

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
"""The most bytes that wait for a reader; beyond that, lines are lost, and counted."""

EMPTY = b"\0" * 4
"""The number of bytes in an empty pipe, as the system returns it."""


class Pipe:
    """A pipe that is written as far as it has room; the rest is `held`. `lost` is the number of lost lines."""

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
            pass  # it was made non-blocking, and is full
        except OSError:  # the reader has gone
            at = len(held)
            raise
        finally:
            if at:
                self.held = bytes(held[at:])

    def _room(self, seconds: float) -> int:
        """Return the number of bytes that can be written at once without waiting."""
        with contextlib.suppress(AttributeError, OSError):  # another system, or another file by now
            if fcntl.ioctl(self._fd, termios.FIONREAD, EMPTY) == EMPTY:
                return fcntl.fcntl(self._fd, fcntl.F_GETPIPE_SZ)
        return select.PIPE_BUF if self._poll.poll(seconds * 1000) else 0


def pipe_of(stream: Any) -> Pipe | None:
    """Return the pipe of a stream; None if it is not a pipe, or the system cannot tell whether it is full."""
    if sys.platform == "win32":
        return None
    try:
        fd = stream.fileno()
        return Pipe(fd) if stat.S_ISFIFO(os.fstat(fd).st_mode) else None
    except (AttributeError, OSError, ValueError):  # a stream without a file, as in a test
        return None
