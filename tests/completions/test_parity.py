"""Whatever the script and the request: the stream, folded, is the answer."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from completions import engine
from completions.state.namespaces import Namespace
from completions.wire.chat import ChatCompletions
from completions.wire.gemini import Gemini
from completions.wire.legacy import LegacyCompletions
from tests.completions.test_gemini import chunks, fold_gemini
from tests.completions.test_wire import fold_legacy
from tests.document import events, fold

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30).map(
    lambda text: text.replace("{", "(")
)
CALL = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["get_weather", "add"]),
        "arguments": st.dictionaries(st.sampled_from("abc"), TEXT | st.integers()),
    }
)
REPLY = st.one_of(
    TEXT,
    st.fixed_dictionaries({"text": TEXT}, optional={"reasoning": TEXT, "finish_reason": st.just("content_filter")}),
    st.fixed_dictionaries({"tool_calls": CALL | st.lists(CALL, min_size=1, max_size=3)}, optional={"text": TEXT}),
    st.fixed_dictionaries({"refusal": TEXT.filter(bool)}),
    st.fixed_dictionaries({"json": st.dictionaries(st.sampled_from("abc"), TEXT | st.lists(st.integers()))}),
    st.fixed_dictionaries({"choices": st.lists(st.fixed_dictionaries({"text": TEXT}), min_size=1, max_size=3)}),
    st.sampled_from([{"echo": True}, {"auto": True}]),
)
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
    for name in ("get_weather", "add")
]
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
ASKED = {
    "n": st.integers(1, 4),
    "stop": TEXT.filter(bool) | st.lists(TEXT.filter(bool), min_size=1, max_size=3),
    "max_tokens": st.integers(1, 12),
}
CHAT_ASKED = ASKED | {
    "logprobs": st.booleans(),
    "tools": st.just(TOOLS),
    "response_format": st.sampled_from(
        [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}]
    ),
    "functions": st.just([TOOLS[0]["function"]]),
    "web_search_options": st.just({}),
}
GEMINI_CONFIG = {
    "candidateCount": st.integers(1, 4),
    "stopSequences": st.lists(TEXT.filter(bool), min_size=1, max_size=3),
    "maxOutputTokens": st.integers(1, 12),
    "responseLogprobs": st.booleans(),
    "logprobs": st.integers(0, 5),
    "thinkingConfig": st.just({"includeThoughts": True}),
    "responseMimeType": st.sampled_from(["application/json", "text/x.enum"]),
    "responseJsonSchema": st.just(SCHEMA),
}
GEMINI_ASKED = {
    "generationConfig": st.fixed_dictionaries({}, optional=GEMINI_CONFIG),
    "tools": st.just([{"functionDeclarations": [tool["function"] for tool in TOOLS]}]),
    "safetySettings": st.just([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
}
LEGACY_ASKED = ASKED | {"logprobs": st.integers(0, 5), "echo": st.booleans()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scripts")


def namespace(folder: Path, reply: Any) -> Namespace:
    script = {"version": 1, "rules": [{"reply": reply}]}
    file = folder / "script.yaml"
    file.write_text(yaml.safe_dump(script, allow_unicode=True, default_style='"'), encoding="utf-8")
    return Namespace("parity", str(file))


async def both_ways(
    wire: ChatCompletions | LegacyCompletions, space: Namespace, body: dict[str, Any]
) -> tuple[Any, Any]:
    """Resolve the same request twice, as two requests would, and return the whole answer and the chunks."""
    asked = wire.parse(orjson.dumps(body), {}, validate=False)
    streamed = wire.parse(
        orjson.dumps(body | {"stream": True, "stream_options": {"include_usage": True}}), {}, validate=False
    )
    first, second = await engine.resolve(space, asked), await engine.resolve(space, streamed)
    assert first.reply and second.reply
    answer = orjson.loads(orjson.dumps(wire.render(first.reply, asked)))
    return answer, events(b"".join(event.data for event in wire.events(second.reply, streamed)))


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """Take out what two requests may differ in: ids, the second in which they came, and an empty array."""
    for choice in document["choices"]:
        message = choice.get("message", {})
        if message.get("annotations") == []:
            del message["annotations"]
        for call in message.get("tool_calls", ()):
            assert call.pop("id").startswith("call_")
    return {key: value for key, value in document.items() if key not in ("id", "created")}


RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@RELAXED
@given(reply=REPLY, body=st.fixed_dictionaries({}, optional=CHAT_ASKED), said=TEXT)
async def test_chat__stream_folds_to_the_answer(folder: Path, reply: Any, body: dict[str, Any], said: str) -> None:
    body |= {"model": "gpt-4o", "messages": [{"role": "user", "content": said}]}
    answer, chunks = await both_ways(ChatCompletions(), namespace(folder, reply), body)
    assert settled(fold(chunks)) == settled(answer)


@RELAXED
@given(
    reply=REPLY,
    body=st.fixed_dictionaries({}, optional=LEGACY_ASKED),
    said=TEXT | st.lists(TEXT, min_size=1, max_size=3),
)
async def test_legacy__stream_folds_to_the_answer(folder: Path, reply: Any, body: dict[str, Any], said: Any) -> None:
    body |= {"model": "gpt-3.5-turbo-instruct", "prompt": said}
    answer, chunks = await both_ways(LegacyCompletions(), namespace(folder, reply), body)
    assert settled(fold_legacy(chunks)) == settled(answer)


@RELAXED
@given(reply=REPLY, body=st.fixed_dictionaries({}, optional=GEMINI_ASKED), said=TEXT)
async def test_gemini__stream_folds_to_the_answer(folder: Path, reply: Any, body: dict[str, Any], said: str) -> None:
    body |= {"contents": [{"parts": [{"text": said}]}]}
    wire, space = Gemini(), namespace(folder, reply)
    methods = ("generateContent", "streamGenerateContent")
    routes = [{"model": "gemini-2.5-flash", "method": method, "alt": "sse"} for method in methods]
    whole, streamed = (wire.parse(orjson.dumps(body), {}, validate=False, route=route) for route in routes)
    first, second = await engine.resolve(space, whole), await engine.resolve(space, streamed)
    assert first.reply and second.reply
    answer = orjson.loads(orjson.dumps(wire.render(first.reply, whole)))
    assert unsigned(fold_gemini(chunks(wire.events(second.reply, streamed)))) == unsigned(answer)


def unsigned(document: dict[str, Any]) -> dict[str, Any]:
    """Take out what two of Gemini's answers may differ in: ids and signatures, which follow from them."""
    for candidate in document["candidates"]:
        for part in candidate["content"].get("parts", ()):
            part["thoughtSignature"] = "thoughtSignature" in part
            part.get("functionCall", {}).pop("id", None)
    return {key: value for key, value in document.items() if key != "responseId"}
