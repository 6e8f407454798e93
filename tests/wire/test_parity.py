"""Whatever the script and the request: the stream, folded, is the answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from completions.conversation import Choice, Reply, Traffic
from completions.delivery.stream import schedule
from completions.exceptions import RequestError
from completions.resolve import engine
from completions.state.namespaces import Namespace
from completions.wire import registry
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.base import WireFormat
from completions.wire.dialects.azure import AzureModels
from completions.wire.gemini.generate import Gemini
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.responses.format import Responses
from tests.document import events, fold, merge
from tests.wire.anthropic import stream as anthropic_stream
from tests.wire.gemini.test_generate import chunks, fold_gemini
from tests.wire.openai.test_chat import fold_legacy
from tests.wire.openai.typed_events import fold_response, typed_events

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
ANTHROPIC_ASKED = {
    "stop_sequences": st.lists(TEXT.filter(bool), max_size=3),
    "tools": st.just([{"name": name, "input_schema": SCHEMA} for name in ("get_weather", "add")]),
    "output_config": st.just({"format": {"type": "json_schema", "schema": SCHEMA}}),
    "thinking": st.sampled_from([{"type": "adaptive"}, {"type": "adaptive", "display": "omitted"}]),
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
    wire: WireFormat, space: Namespace, body: dict[str, Any], read: Callable[[bytes], Any] = events
) -> tuple[Any, Any]:
    """Resolve the same request twice, as two requests would, and return the whole answer and the chunks."""
    asked = wire.parse(orjson.dumps(body), {}, validate=False)
    streamed = wire.parse(
        orjson.dumps(body | {"stream": True, "stream_options": {"include_usage": True}}), {}, validate=False
    )
    first, second = await engine.resolve(space, asked), await engine.resolve(space, streamed)
    assert first.reply and second.reply
    answer = orjson.loads(orjson.dumps(wire.document(first.reply, asked)))
    return answer, read(b"".join(wire.framing(streamed).frames(wire.events(second.reply, streamed))))


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """Take out what two requests may differ in: ids, the second in which they came, and an empty array.

    A stream of several calls tells nothing of a refusal, which is null in an answer and so in the SDK's message.
    """
    for choice in document["choices"]:
        message = choice.get("message", {})
        if message.get("tool_calls", ())[1:]:
            message.setdefault("refusal", None)
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


TIMES = st.fixed_dictionaries({"kind": st.sampled_from(["uniform", "normal", "lognormal"])}, optional={"seed": TEXT})


@RELAXED
@given(
    seed=st.integers(0, 9),
    jitter=TIMES,
    reply=REPLY,
    asked=st.lists(st.fixed_dictionaries({"said": st.sampled_from("abc"), "stream": st.booleans()}), max_size=6),
)
async def test_seed__two_runs_give_the_same_bytes_and_the_same_schedule(
    folder: Path, seed: int, jitter: Any, reply: Any, asked: list[dict[str, Any]]
) -> None:
    """Both runs see the same requests in the same order; nothing else is the same about them, not even the second."""
    dice = {"rate": 0.3, "seed": seed, "of": ["disconnect", {"error": 503}]}
    defaults = {"seed": seed, "chaos": dice, "pacing": {"ttft_ms": 5, "itl_ms": 3, "jitter": jitter}}
    runs = []
    for name in ("first", "second"):
        file = folder / f"{name}.yaml"
        file.write_text(json.dumps({"version": 1, "defaults": defaults, "rules": [{"reply": reply}]}), encoding="utf-8")
        space, wire = Namespace(name, str(file)), ChatCompletions()
        runs.append([await outcome_in_bytes(wire, space, each["said"], each["stream"]) for each in asked])
    assert runs[0] == runs[1]


async def outcome_in_bytes(wire: ChatCompletions, space: Namespace, said: str, stream: bool) -> Any:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}], "stream": stream}
    prompt = wire.parse(orjson.dumps(body), {}, validate=False)
    outcome = await engine.resolve(space, prompt)
    if outcome.reply is None:
        return orjson.dumps(wire.error(outcome.error or RequestError("")))
    made = wire.events(outcome.reply, prompt)
    sent = [event.data for event in made] if stream else orjson.dumps(wire.document(outcome.reply, prompt))
    return sent, schedule([event.token for event in made], outcome.pacing), outcome.faults


@RELAXED
@given(
    reply=REPLY,
    body=st.fixed_dictionaries({"max_tokens": st.integers(0, 20)}, optional=ANTHROPIC_ASKED),
    said=TEXT,
)
async def test_anthropic__stream_folds_to_the_answer(folder: Path, reply: Any, body: dict[str, Any], said: str) -> None:
    body |= {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": said}]}
    answer, chunks = await both_ways(AnthropicMessages(), namespace(folder, reply), body, anthropic_stream.read)
    assert own(anthropic_stream.fold(chunks)) == own(answer)


def own(message: dict[str, Any]) -> dict[str, Any]:
    """Take out the ids and signatures, which differ from request to request."""
    for block in message["content"]:
        assert (block.pop("id", None) or "toolu_").startswith("toolu_")
        block.pop("signature", None)
    return {key: value for key, value in message.items() if key != "id"}


RESPONSES_TOOLS: list[dict[str, Any]] = [
    {"type": "function", "name": "get_weather", "parameters": SCHEMA},
    {"type": "function", "name": "add", "parameters": SCHEMA},
    {"type": "custom", "name": "note"},
    {"type": "web_search"},
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "shell", "environment": {"type": "container_auto"}},
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
    """Take out of a document what two answers differ in: ids, times, and what is made of them."""
    if isinstance(value, dict):
        aside = ("id", "call_id", "container_id", "created_at", "completed_at", "encrypted_content", "cached_tokens")
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
    answer, told = await both_ways(Responses(), namespace(folder, reply), body, typed_events)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    folded, last = fold_response(told), told[-1]["response"]
    assert folded["output"] == last["output"]
    if body.get("background"):
        assert (answer["status"], answer["output"]) == ("queued", [])
    else:
        paid = {"billing": answer.pop("billing")}  # of all that a whole answer has, a stream lacks this alone
        assert (without_ids(folded), paid) == (without_ids(answer), {"billing": {"payer": "developer"}})


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
    answer = orjson.loads(orjson.dumps(wire.document(first.reply, whole)))
    assert unsigned(fold_gemini(chunks(wire.events(second.reply, streamed)))) == unsigned(answer)


def unsigned(document: dict[str, Any]) -> dict[str, Any]:
    """Take out what two of Gemini's answers may differ in: ids and signatures, which follow from them."""
    for candidate in document["candidates"]:
        for part in candidate["content"].get("parts", ()):
            part["thoughtSignature"] = "thoughtSignature" in part
            part.get("functionCall", {}).pop("id", None)
    return {key: value for key, value in document.items() if key != "responseId"}


