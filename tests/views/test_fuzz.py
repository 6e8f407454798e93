"""Whatever JSON comes, and whatever script answers: an answer or a clear 4xx, never a 5xx."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from completions.receive.handler import Handler
from completions.wire.anthropic.rules import VERSIONS
from completions.wire.gemini.fields import snake
from completions.wire.gemini.prompt import TASKS
from tests.asgi import call
from tests.wire.openai.test_chat import JUNK, KEYS

WORDS = st.sampled_from(
    [
        *("user", "assistant", "tool", "system", "function", "text", "image_url", "json_schema", "object", "array"),
        *("string", "image", "document", "tool_use", "tool_result", "thinking", "base64", "custom", "ephemeral"),
        *("enabled", "any"),
    ]
)
NAMES = st.sampled_from(
    [
        "role",
        "content",
        "type",
        "function",
        "name",
        "parameters",
        "schema",
        "json_schema",
        "properties",
        "items",
        "$ref",
        "text",
        "source",
        "data",
        "input",
        "id",
        "tool_use_id",
        "input_schema",
        "cache_control",
        "format",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
RESPONSE_KEYS = {
    *("input", "instructions", "tools", "tool_choice", "text", "reasoning", "include", "conversation", "background"),
    *("previous_response_id", "max_output_tokens", "top_logprobs", "prompt", "stream_options", "store", "metadata"),
    *("temperature", "truncation", "service_tier", "parallel_tool_calls", "user", "max_tool_calls"),
}
ITEM_KEYS = st.sampled_from(
    [
        *("type", "role", "content", "id", "call_id", "name", "arguments", "input", "output", "action", "status"),
        *("summary", "text", "annotations", "image_url", "operation", "approve", "server_label", "allowed_tools"),
        *("container", "format", "schema", "effort", "mode", "tools", "approval_request_id", "partial_images"),
    ]
)
ITEM_WORDS = st.sampled_from(
    [
        *("message", "user", "assistant", "input_text", "input_image", "output_text", "function", "function_call"),
        *("function_call_output", "reasoning", "item_reference", "web_search", "mcp", "computer_call", "shell"),
        *("apply_patch_call", "mcp_approval_response", "custom", "namespace", "allowed_tools", "json_schema"),
        *("code_interpreter", "image_generation", "required", "auto", "message.output_text.logprobs", "resp_1"),
    ]
)
ITEMS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | ITEM_WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ITEM_KEYS, inner, max_size=5),
    max_leaves=15,
)
RESPONSE_BODIES = st.dictionaries(st.sampled_from(sorted(RESPONSE_KEYS)), ITEMS | JUNK)
BODIES = st.dictionaries(st.sampled_from(sorted(KEYS)), VALUES | JUNK)
VALID = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello in JSON"}], "prompt": "Hello"}
CLAUDE_KEYS = (
    *("model", "messages", "max_tokens", "system", "tools", "tool_choice", "thinking", "output_config", "metadata"),
    *("stop_sequences", "cache_control", "temperature"),
)
CLAUDE_BODIES = st.dictionaries(st.sampled_from(CLAUDE_KEYS), VALUES | JUNK)
CLAUDE_VALID = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
INPUTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("model", "input", "dimensions", "encoding_format", "user", "stream"), VALUES)
)
CONFIG_NAMES = [
    "candidateCount",
    "stopSequences",
    "maxOutputTokens",
    "temperature",
    "topK",
    "seed",
    "logprobs",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseLogprobs",
    "thinkingConfig",
]
PARTS = [
    "text",
    "inlineData",
    "functionCall",
    "function_response",
    "thought",
    "name",
    "args",
    "response",
    "parts",
    "role",
]
SCHEMAS = ["type", "properties", "items", "anyOf", "enum", "required", "nullable", "minItems", "propertyOrdering"]
GOOGLE_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["model", "user", "OBJECT", "ANY", "5", "aGk="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PARTS, *SCHEMAS]), inner, max_size=4),
    max_leaves=12,
)
CONFIGS = st.dictionaries(st.sampled_from([snake(name) for name in CONFIG_NAMES] + CONFIG_NAMES), GOOGLE_VALUES)
GOOGLE_BODIES = st.fixed_dictionaries(
    {},
    optional={
        "contents": GOOGLE_VALUES | st.lists(st.fixed_dictionaries({"parts": GOOGLE_VALUES}), max_size=2),
        "systemInstruction": GOOGLE_VALUES,
        "generationConfig": CONFIGS | GOOGLE_VALUES,
        "tools": GOOGLE_VALUES | st.lists(st.fixed_dictionaries({"functionDeclarations": GOOGLE_VALUES}), max_size=2),
        "toolConfig": GOOGLE_VALUES | st.fixed_dictionaries({"functionCallingConfig": GOOGLE_VALUES}),
        "generateContentRequest": GOOGLE_VALUES,
        "content": GOOGLE_VALUES,
        "outputDimensionality": GOOGLE_VALUES,
        "requests": GOOGLE_VALUES,
        "instances": GOOGLE_VALUES,
    },
)
GOOGLE_VALID = {"contents": [{"parts": [{"text": "Hello"}]}]}
OLLAMA_KEYS = ("model", "messages", "prompt", "input", "stream", "format", "options", "tools", "think", "images", "raw")
OLLAMA_BODIES = st.dictionaries(st.sampled_from(OLLAMA_KEYS), VALUES | JUNK)
LENIENT = "version: 1\ndefaults: {validate: false}\nrules:\n- reply: {auto: true}\n"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
@pytest.mark.parametrize("script", ["mock", "echo", "auto", "lenient"])
@given(body=BODIES, base=st.sampled_from([{}, VALID]), stream=st.booleans())
def test_any_object__gets_an_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any, stream: bool
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps({**base, **body, "stream": stream})))
    assert answer.status in (200, 400, 404, 422)
    if answer.status == 200:
        assert answer.headers["content-type"].startswith("text/event-stream") is stream
        assert answer.body
    else:
        assert list(json.loads(answer.body)["error"]) == ["message", "type", "param", "code"]
        assert script != "mock"


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@given(body=CLAUDE_BODIES, base=st.sampled_from([{}, CLAUDE_VALID]), version=st.sampled_from(VERSIONS))
def test_any_object__gets_a_message_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any, version: str
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    headers = {"anthropic-version": version}
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps({**base, **body}), headers=headers))
    document = json.loads(answer.body)
    if answer.status == 200:
        assert document.keys() >= ({"input_tokens"} if path.endswith("tokens") else {"content", "usage"})
    else:
        assert answer.status == 400 and script != "mock"
        assert document["type"] == "error" and list(document["error"]) == ["type", "message"]


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/responses/input_tokens"])
@pytest.mark.parametrize("script", ["mock", "echo", "auto", "lenient"])
@given(
    body=RESPONSE_BODIES, base=st.sampled_from([{}, {"model": "o3", "input": "Hello in JSON"}]), stream=st.booleans()
)
def test_any_response__gets_an_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any, stream: bool
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    asked = {**base, **body, "stream": stream} if path == "/v1/responses" else {**base, **body}
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps(asked)))
    assert answer.status in (200, 400, 404, 422)
    if answer.status == 200:
        assert answer.headers["content-type"].startswith("text/event-stream") is (stream and path == "/v1/responses")
        assert answer.body
    else:
        assert list(json.loads(answer.body)["error"]) == ["message", "type", "param", "code"]
        assert script != "mock"


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/moderations"])
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@given(body=INPUTS, base=st.sampled_from([{}, {"model": "text-embedding-3-small", "input": "Hello"}]))
def test_any_input__gets_an_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    with override_settings(MOCK_SCRIPT=source):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps({**base, **body})))
    assert answer.status == 200 or (answer.status in (400, 404) and script == "auto")
    document = json.loads(answer.body)
    assert answer.status == 200 or list(document["error"]) == ["message", "type", "param", "code"]


@pytest.mark.parametrize("method", sorted({*TASKS} - {"bidiGenerateContent", "computeTokens"}))  # not here
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@given(body=GOOGLE_BODIES, base=st.sampled_from([{}, GOOGLE_VALID]), sse=st.booleans())
def test_any_object__gets_gemini_s_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, method: str, script: str, body: dict[str, Any], base: Any, sse: bool
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    path, query = f"/v1beta/models/gemini-2.5-flash:{method}", b"alt=sse" if sse else b""
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps({**base, **body}), query=query))
    assert answer.status in (200, 400, 404, 422)
    streamed = method == "streamGenerateContent"
    if answer.status == 200:
        assert answer.headers["content-type"].startswith("text/event-stream") is (streamed and sse)
        assert (streamed and sse) or json.loads(answer.body)
    else:
        document = json.loads(answer.body)
        assert isinstance(document, list) is (streamed and not sse)
        error = (document[0] if isinstance(document, list) else document)["error"]
        assert (error["code"], bool(error["message"])) == (answer.status, True)
        assert error["status"] in ("INVALID_ARGUMENT", "NOT_FOUND")
        assert script != "mock"


@pytest.mark.parametrize("path", ["chat", "generate", "embed", "embeddings", "show"])
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@given(body=OLLAMA_BODIES, base=st.sampled_from([{}, {**VALID, "input": "Hello"}]))
def test_ollama__gets_an_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", f"/api/{path}", orjson.dumps({**base, **body})))
    assert answer.status == 200 or (answer.status in (400, 404) and script != "mock")
    documents = [json.loads(line) for line in answer.body.splitlines()]
    assert documents
    assert answer.status == 200 or [*documents[0]] == ["error"]


ADDRESSES = ["deepseek", "openrouter/api/v1", "mistral/v1", "groq/openai/v1", "vllm/v1", "openai/v1"]


@pytest.mark.parametrize("place", ADDRESSES)
@given(body=BODIES, base=st.sampled_from([{}, VALID]), stream=st.booleans())
def test_dialects__get_an_answer_or_a_clear_4xx(place: str, body: dict[str, Any], base: Any, stream: bool) -> None:
    with override_settings(MOCK_SCRIPT="auto", MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        given = orjson.dumps({**base, **body, "stream": stream})
        answer = asyncio.run(call(Handler(), "POST", f"/{place}/chat/completions", given))
    assert answer.status in (200, 400, 404, 422)
    if answer.status == 200:
        assert answer.headers["content-type"].startswith("text/event-stream") is stream
        assert answer.body
    else:
        document = json.loads(answer.body)
        assert document["detail"] if "detail" in document else document.get("error", document)["message"]


def lenient(folder: Path) -> Path:
    file = folder / "lenient.yaml"
    if not file.exists():
        file.write_text(LENIENT)
    return file
