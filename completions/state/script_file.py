"""The script's file, read again when it changes; all namespaces of a process share it."""

import functools
import hashlib
import logging
import os
import time
from pathlib import Path

from completions.exceptions import ScriptError
from completions.script.loader import builtin_names, parse, path_of
from completions.script.node import read_text, text_of
from completions.script.rules import Script

logger = logging.getLogger("completions")

LOOK_EVERY = 0.5
"""Seconds between two looks at whether the file has changed."""


class ScriptFile:
    """A script by its source, a built-in name or a path, as its file was when it was last whole.

    `text` is that file's, `digest` tells one content from another, in every process alike. `problem` is what is wrong
    with the file, so that an older script answers; None where nothing is.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._path = path_of(source)
        self._file = None if source in builtin_names() else self._path
        self._edition = _edition(self._file)
        self.next_look = _next_look(self._file)
        self.problem: str | None = None
        self._read()

    def look(self) -> None:
        """Read the file again where it has changed, but look only now and then."""
        if time.monotonic() >= self.next_look:
            self.look_now()

    def look_now(self) -> None:
        """Read the file again where it has changed."""
        self.next_look = _next_look(self._file)
        edition = _edition(self._file)
        if edition == self._edition:
            return
        self._edition = edition
        try:
            self._read()
        except ScriptError as exc:
            self.problem = str(exc)
            logger.error("The script cannot be used, so the one before still answers: %s", exc)
            return
        self.problem = None
        logger.info("Loaded the script %s again: its file has changed.", self.source)

    def _read(self) -> None:
        text = text_of(self._path, self.source)
        self.script: Script = parse(read_text(text, self.source))
        self.text, self.digest = text, hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


@functools.lru_cache(maxsize=64)
def _script_file(source: str) -> ScriptFile:
    return ScriptFile(source)


def script_file(source: str) -> ScriptFile:
    """Return the file of a source as it is now; raise `ScriptError` where it never could be read."""
    found = _script_file(source)
    found.look_now()
    return found


def _edition(file: Path | None) -> tuple[int, int, int] | None:
    """Return what tells one edition of a file from another; None where there is no file."""
    try:
        stat = os.stat(file) if file else None
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None


def _next_look(file: Path | None) -> float:
    return time.monotonic() + LOOK_EVERY if file else float("inf")
