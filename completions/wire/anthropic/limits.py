"""Anthropic's rate limit headers: other names than OpenAI's, and times instead of durations.

The names are from Anthropic's page "Rate limits"; times are RFC 3339 in UTC, to the second.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping

BEGINNING = "anthropic-ratelimit-"
"""How all of their names begin."""

OURS = re.compile(r"x-ratelimit-(limit|remaining|reset)-(requests|tokens)")
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)(ms|s))?")

KINDS = {"requests": ("requests",), "tokens": ("tokens", "input-tokens", "output-tokens")}
"""The limits that correspond to one of a script's limits, which counts input and output tokens together."""

STEADY = {"requests": ("4000", "3999"), "tokens": ("2400000", "2400000")}
"""The limit and the remaining amount that are reported if nothing is limited."""


def steady() -> dict[str, str]:
    """Return the headers for a key without limits."""
    now = moment(0)
    found: dict[str, str] = {}
    for unit, (limit, remaining) in STEADY.items():
        for kind in KINDS[unit]:
            values = {"limit": limit, "remaining": remaining, "reset": now}
            found |= {f"anthropic-ratelimit-{kind}-{what}": value for what, value in values.items()}
    return found


def limit_headers(headers: Mapping[str, str], clock: float | None = None) -> dict[str, str]:
    """Return headers with rate limits in this API's form; the others stay as they are.

    `clock` is in seconds since the epoch, now by default.
    """
    return {key: value for name, given in headers.items() for key, value in _limit_header(name, given, clock)}


def _limit_header(name: str, value: str, clock: float | None) -> Iterator[tuple[str, str]]:
    if (found := OURS.fullmatch(name)) is None:
        yield name, value
        return
    what, unit = found.groups()
    told = moment(seconds(value), clock) if what == "reset" else value
    for kind in KINDS[unit]:
        yield f"anthropic-ratelimit-{kind}-{what}", told


def seconds(duration: str) -> float:
    """Parse a duration as OpenAI writes it: `6ms`, `1.5s`, `6m0s`, `1h0m0s`; 0 for anything else."""
    if (found := DURATION.fullmatch(duration)) is None:
        return 0.0
    hours, minutes, rest, unit = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0) / (1000 if unit == "ms" else 1)


def moment(after: float, clock: float | None = None) -> str:
    """Return the time so many seconds from now, rounded up to the second: `2026-11-23T18:00:00Z`."""
    now = time.time() if clock is None else clock
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(math.ceil(now + after)))
