"""What the clients make of each fault: the openai SDK, and ours, which tells what LiteLLM passes off as success."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from llmclient import IncompleteStreamError, InvalidAnswerError, LLMClient, Reason
from tests.document import TEXT
from tests.server import LiveServer

OK = None

STREAM_FAULTS: dict[str, tuple[type[Exception] | None, str, Reason | None]] = {
    "disconnect": (httpx.RemoteProtocolError, "This", Reason.CONNECTION_LOST),
    "reset; after_tokens=1": (httpx.ReadError, "This", Reason.CONNECTION_LOST),
    "stall": (httpx.ReadTimeout, "This", Reason.TIMED_OUT),
    "error_object": (openai.APIError, "This", Reason.ERROR_EVENT),
    "error_event": (openai.APIError, "This", Reason.ERROR_EVENT),
    "error_event; flat=1": (OK, "This", Reason.ERROR_EVENT),
    "no_finish": (OK, TEXT, Reason.NO_FINISH_REASON),
    "no_done": (OK, TEXT, None),
    "malformed_chunk": (json.JSONDecodeError, "This", Reason.BAD_JSON),
    "bad_utf8": (UnicodeDecodeError, "This", Reason.BAD_UTF8),
    "duplicate_chunk": (OK, "This is is a mock response.", None),
    "reorder": (OK, "This a is mock response.", None),
    "empty_stream": (OK, "", Reason.EMPTY),
    "empty_body": (OK, "", Reason.EMPTY),
    "malformed_json": (OK, "", Reason.NOT_A_STREAM),
    "json_error_200": (OK, "", Reason.ERROR_BODY),
    "wrong_content_type": (OK, "", Reason.NOT_A_STREAM),
    "html_error": (openai.InternalServerError, "", None),
    "close": (openai.APIConnectionError, "", None),
    "reset": (openai.APIConnectionError, "", None),
    "hang": (openai.APITimeoutError, "", None),
    "slow_headers; ms=50": (OK, TEXT, None),
    "crlf": (OK, TEXT, None),
    "comments": (OK, TEXT, None),
    "split_bytes": (OK, TEXT, None),
    "data_after_done": (OK, TEXT, None),
    "drip; bytes_per_second=20000": (OK, TEXT, None),
}
"""The SDK's error, the text that comes before it, and our client's reason where the error is its own."""

BEFORE_AN_ANSWER = openai.APIError
PATIENCE = httpx.Timeout(60, read=1.5)
"""Seconds of silence are waited for only after the server has sent all that it will."""


def headers(fault: str) -> dict[str, str]:
    return {"X-Mock-Fault": fault}


def patience(fault: str) -> httpx.Timeout:
    return PATIENCE if fault in ("stall", "hang") else httpx.Timeout(60)


@pytest.fixture(autouse=True, scope="module")
def no_loop_of_litellms() -> None:
    """Say that there is no event loop: where nobody has, LiteLLM opens one and leaves it open."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="module")
def sdk(server: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Iterator[LLMClient]:
    with LLMClient(base_url=f"{server.url}/v1", model="mock", max_retries=0) as made:
        yield made


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_openai__sees(sdk: openai.OpenAI, fault: str) -> None:
    error, text, _ = STREAM_FAULTS[fault]
    came: list[str] = []

    def read() -> None:
        stream = sdk.chat.completions.create(
            model="m", messages=[], stream=True, extra_headers=headers(fault), timeout=patience(fault)
        )
        with stream:
            for chunk in stream:
                came.extend(choice.delta.content or "" for choice in chunk.choices or ())

    if error is None:
        read()
    else:
        with pytest.raises(error):
            read()
    assert "".join(came) == text


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_llmclient__says_which(client: LLMClient, fault: str) -> None:
    error, text, reason = STREAM_FAULTS[fault]
    stream = client.stream("Hi", extra_headers=headers(fault), timeout=patience(fault))
    if reason is not None:
        with pytest.raises(IncompleteStreamError) as caught:
            stream.read()
        assert caught.value.reason == reason
        assert caught.value.partial.text == text
    elif error is not None:
        with pytest.raises(BEFORE_AN_ANSWER):
            stream.read()
    else:
        assert stream.read().text == text


WHOLE_FAULTS: dict[str, tuple[type[Exception] | None, Reason | None]] = {
    "empty_body": (json.JSONDecodeError, Reason.EMPTY),
    "malformed_json": (json.JSONDecodeError, Reason.BAD_JSON),
    "truncated_json": (json.JSONDecodeError, Reason.BAD_JSON),
    "json_error_200": (OK, Reason.ERROR_BODY),
    "wrong_content_type": (OK, None),
    "html_error": (openai.InternalServerError, None),
    "close": (openai.APIConnectionError, None),
}


@pytest.mark.parametrize("fault", WHOLE_FAULTS)
def test_whole_answer__through_both_clients(sdk: openai.OpenAI, client: LLMClient, fault: str) -> None:
    error, reason = WHOLE_FAULTS[fault]
    if error is None:
        sdk.chat.completions.create(model="m", messages=[], extra_headers=headers(fault))
    else:
        with pytest.raises(error):
            sdk.chat.completions.create(model="m", messages=[], extra_headers=headers(fault))
    if reason is not None:
        with pytest.raises(InvalidAnswerError) as caught:
            client.complete("Hi", extra_headers=headers(fault))
        assert caught.value.reason == reason
    elif error is not None:
        with pytest.raises(BEFORE_AN_ANSWER):
            client.complete("Hi", extra_headers=headers(fault))


def test_error_header__is_retried_by_the_sdk(server: LiveServer) -> None:
    attempts: list[int] = []
    hooks = {"response": [lambda response: attempts.append(response.status_code)]}
    asked = {"X-Mock-Error": "429; retry_after_ms=10"}
    with (
        httpx.Client(event_hooks=hooks) as http,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=2, http_client=http) as made,
        pytest.raises(openai.RateLimitError),
    ):
        made.chat.completions.create(model="m", messages=[], extra_headers=asked)
    assert attempts == [429, 429, 429]


AGENT = """\
version: 1
defaults:
  chaos:
    rate: 0.3
    seed: 7
    of: [close, {error: {status: 429, retry_after_ms: 1}}, {error: {status: 503, retry_after_ms: 1}}]
rules:
  - match: {turn: {lt: 6}}
    reply: {tool_calls: {name: count, arguments: {so_far: "{{ turn }}"}}}
  - reply: Counted.
"""


def test_agent__survives_chaos_by_the_sdks_own_retries(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(AGENT)
    tool: Any = {"type": "function", "function": {"name": "count", "parameters": {"type": "object", "properties": {}}}}
    messages: list[Any] = [{"role": "user", "content": "Count!"}]
    with (
        LiveServer(MOCK_SCRIPT=str(tmp_path / "agent.yaml")) as live,
        openai.OpenAI(base_url=f"{live.url}/v1", api_key="mock", max_retries=8) as made,
    ):
        for turn in range(7):
            said = made.chat.completions.create(model="gpt-4o", messages=messages, tools=[tool]).choices[0].message
            assert len(said.tool_calls or ()) == (turn < 6)
            messages.append(said.model_dump(exclude_none=True))
            messages += [{"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in said.tool_calls or ()]
        assert said.content == "Counted."
        struck = [line for line in live.log if " 200 " not in line and "POST" in line]
        assert len(struck) >= 2, "the dice fell"
