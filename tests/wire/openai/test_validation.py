"""Requests that the API takes, and what it says of those that it refuses."""

import random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from completions.exceptions import RequestError
from completions.wire.dialects.azure import AZURE
from completions.wire.openai import legacy_rules, strict_schema
from completions.wire.openai.chat import rules as chat_rules

JSON = dict[str, Any]

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
HELLO: JSON = {"role": "user", "content": "Hello"}
WEATHER: JSON = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
TOOL: JSON = {"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": WEATHER}}
CODE: JSON = {"type": "custom", "custom": {"name": "code_exec", "description": "Runs Python"}}
NAMED: JSON = {"type": "function", "function": {"name": "get_weather"}}
FUNCTION: JSON = {"name": "get_weather", "parameters": WEATHER}


def call(name: str, key: str = "call_1") -> JSON:
    return {"id": key, "type": "function", "function": {"name": name, "arguments": "{}"}}


def said(*calls: JSON) -> JSON:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def result(key: str = "call_1") -> JSON:
    return {"role": "tool", "tool_call_id": key, "content": "18 degrees"}


def part(kind: str, **fields: Any) -> JSON:
    return {"type": kind, **fields}


def user(*parts: JSON) -> list[JSON]:
    return [{"role": "user", "content": list(parts)}]


def image(url: str, **fields: Any) -> JSON:
    return part("image_url", image_url={"url": url, **fields})


def asked(*messages: JSON, **fields: Any) -> JSON:
    return {"model": "gpt-4o", "messages": list(messages) or [HELLO], **fields}


def schema(**fields: Any) -> JSON:
    return {"type": "json_schema", "json_schema": {"name": "weather", "schema": WEATHER, "strict": True, **fields}}


def offered(parameters: object, **fields: Any) -> JSON:
    return asked(tools=[{"type": "function", "function": {"name": "f", "parameters": parameters, **fields}}])


