"""The script's file, read again when it changes; all namespaces of a process share it."""

import functools
import hashlib
import logging
import time
from pathlib import Path

from completions import budget
from completions.exceptions import ScriptError
from completions.script.loader import builtin_names, parse, path_of
from completions.script.review import doubts
from completions.script.rules import Script
from completions.script.text.reading import read_text, text_of

logger = logging.getLogger("completions")

LOOK_EVERY = 0.5
"""Seconds between checks for changes of the file."""


class ScriptFile:
    """A script by its source, a built-in name or a path, in the last valid version of the file.

    `text` is the content and `digest` its hash. `problem` is what is wrong with the file, so that an older script
    answers; None if nothing is.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._path = path_of(source)
        self._file = None if source in builtin_names() else self._path
        self.next_look = _next_look(self._file)
        self._seen: str | None = None
        self.problem: str | None = None
        self._take(text_of(self._path, source))

    @property
    def folder(self) -> Path:
        """Where the paths in what is pushed start: its folder, or the current one where it is built in."""
        return Path() if self._file is None else self._file.parent

    @property
    def is_watched(self) -> bool:
        """Whether it can change: a built-in script cannot."""
        return self._file is not None

    async def look(self) -> None:
        """Read the file again in a thread if it is time and it has changed; other requests continue meanwhile."""
        if self._file is not None and time.monotonic() >= self.next_look:
            self.next_look = _next_look(self._file)
            await budget.in_thread(self.look_now)

    def look_now(self) -> None:
        """Read the file again if it has changed."""
        if self._file is None:
            return
        self.next_look = _next_look(self._file)
        try:
            text = text_of(self._path, self.source)
        except ScriptError as exc:
            self._seen = None
            self._complain(exc)
            return
        if digest_of(text) == self._seen:
            return
        try:
            self._take(text)
        except ScriptError as exc:
            self._complain(exc)
            return
        self.problem = None
        logger.info("Loaded the script %s again: its file has changed.", self.source)
        for doubt in doubts(self.script):
            logger.warning("%s:%s: %s", self.source, doubt.line, doubt.message)

    def _complain(self, exc: ScriptError) -> None:
        if exc.summary != self.problem:
            self.problem = exc.summary
            logger.error("The script cannot be used, so the previous one stays in use: %s", exc.summary)

    def _take(self, text: str) -> None:
        self._seen = digest_of(text)
        script = parse(read_text(text, self.source))
        self.text, self.digest = text, self._seen
        self.script: Script = script


@functools.lru_cache(maxsize=64)
def _script_file(source: str) -> ScriptFile:
    return ScriptFile(source)


def script_file(source: str) -> ScriptFile:
    """Return the current file of a source; raise `ScriptError` if it was never valid."""
    found = _script_file(source)
    found.look_now()
    return found


def digest_of(text: str) -> str:
    """Return what tells one content from another."""
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _next_look(file: Path | None) -> float:
    return time.monotonic() + LOOK_EVERY if file else float("inf")
