"""Load in the whole application: who waits for a place and who gives it back, whatever becomes of its answer.

Gates hold the answers that are to be under way, so that no test depends on a clock.
"""

import asyncio
import json
import re
import time
from pathlib import Path

import orjson
import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from completions.state.namespaces import namespace
from tests.asgi import Connection, call, scope
from tests.delivery.test_gates import release, waiting

SCRIPT = """
version: 1
defaults:
  validate: false
  pacing: {ttft_ms: 0, itl_ms: 0, load: {max_concurrent: 1}}
  limits: {concurrent: 50}
rules:
- {match: {last_user: held}, hold: first, reply: Held.}
- {match: {last_user: midway}, hold: {gate: first, after_tokens: 1}, reply: one two three}
- {match: {last_user: silent}, reply: a, fault: hang}
- {match: {last_user: severed}, reply: a, fault: disconnect}
- {match: {last_user: cut}, reply: a, fault: empty_body}
- {match: {last_user: closed}, reply: a, fault: close}
- {match: {last_user: failure}, error: 503}
- {match: {last_user: broken}, reply: {python: "tests.delivery.test_load_app:broken"}}
- {match: {last_user: free}, pacing: {load: none}, reply: Free.}
- {match: {last_user: own}, pacing: {load: {max_concurrent: 1}}, reply: Own.}
- {match: {last_user: shared}, pacing: {ttft_ms: 1}, reply: Shared.}
- {match: {last_user: whole}, pacing: {apply: both, load: {tps: 50}}, reply: one two three four five six}
- {match: {last_user: slow}, pacing: {itl_ms: 1, load: {tps: 100}}, reply: one two three four five six seven eight}
- {match: {last_user: paused}, pacing: {load: {tps: 500}}, hold: {gate: first, after_tokens: 2}, reply: one two three}
- {match: {user: alone}, pacing: {load: none}, reply: &same {id: a, created: 1, text: one two three four}}
- {match: {last_user: same}, pacing: {load: {tps: 500, max_concurrent: 2}}, reply: *same}
- reply: Here.
"""


def broken(prompt: object) -> str:
    """The script's function that has a bug."""
    raise ValueError("a bug")


def write(file: Path, text: str) -> str:
    """Write a script, and return where it is."""
    file.write_text(text)
    return str(file)


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Handler:
    settings.MOCK_SCRIPT = write(tmp_path / "script.yaml", SCRIPT)
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    return Handler()


def ask(
    app: Handler, text: str, stream: bool = False, user: str = "", fault: str = ""
) -> tuple[Connection, "asyncio.Task[None]"]:
    body = {"user": user, "messages": [{"role": "user", "content": text}], "stream": stream}
    connection = Connection(orjson.dumps(body))
    asked = scope("POST", "/v1/chat/completions", {"X-Mock-Fault": fault} if fault else None)
    return connection, asyncio.create_task(app(asked, connection.receive, connection.send))


async def settled() -> None:
    """Let all go on that can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_queue__is_first_come_first_served(app: Handler) -> None:
    asked = [ask(app, "held", stream=number % 2 == 1) for number in range(4)]
    for number in range(4):
        assert await waiting(app, "first") == 1, "the others have no place yet"
        done = [task.done() for _, task in asked]
        assert done == [True] * number + [False] * (4 - number)
        await release(app, "first")
        await asked[number][1]
    assert all(b"Held" in connection.answer.body for connection, _ in asked)


async def test_queue__a_stream_has_its_place_until_it_ends(app: Handler) -> None:
    first, _ = ask(app, "midway", stream=True)
    await waiting(app, "first")
    second, task = ask(app, "Hello")
    await settled()
    assert (first.answer.status, second.answer.status) == (200, 0)
    await release(app, "first")
    await task
    assert (first.answer.ended, second.answer.status) == (True, 200)


async def in_queue(app: Handler) -> float:
    """Return how many requests wait for a place, as vLLM's metrics tell it."""
    told = (await call(app, "GET", "/vllm/metrics")).body.decode()
    return float(re.findall(r"^vllm:num_requests_waiting{.*} ([\d.]+)$", told, re.MULTILINE)[0])


