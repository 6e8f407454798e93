"""Which requests are attempts of one call, and what their times and statuses say of the client."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from completions.control.verdicts.calls import Attempt, Case, calls_of
from completions.control.verdicts.findings import findings, score
from completions.control.verdicts.operation import _verdict
from completions.conversation import Choice, Message, ParsedExchange, Prompt, Reply, Traffic

FIRST = Attempt(
    "0", 0.0, 0.01, 503, None, None, ("/v1", "m", "body", "client"), None, None, False, False, {}, ParsedExchange()
)


def attempts(*begun: float, **more: Any) -> list[Attempt]:
    """Return attempts of these times that all failed but the last, which each took ten milliseconds."""
    made = [replace(FIRST, id=str(at), start=at, end=at + 0.01, **more) for at in begun]
    return [*made[:-1], replace(made[-1], status=200)]


def rules(*made: Attempt) -> list[str]:
    return list(dict.fromkeys(each.rule for each in findings(Case(calls_of(made)))))


@pytest.mark.parametrize(
    ("begun", "more", "broken"),
    [
        ((0, 0.5, 1.5), {}, []),
        ((0, 0.05), {}, ["no_backoff"]),
        ((0, 0.5, 1.0, 1.5), {}, ["no_backoff"]),
        ((0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5), {}, ["storm"]),
        ((0, 2.1), {"headers": {"retry-after": "2"}}, []),
        ((0, 1.0), {"headers": {"retry-after": "2"}}, ["retry_after_ignored"]),
        ((0, 0.02), {"headers": {"retry-after-ms": "10", "retry-after": "1"}}, []),
        ((0, 0.5), {"status": 401}, ["retried_in_vain"]),
        ((0, 0.5), {"status": 408}, []),
        ((0, 0.5), {"headers": {"x-should-retry": "false"}}, ["retried_in_vain"]),
        ((0, 0.5), {"status": 429, "code": "insufficient_quota"}, ["retried_in_vain"]),
        ((0, 0.5), {"status": 429, "code": "rate_limit_exceeded"}, []),
        ((0, 5.0), {"headers": {"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}}, []),
        ((0, 4.0), {"headers": {"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}}, ["retry_after_ignored"]),
        ((10, 10.02), {"headers": {"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}}, []),
        ((0, 0.02), {"headers": {"retry-after": "soon"}}, ["no_backoff"]),
    ],
)
def test_findings__of_one_call(begun: tuple[float, ...], more: Any, broken: list[str]) -> None:
    assert rules(*attempts(*begun, **more)) == broken


def test_findings__waits_until_a_date_need_not_grow() -> None:
    made = attempts(0, 2, 4, 6)
    dates = [f"Thu, 01 Jan 1970 00:00:0{second} GMT" for second in (2, 4, 6)]
    told = [replace(each, headers={"retry-after": date}) for each, date in zip(made, dates, strict=False)]
    assert rules(*told, made[-1]) == []


def test_score__who_gives_up_at_a_quota_that_is_used_up_did_it_right() -> None:
    case = Case(calls_of([replace(FIRST, status=429, code="insufficient_quota")]))
    assert score(case, findings(case)) == 100


@pytest.mark.parametrize(
    ("cut", "sent", "broken"),
    [
        ("one two ", "one two", ["cut_stream_taken_for_whole"]),
        ("one two", "one two\n", ["cut_stream_taken_for_whole"]),
        ("one two", "one", []),
        (" ", "", []),
    ],
)
def test_findings__a_part_that_is_sent_back_without_the_space_at_its_end(
    cut: str, sent: str, broken: list[str]
) -> None:
    said = ParsedExchange(reply=Reply((Choice(cut, finish_reason=None),)))
    asked = ParsedExchange(prompt=Prompt("m", messages=(Message("assistant", sent), Message("user", "Go on"))))
    first = replace(FIRST, status=200, stream=True, fault="disconnect", parsed=said)
    assert (
        rules(
            first, replace(FIRST, id="1", start=9.0, status=200, parsed=asked, identity=("/v1", "m", "other", "client"))
        )
        == broken
    )


@pytest.mark.parametrize(("spread", "broken"), [(0.0, ["no_jitter"]), (0.05, [])])
def test_findings__waits_that_are_all_the_same(spread: float, broken: list[str]) -> None:
    made = [each for n in range(5) for each in attempts(1000 * n, 1000 * n + 0.5 + n * spread)]
    assert rules(*made) == broken


@pytest.mark.parametrize(
    ("second", "calls"),
    [
        ({"start": 0.5}, 1),
        ({"start": 200.0}, 2),
        ({"start": 0.001}, 2),
        ({"start": 0.5, "identity": ("/v1", "m", "other", "client")}, 2),
        ({"start": 0.5, "retry": 1}, 2),
        ({"start": 0.5, "key": "k"}, 2),
    ],
)
def test_calls__the_same_request_soon_after_a_failure_is_a_retry(second: Any, calls: int) -> None:
    assert len(calls_of([FIRST, replace(FIRST, id="1", end=999.0, **second)])) == calls


def test_calls__are_told_apart_by_the_count_and_the_key_that_clients_send() -> None:
    counted = [replace(FIRST, id=str(n), retry=n % 2, start=n * 0.5, end=n * 0.5 + 0.1) for n in range(4)]
    assert [len(call.attempts) for call in calls_of(counted)] == [2, 2]
    keyed = [replace(FIRST, id=str(n), key=f"k{n % 2}", start=n * 0.01, end=1.0) for n in range(4)]
    assert [len(call.attempts) for call in calls_of(keyed)] == [2, 2]


def test_calls__end_with_a_success() -> None:
    assert len(calls_of([replace(FIRST, status=200), replace(FIRST, id="1", start=0.5)])) == 2


def connecting(
    handshake: dict[str, str], every: float = 1000, lasting: Mapping[int, float] = MappingProxyType({})
) -> list[str]:
    """Return the rules that twelve requests break, each over a connection of its own, `every` milliseconds.

    Some are answered only after as many milliseconds as they are `lasting`.
    """
    shown: dict[str, Any] = {
        "status": 200,
        "duration_ms": 1.0,
        "connection_ms": 0.5,
        "request": {"headers": handshake},
        "response": {"headers": {}},
        **dict.fromkeys(("retry", "idempotency_key", "model", "fault", "error", "stream", "client_left")),
        "method": "POST",
        "query": "",
        "path": "/v1/realtime",
    }
    traffic = Traffic("POST", shown["path"], b"{}", (b"{}",))
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {**shown, "id": str(n), "connection": f"conn_{n}", "duration_ms": lasting.get(n, 1.0)}
        | {"time": (began + timedelta(milliseconds=n * every)).isoformat()}
        for n in range(12)
    ]
    told = _verdict([(row, traffic) for row in reversed(rows)], "openai", 600.0)
    return [each["rule"] for each in told["findings"]]


@pytest.mark.parametrize(("handshake", "found"), [({}, 1), ({"sec-websocket-key": "a"}, 0)])
def test_connections__are_to_be_used_again_but_for_those_of_websockets(handshake: dict[str, str], found: int) -> None:
    assert connecting(handshake) == ["connections_not_reused"] * found


@pytest.mark.parametrize(
    ("lasting", "found"),
    [({}, 1), ({0: 3.4}, 1), ({0: 3.4, 4: 3.4}, 0), ({0: 50.0}, 0)],
    ids=["one after the other", "an end noted late", "at once", "for long at once"],
)
def test_connections__may_be_several_where_several_things_are_asked_at_once(
    lasting: dict[int, float], found: int
) -> None:
    assert connecting({}, 3, lasting) == ["connections_not_reused"] * found


def test_calls__of_one_millisecond_are_in_the_order_in_which_they_ended() -> None:
    shown: dict[str, Any] = {
        "time": "2026-01-01T00:00:00.001Z",
        "duration_ms": 0.3,
        "request": {"headers": {}},
        "response": {"headers": {}},
        **dict.fromkeys(("retry", "idempotency_key", "model", "fault", "error", "stream", "client_left")),
        **dict.fromkeys(("connection", "connection_ms")),
        "method": "POST",
        "query": "",
        "path": "/v1/chat/completions",
    }
    traffic = Traffic("POST", shown["path"], b"{}", (b"{}",))
    ended = {"1": 503, "2": 503, "3": 503, "4": 200}
    told = _verdict([({**shown, "id": id, "status": ended[id]}, traffic) for id in reversed(ended)], "openai", 600.0)
    assert (told["calls"], told["retries"]) == (1, 3)
    assert told["findings"][0]["evidence"] == ["1", "2", "3", "4"]
