"""The keys of chat completions and their order, by vendor and by model, as they were recorded up to August 2026."""

from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.wire.dialects.azure import AzureModels
from completions.wire.dialects.groq import Groq
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.xai import XAI
from completions.wire.openai.base import OPENAI, Dialect
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.legacy import LegacyCompletions

JSON = dict[str, Any]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SAID, CALLED = Choice("Hi", "stop"), Choice(finish_reason="tool_calls", tool_calls=(ToolCall("look", "{}"),))
USAGE = Usage(30, 20, audio_tokens=5, completion_audio_tokens=4)


def asked(wire: ChatCompletions, **more: Any) -> Any:
    """Return a prompt."""
    body = {"messages": [{"role": "user", "content": "Hello"}], "tools": [TOOL], **more}
    return wire.parse(orjson.dumps(body), {}, validate=False)


def answer(model: str, choice: Choice = SAID, dialect: Dialect = OPENAI) -> JSON:
    """Return a whole answer."""
    wire = ChatCompletions(dialect)
    return wire.document(Reply((choice,), created=5, model=model, usage=USAGE, serial="s"), asked(wire, model=model))


def chunks(model: str, choice: Choice = SAID, dialect: Dialect = OPENAI) -> list[JSON]:
    """Return the chunks of a stream."""
    wire = ChatCompletions(dialect)
    prompt = asked(wire, model=model, stream=True, stream_options={"include_usage": True})
    events = wire.events(Reply((choice,), created=5, model=model, usage=USAGE, serial="s"), prompt)
    return [orjson.loads(event.data) for event in events if event.data != b"[DONE]"]


@pytest.mark.parametrize(
    ("model", "has_logprobs", "fingerprint"),
    [
        ("gpt-4o", True, "fp_"),
        ("gpt-4.1-nano-2025-04-14", True, "fp_"),
        ("gpt-3.5-turbo-0125", True, None),
        ("gpt-4", True, None),
        ("gpt-4-0613", True, None),
        ("gpt-4-turbo", True, "fp_"),
        ("gpt-5-chat-latest", True, None),
        ("gpt-5-mini", False, None),
        ("gpt-5.6-sol", False, None),
        ("o3-mini", False, "fp_"),
        ("o4-mini-2025-04-16", False, None),
        ("gpt-audio-mini", False, "fp_"),
        ("gpt-4o-mini-search-preview", False, ""),
    ],
)
def test_model__tells_what_it_tells(model: str, has_logprobs: bool, fingerprint: str | None) -> None:
    whole, streamed = answer(model), chunks(model)
    choices = [each for document in (whole, *streamed) for each in document["choices"]]
    assert {"logprobs" in choice for choice in choices} == {has_logprobs}
    for document in (whole, *streamed):
        told = document["system_fingerprint"]
        assert told.startswith(fingerprint) if fingerprint else told == fingerprint
        assert ("service_tier" in document) is ("search" not in model)


@pytest.mark.parametrize(
    ("model", "asked", "said"),
    [
        ("gpt-4o", {"cached_tokens": 0, "audio_tokens": 5}, {}),
        ("gpt-5.6-sol", {"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 5}, {}),
        (
            "gpt-audio-mini",
            {"cached_tokens": 0, "audio_tokens": 5, "text_tokens": 25, "image_tokens": 0},
            {"text_tokens": 16},
        ),
    ],
)
def test_usage__has_the_details_of_the_model(model: str, asked: JSON, said: JSON) -> None:
    usage = answer(model)["usage"]
    usual = ["reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"]
    assert list(usage["prompt_tokens_details"].items()) == list(asked.items())
    assert list(usage["completion_tokens_details"]) == [*usual, *said]
    assert said.items() <= usage["completion_tokens_details"].items()


def test_usage__with_images_tells_nothing_of_what_was_written_to_a_cache() -> None:
    parts = [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]
    wire = ChatCompletions()
    prompt = asked(wire, model="gpt-5.6-luna", messages=[{"role": "user", "content": parts}])
    usage = wire.document(Reply((SAID,), usage=USAGE, serial="s"), prompt)["usage"]
    assert list(usage["prompt_tokens_details"]) == ["cached_tokens", "audio_tokens"]


def test_padding__is_in_every_chunk_and_that_of_the_usage() -> None:
    told = chunks("gpt-4o")
    assert told[-1]["choices"] == [] and all(chunk["obfuscation"] for chunk in told)


def test_call__stands_before_the_refusal() -> None:
    message = answer("gpt-4o", CALLED)["choices"][0]["message"]
    assert list(message) == ["role", "content", "tool_calls", "refusal", "annotations"]
    assert list(chunks("gpt-4o", CALLED)[0]["choices"][0]["delta"]) == ["role", "content", "tool_calls", "refusal"]


def test_verbatim_document__keeps_its_keys_whatever_the_model() -> None:
    body = {"id": "a", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "logprobs": None}]}
    wire = ChatCompletions()
    reply, prompt = Reply((SAID,), body=body, serial="s"), asked(wire, model="gpt-5", stream=True)
    told = [orjson.loads(event.data) for event in wire.events(reply, prompt) if event.data != b"[DONE]"]
    assert wire.document(reply, prompt) == body
    assert all("logprobs" in choice for chunk in told for choice in chunk["choices"])