@RELAXED
@given(
    reply=REPLY,
    body=st.fixed_dictionaries({}, optional=CHAT_ASKED),
    said=TEXT,
    wire=st.sampled_from([*registry.CHAT_DIALECTS.values(), ChatCompletions(AzureModels())]),
)
async def test_dialects__stream_folds_to_the_answer(
    folder: Path, reply: Any, body: dict[str, Any], said: str, wire: WireFormat
) -> None:
    """What stands at the top level of some chunks only, and how thoughts are cut into parts, is for other tests."""
    body |= {"model": "m", "messages": [{"role": "user", "content": said}]}
    answer, chunks = await both_ways(wire, namespace(folder, reply), body)
    choices: dict[int, dict[str, Any]] = {}
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        whole = choices.setdefault(choice["index"], {"message": {}})
        whole["finish_reason"] = choice.get("finish_reason")
        content = choice["delta"].get("content")
        if isinstance(content, list):
            thoughts, *texts = content  # no thoughts, and a text, where Mistral's thoughts close
            thought, text = ("".join(part["text"] for part in parts) for parts in (thoughts["thinking"], texts))
            choice["delta"] = {"reasoning": thought, "content": text}
        merge(whole["message"], choice["delta"])
        for key, entries in (choice.get("logprobs") or {}).items():
            whole.setdefault("logprobs", {}).setdefault(key, []).extend(entries or ())
    if any("tokens" in whole.get("logprobs", ()) for whole in choices.values()):
        for choice in (choice for choice in answer["choices"] if "logprobs" in choice):
            choice["logprobs"] = listed(choice["logprobs"]["content"])
    assert [said_in(choices[index]) for index in sorted(choices)] == [said_in(choice) for choice in answer["choices"]]
    told = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    if len(told) == len(chunks) > 1:  # Google's count what has been said so far
        assert told == sorted(told, key=lambda usage: usage["total_tokens"])
        told = told[-1:]
    assert told in ([answer["usage"]], [answer["usage"]] * 2)


