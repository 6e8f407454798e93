"""What vLLM's server answers beside generating: tokens, version, health, metrics; on a live server."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from completions.tokens import text as tokens
from tests.patience import PATIENCE
from tests.server import LiveServer, serving

TEXT = "Wie geht's? 東京 🎁 unbelievable"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": TEXT}]


ONE_AT_A_TIME = {"load": {"max_concurrent": 1}}
PACING = {"ttft_ms": 30, "itl_ms": 5, **ONE_AT_A_TIME}
SLOW = {"match": {"model": "slow"}, "hold": "door", "reply": "One.", "pacing": ONE_AT_A_TIME}
RULES = [SLOW, {"reply": {"auto": {"tokens": 20}}, "pacing": PACING}]
live = serving(script=yaml.safe_dump({"version": 1, "rules": RULES}))


def post(live: LiveServer, path: str, body: Any) -> httpx.Response:
    return httpx.post(f"{live.url}/{path}", json=body, timeout=PATIENCE)


@pytest.mark.parametrize("path", ["health", "vllm/health", "metrics", "vllm/metrics", ".well-known/jwks.json"])
def test_server__is_read_and_not_written(live: LiveServer, path: str) -> None:
    assert httpx.get(f"{live.url}/{path}").status_code == 200
    assert httpx.head(f"{live.url}/{path}").status_code == 200
    assert post(live, path, {}).status_code == 405


@pytest.mark.parametrize("place", ["vllm/", ""])
@pytest.mark.parametrize("model", [None, "gpt-4o", "meta-llama/Llama-3.1-8B"])
def test_tokenize__and_back(live: LiveServer, place: str, model: str | None) -> None:
    body = {"prompt": TEXT, "return_token_strs": True} | ({"model": model} if model else {})
    told = post(live, f"{place}tokenize", body).json()
    assert told["tokens"] == tokens.ids(TEXT, model)
    assert (told["count"], len(told["token_strs"])) == (len(told["tokens"]), len(told["tokens"]))
    assert told["max_model_len"] > 1000
    assert post(live, f"{place}detokenize", {"model": model, "tokens": told["tokens"]}).json() == {"prompt": TEXT}


def test_tokenize__counts_messages_as_their_prompt_is_counted(live: LiveServer) -> None:
    body: dict[str, Any] = {"model": "gpt-4o", "messages": MESSAGES}
    told = post(live, "vllm/tokenize", body).json()
    usage = post(live, "vllm/v1/chat/completions", body).json()["usage"]
    assert told["count"] == len(told["tokens"]) == usage["prompt_tokens"]
    assert told["token_strs"] is None
    assert post(live, "tokenize", body | {"add_generation_prompt": False}).json()["count"] == told["count"] - 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tokenize", {}),
        ("tokenize", {"prompt": 5}),
        ("tokenize", {"messages": "Hi"}),
        ("tokenize", []),
        ("detokenize", {}),
        ("detokenize", {"tokens": ["a"]}),
        ("detokenize", {"tokens": [-1]}),
    ],
)
def test_tokens__that_cannot_be_read(live: LiveServer, path: str, body: Any) -> None:
    answer = post(live, f"vllm/{path}", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "Bad Request"


@pytest.mark.parametrize("place", ["vllm/", ""])
def test_server__is_there(live: LiveServer, place: str) -> None:
    assert httpx.get(f"{live.url}/{place}version").json() == {"version": "0.12.0"}
    health = httpx.get(f"{live.url}/{place}health")
    assert (health.status_code, health.content) == (200, b"")
    assert httpx.get(f"{live.url}/{place}tokenize").status_code == 405


def scraped(live: LiveServer, place: str = "vllm/") -> dict[str, float]:
    """Return the sum of each series, whatever its labels, but for the reasons why answers ended."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(httpx.get(f"{live.url}/{place}metrics", timeout=PATIENCE).text):
        for sample in family.samples:
            reason = sample.labels.get("finished_reason")
            name = f"{sample.name} {reason}" if reason else sample.name
            found[name] = found.get(name, 0) + sample.value
    return found


def test_metrics__have_real_figures_under_vllms_names(live: LiveServer) -> None:
    before = scraped(live)
    asked: dict[str, Any] = {"model": "gpt-4o", "messages": MESSAGES}
    prompts = said = 0
    for more in ({}, {"stream": True}, {"max_tokens": 5}):
        answer = post(live, "vllm/v1/chat/completions", asked | more)
        if "stream" not in more:
            usage = answer.json()["usage"]
            prompts, said = prompts + usage["prompt_tokens"], said + usage["completion_tokens"]
    after = scraped(live, "")

    def grown(name: str) -> float:
        return after[f"vllm:{name}"] - before.get(f"vllm:{name}", 0)

    assert said == 25
    assert grown("prompt_tokens_total") == prompts / 2 * 3
    assert grown("generation_tokens_total") == said + 20
    assert (grown("request_success_total stop"), grown("request_success_total length")) == (2, 1)
    assert grown("request_prompt_tokens_count") == grown("e2e_request_latency_seconds_count") == 3
    assert grown("time_to_first_token_seconds_count") == 1
    assert grown("time_to_first_token_seconds_sum") >= 0.029  # a timer may be early by its resolution
    assert 1 <= grown("inter_token_latency_seconds_count") <= 19
    assert grown("inter_token_latency_seconds_sum") > 0
    assert after["vllm:num_requests_running"] == 0
    assert not any(name.startswith("mock_") for name in after)
    own = httpx.get(f"{live.url}/_mock/metrics").text
    assert "mock_requests_total" in own
    assert "vllm:" not in own


def test_metrics__tell_who_waits(live: LiveServer) -> None:
    def waiting() -> float:
        return scraped(live)["vllm:num_requests_waiting"]

    body = {"model": "slow", "messages": [{"role": "user", "content": "Hi"}]}
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(post, live, "v1/chat/completions", body) for _ in range(2)]
        while waiting() != 1:
            time.sleep(0.05)
        for _ in range(2):  # where nothing waits yet, the next answer passes
            httpx.post(f"{live.url}/_mock/gates/door/release")
        assert [answer.result().status_code for answer in answers] == [200, 200]
    assert waiting() == 0
