"""The figures over time, by model and by rule, and the hits of rules: they add up to what was asked."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from completions.journal import queries
from completions.journal.figures import STEPS, _step_bounds
from completions.journal.queries import Filter
from completions.journal.store import Store
from tests.control.client import ask, said, told

pytestmark = pytest.mark.usefixtures("world")


async def test_figures__of_nothing() -> None:
    assert await told("GET", "figures") == {"step_s": None, "steps": [], "by_model": [], "by_rule": []}
    assert await told("GET", "hits") == {"hits": []}


async def test_figures__add_up() -> None:
    for text, more in (("refund", {}), ("refund", {"stream": True}), ("nothing", {}), ("break", {"model": "gpt-4.1"})):
        await ask(text, **more)
    await ask("refund", "elsewhere")
    found = await told("GET", "figures?steps=10")
    asked = {"requests": 4, "errors": 1, "faults": 1, "unmatched": 1}
    assert {name: sum(step[name] for step in found["steps"]) for name in asked} == asked
    assert [(each["model"], each["requests"]) for each in found["by_model"]] == [("gpt-4o", 3), ("gpt-4.1", 1)]
    rule = found["by_rule"][0]
    assert (rule["rule"], rule["requests"], rule["errors"]) == ("refund", 2, 0)
    listed = (await told("GET", "exchanges?rule=refund"))["exchanges"]
    assert rule["completion_tokens"] == sum(each["tokens"]["completion"] for each in listed)
    assert rule["ttft_ms"]["p50"] == rule["ttft_ms"]["p95"] == listed[0]["ttft_ms"]
    only = await told("GET", "figures?model=gpt-4.1")
    assert [each["rule"] for each in only["by_rule"]] == ["broken"]


@pytest.mark.parametrize("use_tz", [True, False])
async def test_figures__percentiles_are_those_of_each_step(use_tz: bool, settings: Settings) -> None:
    settings.USE_TZ = use_tz
    for _ in range(20):
        await ask("refund", stream=True)
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def spread(store: Store) -> None:
        """Let ten streams begin in each of two minutes, after 1 to 10 and 11 to 20 ms."""
        for index, row in enumerate(queries.select(store, Filter()).order_by("id")):
            row.time = start + timedelta(minutes=index // 10, seconds=index % 10)
            row.time = row.time if use_tz else row.time.replace(tzinfo=None)
            row.ttft_ms, row.duration_ms, row.tokens_sent = index + 1.0, index + 41.0, 5
            row.save(using=store.alias)

    await queries.ask(spread)
    found = await told("GET", "figures?steps=2")
    assert found["step_s"] == 60
    assert [step["time"] for step in found["steps"]] == ["2026-01-01T12:00:00.000Z", "2026-01-01T12:01:00.000Z"]
    assert [step["ttft_ms"] for step in found["steps"]] == [{"p50": 5.0, "p95": 10.0}, {"p50": 15.0, "p95": 20.0}]
    assert [step["itl_ms"]["p50"] for step in found["steps"]] == [10.0, 10.0]


@pytest.mark.parametrize("seconds", [0, 1, 59, 61, 3600, 86400 * 3, 86400 * 500])
@pytest.mark.parametrize("most", [2, 7, 60, 200])
def test_bounds__hold_all_in_so_many_steps(seconds: int, most: int) -> None:
    first = datetime(2026, 3, 1, 11, 59, 59, 900_000, tzinfo=UTC)
    length, bounds = _step_bounds(first, first + timedelta(seconds=seconds), most)
    assert bounds[0] <= first
    assert bounds[-1] > first + timedelta(seconds=seconds)
    assert len(bounds) - 1 <= most
    assert length in STEPS or length % STEPS[-1] == 0


async def test_hits__with_the_last() -> None:
    for text in ("refund", "count", "nothing", "refund"):
        await said(text)
    times = {each["rule"]: each["time"] for each in reversed((await told("GET", "exchanges"))["exchanges"])}
    assert await told("GET", "hits") == {
        "hits": [
            {"rule": "refund", "count": 2, "last": times["refund"]},
            {"rule": None, "count": 1, "last": times[None]},
            {"rule": "counted", "count": 1, "last": times["counted"]},
        ]
    }
