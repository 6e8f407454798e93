"""How faults are chosen: by header, by rule, by dice; and what is said of a wrong choice."""

import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings

from completions.delivery.line_faults import drip
from completions.event.scatter import Jitter
from completions.exceptions import ScriptError
from completions.faults import COMBINABLE, FAULTS, Effect
from completions.outcome import Fault
from completions.resolve import engine
from completions.resolve.overrides import read_overrides
from completions.script.language import DEFAULT_SPREAD
from completions.script.pace import Pace
from tests.scripts import World, rules, script
from tests.scripts import asked as asked_prompt

CHAT = "/v1/chat/completions"


async def post(client: AsyncClient, **headers: str) -> Any:
    return await client.post(CHAT, {}, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    ("header", "value", "message"),
    [
        ("X-Mock-Fault", "disconect", "'disconect' is not a fault; allowed: hang, close, reset,"),
        ("X-Mock-Fault", "disconect", "Did you mean `disconnect`?"),
        ("X-Mock-Fault", "", "'' is not a fault; allowed: hang, "),
        (
            "X-Mock-Fault",
            "stall; after=1",
            "`stall` has no parameter 'after'; allowed: after_tokens, after_events, ms.",
        ),
        ("X-Mock-Fault", "close; ms=1", "`close` has no parameter 'ms'; allowed: none."),
        ("X-Mock-Fault", "stall; ms", "'ms' is not a parameter; one is written `name=value`."),
        ("X-Mock-Fault", "stall; ms=-1", "`ms` must be a number from 0 to 86400000, not '-1'."),
        ("X-Mock-Fault", "stall; ms=inf", "`ms` must be a number from 0 to 86400000, not 'inf'."),
        ("X-Mock-Fault", "stall; ms=nan", "`ms` must be a number from 0 to 86400000, not 'nan'."),
        ("X-Mock-Fault", "stall; after_tokens=1.5", "`after_tokens` must be a whole number from 0, not '1.5'."),
        ("X-Mock-Fault", "split_bytes; bytes=0", "`bytes` must be a whole number from 1, not '0'."),
        ("X-Mock-Fault", "error_event; flat=2", "`flat` must be a whole number from 0 to 1, not '2'."),
        ("X-Mock-Fault", "stall; after_tokens=1; after_events=1", "only one of; allowed: after_tokens, after_events."),
        ("X-Mock-Error", "200", "'200' is not a status from 400 to 599, and not the name of an error; allowed: "),
        ("X-Mock-Error", "rate_limited", "server_error, overloaded. Did you mean `rate_limit_exceeded`?"),
        ("X-Mock-Error", "overloaded; retry_after=1", "a status instead of a name: `503; code=overloaded; …`."),
        (
            "X-Mock-Error",
            "429; retry=1",
            "allowed: type, code, param, message, retry_after_ms, retry_after, retry_after_date, should",
        ),
        ("X-Mock-Error", "429; should_retry=maybe", "`should_retry` must be true or false, not 'maybe'."),
        ("X-Mock-Error", "429; retry_after_date=soon", "`retry_after_date` must be a number from 0 to 1000000000, not"),
        (
            "X-Mock-Error",
            "429; retry_after=1; retry_after_date=1",
            "`retry_after` and `retry_after_date` cannot be combined.",
        ),
        ("X-Mock-Pacing", "jitter=nomal", "`jitter` cannot be 'nomal'; allowed: none, uniform, normal, lognormal. Did"),
        ("X-Mock-Pacing", "jitter=normal; spread=wide", "`spread` must be a number from 0, not 'wide'."),
        ("X-Mock-Pacing", "seed=7; spread=1", "`seed` needs a `jitter`."),
        ("X-Mock-Pacing", "", "it is empty; allowed: ttft_ms, itl_ms,"),
        ("X-Mock-Pacing", "ttft_ms=1; apply=both; ttft_ms=2", "`ttft_ms` is there twice."),
        ("X-Mock-Pacing", "speed=2; apply=both", "`speed` has no effect: this answer was not recorded."),
        ("X-Mock-Fault", "stall; ms=1; ms=2", "`ms` is there twice."),
        (
            "X-Mock-Error",
            "429; retry_after_ms=soon",
            "`retry_after_ms` must be a whole number from 0 to 86400000, not",
        ),
    ],
)
async def test_header__that_is_wrong_is_a_400_that_lists_what_is_allowed(
    async_client: AsyncClient, header: str, value: str, message: str
) -> None:
    response = await post(async_client, **{header: value})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_mock_header", header)
    assert message in error["message"]


