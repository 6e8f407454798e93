"""Logging: one line an event, in text for people or in JSON for machines, on standard error.

The messages that the mock logs are objects with `__str__` for the text and `fields()` for the JSON
(`completions/journal/lines.py`), so that a line that nobody wants costs no formatting.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Any

import orjson


class NotCancelled(logging.Filter):
    """Drops uvicorn's traceback of a stream that it cancelled itself, at shutdown: the request's line says so."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged."""
        return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class JSONFormatter(logging.Formatter):
    """Formats a record as one JSON object: time, level, logger, message or fields, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        fields = getattr(record.msg, "fields", None)
        line |= fields() if fields else {"message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    """Formats a record for people: the time of day in UTC, the level, the message.

    A second's time of day is made once, and the rest is put together here: every request pays for this.
    """

    _second, _time = 0, ""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, with the traceback below it."""
        second = int(record.created)
        if second != self._second:
            self._second, self._time = second, time.strftime("%H:%M:%S", time.gmtime(second))
        line = f"{self._time}.{int(record.msecs):03d}Z {record.levelname:7} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def logging_config(level: str, style: str) -> dict[str, Any]:
    """Return the dictConfig for one console handler; uvicorn's own access log gives way to ours."""
    formatter = {"text": TextFormatter, "json": JSONFormatter}[style]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {style: {"()": formatter}},
        "filters": {"not cancelled": {"()": NotCancelled}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": style, "filters": ["not cancelled"]}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "completions": {"level": level},
            "uvicorn": {"level": level, "handlers": [], "propagate": True},
            "uvicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},
            # Django logs the requests that it answers itself; ours have a line of their own.
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
        },
    }
