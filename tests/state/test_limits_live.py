"""Limits against a live server, with the openai SDK's own retry and its real back-off."""

import math
import time

import openai
import pytest

from tests.receive.test_live import connect, request
from tests.server import LiveServer, serving

SCRIPT = """\
version: 1
defaults:
  keys: [sk-a]
  limits: [{model: one, rpm: 12}, {model: alone, concurrent: 1}]
rules:
- match: {model: flaky, retry: {lt: 2}}
  error: {status: 400, retry_after_ms: 1, should_retry: true}
- match: {model: dated, retry: 0}
  error: {status: 503, retry_after_date: 1}
- match: {model: broken}
  error: {status: 500, should_retry: false}
- match: {retry: {gt: 0}}
  reply: Tried again.
- reply: Hello to you, and to all of yours.
"""


limited = serving(script=SCRIPT, MOCK_TTFT_MS="0", MOCK_ITL_MS="600000")


def client(server: LiveServer, max_retries: int = 2, key: str = "sk-a") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=max_retries)


def say(sdk: openai.OpenAI, model: str) -> str | None:
    return (
        sdk.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])
        .choices[0]
        .message.content
    )


def drained(server: LiveServer) -> openai.RateLimitError:
    """Ask until the limit is reached, and return the refusal."""
    sdk = client(server, max_retries=0)
    while True:
        try:
            say(sdk, "one")
        except openai.RateLimitError as exc:
            return exc


def test_sdk__waits_until_the_date(limited: LiveServer) -> None:
    """Its own back-off before a first retry is half a second at most."""
    begun = time.time()
    assert say(client(limited), "dated") == "Tried again."
    assert time.time() - begun >= 0.99


def test_sdk__waits_as_long_as_the_429_says_and_succeeds(limited: LiveServer) -> None:
    """Once 12 are used, a further one comes each five seconds, and the SDK's own retry gets it."""
    refused = drained(limited)
    assert (refused.type, refused.code) == ("requests", "rate_limit_exceeded")
    milliseconds = int(refused.response.headers["retry-after-ms"])
    assert 0 < milliseconds <= 5000
    assert int(refused.response.headers["retry-after"]) == math.ceil(milliseconds / 1000)
    assert refused.response.headers["x-ratelimit-remaining-requests"] == "0"
    while say(client(limited), "one") != "Tried again.":  # a machine that is busy may ask only once the next has come
        assert drained(limited)


def test_sdk__should_retry_overrides_the_status(limited: LiveServer) -> None:
    before = len(limited.log)
    assert say(client(limited), "flaky") == "Tried again."
    limited.wait_for(r" 400 .*model=flaky retry=1 ", since=before)
    limited.wait_for(r" 200 .*model=flaky retry=2 ", since=before)
    before = len(limited.log)
    with pytest.raises(openai.InternalServerError):
        say(client(limited), "broken")
    say(client(limited), "any")
    limited.wait_for(r" 200 .*model=any ", since=before)
    assert sum("model=broken" in line for line in limited.log[before:]) == 1


def test_refusal__tells_no_other_limits_than_there_are(limited: LiveServer) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client(limited).chat.completions.create(model="any", messages=[])
    assert [name for name in caught.value.response.headers if name.startswith("x-ratelimit-")] == []


def test_sdk__wrong_key_is_its_own_error(limited: LiveServer) -> None:
    with pytest.raises(
        openai.AuthenticationError, match=r"Incorrect API key provided: sk-wrong\*\*\*\*\*here"
    ) as caught:
        say(client(limited, key="sk-wrong-key-here"), "any")
    assert caught.value.code == "invalid_api_key"


def test_concurrent__is_released_when_the_client_leaves(limited: LiveServer) -> None:
    body = b'{"model":"alone","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    with connect(limited) as connection:
        connection.sendall(request(body, b"Authorization: Bearer sk-a\r\n"))
        assert b"200 OK" in connection.recv(65536)
        with pytest.raises(openai.RateLimitError, match="on concurrent requests: Limit 1, Used 1, Requested 1"):
            say(client(limited, max_retries=0), "alone")
    limited.wait_for(r"model=alone stream .* client left")
    assert say(client(limited, max_retries=0), "alone")
