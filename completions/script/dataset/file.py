"""A data file on the disk, and the index of its lines: their positions, and the hashes of their prompts."""

import hashlib
import logging
import os
import threading
import time
from array import array
from bisect import bisect_left
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from weakref import WeakValueDictionary

from completions import budget
from completions.exceptions import AuthorError, ScriptError
from completions.script.dataset.line import Needs, Row, missing, prompt_of, read_row
from completions.script.text.reading import opened

logger = logging.getLogger("completions")

LOOK_EVERY = 0.5
"""Seconds between checks for changes of a file."""

MAX_LINE_BYTES = 1024 * 1024
MAX_LINES = 2_000_000
"""The longest line, and the most lines of a file: the index has 24 bytes for each."""

MAX_PROBLEMS = 20
"""Wrong lines of a file that are reported."""

TRIES = 3
"""Attempts to read a line of a file that changes meanwhile."""

Signature = tuple[int, ...]
"""Distinguishes versions of a file: its size, its time and its place on the disk."""

Check = Callable[[Row, int], None]
"""Raises `ScriptError` if a line's answer is not valid; called with the line and its number."""


@dataclass(slots=True)
class Lines:
    """The positions and numbers of a file's lines; and the sorted hashes of prompts, each with its line."""

    signature: Signature
    starts: "array[int]" = field(default_factory=lambda: array("Q"))
    numbers: "array[int]" = field(default_factory=lambda: array("I"))
    hashes: "array[int]" = field(default_factory=lambda: array("Q"))
    places: "array[int]" = field(default_factory=lambda: array("I"))

    def file_prompts(self, hashes: "array[int]") -> None:
        """Sort the hashes of the lines' prompts; of equal ones the first line comes first."""
        self.places = array("I", sorted(range(len(hashes)), key=hashes.__getitem__))
        self.hashes = array("Q", map(hashes.__getitem__, self.places))

    def find(self, prompt: str) -> int | None:
        """Return the first line with a prompt; None if there is none."""
        hash_ = hash_of(prompt)
        at = bisect_left(self.hashes, hash_)
        return self.places[at] if at < len(self.hashes) and self.hashes[at] == hash_ else None


class DataFile:
    """The lines of a file, whose index is rebuilt when the file changes; `name` is its name in errors.

    Methods that read the disk are called in a thread.
    """

    def __init__(self, path: Path, name: str, needs: Needs, check: Check) -> None:
        self.name, self._path, self._needs, self._check = name, path, needs, check
        self._lines: Lines | None = None
        self._problem: ScriptError | None = None
        self._seen: Signature | None = None
        self._next_look = 0.0
        self._lock = threading.Lock()

    @property
    def problem(self) -> str | None:
        """The problem found when the file was last read; None if there was none."""
        return None if self._problem is None else self._problem.summary.rstrip(".")

    def load(self) -> None:
        """Read the file if it has changed; raise `ScriptError` with each wrong line if it cannot be used."""
        with self._lock:
            self._look()
        if self._problem is not None:
            raise self._problem

    def find(self, prompt: str) -> int | None:
        """Return the first line with a prompt. If the file is due to be read, the work moves to a thread."""
        if time.monotonic() >= self._next_look:
            budget.leave_loop()
        return self._current().find(prompt)

    def row(self, choose: Callable[[Lines], int | None]) -> tuple[Row, int] | None:
        """Return the chosen line and its number; None if none is chosen."""
        for number in range(TRIES):
            lines = self._current(wait=number > 0)
            at = choose(lines)
            if at is None:
                return None
            if (line := self._read(lines, at)) is not None:
                return read_row(line, self.name, lines.numbers[at]), lines.numbers[at]
            self._next_look = 0.0
        raise AuthorError("dataset_failed", f"{self.name} changes while it is read")

    def _current(self, wait: bool = False) -> Lines:
        """Return the index, after a check of the file if that is due; raise `AuthorError` if it cannot be used.

        While another thread rebuilds the index, the last one is used, unless the caller is to `wait`.
        """
        if time.monotonic() >= self._next_look and self._lock.acquire(blocking=wait or self._lines is None):
            try:
                before = self._problem
                self._look()
            finally:
                self._lock.release()
            if self._problem is not None and str(self._problem) != str(before):
                logger.error("The data of %s cannot be used: %s", self.name, self._problem.summary)
        if self._lines is None:
            raise AuthorError("dataset_failed", f"its data cannot be used: {self.problem}")
        return self._lines

    def _look(self) -> None:
        self._next_look = time.monotonic() + LOOK_EVERY
        try:
            with opened(self._path, self.name) as file:
                signature = signature_of(file)
                if signature == self._seen:
                    return
                is_reread, self._seen = self._seen is not None, signature
                self._lines = self._indexed(file, signature)
        except ScriptError as exc:
            self._lines, self._problem, self._seen = None, exc, self._seen if exc.line else None
            return
        self._problem = None
        if is_reread:
            logger.info("Read the data of %s again: the file has changed.", self.name)

    def _indexed(self, file: BinaryIO, signature: Signature) -> Lines:
        """Return the index of a file, with one pass over its lines."""
        lines, hashes, problems = Lines(signature), array("Q"), list[ScriptError]()
        for number, start, line in _lines_of(file, self.name):
            try:
                row = read_row(line, self.name, number)
                if why := missing(row, self._needs):
                    raise ScriptError(why, self.name, number)
                self._check(row, number)
            except ScriptError as exc:
                problems.append(exc)
                if len(problems) == MAX_PROBLEMS:
                    break
                continue
            lines.starts.append(start)
            lines.numbers.append(number)
            if self._needs.prompt is not None:
                hashes.append(hash_of(prompt_of(row, self._needs.prompt) or ""))
        if problems:
            problems[0].others = tuple(problems[1:])
            raise problems[0]
        if not lines.starts:
            raise ScriptError("has no lines.", self.name)
        lines.file_prompts(hashes)
        return lines

    def _read(self, lines: Lines, at: int) -> bytes | None:
        """Return a line; None if the file is not the version of the index."""
        try:
            with opened(self._path, self.name) as file:
                if signature_of(file) != lines.signature:
                    return None
                file.seek(lines.starts[at])
                return file.readline(MAX_LINE_BYTES + 1)
        except ScriptError:
            return None


def _lines_of(file: BinaryIO, name: str) -> Iterator[tuple[int, int, bytes]]:
    """Yield the number, the position and the text of each line that is not empty."""
    start, number = 0, 0
    if file.read(len(BOM_UTF8)) == BOM_UTF8:  # editors on Windows write it
        start = len(BOM_UTF8)
    file.seek(start)
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise ScriptError(f"the line is longer than {MAX_LINE_BYTES} bytes.", name, number)
        if number > MAX_LINES:
            raise ScriptError(f"has more than {MAX_LINES} lines.", name)
        if line.strip():
            yield number, start, line
        start += len(line)


def signature_of(file: BinaryIO) -> Signature:
    """Return the signature of an open file's content."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev


def hash_of(text: str) -> int:
    """Return a number of 64 bits for a text, the same in every process."""
    digest = hashlib.blake2b(text.strip().encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


_files: WeakValueDictionary[tuple[Path, str, Needs], DataFile] = WeakValueDictionary()
_lock = threading.Lock()


def data_file(path: Path, name: str, needs: Needs, check: Check) -> DataFile:
    """Return the file at a path, shared by rules with the same needs; raise `ScriptError` if it is unusable."""
    key = path.absolute(), name, needs
    with _lock:
        found = _files.get(key)
        if found is None:
            found = _files[key] = DataFile(path, name, needs, check)
    found.load()
    return found
