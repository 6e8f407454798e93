"""The first rows of the live list, written as `show.js` and `row.js` write all that come later."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

BAR = 72
"""The width of a pace bar."""


Shown = Mapping[str, Any]
"""An exchange as the control API lists it."""

WINDOW = timedelta(minutes=2)
"""The longest wait of an SDK from one try to the next; a `Retry-After` of a minute is obeyed."""


def grouped(found: Iterable[Shown]) -> list[tuple[Shown, bool]]:
    """Return exchanges, given the newest first, with each retry right below the tries before it, and whether it is one.

    `rows.js` does the same with those that come later.
    """
    groups: list[list[Shown]] = []
    latest: dict[str, list[Shown]] = {}
    for each in reversed(list(found)):
        key = each["idempotency_key"] or each["fingerprint"]
        tries = latest.get(key)
        if tries is None or not _follows(each, tries[-1]):
            groups.append(tries := [])
        tries.append(each)
        latest[key] = tries
    return [(each, each is not group[0]) for group in reversed(groups) for each in group]


def _follows(each: Shown, earlier: Shown) -> bool:
    """Say whether an exchange that has another's key is a later try: by its key, or by its count in time."""
    if each["idempotency_key"]:
        return True
    wait = datetime.fromisoformat(each["time"]) - datetime.fromisoformat(earlier["time"])
    return each["retry"] > earlier["retry"] and wait - timedelta(milliseconds=earlier["duration_ms"]) < WINDOW


def cells(each: Shown, follows: bool) -> dict[str, object]:
    """Return what a row shows of an exchange, which may be a later try of the one above it."""
    nearest = each["near_misses"][0]["rule"] if each["near_misses"] else None
    wait, flow = pace(each["ttft_ms"], each["duration_ms"])
    return {
        **each,
        "clock": each["time"][11:19],
        "tone": tone(each["status"]),
        "follows": follows,
        "nearest": nearest,
        "tokens": f"{each['tokens']['prompt']} → {each['tokens']['completion']}" if each["tokens"] else "",
        "cost": cost(each["cost_usd"]),
        "ttft": ms(each["ttft_ms"]),
        "duration": ms(each["duration_ms"]),
        "wait": wait,
        "flow": flow,
        "x": wait + 1,
    }


def pace(ttft: float | None, duration: float) -> tuple[float, float]:
    """Return how much of the bar is the wait for the first token, and how much is the stream; 0 where there is none."""
    if ttft is None or not duration:
        return 0, 0
    wait = round(min(ttft / duration, 1) * (BAR - 5) * 10) / 10
    return wait, round((BAR - 1 - wait) * 10) / 10


def tone(status: int) -> str:
    """Return the colour of a status."""
    return "ok" if 200 <= status < 400 else "warn" if 400 <= status < 500 else "bad"


def ms(value: float | None) -> str:
    """Write milliseconds, or seconds of many of them."""
    if value is None:
        return ""
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.2f} s"


def cost(value: float | None) -> str:
    """Write US dollars."""
    if value is None:
        return ""
    return "$0" if not value else f"${value:.6f}" if value < 0.01 else f"${value:.4f}"