async def test_error_header__gives_the_usual_facts_and_takes_others(async_client: AsyncClient) -> None:
    response = await post(async_client, **{"X-Mock-Error": "503"})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "service_unavailable")
    response = await post(async_client, **{"X-Mock-Error": "418; message=I am {{ prompt }}; code=teapot; param=pot"})
    assert response.status_code == 418
    assert response.json()["error"] == {
        "message": "I am {{ prompt }}",
        "type": "invalid_request_error",
        "param": "pot",
        "code": "teapot",
    }


@pytest.mark.parametrize("fault", ["close", "reset", "hang; ms=1"])
async def test_connection__that_the_server_keeps_is_a_501(async_client: AsyncClient, fault: str) -> None:
    response = await post(async_client, **{"X-Mock-Fault": fault})
    assert (response.status_code, response.json()["error"]["code"]) == (501, "fault_not_possible")
    assert f"The fault `{fault.partition(';')[0]}` acts on the connection" in response.json()["error"]["message"]


def test_header__is_read_by_djangos_synchronous_client_too(client: Client) -> None:
    response = client.post(CHAT, {}, content_type="application/json", headers={"X-Mock-Error": "503"})
    assert response.status_code == 503


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- {reply: a, fault: disconect}", "script.yaml:3: `rules[0].fault` must be one of hang, close, "),
        ("- {reply: a, fault: disconect}", "Did you mean `disconnect`?"),
        (
            "- reply: a\n  fault:\n    stall:\n      after_token: 1",
            "script.yaml:6: `rules[0].fault.stall.after_token` is",
        ),
        ("- {reply: a, fault: {stal: {}}}", "`rules[0].fault.stal` is not known here; allowed: hang, close,"),
        (
            "- {reply: a, fault: {stall: {ms: -1}}}",
            "fault.stall.ms` must be a number from 0 to 86400000, not -1.",
        ),
        (
            "- {reply: a, fault: {stall: {ms: .inf}}}",
            "fault.stall.ms` must be a number from 0 to 86400000, not",
        ),
        ("- {reply: a, fault: {stall: {after_tokens: true}}}", "must be a whole number from 0, not true."),
        (
            "- {reply: a, fault: {stall: {after_tokens: 1, after_events: 1}}}",
            "takes one of: after_tokens, after_events.",
        ),
        ("- {reply: a, fault: []}", "`rules[0].fault` must have at least one fault."),
        ("- {reply: a, error: 503, fault: disconnect}", "(With one of the faults error_event, error_object, a"),
        ("- {reply: a, fault: stall; ms=5}", "in a header; here they are a mapping: {stall: {…}}."),
        ("- {reply: a, fault: {}}", "`rules[0].fault` must name one fault."),
        (
            "- {reply: a, chaos: {rate: 30, of: [close]}}",
            "`rules[0].chaos.rate` must be a number from 0 to 1, not 30.",
        ),
        ("- {reply: a, chaos: {of: [close]}}", "`rules[0].chaos` lacks `rate`."),
        ("- {reply: a, chaos: {rate: 1, of: [cloes]}}", "Did you mean `close`?"),
        ("- {reply: a, chaos: {rate: 1, of: []}}", "`rules[0].chaos.of` must have at least one fault or error."),
    ],
)
def test_script__errors_name_the_line_and_the_nearest_word(text: str, error: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(rules(text))
    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["close", "crlf"], "`close` and `crlf` cannot be combined: one of them would have no effect."),
        (["disconnect", "error_event"], "`disconnect` and `error_event` cannot be combined"),
        (["truncated_json", "no_done"], "`truncated_json` and `no_done` cannot be combined"),
        (["html_error", "wrong_content_type"], "`html_error` and `wrong_content_type` cannot be combined"),
        (["no_done", "data_after_done"], "`no_done` and `data_after_done` cannot be combined"),
        (["empty_stream", "drip"], "`empty_stream` and `drip` cannot be combined"),
        (["crlf", "no_done", "crlf"], "`crlf` is there twice."),
        (["reset", "split_bytes"], "`reset` and `split_bytes` cannot be combined"),
        (["malformed_chunk"] * 51, "these are 51, and an answer has at most 50."),
    ],
)
async def test_faults__of_which_one_would_have_no_effect_are_refused(
    async_client: AsyncClient, names: list[str], why: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        script(rules(f"- {{reply: a, fault: {names}}}"))
    assert "`rules[0].fault` has faults that cannot be combined: " + why in str(caught.value)
    error = (await post(async_client, **{"X-Mock-Fault": ", ".join(names)})).json()["error"]
    assert (error["code"], why in error["message"]) == ("invalid_mock_header", True)


def test_faults__combine_alike_in_either_order() -> None:
    assert {(one, other) for one, others in COMBINABLE.items() for other in others} == {
        (other, one) for one, others in COMBINABLE.items() for other in others
    }
    assert COMBINABLE.keys() == set(Effect)


def test_faults__are_a_list_in_order_in_scripts_and_in_headers() -> None:
    loaded = script(rules("- {reply: a, fault: [{malformed_chunk: {after_tokens: 2}}, no_done, split_bytes]}"))
    asked = read_overrides({"x-mock-fault": "malformed_chunk; after_tokens=2, no_done, split_bytes"})
    assert asked is not None
    assert asked.faults == loaded.rules[0].faults
    assert [fault.name for fault in asked.faults] == ["malformed_chunk", "no_done", "split_bytes"]


def test_fault__has_its_defaults() -> None:
    loaded = script(rules("- {reply: a, fault: disconnect}\n- {reply: a, fault: {drip: {bytes_per_second: 5}}}"))
    assert [rule.faults for rule in loaded.rules] == [
        (Fault("disconnect", {"after_tokens": 1}),),
        (Fault("drip", {"bytes_per_second": 5}),),
    ]


CHAOS = """\
version: 1
defaults:
  chaos: {rate: 0.5, seed: SEED, of: [disconnect, {stall: {ms: 5}}, {error: 429}]}
rules:
  - {match: {last_user: calm}, reply: Calm., chaos: {rate: 0, of: [close]}}
  - reply: Fine.
"""


async def struck(folder: Path, seed: int, count: int = 60) -> list[str]:
    """Return what strikes each of so many requests."""
    world = World(folder, CHAOS.replace("SEED", str(seed)))
    found = []
    for _ in range(count):
        outcome = await world.outcome()
        found.append(outcome.faults[0].name if outcome.faults else "429" if outcome.error else "")
    return found


async def test_chaos__is_the_same_with_the_same_seed(tmp_path: Path) -> None:
    first, again, other = [await struck(tmp_path, seed) for seed in (1, 1, 2)]
    assert first == again != other
    assert set(first) == {"", "disconnect", "stall", "429"}
    assert 15 <= first.count("") <= 45


async def test_chaos__of_a_rule_goes_before_the_defaults(tmp_path: Path) -> None:
    world = World(tmp_path, CHAOS.replace("0.5", "1").replace("SEED", "1"))
    assert (await world.outcome("calm")).faults == ()
    assert await world.said("calm") == "Calm."


async def test_header__goes_before_the_dice(async_client: AsyncClient, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(CHAOS.replace("defaults:", "defaults:\n  validate: false").replace("0.5", "1").replace("SEED", "1"))
    settings.MOCK_SCRIPT = str(file)
    for _ in range(8):
        assert (await post(async_client, **{"X-Mock-Fault": "json_error_200"})).status_code == 200


async def test_drip__keeps_to_its_rate_and_does_not_drift() -> None:
    now, sizes, times = 0.0, [], []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds + 0.001  # every timer is a little late

    async def pieces() -> Any:
        yield b"a" * 100
        yield b"b" * 50

    async for piece in drip(pieces(), 100, clock=lambda: now, sleep=sleep):
        sizes.append(len(piece))
        times.append(now)
    assert sizes == [2] * 75
    assert 1.499 <= times[-1] <= 1.51


def test_table__has_a_help_line_for_all() -> None:
    helps = [spec.help for spec in FAULTS.values()] + [
        parameter.help for spec in FAULTS.values() for parameter in spec.parameters.values()
    ]
    assert all(help.endswith(".") for help in helps)


@pytest.mark.parametrize(("error", "said"), [("429", "Rate limit reached for mock on"), ("404", "The model `mock`")])
async def test_error_header__calls_a_model_that_is_not_named_as_answers_do(
    async_client: AsyncClient, error: str, said: str
) -> None:
    response = await post(async_client, **{"X-Mock-Error": error})
    assert response.json()["error"]["message"].startswith(said)


async def test_error_header__says_whether_and_when_to_try_again(async_client: AsyncClient) -> None:
    response = await async_client.post(
        "/v1/chat/completions",
        {},
        content_type="application/json",
        headers={"X-Mock-Error": "503; retry_after=2; should_retry=false"},
    )
    assert response.status_code == 503
    assert (response.headers["retry-after"], response.headers["x-should-retry"]) == ("2", "false")


def test_pacing_header__goes_before_the_rule_s() -> None:
    asked = read_overrides({"x-mock-pacing": "ttft_ms=500; tps=50; apply=both"})
    assert asked is not None and not asked.has_fault_or_error
    pace = asked.paced(Pace(ttft_ms=1, itl_ms=2, prefill_ms_per_1k=3))
    assert (pace.ttft_ms, pace.itl_ms, pace.prefill_ms_per_1k, pace.whole) == (500, 20, 3, True)


@pytest.mark.parametrize(
    ("header", "jitter"),
    [
        ("ttft_ms=1", Jitter("normal", 0.1, "rule")),
        ("jitter=none", None),
        ("jitter=uniform", Jitter("uniform", DEFAULT_SPREAD, "0")),
        ("jitter=lognormal; spread=0.3; seed=7", Jitter("lognormal", 0.3, "7")),
    ],
)
def test_pacing_header__has_a_jitter(header: str, jitter: Jitter | None) -> None:
    asked = read_overrides({"x-mock-pacing": header})
    assert asked is not None
    assert asked.paced(Pace(jitter=Jitter("normal", 0.1, "rule"))).jitter == jitter


async def test_headers__come_after_what_the_api_would_refuse(async_client: AsyncClient, settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"
    response = await post(async_client, **{"X-Mock-Error": "503", "X-Mock-Fault": "empty_body"})
    assert (response.status_code, response.json()["error"]["message"]) == (400, "you must provide a model parameter")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('message="Closed; back soon.";retry_after=1', "Closed; back soon."),
        (r'retry_after=1; message = "a \"b\" \\ = c;" ', r'a "b" \ = c;'),
        ('message="a" and "b"', '"a" and "b"'),
        ("message=It's 5\" wide", "It's 5\" wide"),
        ('message=""', ""),
    ],
)
async def test_error_header__has_texts_in_quotes(async_client: AsyncClient, written: str, said: str) -> None:
    response = await post(async_client, **{"X-Mock-Error": f"429; {written}"})
    assert (response.status_code, response.json()["error"]["message"]) == (429, said)


async def test_error_header__says_a_date(async_client: AsyncClient) -> None:
    before = int(time.time())
    response = await post(async_client, **{"X-Mock-Error": "503; retry_after_date=90"})
    assert parsedate_to_datetime(response.headers["retry-after"]).timestamp() >= before + 90


async def test_html_error__has_no_headers_of_the_api(async_client: AsyncClient, settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"
    own = {"openai-version", "openai-processing-ms", "openai-organization", "x-ratelimit-limit-requests"}
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    for fault, comes in (("empty_body", own), ("html_error", set[str]())):
        headers = {"X-Mock-Fault": fault, "OpenAI-Organization": "org-a"}
        answer = await async_client.post(CHAT, asked, content_type="application/json", headers=headers)
        assert {name.lower() for name in answer.headers} & (own | {"x-request-id"}) == comes | {"x-request-id"}


async def test_pacing_header__leaves_the_dice_alone(tmp_path: Path) -> None:
    world = World(tmp_path, "defaults: {chaos: {rate: 1, of: [{error: 503}]}}\n" + rules("- reply: a"))
    prompt = asked_prompt("Hi", stream=True, headers={"x-mock-pacing": "ttft_ms=7"})
    outcome = await engine.resolve(world.namespace, prompt)
    assert outcome.error is not None and outcome.error.status == 503
    assert outcome.pacing.ttft_ms == 7
