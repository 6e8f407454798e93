"""What is refused because of the model: each row of the tables, in the API's words; and what is taken."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.resolve.models import check_model
from completions.script.reply.answers import NAMED_ANSWERS
from completions.script.rules import Script
from completions.tokens.capabilities import FEATURES, QUIRKS, capabilities, is_known
from completions.tokens.families import FAMILIES
from completions.wire import registry
from completions.wire.base import NO_ROUTE, WireFormat
from completions.wire.bedrock.converse import Converse
from completions.wire.cohere.chat import CohereChat
from completions.wire.cohere.v1_chat import CohereChatV1
from completions.wire.dialects.xai import XAI
from completions.wire.gemini.generate import Gemini
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.images import Images
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.moderations import Moderations
from completions.wire.openai.responses.format import Responses
from completions.wire.openai.speech import Speech
from completions.wire.refusals import BUDGET, EFFORT, FORMAT, OUTPUT

CHAT, RESPONSES, LEGACY, EMBEDDINGS = ChatCompletions(), Responses(), LegacyCompletions(), Embeddings()
REVISED = date(2026, 12, 1)
"""When the sources were looked through last; what was seen over a year before is looked up anew or dropped."""

OTHERS = (Images(), Speech(), Moderations(), Converse(), OllamaChat(), Gemini(), CohereChat())
FORMATS: tuple[WireFormat, ...] = (CHAT, RESPONSES, LEGACY, EMBEDDINGS, *OTHERS, *registry.CHAT_DIALECTS.values())

ANY = Script("any", (), NAMED_ANSWERS["auto"])
"""A script that lists no models."""

ALOUD = {"input": "x", "voice": "alloy"}
HELLO = {"messages": [{"role": "user", "content": "hello"}]}
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = {"tools": [{"type": "function", "function": {"name": "f", "parameters": CITY}}]}
TOOLS_OF_RESPONSES = {"tools": [{"type": "function", "name": "f", "parameters": CITY}]}
SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}}


def said(*parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "what?"}, *parts]}]}


def called(**thoughts: Any) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answered = {"role": "tool", "tool_call_id": "call_1", "content": "1"}
    return {"messages": [*HELLO["messages"], {"role": "assistant", "tool_calls": [call], **thoughts}, answered]}


UNRETURNED = "The `reasoning_content` in the thinking mode must be passed back to the API."
IMAGE = said({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}})
AUDIO = said({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})
SPOKEN = {"voice": "alloy", "format": "wav"}
ONLY_ONE = "does not support 0.2 with this model. Only the default (1) value is supported."
NO = "is not supported with this model."


def system(role: str) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": "Be brief."}, {"role": "user", "content": "hello"}]}


def refused(wire: WireFormat, body: Mapping[str, Any], route: Mapping[str, str] = NO_ROUTE) -> RequestError | None:
    """Return the error with which a request is refused, if it is."""
    data = orjson.dumps(body)
    try:
        check_model(wire.parse(data, {}, validate=True, route=route), wire, ANY)
    except RequestError as exc:
        return exc
    return None


SCREEN = {"environment": "browser", "display_width": 100, "display_height": 100}
UNCACHED = "prompt_cache_retention is not supported on this model"

CHAT_CASES: list[tuple[str, dict[str, Any], str, str | None, str | None]] = [
    ("gpt-5", {"temperature": 0.2}, f"Unsupported value: 'temperature' {ONLY_ONE}", "unsupported_value", "temperature"),
    ("gpt-5-mini-2025-08-07", {"top_p": 0.5}, f"Unsupported parameter: 'top_p' {NO}", "unsupported_parameter", "top_p"),
    ("o3", {"presence_penalty": 1}, f"'presence_penalty' {NO}", "unsupported_parameter", "presence_penalty"),
    ("o3", {"logprobs": True}, f"'logprobs' {NO}", "unsupported_parameter", "logprobs"),
    ("o4-mini", {"stop": "."}, f"'stop' {NO}", "unsupported_parameter", "stop"),
    ("o1", {"max_tokens": 9}, f"{NO} Use 'max_completion_tokens' instead.", "unsupported_parameter", "max_tokens"),
    (
        "gpt-4o",
        {"max_tokens": 20_480},
        "max_tokens is too large: 20480. This model supports at most 16384 completion tokens, whereas you provided 20",
        "invalid_value",
        "max_tokens",
    ),
    ("gpt-5.6-terra", {"max_completion_tokens": 131_072}, "too large: 131072. This", "invalid_value", "max_tokens"),
    ("gpt-5.6-terra", {"logit_bias": {"1": 1}}, f"'logit_bias' {NO}", "unsupported_parameter", "logit_bias"),
    (
        "gpt-5.6-terra",
        {"prediction": {"type": "content", "content": "a"}},
        f"'prediction' {NO}",
        "unsupported_parameter",
        "prediction",
    ),
    ("gpt-5.6-terra", {"modalities": ["text"]}, "Unknown parameter: 'modalities'.", "unknown_parameter", "modalities"),
    *(
        (model, {"prompt_cache_retention": "24h"}, UNCACHED, None, "prompt_cache_retention")
        for model in ("gpt-4o-mini", "gpt-4.1-mini-2025-04-14", "gpt-5-nano", "o4-mini", "gpt-3.5-turbo")
    ),
    *(
        (model, {"service_tier": "flex"}, "Flex is not available for this model.", None, "service_tier")
        for model in ("gpt-4o", "gpt-4.1", "gpt-3.5-turbo", "o1", "gpt-5-chat-latest")
    ),
    *(
        (
            model,
            {"verbosity": "low"},
            "Unsupported value: 'verbosity' does not support 'low' with this model. Supported values are: 'medium'.",
            "unsupported_value",
            "verbosity",
        )
        for model in ("gpt-5-chat-latest", "gpt-4o-mini", "gpt-4.1")
    ),
    (
        "gpt-audio",
        {"modalities": ["text", "audio"], "audio": SPOKEN, "stream": True},
        "Unsupported value: 'audio.format' does not support 'wav' when stream=true. Supported values are: 'pcm16'.",
        "unsupported_value",
        "audio.format",
    ),
    ("gpt-5.6-terra", {"n": 9}, "Expected a value <= 8, but got 9 instead.", "integer_above_max_value", "n"),
    (
        "gpt-5.6-terra",
        {"logprobs": True, "top_logprobs": 6, "reasoning_effort": "none"},
        "Invalid value for 'top_logprobs': must be less than or equal to 5.",
        None,
        "top_logprobs",
    ),
    (
        "gpt-5.6-terra",
        {"prompt_cache_retention": "in_memory"},
        "This model is compatible only with 24h extended prompt caching",
        None,
        "prompt_cache_retention",
    ),
    ("gpt-5.6-terra", {"web_search_options": {}}, "Unknown parameter", "unknown_parameter", "web_search_options"),
    ("gpt-5.6-terra", {"reasoning_effort": "max"}, "not support 'max'", "unsupported_value", "reasoning_effort"),
    ("gpt-5.6-terra", {"reasoning_effort": "vast"}, "not support 'vast'", "unsupported_value", "reasoning_effort"),
    ("gpt-audio", {"modalities": ["text"]}, "This model requires that either input content", "invalid_value", "model"),
    ("gpt-4o", {"web_search_options": {}}, "Web search options not supported", None, "web_search_options"),
    ("gpt-4o-search-preview", {"temperature": 0}, "incompatible request argument supplied: temperature", None, None),
    *(
        ("gpt-5-search-api", {name: value}, f"incompatible request argument supplied: {name}", None, None)
        for name, value in (("temperature", 1), ("top_p", 1), ("presence_penalty", 0), ("logprobs", True))
    ),
    ("gpt-5-search-api", {"verbosity": "low"}, "not support 'low' with this model", "unsupported_value", "verbosity"),
    *(
        (model, {name: value}, f"'{name}' {NO}", "unsupported_parameter", name)
        for model in ("gpt-5-search-api", "chat-latest")
        for name, value in (("stop", ["."]), ("logit_bias", {"5": 1}))
    ),
    (
        "o1-mini",
        system("developer"),
        "'messages[0].role' does not support 'developer' with this model.",
        "unsupported_value",
        "messages[0].role",
    ),
    (
        "o1-mini",
        system("system"),
        "'messages[0].role' does not support 'system' with this model.",
        "unsupported_value",
        "messages[0].role",
    ),
    *(
        (
            model,
            {"messages": [*HELLO["messages"], {"role": "function", "name": "f", "content": content}]},
            "Unsupported value: 'messages[1].role' does not support 'function' with this model.",
            "unsupported_value",
            "messages[1].role",
        )
        for model, content in (("gpt-5.6-terra", None), ("gpt-5", "23C"), ("o3-mini", "23C"))
    ),
    ("o1-mini", TOOLS, f"'tools' {NO}", "unsupported_parameter", "tools"),
    ("o1-mini", {"stop": ["."]}, f"'stop' {NO}", "unsupported_parameter", "stop"),
    (
        "o3-mini",
        {**TOOLS, "parallel_tool_calls": False},
        f"'parallel_tool_calls' {NO}",
        "unsupported_parameter",
        "parallel_tool_calls",
    ),
    ("gpt-4.1", {"reasoning_effort": "low"}, f"'reasoning_effort' {NO}", "unsupported_parameter", "reasoning_effort"),
    (
        "gpt-5.1",
        {"reasoning_effort": "minimal"},
        "does not support 'minimal' with this model. Supported values are: 'none', 'low', 'medium', and 'high'.",
        "unsupported_value",
        "reasoning_effort",
    ),
    ("gpt-5-pro", {}, "This model is only supported in v1/responses", None, "model"),
    (
        "gpt-5.5",
        TOOLS,
        "Function tools with reasoning_effort are not supported for gpt-5.5 in /v1/chat/completions.",
        None,
        "reasoning_effort",
    ),
    ("gpt-3.5-turbo", SCHEMA, "'response_format' of type 'json_schema'", None, "response_format"),
    ("gpt-3.5-turbo", IMAGE, "image_url is only supported by certain", None, "messages.[0].content.[1].type"),
    ("gpt-5-mini", AUDIO, "Invalid 'messages[0]'. Content blocks are expected", "invalid_value", "messages[0]"),
]


def test_addresses__have_formats_with_names() -> None:
    """By its name a rule matches a format, and the journal lists it."""
    unnamed = [address.route for address in registry.ADDRESSES if address.use == "generate" and not address.wire.name]
    assert unnamed == []


@pytest.mark.parametrize(("model", "more", "words", "code", "param"), CHAT_CASES)
def test_chat__refuses_what_the_model_does_not_take(
    model: str, more: dict[str, Any], words: str, code: str | None, param: str | None
) -> None:
    exc = refused(CHAT, {"model": model, **HELLO, **more})
    assert exc is not None
    assert words in exc.message
    assert (exc.status, exc.type, exc.code, exc.param) == (
        404 if model == "gpt-5-pro" else 400,
        "invalid_request_error",
        code,
        param,
    )


CONTENT = "Invalid value for 'content': expected a string, got null."
USER, SILENT = HELLO["messages"][0], {"role": "user"}
STOP, AUDIO_WORDS = f"Unsupported parameter: 'stop' {NO}", "Unknown parameter: 'modalities'."
ORDER_CASES: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    ({"modalities": ["text", "audio"]}, AUDIO_WORDS, "unknown_parameter", "modalities"),
    ({"modalities": "x"}, AUDIO_WORDS, "unknown_parameter", "modalities"),
    ({"n": "x", "modalities": ["text"]}, AUDIO_WORDS, "unknown_parameter", "modalities"),
    (
        {"logprobs": True, "top_logprobs": 21, "reasoning_effort": "none"},
        "Invalid value for 'top_logprobs': must be less than or equal to 5.",
        None,
        "top_logprobs",
    ),
    ({"n": 200}, "Expected a value <= 8, but got 200 instead.", "integer_above_max_value", "n"),
    *(
        (
            {"reasoning_effort": value},
            f"Unsupported value: 'reasoning_effort' does not support {said} with this model. Supported values are: ",
            "unsupported_value",
            "reasoning_effort",
        )
        for value, said in (({"a": "b"}, "{'a': 'b'}"), ({"k": "a'b"}, """{'k': "a'b"}"""))
    ),
    ({"n": "x", "stop": "."}, "Invalid type for 'n'", "invalid_type", "n"),
    ({"stop": ".", "verbosity": "x"}, STOP, "unsupported_parameter", "stop"),
    ({"stop": ".", "stream_options": "x"}, STOP, "unsupported_parameter", "stop"),
    ({"max_tokens": 32, "store": "x"}, f"'max_tokens' {NO}", "unsupported_parameter", "max_tokens"),
    ({"logit_bias": {"1": 1}, "verbosity": "x"}, f"'logit_bias' {NO}", "unsupported_parameter", "logit_bias"),
    ({"temperature": 0.5, "metadata": "x"}, "Invalid type for 'metadata'", "invalid_type", "metadata"),
    ({"logprobs": True, "verbosity": "x"}, "Invalid value: 'x'.", "invalid_value", "verbosity"),
    ({"messages": [SILENT, USER]}, CONTENT, None, "messages.[0].content"),
    ({"messages": [SILENT, SILENT]}, CONTENT, None, "messages.[0].content"),
    ({"messages": [SILENT, USER | {"content": 7}]}, "Invalid type for", "invalid_type", "messages[1].content"),
    ({"messages": [SILENT, USER | {"role": "x"}]}, "Invalid value: 'x'.", "invalid_value", "messages[1].role"),
    ({"messages": [SILENT], "temperature": 0.5}, "does not support 0.5", "unsupported_value", "temperature"),
    ({"messages": [SILENT], "temperature": 1}, CONTENT, None, "messages.[0].content"),
    ({"messages": [SILENT], "n": "x"}, "Invalid type for 'n'", "invalid_type", "n"),
    ({"messages": [SILENT], "top_logprobs": 1, "reasoning_effort": "none"}, "is only allowed", None, "top_logprobs"),
]
"""Requests with several faults and what is told of them, measured with gpt-5.6-terra from 2026-08-30 to 2026-09-01."""


@pytest.mark.parametrize(("more", "words", "code", "param"), ORDER_CASES)
def test_chat__tells_of_several_faults_what_the_api_tells(
    more: dict[str, Any], words: str, code: str | None, param: str | None
) -> None:
    exc = refused(CHAT, {"model": "gpt-5.6-terra", **HELLO, **more})
    assert exc is not None
    assert words in exc.message
    assert (exc.status, exc.code, exc.param) == (400, code, param)


RESPONSES_CASES: list[tuple[str, dict[str, Any], str, str | None, str | None]] = [
    ("gpt-4o", {"prompt_cache_retention": "24h"}, UNCACHED, "invalid_parameter", "prompt_cache_retention"),
    *(
        (model, {"tools": [{"type": kind, **more}]}, f"Tool '{kind}' is not supported with {model}.", None, "tools")
        for model, kind, more in (
            ("gpt-5", "tool_search", {"execution": "client"}),
            ("gpt-4.1", "tool_search", {"execution": "client"}),
            ("gpt-5.4-nano", "tool_search", {"execution": "client"}),
            ("gpt-4o", "computer", {}),
            ("gpt-5.4", "computer_use_preview", SCREEN),
            ("o4-mini", "computer_use_preview", SCREEN),
        )
    ),
    (
        "gpt-4o",
        {"reasoning": {"summary": "auto"}},
        "Unsupported parameter: 'reasoning.summary' is not supported with this model.",
        "unsupported_parameter",
        "reasoning.summary",
    ),
    ("gpt-5.3-codex", {"service_tier": "flex"}, "Flex is not available for this model.", None, "service_tier"),
    (
        "gpt-5.6-terra",
        {"reasoning": {"generate_summary": "concise"}},
        "Unknown parameter: 'reasoning.generate_summary'.",
        "unknown_parameter",
        "reasoning.generate_summary",
    ),
    ("gpt-5", {"temperature": 0.2}, f"Unsupported parameter: 'temperature' {NO}", None, "temperature"),
    ("o3", {"top_p": 0.2}, f"Unsupported parameter: 'top_p' {NO}", None, "top_p"),
    (
        "gpt-5",
        {"top_logprobs": 2},
        "logprobs are not supported with reasoning",
        "unsupported_parameter",
        "top_logprobs",
    ),
    (
        "gpt-4o",
        {"reasoning": {"effort": "low"}},
        f"'reasoning.effort' {NO}",
        "unsupported_parameter",
        "reasoning.effort",
    ),
    (
        "gpt-5.1",
        {"reasoning": {"effort": "minimal"}},
        "'minimal' is not supported with the 'gpt-5.1' model. Supported values are: 'none', 'low',",
        "unsupported_value",
        "reasoning.effort",
    ),
    (
        "gpt-5.2-codex",
        {"text": {"verbosity": "low"}},
        "Unsupported value: 'low' is not supported with the 'gpt-5.2-codex' model. Supported values are: 'medium'.",
        "unsupported_value",
        "text.verbosity",
    ),
    (
        "o3-deep-research",
        TOOLS_OF_RESPONSES,
        "Deep research models require at least one of 'web_search_preview', 'mcp', or 'file_search' tools.",
        None,
        "tools",
    ),
    ("gpt-5", {"presence_penalty": 0.2}, f"Unsupported parameter: 'presence_penalty' {NO}", None, "presence_penalty"),
    (
        "gpt-5.6-terra",
        {"reasoning": {"effort": "minimal"}},
        "Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        "unsupported_value",
        "reasoning.effort",
    ),
    (
        "gpt-5.6-terra",
        {"prompt_cache_retention": "in_memory"},
        "This model is compatible only with 24h extended prompt caching",
        "invalid_parameter",
        "prompt_cache_retention",
    ),
    ("o3-mini", {"tools": [{"type": "web_search"}]}, "Hosted tool 'web_search' is not supported", None, "tools"),
    (
        "gpt-4",
        {"text": {"format": {"type": "json_schema", "name": "city", "schema": CITY}}},
        "'text.format' of type 'json_schema' is not supported with model version `gpt-4`.",
        None,
        "text.format",
    ),
    (
        "o3-mini",
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/a.png"}]}]},
        "Model 'o3-mini' does not support image inputs.",
        None,
        "input",
    ),
    ("gpt-4.1-nano", {"tools": [{"type": "web_search_preview"}]}, "Hosted tool 'web_search_preview' is", None, "tools"),
    (
        "gpt-5-mini",
        {"reasoning": {"effort": "minimal"}, "tools": [{"type": "web_search"}, {"type": "image_generation"}]},
        "The following tools cannot be used with reasoning.effort 'minimal': image_gen, web_search.",
        None,
        "tools",
    ),
    (
        "gpt-4.1",
        {"include": ["reasoning.encrypted_content"]},
        "Encrypted content is not supported with this model.",
        None,
        "include",
    ),
    ("dall-e-3", {}, "The requested model 'dall-e-3' is not supported with the Responses API.", None, "model"),
    ("gpt-audio", {}, "The requested model 'gpt-audio' is not supported with the Responses API.", None, "model"),
]


@pytest.mark.parametrize(("model", "more", "words", "code", "param"), RESPONSES_CASES)
def test_responses__refuse_in_their_own_words(
    model: str, more: dict[str, Any], words: str, code: str | None, param: str | None
) -> None:
    exc = refused(RESPONSES, {"model": model, "input": "hello", **more})
    assert exc is not None
    assert words in exc.message
    assert (exc.status, exc.code, exc.param) == (400, code, param)


@pytest.mark.parametrize(
    ("wire", "body", "status", "words"),
    [
        (CHAT, {"model": "text-embedding-3-small", **HELLO}, 403, "You are not allowed to sample from this model"),
        (CHAT, {"model": "gpt-5.3-codex", **HELLO}, 404, "This is not a chat model"),
        (CHAT, {"model": "whisper-1", **HELLO}, 404, "This is not a chat model"),
        (CHAT, {"model": "dall-e-2", **HELLO}, 404, "This is not a chat model"),
        (CHAT, {"model": "gpt-4o-realtime-preview-2025-06-03", **HELLO}, 404, "This is not a chat model"),
        (CHAT, {"model": "codex-mini-latest", **HELLO}, 404, "This model is only supported in v1/responses"),
        (EMBEDDINGS, {"model": "dall-e-3", "input": "x"}, 403, "You are not allowed to generate embeddings"),
        (CHAT, {"model": "gpt-5", "logprobs": True, **HELLO}, 403, "You are not allowed to request logprobs"),
        (CHAT, {"model": "gpt-5.4-mini-2026-03-17", "logprobs": True, **HELLO}, 403, "You are not allowed to request"),
        (EMBEDDINGS, {"model": "gpt-4o", "input": "x"}, 403, "You are not allowed to generate embeddings"),
        (
            LEGACY,
            {"model": "gpt-4o", "prompt": "x"},
            404,
            "This is a chat model and not supported in the v1/completions",
        ),
        (LEGACY, {"model": "text-embedding-3-small", "prompt": "x"}, 403, "You are not allowed to sample"),
        (
            LEGACY,
            {"model": "gpt-3.5-turbo-instruct", "prompt": "x", "echo": True, "logprobs": 0},
            400,
            "Setting 'echo' and 'logprobs' at the same time is not supported for this model.",
        ),
        (
            Images(),
            {"model": "gpt-4o", "prompt": "x"},
            400,
            "The model 'gpt-4o' does not exist.",
        ),
        (Speech(), {"model": "gpt-4o", **ALOUD}, 404, "Invalid URL (POST /v1/audio/speech)"),
        (Speech(), {"model": "whisper-1", **ALOUD}, 404, "Invalid URL (POST /v1/audio/speech)"),
        (Moderations(), {"model": "gpt-4o", "input": "x"}, 400, "Invalid value for 'model' = gpt-4o. Please check"),
    ],
)
def test_addresses__refuse_because_of_the_model(
    wire: WireFormat, body: dict[str, Any], status: int, words: str
) -> None:
    exc = refused(wire, body)
    assert exc is not None
    assert (exc.status, exc.message[: len(words)]) == (status, words)


NOT_AT_GOOGLE = "models/{} is not found for API version {}, or is not supported for {}. Call ModelService.ListModels to"
NO_CONVERSE = "This action doesn't support the model that you provided. Try again with a supported text or chat model."
NOT_AT_OPENROUTER = " and cannot be used with the chat/completions endpoint. Use the "


@pytest.mark.parametrize(
    ("dialect", "model", "status", "words"),
    [
        ("mistral", "mistral-embed", 400, "Invalid model: mistral-embed"),
        ("mistral", "voxtral-mini-latest", None, ""),
        ("groq", "whisper-large-v3", 400, "The model `whisper-large-v3` does not support chat completions"),
        ("groq", "playai-tts", 400, "The model `playai-tts` does not support chat completions"),
        ("groq", "openai/gpt-oss-20b", None, ""),
        ("openrouter", "baai/bge-m3", 400, f"baai/bge-m3 is an embedding model{NOT_AT_OPENROUTER}/embeddings"),
        ("openrouter", "openai/gpt-image-1", 404, f"is an image generation model{NOT_AT_OPENROUTER}/api/v1/images"),
        ("openrouter", "google/gemini-2.5-flash-image", None, ""),
        ("gemini", "text-embedding-004", 404, NOT_AT_GOOGLE.format("text-embedding-004", "v1main", "generateContent")),
        ("gemini", "gemini-2.5-flash", None, ""),
        ("cohere", "embed-v4.0", 400, "model 'embed-v4.0' is not supported by the chat API"),
        ("cohere", "command-a-03-2025", None, ""),
    ],
)
def test_dialects__refuse_models_of_another_kind(dialect: str, model: str, status: int | None, words: str) -> None:
    exc = refused(registry.CHAT_DIALECTS[dialect], {"model": model, **HELLO})
    assert (exc.status, words in exc.message) == (status, True) if exc else status is None


SAID = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
EMBED = {"content": {"parts": [{"text": "hello"}]}}


@pytest.mark.parametrize(
    ("wire", "route", "body", "status", "words"),
    [
        *(
            (Gemini(), {"model": model, "method": method}, body, status, words.format(model, "v1beta", method))
            for model, method, body, status, words in (
                ("gemini-embedding-001", "generateContent", SAID, 404, NOT_AT_GOOGLE),
                ("veo-3.1-generate-preview", "streamGenerateContent", SAID, 404, NOT_AT_GOOGLE),
                ("imagen-4.0-generate-001", "generateContent", SAID, 404, NOT_AT_GOOGLE),
                ("gemini-3.8-live", "generateContent", SAID, 404, NOT_AT_GOOGLE),
                ("gemini-2.5-flash", "embedContent", EMBED, 404, NOT_AT_GOOGLE),
                ("deep-research-pro-preview-12-2025", "generateContent", SAID, 400, "only supports Interactions API."),
                ("gemini-embedding-001", "embedContent", EMBED, None, ""),
                ("gemini-embedding-001", "countTokens", SAID, None, ""),
                ("gemini-2.5-flash-image", "generateContent", SAID, None, ""),
                ("gemini-3.5-transcribe", "generateContent", SAID, None, ""),
            )
        ),
        *(
            (Converse(), {"model": model}, {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}, *told)
            for model, *told in (
                ("amazon.titan-embed-text-v2:0", 400, NO_CONVERSE),
                ("arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-english-v3", 400, NO_CONVERSE),
                ("amazon.nova-sonic-v1:0", 400, NO_CONVERSE),
                ("us.amazon.nova-lite-v1:0", None, ""),
            )
        ),
        (OllamaChat(), {}, {"model": "bge-m3:latest", **HELLO}, 400, '"bge-m3:latest" does not support chat'),
        (OllamaGenerate(), {}, {"model": "embeddinggemma"}, 400, '"embeddinggemma" does not support generate'),
        (OllamaGenerate(), {}, {"model": "embeddinggemma", "keep_alive": 0}, None, ""),
        (OllamaChat(), {}, {"model": "llama3.2", **HELLO}, None, ""),
        (CohereChat(), {}, {"model": "rerank-v3.5", **HELLO}, 400, "model 'rerank-v3.5' is not supported by the chat"),
        (CohereChatV1(), {}, {"model": "embed-english-v3.0", "message": "hi"}, 400, "not supported by the chat API"),
        (CohereChat(), {}, {"model": "command-r-plus-08-2024", **HELLO}, None, ""),
    ],
)
def test_other_vendors__refuse_models_of_another_kind(
    wire: WireFormat, route: dict[str, str], body: dict[str, Any], status: int | None, words: str
) -> None:
    exc = refused(wire, body, route)
    assert (exc.status, words in exc.message) == (status, True) if exc else status is None


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (Images(), {"model": "gpt-image-1", "prompt": "x"}),
        (Speech(), {"model": "gpt-4o-mini-tts", **ALOUD}),
        (Moderations(), {"model": "omni-moderation-latest", "input": "x"}),
        (Moderations(), {"input": "x"}),
        (CHAT, {"model": "gpt-5", "temperature": 1, "top_p": 1, "presence_penalty": 0, **HELLO}),
        (CHAT, {"model": "gpt-5", "reasoning_effort": "minimal", **HELLO}),
        (CHAT, {"model": "gpt-5.1", "temperature": 0.2, **HELLO}),  # it does not reason unless told to
        (CHAT, {"model": "gpt-5.5", "temperature": 0.2, "reasoning_effort": "none", **TOOLS, **HELLO}),
        (CHAT, {"model": "gpt-4o", "temperature": 0.2, "max_tokens": 9, "logprobs": True, **IMAGE}),
        (CHAT, {"model": "gpt-4o", "max_tokens": 16_384, **HELLO}),
        (CHAT, {"model": "gpt-4o", "max_tokens": None, "max_completion_tokens": None, **HELLO}),
        (CHAT, {"model": "gpt-5.6-terra", "max_completion_tokens": 128_000, **HELLO}),
        (CHAT, {"model": "gpt-5.6-terra", "n": 8, "prompt_cache_retention": "24h", **HELLO}),
        (RESPONSES, {"model": "gpt-5.6-terra", "reasoning": {"effort": "max"}, "input": "x"}),
        (RESPONSES, {"model": "gpt-4.1", "text": {"verbosity": "medium"}, "input": "x"}),
        (RESPONSES, {"model": "o3-deep-research", "tools": [{"type": "web_search_preview"}], "input": "x"}),
        (CHAT, {"model": "gpt-5.2-chat-latest", "verbosity": "high", **HELLO}),
        (CHAT, {"model": "gpt-audio", "modalities": ["audio"], "audio": SPOKEN | {"format": "pcm16"}, **HELLO}),
        (CHAT, {"model": "gpt-4o", "n": 128, "prompt_cache_retention": "in_memory", **HELLO}),
        (CHAT, {"model": "gpt-4", "max_tokens": 8000, **HELLO}),  # its one limit is the window
        (CHAT, {"model": "o3-mini", "stop": ".", **HELLO}),
        (CHAT, {"model": "gpt-5-chat-latest", "temperature": 0.2, **HELLO}),
        (CHAT, {"model": "gpt-4o-search-preview", "web_search_options": {}, **HELLO}),
        (CHAT, {"model": "gpt-5-search-api", "web_search_options": {}, "verbosity": "medium", **HELLO}),
        (CHAT, {"model": "gpt-5.4", "logprobs": True, **HELLO}),
        (CHAT, {"model": "gpt-5.4-nano-2026-03-17", "logprobs": True, **HELLO}),
        (CHAT, {"model": "gpt-audio", **AUDIO}),
        (CHAT, {"model": "gpt-audio-mini", "modalities": ["text", "audio"], "audio": SPOKEN, **HELLO}),
        (CHAT, {"model": "ft:gpt-4o-2024-08-06:acme::1", "temperature": 0.2, **HELLO}),
        (CHAT, {"model": "my-own-model", "temperature": 0.2, "max_tokens": 9, "reasoning_effort": "max", **AUDIO}),
        (CHAT, {"model": "claude-sonnet-5", "temperature": 0.2, "max_tokens": 9, **HELLO}),
        (LEGACY, {"model": "gpt-3.5-turbo-instruct", "prompt": "x", "echo": True}),
        (LEGACY, {"model": "gpt-3.5-turbo-instruct", "prompt": "x", "logprobs": 1}),
        (LEGACY, {"model": "davinci-002", "prompt": "x", "echo": True, "logprobs": 1}),
        (EMBEDDINGS, {"model": "text-embedding-3-small", "input": "x"}),
        (RESPONSES, {"model": "gpt-5-codex", "input": "x", "reasoning": {"effort": "high"}}),
        (RESPONSES, {"model": "gpt-5", "input": "x", "reasoning": {"effort": "minimal"}}),
        (
            RESPONSES,
            {"model": "gpt-5", "input": "x", "reasoning": {"effort": "low"}, "tools": [{"type": "web_search"}]},
        ),
        (RESPONSES, {"model": "o3", "input": "x", "include": ["reasoning.encrypted_content"]}),
        (RESPONSES, {"model": "gpt-4.1-mini", "input": "x", "include": ["reasoning.encrypted_content"]}),
        (RESPONSES, {"model": "codex-mini-latest", "input": "x"}),
        *(
            (CHAT, {"model": model, **HELLO, **more})
            for model in ("gpt-5", "gpt-5.1", "gpt-5.4-mini", "gpt-5.6-luna", "gpt-6-sol")
            for more in ({"service_tier": "flex"}, {"prompt_cache_retention": "24h"})
        ),
        (CHAT, {"model": "gpt-4o", **HELLO, "prompt_cache_retention": "in_memory", "service_tier": "priority"}),
        (CHAT, {"model": "o3", **HELLO, "service_tier": "flex"}),
        (CHAT, {"model": "gpt-4.1", **HELLO, "prompt_cache_retention": "24h"}),
        *(
            (RESPONSES, {"model": model, "input": "hello", "tools": [tool], "truncation": "auto"})
            for model, tool in (
                ("computer-use-preview", {"type": "computer_use_preview", **SCREEN}),
                ("gpt-5.4", {"type": "computer"}),
                ("gpt-5.6-terra", {"type": "tool_search", "execution": "client"}),
            )
        ),
    ],
)
def test_models__take_what_they_take(wire: WireFormat, body: dict[str, Any]) -> None:
    exc = refused(wire, body)
    assert exc is None, exc.message


@pytest.mark.parametrize(
    ("dialect", "body", "said"),
    [
        (
            "xai",
            {"model": "grok-4.3", "presence_penalty": 0},
            "Model grok-4.3 does not support parameter presencePenalty.",
        ),
        (
            "xai",
            {"model": "grok-4.20-0309-reasoning", "reasoning_effort": "low"},
            "does not support parameter reasoningEffort.",
        ),
        ("xai", {"model": "grok-4.3", "reasoning_effort": "low"}, None),
        ("mistral", {"model": "mistral-small-latest", "reasoning_effort": "high"}, None),
        *(
            ("mistral", {"model": model, "reasoning_effort": effort}, "reasoning_effort is not enabled for this model")
            for model in ("mistral-large-latest", "mistral-large-2512", "mistral-medium-2505", "codestral-latest")
            for effort in ("none", "high")
        ),
        *(
            (
                "mistral",
                {"model": model, "reasoning_effort": "low"},
                "reasoning_effort low is not supported for this model, supported values: "
                "[<ReasoningEffort.high: 'high'>, <ReasoningEffort.none: 'none'>]",
            )
            for model in ("mistral-medium-latest", "mistral-medium-2604", "magistral-medium-latest", "mistral-large-4")
        ),
        ("mistral", {"model": "mistral-large-4", "reasoning_effort": "none"}, None),
        ("mistral", {"model": "zai-glm-5-3", "reasoning_effort": "none"}, "reasoning_effort none is not supported for"),
        ("mistral", {"model": "zai-glm-latest", "reasoning_effort": "max"}, None),
        ("mistral", {"model": "zai-glm-5-2", "reasoning_effort": "none"}, None),
        (
            "mistral",
            {"model": "mistral-small-latest", "reasoning_effort": "medium"},
            "reasoning_effort='medium' is not supported for this model. Must be one of (<Reas",
        ),
        ("xai", {"model": "grok-4.3", "reasoning_effort": "none"}, None),
        ("xai", {"model": "grok-4.20-multi-agent-0309", "reasoning_effort": "low"}, None),
        ("xai", {"model": "grok-build-0.1", "reasoning_effort": "low"}, "does not support parameter reasoningEffort."),
        ("xai", {"model": "grok-4.6", "reasoning_effort": "xhigh"}, None),
        *(
            (
                "xai",
                {"model": f"grok-4.{at}", "reasoning_effort": effort},
                f"This model does not support `reasoning_effort` value `{effort}`.",
            )
            for at, effort in ((5, "none"), (6, "max"))
        ),
        ("xai", {"model": "grok-4.5", "stop": ["a"]}, "Model grok-4.5 does not support parameter stop."),
        ("xai", {"model": "grok-4.5", "frequency_penalty": 0.5}, "does not support parameter frequencyPenalty."),
        ("xai", {"model": "grok-3", "stop": ["a"]}, None),
        ("openrouter", {"model": "deepseek/deepseek-v4-pro", **IMAGE}, "No endpoints found that support image input"),
        ("openrouter", {"model": "deepseek/deepseek-v4-pro", **TOOLS}, None),
        (
            "openrouter",
            {"model": "google/gemini-3.1-flash-lite-image", **TOOLS},
            'No endpoints found that support tool use. Try disabling "f".',
        ),
        ("xai", {"model": "grok-imagine-image"}, "The model grok-imagine-image is an image model and is therefore not"),
        (
            "deepseek",
            {"model": "deepseek-v4-pro", **IMAGE},
            "messages[0]: unknown variant `image_url`, expected `text`",
        ),
        ("deepseek", {"model": "deepseek-flash", **IMAGE}, None),
        ("deepseek", {"model": "deepseek-chat", **SCHEMA}, "This response_format type is unavailable now"),
        (
            "deepseek",
            {"model": "deepseek-v4-pro", "tool_choice": "required", **TOOLS},
            "Thinking mode does not support this",
        ),
        (
            "deepseek",
            {"model": "deepseek-v4-pro", "tool_choice": "required", "thinking": {"type": "disabled"}, **TOOLS},
            None,
        ),
        ("deepseek", {"model": "deepseek-chat", "tool_choice": "required", **TOOLS}, None),
        *(
            ("deepseek", {"model": model, **more, **called(**thoughts)}, words)
            for model, more, thoughts, words in (
                ("deepseek-v4-flash", {}, {}, UNRETURNED),
                ("deepseek-v4-pro", {"reasoning_effort": "low"}, {"reasoning_content": None}, UNRETURNED),
                ("deepseek-v4-pro", {}, {"reasoning_content": ""}, None),
                ("deepseek-v4-pro", {"thinking": {"type": "disabled"}}, {}, None),
                ("deepseek-chat", {}, {}, None),
            )
        ),
        ("groq", {"model": "groq/compound", **TOOLS}, "`tool calling` is not supported with this model"),
        ("groq", {"model": "llama-3.3-70b-versatile", **TOOLS}, None),
        ("groq", {"model": "llama-3.3-70b-versatile", **SCHEMA}, "does not support response format `json_schema`"),
        ("groq", {"model": "openai/gpt-oss-20b", **SCHEMA}, None),
        ("groq", {"model": "qwen/qwen3-32b", "reasoning_effort": "medium"}, "must be one of `none` or `default`"),
        ("groq", {"model": "qwen/qwen3-32b", "reasoning_effort": "none"}, None),
        ("groq", {"model": "qwen/qwen3.8-27b", "reasoning_effort": "medium"}, None),
        ("groq", {"model": "qwen/qwen3.6-27b", "reasoning_effort": "low"}, "must be one of `none` or `default`"),
        ("groq", {"model": "openai/gpt-oss-120b", "reasoning_effort": "medium"}, None),
        ("groq", {"model": "openai/gpt-oss-20b", "reasoning_effort": "none"}, "one of `low`, `medium`, or `high`"),
        (
            "groq",
            {"model": "llama-3.3-70b-versatile", "reasoning_effort": "low"},
            "`reasoning_effort` is not supported with this model",
        ),
        ("groq", {"model": "groq/compound", "reasoning_effort": "low"}, "is not supported with this model"),
        ("groq", {"model": "openai/gpt-oss-20b", "logprobs": True}, "`logprobs` is not supported with this model"),
        ("groq", {"model": "qwen/qwen3-32b", "logprobs": True}, None),
        *(
            (
                "groq",
                {"model": model, name: most + over},
                f"`{name}` must be less than or equal to `{most}`, the maximum value for `{name}` is less than the "
                "`context_window` for this model"
                if over
                else None,
            )
            for model, name, most in (
                ("qwen/qwen3.8-27b", "max_tokens", 16_384),
                ("qwen/qwen3-32b", "max_completion_tokens", 40_960),
                ("openai/gpt-oss-120b", "max_completion_tokens", 65_536),
            )
            for over in (0, 1)
        ),
    ],
)
def test_dialects__refuse_because_of_the_model(dialect: str, body: dict[str, Any], said: str | None) -> None:
    exc = refused(registry.CHAT_DIALECTS[dialect], HELLO | body)
    assert said in exc.message if said and exc else (exc, said) == (None, None)


@pytest.mark.parametrize(
    ("model", "effort", "said"),
    [
        (
            "grok-4.20-0309-reasoning",
            "low",
            "Model grok-4.20-0309-reasoning does not support parameter reasoningEffort.",
        ),
        ("grok-4.6", "none", "This model does not support `reasoning_effort` value `none`."),
        ("grok-4.6", "xhigh", None),
        ("grok-4.20-multi-agent", "low", None),
    ],
)
def test_xai__refuses_efforts_of_responses_too(model: str, effort: str, said: str | None) -> None:
    exc = refused(Responses(XAI()), {"model": model, "reasoning": {"effort": effort}, "input": "Hi"})
    assert (exc and exc.message) == said


def test_rows__say_where_and_when_they_were_seen() -> None:
    rows = [(row.source, row.seen) for wire in FORMATS for row in wire.refusals]
    rows += [(family.source, family.seen) for families in FAMILIES.values() for family in families]
    assert [row for row in rows if not row[0] or not re.fullmatch(r"20\d\d-\d\d-\d\d", row[1])] == []
    assert [seen for _, seen in rows if not 0 <= (REVISED - date.fromisoformat(seen)).days <= 365] == []


def test_tables__name_features_that_there_are() -> None:
    named = {row.feature for wire in FORMATS for row in wire.refusals}
    families = [family for families in FAMILIES.values() for family in families]
    lacked = {feature for family in families for feature in family.lacks | family.lacks_reasoning | family.has}
    assert (named | lacked) - FEATURES.keys() - QUIRKS.keys() - {EFFORT, FORMAT, BUDGET, OUTPUT} == set()


def test_known__by_vendor() -> None:
    assert is_known("gpt-4o", "openai")
    assert is_known("ft:gpt-4o-2024-08-06:acme::1", "openai")
    assert is_known("gemini-2.5-flash", "gemini")
    assert not is_known("gpt-4oo", "openai")
    assert not is_known("claude-sonnet-4-5", "openai")
    assert capabilities("gpt-4oo", "openai") == capabilities(None, "openai")
