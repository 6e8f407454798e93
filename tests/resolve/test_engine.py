"""Resolving: which rule answers, in what order its answers come, near misses, pacing, and scripts that change."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from completions.conversation import Message, Prompt, ResponseFormat, Tool, ToolCall
from completions.exceptions import RequestError, ScriptError
from completions.outcome import NearMiss, Pacing
from completions.resolve import engine
from completions.state import namespaces, script_file
from completions.state.namespaces import Namespace, namespace
from tests.document import MOCK
from tests.scripts import World, asked, rules

ORDER = rules("""\
    - {name: order, match: {last_user: order}, reply: Your order}
    - {name: big, match: {model: gpt-4o, last_user: big}, reply: A big one}
    - {name: any, match: {model: gpt-4o}, reply: Anything}
""")

STRICT = "defaults: {strict: true}\n"


@pytest.mark.parametrize(
    ("said", "model", "rule", "text"),
    [
        ("an order", "gpt-4o", "order", "Your order"),
        ("a big order", "gpt-4o", "order", "Your order"),
        ("a big one", "gpt-4o", "big", "A big one"),
        ("hello", "gpt-4o", "any", "Anything"),
    ],
)
async def test_resolve__first_match_wins(tmp_path: Path, said: str, model: str, rule: str, text: str) -> None:
    outcome = await World(tmp_path, ORDER).outcome(asked(said, model=model))
    assert outcome.reply is not None
    assert (outcome.rule, outcome.error, outcome.near_misses) == (rule, None, ())
    assert outcome.reply.choices[0].text == text


async def test_resolve__the_mock_is_left_as_it_is() -> None:
    outcome = await engine.resolve(Namespace("test", "mock"), Prompt(n=3, max_tokens=1))
    assert outcome.reply is not None
    assert (outcome.rule, outcome.reply.body) == ("mock", MOCK)


def test_resolve__the_mock_costs_little_and_never_waits() -> None:
    world, prompt = Namespace("test", "mock"), Prompt()
    calls: list[object] = []
    for _ in range(2):  # the first one reads the script
        calls.clear()
        with pytest.raises(StopIteration):
            sys.setprofile(lambda frame, event, argument: calls.append(event) if event in ("call", "c_call") else None)
            try:
                engine.resolve(world, prompt).send(None)
            finally:
                sys.setprofile(None)
    assert len(calls) <= 60, "twice what it takes, in calls, which are the same on a machine that is busy"


async def test_replies__in_order_and_the_last_sticks(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- replies: [one, {error: 429}, {text: three}]"))
    assert [await world.said() for _ in range(5)] == ["one", "429 rate_limit_exceeded", "three", "three", "three"]


async def test_limits__are_not_for_what_asks_no_model(tmp_path: Path) -> None:
    limits = "\ndefaults: {limits: {rpm: 1, concurrent: 1}, quota: {requests: 1}}"
    world = World(tmp_path, rules("- {match: {format: file}, reply: {text: '', id: file-1}}\n- reply: Hi") + limits)
    for _ in range(3):
        assert (await world.outcome(Prompt(format="file", task="state"))).error is None
    assert await world.said() == "Hi"
    with pytest.raises(RequestError, match="quota"):
        await world.said()


async def test_replies__each_rule_counts_for_itself(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {match: {last_user: a}, replies: [a1, a2]}\n- replies: [b1, b2]"))
    assert [await world.said(text) for text in "abba"] == ["a1", "b1", "b2", "a2"]


async def test_times__retires_the_rule(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {times: 2, error: {status: 503}}\n- {times: 1, reply: a}\n- reply: b"))
    assert [await world.said() for _ in range(5)] == [*["503 service_unavailable"] * 2, "a", "b", "b"]


async def test_times__with_replies(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {times: 3, replies: [a, b]}\n- reply: c"))
    assert [await world.said() for _ in range(5)] == ["a", "b", "b", "c", "c"]


async def test_counters__are_exact_among_many_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, rules(f"- {{times: 50, reply: {{python: '{__name__}:slow'}}}}\n- reply: rest"))
    said = await asyncio.gather(*(world.said() for _ in range(200)))
    assert (said.count("slow"), said.count("rest")) == (50, 150)


async def slow(prompt: Prompt) -> str:
    await asyncio.sleep(0)
    return "slow"


def test_counters__are_exact_among_threads(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {times: 50, reply: a}\n- reply: b"))

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(lambda: asyncio.run(world.said())) for _ in range(120)))

    assert asyncio.run(all_at_once()).count("a") == 50


async def test_namespaces__count_apart(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {times: 1, reply: a}\n- reply: b"))
    other = Namespace("other", str(world.file))
    assert [await world.said(), await world.said()] == ["a", "b"]
    assert (await engine.resolve(other, asked())).rule == "rule 1"


@pytest.mark.parametrize(
    ("fallback", "said"),
    [("echo", "Hello"), ("Sorry", "Sorry"), ("{error: 404}", "404 model_not_found"), ("{text: '{{ turn }}'}", "0")],
)
async def test_fallback__answers_what_no_rule_does(tmp_path: Path, fallback: str, said: str) -> None:
    never = rules("- {name: never, match: {user: x}, reply: a}")
    world = World(tmp_path, f"defaults: {{fallback: {fallback}, pacing: {{ttft_ms: 3, itl_ms: 2}}}}\n{never}")
    outcome = await world.outcome()
    assert (outcome.rule, outcome.pacing) == (None, Pacing(3, 2))
    assert outcome.near_misses == (NearMiss("never", "user is 'x' (saw nothing)"),)
    assert await world.said() == said


async def test_fallback__is_auto_unless_the_script_says_otherwise(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {match: {user: x}, reply: a}"))
    assert await world.said("Tell me about boats.")
    assert await world.said("Tell me about boats.") == await world.said("Tell me about boats.")


async def test_auto__a_schema_that_nothing_satisfies_is_the_requests_error() -> None:
    never = ResponseFormat("json_schema", "a", {"type": "integer", "enum": ["a"]})
    outcome = await engine.resolve(Namespace("test", "auto"), asked(response_format=never))
    assert outcome.error is not None
    assert (outcome.rule, outcome.error.status, outcome.error.code) == ("auto", 400, "unsatisfiable_schema")


async def test_builtin__echo() -> None:
    outcome = await engine.resolve(Namespace("test", "echo"), asked('say "hi" 🎉'))
    assert outcome.reply is not None
    assert [choice.text for choice in outcome.reply.choices] == ['say "hi" 🎉']


async def test_strict__names_the_three_nearest(tmp_path: Path) -> None:
    world = World(tmp_path, STRICT + ORDER + "\n  - {name: far, match: {turn: 9, user: x}, reply: a}")
    outcome = await world.outcome(asked("hello", model="gpt-5"))
    assert outcome.error is not None
    assert (outcome.rule, outcome.reply) == (None, None)
    assert (outcome.error.status, outcome.error.code) == (404, "no_rule_matched")
    assert outcome.error.message == (
        f"No rule of the script {world.file} matches this request, and the script is strict. "
        "The nearest rules, and why they do not match: "
        "'any': model is 'gpt-4o' (saw 'gpt-5'); 'big': model is 'gpt-4o' (saw 'gpt-5'); "
        "'order': last_user contains 'order' (saw 'hello')."
    )
    assert [miss.rule for miss in outcome.near_misses] == ["any", "big", "order"]


async def test_strict__the_nearest_comes_first(tmp_path: Path) -> None:
    world = World(tmp_path, STRICT + ORDER)
    outcome = await world.outcome(asked("a big one", model="gpt-5"))
    assert outcome.near_misses[0] == NearMiss("big", "model is 'gpt-4o' (saw 'gpt-5')")


async def test_strict__a_retired_rule_is_nearest(tmp_path: Path) -> None:
    world = World(tmp_path, STRICT + rules("- {times: 1, reply: a}\n- {match: {turn: 0}, times: 2, reply: b}"))
    assert [await world.said() for _ in range(4)] == ["a", "b", "b", "404 no_rule_matched"]
    assert [miss.why for miss in (await world.outcome()).near_misses] == [
        "it has answered its 1 time",
        "it has answered its 2 times",
    ]


async def test_pacing__rule_over_defaults_over_settings(tmp_path: Path, settings: Settings) -> None:
    settings.MOCK_TTFT_MS, settings.MOCK_ITL_MS = 30.0, 20.0
    paced = "- {match: {last_user: quick}, pacing: {itl_ms: 0}, reply: a}\n- reply: b"
    world = World(tmp_path, "defaults: {pacing: {itl_ms: 7}}\n" + rules(paced))
    assert (await world.outcome("quick")).pacing == Pacing(30.0, 0)
    assert (await world.outcome()).pacing == Pacing(30.0, 7)
    assert (await engine.resolve(Namespace("test", "mock"), Prompt())).pacing == Pacing(30.0, 20.0)


async def test_reply__is_finished_for_its_request(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- reply: {choices: [one, two]}"))
    outcome = await world.outcome(asked(n=3))
    assert outcome.reply is not None
    assert [choice.text for choice in outcome.reply.choices] == ["one", "two", "one"]
    assert outcome.reply.choices[0].finish_reason == "stop"
    assert outcome.reply.usage is not None


@pytest.fixture
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_file, "CHECK_INTERVAL", 0)


COUNTED = rules("- {times: 1, reply: first}\n- reply: %s")


@pytest.mark.usefixtures("_look_at_once")
async def test_reload__an_edit_is_taken_and_counters_start_anew(tmp_path: Path) -> None:
    world = World(tmp_path, COUNTED % "a")
    assert [await world.said() for _ in range(3)] == ["first", "a", "a"]
    world.write(COUNTED % "bb")
    assert [await world.said() for _ in range(3)] == ["first", "bb", "bb"]
    assert world.namespace.problem is None


@pytest.mark.usefixtures("_look_at_once")
@pytest.mark.parametrize("broken", ["version: 1", None, "rules: [", rules("- reply: {python: 'nowhere:f'}")])
async def test_reload__a_broken_edit_keeps_the_last_good_script(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    world = World(tmp_path, COUNTED % "a")
    await world.said()
    if broken is None:
        world.file.unlink()
    else:
        world.write(broken)
    with caplog.at_level(logging.ERROR, "completions"):
        assert [await world.said() for _ in range(3)] == ["a", "a", "a"], "and the counters stand"
    assert len(caplog.records) == 1, "once an edit"
    assert world.namespace.problem
    assert str(world.file) in world.namespace.problem
    assert world.namespace.problem in caplog.text
    world.write(COUNTED % "mended")
    assert [await world.said(), await world.said(), world.namespace.problem] == ["first", "mended", None]


@pytest.mark.usefixtures("_look_at_once")
async def test_reload__an_edit_of_the_same_size_and_a_touch(tmp_path: Path) -> None:
    world = World(tmp_path, COUNTED % "a")
    assert await world.said() == "first"
    world.write(COUNTED % "b")
    os.utime(world.file, ns=(1, 1))
    assert [await world.said(), await world.said()] == ["first", "b"]


async def test_reload__looks_only_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    for module in (script_file, namespaces):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    world = World(tmp_path, rules("- reply: a"))
    world.write(rules("- reply: bb"))
    now += script_file.CHECK_INTERVAL - 0.01
    assert await world.said() == "a"
    now += 0.02
    assert await world.said() == "bb"


def test_namespace__first_load_must_succeed(tmp_path: Path) -> None:
    with pytest.raises(ScriptError):
        Namespace("test", str(tmp_path / "nowhere.yaml"))


def test_namespace__is_the_same_for_the_same_settings(settings: Settings) -> None:
    settings.MOCK_SCRIPT = "echo"
    assert namespace() is namespace()
    assert namespace() is not namespace("other")
    assert (namespace().name, namespace().source) == ("default", "echo")


async def test_tool_loop__ends(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        rules("""\
        - {match: {tool_result: {name: get_weather}}, reply: "{{ prompt.tool_result.temp }} degrees"}
        - {match: {last_user: weather, tools: get_weather}, reply: {tool_calls: {name: get_weather}}}
        """),
    )
    prompt = asked("weather", tools=(Tool("get_weather"),))
    outcome = await world.outcome(prompt)
    assert outcome.reply is not None
    assert outcome.reply.choices[0].finish_reason == "tool_calls"
    called = Message("assistant", tool_calls=(ToolCall("get_weather", "{}", "c1"),))
    answered = asked(messages=(*prompt.messages, called, Message("tool", '{"temp": 21}', tool_call_id="c1")))
    assert await world.said(answered) == "21 degrees"


async def test_pacing__by_tokens_a_second_prefill_and_jitter(tmp_path: Path, settings: Settings) -> None:
    settings.MOCK_TTFT_MS = 10
    paced = "defaults: {pacing: {tps: 50, prefill_ms_per_1k: 1000, jitter: {kind: normal, seed: x}, apply: both}}\n"
    world = World(tmp_path, paced + rules("- {match: {last_user: calm}, reply: a, pacing: {jitter: none}}\n- reply: b"))
    calm = await world.outcome("calm")
    assert calm.reply is not None and calm.reply.usage is not None
    assert calm.pacing == Pacing(10 + calm.reply.usage.prompt_tokens, 20, None, True)
    first, again, other = [(await world.outcome(text)).pacing.jitter for text in ("one", "one", "two")]
    assert first is not None
    assert (first.kind, first.spread, first) == ("normal", 0.25, again)
    assert first != other, "another request scatters otherwise"


async def test_pacing__is_the_same_streamed_and_whole(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {reply: a, pacing: {jitter: uniform}}"))
    whole, streamed = ({"messages": [], **more} for more in ({}, {"stream": True, "stream_options": {}}))
    first, second = [(await world.outcome(Prompt(body=body))).pacing for body in (whole, streamed)]
    assert first == second