GOOD: dict[str, JSON] = {
    "plain": asked({"role": "developer", "content": "You are a helpful assistant."}, HELLO),
    "nothing to stop at": asked(stop=[]),
    "no tools": asked(tools=None),
    "system": asked({"role": "system", "content": [part("text", text="Be brief.")]}, HELLO, temperature=0, top_p=1),
    "nothing said": asked({"role": "user", "content": []}, {"role": "user", "content": "", "tool_calls": None}),
    "all sampling": asked(
        frequency_penalty=-2.0, presence_penalty=2, temperature=2.0, top_p=0, n=128, seed=-1, max_tokens=1, user="u",
        logit_bias={"50256": -100}, stop=["a", "b", "c", "d"],
    ),
    "nulls": asked(
        n=None, stop=None, max_tokens=None, temperature=None, logprobs=None, stream=None, stream_options=None,
        audio=None, store=None, metadata=None, modalities=None, service_tier=None,
        reasoning_effort=None, verbosity=None, seed=None, prediction=None, moderation=None, top_logprobs=None,
    ),
    "stream": asked(stream=True, stream_options={"include_usage": True, "include_obfuscation": False}),
    "logprobs": asked(logprobs=True, top_logprobs=20),
    "vision": asked(*user(part("text", text="What is in this image?"), image("https://example.com/boardwalk.jpg"))),
    "vision, several": asked(*user(image("http://localhost/a.png", detail="low"), image(PIXEL, detail="high"))),
    "audio in": asked(*user(part("input_audio", input_audio={"data": "UklGRg==", "format": "wav"}))),
    "audio out": asked(modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}),
    "audio, own voice": asked(modalities=["audio"], audio={"voice": {"id": "voice_1"}, "format": "mp3"}),
    "audio, next turn": asked(HELLO, {"role": "assistant", "audio": {"id": "audio_abc123"}}, HELLO),
    "file": asked(*user(part("file", file={"file_id": "file-6F2ksmvXxt4VdoqmHRw6kL"}), part("text", text="?"))),
    "file data": asked(
        *user(part("file", file={"filename": "a.pdf", "file_data": "data:application/pdf;base64,SGVs\nbG8 ="}))
    ),
    "tools": asked(tools=[TOOL], tool_choice="auto", parallel_tool_calls=False),
    "tool without parameters": asked(tools=[{"type": "function", "function": {"name": "now"}}], tool_choice="required"),
    "strict tool": offered(WEATHER, strict=True),
    "keys beside a function, as DocETL has them": asked(
        tools=[{**TOOL, "additionalProperties": False, "strict": True}], tool_choice=NAMED
    ),
    "named tool": asked(tools=[TOOL], tool_choice=NAMED),
    "parallel results": asked(
        HELLO, said(call("get_weather", "call_1"), call("get_weather", "call_2")), result("call_2"), result("call_1"),
        tools=[TOOL],
    ),
    "an answer sent back": asked(
        HELLO, {"role": "assistant", "content": "Hi", "refusal": None, "annotations": [], "audio": None,
                "function_call": None, "tool_calls": None}, HELLO,
    ),
    "refusal": asked(HELLO, {"role": "assistant", "content": [part("refusal", refusal="I can't.")]}, HELLO),
    "nulls, as PraisonAI and Swarm send them": asked(response_format=None, tools=None, tool_choice=None),
    "no choice among tools": asked(tools=[TOOL], tool_choice=None),
    "structured": asked(response_format=schema()),
    "structured, loose": asked(response_format=schema(strict=False, schema={"type": "object"})),
    "json mode": asked({"role": "system", "content": "Say it in Json."}, response_format={"type": "json_object"}),
    "legacy functions": asked(
        HELLO, {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
        {"role": "function", "name": "get_weather", "content": None},
        functions=[FUNCTION], function_call={"name": "get_weather"},
    ),
    "prediction": asked(prediction={"type": "content", "content": "class User {}"}),
    "prediction parts": asked(prediction={"type": "content", "content": [part("text", text="class User {}")]}),
    "web search": asked(
        web_search_options={
            "search_context_size": "low",
            "user_location": {"type": "approximate", "approximate": {"country": "GB", "city": "London"}},
        }
    ),
    "custom tool": asked(tools=[CODE], tool_choice={"type": "custom", "custom": {"name": "code_exec"}}),
    "custom grammar": asked(
        tools=[{"type": "custom", "custom": {"name": "sql", "format": {
            "type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /a+/"}}}}]
    ),
    "custom call": asked(
        HELLO, said({"id": "call_1", "type": "custom", "custom": {"name": "code_exec", "input": "print(1)"}}), result(),
        tools=[CODE],
    ),
    "allowed tools": asked(
        tools=[TOOL, CODE],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}},
    ),
    "reasoning": asked(
        model="gpt-5", reasoning_effort="minimal", verbosity="low", max_completion_tokens=10, service_tier="flex"
    ),
    "stored": asked(store=True, metadata={f"key{index}": "v" * 512 for index in range(16)}),
    "cache": asked(
        *user(part("text", text="a", prompt_cache_breakpoint={"mode": "explicit"})),
        prompt_cache_key="k", prompt_cache_retention="24h", prompt_cache_options={"mode": "explicit", "ttl": "30m"},
        safety_identifier="s",
    ),
    "moderation": asked(moderation={"model": "omni-moderation-latest", "policy": {"input": {"mode": "block"}}}),
}  # fmt: skip  # a table by hand


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_chat__takes_what_the_api_takes(body: JSON) -> None:
    chat_rules.validate(orjson.loads(orjson.dumps(body)))


MISSING, TYPE, VALUE, UNKNOWN = "missing_required_parameter", "invalid_type", "invalid_value", "unknown_parameter"
TOO_HIGH, TOO_LOW = "integer_above_max_value", "integer_below_min_value"
TOO_LONG, TOO_MANY, EMPTY = "string_above_max_length", "array_above_max_length", "empty_array"
TEXT: JSON = part("text", text="hello")

