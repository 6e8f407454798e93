"""The metrics: right for one process and for several, with labels that requests cannot make up."""

import asyncio
import http.client
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from completions.journal.exchange import Exchange
from completions.journal.metrics import MAX_MODELS, Metrics
from completions.journal.writer import writer
from completions.receive.handler import Handler
from tests.asgi import Connection, scope
from tests.control.client import CHAT, ask, control, question, told
from tests.patience import PATIENCE
from tests.server import LiveServer

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Return each sample's value by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(found: Samples, name: str, **labels: str) -> float:
    """Return the sum over all samples of that name with these labels."""
    return sum(
        value for (each, given), value in found.items() if each == name and labels.items() <= dict(given).items()
    )


async def scraped() -> Samples:
    answer = await control("GET", "metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return samples(answer.body.decode())


@pytest.mark.usefixtures("world")
async def test_metrics__count_what_has_ended() -> None:
    before = await scraped()
    await ask("refund")
    await ask("refund", stream=True)
    await ask("nothing")
    await ask("break")
    after = await scraped()

    def grown(name: str, **labels: str) -> float:
        return round(total(after, name, **labels) - total(before, name, **labels), 6)

    assert grown("mock_requests_total") == 4, "the control API's own requests are none"
    assert grown("mock_requests_total", endpoint="chat", model="gpt-4o", status="200") == 3
    assert grown("mock_requests_total", endpoint="chat", model="gpt-4o", status="404") == 1
    assert grown("mock_tokens_total", kind="completion") == 3 * 6 - 4
    assert grown("mock_request_duration_seconds_count", stream="true") == 1
    assert grown("mock_request_duration_seconds_count", stream="false") == 3
    assert grown("mock_time_to_first_token_seconds_count", endpoint="chat") == 1
    assert grown("mock_faults_total", fault="malformed_json") == 1


@pytest.mark.usefixtures("world")
async def test_metrics__know_the_open_streams_and_the_clients_that_left() -> None:
    await told(
        "POST", "rules", "{match: {last_user: slow}, hold: {gate: midway, after_tokens: 1}, reply: one two three}"
    )
    before = await scraped()
    connection = Connection(question("slow", stream=True))
    task = asyncio.create_task(Handler()(scope("POST", f"/{CHAT}"), connection.receive, connection.send))
    await connection.begun.wait()
    during = await scraped()
    connection.gone.set()
    await asyncio.wait([task])
    after = await scraped()
    opened = [total(each, "mock_open_streams") for each in (before, during, after)]
    assert [count - opened[0] for count in opened] == [0, 1, 0]
    left = [total(each, "mock_clients_left_total", endpoint="chat") for each in (before, after)]
    assert left[1] - left[0] == 1


def test_models__are_bounded() -> None:
    own = Metrics()
    for number in range(MAX_MODELS + 50):
        own.observe(Exchange("POST", "/", endpoint="chat", model=f"model-{number}", status=200, ended=time.monotonic()))
    own.observe(Exchange("POST", "/", endpoint="chat", model="x" * 10_000, status=200))
    found = samples(_text(own))
    models = {dict(labels)["model"] for name, labels in found if name == "mock_requests_total"}
    assert len(models) == MAX_MODELS + 1
    assert total(found, "mock_requests_total", model="other") == 51


def test_models__a_name_that_is_not_text() -> None:
    own = Metrics()
    own.observe(Exchange("POST", "/", model='\ud800"\n', status=200))
    assert total(samples(_text(own)), "mock_requests_total", model='?"\n') == 1


def test_drops__count_up(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Metrics()
    for dropped in (3, 3, 5, 0, 1):
        monkeypatch.setattr(writer, "dropped", dropped)
        own.refresh()
    assert total(samples(_text(own)), "mock_journal_dropped_total") == 6


def _text(own: Metrics) -> str:
    from prometheus_client import generate_latest

    own.flush()
    return generate_latest(own.registry).decode()


def post(server: LiveServer, path: str, body: bytes) -> int:
    """Send a request over a connection of its own, so that any worker may take it."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    connection.request("POST", path, body, {"Connection": "close"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def scrape(server: LiveServer) -> Samples:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    connection.request("GET", "/_mock/metrics", headers={"Connection": "close"})
    found = samples(connection.getresponse().read().decode())
    connection.close()
    return found


def test_workers__add_up(redis_url: str) -> None:
    told = {"MOCK_TTFT_MS": "0", "MOCK_ITL_MS": "0", "STATE_URL": redis_url}
    with LiveServer("manage.py", "serve", "--port", "0", "--workers", "2", **told) as server:
        for number in range(60):
            assert post(server, f"/{CHAT}", question("Hello", stream=bool(number % 2))) == 200
        while total(found := scrape(server), "mock_requests_total") < 60:  # another worker tells when it looks
            time.sleep(0.05)
        assert total(found, "mock_requests_total", endpoint="chat", status="200") == 60
        assert total(found, "mock_tokens_total", kind="completion") == 60 * 7
        assert total(found, "mock_request_duration_seconds_count", stream="true") == 30
        assert total(found, "mock_open_streams") == 0
        assert not [labels for _, labels in found if "pid" in dict(labels)]
        assert server.stop() == 0
