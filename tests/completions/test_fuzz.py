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


INPUTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("model", "input", "dimensions", "encoding_format", "user", "stream"), VALUES)
)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/moderations"])
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@settings(deadline=None, max_examples=60)
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


OLLAMA_KEYS = ("model", "messages", "prompt", "input", "stream", "format", "options", "tools", "think", "images", "raw")
OLLAMA_BODIES = st.dictionaries(st.sampled_from(OLLAMA_KEYS), VALUES | JUNK)


@pytest.mark.parametrize("path", ["chat", "generate", "embed", "embeddings", "show"])
@pytest.mark.parametrize("script", ["mock", "auto", "lenient"])
@settings(deadline=None, max_examples=60)
@given(body=OLLAMA_BODIES, base=st.sampled_from([{}, {**VALID, "input": "Hello"}]))
def test_ollama__gets_an_answer_or_a_clear_4xx(
    tmp_path_factory: pytest.TempPathFactory, path: str, script: str, body: dict[str, Any], base: Any
) -> None:
    source = script if script != "lenient" else str(lenient(tmp_path_factory.getbasetemp()))
    with override_settings(MOCK_SCRIPT=source, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = asyncio.run(call(Handler(), "POST", f"/api/{path}", orjson.dumps({**base, **body})))
    assert answer.status == 200 or (answer.status in (400, 404) and script == "auto")
    documents = [json.loads(line) for line in answer.body.splitlines()]
    assert documents
    assert answer.status == 200 or [*documents[0]] == ["error"]


ADDRESSES = ["deepseek", "openrouter/api/v1", "mistral/v1", "groq/openai/v1", "vllm/v1", "openai/v1"]


@pytest.mark.parametrize("place", ADDRESSES)
@settings(deadline=None, max_examples=40)
@given(body=BODIES, base=st.sampled_from([{}, VALID]), stream=st.booleans())
def test_dialects__get_an_answer_or_a_clear_4xx(place: str, body: dict[str, Any], base: Any, stream: bool) -> None:
    with override_settings(MOCK_SCRIPT="auto", MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        given = orjson.dumps({**base, **body, "stream": stream})
        answer = asyncio.run(call(Handler(), "POST", f"/{place}/chat/completions", given))
    assert answer.status in (200, 400, 404)
    if answer.status == 200:
        assert (answer.headers["content-type"] == "text/event-stream") is stream
        assert answer.body
    else:
        document = json.loads(answer.body)
        assert document.get("error", document)["message"]


def lenient(folder: Path) -> Path:
    file = folder / "lenient.yaml"
    if not file.exists():
        file.write_text(LENIENT)
    return file
