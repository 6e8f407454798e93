"""The verdict on a client, with clients that do it right and wrong on purpose."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import httpx
import openai
import pytest
import tenacity
from openai import AsyncOpenAI, OpenAI

from completions.control.verdicts.findings import NOTICED_AFTER
from completions.pytest_plugin.mock import MockLLM
from tests.patience import PATIENCE
from tests.server import ROOT

Client = Callable[[MockLLM], object]


def sdk(mock_llm: MockLLM) -> None:
    """Ask with the SDK as it is."""
    with OpenAI() as client:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello"}])


HTTP = httpx.Client(trust_env=False)


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    HTTP.close()


def post(mock_llm: MockLLM, *more: Any, stream: bool = False) -> httpx.Response:
    """Ask once, without an SDK."""
    body = {"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": "Hello"}, *more]}
    return HTTP.post(f"{mock_llm.base_url}/chat/completions", json=body).raise_for_status()


def at_once(mock_llm: MockLLM) -> None:
    """Ask again at once, and again, and again."""
    for _ in range(10):
        try:
            post(mock_llm)
            return
        except httpx.HTTPError:
            continue


def patient(mock_llm: MockLLM) -> None:
    """Ask again after waits that grow and differ."""
    waits = tenacity.wait_exponential_jitter(initial=0.2, jitter=0.05)
    tenacity.Retrying(wait=waits, stop=tenacity.stop_after_attempt(4), reraise=True)(post, mock_llm)


@pytest.mark.parametrize(
    ("client", "error", "rules"),
    [
        (sdk, {"status": 503, "times": 2}, []),
        (sdk, {"status": 429, "times": 2, "retry_after_ms": 300}, []),
        (patient, {"status": 500, "times": 3}, []),
        (at_once, {"status": 503, "times": 8}, ["storm", "no_backoff"]),
        (at_once, {"status": 429, "times": 2, "retry_after_ms": 2000}, ["retry_after_ignored"]),
        (at_once, {"status": 400, "times": 6}, ["retried_in_vain", "storm", "no_backoff"]),
    ],
)
def test_verdict__on_how_a_client_retries(
    mock_llm: MockLLM, client: Client, error: dict[str, Any], rules: list[str]
) -> None:
    mock_llm.error(**error)
    mock_llm.reply("Hi.")
    client(mock_llm)
    verdict = mock_llm.verdict()
    assert (verdict.rules, verdict.calls, verdict.retries) == (rules, 1, error["times"]), str(verdict)
    ids = {exchange.id for exchange in mock_llm.exchanges}
    assert all(set(finding.evidence) <= ids and finding.guide for finding in verdict.findings)
    if rules:
        with pytest.raises(AssertionError, match=rules[0]):
            verdict.assert_nothing_found()
    verdict.assert_nothing_found(but=tuple(rules))


def test_verdict__a_retry_that_the_answer_forbids(mock_llm: MockLLM) -> None:
    mock_llm.error(503, should_retry=False, times=1)
    with pytest.raises(openai.InternalServerError):
        sdk(mock_llm)
    sdk(mock_llm)  # which is another call, by the SDK's own count
    assert (mock_llm.verdict().rules, mock_llm.verdict().calls) == ([], 2)
    mock_llm.reset()
    mock_llm.error(503, should_retry=False, times=1)
    at_once(mock_llm)
    assert "retried_in_vain" in mock_llm.verdict().rules


def test_verdict__on_streams(mock_llm: MockLLM) -> None:
    mock_llm.fault("disconnect", after_tokens=2, reply="one two three four", times=1)
    mock_llm.reply("Go on.")
    with pytest.raises(httpx.RemoteProtocolError):
        post(mock_llm, stream=True)
    post(mock_llm, {"role": "user", "content": "Well?"})
    assert mock_llm.verdict().rules == []
    post(mock_llm, {"role": "assistant", "content": "one two"}, {"role": "user", "content": "Well?"})
    (finding,) = mock_llm.verdict().findings
    assert (finding.rule, finding.evidence) == (
        "cut_stream_taken_for_whole",
        [mock_llm.exchanges[0].id, mock_llm.exchanges[-1].id],
    )


def test_verdict__a_stream_that_is_left(mock_llm: MockLLM) -> None:
    mock_llm.reply("word " * 200, pacing={"ttft_ms": 0, "itl_ms": 50})
    with OpenAI(max_retries=0) as client:
        stream = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        next(iter(stream))
        stream.close()
    mock_llm.wait_for(1)
    assert mock_llm.verdict().rules == ["stream_abandoned"]


@pytest.mark.parametrize("stalls", [False, True])
def test_verdict__a_stream_that_is_left_because_nothing_comes(mock_llm: MockLLM, stalls: bool) -> None:
    if stalls:
        mock_llm.fault("stall", after_tokens=2, ms=600_000, reply="one two three four")
    else:
        mock_llm.reply("one two three four", pacing={"ttft_ms": 0, "itl_ms": 600_000})
    with OpenAI(timeout=0.5) as client, pytest.raises(openai.APITimeoutError):
        list(client.chat.completions.create(**ASKED, stream=True))
    assert mock_llm.wait_for(1, timeout=60)[0].client_left
    assert mock_llm.verdict().rules == []


def anew(mock_llm: MockLLM) -> None:
    """Ask over a connection of its own."""
    httpx.post(f"{mock_llm.base_url}/chat/completions", json=ASKED, trust_env=False).raise_for_status()


def repeated(client: Client) -> Callable[[MockLLM, int], object]:
    """Return what asks several times in the same way, each time when it is certain that the last answer was seen."""

    def ask(mock_llm: MockLLM, times: int) -> None:
        for _ in range(times):
            client(mock_llm)
            time.sleep(2 * NOTICED_AFTER)

    return ask


ASKED: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
QUESTION = {"max_tokens": 10, "model": "claude-sonnet-5", "messages": [{"role": "user", "content": "Hello"}]}
CLAUDE: Any = QUESTION


def shared(mock_llm: MockLLM, times: int) -> None:
    """Ask with one client, streamed too."""
    with OpenAI() as client:
        for number in range(times):
            answer = client.chat.completions.create(**ASKED, stream=number % 2 == 0)
            _ = list(answer)


def claude(mock_llm: MockLLM, times: int) -> None:
    """Ask with one client of Anthropic's."""
    with anthropic.Anthropic() as client:
        for _ in range(times):
            client.messages.create(**CLAUDE)


