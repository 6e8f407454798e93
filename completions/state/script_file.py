"""The script's file, read again when it changes; all namespaces of a process share it."""

import functools
import hashlib
import logging
import time
from pathlib import Path

from completions.exceptions import ScriptError
from completions.script.loader import builtin_names, load, path_of

logger = logging.getLogger("completions")

LOOK_EVERY = 0.5
"""Seconds between two looks at whether the file has changed."""


class ScriptFile:
    """A script by its source, a built-in name or a path, as its file was when it was last whole.

    `digest` tells one content from another, in every process alike. `problem` is what is wrong with the file, so that
    an older script answers; None where nothing is.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._file = None if source in builtin_names() else path_of(source)
        self._seen = _digest(self._file)
        self.next_look = _next_look(self._file)
        self.script, self.digest = load(source), self._seen or source
        self.problem: str | None = None

    def look(self) -> None:
        """Read the file again where it has changed, but look only now and then."""
        if time.monotonic() >= self.next_look:
            self.look_now()

    def look_now(self) -> None:
        """Read the file again where it has changed."""
        self.next_look = _next_look(self._file)
        seen = _digest(self._file)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.script = load(self.source)
        except ScriptError as exc:
            self.problem = str(exc)
            logger.error("The script cannot be used, so the one before still answers: %s", exc)
            return
        self.problem, self.digest = None, seen or self.source
        logger.info("Loaded the script %s again: its file has changed.", self.source)


@functools.lru_cache(maxsize=64)
def _script_file(source: str) -> ScriptFile:
    return ScriptFile(source)


def script_file(source: str) -> ScriptFile:
    """Return the file of a source as it is now; raise `ScriptError` where it never could be read."""
    found = _script_file(source)
    found.look_now()
    return found


def _digest(file: Path | None) -> str | None:
    """Return what tells one content of a file from another; None where there is no file."""
    try:
        return hashlib.blake2s(file.read_bytes(), digest_size=8).hexdigest() if file else None
    except OSError:
        return None


def _next_look(file: Path | None) -> float:
    return time.monotonic() + LOOK_EVERY if file else float("inf")