def listed(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return log probabilities as Together's chunks have them: a list of each kind."""
    tops = [[{"token": top["token"], "logprob": top["logprob"]} for top in entry["top_logprobs"]] for entry in entries]
    said, likely = ([entry[key] for entry in entries] for key in ("token", "logprob"))
    return {"tokens": said, "token_logprobs": likely, "top_logprobs": tops}


def said_in(choice: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a choice of any dialect says: thoughts, text, refusal, calls, how likely it is, and why it ends."""
    message = choice["message"]
    content, thought = message.get("content"), message.get("reasoning") or message.get("reasoning_content")
    if isinstance(content, list):
        thought = content[0]["thinking"][0]["text"]
        content = content[1]["text"] if len(content) > 1 else None
    calls = [
        {"arguments": "", **call["function"]} for call in message.get("tool_calls") or ()
    ]  # Cohere's heads have none
    likely = {key: entries for key, entries in (choice.get("logprobs") or {}).items() if entries}
    return thought or "", content or "", message.get("refusal") or "", calls, likely, choice["finish_reason"]


PROJECT = "/v1/projects/p/locations/us/publishers"
CLAUDE = "anthropic.claude-3-5-sonnet-20241022-v2:0"
ELSEWHERE: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "converse": (f"/model/{CLAUDE}/converse", f"/model/{CLAUDE}/converse-stream", {}, {}),
    "invoke": (
        f"/model/{CLAUDE}/invoke",
        f"/model/{CLAUDE}/invoke-with-response-stream",
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 4096},
        {},
    ),
    "vertex claude": (
        f"{PROJECT}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
        f"{PROJECT}/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
        {"anthropic_version": "vertex-2023-10-16", "max_tokens": 4096},
        {"stream": True},
    ),
    "vertex gemini": (
        f"{PROJECT}/google/models/gemini-2.5-flash:generateContent",
        f"{PROJECT}/google/models/gemini-2.5-flash:streamGenerateContent",
        {},
        {},
    ),
    "interactions": ("/v1beta/interactions", "/v1beta/interactions", {"model": "gemini-3.8-flash"}, {"stream": True}),
    "mistral's conversations": (
        "/mistral/v1/conversations",
        "/mistral/v1/conversations",
        {"model": "mistral-medium-latest"},
        {"stream": True},
    ),
    "cohere": ("/v2/chat", "/v2/chat", {"model": "command-a-03-2025"}, {"stream": True}),
    "cohere's first": ("/v1/chat", "/v1/chat", {"model": "command-a-03-2025"}, {"stream": True}),
}
"""Where a whole answer is asked for and where a stream, what a request has besides, and what asks for the stream."""


@RELAXED
@given(reply=REPLY, said=TEXT.filter(bool), name=st.sampled_from(sorted(ELSEWHERE)))
async def test_elsewhere__stream_reads_as_the_answer(folder: Path, reply: Any, said: str, name: str) -> None:
    """What was said is read of both by the format itself: texts, thoughts, calls, why it ends, and the usage."""
    *paths, more, streamed = ELSEWHERE[name]
    text = [{"text": said}]
    content: Any = text if name == "converse" else said
    own: dict[str, Any] = {"messages": [{"role": "user", "content": content}]}
    own = {"contents": [{"parts": text}]} if "gemini" in name else {"message": said} if "first" in name else own
    own = {"input": said, "generation_config": {"thinking_summaries": "auto"}} if name == "interactions" else own
    own = {"inputs": said} if "conversations" in name else own
    space = namespace(folder, reply)
    found: list[Reply | None] = []
    for path, extra in zip(paths, ({}, streamed), strict=True):
        wire, route = registry.format_at(path) or pytest.fail(path)
        body = orjson.dumps({**own, **more, **extra})
        prompt = wire.parse(body, {}, validate=False, route=route)
        outcome = await engine.resolve(space, prompt)
        assert outcome.reply and prompt.stream == bool(found)
        frames = wire.framing(prompt).frames(wire.events(outcome.reply, prompt))
        sent = tuple(frames) if prompt.stream else (wire.render(outcome.reply, prompt).data,)
        found.append(registry.read(Traffic("POST", path, body, sent)).reply)
    first, second = found
    assert first and second
    assert [told(choice) for choice in first.choices] == [told(choice) for choice in second.choices]
    assert first.usage == second.usage


def told(choice: Choice) -> tuple[Any, ...]:
    """Return what a choice says, apart from the ids of its calls."""
    calls = [(call.name, orjson.loads(call.arguments or "{}")) for call in choice.tool_calls]
    return choice.text or "", choice.reasoning or "", choice.refusal or "", calls, choice.finish_reason


OLLAMA_ASKED = {
    "format": st.sampled_from(["json", SCHEMA]),
    "think": st.booleans() | st.just("high"),
    "logprobs": st.booleans(),
    "options": st.fixed_dictionaries({}, optional={"num_predict": st.integers(-2, 12), "stop": st.lists(TEXT)}),
}


@RELAXED
@given(
    wire=st.sampled_from([OllamaChat(), OllamaGenerate()]),
    reply=REPLY,
    body=st.fixed_dictionaries({}, optional=OLLAMA_ASKED | {"tools": st.just(TOOLS)}),
    said=TEXT.filter(bool),
)
async def test_ollama__stream_folds_to_the_answer(
    folder: Path, wire: OllamaChat | OllamaGenerate, reply: Any, body: dict[str, Any], said: str
) -> None:
    body |= {"model": "m", "messages": [{"role": "user", "content": said}], "prompt": said}
    space = namespace(folder, reply)
    asked, streamed = (
        wire.parse(orjson.dumps(body | {"stream": stream}), {}, validate=True) for stream in (False, True)
    )
    first, second = await engine.resolve(space, asked), await engine.resolve(space, streamed)
    assert first.reply and second.reply
    answer = orjson.loads(orjson.dumps(wire.document(first.reply, asked)))
    *pieces, last = [orjson.loads(event.data) for event in wire.events(second.reply, streamed)]
    assert not any(piece["done"] for piece in pieces)
    whole = said_by_ollama(last)
    for piece in reversed(pieces):
        whole = {key: value + whole[key] for key, value in said_by_ollama(piece).items()}
    assert whole == said_by_ollama(answer)
    ending = {key: answer[key] for key in last if key not in ("message", "response", "created_at")}
    assert ending == {key: value for key, value in last.items() if key not in ("message", "response", "created_at")}


def said_by_ollama(document: dict[str, Any]) -> dict[str, Any]:
    message = document.get("message", document)
    calls = [call["function"] for call in message.get("tool_calls", ())]
    text, thoughts = message.get("content", message.get("response")), message.get("thinking", "")
    return {"text": text, "thoughts": thoughts, "calls": calls, "logprobs": document.get("logprobs", [])}