async def test_queue__a_client_that_leaves_it_is_forgotten(app: Handler, caplog: pytest.LogCaptureFixture) -> None:
    _, held = ask(app, "held")
    await waiting(app, "first")
    gone, left = ask(app, "Hello")
    last, task = ask(app, "Hello")
    await settled()
    counts = [await in_queue(app)]
    gone.gone.set()
    await left
    counts.append(await in_queue(app))
    with caplog.at_level("INFO", "completions.requests"):
        await release(app, "first")
        await asyncio.gather(held, task)
    assert (gone.answer.status, last.answer.status) == (0, 200)
    assert [*counts, await in_queue(app)] == [2, 1, 0]
    first, second = [text for text in caplog.messages if "completions 200" in text]
    assert (first.count("queued="), second.count("queued=")) == (0, 1)


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("held", False),
        ("midway", True),
        ("silent", False),
        ("silent", True),
    ],
)
async def test_place__is_given_back_by_a_client_that_leaves(app: Handler, text: str, stream: bool) -> None:
    first, task = ask(app, text, stream)
    second, other = ask(app, "Hello")
    await settled()
    assert not other.done()
    first.gone.set()
    await asyncio.gather(task, other)
    assert second.answer.status == 200


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("text", ["severed", "cut", "closed", "failure", "broken", "Hello"])
async def test_place__is_given_back_whatever_the_answer(app: Handler, text: str, stream: bool) -> None:
    await ask(app, text, stream)[1]
    connection, task = ask(app, "Hello")
    await task
    assert connection.answer.status == 200


async def test_place__an_honest_error_needs_none(app: Handler) -> None:
    ask(app, "held")
    await waiting(app, "first")
    connection, task = ask(app, "failure")
    await task
    assert connection.answer.status == 503
    await release(app, "first")


async def test_load__of_a_rule_is_its_own_and_that_of_the_defaults_is_shared(app: Handler) -> None:
    ask(app, "held")
    await waiting(app, "first")
    for text in ("free", "own"):
        connection, task = ask(app, text)
        await task
        assert connection.answer.status == 200
    _, shared = ask(app, "shared")
    await settled()
    assert not shared.done()
    await release(app, "first")
    await shared


async def test_load__starts_anew_with_a_changed_script(
    app: Handler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, old = ask(app, "held")
    await waiting(app, "first")
    monkeypatch.setattr(namespace().file, "next_check", 0.0)
    write(tmp_path / "script.yaml", SCRIPT + "# changed\n")
    connection, task = ask(app, "Hello")
    await task
    assert (first.answer.status, connection.answer.status) == (0, 200)
    await release(app, "first")
    await old


async def took(app: Handler, text: str, streams: list[bool]) -> float:
    """Return the seconds until all such answers have come."""
    begun = time.monotonic()
    asked = [ask(app, text, stream) for stream in streams]
    await asyncio.gather(*(task for _, task in asked))
    assert all(connection.answer.status == 200 for connection, _ in asked)
    return time.monotonic() - begun


@pytest.mark.parametrize("streams", [[True], [False], [True, True, False, False]])
async def test_capacity__an_answer_with_apply_both_takes_its_part(app: Handler, streams: list[bool]) -> None:
    assert await took(app, "whole", streams) >= (6 * len(streams) - 1) / 50 - 0.005


async def test_capacity__slows_streams_and_not_whole_answers(app: Handler) -> None:
    assert await took(app, "slow", [True] * 3) >= (8 * 3 - 1) / 100 - 0.005
    fast, task = ask(app, "slow")
    await task
    assert json.loads(fast.answer.body)["choices"][0]["message"]["content"].startswith("one")


@pytest.mark.parametrize(
    "fault", ["", "disconnect; after_tokens=2", "no_done", "stall; ms=10", "duplicate_chunk", "reorder", "empty_stream"]
)
async def test_capacity__changes_nothing_but_the_time(app: Handler, fault: str) -> None:
    (alone, first), (shared, second) = [ask(app, "same", True, user, fault) for user in ("alone", "other")]
    await asyncio.gather(first, second)
    assert (alone.answer.status, alone.answer.ended) == (shared.answer.status, shared.answer.ended)
    assert shared.answer.body == alone.answer.body


async def test_capacity__is_not_taken_by_a_stream_that_waits_at_a_gate(app: Handler) -> None:
    connection, task = ask(app, "paused", stream=True)
    assert await waiting(app, "first") == 1
    assert connection.answer.body.count(b'"content":"') == 3, "the role, and two tokens"
    machines = namespace().loads._machines.values()
    assert [each._capacity.next_turn() for each in machines if each._capacity] == [None]
    await release(app, "first")
    await task
    assert connection.answer.body.count(b'"content":"') == 4
    assert connection.answer.body.endswith(b"data: [DONE]\n\n")


async def test_capacity__is_free_again_when_a_client_has_left(app: Handler) -> None:
    connection, task = ask(app, "slow", stream=True)
    await connection.begun.wait()
    connection.gone.set()
    await task
    machines = namespace().loads._machines.values()
    assert [each._capacity.next_turn() for each in machines if each._capacity] == [None]
    assert (await call(app, "GET", "/_mock/health")).status == 200
