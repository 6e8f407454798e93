"""The first rows of the live list, written as `show.js` and `row.js` write all that come later."""

from collections.abc import Iterable, Mapping
from typing import Any

BAR = 72
"""The width of a pace bar."""


def grouped(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return exchanges, given the newest first, with each retry right below the tries before it."""
    tries: dict[str, list[Mapping[str, Any]]] = {}
    for each in reversed(list(found)):
        tries.setdefault(each["idempotency_key"] or each["id"], []).append(each)
    return [each for group in reversed(tries.values()) for each in group]


def cells(each: Mapping[str, Any], known: set[str]) -> dict[str, object]:
    """Return what a row shows of an exchange; `known` are the keys of the rows above it, and gets its own."""
    key = each["idempotency_key"]
    follows = key in known
    known.add(key or each["id"])
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