BAD: list[tuple[JSON, str | None, str | None]] = [
    ({"model": "gpt-4o"}, MISSING, "messages"),
    ({"messages": [HELLO], "foo": 1}, None, None),
    (asked(model=""), None, None),
    (asked(model=4), TYPE, "model"),
    (asked(model=None), None, None),
    (asked(foo=1), UNKNOWN, "foo"),
    (asked(messages=[], foo=1), UNKNOWN, "foo"),
    (asked(service_tier="gold", seed=1.5), TYPE, "seed"),
    (asked(metadata=[], store="x", stream="y", n=0), TOO_LOW, "n"),
    (asked(messages="hi"), TYPE, "messages"),
    (asked(messages=[]), EMPTY, "messages"),
    (asked(messages=["hi"]), TYPE, "messages[0]"),
    # one message
    (asked(HELLO, HELLO, {"role": "robot", "content": "x"}), VALUE, "messages[2].role"),
    (asked({"content": "x"}), MISSING, "messages[0].role"),
    (asked({"role": 1, "content": "x"}), TYPE, "messages[0].role"),
    (asked({"role": "user"}), None, "messages.[0].content"),
    (asked({"role": "user", "content": None}), None, "messages.[0].content"),
    (asked({"role": "user", "refusal": "no", "tool_calls": [call("f")]}), None, "messages.[0].content"),
    (asked({"role": "assistant"}), None, "messages.[0].content"),
    (asked(HELLO, {"role": "assistant", "tool_calls": None}), None, "messages.[1].content"),
    (asked({"role": "developer"}), MISSING, "messages[0].content"),
    (asked({"role": "developer", "content": None}), TYPE, "messages[0].content"),
    (asked({"role": "user", "content": {"a": 1}}), TYPE, "messages[0].content"),
    (asked({"role": "user", "content": 5}), TYPE, "messages[0].content"),
    (asked({"role": "user", "content": "x", "foo": 1}), UNKNOWN, "messages[0].foo"),
    (asked({"role": "user", "content": "x", "name": "a b"}), VALUE, "messages[0].name"),
    (asked({"role": "user", "content": "x", "name": "a" * 65}), TOO_LONG, "messages[0].name"),
    (asked({"role": "function", "content": "x"}), MISSING, "messages[0].name"),
    (asked({"role": "tool", "content": "x"}), MISSING, "messages[0].tool_call_id"),
    (asked({"role": "user", "content": "x" * 10_485_761}), TOO_LONG, "messages[0].content"),
    # content parts
    (asked(*user(part("picture"))), VALUE, "messages[0].content[0].type"),
    (asked(*user({"text": "x"})), MISSING, "messages[0].content[0].type"),
    (asked(*user(TEXT, part("text"))), MISSING, "messages[0].content[1].text"),
    (asked(*user(part("text", text=None))), TYPE, "messages[0].content[0].text"),
    (asked(*user(part("text", text="x", foo=1))), UNKNOWN, "messages[0].content[0].foo"),
    (asked(*user(part("image_url", image_url="https://example.com/a.png"))), TYPE, "messages[0].content[0].image_url"),
    (asked(*user(part("image_url", image_url={}))), MISSING, "messages[0].content[0].image_url.url"),
    (asked(*user(image(PIXEL, detail="best"))), VALUE, "messages[0].content[0].image_url.detail"),
    (asked(*user(part("input_audio", input_audio={"data": "x", "format": "ogg"}))), VALUE,
     "messages[0].content[0].input_audio.format"),
    (asked(*user(part("file", file={}))), MISSING, "messages[0].content[0].file.file_id"),
    (asked(*user(part("file", file={"file_data": "SGVsbG8="}))), VALUE, "messages[0].content[0].file.file_data"),
    (asked(*user(part("refusal", refusal="no"))), VALUE, "messages[0]"),
    (asked({"role": "system", "content": [image(PIXEL)]}), VALUE, "messages[0]"),
    (asked({"role": "assistant", "content": [part("file", file={"file_id": "f"})]}), VALUE, "messages[0]"),
    # calls and their results
    (asked({"role": "assistant", "tool_calls": []}), EMPTY, "messages[0].tool_calls"),
    (asked(said({"type": "function", "function": {"name": "f", "arguments": ""}})), MISSING,
     "messages[0].tool_calls[0].id"),
    (asked(said({"id": "a", "type": "function"})), MISSING, "messages[0].tool_calls[0].function"),
    (asked(said({"id": "a", "function": {}})), MISSING, "messages[0].tool_calls[0].type"),
    (asked(said(call("a b"))), VALUE, "messages[0].tool_calls[0].function.name"),
    (asked(said(call("f", "c" * 41))), TOO_LONG, "messages[0].tool_calls[0].id"),
    (asked(said({"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}})), TYPE,
     "messages[0].tool_calls[0].function.arguments"),
    (asked(HELLO, result()), None, "messages.[1].role"),
    (asked(HELLO, said(call("f")), HELLO, result()), None, "messages.[2].role"),
    (asked(HELLO, said(call("f"))), None, "messages"),
    (asked(HELLO, said(call("f"), call("f", "call_2")), result(), HELLO), None, "messages.[3].role"),
    (asked(HELLO, said(call("f")), result("call_9")), None, "messages.[2].tool_call_id"),
    (asked(HELLO, said(call("f")), result(), HELLO, result()), None, "messages.[4].role"),
    # numbers
    (asked(n=200), TOO_HIGH, "n"),
    (asked(n=0), TOO_LOW, "n"),
    (asked(n=1.5), TYPE, "n"),
    (asked(n=True), TYPE, "n"),
    (asked(temperature=2.1), "decimal_above_max_value", "temperature"),
    (asked(temperature=-1), "decimal_below_min_value", "temperature"),
    (asked(temperature="hot"), TYPE, "temperature"),
    (asked(top_p=1.1), "decimal_above_max_value", "top_p"),
    (asked(frequency_penalty=-3), "decimal_below_min_value", "frequency_penalty"),
    (asked(presence_penalty=3), "decimal_above_max_value", "presence_penalty"),
    (asked(max_tokens=0), TOO_LOW, "max_tokens"),
    (asked(max_completion_tokens="5"), TYPE, "max_completion_tokens"),
    (asked(max_tokens=5, max_completion_tokens=5), "invalid_parameter_combination", "max_tokens"),
    (asked(seed="x"), TYPE, "seed"),
    (asked(logit_bias=[]), TYPE, "logit_bias"),
    (asked(logit_bias={"hello": 1}), VALUE, "logit_bias"),
    (asked(logit_bias={"1": 101}), TOO_HIGH, "logit_bias.1"),
    (asked(logprobs="yes"), TYPE, "logprobs"),
    (asked(logprobs=True, top_logprobs=21), TOO_HIGH, "top_logprobs"),
    (asked(top_logprobs=2), None, "top_logprobs"),
    (asked(logprobs=False, top_logprobs=2), None, "top_logprobs"),
    # texts, flags and small objects
    (asked(stop=["a"] * 5), TOO_MANY, "stop"),
    (asked(stop=["a", 1]), TYPE, "stop[1]"),
    (asked(stop=7), TYPE, "stop"),
    (asked(stream="yes"), TYPE, "stream"),
    (asked(stream_options={"include_usage": True}), None, "stream_options"),
    (asked(stream=True, stream_options={"usage": True}), UNKNOWN, "stream_options.usage"),
    (asked(stream=True, stream_options={"include_usage": 1}), TYPE, "stream_options.include_usage"),
    (asked(user=1), TYPE, "user"),
    (asked(store="x"), TYPE, "store"),
    (asked(metadata=[]), TYPE, "metadata"),
    (asked(metadata={"a": 1}), TYPE, "metadata.a"),
    (asked(metadata={"a": "v" * 513}), TOO_LONG, "metadata.a"),
    (asked(metadata={"k" * 65: "v"}), "property_name_above_max_length", "metadata." + "k" * 65),
    (asked(metadata={f"k{index}": "" for index in range(17)}), "object_above_max_properties", "metadata"),
    (asked(safety_identifier="s" * 65), TOO_LONG, "safety_identifier"),
    (asked(prompt_cache_key="s" * 65), TOO_LONG, "prompt_cache_key"),
    (asked(prompt_cache_retention="1h"), None, "prompt_cache_retention"),
    (asked(prompt_cache_retention=1), TYPE, "prompt_cache_retention"),
    (asked(prompt_cache_options={"ttl": "1h"}), VALUE, "prompt_cache_options.ttl"),
    (asked(reasoning_effort="huge"), VALUE, "reasoning_effort"),
    (asked(verbosity=1), TYPE, "verbosity"),
    (asked(service_tier="gold"), VALUE, "service_tier"),
    (asked(moderation={}), MISSING, "moderation.model"),
    (asked(moderation={"model": "m", "policy": {"input": {"mode": "x"}}}), VALUE, "moderation.policy.input.mode"),
    (asked(modalities=[]), EMPTY, "modalities"),
    (asked(modalities=["video"]), VALUE, "modalities[0]"),
    (asked(modalities=["text", "audio"]), MISSING, "audio"),
    (asked(audio={"voice": "alloy"}), MISSING, "audio.format"),
    (asked(audio={"voice": "nobody", "format": "wav"}), VALUE, "audio.voice"),
    (asked(prediction={"type": "content"}), MISSING, "prediction.content"),
    (asked(prediction={"type": "text", "content": ""}), VALUE, "prediction.type"),
    (asked(web_search_options={"search_context_size": "vast"}), VALUE, "web_search_options.search_context_size"),
    (asked(web_search_options={"user_location": {"type": "approximate"}}), MISSING,
     "web_search_options.user_location.approximate"),
    # forms of the answer
    (asked(response_format="json"), TYPE, "response_format"),
    (asked(response_format={}), MISSING, "response_format.type"),
    (asked(response_format={"type": "xml"}), VALUE, "response_format.type"),
    (asked(response_format={"type": "json_object"}), None, "messages"),
    (asked(response_format={"type": "text", "schema": {}}), UNKNOWN, "response_format.schema"),
    (asked(response_format={"type": "json_schema"}), MISSING, "response_format.json_schema"),
    (asked(response_format={"type": "json_schema", "json_schema": {"schema": {}}}), MISSING,
     "response_format.json_schema.name"),
    (asked(response_format=schema(name="a b")), VALUE, "response_format.json_schema.name"),
    (asked(response_format=schema(name="a" * 65)), TOO_LONG, "response_format.json_schema.name"),
    (asked(response_format=schema(schema={"type": "object"})), None, "response_format"),
    # tools and the choice among them
    (asked(tools=[]), EMPTY, "tools"),
    (asked(tools=[TOOL] * 129), TOO_MANY, "tools"),
    (asked(tools=[{"function": {}}]), MISSING, "tools[0].type"),
    (asked(tools=[{"type": "web_search"}]), VALUE, "tools[0].type"),
    (asked(tools=[{"type": "function"}]), MISSING, "tools[0].function"),
    (asked(tools=[{"type": "function", "function": {}}]), MISSING, "tools[0].function.name"),
    (asked(tools=[{"type": "function", "function": {"name": "a.b"}}]), VALUE, "tools[0].function.name"),
    (asked(tools=[{"type": "function", "function": {"name": "a" * 65}}]), TOO_LONG, "tools[0].function.name"),
    (asked(tools=[{"type": "function", "name": "f"}]), MISSING, "tools[0].function"),
    (asked(tools=[TOOL, CODE, TOOL]), VALUE, "tools[2].function.name"),
    (asked(tools=[{"type": "custom", "custom": {"name": "f", "format": {"type": "grammar"}}}]), MISSING,
     "tools[0].custom.format.grammar"),
    (offered(None), TYPE, "tools[0].function.parameters"),
    (offered({}), "invalid_function_parameters", "tools[0].function.parameters"),
    (offered({"type": "object"}), "invalid_function_parameters", "tools[0].function.parameters"),
    (offered({"type": "object", "properties": {"a": {"type": "array"}}}), "invalid_function_parameters",
     "tools[0].function.parameters"),
    (offered({**WEATHER, "required": []}, strict=True), "invalid_function_parameters", "tools[0].function.parameters"),
    (asked(tool_choice="auto"), None, "tool_choice"),
    (asked(parallel_tool_calls=True), None, "parallel_tool_calls"),
    (asked(parallel_tool_calls=None), TYPE, "parallel_tool_calls"),
    (asked(tools=[TOOL], tool_choice="any"), VALUE, "tool_choice"),
    (asked(tools=[TOOL], tool_choice=1), TYPE, "tool_choice"),
    (asked(tools=[TOOL], tool_choice={"type": "function"}), MISSING, "tool_choice.function"),
    (asked(tools=[TOOL], tool_choice={"type": "tool", "name": "f"}), MISSING, "tool_choice.function"),
    (asked(tools=[CODE], tool_choice=NAMED), None, "function_call"),
    (asked(tools=[TOOL], tool_choice={"type": "custom", "custom": {"name": "get_weather"}}), None, "tool_choice"),
    (asked(tools=[TOOL], tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "none", "tools": [NAMED]}}),
     VALUE, "tool_choice.allowed_tools.mode"),
    (asked(tools=[CODE], tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}),
     None, "tool_choice"),
    (asked(functions=[]), EMPTY, "functions"),
    (asked(functions=[FUNCTION, FUNCTION]), VALUE, "functions[1].name"),
    (asked(functions=[{"name": "f", "parameters": {}}]), "invalid_function_parameters", "functions[0].parameters"),
    (asked(function_call="auto"), None, "function_call"),
    (asked(functions=[FUNCTION], function_call="required"), VALUE, "function_call"),
    (asked(functions=[FUNCTION], function_call={"name": "other"}), None, "function_call"),
]  # fmt: skip  # a table by hand


