"""The times of a trigger's schedule."""

from datetime import UTC, datetime

import pytest

from completions.wire.gemini.managed.schedule import fields_of, next_time

NOW = datetime(2026, 11, 30, 15, 30, 20, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize(
    ("schedule", "zone", "due"),
    [
        ("* * * * *", "UTC", "2026-11-30T15:31"),
        ("30 15 * * *", "UTC", "2026-12-01T15:30"),
        ("0 9 * * *", "America/New_York", "2026-12-01T14:00"),
        ("*/20 16-18/2 * * *", "UTC", "2026-11-30T16:00"),
        ("5/20 15 * * *", "UTC", "2026-11-30T15:45"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00"),
        ("0 8 * * SUN", "UTC", "2026-12-06T08:00"),
        ("0 8 * * 7", "UTC", "2026-12-06T08:00"),
        ("0 8 13 * fri", "UTC", "2026-12-04T08:00"),
        ("0 8 1,15 jan *", "UTC", "2027-01-01T08:00"),
    ],
)
def test_next_time(schedule: str, zone: str, due: str) -> None:
    found = next_time(schedule, zone, NOW.timestamp())
    assert found is not None
    assert datetime.fromtimestamp(found, UTC).isoformat()[:16] == due


def test_next_time__that_never_comes() -> None:
    assert next_time("0 0 31 2 *", "UTC", NOW.timestamp()) is None
    assert next_time("0 0 1 1 *", "Nowhere", NOW.timestamp()) is None


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "* * 0 * *", "*/ * * * *", "1,, * * * *"],
)
def test_fields_of__what_is_malformed(schedule: str) -> None:
    assert fields_of(schedule) is None
