"""Logging: one line an event, in text for people or in JSON for machines, on standard error.

The messages that the mock logs are objects with `__str__` for the text and `fields()` for the JSON
(`completions/journal/record.py`), so that a line that is not logged costs no formatting.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from datetime import UTC, datetime
from threading import get_ident
from typing import Any

import orjson

from mocksite.pipe import pipe_of


class NotCancelled(logging.Filter):
    """Drops uvicorn's traceback of a stream that it cancelled at shutdown, which the request's line reports."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged."""
        return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


Message = tuple[float, str, object]
"""A message at INFO without a log record: the time in seconds since the epoch, the logger's name, the message."""


class GatheringHandler(logging.StreamHandler[Any]):
    """Writes to standard error; lines at INFO or below within an event loop wait up to 20 ms for more.

    A full pipe blocks nothing: its lines wait for a reader, up to `pipe.MAX_HELD`.

    A write costs more than the rest of a line's handling, and each lets another thread run in between. The lines keep
    their order: an urgent line, or one from another thread, is written with all that wait before it. Messages without
    log records become lines only then, because many in a row take less time than single ones.
    """

    GATHER = 0.02
    """Seconds; the most of the log that a kill loses."""

    RETRY_AFTER = 0.5
    """Seconds until lines for which there was no room are written again, if no others come."""

    CLOSE_TIMEOUT = 0.5
    """Seconds that the end of the process waits for a reader of the last lines, each time that there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self._pipe, self._piped_stream = pipe_of(self.stream), self.stream
        self._is_retry_scheduled = False
        self._waiting: deque[str | Message] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    def handle(self, record: logging.LogRecord) -> Any:
        """Take a record that the filters let through. Only a write needs the lock: a line is taken in one step."""
        passed: Any = self.filter(record) if self.filters else True
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or let it wait for others."""
        try:
            self._waiting.append(self.format(record))
            if record.levelno > logging.INFO or not self._is_flushed_soon():
                self.flush()
        except Exception:  # logging's own boundary: a faulty line must not make the caller fail
            self.handleError(record)

    def emit_message(self, logger: str, message: object) -> None:
        """Write a message at INFO without a log record, or let it wait: a paced stream has one for each event.

        The message must not change until its line is written.
        """
        self._waiting.append((time.time(), logger, message))
        if not self._is_flushed_soon():
            self._try_to_flush()

    def flush(self) -> None:
        """Write the lines that wait."""
        with self.lock or contextlib.nullcontext():
            self._loop = None  # later lines are flushed again
            if waiting := [self._waiting.popleft() for _ in range(len(self._waiting))]:
                self._write(self._lines(waiting))
            elif self._pipe is not None and self._pipe.held:
                self._write("")
            super().flush()

    def close(self) -> None:
        """Write the last lines."""
        with self.lock or contextlib.nullcontext(), contextlib.suppress(OSError):
            if self._pipe is not None and self._pipe.held:
                self._pipe.write(b"", self.CLOSE_TIMEOUT)
        super().close()

    def _write(self, lines: str) -> None:
        """Write lines; those for which a pipe has no room are written later, as there may be no reader."""
        pipe = self._pipe
        if pipe is None or self.stream is not self._piped_stream:
            self.stream.write(lines)
            return
        pipe.write(lines.encode(self.stream.encoding, "backslashreplace"))
        if pipe.held:
            self._schedule_retry()
        elif pipe.lost:
            lost, pipe.lost = pipe.lost, 0
            text = f"{lost} lines of the log were lost: nobody read standard error."
            record = logging.LogRecord(__name__, logging.WARNING, "", 0, text, None, None)
            self._write(f"{self.format(record)}\n")

    def _schedule_retry(self) -> None:
        """Schedule the writing of held lines, if an event loop runs here."""
        with contextlib.suppress(RuntimeError):
            if not self._is_retry_scheduled:
                asyncio.get_running_loop().call_later(self.RETRY_AFTER, self._write_held)
                self._is_retry_scheduled = True

    def _write_held(self) -> None:
        self._is_retry_scheduled = False
        self._try_to_flush()

    def _try_to_flush(self) -> None:
        """Write the lines that wait; a failure does not reach the caller."""
        try:
            self.flush()
        except Exception:
            self.handleError(_record(time.time(), __name__, "The log cannot be written."))

    def _lines(self, waiting: list[str | Message]) -> str:
        """Return the text of waiting lines; a message that fails is left out."""
        formatter = self.formatter
        line = formatter.line if isinstance(formatter, LineFormatter) else self._line_of_record
        lines = []
        for each in waiting:
            if isinstance(each, str):
                lines.append(each)
                continue
            created, logger, message = each
            try:
                lines.append(line(created, "INFO", logger, message))
            except Exception:
                self.handleError(_record(created, logger, message))
        return "\n".join([*lines, ""])

    def _line_of_record(self, created: float, level: str, logger: str, message: object) -> str:
        return self.format(_record(created, logger, message))

    def _is_flushed_soon(self) -> bool:
        """Return whether an event loop runs here, and will flush the lines."""
        loop = self._loop
        if loop is not None and self._thread == get_ident() and loop.is_running():
            return True  # the calls below are slower
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        self._loop, self._thread = loop, get_ident()
        loop.call_later(self.GATHER, self._try_to_flush)
        return True