def refused(body: JSON) -> RequestError:
    with pytest.raises(RequestError) as caught:
        chat_rules.validate(body)
    return caught.value


@pytest.mark.parametrize(("body", "code", "param"), BAD, ids=[f"{param}-{code}" for _, code, param in BAD])
def test_chat__refuses_with_code_and_path(body: JSON, code: str | None, param: str) -> None:
    error = refused(body)
    assert (error.status, error.type, error.code, error.param) == (400, "invalid_request_error", code, param)


WORDS: list[tuple[JSON, str]] = [
    (
        {"model": "m"},
        "Missing required parameter: 'messages'.",
    ),
    (
        asked(foo=1),
        "Unknown parameter: 'foo'.",
    ),
    (
        asked(stor=1),
        "Unknown parameter: 'stor'. Did you mean 'stop' or 'store'?",
    ),
    (
        asked(messagess=[]),
        "Unknown parameter: 'messagess'.",
    ),
    (
        asked(model=None),
        "you must provide a model parameter",
    ),
    (
        asked(seed=1.5),
        "Invalid type for 'seed': expected an integer, but got a decimal number instead.",
    ),
    (
        asked(metadata={"k" * 70: "v"}),
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but "
        "got a string with length 70 instead.",
    ),
    (
        asked(tools=[TOOL], tool_choice=7),
        "Invalid type for 'tool_choice': expected one of one of 'none', 'auto', or 'required' or object, but got an "
        "integer instead.",
    ),
    (
        asked(tools=[CODE], tool_choice=NAMED),
        "Invalid value for 'function_call': no function named 'get_weather' was specified in the 'functions' "
        "parameter.",
    ),
    (
        asked(messages="x"),
        "Invalid type for 'messages': expected an array of objects, but got a string instead.",
    ),
    (
        asked(messages=[]),
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ),
    (
        asked({"role": "x"}),
        "Invalid value: 'x'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
    ),
    (
        asked({"role": "user", "content": {}}),
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got "
        "an object instead.",
    ),
    (
        asked({"role": "user", "content": None}),
        "Invalid value for 'content': expected a string, got null.",
    ),
    (
        asked(n=200),
        "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 200 instead.",
    ),
    (
        asked(temperature=-0.5),
        "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
    ),
    (
        asked(stop=list("abcde")),
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with "
        "length 5 instead.",
    ),
    (
        asked(tools=[{"type": "function", "function": {"name": "a b"}}]),
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches "
        "the pattern '^[a-zA-Z0-9_-]+$'.",
    ),
    (
        asked(metadata={"a": "v" * 513}),
        "Invalid 'metadata.a': string too long. Expected a string with maximum length 512, but got a "
        "string with length 513 instead.",
    ),
    (
        asked(HELLO, result()),
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    ),
    (
        asked(said(call("f", "call_x"))),
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'. The following tool_call_ids did not have response messages: call_x",
    ),
    (
        asked(tool_choice="auto"),
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    ),
    (
        asked(stream_options={}),
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ),
    (
        asked(*user(part("file", file={"filename": "a.txt", "file_data": "data:text/plain;base64,SGVs"}))),
        "Invalid file data: 'messages[0].content[0].file.file_data'. Expected a base64-encoded data URL with an "
        "application/pdf MIME type (e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ=='), but got unsupported "
        "MIME type 'text/plain'.",
    ),
    (
        asked(response_format={"type": "json_object"}),
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    ),
    (
        asked(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema_": {}}}),
        "Missing required parameter: 'response_format.json_schema.schema'. You provided 'schema_', did "
        "you mean to provide 'schema'?",
    ),
    (
        asked(response_format=schema(schema={"type": "object", "properties": {}})),
        "Invalid schema for response_format 'weather': In context=(), 'additionalProperties' is required "
        "to be supplied and to be false.",
    ),
    (
        offered({"type": "object"}),
        "Invalid schema for function 'f': In context=(), object schema missing properties.",
    ),
    (
        offered({}),
        "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.",
    ),
    (
        asked({"role": "tool", "tool_call_id": "c", "content": [image(PIXEL)]}),
        "Invalid 'messages[0]'. Image URLs are only allowed for messages with role 'user', but this "
        "message with role 'tool' contains an image URL.",
    ),
]


@pytest.mark.parametrize(("body", "message"), WORDS)
def test_chat__words_its_refusals_as_the_api_does(body: JSON, message: str) -> None:
    assert refused(body).message == message


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/a.png", "without the 'data:' prefix"),
        ("iVBORw0KGgo=", "without the 'data:' prefix"),
        ("", "without the 'data:' prefix"),
        ("https://", "Expected a valid URL"),
        ("data:text/plain;base64,SGVsbG8=", "unsupported MIME type 'text/plain'"),
        ("data:image/png;base64,", "empty base64-encoded bytes"),
        ("data:image/png;base64,not base64!", "invalid base64-encoded value"),
        ("data:image/png,SGVsbG8=", "invalid base64-encoded value"),
        ("data:image/png;base64,ééé", "invalid base64-encoded value"),
        ("data:image/png;base64,aGk*", "invalid base64-encoded value"),
    ],
)
def test_image_url__must_be_an_address_or_an_image(url: str, why: str) -> None:
    error = refused(asked(*user(TEXT, image(url))))
    assert (error.code, error.param) == ("invalid_image_url", "messages[0].content[1].image_url.url")
    assert why in error.message


