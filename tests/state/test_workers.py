"""Several workers on one Redis: two processes of their own, and two of uvicorn's at one port."""

import http.client
import json
import os
import signal
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from completions.script.pushed import Pushed
from completions.state.namespaces import Namespace
from completions.state.shared.store import RedisStore
from tests.patience import PATIENCE
from tests.redis_server import RedisServer
from tests.server import QUICK, LiveServer
from tests.views.webhook_receiver import receiver

SCRIPT = """\
version: 1
defaults:
  limits: [{model: few, rpm: 5}, {model: alone, concurrent: 1}]
rules:
- {name: order, match: {last_user: order}, replies: [one, two, three, four, five]}
- {name: retiring, match: {last_user: retiring}, times: 5, reply: Still here.}
- {name: data, match: {last_user: data}, reply: {dataset: data.jsonl}}
- {name: held, match: {last_user: held}, hold: gate, reply: Here I am.}
- {name: midway, match: {last_user: midway}, hold: {gate: gate, after_tokens: 1}, reply: one two three}
- {name: forever, match: {last_user: forever}, hold: {gate: forever, timeout_ms: 3600000}, reply: Never.}
- {name: rest, reply: Hello.}
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("workers") / "script.yaml"
    file.write_text(SCRIPT)
    file.with_name("data.jsonl").write_text("".join(f'"line {number}"\n' for number in range(10)))
    return str(file)


@pytest.fixture(scope="module", params=["two servers", "serve --workers 2"])
def pair(request: pytest.FixtureRequest, redis_url: str, script: str) -> Iterator[tuple[LiveServer, LiveServer]]:
    """The servers that requests go to in turn; with uvicorn's workers, the kernel chooses."""
    with ExitStack() as stack:
        environment = {"STATE_URL": redis_url, "MOCK_SCRIPT": script, **QUICK}
        if request.param == "two servers":
            yield stack.enter_context(LiveServer(**environment)), stack.enter_context(LiveServer(**environment))
        else:
            server = stack.enter_context(LiveServer(**environment, WORKERS="2"))
            server.wait_for("startup complete", since=1 + at(server, "startup complete"))
            yield server, server


def at(server: LiveServer, text: str) -> int:
    """Return the number of the first line in a server's log that has a text."""
    server.wait_for(text)
    return next(number for number, line in enumerate(server.log) if text in line)


