"""Anthropic's format as other vendors speak it."""

import json
import re
from typing import Any

import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from tests.asgi import call
from tests.wire.anthropic.stream import fold, read

DEEPSEEK, OPENROUTER, VLLM = "/deepseek/anthropic/v1/messages", "/openrouter/api/v1/messages", "/vllm/v1/messages"
OLLAMA = "/ollama/v1/messages"
ZAI = "/zai/api/anthropic/v1/messages"
AZURE = "/anthropic/v1/messages"
ASKED: dict[str, Any] = {"model": "a-model", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}


async def said(app: Handler, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
    answer = await call(app, "POST", path, json.dumps(body).encode(), headers=headers)
    assert not any(name.startswith("anthropic-") for name in answer.headers)
    return answer.status, json.loads(answer.body)


@pytest.fixture
def app(settings: Settings) -> Handler:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    settings.MOCK_SCRIPT = "auto"
    return Handler()


@pytest.mark.parametrize("path", [DEEPSEEK, OLLAMA, OPENROUTER, VLLM, ZAI])
async def test_message__needs_no_version_and_streams_what_it_says_whole(app: Handler, path: str) -> None:
    told = {**ASKED, "container": None, "mcp_servers": [], "of_ours": 1, "thinking": {"type": "enabled"}}
    status, message = await said(app, path, told, {})
    assert (status, message["type"], message["model"]) == (200, "message", "a-model")
    assert "service_tier" not in message["usage"]
    streamed = await call(app, "POST", path, json.dumps({**told, "stream": True}).encode())
    folded, text = fold(read(streamed.body)), [block.get("text") for block in message["content"]]
    assert ([block.get("text") for block in folded["content"]], folded["usage"]) == (text, message["usage"])


@pytest.mark.parametrize(
    ("path", "change", "wrong"),
    [
        (DEEPSEEK, {"max_tokens": None}, "max_tokens: Field required"),
        (OPENROUTER, {"max_tokens": None}, ""),
        (OPENROUTER, {"messages": None}, "messages: Field required"),
        (VLLM, {"max_tokens": "many"}, "max_tokens: Input should be a valid integer"),
        (VLLM, {"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'user',"),
    ],
)
async def test_fields__that_a_vendor_cannot_do_without(
    app: Handler, path: str, change: dict[str, Any], wrong: str
) -> None:
    status, document = await said(app, path, {**ASKED, **change}, {})
    assert (status, document["type"]) == ((400, "error") if wrong else (200, "message"))
    assert wrong in json.dumps(document)


@pytest.mark.parametrize(
    ("path", "status", "kind", "words"),
    [
        (DEEPSEEK, 402, "billing_error", "Insufficient Balance"),
        (OPENROUTER, 402, "billing_error", "Insufficient credits. Add more"),
        (ZAI, 429, "rate_limit_error", "[1113][Insufficient balance or no resource package. Please recharge.]["),
    ],
)
async def test_errors__are_told_in_the_vendor_s_words(
    app: Handler, path: str, status: int, kind: str, words: str
) -> None:
    given, document = await said(app, path, ASKED, {"X-Mock-Error": "insufficient_quota"})
    assert (given, document["error"]["type"]) == (status, kind)
    assert document["error"]["message"].startswith(words)


@pytest.mark.parametrize(
    ("told", "kind", "number", "words"),
    [
        ("rate_limit_exceeded", "rate_limit_error", "1302", "Rate limit reached for requests"),
        ("model_not_found", "invalid_request_error", "1211", "Unknown Model, please check the model code."),
        ("overloaded", "overloaded_error", "1305", "The service may be temporarily overloaded, please try again later"),
        ("", "invalid_request_error", "1210", "Invalid API parameter, please check the documentation."),
        ("418", "invalid_request_error", None, None),
    ],
)
async def test_error__of_zai_tells_its_number_and_the_request_s_id(
    app: Handler, told: str, kind: str, number: str | None, words: str | None
) -> None:
    body, headers = ASKED if told else {**ASKED, "max_tokens": "many"}, {"X-Mock-Error": told} if told else {}
    _, document = await said(app, ZAI, body, headers)
    error, name = document["error"], document["request_id"]
    assert re.fullmatch(r"20\d{12}[0-9a-f]{16}", name)
    assert (error["type"], error.get("code")) == (kind, number)
    if number is not None:
        assert error["message"] == f"[{number}][{words}][{name}]"


async def test_error__of_zai_about_a_key_has_the_number_for_a_type(app: Handler) -> None:
    status, document = await said(app, ZAI, ASKED, {"X-Mock-Error": "invalid_api_key"})
    assert (status, document) == (401, {"error": {"message": "token expired or incorrect", "type": "401"}})


async def test_message__of_claude_in_azure_is_held_to_anthropic_s_rules(app: Handler) -> None:
    body = json.dumps({**ASKED, "model": "claude-opus-5-5"}).encode()
    assert (await call(app, "POST", AZURE, body)).status == 400
    answer = await call(app, "POST", AZURE, body, headers={"anthropic-version": "2023-06-01", "api-key": "k"})
    assert (answer.status, json.loads(answer.body)["type"]) == (200, "message")