GIF, JPEG, WEBP = "R0lGODlhAQABAAAAACw=", "/9j/4AAQSkZJRg==", "UklGRiQAAABXRUJQVlA4IA=="


def test_image_data__must_begin_as_an_image_does() -> None:
    error = refused(asked(*user(TEXT, image("data:image/jpeg;base64,Tm90IGZvdW5k"))))
    assert (error.status, error.code, error.param) == (400, "invalid_image_format", None)
    assert error.message.startswith("You uploaded an unsupported image.")
    for data in (GIF, JPEG, WEBP):
        chat_rules.validate(asked(*user(TEXT, image(f"data:image/png;base64,{data}"))))


def nested(levels: int) -> JSON:
    inner: JSON = {"type": "string"}
    for _ in range(levels):
        inner = {"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": False}
    return inner


def holding(inner: object) -> JSON:
    return {"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": False}


NAMES = [f"p{index}" for index in range(5001)]
MANY: JSON = {"type": "object", "additionalProperties": False, "required": NAMES}
MANY["properties"] = {name: {"type": "string"} for name in NAMES}
AT_A = "In context=('properties', 'a'), "


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (WEATHER, None),
        (nested(10), None),
        (nested(11), "11 levels of nesting exceeds limit of 10."),
        (holding({"type": "string", "enum": ["x"] * 1001}), "1001 enum values exceeds limit of 1000."),
        (MANY, "5001 object properties exceeds limit of 5000."),
        (holding("string"), AT_A + "'string' is not of type 'object', 'boolean'."),
        (holding(True), AT_A + "schema must have a 'type' key."),
        (holding({"type": ["string", "null"]}), None),
        (holding({"$ref": "#"}), None),
        (holding({"anyOf": [{"type": "string"}, {"type": "null"}]}), None),
        (holding({"type": "integer", "format": "int64"}), None),
        (holding({"$ref": "#/$defs/b"}) | {"$defs": {"b": {"type": "string", "format": "uuid"}}}, None),
        (
            holding({"$ref": "#/$defs/c"}),
            AT_A + "reference to component '#/$defs/c' which was not found in the schema.",
        ),
        (holding({"$ref": "#", "title": "x"}), AT_A + "$ref cannot have keywords {'title'}."),
        (holding({}), AT_A + "schema must have a 'type' key."),
        (holding({"type": "text"}), AT_A + "'text' is not valid under any of the given schemas."),
        (holding({"type": "array"}), AT_A + "array schema missing items."),
        (holding({"type": "number", "exclusiveMinimum": True}), "True is not of type 'number'."),
        (holding({"anyOf": [{"type": "integer", "maximum": "9"}]}), "'9' is not of type 'number'."),
        (holding({"type": "string", "minLength": "1"}), "'1' is not of type 'integer'."),
        (holding({"type": "number", "exclusiveMinimum": 0.5, "multipleOf": 1}), None),
        (holding({"type": "string", "minLength": 1.0}), None),
        (holding({"type": "array", "items": True}), AT_A + "array schema items is not an object."),
        (holding({"type": "string", "format": "uri"}), AT_A + "'uri' is not a valid format."),
        (holding({"type": "string", "allOf": []}), AT_A + "'allOf' is not permitted."),
        (
            holding({"type": "array", "items": {"type": "object"}}),
            "In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied"
            " and to be false.",
        ),
        (
            holding({"anyOf": [{"type": "string"}, {}]}),
            "In context=('properties', 'a', 'anyOf', '1'), schema must have a 'type' key.",
        ),
        (
            {**WEATHER, "required": ["city"]},
            "In context=(), 'required' is required to be supplied and to be an array including every key in properties."
            " Missing 'unit'.",
        ),
        ({"type": "array"}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
        (
            {**WEATHER, "anyOf": []},
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
        ),
    ],
)
def test_strict_schema__keeps_to_the_subset(given: JSON, why: str | None) -> None:
    assert strict_schema.strict(given) == why


