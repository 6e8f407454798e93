"""The verdict on a client, with clients that do it right and wrong on purpose."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
import tenacity
from openai import OpenAI

from completions.pytest_plugin.mock import MockLLM
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


def test_command__prints_the_verdict(mock_llm: MockLLM) -> None:
    command = [sys.executable, "-m", "mocksite", "verdict", "--url", mock_llm.url.partition("/ns/")[0]]
    command += ["--namespace", mock_llm.namespace]
    post(mock_llm)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1 requests, 1 calls, 0 retries: nothing found\n"), done.stderr
    mock_llm.error(503, times=8)
    at_once(mock_llm)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == f"{mock_llm.verdict()}\n"
    assert "no_backoff: It waited only" in done.stdout
    done = subprocess.run([*command[:4], "--url", "http://127.0.0.1:1"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "There is no verdict at" in done.stderr) == (1, True)
