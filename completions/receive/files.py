"""How many files, and so connections, a process may have open: more than a system allows at first, and a warning."""

import contextlib
import logging
import sys

if sys.platform != "win32":
    import resource

logger = logging.getLogger("completions")

MOST = 65_536
"""The limit that is asked for, where the system allows as many; what goes through them all takes long with more."""

ALWAYS = 10_240
"""The limit that macOS allows where it says that there is none."""

SPARE = 50
"""Files that are no connections, at most: the server's own, the journal's, those of a page."""


def allow_many() -> None:
    """Raise the limit of open files: of 1,000 connections at once the last would be closed without a word."""
    if sys.platform == "win32":
        return
    limit, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (MOST, ALWAYS):
        wanted = wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
        if limit == resource.RLIM_INFINITY or wanted <= limit:
            return
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, allowed))
            return


class Watch:
    """Tells once that there is hardly room for further connections, and once more when there was some in between."""

    def __init__(self) -> None:
        self._is_told = False

    def look(self, connections: int) -> None:
        """Look at how many there are."""
        if sys.platform == "win32":
            return
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        is_full = limit != resource.RLIM_INFINITY and connections + SPARE > limit
        if is_full and not self._is_told:
            logger.warning(
                "%d connections are open, and this process may open %d files (ulimit -n): the system closes what is "
                "beyond that.",
                connections,
                limit,
            )
        self._is_told = is_full
