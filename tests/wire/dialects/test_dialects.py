"""OpenAI's chat format as others speak it: what each has of its own, and its SDK or LiteLLM against a live server."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import groq
import httpx
import mistralai.client
import mistralai.client.errors
import openai
import orjson
import pytest

from completions import conversation
from completions.conversation import Block, Choice, Prompt, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.script.auto.answer import auto
from completions.script.reply.errors import plain
from completions.tokens.prompt import prompt_tokens
from completions.wire import registry
from completions.wire.base import StreamFailure
from completions.wire.dialects.azure import AzureChat, AzureEmbeddings, AzureLegacy, AzureResponses
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.mistral_fim import FillInTheMiddle
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.responses.format import Responses
from llmclient import lite
from tests.document import events, fold
from tests.leaky import LITELLM_WARNS
from tests.scripts import rules, script
from tests.server import LiveServer

HI: Any = [{"role": "user", "content": "Hi"}]
TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
ANSWER = Reply(
    (Choice(text="Hi you", reasoning="Hm", tool_calls=(ToolCall("add", "{}"),), finish_reason="tool_calls"),),
    created=0,
    model="m",
    usage=Usage(7, 5, cached_tokens=3, reasoning_tokens=1),
    serial="s",
)
AZURE, VERTEX = AzureChat(), registry.CHAT_DIALECTS["vertex"]

DIALECTS = tuple(registry.CHAT_DIALECTS)


def parsed(wire: Any, *, validate: bool = True, route: Any = None, **body: Any) -> Prompt:
    body = {"model": "google/m" if wire is VERTEX else "m", "messages": HI} | body
    prompt: Prompt = wire.parse(orjson.dumps(body), {}, validate=validate, route=route or {})
    return prompt


def both(name: str, answer: Reply = ANSWER, **body: Any) -> tuple[dict[str, Any], list[Any]]:
    wire = registry.CHAT_DIALECTS[name]
    document = wire.document(answer, parsed(wire, **body))
    prompt = parsed(wire, stream=True, **body)
    return document, events(b"".join(wire.framing(prompt).frames(wire.events(answer, prompt))))


@pytest.mark.parametrize(
    ("name", "model", "asked", "thinks"),
    [
        *(("openrouter", f"google/gemini-2.5-{kind}", {}, kind == "pro") for kind in ("flash", "flash-lite", "pro")),
        ("openrouter", "google/gemini-2.5-flash", {"reasoning": {"max_tokens": 100}}, True),
        ("openrouter", "google/gemini-2.5-flash", {"reasoning_effort": "low"}, True),
        ("openrouter", "google/gemini-3.6-flash", {}, True),
        ("gemini", "google/gemini-2.5-flash", {}, True),
    ],
)
def test_openrouter__asks_gemini_2_5_flash_to_think_only_if_told_to(
    name: str, model: str, asked: dict[str, Any], thinks: bool
) -> None:
    """It thought unasked, as at Google; tmc/langchaingo recorded in January 2026 that it does not."""
    prompt = parsed(registry.CHAT_DIALECTS[name], model=model, **asked)
    assert (auto(prompt)[0].reasoning is not None) == thinks


def test_names__are_those_that_scripts_know() -> None:
    assert tuple(conversation.NAMES["dialect"]) == DIALECTS
    assert script("version: 1\ndefaults: {dialect: groq}\nrules: [{reply: a}]").dialect == "groq"
    with pytest.raises(Exception, match="must be one of azure, cerebras, cohere, deepseek"):
        script("version: 1\ndefaults: {dialect: klingon}\nrules: [{reply: a}]")


def test_deepseek__tells_its_thoughts_and_what_was_cached() -> None:
    document, chunks = both("deepseek")
    assert re.fullmatch("[0-9a-f]{32}", document["system_fingerprint"])
    assert {chunk["system_fingerprint"] for chunk in chunks} == {document["system_fingerprint"]}
    assert document["choices"][0]["message"]["reasoning_content"] == "Hm"
    assert list(document["choices"][0]["message"]) == ["role", "content", "reasoning_content", "tool_calls"]
    assert (document["usage"]["prompt_cache_hit_tokens"], document["usage"]["prompt_cache_miss_tokens"]) == (3, 4)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": None, "reasoning_content": ""}
    assert chunks[1]["choices"][0]["delta"] == {"content": None, "reasoning_content": "Hm"}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[-1]["choices"][0]["delta"] == {"content": "", "reasoning_content": None}
    assert chunks[-1]["usage"] == document["usage"]
    assert not any("usage" in chunk for chunk in chunks[:-1])


def test_cerebras__tells_its_times_and_nothing_that_is_null() -> None:
    """As gpt-oss-120b was recorded to by maruel/genai in July 2026."""
    document, chunks = both("cerebras", model="gpt-oss-120b")
    call = {"function": {"name": "add", "arguments": "{}"}, "type": "function"}
    called = document["choices"][0]["message"]["tool_calls"][0].pop("id")
    assert re.fullmatch("[0-9a-f]{9}", called)
    message = {"content": "Hi you", "reasoning": "Hm", "tool_calls": [call], "role": "assistant"}
    assert document["choices"] == [{"finish_reason": "tool_calls", "index": 0, "message": message}]
    order = ["id", "choices", "created", "model", "system_fingerprint", "object", "usage", "time_info"]
    assert list(document) == order
    times = ["created", "queue_time", "prompt_time", "completion_time", "total_time"]
    assert list(document["time_info"]) == times
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[:3] == [{"role": "assistant"}, {"reasoning": "Hm"}, {"content": "Hi"}]
    opened, fragment = ({"tool_calls": [{**call, "function": given, "index": 0}]} for given in NAMED)
    opened["tool_calls"][0]["id"] = called
    assert deltas[-3:] == [opened, fragment, {}]
    assert (chunks[-1]["usage"], chunks[-1]["time_info"]) == (document["usage"], document["time_info"])
    assert all(chunk["choices"][0].keys() == {"delta", "index"} for chunk in chunks[:-1])
    *_, whole, end = (chunk["choices"][0]["delta"] for chunk in both("cerebras", model="gemma-4-31b")[1])
    assert (whole, end) == ({"tool_calls": [{**call, "id": called, "index": 0}]}, {})


NAMED = ({"name": "add", "arguments": ""}, {"arguments": "{}"})

UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"store": False}, "store: property 'store' is unsupported"),
    (
        {"metadata": {}, "messages": [{"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}, *HI]},
        "metadata: property 'metadata' is unsupported\n"
        "messages.0.assistant.reasoning_content: property 'messages.0.assistant.reasoning_content' is unsupported",
    ),
    ({"reasoning_effort": "default"}, "reasoning_effort: Input should be 'none', 'low', 'medium' or 'high'"),
    ({"messages": None}, "messages: Input should be a valid list"),
    ({"temperature": 3}, "temperature: Input should be less than or equal to 2"),
]


@pytest.mark.parametrize(("more", "words"), UNKNOWN)
def test_cerebras__refuses_what_it_does_not_know(more: dict[str, Any], words: str) -> None:
    """In the words of users until July 2026: of Pi, OpenClaude and others, which send what OpenAI takes."""
    with pytest.raises(RequestError) as refused:
        parsed(registry.CHAT_DIALECTS["cerebras"], **more)
    told = registry.CHAT_DIALECTS["cerebras"].error(refused.value)
    assert told == {
        **{"message": words, "type": "invalid_request_error"},
        **{"param": "validation_error", "code": "wrong_api_format"},
    }


def test_cerebras__takes_what_its_sdk_sends_and_thinks_unless_told_not_to() -> None:
    wire, model = registry.CHAT_DIALECTS["cerebras"], "gpt-oss-120b"
    said = {"role": "assistant", "content": "Hi", "reasoning": "Hm", "tool_calls": None, "name": None}
    thinking = parsed(wire, model=model, clear_thinking=False, service_tier="auto", messages=[*HI, said, *HI])
    calm = [parsed(wire, model=model, **more) for more in ({"disable_reasoning": True}, {"reasoning_effort": "none"})]
    assert [auto(prompt)[0].reasoning is None for prompt in (thinking, *calm)] == [False, True, True]


def test_together__repeats_the_text_and_tells_the_usage_of_every_stream() -> None:
    """As gpt-oss-120b was recorded to by maruel/genai in September 2026, and calls as in December 2025."""
    document, chunks = both("together")
    usage = {
        **{"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    call = document["choices"][0]["message"]["tool_calls"][0]
    message = {"role": "assistant", "content": "Hi you", "tool_calls": [call], "reasoning": "Hm"}
    assert list(call) == ["id", "index", "type", "function"]
    order = ["id", "object", "created", "model", "system_fingerprint", "prompt", "choices", "usage"]
    assert list(document) == order and document["prompt"] == []
    assert document["choices"] == [{"index": 0, "message": message, "finish_reason": "tool_calls", "seed": None}]
    assert re.fullmatch(r"p\w{6}-\w{5}-[0-9a-f]{16}", document["id"])
    empty = {"token_id": None, "role": "assistant", "content": "", "reasoning": None}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert deltas[:3] == [empty, empty | {"reasoning": "Hm"}, empty | {"content": "Hi"}]
    opened, fragment = (delta["tool_calls"] for delta in deltas[-3:-1])
    assert opened == [{**call, "function": {"name": "add", "arguments": ""}}]
    assert fragment == [{**call, "id": None, "function": {"name": None, "arguments": "{}"}}]
    assert deltas[-1] == empty
    told = {key: value for key, value in chunks[2].items() if key not in ("id", "created")}
    choice = {"index": 0, "text": "Hi", "logprobs": None, "finish_reason": None, "delta": deltas[2]}
    assert told == {"object": "chat.completion.chunk", "choices": [choice], "model": "m", "usage": None}
    assert list(chunks[2]) == ["id", "object", "created", "choices", "model", "usage"]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], usage) == ([], document["usage"])


@pytest.mark.parametrize("name", [name for name in DIALECTS if name not in ("cerebras", "cohere", "mistral")])
def test_functions__are_called_as_before_there_were_tools(name: str) -> None:
    """Cerebras and Mistral refuse `functions`, and Cohere does not know them."""
    called = Reply((Choice(tool_calls=(ToolCall("add", "{}"),), finish_reason="tool_calls"),), created=0, serial="s")
    document, chunks = both(name, called, functions=[TOOL["function"]])
    call = {"name": "add", "arguments": "{}"}
    assert document["choices"][0]["message"]["function_call"] == call
    deltas = [choice["delta"].get("function_call") or {} for chunk in chunks for choice in chunk["choices"]]
    assert {key: "".join(delta.get(key) or "" for delta in deltas) for key in call} == call


def test_together__takes_a_number_of_log_probabilities() -> None:
    document, chunks = both("together", logprobs=1)
    entries = document["choices"][0]["logprobs"]["content"]
    assert "".join(entry["token"] for entry in entries) == "Hi you"
    told = [likely for chunk in chunks[:-1] if (likely := chunk["choices"][0]["logprobs"])]
    assert [likely["tokens"] for likely in told] == [[entry["token"]] for entry in entries]
    assert [likely["token_logprobs"] for likely in told] == [[entry["logprob"]] for entry in entries]
    assert [len(likely["top_logprobs"][0]) for likely in told] == [1] * len(told)
    assert both("together", logprobs=True)[0]["choices"][0]["logprobs"]
    with pytest.raises(RequestError, match="logprobs"):
        parsed(registry.CHAT_DIALECTS["together"], logprobs="1")


def test_together__holds_an_answer_to_a_schema_without_a_name_and_charges_nothing_for_it() -> None:
    """As maruel/genai asked in September 2026: of gpt-oss-120b 87 tokens were counted, without the schema."""
    said = "Name two fruits with their color. Do not include an explanation. Reply ONLY as JSON."
    fields = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    asked: dict[str, Any] = {"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": said}]}
    plain = parsed(registry.CHAT_DIALECTS["together"], **asked)
    named = {"json_schema": {"name": "fruits", "schema": fields}}
    forms: list[dict[str, Any]] = [{"schema": fields}, {"type": "json_object", "schema": fields}, named]
    held = [
        parsed(registry.CHAT_DIALECTS["together"], **asked, response_format={"type": "json_schema", **form})
        for form in forms
    ]
    assert [prompt.response_format.schema for prompt in held] == [fields] * 3
    assert {prompt_tokens(prompt) for prompt in (plain, *held)} == {89}


def test_zai__tells_its_thoughts_its_calls_whole_and_the_usage_in_the_last_chunk() -> None:
    """As GLM was recorded by charmbracelet/fantasy in November 2025, with the kinds and details of 2026."""
    document, chunks = both("zai", replace(ANSWER, created=1_761_231_614), model="glm-4.6")
    usage = {
        **{"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert list(document) == ["choices", "created", "id", "model", "object", "request_id", "usage"]
    assert (document["usage"], document["request_id"]) == (usage, document["id"])
    assert re.fullmatch("20251023230014[0-9a-f]{16}", document["id"])
    message = document["choices"][0]["message"]
    call = message["tool_calls"][0]
    assert re.fullmatch("call_[0-9a-f]{24}", call["id"])
    assert list(document["choices"][0]) == ["finish_reason", "index", "message"]
    assert list(message) == ["content", "reasoning_content", "role", "tool_calls"]
    assert list(call) == ["function", "id", "index", "type"]
    said = [
        *({"role": "assistant", "reasoning_content": "Hm"}, {"role": "assistant", "content": "Hi"}),
        *({"role": "assistant", "content": " you"}, {"tool_calls": [call]}),
    ]
    assert [chunk["choices"] for chunk in chunks[:-1]] == [[{"index": 0, "delta": delta}] for delta in said]
    last = {"index": 0, "finish_reason": "tool_calls", "delta": {"role": "assistant", "content": ""}}
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([last], usage)
    assert list(chunks[0]) == ["id", "created", "object", "model", "choices"]


def test_zai__sends_calls_in_pieces_if_asked_and_no_content_beside_calls_alone() -> None:
    called = Reply((Choice(tool_calls=(ToolCall("add", '{"a":1}'),), finish_reason="tool_calls"),), serial="s")
    document, chunks = both("zai", called, tool_stream=True)
    assert list(document["choices"][0]["message"]) == ["role", "tool_calls"]
    pieces = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert [piece["function"]["arguments"] for piece in pieces[:2]] == ["", '{"']
    assert len(both("zai", called)[1]) == 2


@pytest.mark.parametrize(
    ("model", "asked", "thinks"),
    [("glm-5.3", {}, True), ("glm-4.6", {"thinking": {"type": "disabled"}}, False), ("glm-4-32b-0414-128k", {}, False)],
)
def test_zai__thinks_unless_told_not_to(model: str, asked: dict[str, Any], thinks: bool) -> None:
    assert (auto(parsed(registry.CHAT_DIALECTS["zai"], model=model, **asked))[0].reasoning is not None) == thinks


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"messages": []}, "1213"),
        ({"messages": [{"role": "user"}]}, "1214"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "1214"),
        ({"temperature": "a"}, "1210"),
        ({"thinking": {"type": "on"}}, "1210"),
    ],
)
def test_zai__says_in_a_number_what_is_wrong(body: dict[str, Any], code: str) -> None:
    wire = registry.CHAT_DIALECTS["zai"]
    with pytest.raises(RequestError) as refused:
        parsed(wire, **body)
    told = wire.error(wire.adapt_error(refused.value))["error"]
    assert (list(told), told["code"]) == (["code", "message"], code)


def test_zai__calls_a_filtered_answer_sensitive() -> None:
    document, chunks = both("zai", Reply((Choice(text="a", finish_reason="content_filter"),), serial="s"))
    assert {told["choices"][0]["finish_reason"] for told in (document, chunks[-1])} == {"sensitive"}
    assert fold([*chunks])["choices"][0]["finish_reason"] == "sensitive"


def test_moonshot__tells_its_thoughts_and_the_usage_within_the_last_choice() -> None:
    """As kimi-k3 was recorded to by vercel/ai in August 2026."""
    usage = {
        **{"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12, "cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 1},
        "prompt_tokens_details": {"cached_tokens": 3},
    }
    document, chunks = both("moonshot", model="kimi-k3", stream_options={"include_usage": True})
    call = {"index": 0, "id": "add_0", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Hi you", "reasoning_content": "Hm", "tool_calls": [call]}
    assert list(document) == ["id", "object", "created", "model", "choices", "usage"]
    assert document["choices"] == [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    assert document["usage"] == usage
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:4]]
    thought = [{"reasoning_content": said} for said in ("Hm", "")]
    assert deltas == [{"role": "assistant", "content": ""}, *thought, {"content": "Hi"}]
    assert chunks[-2]["choices"] == [{"index": 0, "delta": {}, "finish_reason": "tool_calls", "usage": usage}]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], usage)
    assert all(chunk.keys() <= {"id", "object", "created", "model", "choices"} for chunk in chunks[:-1])
    unasked = both("moonshot", replace(ANSWER, usage=Usage(7, 5)), model="kimi-k3")[1]
    assert unasked[-1]["choices"][0]["usage"] == {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


@pytest.mark.parametrize(
    ("model", "asked", "thinks"),
    [
        *((model, {}, True) for model in ("kimi-k2.5", "kimi-k2.7-code", "kimi-k3")),
        *((model, {"thinking": {"type": "disabled"}}, False) for model in ("kimi-k2.6", "kimi-k3")),
        ("moonshot-v1-8k", {}, False),
    ],
)
def test_moonshot__has_kimi_think_unless_it_is_told_not_to(model: str, asked: dict[str, Any], thinks: bool) -> None:
    wire = registry.CHAT_DIALECTS["moonshot"]
    prompt = parsed(wire, model=model, **asked)
    assert (auto(prompt)[0].reasoning is not None) == thinks
    answer_id = wire.document(replace(ANSWER, created=0x6A8F14D6), prompt)["id"]
    assert re.fullmatch(
        r"chatcmpl-(.{8}(-.{4}){3}-.{12})" if model == "kimi-k3" else "chatcmpl-6a8f14d6.{16}", answer_id
    )


def test_deepseek__tells_the_request_s_id_with_what_is_wrong_in_a_conversation() -> None:
    wire, of_request = registry.CHAT_DIALECTS["deepseek"], "req_01a221b4713fc13337b9120f1e2ddce0"
    for words, told in (
        ("Thinking mode does not support this tool_choice", " (request_id: 01a221b4-713f-c133-37b9-120f1e2ddce0)"),
        ("Stop string array too long: 17", ""),
    ):
        sent = wire.with_request_id(wire.error(RequestError(words)), of_request)
        assert isinstance(sent, dict) and sent["error"]["message"] == words + told


def test_mistral__tells_limits_by_the_minute() -> None:
    given = {f"x-ratelimit-{what}-tokens": "1" for what in ("limit", "remaining", "reset")} | {"retry-after": "2"}
    told = {"x-ratelimit-limit-tokens-minute": "1", "x-ratelimit-remaining-tokens-minute": "1", "retry-after": "2"}
    assert registry.CHAT_DIALECTS["mistral"].limit_headers(given) == told


def test_deepseek__tells_log_probabilities_of_the_content_alone() -> None:
    answer = Reply((Choice(text="Hi"),), created=0, serial="s", usage=Usage(1, 1))
    document, chunks = both("deepseek", answer, logprobs=True)
    told = [choice["logprobs"] for choice in (document["choices"][0], *(chunk["choices"][0] for chunk in chunks))]
    assert [set(each) for each in told if each] == [{"content"}, {"content"}]


def test_deepseek__tells_empty_thoughts_with_the_calls_of_a_model_that_thinks() -> None:
    answer = Reply((KINDS["call"],), created=0, serial="s", usage=Usage(1, 1))
    document, chunks = both("deepseek", answer, model="deepseek-v4-flash", tools=[TOOL])
    message = document["choices"][0]["message"]
    assert list(message)[-2:] == ["reasoning_content", "tool_calls"] and message["reasoning_content"] == ""
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": None, "reasoning_content": ""}
    for more in ({"model": "deepseek-v4-flash", "thinking": {"type": "disabled"}}, {"model": "deepseek-chat"}):
        document, chunks = both("deepseek", answer, tools=[TOOL], **more)
        assert "reasoning_content" not in document["choices"][0]["message"]
        assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}


@pytest.mark.parametrize(("more", "model"), [({"models": ["a/b", "c/d"]}, "a/b"), ({}, "openrouter/auto")])
def test_openrouter__chooses_a_model_where_none_is_named(more: dict[str, Any], model: str) -> None:
    body = orjson.dumps({"messages": HI, **more})
    assert registry.CHAT_DIALECTS["openrouter"].parse(body, {}, validate=True).model == model


def test_openrouter__names_provider_and_native_reason() -> None:
    document, chunks = both("openrouter")
    assert document["id"].startswith("gen-")
    assert document["provider"] == chunks[0]["provider"] == "Mock"
    assert document["choices"][0]["message"]["reasoning"] == "Hm"
    assert document["choices"][0]["native_finish_reason"] == "tool_calls"
    details = [{"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}]
    thought = {"content": "", "role": "assistant", "reasoning": "Hm", "reasoning_details": details}
    assert chunks[0]["choices"][0]["delta"] == thought
    assert chunks[-1]["choices"][0] == chunks[-2]["choices"][0]
    assert chunks[-1]["usage"]["cost"] == pytest.approx(12e-6)


@pytest.mark.parametrize(
    ("model", "kinds"),
    [
        ("anthropic/claude-sonnet-4.5", ["reasoning.text anthropic-claude-v1 text signature"]),
        ("openai/gpt-5-mini", ["reasoning.summary openai-responses-v1 summary", "reasoning.encrypted data id"]),
        ("openai/gpt-oss-120b", ["reasoning.text unknown text"]),
        ("minimax/minimax-m2", ["reasoning.text unknown text"]),
        ("google/gemini-2.5-flash", ["reasoning.text google-gemini-v1 text"]),
        ("google/gemini-3.6-flash", ["reasoning.text google-gemini-v1 text", "reasoning.encrypted data id"]),
        ("x-ai/grok-4", ["reasoning.summary xai-responses-v1 summary", "reasoning.encrypted xai-responses-v1 id"]),
    ],
)
def test_openrouter__has_reasoning_as_the_makers_sign_it(model: str, kinds: list[str]) -> None:
    document, chunks = both("openrouter", model=model)
    whole = document["choices"][0]["message"]
    assert whole["reasoning"] == "Hm"
    assert len(whole["reasoning_details"]) == len(kinds)
    for detail, kind in zip(whole["reasoning_details"], kinds, strict=True):
        assert {detail["type"], *detail, detail["format"]} >= set(kind.split())
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    streamed = [detail for delta in deltas for detail in delta.get("reasoning_details") or []]
    assert [detail.pop("index") for detail in whole["reasoning_details"]] == list(range(len(kinds)))
    told = {(name, value) for detail in streamed for name, value in detail.items() if name != "index" or value}
    assert told == {(name, value) for detail in whole["reasoning_details"] for name, value in detail.items()}
    assert chunks[-2]["choices"][0]["delta"] == {"content": "", "role": "assistant", "reasoning": None}
    again = [*HI, {"role": "assistant", "content": "Hi you", "reasoning_details": whole["reasoning_details"]}, *HI]
    parsed(registry.CHAT_DIALECTS["openrouter"], model=model, messages=again)


@pytest.mark.parametrize(
    ("model", "asked", "raw"),
    [
        ("qwen/qwen3-32b", {}, True),
        ("qwen/qwen3-32b", {"reasoning_format": "raw"}, True),
        ("qwen/qwen3-32b", {"reasoning_format": "parsed"}, False),
        ("qwen/qwen3-32b", {"tools": [TOOL]}, False),
        ("deepseek-r1-distill-llama-70b", {"reasoning_format": "raw"}, True),
        ("openai/gpt-oss-20b", {}, False),
    ],
)
def test_groq__has_thoughts_in_the_text_where_they_are_raw(model: str, asked: dict[str, Any], raw: bool) -> None:
    document, chunks = both("groq", model=model, **asked)
    told = ("<think>\nHm\n</think>\n\nHi you", None) if raw else ("Hi you", "Hm")
    whole = document["choices"][0]["message"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]
    streamed = ["".join(delta.get(field) or "" for delta in deltas) for field in ("content", "reasoning")]
    assert (whole["content"], whole.get("reasoning")) == (streamed[0], streamed[1] or None) == told
    assert ("completion_tokens_details" in document["usage"]) is not raw
    cut = Reply((Choice(reasoning="Hm", finish_reason="length"),), usage=ANSWER.usage)
    document, _ = both("groq", cut, model=model, **asked)
    assert (document["choices"][0]["message"].get("content") == "<think>\nHm") is raw


@pytest.mark.parametrize(
    ("name", "model", "asked", "kinds"),
    [
        ("openrouter", "openai/o4-mini", {"reasoning": {"exclude": True}}, ["reasoning.encrypted"]),
        ("openrouter", "google/gemini-3.6-flash", {"include_reasoning": False}, ["reasoning.encrypted"]),
        ("openrouter", "anthropic/claude-sonnet-4.5", {"reasoning": {"exclude": True}}, []),
        ("groq", "openai/gpt-oss-20b", {"include_reasoning": False}, []),
        ("groq", "qwen/qwen3-32b", {"reasoning_format": "hidden"}, []),
    ],
)
def test_thoughts__are_told_to_nobody_who_wants_none(
    name: str, model: str, asked: dict[str, Any], kinds: list[str]
) -> None:
    document, chunks = both(name, model=model, **asked)
    whole = document["choices"][0]["message"]
    assert "reasoning" not in whole and whole["content"] == "Hi you"
    assert [(detail["type"], detail["index"]) for detail in whole.get("reasoning_details", [])] == [
        (kind, at) for at, kind in enumerate(kinds)
    ]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if isinstance(chunk, dict) and chunk["choices"]]
    assert not any(delta.get("reasoning") for delta in deltas)
    assert [detail["type"] for delta in deltas for detail in delta.get("reasoning_details") or []] == kinds
    assert document["usage"]["completion_tokens_details"]["reasoning_tokens"]


def test_mistral__has_parts_whole_calls_and_short_ids() -> None:
    document, chunks = both("mistral")
    message, thinking = (
        document["choices"][0]["message"],
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "closed": True},
    )
    assert message["content"] == [thinking, {"type": "text", "text": "Hi you"}]
    assert set(document) == {"id", "object", "created", "model", "choices", "usage"}
    assert len(message["tool_calls"][0]["id"]) == 9
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[1]["content"] == [thinking]
    assert deltas[2]["content"] == [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hi"}]
    assert deltas[3]["content"] == " you"
    assert [delta["tool_calls"] for delta in deltas if "tool_calls" in delta] == [message["tool_calls"]]
    last = chunks[-1]
    assert last["choices"][0]["delta"] == {"tool_calls": message["tool_calls"]}
    assert (last["choices"][0]["finish_reason"], last["usage"]["total_tokens"]) == ("tool_calls", 12)
    assert list(chunks[0]) == ["id", "object", "created", "model", "choices"]  # only what comes then is padded
    assert list(last) == [*chunks[0], "usage", "p"] and list(chunks[1]) == [*chunks[0], "p"]


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        ("mistral-small-latest", ["index", "finish_reason", "message"]),
        ("mistral-large-4", ["index", "finish_reason", "message", "logprobs", "prompt_logprobs"]),
    ],
)
def test_mistral__tells_of_log_probabilities_by_the_model(model: str, keys: list[str]) -> None:
    document, _ = both("mistral", replace(ANSWER, model=model), model=model)
    assert list(document["choices"][0]) == keys


def test_groq__has_its_own_facts_and_times() -> None:
    document, chunks = both("groq")
    assert document["x_groq"]["id"].startswith("req_")
    assert list(document)[-4:] == ["usage_breakdown", "system_fingerprint", "x_groq", "service_tier"]
    assert list(document["choices"][0]["message"]) == ["role", "content", "reasoning", "tool_calls"]
    assert document["service_tier"] == "on_demand"
    assert document["usage"]["total_time"] > 0
    assert document["usage"]["prompt_tokens_details"] == {"cached_tokens": 3}
    assert chunks[0]["x_groq"] == document["x_groq"]
    assert chunks[-1]["x_groq"]["usage"] == document["usage"]


def test_groq__streams_fields_in_their_order_and_no_null_usage() -> None:
    """As recorded in 2025-10, where a usage was asked for, and in 2026-02."""
    wire = registry.CHAT_DIALECTS["groq"]
    asked = parsed(wire, stream=True, stream_options={"include_usage": True})
    chunks = [orjson.loads(event.data) for event in wire.events(ANSWER, asked) if event.chunk]
    assert [chunk for chunk in chunks if chunk.get("usage", ...) is None] == []
    assert list(chunks[-1])[-3:] == ["choices", "usage", "service_tier"]
    assert list(chunks[-2])[-2:] == ["x_groq", "usage"]
    calls = [call for chunk in chunks[:-1] for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert list(calls[0]) == ["id", "type", "function", "index"]


@pytest.mark.parametrize(
    ("model", "form"),
    [
        ("llama-3.3-70b-versatile", "[0-9a-z]{9}"),
        ("openai/gpt-oss-120b", r"fc_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("moonshotai/kimi-k2-instruct-0905", r"functions\.[a-z]+:0"),
    ],
)
def test_groq__names_calls_by_the_maker(model: str, form: str) -> None:
    document, chunks = both("groq", model=model)
    (call,) = document["choices"][0]["message"]["tool_calls"]
    assert re.fullmatch(form, call["id"])
    streamed = [each for chunk in chunks for each in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert [each["id"] for each in streamed] == [call["id"]]


@pytest.mark.parametrize(
    ("model", "form"),
    [
        ("google/gemini-2.5-flash", r"tool_add_[A-Za-z0-9]{20}"),
        ("google/gemini-3-pro-preview", r"tool_add_[A-Za-z0-9]{20}"),
        ("x-ai/grok-code-fast-1", r"call_\d{8}"),
        ("moonshotai/kimi-k2-0905", "add:0"),
    ],
)
def test_openrouter__names_calls_by_the_maker(model: str, form: str) -> None:
    document, _ = both("openrouter", model=model)
    message = document["choices"][0]["message"]
    (call,) = message["tool_calls"]
    assert re.fullmatch(form, call["id"])
    sealed = [detail["id"] for detail in message["reasoning_details"] if "id" in detail]
    assert sealed == [call["id"]] * ("gemini-3" in model) or sealed[0].startswith("rs_")


@pytest.mark.parametrize(("model", "content"), [("qwen/qwen3.8-27b", None), ("llama-3.3-70b-versatile", "")])
def test_groq__begins_calls_alone_with_empty_content_or_with_null_of_qwen(model: str, content: str | None) -> None:
    reply = Reply((Choice(tool_calls=(ToolCall("add", "{}"),), finish_reason="tool_calls"),), serial="s")
    _, chunks = both("groq", reply, model=model)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": content}


@pytest.mark.parametrize("model", ["groq/compound-mini", "compound-beta"])
def test_groq__compound_searches_while_it_thinks(model: str) -> None:
    usage = Usage(7, 5, reasoning_tokens=3)
    reply = Reply((Choice(text="Hi you", reasoning="Hm", finish_reason="stop"),), usage=usage, serial="s")
    document, chunks = both("groq", reply, model=model)
    message = document["choices"][0]["message"]
    (search,) = message["executed_tools"]
    assert json.loads(search["arguments"]) == {"query": HI[-1]["content"]}
    assert (search["index"], search["type"]) == (0, "search") and HI[-1]["content"] in search["output"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"reasoning": "Hm"} and deltas[1] == {"executed_tools": [search]}
    assert {"content": "Hi"} in deltas
    reasoned = {"completion_tokens_details": {"reasoning_tokens": 3}}
    assert document["usage_breakdown"]["models"][0]["usage"] == document["usage"] | reasoned
    assert chunks[-1]["x_groq"] == {key: document[key] for key in ("usage", "usage_breakdown")}
    assert (document["id"], document["x_groq"]) == ("stub", {"id": "stub"}) and "usage" not in chunks[-1]
    parsed(registry.CHAT_DIALECTS["groq"], model=model, messages=[*HI, message, *HI])


def test_mistral__a_blank_prefix_after_a_result_is_not_said() -> None:
    call = {"id": "abcdefghi", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    calls: list[dict[str, Any]] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "abcdefghi", "content": "3"},
    ]
    wire = registry.CHAT_DIALECTS["mistral"]
    for begun, turn in ((" ", 1), ("The sum", 2)):
        prompt = parsed(wire, messages=[*calls, {"role": "assistant", "content": begun, "prefix": True}])
        assert (prompt.turn, prompt.tool_result is None) == (turn, turn == 2)


@pytest.mark.parametrize("name", ["groq", "mistral"])
def test_refusal__is_a_text_in_its_place_where_there_is_no_field_for_it(name: str) -> None:
    blocks = (Block("text", "Well. "), Block("refusal", "No."))
    document, chunks = both(name, Reply((Choice(text="Well. ", refusal="No.", blocks=blocks),), serial="s"))
    assert document["choices"][0]["message"]["content"] == "Well. No."
    said = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert "".join(said) == "Well. No."


def test_xai__streams_each_call_in_one_piece() -> None:
    document, chunks = both("xai")
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    told = [call for delta in deltas for call in delta.get("tool_calls", ())]
    calls = document["choices"][0]["message"]["tool_calls"]
    assert [call["function"] for call in told] == [call["function"] for call in calls]
    assert all(call.keys() >= {"id", "type", "function"} for call in told)


@pytest.mark.parametrize(
    ("choice", "first"),
    [
        (Choice(text="Hi", reasoning="Well."), {"reasoning_content": "Well", "role": "assistant"}),
        (Choice(text="Hi"), {"content": "Hi", "role": "assistant"}),
        (Choice(text=""), {"role": "assistant"}),
    ],
)
def test_xai__tells_the_role_after_the_first_piece_and_its_build_at_the_end(
    choice: Choice, first: dict[str, Any]
) -> None:
    """As grok-4.5 in August 2026 (tmc/langchaingo)."""
    _, chunks = both("xai", Reply((choice,), serial="s"), stream_options={"include_usage": True})
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert [*deltas[0].items()] == [*first.items()]
    assert not any("role" in delta for delta in deltas[1:])
    assert [*chunks[0]] == ["id", "object", "created", "model", "choices", "system_fingerprint", "service_tier"]
    assert [*chunks[-1]][4:] == ["choices", "usage", "system_fingerprint", "service_tier"]


def test_xai__tells_the_role_once_beside_log_probabilities() -> None:
    _, chunks = both("xai", Reply((Choice(text="Hi there"),), serial="s"), logprobs=True)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert [delta.get("role") for delta in deltas] == ["assistant", *[None] * len(deltas[1:])]


def test_xai__counts_what_was_thought_in_the_total_alone() -> None:
    """And tells nothing that is null, but a refusal: grok-4.5, in August 2026."""
    document, chunks = both("xai", stream_options={"include_usage": True})
    for usage in (document["usage"], chunks[-1]["usage"]):
        assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (7, 4, 12)
        assert usage["completion_tokens_details"]["reasoning_tokens"] == 1
    assert [*document["choices"][0]] == ["index", "message", "finish_reason"]
    assert {tuple(choice) for chunk in chunks[:-2] for choice in chunk["choices"]} == {("index", "delta")}
    assert [*chunks[-2]["choices"][0]] == ["index", "delta", "finish_reason"]
    assert all("usage" not in chunk and chunk["service_tier"] == "default" for chunk in chunks[:-1])


def test_vllm__says_what_stopped_it() -> None:
    document, chunks = both("vllm", Reply((Choice(text="a", finish_reason="stop", stopped_by="b"),), serial="s"))
    assert document["choices"][0]["stop_reason"] == "b"
    assert document["prompt_logprobs"] is None
    assert document["choices"][0]["message"]["tool_calls"] == []
    assert chunks[-1]["choices"][0]["stop_reason"] == "b"


def test_azure__filters_no_calls() -> None:
    """As a deployment of gpt-4.1-mini in February 2026 (activeagents/activeagent)."""
    calls = (ToolCall("add", '{"a":1}'),)
    for text, found in (("", {}), ("I add.", {"filtered": False, "severity": "safe"})):
        document, _ = both("azure", Reply((Choice(text=text or None, tool_calls=calls),), serial="s"))
        assert document["choices"][0]["content_filter_results"].get("hate", {}) == found


def test_azure__filters_everything() -> None:
    document, chunks = both("azure")
    prompt, choice = document["prompt_filter_results"][0], document["choices"][0]
    assert prompt["content_filter_results"]["jailbreak"] == {"filtered": False, "detected": False}
    assert choice["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    assert (chunks[0]["choices"], chunks[0]["id"]) == ([], "")
    assert chunks[0]["prompt_filter_results"] == document["prompt_filter_results"]
    assert chunks[1]["choices"][0]["content_filter_results"] == {}
    assert chunks[1]["choices"][0]["delta"] == {"content": "", "refusal": None, "role": "assistant"}
    assert chunks[2]["choices"][0]["content_filter_results"] == choice["content_filter_results"]
    call = Choice(tool_calls=(ToolCall("f", "{}"),), finish_reason="tool_calls")
    called = both("azure", Reply((call,), serial="s"))[1]
    assert not any(each["content_filter_results"] for chunk in called for each in chunk["choices"])
    assert list(prompt) == ["prompt_index", "content_filter_results"], "the one object that is not in order"
    finish = next(each for chunk in chunks for each in chunk["choices"] if each["finish_reason"])
    assert finish["content_filter_results"] == {}
    assert chunks[2]["obfuscation"], "it is padded as OpenAI's (recorded in June 2026)"
    cut, _ = both("azure", Reply((Choice(text="a", finish_reason="content_filter"),), serial="s"))
    assert cut["choices"][0]["content_filter_results"]["violence"] == {"filtered": True, "severity": "high"}


@pytest.mark.parametrize("kind", ["text", "calls"])
def test_azure__tells_keys_in_the_order_of_their_names(kind: str) -> None:
    """Also within them, and where chunks are padded (recorded from 2025-10 to 2026-06)."""
    called = Choice(tool_calls=(ToolCall("f", "{}"),), finish_reason="tool_calls")
    answer = ANSWER if kind == "text" else replace(ANSWER, choices=(called,))
    wire = registry.CHAT_DIALECTS["azure"]
    counted = parsed(wire, stream=True, stream_options={"include_usage": True})
    chunks = [orjson.loads(event.data) for event in wire.events(answer, counted) if event.chunk]
    for told in (wire.document(answer, parsed(wire)), *chunks):
        told.pop("prompt_filter_results", None)
        assert orjson.dumps(told) == orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    assert list(chunks[-1])[-1] == "usage" and chunks[-1]["usage"]


def test_azure__filters_a_response_only_when_it_is_complete() -> None:
    wire = AzureResponses()
    prompt = wire.parse(b'{"model":"gpt-5-mini","input":"Hi","stream":true}', {}, validate=True, route={})
    told = [orjson.loads(event.data) for event in wire.events(ANSWER, prompt)]
    heard = [document["response"] for document in told if "response" in document]
    assert [each["content_filters"] for each in heard[:2]] == [None, None], "as recorded in June and August 2026"
    assert [found["source_type"] for found in heard[-1]["content_filters"]] == ["prompt", "completion"]
    names = [list(found["content_filter_results"]) for found in heard[-1]["content_filters"]]
    assert [names[0][-1], names[1][0]] == ["jailbreak", "protected_material_code"]


AZURE_SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    ("deployment", "version", "more", "words"),
    [
        ("o4-mini", "2024-10-21", {}, "Model o4-mini is enabled only for api versions 2024-12-01-preview and later"),
        ("o4-mini", "2024-12-01-preview", {}, None),
        ("a", "2024-07-01-preview", {"response_format": AZURE_SCHEMA}, "response_format value as json_schema is"),
        ("a", "2024-10-21", {"response_format": AZURE_SCHEMA}, None),
        ("a", "2024-05-01-preview", {"tools": [TOOL], "tool_choice": "required"}, "tool_choice value as required is"),
        ("a", "2024-05-01-preview", {"tools": [TOOL], "tool_choice": "auto"}, None),
        ("a", "latest", {"tools": [TOOL], "tool_choice": "required"}, None),
        (None, "2025-02-01-preview", {"input": "x"}, "Azure OpenAI Responses API is enabled only for api-version 2025"),
        (None, "2025-03-01-preview", {"input": "x"}, None),
        (None, None, {"input": "x"}, None),
        ("a", "2024-10-2l", {}, "API version not supported"),
        ("a", "2025-04-14-preview#", {}, "API version not supported"),
        (None, "2024-10", {"input": "x"}, "API version not supported"),
        ("a", "preview", {}, None),
    ],
)
def test_azure__has_more_in_later_versions(
    deployment: str | None, version: str | None, more: dict[str, Any], words: str | None
) -> None:
    wire = AzureResponses() if deployment is None else AZURE
    route = {key: value for key, value in (("deployment", deployment), ("api-version", version)) if value is not None}
    body = {"model": "m", **more} if deployment is None else {"messages": HI, **more}
    if words is None:
        wire.parse(orjson.dumps(body), {}, validate=True, route=route)
        return
    with pytest.raises(RequestError) as caught:
        wire.parse(orjson.dumps(body), {}, validate=True, route=route)
    told = wire.error(caught.value)["error"]
    assert (told.pop("code"), caught.value.status) == ("BadRequest", 400)
    assert told.pop("message").startswith(words) and not told
    wire.parse(orjson.dumps(body), {}, validate=False, route=route)


def test_azure__is_addressed_by_deployment() -> None:
    route = {"deployment": "mine", "api-version": "2024-10-21"}
    assert parsed(AZURE, route=route).address == route | {"dialect": "azure"}
    assert parsed(AZURE, route=route).model == "mine"
    assert parsed(AZURE, route={}).model == "m"
    with pytest.raises(RequestError) as error:
        parsed(AZURE, route={"deployment": "mine"})
    assert (error.value.status, AZURE.error(error.value)) == (
        404,
        {"error": {"code": "404", "message": "Resource not found"}},
    )
    legacy = AzureLegacy()
    prompt = legacy.parse(b'{"prompt":"a"}', {}, validate=True, route=route)
    assert legacy.document(ANSWER, prompt)["prompt_filter_results"]
    assert b"prompt_filter_results" in legacy.events(ANSWER, prompt)[0].data
    assert AzureEmbeddings().parse(b'{"input":"a"}', {}, validate=True, route=route).model == "mine"


@pytest.mark.parametrize("name", ["deepseek", "groq", "mistral"])
def test_usage__comes_with_the_last_choice_alone(name: str) -> None:
    choices = (Choice(text="a", finish_reason="stop"), Choice(text="b", finish_reason="stop"))
    _, chunks = both(name, Reply(choices, serial="s", usage=Usage(1, 2)))
    told = [chunk["choices"][0]["index"] for chunk in chunks if chunk.get("usage")]
    assert told == [1]


@pytest.mark.parametrize("name", ["deepseek", "openrouter"])
def test_responses__tell_what_was_thought(name: str) -> None:
    wire = Responses(next(each for each in registry.DIALECTS if each.name == name))
    document = wire.document(ANSWER, wire.parse(b'{"model": "m", "input": "Hi"}', {}, validate=True))
    assert document["output"][0]["content"] == [{"type": "reasoning_text", "text": "Hm"}]
    if name == "openrouter":
        costs = document["usage"]["cost_details"]
        told = (costs["upstream_inference_input_cost"], costs["upstream_inference_output_cost"])
        assert told == pytest.approx((7e-6, 5e-6))
        assert document["usage"]["cost"] == costs["upstream_inference_cost"] == sum(told)
        assert "user" not in document and document["reasoning"] is None and document["prompt_cache_options"] is None
        assert [*document][2:7] == ["created_at", "model", "status", "completed_at", "output"]
        assert [*document][-2:] == ["prompt_cache_options", "usage"]
        assert ["id", "type", "role", "status", "content"] in [[*item] for item in document["output"]]
        assert document["usage"]["input_tokens_details"] == {"cached_tokens": 3}


def test_vllm__lets_more_be_said_than_may_be_where_the_end_is_ignored() -> None:
    for more in ({"ignore_eos": True}, {"min_tokens": 5}):
        assert parsed(registry.CHAT_DIALECTS["vllm"], max_tokens=5, **more).min_tokens == 6


def test_azure__takes_its_own_fields() -> None:
    own: dict[str, Any] = {"data_sources": [], "user_security_context": {}}
    assert parsed(AZURE, route={"deployment": "d", "api-version": "2024-10-21"}, **own).body.keys() >= own.keys()


KINDS = {
    "text": Choice(text="Hi.", finish_reason="stop"),
    "thought": Choice(text="Hi.", reasoning="Hm", finish_reason="stop"),
    "refusal": Choice(refusal="No.", finish_reason="stop"),
    "call": Choice(tool_calls=(ToolCall("add", "{}"),), finish_reason="tool_calls"),
    "thought and calls": replace(ANSWER.choices[0], tool_calls=(ToolCall("add", "{}"), ToolCall("add", '{"a": 1}'))),
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DIALECTS)
def test_answer__is_accepted_when_it_is_sent_back(name: str, kind: str, streamed: bool) -> None:
    document, chunks = both(name, Reply((KINDS[kind],), created=0, serial="s", usage=Usage(1, 1)), tools=[TOOL])
    chunks = [{key: value for key, value in chunk.items() if key not in ASIDE} for chunk in chunks if chunk["choices"]]
    message = (fold(chunks) if streamed else document)["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "3"} for call in message.get("tool_calls") or ()]
    said = parsed(registry.CHAT_DIALECTS[name], messages=[*HI, message, *(results or HI)], tools=[TOOL])
    assert [call.arguments for call in said.messages[1].tool_calls] == [
        call.arguments for call in KINDS[kind].tool_calls
    ]


ASIDE = ("usage", "p", "x_groq", "service_tier", "prompt_filter_results")


VERBATIM = script(
    rules(
        """
        - reply:
            body:
              {id: chatcmpl-1, object: chat.completion, created: 5, usage: {prompt_tokens: 1, completion_tokens: 2},
               choices: [{message: {role: assistant, content: Said.}, finish_reason: stop}]}
        """
    )
)


@pytest.mark.parametrize("name", DIALECTS)
def test_verbatim__is_said_in_the_dialect_s_shape(name: str) -> None:
    wire = registry.CHAT_DIALECTS[name]
    prompt = parsed(wire)
    answer = VERBATIM.rules[0].answers[0](prompt)
    assert isinstance(answer, Reply)
    document = wire.document(answer, prompt)
    assert document["choices"][0]["message"]["content"] == "Said."
    assert (document["model"], document["usage"]["total_tokens"], document["created"]) == (prompt.model, 3, 5)


OWN: dict[str, Any] = {
    "cerebras": {"clear_thinking": True, "service_tier": "auto"},
    "gemini": {"cached_content": "c", "extra_body": {}},
    "groq": {"reasoning_format": "parsed", "service_tier": "on_demand", "reasoning_effort": "default"},
    "mistral": {"random_seed": 1, "safe_prompt": True},
    "vllm": {"top_k": 5, "ignore_eos": False, "max_tokens": 9, "max_completion_tokens": 9},
}
THOUGHT: dict[str, Any] = {"cerebras": {"reasoning": "c"}, "groq": {"reasoning": "c"}, "mistral": {"prefix": False}}


@pytest.mark.parametrize("name", [name for name in DIALECTS if name != "azure"])
def test_parameters__of_their_own_are_taken_and_openai_s_are_checked(name: str) -> None:
    wire = registry.CHAT_DIALECTS[name]
    more = OWN.get(name, {"top_k": 5, "thinking": {"type": "enabled"}})
    said = {"role": "assistant", "content": "a"} | THOUGHT.get(name, {"reasoning_content": "b", "reasoning": "c"})
    forced = "any" if name == "mistral" else "required"
    prompt = parsed(wire, messages=[*HI, said, *HI], tools=[TOOL], tool_choice=forced, **more)
    assert prompt.tool_choice.mode == ("auto" if name == "ollama" else "required")
    with pytest.raises(RequestError, match=r"temperature|greater than or equal|Invalid API parameter"):
        parsed(wire, temperature="hot" if name == "ollama" else -1)


@pytest.mark.parametrize(
    ("body", "effort"),
    [
        ({}, None),
        ({"thinking": {"type": "enabled"}}, "medium"),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"reasoning": {"effort": "high"}}, "high"),
        ({"reasoning": {"max_tokens": 9}}, "medium"),
        ({"reasoning": {"enabled": False}}, "none"),
        ({"reasoning_effort": "low", "thinking": {"type": "enabled"}}, "low"),
    ],
)
def test_thinking__is_asked_for_in_several_ways(body: dict[str, Any], effort: str | None) -> None:
    assert parsed(registry.CHAT_DIALECTS["deepseek"], **body).reasoning_effort == effort


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        ("m a b A B m", None),
        ("m a A m b B", None),
        ("m a m b A B m", "a"),
        ("a b A m B", "b"),
        ("a b B", "a"),
        ("A m", None),
    ],
)
def test_deepseek__refuses_a_call_that_a_message_parts_from_its_output(kinds: str, left: str | None) -> None:
    """`a` is a call, `A` its output, `m` a message."""
    made: dict[str, Any] = {
        "m": {"role": "user", "content": "Hi"},
        **{call: {"type": "function_call", "call_id": call, "name": "f", "arguments": "{}"} for call in "ab"},
        **{call.upper(): {"type": "function_call_output", "call_id": call, "output": "x"} for call in "ab"},
    }
    body = {"model": "m", "input": [made[kind] for kind in kinds.split()]}
    refused = None
    try:
        DeepSeek().check_response(body)
    except RequestError as exc:
        refused = exc.message
    assert refused == (left and f"No tool output found for tool call {left}.")


def test_deepseek__gives_every_refusal_the_same_code() -> None:
    deepseek = DeepSeek()
    told = deepseek.adapt_error(RequestError("No tool call found for function call output.", param="input"))
    assert (told.message[:18], told.code, told.param) == ("No tool call found", "invalid_request_error", None)
    of_a_script = RequestError("Mine", param="input")
    of_a_script.given = ("param",)
    assert deepseek.adapt_error(of_a_script) is of_a_script


ERRORS = {
    "cerebras": {"message": "M", "type": "server_error", "param": None, "code": "service_unavailable"},
    "cohere": {"message": "M"},
    "deepseek": {"error": {"message": "M", "type": "server_error", "param": None, "code": "service_unavailable"}},
    "openrouter": {
        "error": {
            "message": "M",
            "code": 503,
            "metadata": {"raw": "service_unavailable", "provider_name": "Mock", "is_byok": False},
        },
        "user_id": "user_mock",
    },
    "mistral": {
        "object": "error",
        "message": "M",
        "type": "server_error",
        "param": None,
        "code": "service_unavailable",
        "raw_status_code": 503,
    },
    "groq": {"error": {"message": "M", "type": "server_error", "code": "service_unavailable"}},
    "moonshot": {"error": {"message": "M", "type": "server_error"}},
    "together": {"error": {"message": "M", "type": "server_error", "param": None, "code": "service_unavailable"}},
    "vertex": {"error": {"code": 503, "message": "M", "status": "UNAVAILABLE"}},
    "zai": {"error": {"code": "service_unavailable", "message": "M"}},
    "ollama": {"error": {"message": "M", "type": "api_error", "param": None, "code": None}},
    "vllm": {"error": {"message": "M", "type": "ServiceUnavailableError", "param": None, "code": 503}},
    "gemini": {"error": {"code": 503, "message": "M", "status": "UNAVAILABLE"}},
    "xai": {"code": "service_unavailable", "error": "M"},
    "azure": {"error": {"message": "M", "type": "server_error", "param": None, "code": "service_unavailable"}},
}


@pytest.mark.parametrize("name", DIALECTS)
def test_errors__have_the_dialect_s_envelope(name: str) -> None:
    assert registry.CHAT_DIALECTS[name].error(plain(503, {"message": "M"})(Prompt())) == ERRORS[name]


def test_errors__of_a_place_and_of_load_are_told_in_their_own_shapes() -> None:
    lost, loaded = (RequestError("Mine", status=status, facts={}) for status in (404, 503))
    assert AZURE.error(lost) == {"error": {"code": "404", "message": "Resource not found"}}
    assert registry.CHAT_DIALECTS["mistral"].error(loaded)["message"] == "Mine"


def test_errors__of_openrouter_name_no_user_where_the_key_is_wrong() -> None:
    wrong = RequestError("Missing Authentication header", status=401)
    assert OpenRouter().error(wrong) == {"error": {"message": "Missing Authentication header", "code": 401}}


def test_errors__of_azure_have_its_words() -> None:
    words = {status: AZURE.error(plain(status, {})(Prompt()))["error"] for status in (401, 404, 429)}
    assert {status: error["code"] for status, error in words.items()} == {
        401: "401",
        404: "DeploymentNotFound",
        429: "429",
    }
    assert {status: error.get("type") for status, error in words.items()} == {
        **dict.fromkeys((401, 429)),
        404: "invalid_request_error",
    }
    blocked = AZURE.error(plain(400, {"code": "content_filter"})(Prompt()))["error"]
    assert (blocked["code"], blocked["param"], blocked["type"]) == ("content_filter", "prompt", None)
    assert blocked["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    found = blocked["innererror"]["content_filter_result"]
    assert found["violence"]["filtered"]
    assert [*found] == ["hate", "jailbreak", "self_harm", "sexual", "violence"]  # Mirascope/mirascope's recordings


SCRIPT = """
version: 1
defaults: {keys: [secret]}
rules:
- {match: {last_user: down}, error: 500}
- {match: {last_user: busy}, error: 429}
- {match: {last_user: once}, times: 1, error: {status: 503, retry_after_ms: 1}}
- {match: {last_user: again}, times: 1, error: {status: 503, retry_after_ms: 1}}
- {match: {last_user: block}, error: {status: 400, code: content_filter}}
- {match: {last_user: broken}, fault: {error_object: {after_tokens: 1}}, reply: One two three.}
- {match: {tool_result: {name: add}}, reply: It is three.}
- {match: {tools: add}, reply: {tool_calls: {name: add, arguments: {a: 1}}}}
- {match: {response_format: json_schema}, reply: {json: {a: 1}}}
- {match: {dialect: [azure, groq], last_user: who}, reply: '{{ prompt.address.dialect }}'}
- {match: {format: embeddings}, reply: {embedding: [0.5]}}
- reply: {reasoning: Let me think., text: I thought.}
"""


@pytest.fixture(scope="module")
def azure(live: LiveServer) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(
        azure_endpoint=live.url, api_key="secret", api_version="2024-10-21", max_retries=0
    ) as client:
        yield client


def asked(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_azure_sdk__chats_calls_and_embeds(azure: openai.AzureOpenAI) -> None:
    raw = azure.chat.completions.with_raw_response.create(model="mine", messages=HI)
    answer = raw.parse()
    assert (answer.choices[0].message.content, answer.model) == ("I thought.", "mine")
    assert raw.headers["apim-request-id"] == raw.headers["x-request-id"]
    chunks = list(azure.chat.completions.create(model="mine", messages=HI, stream=True))
    assert chunks[0].choices == []
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[1:]) == "I thought."
    called: Any = azure.chat.completions.create(model="mine", messages=HI, tools=[TOOL]).choices[0].message
    assert called.tool_calls
    result: Any = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "3"}
    after = azure.chat.completions.create(model="mine", messages=[*HI, called, result], tools=[TOOL])
    assert after.choices[0].message.content == "It is three."
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    shaped = azure.chat.completions.create(model="mine", messages=HI, response_format=form)
    assert json.loads(shaped.choices[0].message.content or "") == {"a": 1}
    assert azure.completions.create(model="mine", prompt="Hi").choices[0].text == "I thought."
    assert azure.embeddings.create(model="mine", input="Hi", encoding_format="float").data[0].embedding == [0.5]


def test_azure_sdk__errors_faults_and_retries(azure: openai.AzureOpenAI, live: LiveServer) -> None:
    def ask(text: str, **options: Any) -> Any:
        return azure.with_options(**options).chat.completions.create(model="mine", messages=asked(text))

    with pytest.raises(openai.BadRequestError) as blocked:
        ask("block")
    assert blocked.value.code == "content_filter"
    body: Any = blocked.value.body
    assert body["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    with pytest.raises(openai.AuthenticationError, match="invalid subscription key"):
        ask("Hi", api_key="wrong")
    with pytest.raises(openai.RateLimitError):
        ask("busy")
    with pytest.raises(openai.InternalServerError):
        ask("down")
    with pytest.raises(openai.APIError):
        list(azure.chat.completions.create(model="mine", messages=asked("broken"), stream=True))
    assert ask("once", max_retries=1).choices[0].message.content == "I thought."
    with httpx.Client(base_url=live.url, headers={"api-key": "secret"}) as http:
        missing = http.post("/openai/deployments/mine/chat/completions", json={"messages": HI})
        assert (missing.status_code, missing.json()["error"]["message"]) == (404, "Resource not found")
        assert http.post("/openai/v1/chat/completions", json={"model": "m", "messages": HI}).json()["model"] == "m"
        who = {"model": "m", "messages": asked("who")}
        for place, name in (("/openai/v1", "azure"), ("/groq/openai/v1", "groq"), ("/ns/other/groq/openai/v1", "groq")):
            said = http.post(f"{place}/chat/completions", json=who).json()
            assert said["choices"][0]["message"]["content"] == name
        commented = http.post(
            "/openrouter/api/v1/chat/completions", json=who | {"stream": True}, headers={"X-Mock-Fault": "comments"}
        )
        assert commented.text.startswith(": OPENROUTER PROCESSING\n\ndata: ")
        assert http.get("/openai/v1/models").json()["object"] == "list"
        assert "error" in http.get("/openai/none").json()


PREFIXES = {
    "cerebras": ("cerebras", "/cerebras/v1"),
    "deepseek": ("deepseek", "/deepseek"),
    "openrouter": ("openrouter", "/openrouter/api/v1"),
    "mistral": ("mistral", "/mistral/v1"),
    "groq": ("groq", "/groq/openai/v1"),
    "moonshot": ("moonshot", "/moonshot/v1"),
    "together": ("together_ai", "/together/v1"),
    "ollama": ("openai", "/ollama/v1"),
    "vllm": ("hosted_vllm", "/vllm/v1"),
    "xai": ("xai", "/xai/v1"),
    "zai": ("zai", "/zai/api/paas/v4"),
    "gemini": ("openai", "/v1beta/openai"),
}


@LITELLM_WARNS
@pytest.mark.parametrize("name", PREFIXES)
def test_litellm__hears_the_thoughts(live: LiveServer, name: str) -> None:
    provider, place = PREFIXES[name]
    common = {"model": f"{provider}/m", "messages": HI, "api_base": live.url + place, "api_key": "secret"}
    message = lite.load().completion(**common).choices[0].message
    thought = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    told = "" if name == "gemini" else "Let me think."  # Google's own shape tells no thoughts under OpenAI's
    assert (thought or "", message.content) == (told, "I thought.")
    chunks = lite.load().completion(**common, stream=True)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == told
    assert "".join(delta.content or "" for delta in deltas) == "I thought."


@pytest.mark.parametrize("name", ["openrouter", "groq", "xai", "vllm"])
def test_responses__are_told_an_error_without_a_chunk_of_chat(live: LiveServer, name: str) -> None:
    asked = {"model": "m", "input": "broken", "stream": True}
    key = {"Authorization": "Bearer secret"}
    said = httpx.post(f"{live.url}{PREFIXES[name][1]}/responses", json=asked, headers=key).text
    told = [json.loads(line.removeprefix("data: ")) for line in said.splitlines() if line.startswith("data: {")]
    assert told[-2]["type"] == "response.output_text.delta"
    assert told[-1].keys() <= {"error", "code"}


@pytest.mark.parametrize("name", PREFIXES)
def test_openai_sdk__reads_the_dialect(live: LiveServer, name: str) -> None:
    with openai.OpenAI(base_url=live.url + PREFIXES[name][1], api_key="secret", max_retries=0) as client:
        chunks = list(client.chat.completions.create(model="m", messages=HI, tools=[TOOL], stream=True))
        assert chunks[-1].model == "m"
        folded = fold([chunk.model_dump(exclude_unset=True, exclude={"x_groq", "p"}) for chunk in chunks])
        assert folded["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"a":1}'}
        assert client.embeddings.create(model="m", input="a", encoding_format="float").data[0].embedding == [0.5]
        if name != "together":  # whose list has no object around it, which this SDK cannot read
            assert client.models.list().data


def test_groq_sdk__reads_everything_strictly(live: LiveServer) -> None:
    with groq.Groq(
        base_url=f"{live.url}/groq", api_key="secret", max_retries=1, _strict_response_validation=True
    ) as client:
        answer = client.chat.completions.create(model="m", messages=HI)
        assert (answer.choices[0].message.content, answer.choices[0].message.reasoning) == (
            "I thought.",
            "Let me think.",
        )
        chunks = list(client.chat.completions.create(model="m", messages=HI, stream=True))
        assert "".join(chunk.choices[0].delta.reasoning or "" for chunk in chunks) == "Let me think."
        assert chunks[-1].x_groq
        assert chunks[-1].x_groq.usage
        assert answer.usage
        assert chunks[-1].x_groq.usage.total_tokens == answer.usage.total_tokens
        with pytest.raises(groq.RateLimitError):
            client.with_options(max_retries=0).chat.completions.create(model="m", messages=asked("busy"))
        with pytest.raises(groq.AuthenticationError):
            client.with_options(api_key="wrong").chat.completions.create(model="m", messages=HI)
        again = client.chat.completions.create(model="m", messages=asked("again"))
        assert again.choices[0].message.content == "I thought."


def test_mistral_sdk__reads_everything(live: LiveServer) -> None:
    with mistralai.client.Mistral(server_url=f"{live.url}/mistral", api_key="secret") as client:
        thinking, text = client.chat.complete(model="m", messages=HI).choices[0].message.content
        assert (thinking.thinking[0].text, text.text) == ("Let me think.", "I thought.")
        deltas = [event.data.choices[0].delta.content for event in client.chat.stream(model="m", messages=HI)]
        assert [delta[1].text for delta in deltas if isinstance(delta, list) and delta[1:]] == ["I"]
        assert "".join(delta for delta in deltas if isinstance(delta, str)) == " thought."
        called: Any = client.chat.complete(model="m", messages=HI, tools=[TOOL], tool_choice="any").choices[0].message
        result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "name": "add", "content": "3"}
        after: Any = client.chat.complete(model="m", messages=[*HI, called, result], tools=[TOOL])
        assert after.choices[0].message.content == "It is three."
        streamed = [event.data.choices[0].delta for event in client.chat.stream(model="m", messages=HI, tools=[TOOL])]
        assert [delta.tool_calls[0].function.name for delta in streamed if delta.tool_calls] == ["add"]
        assert client.embeddings.create(model="m", inputs=["a"], output_dimension=8).data[0].embedding == [0.5]
        for kind, vector in ("int8", [64]), ("uint8", [192]), ("ubinary", [128]), ("binary", [0]), ("float", [0.5]):
            embedded = client.embeddings.create(model="m", inputs=["a"], output_dtype=kind)
            assert embedded.data[0].embedding == vector
        body = {"model": "m", "input": ["a"], "output_dtype": "int4"}
        refused = httpx.post(f"{live.url}/mistral/v1/embeddings", json=body, headers={"authorization": "Bearer secret"})
        assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "output_dtype"])
        filled = client.fim.complete(model="codestral-latest", prompt="def f(a):", suffix="return b")
        assert filled.choices[0].message.content[-1].text == "I thought."
        with client.fim.stream(model="codestral-latest", prompt="def f(a):") as events:
            said = [event.data.choices[0].delta.content for event in events]
        assert "".join(each for each in said if isinstance(each, str)) == " thought."
        with pytest.raises(mistralai.client.errors.MistralError) as wrong:
            client.chat.complete(model="m", messages=HI, temperature=9)
        assert wrong.value.status_code == 422
        assert json.loads(wrong.value.body)["detail"][0]["loc"] == ["body", "temperature"]


def test_mistral__fills_in_the_middle() -> None:
    wire = FillInTheMiddle(Mistral())
    asked = {
        "model": "codestral-latest",
        "prompt": "def add(a, b):",
        "suffix": "return c",
        "stop": "\n",
        "max_tokens": 9,
    }
    prompt = wire.parse(orjson.dumps(asked), {}, validate=True)
    assert (prompt.last_user, prompt.stop, prompt.max_tokens) == ("def add(a, b):", ("\n",), 9)
    assert prompt_tokens(prompt) > prompt_tokens(replace(prompt, raw_input=asked["prompt"]))
    told = wire.document(Reply((Choice("c = a + b"),)), prompt)
    assert list(told) == ["id", "created", "model", "usage", "object", "choices"]
    assert told["choices"][0]["message"] == {"role": "assistant", "tool_calls": None, "content": "c = a + b"}
    for wrong, place in ({"model": "m"}, "prompt"), ({**asked, "temperature": 2}, "temperature"):
        with pytest.raises(RequestError) as raised:
            wire.parse(orjson.dumps(wrong), {}, validate=True)
        assert wire.error(raised.value)["detail"][0]["loc"] == ["body", place]


def test_script__chooses_the_dialect_for_the_usual_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("chosen") / "script.yaml"
    file.write_text("version: 1\ndefaults: {dialect: vllm}\nrules: [{reply: {reasoning: Hm., text: Hi.}}]\n")
    with LiveServer() as server, httpx.Client(base_url=server.url) as http:
        answer = http.post("/openai/v1/chat/completions", json={"model": "m", "messages": HI})
        assert answer.headers["apim-request-id"] == answer.headers["x-request-id"]
        assert answer.json()["prompt_filter_results"]
    with LiveServer(MOCK_SCRIPT=str(file)) as server, httpx.Client(base_url=server.url) as http:
        answer = http.post("/v1/chat/completions", json={"model": "m", "messages": HI}).json()
        assert answer["choices"][0]["message"]["reasoning"] == "Hm."
        wrong = http.post("/v1/chat/completions", json={"model": "m", "messages": 1}).json()
        assert wrong["error"]["type"] == "Bad Request"


def test_embeddings__name_the_model_and_count_as_the_vendor_does() -> None:
    def embedded(wire: Embeddings, model: str, **route: str) -> dict[str, Any]:
        body = orjson.dumps({"model": model, "input": "Hello"})
        prompt = wire.parse(body, {}, validate=False, route=route)
        return wire.document(Reply((), usage=Usage(3, 0), serial="s"), prompt)

    assert embedded(Embeddings(OpenRouter()), "openai/text-embedding-3-small")["model"] == "text-embedding-3-small"
    ours, theirs = (embedded(AzureEmbeddings(), name) for name in ("text-embedding-3-small", "Cohere-embed-v3-english"))
    assert list(ours) == ["object", "data", "model", "usage"]
    assert list(theirs) == ["id", "object", "data", "model", "usage"]
    assert list(theirs["data"][0]) == ["index", "object", "embedding"]
    assert list(theirs["usage"].items()) == [("prompt_tokens", 3), ("completion_tokens", 0), ("total_tokens", 3)]


def test_flat_error__of_xai_is_its_whole_document() -> None:
    document = {"code": "internal", "error": "The server failed."}
    failure = StreamFailure(RequestError("The server failed."), name="error", flat=True)
    assert orjson.loads(failure.event(document).data) == document
    assert orjson.loads(failure.event({"error": document}).data) == document


@pytest.mark.parametrize(("model", "timed"), [("gpt-5.2", True), ("gpt-4.1-mini", False)])
def test_azure__tells_how_long_newer_models_took(model: str, timed: bool) -> None:
    """In the usage, and beside that of a stream, as gpt-5-nano and gpt-5.2 from June to August 2026."""
    document, _ = both("azure", model=model)
    wire = registry.CHAT_DIALECTS["azure"]
    asked = parsed(wire, model=model, stream=True, stream_options={"include_usage": True})
    chunks = events(b"".join(wire.framing(asked).frames(wire.events(ANSWER, asked))))
    assert (document.get("service_tier"), "latency_checkpoint" in document["usage"]) == (
        ("default" if timed else None),
        timed,
    )
    assert ("latency_checkpoint" in chunks[-1], "latency_checkpoint" in chunks[-1]["usage"]) == (timed, False)
    assert [*document] == sorted(document) and [*document["usage"]] == sorted(document["usage"])
    assert all(chunk.get("service_tier") == document.get("service_tier") for chunk in chunks[1:])