LEGACY: JSON = {"model": "gpt-3.5-turbo-instruct", "prompt": "Once"}


@pytest.mark.parametrize(
    "more",
    [
        {}, {"prompt": None}, {"prompt": ["a", "b"]}, {"prompt": [1, 2]}, {"prompt": [[1], [2, 3]]}, {"max_tokens": 0},
        {"logprobs": 5, "echo": True, "suffix": "!"}, {"n": 2, "best_of": 3}, {"stream": True, "stream_options": {}},
    ],
)  # fmt: skip  # a table by hand
def test_legacy__takes_what_the_api_takes(more: JSON) -> None:
    legacy_rules.validate(LEGACY | more)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"prompt": "x"}, MISSING, "model"),
        ({"model": "m"}, MISSING, "prompt"),
        (LEGACY | {"messages": []}, UNKNOWN, "messages"),
        (LEGACY | {"prompt": 5}, TYPE, "prompt"),
        (LEGACY | {"prompt": []}, EMPTY, "prompt"),
        (LEGACY | {"prompt": ["a", 1]}, TYPE, "prompt[1]"),
        (LEGACY | {"prompt": [1, -1]}, TOO_LOW, "prompt[1]"),
        (LEGACY | {"prompt": [[1], []]}, EMPTY, "prompt[1]"),
        (LEGACY | {"logprobs": 6}, TOO_HIGH, "logprobs"),
        (LEGACY | {"logprobs": True}, TYPE, "logprobs"),
        (LEGACY | {"best_of": 21}, TOO_HIGH, "best_of"),
        (LEGACY | {"best_of": 2, "n": 3}, VALUE, "best_of"),
        (LEGACY | {"best_of": 2, "stream": True}, VALUE, "best_of"),
        (LEGACY | {"echo": 1}, TYPE, "echo"),
        (LEGACY | {"max_tokens": -1}, TOO_LOW, "max_tokens"),
        (LEGACY | {"stop": list("abcde")}, TOO_MANY, "stop"),
        (LEGACY | {"stream_options": {}}, None, "stream_options"),
    ],
)
def test_legacy__refuses_with_code_and_path(body: JSON, code: str | None, param: str) -> None:
    with pytest.raises(RequestError) as caught:
        legacy_rules.validate(body)
    assert (caught.value.code, caught.value.param) == (code, param)