def at_once_by_threads(mock_llm: MockLLM, times: int) -> None:
    """Ask with one client from several threads; each call is there before the first is answered."""
    mock_llm.reply("Hello.", hold="door")
    with OpenAI() as client, ThreadPoolExecutor(times) as pool:
        made = [pool.submit(lambda: client.chat.completions.create(**ASKED)) for _ in range(times)]
        mock_llm.gate("door").wait(times, timeout=PATIENCE)
        mock_llm.gate("door").release()
        _ = [each.result() for each in made]


def at_once_in_a_loop(mock_llm: MockLLM, times: int) -> None:
    """Ask with one client, all at once, likewise."""

    async def ask() -> None:
        async with AsyncOpenAI() as client, asyncio.TaskGroup() as made:
            for _ in range(times):
                made.create_task(client.chat.completions.create(**ASKED))
            await mock_llm.gate("door").await_for(times, timeout=PATIENCE)
            mock_llm.gate("door").release()

    mock_llm.reply("Hello.", hold="door")
    asyncio.run(ask())


@pytest.mark.parametrize(
    ("client", "rules"),
    [
        (shared, []),
        (claude, []),
        (at_once_by_threads, []),
        (at_once_in_a_loop, []),
        (repeated(post), []),
        (repeated(anew), ["connections_not_reused"]),
        (repeated(sdk), ["connections_not_reused"]),
    ],
)
def test_verdict__on_connections(mock_llm: MockLLM, client: Callable[[MockLLM, int], object], rules: list[str]) -> None:
    client(mock_llm, 8)
    verdict = mock_llm.verdict()
    assert (verdict.rules, verdict.calls, verdict.answered) == (rules, 8, 8), str(verdict)
    # Of eight calls the first could not do better, nor one that came before a busy server had noted the last one's end.
    assert verdict.score in ((12, 25) if rules else (100,))
    assert len({exchange.connection for exchange in mock_llm.exchanges}) in range(1, 9)


@pytest.mark.parametrize("address", ["/v1beta/models/gemini-2.5-flash:generateContent?key=abc", "/v1beta/models?key=a"])
def test_verdict__on_keys_in_addresses(mock_llm: MockLLM, address: str) -> None:
    method, body = ("POST", {"contents": [{"parts": [{"text": "Hello"}]}]}) if ":" in address else ("GET", None)
    address, _, query = address.partition("?")
    HTTP.request(method, mock_llm.url + address, json=body, headers={"x-goog-api-key": "abc"}).raise_for_status()
    assert mock_llm.verdict().rules == []
    HTTP.request(method, f"{mock_llm.url}{address}?{query}", json=body).raise_for_status()
    (finding,) = mock_llm.verdict().findings
    assert (finding.rule, finding.message) == ("keys_in_queries", "It sent a key in the address, as `key`.")
    assert finding.evidence == [mock_llm.exchanges[-1].id]


