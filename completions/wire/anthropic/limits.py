"""Anthropic's rate limit headers: other names than OpenAI's, and times instead of durations.

The names are from Anthropic's page "Rate limits"; times are RFC 3339 in UTC, to the second.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping

PREFIX = "anthropic-ratelimit-"
"""The prefix of all their names."""

SCRIPT_HEADER = re.compile(r"x-ratelimit-(limit|remaining|reset)-(requests|tokens)")
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)(ms|s))?")

KINDS = {"requests": ("requests",), "tokens": ("tokens", "input-tokens", "output-tokens")}
"""The limits that correspond to each of a script's limits, which count input and output tokens together."""

UNLIMITED = {"requests": ("4000", "3999"), "tokens": ("2400000", "2400000")}
"""The limit and the remaining amount that are reported without limits."""


def unlimited_headers() -> dict[str, str]:
    """Return the headers for a key without limits."""
    now = timestamp_after(0)
    headers: dict[str, str] = {}
    for unit, (limit, remaining) in UNLIMITED.items():
        for kind in KINDS[unit]:
            values = {"limit": limit, "remaining": remaining, "reset": now}
            headers |= {f"anthropic-ratelimit-{kind}-{field}": value for field, value in values.items()}
    return headers


def limit_headers(headers: Mapping[str, str], clock: float | None = None) -> dict[str, str]:
    """Return headers with rate limits in this API's form; the others are unchanged.

    `clock` is in seconds since the epoch, now by default.
    """
    return {
        key: value for name, header_value in headers.items() for key, value in _limit_header(name, header_value, clock)
    }


def _limit_header(name: str, value: str, clock: float | None) -> Iterator[tuple[str, str]]:
    if (found := SCRIPT_HEADER.fullmatch(name)) is None:
        yield name, value
        return
    field, unit = found.groups()
    converted = timestamp_after(seconds(value), clock) if field == "reset" else value
    for kind in KINDS[unit]:
        yield f"anthropic-ratelimit-{kind}-{field}", converted


def seconds(duration: str) -> float:
    """Parse a duration as OpenAI writes it: `6ms`, `1.5s`, `6m0s`, `1h0m0s`; 0 for anything else."""
    if (found := DURATION.fullmatch(duration)) is None:
        return 0.0
    hours, minutes, rest, unit = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0) / (1000 if unit == "ms" else 1)


def timestamp_after(after: float, clock: float | None = None) -> str:
    """Return the time `after` seconds from now, rounded up to the second: `2026-11-23T18:00:00Z`."""
    now = time.time() if clock is None else clock
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(math.ceil(now + after)))
