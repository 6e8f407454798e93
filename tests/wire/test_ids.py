"""The ids of answers, of calls and of a response's items, as they were recorded of each API up to August 2026."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from completions import ids
from completions.receive.handler import Handler
from tests.asgi import call

SCRIPT = """
version: 1
rules:
  - match: {tools: weather}
    reply: {reasoning: I have to look., tool_calls: [{name: weather, arguments: {}}, {name: weather, arguments: {}}]}
  - reply: {reasoning: Easy., text: Hi}
"""
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"
ALNUM24, BASE58 = r"[A-Za-z0-9]{24}", r"[1-9A-HJ-NP-Za-km-z]{22}"
ITEM = r"0[0-9a-f]{15}00[0-9a-f]{32}"

SCHEMA = {"type": "object", "properties": {}}
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Hello"}]
CLAUDE = {"messages": HELLO, "max_tokens": 2000}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}

CHATS = {
    "/v1/chat/completions": ("gpt-4o", r"chatcmpl-[A-Za-z0-9]{29}", rf"call_{ALNUM24}"),
    "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21": (
        "gpt-4o",
        r"chatcmpl-[A-Za-z0-9]{29}",
        rf"call_{ALNUM24}",
    ),
    "/models/chat/completions?api-version=2024-05-01-preview": ("grok-4", UUID, r"call_\d{8}"),
    "/compatibility/v1/chat/completions": ("command-a-03-2025", UUID, r"weather_[a-z0-9]{12}"),
    "/deepseek/chat/completions": ("deepseek-chat", UUID, r"call_0[01]_[A-Za-z0-9]{20}\d{4}"),
    "/groq/openai/v1/chat/completions": ("llama-3.3-70b-versatile", rf"chatcmpl-{UUID}", r"[0-9a-z]{9}"),
    "/mistral/v1/chat/completions": ("mistral-large-latest", r"[0-9a-f]{32}", r"[A-Za-z0-9]{9}"),
    "/openrouter/api/v1/chat/completions": ("openai/gpt-4o", r"gen-\d{10}-[A-Za-z0-9]{20}", rf"call_{ALNUM24}"),
    "/openrouter/api/v1/chat/completions?": (
        "anthropic/claude-sonnet-4.5",
        r"gen-\d{10}-[A-Za-z0-9]{20}",
        rf"toolu_bdrk_01{BASE58}",
    ),
    "/vllm/v1/chat/completions": ("qwen3", r"chatcmpl-[0-9a-f]{16}", r"chatcmpl-tool-[0-9a-f]{16}"),
    "/v1beta/openai/chat/completions": ("gemini-2.5-flash", r"[\w-]{23}", r"call_\d{6}"),
}
"""By address: a model, and what ids of answers and of calls look like."""

RESPONSES = {
    "/v1/responses": ("gpt-5", rf"resp_{ITEM}", rf"(rs|fc|msg)_{ITEM}", rf"call_{ALNUM24}"),
    "/xai/v1/responses": ("grok-4", UUID, rf"(rs|msg)_{UUID}|fc_{UUID}_\d", rf"call-{UUID}-\d"),
    "/deepseek/responses": ("deepseek-chat", UUID, UUID, r"call_0[01]_[A-Za-z0-9]{20}\d{4}"),
    "/openrouter/api/v1/responses": (
        "openai/gpt-oss-20b",
        r"gen-\d{10}-[A-Za-z0-9]{20}",
        r"(rs|fc|msg)_tmp_[a-z0-9]{11}",
        rf"call_{ALNUM24}",
    ),
}
"""By address: a model, and what ids of answers, of items and of calls look like."""


@pytest.fixture
def script(tmp_path: Path) -> str:
    """A script that calls the tool which is offered, twice, or says something."""
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT)
    return str(file)


async def ask(script: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's document."""
    path, _, query = path.partition("?")
    headers = {"anthropic-version": "2023-06-01", "api-key": "k"}
    with override_settings(MOCK_SCRIPT=script, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = await call(Handler(), "POST", path, json.dumps(body).encode(), headers=headers, query=query.encode())
    document: dict[str, Any] = json.loads(answer.body)
    assert answer.status == 200, document
    return document


def all_match(pattern: str, found: list[str]) -> bool:
    """Tell whether ids look as they should, and each is another one."""
    return bool(found) and len({*found}) == len(found) and all(re.fullmatch(pattern, each) for each in found)


@pytest.mark.parametrize("path", CHATS)
async def test_chat__has_the_ids_of_its_api(path: str, script: str) -> None:
    model, answer, called = CHATS[path]
    said = await ask(script, path, {"model": model, "messages": HELLO})
    calls = await ask(script, path, {"model": model, "messages": HELLO, "tools": [FUNCTION]})
    assert all_match(answer, [said["id"], calls["id"]])
    assert all_match(called, [each["id"] for each in calls["choices"][0]["message"]["tool_calls"]])


@pytest.mark.parametrize("path", RESPONSES)
async def test_response__has_the_ids_of_its_api(path: str, script: str) -> None:
    model, answer, item, called = RESPONSES[path]
    tool = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}
    said = await ask(script, path, {"model": model, "input": "Hello"})
    calls = await ask(script, path, {"model": model, "input": "Hello", "tools": [tool]})
    assert all_match(answer, [said["id"], calls["id"]])
    assert all_match(item, [each["id"] for each in (*said["output"], *calls["output"])])
    assert all_match(called, [each["call_id"] for each in calls["output"] if each["type"] == "function_call"])


async def test_items_of_a_response__begin_as_its_id_does(script: str) -> None:
    said = await ask(script, "/v1/responses", {"model": "gpt-5", "input": "Hello"})
    heads = {each["id"].partition("_")[2][:18] for each in said["output"]}
    assert heads == {said["id"].removeprefix("resp_")[:18]}


async def test_message__has_the_ids_of_anthropic(script: str) -> None:
    tool = {"name": "weather", "input_schema": SCHEMA}
    said = await ask(script, "/v1/messages", {**CLAUDE, "model": "claude-sonnet-4-5", "tools": [tool]})
    assert all_match(rf"msg_01{BASE58}", [said["id"]])
    assert all_match(rf"toolu_01{BASE58}", [each["id"] for each in said["content"] if each["type"] == "tool_use"])


async def test_answer_of_gemini__has_the_ids_of_google(script: str) -> None:
    path, tools = (
        "/v1beta/models/gemini-3-flash-preview:generateContent",
        [{"functionDeclarations": [{"name": "weather"}]}],
    )
    said = await ask(script, path, {**CONTENTS, "tools": tools})
    calls = [part["functionCall"] for part in said["candidates"][0]["content"]["parts"] if "functionCall" in part]
    assert all_match(r"[\w-]{23}", [said["responseId"]])
    assert all_match(r"call_\d{6}", [each["id"] for each in calls])


async def test_answer_of_cohere__has_its_ids(script: str) -> None:
    said = await ask(script, "/v2/chat", {"model": "command-a-03-2025", "messages": HELLO, "tools": [FUNCTION]})
    assert all_match(UUID, [said["id"]])
    assert all_match(r"weather_[a-z0-9]{12}", [each["id"] for each in said["message"]["tool_calls"]])


@pytest.mark.parametrize(("size", "alphabet"), [(1, ids.HEX), (24, ids.BASE58), (64, ids.ALPHANUMERIC)])
def test_spelled__is_the_same_for_the_same_seed(size: int, alphabet: bytes) -> None:
    said = ids.spelled("a", size, alphabet)
    assert said == ids.spelled("a", size, alphabet)
    assert len(said) == size and {*said.encode()} <= {*alphabet}
