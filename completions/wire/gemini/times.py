"""Google's times and durations (`google.protobuf.Timestamp` and `Duration` in JSON)."""

import re
from datetime import UTC, datetime

DURATION = re.compile(r"(\d{1,12})(\.\d{1,9})?s")


def timestamp(seconds: float, digits: int = 6) -> str:
    """Return a time, in seconds since the epoch, with `digits` decimals, or none if they are zeros."""
    if seconds == int(seconds):
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").ljust(20 + digits, "0") + "Z"


def duration(value: str) -> float | None:
    """Return the seconds of a duration (`300s`), or None if it is malformed."""
    found = DURATION.fullmatch(value)
    return float(value[:-1]) if found else None


def moment(value: str) -> float | None:
    """Return the seconds since the epoch of a time in RFC 3339, or None if it is malformed."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