WHOLE = {
    "mistral": (
        Mistral(),
        ["id", "created", "model", "usage", "object", "choices"],
        ["index", "finish_reason", "message"],
        ["role", "tool_calls", "content"],
        ["id", "type", "function", "index"],
        ["prompt_tokens", "total_tokens", "completion_tokens", "prompt_tokens_details", "service_tier"],
    ),
    "openrouter": (
        OpenRouter(),
        [
            *("id", "object", "created", "model", "provider", "system_fingerprint", "service_tier"),
            *("choices", "usage"),
        ],
        ["index", "logprobs", "finish_reason", "native_finish_reason", "message"],
        ["role", "content", "refusal", "reasoning", "tool_calls"],
        ["type", "index", "id", "function"],
        [
            *("prompt_tokens", "completion_tokens", "total_tokens", "cost", "is_byok", "prompt_tokens_details"),
            *("cost_details", "completion_tokens_details"),
        ],
    ),
    "xai": (
        XAI(),
        ["id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier"],
        ["index", "message", "finish_reason"],
        ["role", "content", "tool_calls", "refusal"],
        ["id", "function", "type"],
        [
            *("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details"),
            *("completion_tokens_details", "num_sources_used", "cost_in_usd_ticks"),
        ],
    ),
    "azure models": (
        AzureModels(),
        ["id", "model", "choices", "usage", "created", "object", "prompt_filter_results"],
        ["index", "message", "finish_reason"],
        ["role", "content", "tool_calls"],
        ["id", "index", "type", "function"],
        [
            *("prompt_tokens", "completion_tokens", "total_tokens", "audio_prompt_tokens", "prompt_tokens_details"),
            *("completion_tokens_details", "num_sources_used"),
        ],
    ),
}
"""By vendor: the keys of an answer, its choice, its message, a call, and the usage."""


@pytest.mark.parametrize("name", WHOLE)
def test_answer__has_the_keys_of_its_api_in_their_order(name: str) -> None:
    dialect, top, of_choice, of_message, of_call, of_usage = WHOLE[name]
    told = answer("a-model", CALLED, dialect)
    choice = told["choices"][0]
    assert list(told) == top
    assert list(choice) == of_choice
    assert list(choice["message"]) == of_message
    assert list(choice["message"]["tool_calls"][0]) == of_call
    assert list(told["usage"]) == of_usage


def test_model_of_openai__answers_at_azure_s_models_as_in_a_deployment() -> None:
    told, streamed = answer("gpt-5-nano", dialect=AzureModels()), chunks("gpt-5-nano", dialect=AzureModels())
    assert told["id"].startswith("chatcmpl-") and told["prompt_filter_results"]
    assert streamed[0]["choices"] == [] and streamed[0]["prompt_filter_results"]


def test_compound_system__tells_no_seed() -> None:
    assert list(answer("llama-3.3-70b-versatile", dialect=Groq())["x_groq"]) == ["id", "seed"]
    assert list(answer("groq/compound", dialect=Groq())["x_groq"]) == ["id"]