def _record(created: float, logger: str, message: object) -> logging.LogRecord:
    record = logging.LogRecord(logger, logging.INFO, "", 0, message, None, None)
    record.created, record.msecs = created, int(created % 1 * 1000)
    return record


class LineFormatter(logging.Formatter):
    """Formats a record as a line, which can be made without the record as well."""

    def line(self, created: float, level: str, logger: str, message: object, traceback: str = "") -> str:
        """Return the line of a message, which was logged at `created`, in seconds since the epoch."""
        raise NotImplementedError

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line."""
        message = record.getMessage() if record.args else record.msg
        traceback = self.formatException(record.exc_info) if record.exc_info else ""
        return self.line(record.created, record.levelname, record.name, message, traceback)


class JSONFormatter(LineFormatter):
    """Formats a record as one JSON object: time, level, logger, message or fields, and the traceback if any."""

    def line(self, created: float, level: str, logger: str, message: object, traceback: str = "") -> str:
        """Return the object."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "logger": logger,
        }
        fields = getattr(message, "fields", None)
        line |= fields() if fields else {"message": str(message)}
        if traceback:
            line["traceback"] = traceback
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a lone surrogate, as in a file's name that is no UTF-8, or a number that is too large
            return json.dumps(line, default=str)


class TextFormatter(LineFormatter):
    """Formats a record for people: the time of day in UTC, the level, the message; the traceback is below it.

    The head of the lines of a millisecond is made once, because each of many paced chunks has a line.
    """

    _moment, _level, _head = 0, "", ""

    def line(self, created: float, level: str, logger: str, message: object, traceback: str = "") -> str:
        """Return the line."""
        moment = int(created * 1000)
        if moment != self._moment or level != self._level:
            second, milliseconds = divmod(moment, 1000)
            time_of_day = time.strftime("%H:%M:%S", time.gmtime(second))
            self._moment, self._level = moment, level
            self._head = f"{time_of_day}.{milliseconds:03d}Z {level:<7} "
        line = f"{self._head}{message!s}"
        return f"{line}\n{traceback}" if traceback else line


STYLES = {"good": "32", "doubtful": "33", "bad": "1;31", "broken": "35", "quiet": "2", "WARNING": "33", "ERROR": "1;31"}
"""The terminal styles by the marks of a message and by levels."""


def styled(text: str, style: str) -> str:
    """Return a text with the codes of a terminal style."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m"


class ColourFormatter(TextFormatter):
    """Formats a record for a terminal: a message's `marks` name its highlighted parts, and levels have colours."""

    def line(self, created: float, level: str, logger: str, message: object, traceback: str = "") -> str:
        """Return the line in colours."""
        line = super().line(created, level, logger, message, traceback)
        for words, style in getattr(message, "marks", {}).items():
            if not words:
                return styled(line, style)
            core = words.strip()
            line = line.replace(words, words.replace(core, styled(core, style)), 1)
        return line.replace(level, styled(level, level), 1) if level in STYLES else line


FORMATTERS = {"text": TextFormatter, "colour": ColourFormatter, "json": JSONFormatter}


def logging_config(level: str, style: str) -> dict[str, Any]:
    """Return the dictConfig for one console handler; uvicorn's own access log gives way to ours."""
    formatter = FORMATTERS[style]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {style: {"()": formatter}},
        "filters": {"not cancelled": {"()": NotCancelled}},
        "handlers": {"console": {"()": GatheringHandler, "formatter": style}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "completions": {"level": level},
            "uvicorn": {"level": level, "handlers": [], "propagate": True},
            "uvicorn.error": {"filters": ["not cancelled"]},
            "uvicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},
            # Django logs the requests that it answers itself; ours have a line of their own.
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
        },
    }
