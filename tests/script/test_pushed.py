"""What was pushed into a namespace: a push reads its own rules alone, however many were pushed before."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from types import FrameType
from typing import Any

import pytest

from completions.exceptions import AuthorError
from completions.script.loader import load
from completions.script.pushed import Builder, Pushed
from completions.script.rules import PUSHED
from completions.script.text.reading import read_text
from completions.state import edits
from completions.state.local import MemoryLedger
from completions.state.namespaces import Namespace
from completions.state.shared.store import RedisStore
from tests.scripts import rules

SCRIPT = rules("\n".join(f"- {{name: line {line}, match: {{last_user: w{line}}}, reply: x}}" for line in range(50)))
PACED = SCRIPT.replace("rules:", "defaults: {pacing: {ttft_ms: 1}}\nrules:", 1)
CHAOS = read_text('{"rate": 0.5, "seed": 1, "of": [{"error": 500}, "disconnect"]}', "chaos")
LIMITS = read_text('{"rpm": 100000}', "limits")


async def _nothing(space: Namespace) -> None:
    pass


async def _everything(space: Namespace) -> None:
    await edits.replace_script(space, SCRIPT)
    await edits.set_chaos(space, CHAOS)
    await edits.set_limits(space, LIMITS)


@pytest.fixture(params=["memory", "redis"])
async def spaces(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Namespace, Namespace]]:
    """Return a namespace as two workers have it; in memory there is one worker."""
    if request.param == "memory":
        space = Namespace("pushed", "mock", MemoryLedger())
        yield space, space
        return
    url = request.getfixturevalue("redis_url")
    async with AsyncExitStack() as stack:
        stores = [RedisStore(url) for _ in range(2)]
        for store in stores:
            await store.open()
            stack.push_async_callback(store.close)
        name = f"pushed-{id(stores)}"
        one, two = (Namespace(name, "mock", store.ledger(name)) for store in stores)
        yield one, two
        await one.remove()


async def push(space: Namespace, number: int) -> None:
    rule = {"name": f"rule {number:03}", "match": {"last_user": {"contains": f"w{number:03}"}}, "reply": "Hello"}
    await edits.push_rules(space, read_text(json.dumps(rule), PUSHED, "rule"))
    assert space.script.rules[0].name == rule["name"]


async def calls_of(run: Callable[[], Coroutine[Any, Any, object]]) -> int:
    """Return how many Python functions are called: the work that is done, whatever else the machine does."""
    count = 0

    def see(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(see)
    try:
        await run()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("beside", [_nothing, _everything])
async def test_push__reads_nothing_of_what_was_pushed_before(
    spaces: tuple[Namespace, Namespace], beside: Callable[[Namespace], Coroutine[Any, Any, None]]
) -> None:
    """Some 10 calls a rule that stands there already are for its place and its name; to read it takes over 1,000."""
    here, there = spaces

    async def see_it() -> None:
        await there.refresh()
        assert there.script.rules[0].name == here.script.rules[0].name

    await beside(here)
    made, seen = [], []
    for number in range(120):
        made.append(await calls_of(partial(push, here, number)))
        seen.append(await calls_of(see_it))
    assert min(made[115:]) < min(made[2:7]) + 120 * 10
    assert min(seen[115:]) < min(seen[2:7]) + 120 * 10


async def test_push__reads_neither_the_script_nor_its_dice_again() -> None:
    plain, full = (Namespace(name, "mock", MemoryLedger()) for name in ("plain", "full"))
    await _everything(full)
    for space in (plain, full):
        await push(space, 0)
    assert await calls_of(partial(push, full, 1)) < 1.1 * await calls_of(partial(push, plain, 1))


@pytest.mark.parametrize("beside", [_nothing, _everything])
async def test_draft__reads_nothing_that_was_pushed(beside: Callable[[Namespace], Coroutine[Any, Any, None]]) -> None:
    """A script that is being written is tried at each key."""
    space = Namespace("pushed", "mock", MemoryLedger())

    async def draft() -> None:
        assert len(space.builder.draft(PACED, space.pushed).rules) == 50 + len(space.pushed.before)

    await beside(space)
    before = await calls_of(draft)
    for number in range(100):
        await push(space, number)
    await draft()
    assert await calls_of(draft) < before + 100 * 10


def script(defaults: str = "") -> str:
    return f"version: 1\ndefaults: {{{defaults}}}\nrules:\n- {{name: own, reply: x}}\n"


A, B = ('{"name": "a", "reply": "A"}', '{"name": "b", "reply": "B"}')
DICE = [json.dumps({"rate": rate, "of": [{"error": 503}]}) for rate in (0.1, 0.2)]

STEPS = [
    Pushed(before=(A,)),
    Pushed(before=(A, B)),
    Pushed(before=(B,), after=(A,)),
    Pushed(before=(A,), chaos=DICE[0]),
    Pushed(before=(A,), chaos=DICE[1]),
    Pushed(before=(A,), chaos="null"),
    Pushed(before=(A,), limits='{"rpm": 3}'),
    Pushed(before=(A,), script=script("pacing: {ttft_ms: 5}")),
    Pushed(before=(A,), script=script("pacing: {ttft_ms: 6}")),
    Pushed(before=(A,), script=script("pacing: {ttft_ms: 6}"), chaos=DICE[0]),
    Pushed(script=script("chaos: {rate: 1, of: [disconnect]}")),
    Pushed(before=(A,), script=script("chaos: {rate: 1, of: [disconnect]}")),
    Pushed(),
]


def test_builder__makes_what_one_without_a_memory_makes() -> None:
    """Each step after each other one: what was read for the one before must not stand in the next."""
    bases = [Namespace("pushed", source).file.script for source in ("mock", "echo")]
    for first in STEPS:
        for second in STEPS:
            for base in bases:
                builder = Builder()
                builder.build(bases[0], first)
                builder.draft(script("pacing: {ttft_ms: 7}"), first)
                assert builder.build(base, second) == Builder().build(base, second)


def test_failure__of_a_pushed_rule_does_not_name_the_script_s_file() -> None:
    script = Builder().build(load("mock"), Pushed(before=('{"name": "a", "reply": "Hi"}',)))
    assert str(script.failure("a", AuthorError("template_failed", "why"))) == "The rule 'a' (pushed) failed: why."
