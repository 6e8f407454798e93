"""`blocks:`, what an answer says in its order, on every surface, whole and streamed."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest

from completions.conversation import Block, Choice, Traffic
from completions.receive.handler import Handler
from completions.wire.registry import read
from tests.asgi import Answer, call
from tests.control.client import control, told
from tests.same_bytes.requests import GEMINI

pytestmark = pytest.mark.usefixtures("world")

ADD = {"name": "add", "arguments": {"a": 1}}
BLOCKS: list[Any] = [
    {"reasoning": "First I add."},
    {"tool_call": ADD},
    {"reasoning": "Now {{ prompt.last_user }}"},
    {"text": "One moment. "},
    {"tool_call": {"name": "add", "arguments": {"a": 2}}},
    "It is done.",
]
ORDER = [
    ("reasoning", "First I add."),
    ("call", '{"a":1}'),
    ("reasoning", "Now go."),
    ("text", "One moment. "),
    ("call", '{"a":2}'),
    ("text", "It is done."),
]
FUNCTION = {"type": "object", "properties": {"a": {"type": "integer"}}}
CHAT_TOOLS = [{"type": "function", "function": {"name": "add", "parameters": FUNCTION}}]
CHAT = {"model": "m", "messages": [{"role": "user", "content": "go."}], "tools": CHAT_TOOLS}
CLAUDE: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 3000,
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "messages": [{"role": "user", "content": "go."}],
    "tools": [{"name": "add", "input_schema": FUNCTION}],
}
RESPONSES: dict[str, Any] = {
    "model": "gpt-5",
    "input": "go.",
    "reasoning": {"summary": "auto"},
    "tools": [{"type": "function", "name": "add", "parameters": FUNCTION}],
}
GOOGLE: dict[str, Any] = {
    "contents": [{"role": "user", "parts": [{"text": "go."}]}],
    "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
    "tools": [{"functionDeclarations": [{"name": "add", "parameters": FUNCTION}]}],
}
IN_ORDER: dict[str, tuple[str, dict[str, Any]]] = {
    "anthropic": ("/v1/messages", CLAUDE),
    "anthropic, streamed": ("/v1/messages", CLAUDE | {"stream": True}),
    "responses": ("/v1/responses", RESPONSES),
    "responses, streamed": ("/v1/responses", RESPONSES | {"stream": True}),
    "gemini": (f"{GEMINI}generateContent", GOOGLE),
    "gemini, streamed": (f"{GEMINI}streamGenerateContent?alt=sse", GOOGLE),
    "gemini, an array": (f"{GEMINI}streamGenerateContent", GOOGLE),
    "chat of DeepSeek, streamed": ("/deepseek/v1/chat/completions", CHAT | {"model": "deepseek-chat", "stream": True}),
    "chat of OpenRouter, streamed": ("/openrouter/api/v1/chat/completions", CHAT | {"stream": True}),
    "chat of Mistral, streamed": ("/mistral/v1/chat/completions", CHAT | {"stream": True}),
    "chat of vLLM, streamed": ("/vllm/v1/chat/completions", CHAT | {"stream": True}),
    "ollama, streamed": ("/api/chat", CHAT | {"stream": True}),
    "cohere, streamed": ("/v2/chat", CHAT | {"stream": True}),
}
"""The surfaces whose answers tell the order."""

JOINED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/vllm/v1/chat/completions", CHAT),
    "chat of Mistral": ("/mistral/v1/chat/completions", CHAT),
    "ollama": ("/api/chat", CHAT | {"stream": False}),
}
"""Those that have a field for all texts, and one for all calls."""


async def answers_with(*blocks: Any, **more: Any) -> None:
    rules = [{"reply": {"blocks": list(blocks), **more}}]
    script = {"version": 1, "defaults": {"validate": False}, "rules": rules}
    await told("PUT", "script", json.dumps(script))


async def ask(address: str, body: dict[str, Any]) -> Answer:
    path, _, query = address.partition("?")
    answer = await call(Handler(), "POST", path, json.dumps(body).encode(), query=query.encode())
    assert answer.status == 200, answer.body
    return answer


async def heard(address: str, body: dict[str, Any]) -> Choice:
    answer = await ask(address, body)
    path, _, _ = address.partition("?")
    said = read(Traffic("POST", path, json.dumps(body).encode(), tuple(answer.pieces)))
    assert said.reply is not None
    return said.reply.choices[0]


def shown(block: Block) -> tuple[str, str]:
    return block.kind, block.call.arguments if block.call else block.text


@pytest.mark.parametrize("surface", IN_ORDER)
async def test_blocks__are_said_in_their_order(surface: str) -> None:
    await answers_with(*BLOCKS)
    choice = await heard(*IN_ORDER[surface])
    assert [shown(block) for block in choice.content] == ORDER
    assert choice.finish_reason == "tool_calls"


@pytest.mark.parametrize("surface", JOINED)
async def test_blocks__are_joined_where_there_is_one_field(surface: str) -> None:
    await answers_with(*BLOCKS)
    choice = await heard(*JOINED[surface])
    assert (choice.text, choice.reasoning) == ("One moment. It is done.", "First I add.Now go.")
    assert [call.arguments for call in choice.tool_calls] == ['{"a":1}', '{"a":2}']


async def test_blocks__mistral_tells_the_order_of_thoughts_and_texts() -> None:
    await answers_with({"text": "A."}, {"reasoning": "Hm."}, {"text": "B."})
    document = json.loads((await ask("/mistral/v1/chat/completions", CHAT)).body)
    assert [part["type"] for part in document["choices"][0]["message"]["content"]] == ["text", "thinking", "text"]


def streamed(answer: Answer) -> Iterator[dict[str, Any]]:
    for line in answer.body.splitlines():
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])


async def test_blocks__anthropic_numbers_them() -> None:
    await answers_with(*BLOCKS)
    events = list(streamed(await ask("/v1/messages", CLAUDE | {"stream": True})))
    starts = [(each["index"], each["content_block"]["type"]) for each in events if each["type"].endswith("block_start")]
    kinds = ["thinking", "tool_use", "thinking", "text", "tool_use", "text"]
    assert starts == list(enumerate(kinds))
    indices = [each["index"] for each in events if "index" in each]
    assert [index for index, _ in groupby(indices)] == list(range(6))


async def test_blocks__responses_has_an_item_for_each_run() -> None:
    refused = [{"text": "So far. "}, {"text": "And so on."}, {"refusal": "No more."}]
    await answers_with({"tool_call": ADD}, *refused, {"reasoning": "Hm."}, {"reasoning": "Well."})
    document = json.loads((await ask("/v1/responses", RESPONSES)).body)
    call, message, reasoning = document["output"]
    assert call["type"] == "function_call"
    assert [part["type"] for part in message["content"]] == ["output_text", "output_text", "refusal"]
    assert [part["text"] for part in reasoning["summary"]] == ["Hm.", "Well."]


@pytest.mark.parametrize("stream", [False, True])
async def test_blocks__hosted_calls_have_their_results(stream: bool) -> None:
    page = {"url": "https://a.example/", "title": "A"}
    search = {"name": "web_search", "arguments": {"query": "q"}, "result": [page]}
    run = {"name": "code_execution", "arguments": {"code": "print(1)"}, "result": "1\n"}
    await answers_with("Let me look.", {"tool_call": search}, {"tool_call": run}, "Found.")
    tools = [{"type": f"{name}_20250305", "name": name} for name in ("web_search", "code_execution")]
    choice = await heard("/v1/messages", CLAUDE | {"tools": tools, "stream": stream})
    assert [shown(block) for block in choice.content] == [
        ("text", "Let me look."),
        ("call", '{"query":"q"}'),
        ("call", '{"code":"print(1)"}'),
        ("text", "Found."),
    ]
    found, printed = (json.loads(call.result) for call in choice.tool_calls)
    assert found[0] | page == found[0]
    assert printed["stdout"] == "1\n"
    assert choice.finish_reason == "stop"


async def test_blocks__gemini_runs_code() -> None:
    run = {"name": "code_execution", "arguments": {"code": "print(1)"}, "result": "1\n"}
    await answers_with("I run it.", {"tool_call": run}, "One.")
    document = json.loads((await ask(f"{GEMINI}generateContent", GOOGLE | {"tools": [{"codeExecution": {}}]})).body)
    candidate = document["candidates"][0]
    assert [next(iter(part)) for part in candidate["content"]["parts"]] == [
        "text",
        "executableCode",
        "codeExecutionResult",
        "text",
    ]
    assert candidate["finishReason"] == "STOP"


async def test_blocks__responses_searches_between_texts() -> None:
    search = {"name": "web_search", "arguments": {"query": "q"}}
    await answers_with("Let me look.", {"tool_call": search}, "Found.")
    document = json.loads((await ask("/v1/responses", RESPONSES | {"tools": [{"type": "web_search"}]})).body)
    assert [item["type"] for item in document["output"]] == ["message", "web_search_call", "message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "expected", "reason"),
    [
        ({"max_tokens": 4}, [("text", "One two three four")], "length"),
        ({"stop_sequences": ["two"]}, [("text", "One ")], "stop"),
        (
            {"stop_sequences": ["six"]},
            [("text", "One two three four"), ("call", '{"a":1}'), ("text", " five ")],
            "stop",
        ),
    ],
)
async def test_blocks__end_where_the_limit_is(body: dict[str, Any], expected: Any, reason: str, stream: bool) -> None:
    await answers_with("One two three four", {"tool_call": ADD}, {"text": " five six seven eight nine ten"})
    more = {"thinking": {"type": "disabled"}, "stream": stream}
    choice = await heard("/v1/messages", CLAUDE | body | more)
    assert [shown(block) for block in choice.content] == expected
    assert choice.finish_reason == reason


async def test_blocks__citations_stand_in_their_texts() -> None:
    places = [(0, 3), (9, 14)]
    cited = [
        {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": start, "end_index": end}}
        for start, end in places
    ]
    await answers_with("One. ", {"tool_call": ADD}, "Two three.", annotations=cited)
    document = json.loads((await ask("/v1/messages", CLAUDE | {"thinking": {"type": "disabled"}})).body)
    texts = [block["citations"][0]["cited_text"] for block in document["content"] if block["type"] == "text"]
    assert texts == ["One", "three"]
    for stream in (False, True):
        choice = await heard("/v1/responses", RESPONSES | {"stream": stream})
        found: list[Any] = [each["url_citation"] for each in choice.annotations]
        assert [(each["start_index"], each["end_index"]) for each in found] == places


@pytest.mark.parametrize(
    ("reply", "told_of"),
    [
        ({"blocks": []}, "must have at least one block"),
        ({"blocks": [{}]}, "must have exactly one of"),
        ({"blocks": [{"text": "a", "reasoning": "b"}]}, "must have exactly one of"),
        ({"blocks": [{"thought": "a"}]}, "is not known here"),
        ({"blocks": ["a"], "text": "b"}, "cannot be combined with"),
        ({"blocks": ["a"], "tool_calls": {"name": "f"}}, "cannot be combined with `blocks`"),
        ({"blocks": ["a"], "reasoning": "b"}, "cannot be combined with `blocks`"),
    ],
)
async def test_blocks__that_cannot_be(reply: dict[str, Any], told_of: str) -> None:
    answer = await control("PUT", "script", json.dumps({"version": 1, "rules": [{"reply": reply}]}))
    assert answer.status == 400
    assert told_of in answer.body.decode()
