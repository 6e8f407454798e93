"""The script's file, which is read again when it changes; all namespaces of a process share it."""

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

CHECK_INTERVAL = 0.5
"""Seconds between checks for changes of the file."""


class ScriptFile:
    """A script by its source, a built-in name or a path, in the last valid version of the file.

    `text` is the content and `digest` its hash. `problem` is the error in the present file, while an older script
    answers; None if there is none.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._path = path_of(source)
        self._file = None if source in builtin_names() else self._path
        self.next_check = _next_check(self._file)
        self._last_digest: str | None = None
        self.problem: str | None = None
        self._load(text_of(self._path, source))

    @property
    def folder(self) -> Path:
        """The folder of relative paths in pushed rules: the file's, or the current one for a built-in script."""
        return Path() if self._file is None else self._file.parent

    @property
    def is_watched(self) -> bool:
        """Whether it can change: a built-in script cannot."""
        return self._file is not None

    async def check_for_changes(self) -> None:
        """Read the file again in a thread if it is time and it has changed; other requests continue meanwhile."""
        if self._file is not None and time.monotonic() >= self.next_check:
            self.next_check = _next_check(self._file)
            await budget.in_thread(self.check_now)

    def check_now(self) -> None:
        """Read the file again if it has changed."""
        if self._file is None:
            return
        self.next_check = _next_check(self._file)
        try:
            text = text_of(self._path, self.source)
        except ScriptError as exc:
            self._last_digest = None
            self._log_error(exc)
            return
        if digest_of(text) == self._last_digest:
            return
        try:
            self._load(text)
        except ScriptError as exc:
            self._log_error(exc)
            return
        self.problem = None
        logger.info("Loaded the script %s again: its file has changed.", self.source)
        for doubt in doubts(self.script):
            logger.warning("%s:%s: %s", self.source, doubt.line, doubt.message)

    def _log_error(self, exc: ScriptError) -> None:
        if exc.summary != self.problem:
            self.problem = exc.summary
            logger.error("The script cannot be used, so the previous one stays in use: %s", exc.summary)

    def _load(self, text: str) -> None:
        self._last_digest = digest_of(text)
        script = parse(read_text(text, self.source))
        self.text, self.digest = text, self._last_digest
        self.script: Script = script


@functools.lru_cache(maxsize=64)
def _script_file(source: str) -> ScriptFile:
    return ScriptFile(source)


def script_file(source: str) -> ScriptFile:
    """Return the current file of a source; raise `ScriptError` if it was never valid."""
    file = _script_file(source)
    file.check_now()
    return file


def digest_of(text: str) -> str:
    """Return a hash of a content."""
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _next_check(file: Path | None) -> float:
    return time.monotonic() + CHECK_INTERVAL if file else float("inf")
