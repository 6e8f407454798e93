"""The times of a trigger's schedule: five fields of cron, in a time zone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""Of minutes, hours, days of the month, months, and days of the week, of which 0 and 7 are Sunday."""

_DAYS = {day: number for number, day in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_NAMES: tuple[Mapping[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)

_HORIZON = 366 * 8
"""Days after which no next time is looked for: a 29th of February comes within eight years."""

Fields = tuple[frozenset[int], ...]


def fields_of(schedule: str) -> Fields | None:
    """Return the values of each field of a schedule, or None if it is malformed."""
    parts = schedule.lower().split()
    if len(parts) != len(_RANGES):
        return None
    found = [_values(part, *limits, names) for part, limits, names in zip(parts, _RANGES, _NAMES, strict=True)]
    return None if not all(found) else tuple(found)


def _values(part: str, low: int, high: int, names: Mapping[str, int]) -> frozenset[int]:
    """Return the values of a field; none if it is malformed."""
    values: set[int] = set()
    for item in part.split(","):
        span, _, step = item.partition("/")
        first, dash, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        ends = [names.get(end, int(end) if end.isdecimal() and len(end) < 5 else -1) for end in (first, last or first)]
        if not dash and step:
            ends[1] = high
        width = int(step) if step.isdecimal() and len(step) < 5 else 0 if "/" in item else 1
        if not (width and low <= ends[0] <= ends[1] <= high):
            return frozenset()
        values.update(range(ends[0], ends[1] + 1, width))
    return frozenset(values)


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone, or None if there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def next_time(schedule: str, zone: str, now: float) -> float | None:
    """Return when a schedule is due after `now`, in seconds since the epoch, or None if never."""
    fields, place = fields_of(schedule), zone_of(zone)
    if fields is None or place is None:
        return None
    start = datetime.fromtimestamp(now, UTC).astimezone(place).replace(second=0, microsecond=0, tzinfo=None)
    start += timedelta(minutes=1)
    for days in range(_HORIZON):
        day = start.replace(hour=0, minute=0) + timedelta(days=days)
        if not _is_due_on(day, schedule, fields):
            continue
        for hour in sorted(fields[1]):
            for minute in sorted(fields[0]):
                at = day.replace(hour=hour, minute=minute)
                if at >= start:
                    return at.replace(tzinfo=place).timestamp()
    return None


def _is_due_on(day: datetime, schedule: str, fields: Fields) -> bool:
    """Tell whether a day is due: where a schedule limits both kinds of days, one of them suffices, as in cron."""
    of_month, of_week = day.day in fields[2], bool({day.isoweekday(), day.isoweekday() % 7} & fields[4])
    _, _, month_days, _, week_days = schedule.split()
    both = not month_days.startswith("*") and not week_days.startswith("*")
    return day.month in fields[3] and ((of_month or of_week) if both else (of_month and of_week))
