"""What a namespace holds between requests: its script, which follows its file, its rules' counters, its limits."""

import functools
import itertools
import logging
import os
import threading
import time
from collections import Counter
from pathlib import Path

from completions.conf import conf
from completions.delivery.load import Loads
from completions.exceptions import ScriptError
from completions.gates import Gates
from completions.limits import Limiter
from completions.script.loader import builtin_names, load, path_of
from completions.script.rules import Rule, Script

logger = logging.getLogger("completions")

DEFAULT = "default"

LOOK_EVERY = 0.5
"""Seconds between two looks at whether the script's file has changed."""


class Namespace:
    """A world of its own: script, rules' counters, limits, loads, gates. A changed script starts all but gates anew."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        self._file = None if source in builtin_names() else path_of(source)
        self._edition = _edition(self._file)
        self._next_look = _next_look(self._file)
        self._problem: str | None = None
        self._script = load(source)
        self._uses: Counter[str] = Counter()
        self._limiter = _limiter(self._script)
        self._throws = itertools.count()
        self.loads = Loads()
        self._lock = threading.Lock()
        self.gates = Gates()

    @property
    def script(self) -> Script:
        """The script, as its file was when it was last whole."""
        if time.monotonic() >= self._next_look:
            self._look()
        return self._script

    @property
    def limiter(self) -> Limiter:
        """What each key has left of the script's limits and quota."""
        return self._limiter

    @property
    def problem(self) -> str | None:
        """What is wrong with the file, so that an older script answers; None where nothing is."""
        if time.monotonic() >= self._next_look:
            self._look()
        return self._problem

    def take(self, rule: Rule) -> int | None:
        """Count a use of a rule, and return how many there were before; None where the rule has retired."""
        with self._lock:
            before = self._uses[rule.name]
            if rule.times is not None and before >= rule.times:
                return None
            self._uses[rule.name] = before + 1
            return before

    def throw(self) -> int:
        """Return the number of this throw of the dice of `chaos:`, from 0."""
        return next(self._throws)

    def _look(self) -> None:
        self._next_look = _next_look(self._file)
        edition = _edition(self._file)
        if edition == self._edition:
            return
        self._edition = edition
        try:
            self._script = load(self.source)
        except ScriptError as exc:
            self._problem = str(exc)
            logger.error("The script cannot be used, so the one before still answers: %s", exc)
            return
        self._problem = None
        self._uses = Counter()
        self._limiter = _limiter(self._script)
        self._throws = itertools.count()
        self.loads = Loads()
        logger.info("Loaded the script %s again: its file has changed.", self.source)


def namespace(name: str = DEFAULT) -> Namespace:
    """Return a namespace, loading its script on first use; raise `ScriptError` where that fails."""
    return _namespace(name, conf.MOCK_SCRIPT)


@functools.lru_cache(maxsize=64)
def _namespace(name: str, source: str) -> Namespace:
    return Namespace(name, source)


def _limiter(script: Script) -> Limiter:
    return Limiter(script.limits, script.quota, time.monotonic)


def _edition(file: Path | None) -> tuple[int, int, int] | None:
    """Return what tells one edition of a file from another; None where there is no file."""
    try:
        stat = os.stat(file) if file else None
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None


def _next_look(file: Path | None) -> float:
    return time.monotonic() + LOOK_EVERY if file else float("inf")