def test_usage_of_groq__has_a_time_after_each_count() -> None:
    assert list(answer("llama-3.3-70b-versatile", dialect=Groq())["usage"]) == [
        *("queue_time", "prompt_tokens", "prompt_time", "completion_tokens", "completion_time"),
        *("total_tokens", "total_time"),
    ]


@pytest.mark.parametrize(
    ("model", "tier"), [("openai/gpt-5-mini", "default"), ("google/gemini-2.5-flash", "default"), ("qwen/qwen3", None)]
)
def test_openrouter__tells_the_tier_that_the_maker_tells(model: str, tier: str | None) -> None:
    assert answer(model, dialect=OpenRouter())["service_tier"] == tier
    assert chunks(model, dialect=OpenRouter())[-1]["service_tier"] == tier


def test_openrouter__tells_the_fingerprint_of_gpt_4o_alone() -> None:
    told = answer("openai/gpt-4o-mini", dialect=OpenRouter())
    streamed = chunks("openai/gpt-4o-mini", dialect=OpenRouter())
    assert told["system_fingerprint"].startswith("fp_")
    assert all(chunk["system_fingerprint"] == told["system_fingerprint"] for chunk in streamed)
    assert "system_fingerprint" not in chunks("openai/gpt-5-mini", dialect=OpenRouter())[0]


@pytest.mark.parametrize(
    ("model", "stop", "calls", "length"),
    [
        ("anthropic/claude-sonnet-4.6", "end_turn", "tool_use", "max_tokens"),
        ("google/gemini-2.5-flash", "STOP", "STOP", "MAX_TOKENS"),
        ("openai/gpt-5-mini", "completed", "completed", "max_output_tokens"),
        ("openai/gpt-4o-mini", "stop", "tool_calls", "length"),
        ("qwen/qwen3-30b-a3b", "stop", "tool_calls", "length"),
    ],
)
def test_openrouter__tells_the_maker_s_finish_reason(model: str, stop: str, calls: str, length: str) -> None:
    for choice, reason in ((SAID, stop), (CALLED, calls), (Choice("Hi", "length"), length)):
        last = chunks(model, choice, OpenRouter())[-1]["choices"][0]
        assert answer(model, choice, OpenRouter())["choices"][0]["native_finish_reason"] == reason
        assert list(last) == ["index", "delta", "finish_reason", "native_finish_reason"]
        assert last["native_finish_reason"] == reason


@pytest.mark.parametrize(("stream_options", "at"), [(None, 3), ({"include_usage": True}, 4)])
def test_legacy__has_the_choices_before_the_model_where_no_usage_is_asked_for(stream_options: Any, at: int) -> None:
    wire = LegacyCompletions()
    body = {"model": "davinci-002", "prompt": "Hi", "stream": True, "stream_options": stream_options}
    prompt = wire.parse(orjson.dumps(body), {}, validate=False)
    events = wire.events(Reply((SAID,), created=5, usage=USAGE, serial="s"), prompt)
    found = [[*orjson.loads(event.data)] for event in events if event.data != b"[DONE]"]
    assert {keys.index("choices") for keys in found} == {at} and len(found) > 1


@pytest.mark.parametrize(
    ("model", "last"), [("text-embedding-ada-002", "embedding"), ("text-embedding-3-small", "index")]
)
def test_embeddings__have_their_index_first_of_the_first_model(model: str, last: str) -> None:
    wire = Embeddings()
    prompt = wire.parse(orjson.dumps({"model": model, "input": "Hi"}), {}, validate=False)
    (found,) = wire.document(Reply((Choice(),), serial="s"), prompt)["data"]
    assert next(iter(found)) == "object" and [*found][-1] == last


def test_calls__are_taken_with_what_the_sdk_has_parsed_of_them() -> None:
    function = {"name": "look", "arguments": "{}", "parsed_arguments": None}
    said = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]}
    messages = [{"role": "user", "content": "Hi"}, said, {"role": "tool", "tool_call_id": "c", "content": "1"}]
    body = orjson.dumps({"model": "gpt-4o", "messages": messages})
    assert ChatCompletions().parse(body, {}, validate=True).messages[1].tool_calls[0].name == "look"
