"""Gates: an answer, or a stream midway, that waits until a test lets it go on."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from completions.delivery.gates import LocalGates
from completions.receive.handler import Handler
from completions.state.namespaces import namespace
from tests.asgi import Connection, call, scope
from tests.document import events
from tests.patience import PATIENCE
from tests.scripts import rules

SCRIPT = rules("""
- {match: {last_user: whole}, hold: first, reply: Here.}
- {match: {last_user: failure}, hold: first, error: 503}
- {match: {last_user: midway}, hold: {gate: second, after_tokens: 2}, reply: one two three four}
- {match: {last_user: short}, hold: {gate: second, after_tokens: 99, timeout_ms: 3600000}, reply: one}
- {match: {last_user: broken}, hold: {gate: fourth, after_tokens: 1}, fault: no_done, reply: one two three four}
- {match: {last_user: cut}, hold: {gate: fifth, after_tokens: 3}, fault: disconnect, reply: one two three four}
- {match: {last_user: impatient}, hold: {gate: third, timeout_ms: 5}, reply: I went on.}
""")


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Handler:
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT)
    settings.MOCK_SCRIPT = str(file)
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    return Handler()


def ask(app: Handler, text: str, **more: Any) -> tuple[Connection, "asyncio.Task[None]"]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}
    connection = Connection(orjson.dumps(body))
    asked = scope("POST", "/v1/chat/completions")
    return connection, asyncio.create_task(app(asked, connection.receive, connection.send))


async def waiting(app: Handler, gate: str) -> int:
    """Return how many wait at a gate, once somebody does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            counts = json.loads((await call(app, "GET", "/_mock/gates")).body)["gates"]
            if gate in counts:
                return int(counts[gate])
            await asyncio.sleep(0.001)


async def release(app: Handler, gate: str) -> int:
    answer = await call(app, "POST", f"/_mock/gates/{gate}/release")
    return int(json.loads(answer.body)["released"])


@pytest.mark.parametrize(("text", "status"), [("whole", 200), ("failure", 503)])
async def test_hold__an_answer_waits_until_its_gate_is_released(app: Handler, text: str, status: int) -> None:
    connection, task = ask(app, text)
    assert await waiting(app, "first") == 1
    assert connection.answer.status == 0
    assert await release(app, "first") == 1
    await task
    assert connection.answer.status == status
    assert await namespace().gates.counts() == {}


async def test_hold__a_stream_waits_after_its_tokens(app: Handler) -> None:
    connection, task = ask(app, "midway", stream=True)
    assert await waiting(app, "second") == 1
    assert connection.answer.body.count(b'"content":"') == 3, "the role, and two tokens"
    await release(app, "second")
    await task
    chunks = events(connection.answer.body)
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == "one two three four"


async def test_hold__midway_does_not_hold_a_whole_answer(app: Handler) -> None:
    connection, task = ask(app, "midway")
    await task
    assert connection.answer.status == 200


async def test_hold__a_short_stream_waits_before_its_end(app: Handler) -> None:
    connection, task = ask(app, "short", stream=True)
    await waiting(app, "second")
    assert b"[DONE]" not in connection.answer.body
    await release(app, "second")
    await task
    assert connection.answer.body.endswith(b"data: [DONE]\n\n")


async def test_hold__goes_on_after_its_time(app: Handler) -> None:
    connection, task = ask(app, "impatient")
    await task
    assert b"I went on." in connection.answer.body


async def test_hold__a_client_that_leaves_does_not_wait_on(app: Handler) -> None:
    connection, task = ask(app, "whole")
    await waiting(app, "first")
    connection.gone.set()
    await task
    assert await namespace().gates.counts() == {}


async def test_gates__release_all_that_wait_or_else_the_next() -> None:
    gates = LocalGates()
    first, second = (asyncio.create_task(gates.wait("a", 3600)) for _ in range(2))
    await asyncio.sleep(0)  # both run to their gate
    assert await gates.counts() == {"a": 2}
    used = [gates.are_in_use]
    assert await gates.release("a") == 2
    assert await first and await second
    used.append(gates.are_in_use)
    assert await gates.release("a") == 0
    used.append(gates.are_in_use)
    assert used == [True, False, True], "where one waits, or is open"
    assert await gates.wait("a", 3600), "a release that came first is not lost"
    assert not await gates.wait("a", 0.001)


async def test_gates__all_are_released_and_closed_again() -> None:
    gates = LocalGates()
    waiting = [asyncio.create_task(gates.wait(name, 3600)) for name in "aab"]
    await asyncio.sleep(0)  # all run to their gates
    await gates.release("c")
    await gates.release_all()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert [await gates.wait(name, 0.001) for name in "abc"] == [False] * 3
    assert not gates.are_in_use


async def test_hold__a_stream_with_a_fault_waits_as_well(app: Handler) -> None:
    connection, task = ask(app, "broken", stream=True)
    assert await waiting(app, "fourth") == 1
    assert connection.answer.body.count(b'"content":"') == 2, "the role, and one token"
    await release(app, "fourth")
    await task
    assert b"[DONE]" not in connection.answer.body
    assert connection.answer.body.count(b'"content":"') == 5


async def test_hold__behind_the_place_where_a_stream_is_cut_is_never_reached(app: Handler) -> None:
    connection, task = ask(app, "cut", stream=True)
    await task
    assert b'"one"' in connection.answer.body
    assert not connection.answer.ended
    assert await namespace().gates.counts() == {}


@pytest.mark.parametrize("is_released", [True, False])
async def test_gates__are_forgotten_when_nobody_waits(is_released: bool) -> None:
    gates = LocalGates()
    passing = asyncio.create_task(gates.wait("one", PATIENCE if is_released else 0.001))
    await asyncio.sleep(0)
    if is_released:
        assert await gates.release("one") == 1
    assert await passing is is_released
    assert not gates._waiting


async def test_gate__that_opens_as_its_client_leaves_keeps_nobody() -> None:
    gates = LocalGates()
    passing = asyncio.create_task(gates.wait("one", PATIENCE))
    await asyncio.sleep(0)
    await gates.release("one")
    passing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await passing
