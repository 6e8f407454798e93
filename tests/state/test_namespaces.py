"""Namespaces: chosen by address or header, apart from one another, and what is pushed into them."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from completions.exceptions import RequestError, ScriptError
from completions.receive.handler import Handler
from completions.resolve import engine
from completions.script.limits import Limits
from completions.script.pushed import Pushed, name_of, pushed_rules
from completions.script.text.reading import read_text
from completions.state import namespaces
from completions.state.ledger import MAX_SEEN, Candidate, Claim, ScriptChanged
from completions.state.limits import Charge
from completions.state.local import MemoryLedger
from completions.state.namespaces import Namespace, namespace
from tests.asgi import call
from tests.scripts import World, asked, rules

COUNTED = rules("- {name: counted, replies: [first, second]}")


@pytest.fixture
def _counted(tmp_path: Path, settings: Settings) -> Iterator[None]:
    file = tmp_path / "script.yaml"
    file.write_text(COUNTED)
    settings.MOCK_SCRIPT = str(file)
    yield
    namespaces._spaces.clear()


async def said(app: Handler, path: str, headers: dict[str, str] | None = None) -> str:
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}).encode()
    answer = await call(app, "POST", path, body, headers=headers)
    document: dict[str, Any] = json.loads(answer.body)
    return str(document["error"]["code"] if "error" in document else document["choices"][0]["message"]["content"])


@pytest.mark.usefixtures("_counted")
async def test_namespace__is_chosen_by_address_or_header() -> None:
    app, path = Handler(), "/v1/chat/completions"
    assert await said(app, path) == "first"
    assert await said(app, "/ns/blue/v1/chat/completions") == "first"
    assert await said(app, path, {"X-Mock-Namespace": "blue"}) == "second"
    assert await said(app, "/ns/red/v1/chat/completions", {"X-Mock-Namespace": "blue"}) == "first", "the address wins"
    assert await said(app, "/ns/default/v1/chat/completions") == "second"
    assert await namespaces.names() == ["blue", "default", "red"]


@pytest.mark.usefixtures("_counted")
async def test_namespace__is_removed_with_everything_in_it() -> None:
    app, path = Handler(), "/ns/blue/v1/chat/completions"
    assert [await said(app, path), await said(app, path)] == ["first", "second"]
    space = namespace("blue")
    waiting = asyncio.create_task(space.gates.wait("gate", 3600))
    await asyncio.sleep(0)
    assert await namespaces.remove("blue")
    assert await waiting, "what waits at a gate is let go"
    assert not await namespaces.remove("blue")
    assert (space.removed, await said(app, path)) == (True, "first")


@pytest.mark.parametrize("name", ["a b", "a/b", "é", "", "x" * 129])
async def test_namespace__a_name_that_cannot_be(name: str) -> None:
    with pytest.raises(RequestError) as caught:
        namespace(name)
    assert (caught.value.status, caught.value.code) == (400, "invalid_namespace")


async def test_namespace__a_name_that_cannot_be_is_refused_in_the_envelope() -> None:
    assert await said(Handler(), "/v1/chat/completions", {"X-Mock-Namespace": "a b"}) == "invalid_namespace"
    assert await said(Handler(), "/ns/a b/v1/chat/completions") == "invalid_namespace"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> namespaces._Namespaces:
    """There may be two namespaces that hold something beside the default, and one that was just made."""
    monkeypatch.setattr(namespaces, "MAX_NAMESPACES", 3)
    monkeypatch.setattr(namespaces, "MAX_RECENT", 1)
    spaces = namespaces._Namespaces()
    monkeypatch.setattr(namespaces, "_spaces", spaces)
    namespace()
    return spaces


RULE = Pushed(before=('{"name": "one", "reply": "x"}',))


async def test_namespaces__that_hold_nothing_are_not_kept(few: namespaces._Namespaces) -> None:
    space = namespace("used")
    assert namespace("used") is space, "as long as somebody uses it, it is the same"
    del space
    for number in range(10):
        namespace(f"empty-{number}")
        await namespace(f"looked-at-{number}").records.get("response", "resp_x")
    assert len(few.strong) <= 3
    assert await namespaces.names() == []


async def test_namespaces__those_in_use_keep_what_they_come_to_hold(few: namespaces._Namespaces) -> None:
    first, same = namespace("first"), namespace("first")
    for number in range(10):
        await namespace(f"looked-at-{number}").records.get("response", "resp_x")
    await first.take(Claim((Candidate("rule", 1, True, False),)))
    assert (await same.take(Claim((Candidate("rule", 1, True, False),)))).rule == 1, "once is once"
    assert await namespaces.names() == ["first"]


async def test_namespaces__that_hold_something_give_way_to_no_other(
    few: namespaces._Namespaces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("first", "second"):
        await namespace(name).change(lambda pushed: replace(RULE, version=pushed.version))
    with pytest.raises(RequestError) as caught:
        await namespace("third").change(lambda pushed: replace(RULE, version=pushed.version))
    assert (caught.value.status, caught.value.code) == (503, "too_many_namespaces")
    namespace("first")
    assert await namespaces.names() == ["first", "second"]
    monkeypatch.setattr(namespaces, "MAX_UNUSED_SECONDS", 0.0)
    await namespace("third").change(lambda pushed: replace(RULE, version=pushed.version))
    assert await namespaces.names() == ["first", "third"]
    assert "unused for the longest time was removed: second" in caplog.text


def push(space: Namespace, text: str, place: str = "before") -> Any:
    def edit(pushed: Pushed) -> Pushed:
        texts = tuple(pushed_rules(read_text(text, "body"), [], pushed.made, space.script))
        made = pushed.made + len(texts)
        if place == "before":
            return Pushed(epoch=pushed.epoch, before=texts + pushed.before, after=pushed.after, made=made)
        return Pushed(epoch=pushed.epoch, before=pushed.before, after=pushed.after + texts, made=made)

    return space.change(edit)


async def test_push__before_and_after_the_script_s_rules(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {name: red, match: {last_user: {contains: red}}, reply: Red.}"))
    await push(world.namespace, "{reply: Last.}", "after")
    await push(world.namespace, "{reply: Once., times: 1}")
    assert [await world.said("red"), await world.said("red"), await world.said("blue")] == ["Once.", "Red.", "Last."]
    assert [rule.name for rule in world.namespace.script.rules] == ["pushed 2", "red", "pushed 1"]
    await world.namespace.reset()
    assert [rule.name for rule in world.namespace.script.rules] == ["red"]


async def test_push__leaves_the_counters_of_other_rules(tmp_path: Path) -> None:
    world = World(tmp_path, COUNTED)
    assert await world.said() == "first"
    await push(world.namespace, "{reply: Once., times: 1}")
    assert [await world.said(), await world.said()] == ["Once.", "second"]


async def test_push__what_makes_no_script_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, COUNTED)
    with pytest.raises(ScriptError, match="two rules have the name"):
        await push(world.namespace, "{name: counted, reply: Other.}")
    assert [await world.said(), world.namespace.pushed] == ["first", Pushed()]


async def test_push__a_rule_without_a_name_is_given_one(tmp_path: Path) -> None:
    world = World(tmp_path, COUNTED)
    texts = pushed_rules(read_text("[{reply: a}, {name: b, reply: b}]", "body"), [], 4, world.namespace.script)
    assert [name_of(text) for text in texts] == ["pushed 5", "b"]


async def test_pushed_script__and_its_dice_and_limits(tmp_path: Path) -> None:
    world = World(tmp_path, COUNTED)
    space = world.namespace
    assert await world.said() == "first"
    await space.change(lambda pushed: Pushed(epoch="e1", script=rules("- {name: other, replies: [a, b, c]}")))
    assert await world.said() == "a"
    dice = json.dumps({"rate": 1, "of": [{"error": 503}]})
    await space.change(lambda pushed: Pushed(epoch="e1", script=pushed.script, chaos=dice, limits='{"rpm": 7}'))
    assert await world.said() == "503 service_unavailable"
    assert space.script.limits[0].rpm == 7
    await space.change(lambda pushed: Pushed(epoch="e1", script=pushed.script, chaos="null", limits="null"))
    assert (await world.said(), space.script.limits) == ("c", ())
    await space.reset()
    assert await world.said() == "first", "a reset starts the counters anew"


async def test_pushed_rules__that_do_not_go_with_an_edited_file(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- {name: a, reply: a}"))
    await push(world.namespace, "{name: b, reply: b, times: 1}", "after")
    world.write(rules("- {name: b, reply: other}"))
    world.namespace.file.next_check = 0
    assert await world.said() == "a", "the script before still answers"
    assert "two rules have the name 'b'" in str(world.namespace.problem)


async def test_ledger__takes_all_or_nothing() -> None:
    ledger = MemoryLedger()
    wants = (Candidate("a", 1, True, True), Candidate("b", None, False, True))
    assert await ledger.take(Claim(wants, repetition_key="x")) == (0, 0, 0, 0)
    assert await ledger.take(Claim(wants, repetition_key="x")) == (1, 0, 1, 1)
    with pytest.raises(ScriptChanged):
        await ledger.take(Claim(wants, version=1))
    charges = [Charge("key", "model", 0, Limits(rpm=1), None) for _ in range(2)]
    await ledger.take(Claim((Candidate("c", None, True, False),), charge=charges[0]))
    with pytest.raises(RequestError):
        await ledger.take(Claim((Candidate("c", None, True, False),), charge=charges[1]))
    assert (charges[0].grant is None, charges[1].grant) == (False, None)
    assert await ledger.uses("") == {"a": 1, "c": 1}


async def test_ledger__another_version_came_first() -> None:
    ledger = MemoryLedger()
    assert await ledger.write(Pushed(version=1), 0, (), "")
    assert not await ledger.write(Pushed(version=1), 0, (), "")


async def test_ledger__forgets_the_requests_that_came_longest_ago() -> None:
    ledger = MemoryLedger()
    for number in range(MAX_SEEN + 1):
        await ledger.take(Claim(repetition_key=str(number)))
    assert (await ledger.take(Claim(repetition_key="1"))).seen == 1
    assert (await ledger.take(Claim(repetition_key="0"))).seen == 0


SEEDED = """
    version: 1
    defaults: {seed: 7, chaos: {rate: 0.5, of: [{error: 500}, disconnect]}, pacing: {jitter: normal}}
    rules:
      - match: {last_user: {contains: tool}}
        replies: [{tool_calls: {name: f, arguments: {a: 1}}}, {text: Called.}]
"""


async def test_seed__two_runs_give_the_same(tmp_path: Path) -> None:
    prompts = [asked(text) for text in ("Hello", "tool", "Hello", "a tool", "tool", "tool")]
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name, SEEDED)
        runs.append([await engine.resolve(world.namespace, prompt) for prompt in prompts])
    shown = [[(each.reply, str(each.error), each.pacing, each.faults) for each in run] for run in runs]
    assert shown[0] == shown[1]
    serials = [each.reply.serial for each in runs[0] if each.reply]
    assert len(set(serials)) == len(serials), "yet no two answers have the same ids"
    assert {each.reply.created for each in runs[0] if each.reply} == {1_735_689_600}