WORDS_OF_REQUESTS = sorted(
    {*chat_rules.FIELDS, *legacy_rules.FIELDS, "role", "content", "type", "text", "function", "custom", "name", "id"}
    | {"tool_calls", "tool_call_id", "parameters", "properties", "items", "anyOf", "$ref", "required", "enum", "strict"}
    | {"json_schema", "schema", "object", "array", "user", "assistant", "tool", "image_url", "url", "file", "auto"}
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS | st.sampled_from(WORDS_OF_REQUESTS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS_OF_REQUESTS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
ANY = settings(suppress_health_check=[HealthCheck.too_slow])


def validate_both(body: JSON) -> None:
    for rules in (chat_rules, legacy_rules):
        try:
            rules.validate(body)
        except RequestError as error:
            assert error.status == 400
            assert error.message


@ANY
@given(st.dictionaries(st.sampled_from(WORDS_OF_REQUESTS) | st.text(max_size=4), VALUES, max_size=6))
def test_any_object__is_taken_or_refused(body: JSON) -> None:
    validate_both(body)
    validate_both({"model": "m", "prompt": "x", "messages": [HELLO]} | body)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in paths(item, (*path, key)))]


@ANY
@given(st.sampled_from(sorted(GOOD)), st.randoms(use_true_random=False), VALUES)
def test_junk_anywhere__is_taken_or_refused(name: str, dice: random.Random, junk: Any) -> None:
    body = orjson.loads(orjson.dumps(GOOD[name]))
    *way, last = dice.choice(paths(body)[1:])
    target = body
    for key in way:
        target = target[key]
    target[last] = junk
    validate_both(body)


@pytest.mark.parametrize("inner", ["properties", "items", "anyOf", "type", "enum", "required"])
def test_deep_schema__is_taken_or_refused(inner: str) -> None:
    deep: Any = {"type": "string"}
    for _ in range(500):
        deep = {
            "type": "object",
            "additionalProperties": False,
            inner: [deep] if inner != "properties" else {"a": deep},
        }
    validate_both(offered({"type": "object", "properties": {"a": deep}}, strict=True))
    validate_both(offered(deep, strict=True))
    validate_both(asked(response_format=schema(schema=deep)))


LONG = "word " * 400


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ({"strict": True, "parameters": holding({"type": "string", "default": "x"})}, "'default' is not permitted"),
        ({"description": LONG, "parameters": WEATHER}, "string too long"),
    ],
    ids=["default in a strict schema", "a long description"],
)
def test_schemas__that_openai_takes_are_refused_at_azure(function: JSON, said: str) -> None:
    body = {
        "model": "gpt-4o",
        "messages": [HELLO],
        "tools": [{"type": "function", "function": {"name": "f", **function}}],
    }
    chat_rules.validate(body)
    with pytest.raises(RequestError, match=said):
        AZURE.check_chat(body)
