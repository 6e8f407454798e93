"""The limit of open files, and so of connections, of a process: raising it, and a warning before it is reached."""

import contextlib
import logging
import sys

if sys.platform != "win32":
    import resource

logger = logging.getLogger("completions")

MAX_FILES = 65_536
"""The requested limit, if the system allows as many; with more, code that loops over all of them becomes slow."""

MACOS_LIMIT = 10_240
"""The limit that macOS accepts although it reports none."""

SPARE_FILES = 50
"""The most files that are no connections: the server's, the journal's, those of a page."""


def raise_file_limit() -> None:
    """Raise the limit of open files: with the default limit, the last of 1,000 connections would be closed silently."""
    if sys.platform == "win32":
        return
    limit, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    for new_limit in (MAX_FILES, MACOS_LIMIT):
        new_limit = new_limit if allowed == resource.RLIM_INFINITY else min(new_limit, allowed)
        if limit == resource.RLIM_INFINITY or new_limit <= limit:
            return
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (new_limit, allowed))
            return


class ConnectionWatch:
    """Warns once that there is hardly room for further connections, and again after there was room in between."""

    def __init__(self) -> None:
        self._has_warned = False

    def check(self, connections: int) -> None:
        """Check the number of connections."""
        if sys.platform == "win32":
            return
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        is_full = limit != resource.RLIM_INFINITY and connections + SPARE_FILES > limit
        if is_full and not self._has_warned:
            logger.warning(
                "%d connections are open, and this process may open %d files (ulimit -n): the system closes what is "
                "beyond that.",
                connections,
                limit,
            )
        self._has_warned = is_full
