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
from completions.wire.legacy import LegacyCompletions
from completions.wire.responses import Responses
from tests.completions.test_wire import fold_legacy
from tests.document import events, fold
from tests.typed_events import fold_response, typed_events

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
    wire: ChatCompletions | LegacyCompletions | Responses, space: Namespace, body: dict[str, Any]
) -> tuple[Any, Any]:
    """Resolve the same request twice, as two requests would, and return the whole answer and the chunks."""
    asked = wire.parse(orjson.dumps(body), {}, validate=False)
    streamed = wire.parse(
        orjson.dumps(body | {"stream": True, "stream_options": {"include_usage": True}}), {}, validate=False
    )
    first, second = await engine.resolve(space, asked), await engine.resolve(space, streamed)
    assert first.reply and second.reply
    answer = orjson.loads(orjson.dumps(wire.render(first.reply, asked)))
    read = typed_events if isinstance(wire, Responses) else events
    return answer, read(b"".join(event.data for event in wire.events(second.reply, streamed)))


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


RESPONSES_TOOLS: list[dict[str, Any]] = [
    {"type": "function", "name": "get_weather", "parameters": SCHEMA},
    {"type": "function", "name": "add", "parameters": SCHEMA},
    {"type": "custom", "name": "note"},
    {"type": "web_search"},
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "image_generation", "partial_images": 2},
    {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp", "require_approval": "never"},
    {"type": "computer_use_preview", "display_width": 800, "display_height": 600, "environment": "browser"},
    {"type": "shell"},
]
RESPONSES_ASKED = {
    "max_output_tokens": st.integers(1, 12),
    "include": st.just(["message.output_text.logprobs", "reasoning.encrypted_content", "file_search_call.results"]),
    "tools": st.lists(st.sampled_from(RESPONSES_TOOLS), min_size=1, max_size=4, unique_by=str),
    "tool_choice": st.sampled_from(["auto", "none", "required", {"type": "web_search"}]),
    "text": st.sampled_from(
        [{"format": {"type": "json_object"}}, {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}]
    ),
    "reasoning": st.just({"effort": "low", "summary": "auto"}),
    "background": st.booleans(),
}


def without_ids(value: Any) -> Any:
    """Take the ids and times out of a document, wherever they stand."""
    if isinstance(value, dict):
        aside = ("id", "call_id", "created_at", "completed_at")
        return {key: without_ids(item) for key, item in value.items() if key not in aside}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@RELAXED
@given(
    reply=REPLY,
    body=st.fixed_dictionaries({}, optional=RESPONSES_ASKED),
    said=TEXT,
    model=st.sampled_from(["gpt-4o", "o3"]),
)
async def test_responses__stream_folds_to_the_answer(
    folder: Path, reply: Any, body: dict[str, Any], said: str, model: str
) -> None:
    body |= {"model": model, "input": said}
    answer, told = await both_ways(Responses(), namespace(folder, reply), body)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    folded, last = fold_response(told), told[-1]["response"]
    assert folded["output"] == last["output"]
    if body.get("background"):
        assert (answer["status"], answer["output"]) == ("queued", [])
    else:
        assert without_ids(folded) == without_ids(answer)