@pytest.mark.parametrize(
    ("sdk_limit", "most", "message"),
    [
        (600.0, None, ""),
        (2.0, 3.0, ""),
        (None, None, "It has no timeout, according to its SDK."),
        (60.0, 3.0, "Its time limit is 60 s, according to its SDK."),
    ],
)
@pytest.mark.parametrize("made", [OpenAI, anthropic.Anthropic])
def test_verdict__on_the_time_limit_that_an_sdk_tells(
    mock_llm: MockLLM, made: Any, sdk_limit: float | None, most: float | None, message: str
) -> None:
    with made(timeout=sdk_limit) as client:
        _ = client.chat.completions.create(**ASKED) if made is OpenAI else client.messages.create(**CLAUDE)
    found = mock_llm.verdict(timeout=most).findings
    assert [(each.rule, each.message) for each in found] == ([("no_timeout", message)] if message else [])


@pytest.mark.parametrize("stream", [False, True])
def test_verdict__on_a_client_that_waits_in_silence(mock_llm: MockLLM, stream: bool) -> None:
    """Any client shows it that is held for longer than it should wait."""
    mock_llm.fault("stall" if stream else "hang", times=1)
    mock_llm.fault("stall" if stream else "slow_headers", reply="one two three", ms=600)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{mock_llm.base_url}/chat/completions", json={**ASKED, "stream": stream}, timeout=0.3)
    mock_llm.wait_for(1)
    assert "no_timeout" not in mock_llm.verdict(timeout=0.2).rules
    HTTP.post(f"{mock_llm.base_url}/chat/completions", json={**ASKED, "stream": stream}, timeout=None)
    (finding,) = [each for each in mock_llm.verdict(timeout=0.5).findings if each.rule == "no_timeout"]
    assert finding.message.startswith("It was still waiting after 0.")
    assert finding.evidence == [mock_llm.exchanges[-1].id]
    assert "no_timeout" not in mock_llm.verdict().rules


def test_verdict__scores_a_scenario(mock_llm: MockLLM) -> None:
    mock_llm.reply("Hi.")
    stages: list[dict[str, Any]] = [
        {"name": "well", "requests": 2},
        {"name": "down", "requests": 2, "error": 503},
        {"name": "up"},
    ]
    mock_llm.scenario(stages=stages)
    with OpenAI() as client:
        for _ in range(4):
            client.chat.completions.create(**ASKED)
    verdict = mock_llm.verdict()
    assert (verdict.score, verdict.calls, verdict.retries, verdict.answered) == (100, 4, 2, 4), str(verdict)
    mock_llm.reset()
    mock_llm.reply("Hi.")
    mock_llm.scenario(stages=stages)
    with OpenAI(max_retries=0) as client:
        for _ in range(4):
            with contextlib.suppress(openai.InternalServerError):
                client.chat.completions.create(**ASKED)
    verdict = mock_llm.verdict()
    assert (verdict.score, verdict.calls, verdict.answered) == (50, 4, 2), str(verdict)
    assert verdict.given_up == [each.id for each in mock_llm.exchanges if each.status == 503]
    first, second = str(verdict).splitlines()
    assert first == "4 requests, 4 calls, 0 retries, 2 answered: nothing found, score 50 of 100"
    assert second == f"2 calls got no answer in the end: {', '.join(verdict.given_up)}"


def test_command__prints_the_verdict(mock_llm: MockLLM) -> None:
    command = [sys.executable, "-m", "mocksite", "verdict", "--url", mock_llm.url.partition("/ns/")[0]]
    command += ["--namespace", mock_llm.namespace, "--timeout", "30"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"nothing to judge: the namespace {mock_llm.namespace} has had no requests" in done.stderr
    post(mock_llm)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    told = "1 request, 1 call, 0 retries, 1 answered: nothing found, score 100 of 100\n"
    assert (done.returncode, done.stdout) == (
        0,
        told,
    ), done.stderr
    mock_llm.error(503, times=8)
    at_once(mock_llm)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == f"{mock_llm.verdict()}\n"
    assert "no_backoff: It waited only" in done.stdout
    done = subprocess.run([*command[:4], "--url", "http://127.0.0.1:1"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "No answer from" in done.stderr) == (1, True)