@pytest.mark.parametrize(
    "command", [(), ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", "--workers", "3")]
)
def test_start__is_told_by_the_last_worker_once(redis_url: str, script: str, command: tuple[str, ...]) -> None:
    workers = {} if command else {"WORKERS": "3"}
    with LiveServer(*command, STATE_URL=redis_url, MOCK_SCRIPT=script, API_KEY="k", **workers) as server:
        server.wait_for("The inspector is at ")
        for told in ("The script is ", "The journal is ", f"The inspector is at {server.url}/_mock/", "API_KEY is set"):
            assert sum(told in line for line in server.log) == 1
        started = [number for number, line in enumerate(server.log) if "startup complete" in line]
        assert len(started) == 3
        assert max(started) < at(server, "The script is ")


@pytest.fixture
def space(request: pytest.FixtureRequest) -> str:
    """Return a namespace that no other test has."""
    return f"{request.function.__name__}-{time.time_ns()}"


class Answer:
    """What came of one request: the status, and the JSON document or the events' text."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    @property
    def document(self) -> Any:
        """The JSON document."""
        return json.loads(self.body)

    @property
    def said(self) -> str:
        """The answer's text, or the error's code."""
        if "error" in self.document:
            return str(self.document["error"]["code"])
        return str(self.document["choices"][0]["message"]["content"])


def call(server: LiveServer, method: str, path: str, body: object = None) -> Answer:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()


def ask(server: LiveServer, space: str, text: str, **more: object) -> Answer:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}
    return call(server, "POST", f"/ns/{space}/v1/chat/completions", body)


def to(pushed: Pushed) -> Callable[[Pushed], Pushed]:
    """Return the change of whatever was pushed before to this."""
    return lambda before: pushed


def gates(server: LiveServer, space: str) -> Any:
    return call(server, "GET", f"/ns/{space}/_mock/gates").document.get("gates")


def test_replies__come_in_order_across_workers(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    said = [ask(pair[number % 2], space, "order").said for number in range(6)]
    assert said == ["one", "two", "three", "four", "five", "five"]


def test_dataset__gives_each_line_once_a_turn_across_workers(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(lambda number: ask(pair[number % 2], space, "data").said, range(20)))
    assert Counter(said) == {f"line {number}": 2 for number in range(10)}


STAGES = [
    {"name": "healthy", "requests": 3},
    {"name": "down", "requests": 4, "error": 503},
    {"name": "over"},
]


def stages(server: LiveServer, space: str, method: str = "GET", body: object = None) -> Any:
    return call(server, method, f"/ns/{space}/_mock/scenario", body).document["scenario"]


def test_scenario__goes_through_its_stages_with_the_requests_of_all_workers(
    pair: tuple[LiveServer, LiveServer], space: str
) -> None:
    assert stages(pair[0], space, "PUT", STAGES)["stage"] == "healthy"
    said = [ask(pair[number % 2], space, "Hi").status for number in range(5)]
    assert said == [200, 200, 200, 503, 503]
    assert [stages(server, space)["stage"] for server in pair] == ["down", "down"]
    with ThreadPoolExecutor(12) as pool:
        rest = list(pool.map(lambda number: ask(pair[number % 2], space, "Hi").status, range(12)))
    assert Counter(rest) == {503: 2, 200: 10}
    assert [stages(server, space)["stage"] for server in pair] == ["over", "over"]
    assert stages(pair[1], space, "PUT", STAGES)["stage"] == "healthy"
    assert [ask(pair[0], space, "Hi").status for _ in range(4)] == [200, 200, 200, 503]


def test_scenario__on_a_clock_is_in_one_stage_for_all_workers(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    clocked = [{"name": "down", "seconds": 3600, "error": 503}, {"name": "over"}]
    started = stages(pair[0], space, "PUT", clocked)
    assert [ask(server, space, "Hi").status for server in pair] == [503, 503]
    assert {stages(server, space)["started_at"] for server in pair} == {started["started_at"]}
    call(pair[1], "PUT", f"/ns/{space}/_mock/scenario", {"stages": clocked, "speed": 1_000_000})
    while stages(pair[0], space)["stage"] != "over":
        pass
    assert [ask(server, space, "Hi").status for server in pair] == [200, 200]


def test_rpm__holds_exactly_across_workers(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: ask(pair[number % 2], space, "Hi", model="few"), range(16)))
    refilled = int((time.monotonic() - begun) / 12)  # one each 12 seconds
    statuses = Counter(answer.status for answer in answers)
    assert 5 <= statuses[200] <= 5 + refilled
    assert statuses[200] + statuses[429] == 16


def test_times__retires_after_exactly_so_many(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: ask(pair[number % 2], space, "retiring").said, range(20)))
    assert Counter(answers) == {"Still here.": 5, "Hello.": 15}


@pytest.mark.parametrize(("text", "stream"), [("held", False), ("midway", True)])
def test_gate__is_released_through_the_other_worker(
    pair: tuple[LiveServer, LiveServer], space: str, text: str, stream: bool
) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer: Future[Answer] = pool.submit(ask, pair[0], space, text, stream=stream)
        while gates(pair[1], space) != {"gate": 1}:
            assert not answer.done()
        assert call(pair[1], "POST", f"/ns/{space}/_mock/gates/gate/release").document["released"] == 1
        assert answer.result().status == 200
    assert gates(pair[0], space) == {}


async def test_push__is_seen_by_the_next_request(
    pair: tuple[LiveServer, LiveServer], space: str, redis_url: str, script: str
) -> None:
    store = RedisStore(redis_url)
    pusher = Namespace(space, script, store.ledger(space))
    for number in range(3):
        assert ask(pair[0], space, "Hi").said == ask(pair[1], space, "Hi").said
        rule = json.dumps({"name": "pushed", "reply": f"Pushed {number}."})
        pushed = Pushed(before=(rule,))
        await pusher.change(to(pushed))
        assert [ask(server, space, "Hi").said for server in pair] == [f"Pushed {number}."] * 2
    assert await pusher.remove()
    assert [ask(server, space, "Hi").said for server in pair] == ["Hello."] * 2
    await store.close()


def test_removal__forgets_what_still_runs_in_the_other_worker(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    one, other = pair
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "rest"}], "stream": True})
    connection = http.client.HTTPConnection(one.host, one.port, timeout=PATIENCE)
    connection.request("POST", f"/ns/{space}/v1/chat/completions", body, {"X-Mock-Pacing": "itl_ms=3600000"})
    assert connection.getresponse().readline().startswith(b"data: ")
    assert call(other, "DELETE", f"/_mock/namespaces/{space}").status == 200
    before = len(one.log)
    assert isinstance(connection.sock, socket.socket)
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    one.wait_for(f"{space}.* client left", since=before)
    assert call(one, "GET", f"/ns/{space}/_mock/exchanges").document["exchanges"] == []
    assert ask(one, space, "rest").said == "Hello."
    assert len(call(one, "GET", f"/ns/{space}/_mock/exchanges").document["exchanges"]) == 1


def test_worker__that_is_killed_leaves_no_slot_and_no_ghost(redis_url: str, script: str, space: str) -> None:
    environment = {"STATE_URL": redis_url, "MOCK_SCRIPT": script, **QUICK}
    with (
        LiveServer(**environment) as doomed,
        LiveServer(**environment) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        held = pool.submit(ask, doomed, space, "forever", model="alone")
        while gates(other, space) != {"forever": 1}:
            assert not held.done()
        assert ask(other, space, "Hi", model="alone").said == "rate_limit_exceeded"
        os.kill(doomed.process.pid, signal.SIGKILL)
        assert isinstance(held.exception(), ConnectionError)
        while (answer := ask(other, space, "Hi", model="alone")).status == 429:
            time.sleep(0.2)
        assert answer.said == "Hello."
        assert gates(other, space) == {}
        assert call(other, "POST", f"/ns/{space}/_mock/gates/forever/release").document["released"] == 0


def test_redis__that_goes_away_and_comes_back(redis_server: RedisServer, script: str) -> None:
    environment = {"STATE_URL": redis_server.url, "MOCK_SCRIPT": script, **QUICK}
    with LiveServer(**environment) as server:
        assert [ask(server, "a", "order").said for _ in range(2)] == ["one", "two"]
        assert call(server, "GET", "/_mock/ready").document == {"status": "ready", "script": script}
        redis_server.stop()
        for _ in range(20):
            assert ask(server, "a", "Hi").said == "Hello.", "what needs no shared state goes on"
            refused = ask(server, "a", "order")
            assert (refused.status, refused.document["error"]["type"], refused.said) == (
                503,
                "server_error",
                "state_unavailable",
            )
        assert ask(server, "unknown", "Hi").status == 503
        assert ask(server, "a", "held").status == 503
        assert b"[DONE]" in ask(server, "a", "midway", stream=True).body, "a stream that has begun goes on"
        assert call(server, "GET", "/ns/a/v1/models").status == 200
        ready = call(server, "GET", "/_mock/ready")
        assert (ready.status, ready.document) == (
            200,
            {"status": "ready", "script": script, "state": "unavailable"},
        )
        server.wait_for("The state store cannot be reached, so requests that need it get a 503: ")
        with LiveServer(**environment) as newcomer:
            assert call(newcomer, "GET", "/_mock/ready").status == 503, "it knows nothing yet"
            assert call(newcomer, "GET", "/_mock/health").status == 200
            redis_server.start()
            while call(newcomer, "GET", "/_mock/ready").status == 503:
                time.sleep(0.1)
        while (answer := ask(server, "a", "order")).status == 503:
            time.sleep(0.1)
        assert answer.said == "one"
        server.wait_for("The state store is back.")
        assert sum("cannot be reached" in line for line in server.log) == 1, "an outage is told once"
        assert not any("Traceback" in line for line in server.log)
        assert server.stop() == 0


def test_journal__is_read_through_any_worker_as_soon_as_the_response_has_ended(redis_url: str, tmp_path: Path) -> None:
    """No worker writes by itself within the test, so a reader must have made the other one write."""
    told = {
        "STATE_URL": redis_url,
        "DATABASE_URL": f"sqlite:///{tmp_path}/journal.sqlite3",
        "JOURNAL_FLUSH_MS": "60000",
    }
    with LiveServer(**told, **QUICK) as asked, LiveServer(**told, **QUICK) as other:
        for number in range(1, 4):
            with urllib.request.urlopen(f"{asked.url}/ns/both/v1/chat/completions", b"{}") as response:
                name = response.headers["x-request-id"]
            with urllib.request.urlopen(f"{other.url}/ns/both/_mock/exchanges") as listing:
                found = json.load(listing)["exchanges"]
            assert (found[0]["id"], len(found)) == (name, number)


def test_webhook__is_sent_once_whichever_worker_answered(pair: tuple[LiveServer, LiveServer], space: str) -> None:
    with receiver() as there:
        endpoint = {"name": "a", "url": there.url, "event_types": ["response.completed", "response.cancelled"]}
        assert call(pair[0], "POST", f"/ns/{space}/v1/webhook_endpoints", endpoint).status == 200
        asked = {"model": "gpt-5", "input": "Hi", "background": True}
        sent = [call(server, "POST", f"/ns/{space}/v1/responses", asked).document["id"] for server in pair * 3]
        for name in sent:
            assert call(pair[0], "POST", f"/ns/{space}/v1/responses/{name}/cancel").status == 200
        assert Counter(json.loads(there.next().body)["data"]["id"] for _ in sent) == Counter(sent)
        assert there.received.empty()
