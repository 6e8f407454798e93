"""Scenarios: stages that all answers go through, on a clock or by count, in a script, started and stopped."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from completions.receive.handler import Handler
from completions.script.scenarios import builtin
from completions.state.namespaces import namespace
from tests.asgi import call
from tests.control.client import ask, control, told

pytestmark = pytest.mark.usefixtures("world")

OUTAGE = [
    {"name": "healthy", "requests": 2},
    {"name": "down", "requests": 1, "error": {"status": 503, "retry_after": 7}},
    {"name": "broken", "requests": 1, "fault": "malformed_json"},
    {"name": "over"},
]
CLOCKED = [
    {"name": "healthy", "seconds": 10},
    {"name": "down", "seconds": 20, "error": 503},
    {"name": "over"},
]


async def statuses(count: int, text: str = "refund", **more: Any) -> list[int]:
    return [(await ask(text, **more)).status for _ in range(count)]


async def start(document: object) -> dict[str, Any]:
    running: dict[str, Any] = (await told("PUT", "scenario", json.dumps(document)))["scenario"]
    return running


async def stage() -> str:
    return str((await told("GET", "scenario"))["scenario"]["stage"])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the scenarios' clock go on by so many seconds."""
    now = [time.time()]

    def forward(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("completions.script.scenarios.time.time", lambda: now[0])
    return forward


@pytest.mark.parametrize(
    "path", ["v1/models", "v1/files", "v1/batches/batch_1", "v1beta/models", "api/tags", "v1/nope"]
)
async def test_scenario__on_a_clock_holds_for_what_is_only_looked_up(path: str, clock: Callable[[float], None]) -> None:
    usual = (await call(Handler(), "GET", f"/{path}")).status
    await start(CLOCKED)
    seen = []
    for seconds in (0, 15, 20):
        clock(seconds)
        seen.append((await call(Handler(), "GET", f"/{path}")).status)
    assert seen == ([usual, 503, usual] if path != "v1/nope" else [usual] * 3)


async def test_scenario__by_count_starts_anew_each_time() -> None:
    for _ in range(2):
        assert (await start(OUTAGE))["stage"] == "healthy"
        assert await statuses(2) == [200, 200]
        assert await stage() == "down"
        down = await ask("refund")
        assert (down.status, down.headers["retry-after"]) == (503, "7")
        broken = await ask("refund")
        with pytest.raises(ValueError):
            json.loads(broken.body)
        assert await statuses(3) == [200, 200, 200]
        assert await stage() == "over"


async def test_scenario__on_a_clock(clock: Callable[[float], None]) -> None:
    await start({"stages": CLOCKED, "speed": 2})
    assert await statuses(1) == [200]
    clock(5.1)
    assert (await statuses(2), await stage()) == ([503, 503], "down")
    clock(10)
    assert (await statuses(1), await stage()) == ([200], "over")
    clock(10_000)
    assert await stage() == "over"


async def test_scenario__repeats(clock: Callable[[float], None]) -> None:
    await start("rate_limit_storm")
    found = []
    for _ in range(4):
        found += await statuses(1)
        clock(25)
    assert found == [200, 200, 429, 200]  # after 0, 25, 50 and 75 seconds
    assert await stage() == "refused"


async def test_scenario__stops_and_is_forgotten() -> None:
    await start([{"name": "down", "error": 503}])
    assert await statuses(1) == [503]
    shown = await told("DELETE", "scenario")
    assert (shown["scenario"], shown["pushed"]) == (None, False)
    assert await statuses(1) == [200]
    await start([{"name": "down", "error": 503}])
    await told("POST", "reset")
    assert await statuses(1) == [200]


async def test_scenario__that_has_run_leaves_no_counts() -> None:
    for _ in range(2):
        await start(OUTAGE)
        assert await statuses(1) == [200]
    assert len(await namespace().uses()) == 1
    await start(None)
    assert await namespace().uses() == {}


async def test_scenario__of_a_script_runs_until_it_is_stopped() -> None:
    rules = [{"reply": "Hello."}]
    script = {"version": 1, "scenarios": {"mine": OUTAGE}, "defaults": {"scenario": "mine"}, "rules": rules}
    await told("PUT", "script", json.dumps(script))
    assert await statuses(3) == [200, 200, 503]
    assert "mine" in (await told("GET", "scenario"))["known"]
    await told("PUT", "scenario", "null")
    assert (await told("GET", "scenario"))["scenario"] is None
    await start("mine")
    assert await statuses(3) == [200, 200, 503]


async def test_stage__is_in_the_exchange_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    await start({"stages": OUTAGE})
    with caplog.at_level("INFO", "completions.requests"):
        await statuses(4)
        await told("PUT", "scenario", "null")
        await statuses(1)
    found = (await told("GET", "exchanges"))["exchanges"]
    names = [f"stages/{name}" for name in ("healthy", "healthy", "down", "broken")]
    assert [each["stage"] for each in reversed(found)] == [*names, None]
    lines = [record.getMessage() for record in caplog.records if "POST" in record.getMessage()]
    assert [f" stage={name} " in line for name, line in zip(names, lines, strict=False)] == [True] * 4
    assert "stage=" not in lines[4]


async def test_scenario__tells_the_scripts_own_from_the_builtin_ones() -> None:
    script = {"version": 1, "scenarios": {"mine": OUTAGE, "slow_start": CLOCKED}, "rules": []}
    await told("PUT", "script", json.dumps(script))
    state = await told("GET", "scenario")
    assert state["own"] == ["slow_start", "mine"]
    assert set(state["known"]) == {*builtin(), "mine"}


async def test_scenario__leaves_other_namespaces_alone() -> None:
    await told("PUT", "scenario", json.dumps([{"name": "down", "error": 503}]), space="other")
    assert await statuses(1, space="other") == [503]
    assert await statuses(1) == [200]


async def test_scenario__takes_pacing_dice_and_the_requests_own_wishes() -> None:
    await start([{"name": "slow", "pacing": {"ttft_ms": 60, "apply": "both"}}])
    begun = time.monotonic()
    await ask("refund")
    assert time.monotonic() - begun >= 0.06
    await start([{"name": "half", "chaos": {"rate": 0.5, "of": [{"error": 429}]}}])
    assert set(await statuses(40)) == {200, 429}
    await start([{"name": "down", "error": 503}])
    assert (await ask("refund", space="default")).status == 503


async def test_scenario__builtin_ones_can_be_started(clock: Callable[[float], None]) -> None:
    for name in builtin():
        running = await start({"name": name, "speed": 1000})
        assert running["stages"]
        clock(20)
        assert (await ask("refund")).status in (0, 200, 429, 503)


@pytest.mark.parametrize(
    ("document", "told_of"),
    [
        ("provider_outge", "Did you mean `provider_outage`?"),
        ([], "must have at least one stage"),
        ([{"name": "a"}, {"name": "b"}], "another stage follows"),
        ([{"name": "a", "seconds": 1}], "it is the last one"),
        ([{"name": "a", "seconds": 1, "requests": 1}, {"name": "b"}], "not both"),
        ([{"name": "a", "seconds": 1}, {"name": "b", "requests": 1}, {"name": "c"}], "as the first stage, `seconds`"),
        ([{"name": "a", "seconds": 0}, {"name": "b"}], "a number above 0"),
        ([{"name": "a", "requests": 0}, {"name": "b"}], "a whole number from 1"),
        ([{"name": "a", "seconds": 1}, {"name": "a"}], "has the same name as another stage"),
        ([{"seconds": 1}], "lacks `name`"),
        ({"stages": [{"name": "a", "requests": 1}], "repeat": True}, "goes by the clock"),
        ({"stages": [{"name": "a", "seconds": 1}, {"name": "b"}], "repeat": True}, "another stage follows"),
        ({"name": "slow_start", "stages": [{"name": "a"}]}, "either"),
        ({"name": "slow_start", "speed": 0}, "from 0.001"),
        ({"name": "slow_start", "repeat": True}, "is only for `stages`"),
        ({"stages": OUTAGE, "speed": 2}, "go by requests"),
        ({}, "either"),
    ],
)
async def test_scenario__that_cannot_be(document: object, told_of: str) -> None:
    answer = await control("PUT", "scenario", json.dumps(document))
    assert answer.status == 400
    assert told_of in json.loads(answer.body)["error"]["message"]
    assert await statuses(1) == [200]
