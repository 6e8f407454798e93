"""What an address that counts says of a request is what the request is then charged, whatever is in it."""

import asyncio
from collections.abc import Callable
from itertools import cycle
from typing import Any

import orjson
import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from completions.receive.handler import Handler
from tests.asgi import call

Body = dict[str, Any]
Conversation = tuple[str, list[str], list[Body], bool, bool]

SAID = ["weather", "Nietzsche", "12345", "naïve", "日本", "farewell\n", "it's", "🎁"]
TEXTS = st.lists(st.sampled_from(SAID), min_size=1).map(" ".join)
SCHEMAS = st.sampled_from(
    [
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"city": {"type": "string", "description": "Where"}}, "required": ["city"]},
        {
            "type": "object",
            "properties": {
                "unit": {"type": "string", "enum": ["C", "F"]},
                "days": {"type": "array", "items": {"type": "integer"}},
            },
        },
    ]
)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Draw instructions, what is said in turn, tools, whether there is an image, and whether a tool was called."""
    said = draw(st.lists(TEXTS, min_size=1, max_size=3))
    tools = [
        {"name": f"tool_{at}", "description": draw(TEXTS), "schema": draw(SCHEMAS)}
        for at in range(draw(st.integers(0, 3)))
    ]
    return draw(st.one_of(st.just(""), TEXTS)), said, tools, draw(st.booleans()), bool(tools) and draw(st.booleans())


def anthropic(system: str, said: list[str], tools: list[Body], has_image: bool, was_called: bool) -> Body:
    """Return the conversation as Anthropic's API takes it."""
    messages: list[Body] = [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in zip(cycle(("user", "assistant")), said, strict=False)
    ]
    if has_image:
        source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        messages[0]["content"].append({"type": "image", "source": source})
    if len(said) % 2 == 0:
        messages.append({"role": "user", "content": "Go on."})
    if was_called:
        use = {"type": "tool_use", "id": "toolu_1", "name": tools[0]["name"], "input": {"city": said[0]}}
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": said[-1]}
        messages += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    body = {"model": "claude-sonnet-4-5", "messages": messages}
    offered = [
        {"name": tool["name"], "description": tool["description"], "input_schema": tool["schema"]} for tool in tools
    ]
    return body | ({"system": system} if system else {}) | ({"tools": offered} if tools else {})


def gemini(system: str, said: list[str], tools: list[Body], has_image: bool, was_called: bool) -> Body:
    """Return the conversation as Gemini's API takes it."""
    contents: list[Body] = [
        {"role": ("user", "model")[at % 2], "parts": [{"text": text}]} for at, text in enumerate(said)
    ]
    if has_image:
        contents[0]["parts"].append({"inlineData": {"mimeType": "image/png", "data": PIXEL}})
    if was_called:
        name = tools[0]["name"]
        contents += [
            {"role": "model", "parts": [{"functionCall": {"name": name, "args": {"city": said[0]}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": name, "response": {"result": said[-1]}}}]},
        ]
    offered = [
        {"name": tool["name"], "description": tool["description"], "parameters": tool["schema"]} for tool in tools
    ]
    body: Body = {"contents": contents}
    instructed = {"systemInstruction": {"parts": [{"text": system}]}} if system else {}
    return body | instructed | ({"tools": [{"functionDeclarations": offered}]} if tools else {})


def responses(system: str, said: list[str], tools: list[Body], has_image: bool, was_called: bool) -> Body:
    """Return the conversation as OpenAI's Responses take it."""
    items: list[Body] = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)]
    if has_image:
        picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}
        items.append({"role": "user", "content": [{"type": "input_text", "text": said[0]}, picture]})
    if was_called:
        arguments = orjson.dumps({"city": said[0]}).decode()
        items += [
            {"type": "function_call", "call_id": "call_1", "name": tools[0]["name"], "arguments": arguments},
            {"type": "function_call_output", "call_id": "call_1", "output": said[-1]},
        ]
    offered = [
        {"type": "function", "name": tool["name"], "description": tool["description"], "parameters": tool["schema"]}
        | {"strict": False}
        for tool in tools
    ]
    body = {"model": "gpt-5-mini", "input": items}
    return body | ({"instructions": system} if system else {}) | ({"tools": offered} if tools else {})


GEMINI = "/v1beta/models/gemini-2.5-flash"


def for_gemini(body: Body) -> Body:
    """Return what Gemini's API is asked to count."""
    return {"generateContentRequest": {"model": "models/gemini-2.5-flash", **body}}


async def ask(path: str, body: Body) -> Body:
    headers = {"authorization": "Bearer k", "x-api-key": "k", "anthropic-version": "2023-06-01"}
    answer = await call(Handler(), "POST", path, orjson.dumps(body), headers=headers)
    assert answer.status == 200, answer.body
    return dict(orjson.loads(answer.body))


async def counts(body: Body) -> tuple[int, int]:
    """Return what is counted beforehand, and what is charged."""
    if "contents" in body:
        counted = await ask(f"{GEMINI}:countTokens", for_gemini(body))
        answer = await ask(f"{GEMINI}:generateContent", body)
        return counted["totalTokens"], answer["usageMetadata"]["promptTokenCount"]
    path, count, more = ("/v1/messages", "count_tokens", {"max_tokens": 50})
    if "input" in body:
        path, count, more = ("/v1/responses", "input_tokens", {})
    counted, answer = await ask(f"{path}/{count}", body), await ask(path, body | more)
    return counted["input_tokens"], answer["usage"]["input_tokens"]


@pytest.mark.parametrize("written", [anthropic, gemini, responses])
@settings(max_examples=25, deadline=None)
@given(drawn=conversations())
def test_request__is_charged_what_was_counted(written: Callable[..., Body], drawn: Conversation) -> None:
    with override_settings(MOCK_SCRIPT="auto", MOCK_TTFT_MS=0, MOCK_ITL_MS=0, JOURNAL=False):
        counted, charged = asyncio.run(counts(written(*drawn)))
    assert counted == charged > 0
