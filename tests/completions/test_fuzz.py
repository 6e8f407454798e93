"""Whatever JSON comes, and whatever script answers: an answer or a clear 4xx, never a 5xx."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from completions.wire.gemini_fields import snake
from completions.wire.gemini_prompt import TASKS
from mocksite.handler import Handler
from tests.asgi import call
from tests.completions.test_wire import JUNK, KEYS

WORDS = st.sampled_from(
    ["user", "assistant", "tool", "system", "function", "text", "image_url", "json_schema", "object", "array", "string"]
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
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(sorted(KEYS)), VALUES | JUNK)
VALID = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello in JSON"}], "prompt": "Hello"}
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
LENIENT = "version: 1\ndefaults: {validate: false}\nrules:\n- reply: {auto: true}\n"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
@pytest.mark.parametrize("script", ["mock", "echo", "auto", "lenient"])
@settings(deadline=None, max_examples=60)
@given(body=BODIES, base=st.sampled_from([{}, VALID]), stream=st.booleans())
def test_any_object__gets_an_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any, stream: bool
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps({**base, **body, "stream": stream})))
    assert answer.status in (200, 400, 404)
    if answer.status == 200:
        assert (answer.headers["content-type"] == "text/event-stream") is stream
        assert answer.body
    else:
        assert list(json.loads(answer.body)["error"]) == ["message", "type", "param", "code"]
        assert script != "mock"


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


@pytest.mark.parametrize("method", sorted(TASKS))
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@settings(deadline=None, max_examples=60)
@given(body=GOOGLE_BODIES, base=st.sampled_from([{}, GOOGLE_VALID]), sse=st.booleans())
def test_any_object__gets_gemini_s_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, method: str, script: str, body: dict[str, Any], base: Any, sse: bool
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    path, query = f"/v1beta/models/gemini-2.5-flash:{method}", b"alt=sse" if sse else b""
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", path, orjson.dumps({**base, **body}), query=query))
    assert answer.status in (200, 400, 404)
    streamed = method == "streamGenerateContent"
    if answer.status == 200:
        assert (answer.headers["content-type"] == "text/event-stream") is (streamed and sse)
        assert (streamed and sse) or json.loads(answer.body)
    else:
        error = json.loads(answer.body)["error"]
        assert (error["code"], bool(error["message"])) == (answer.status, True)
        assert error["status"] in ("INVALID_ARGUMENT", "NOT_FOUND")
        assert script != "mock"


def lenient(folder: Path) -> Path:
    file = folder / "lenient.yaml"
    if not file.exists():
        file.write_text(LENIENT)
    return file
