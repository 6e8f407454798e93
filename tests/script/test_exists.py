"""`exists` on every field of `match:` and in every format: what the request says, not what holds without a word."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from completions.script.match.conditions import match
from completions.script.match.fields import FIELDS, LOOKUPS_OF
from completions.script.text.reading import read_text
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.base import WireFormat
from completions.wire.bedrock.converse import Converse
from completions.wire.cohere.chat import CohereChat
from completions.wire.gemini.generate import Gemini
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.responses.format import Responses

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"name": "f", "description": "", "parameters": {"type": "object", "properties": {}}}
SCHEMA = {"type": "object", "properties": {}}
NAMED = {"name": "answer", "schema": SCHEMA}
ROUTE = {"model": "gemini-2.5-flash", "method": "generateContent"}

CHOICES: list[dict[str, Any]] = [{"auto": {}}, {"any": {}}, {"tool": {"name": "f"}}]

Body = dict[str, Any]

FORMATS: dict[str, tuple[WireFormat, Mapping[str, str], Body]] = {
    "chat": (ChatCompletions(), {}, {"messages": [{"role": "assistant", "content": None, "tool_calls": [CALL]}]}),
    "legacy": (LegacyCompletions(), {}, {}),
    "responses": (Responses(), {}, {}),
    "anthropic": (AnthropicMessages(), {}, {"messages": []}),
    "gemini": (Gemini(), ROUTE, {}),
    "converse": (Converse(), {"model": "m", "method": "converse"}, {"messages": []}),
    "cohere": (CohereChat(), {}, {"messages": []}),
    "ollama": (OllamaChat(), {}, {"messages": [{"role": "assistant", "content": ""}]}),
    "ollama_generate": (OllamaGenerate(), {}, {}),
}
"""Each format with the emptiest body that it reads, without a check: what is not there is told apart from null."""

USER = {"role": "user", "content": "Hi"}

STATED: dict[str, dict[str, list[Body]]] = {
    "model": {
        "chat legacy responses anthropic ollama ollama_generate cohere": [{"model": "m"}],
    },
    "last_user any_message": {
        "chat anthropic ollama": [{"messages": [USER]}],
        "legacy ollama_generate": [{"prompt": "Hi"}],
        "responses": [{"input": "Hi"}],
        "gemini": [{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}],
        "cohere": [{"messages": [USER]}],
        "converse": [{"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}],
    },
    "system": {
        "chat": [
            {"messages": [{"role": "system", "content": "Hi"}]},
            {"messages": [{"role": "developer", "content": "Hi"}]},
        ],
        "responses": [{"instructions": "Hi"}],
        "anthropic": [{"system": "Hi"}],
        "ollama_generate": [{"system": "Hi", "prompt": "Hi"}],
        "ollama": [{"messages": [{"role": "system", "content": "Hi"}]}],
        "gemini": [{"systemInstruction": {"parts": [{"text": "Hi"}]}}],
        "cohere": [{"messages": [{"role": "system", "content": "Hi"}]}],
        "converse": [{"system": [{"text": "Hi"}]}],
    },
    "tools": {
        "chat": [{"tools": [{"type": "function", "function": TOOL}]}, {"functions": [TOOL]}],
        "responses": [{"tools": [{"type": "function", **TOOL}]}],
        "anthropic": [{"tools": [{"name": "f", "input_schema": SCHEMA}]}],
        "ollama": [{"tools": [{"type": "function", "function": TOOL}]}],
        "gemini": [{"tools": [{"functionDeclarations": [TOOL]}]}],
        "cohere": [{"tools": [{"type": "function", "function": TOOL}]}],
        "converse": [{"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}]}}],
    },
    "tool_choice": {
        "chat": [
            *({"tool_choice": mode} for mode in ("auto", "none", "required")),
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"function_call": "auto"},
            {"tool_choice": None, "function_call": {"name": "f"}},
        ],
        "responses": [
            {"tool_choice": "auto"},
            {"tool_choice": "none"},
            {"tool_choice": {"type": "function", "name": "f"}},
        ],
        "anthropic": [{"tool_choice": {"type": kind}} for kind in ("auto", "any", "none")],
        "gemini": [{"toolConfig": {"functionCallingConfig": {"mode": mode}}} for mode in ("AUTO", "ANY", "NONE")],
        "cohere": [{"tool_choice": "REQUIRED"}, {"tool_choice": "NONE"}],
        "converse": [{"toolConfig": {"toolChoice": choice}} for choice in CHOICES],
    },
    "response_format": {
        "chat": [
            {"response_format": {"type": "text"}},
            {"response_format": {"type": "json_object"}},
            {"response_format": {"type": "json_schema", "json_schema": NAMED}},
        ],
        "responses": [
            {"text": {"format": {"type": "text"}}},
            {"text": {"format": {"type": "json_object"}}},
            {"text": {"format": {"type": "json_schema", **NAMED}}},
        ],
        "anthropic": [
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            {"output_format": {"type": "json_schema", "schema": SCHEMA}},
        ],
        "ollama ollama_generate": [{"format": "json"}],
        "gemini": [
            {"generationConfig": {"responseMimeType": "text/plain"}},
            {"generationConfig": {"responseMimeType": "application/json"}},
            {"generationConfig": {"responseSchema": {"type": "OBJECT"}}},
            {"generationConfig": {"responseJsonSchema": SCHEMA}},
        ],
        "cohere": [{"response_format": {"type": "json_object"}}, {"response_format": {"type": "text"}}],
    },
    "user": {
        "chat legacy responses": [{"user": "ann"}],
        "anthropic": [{"metadata": {"user_id": "ann"}}],
    },
    "metadata": {
        "chat responses anthropic": [{"metadata": {"key": "value"}}],
        "gemini": [{"labels": {"key": "value"}}],
        "converse": [{"requestMetadata": {"key": "value"}}],
    },
    "tool_result": {
        "chat": [{"messages": [{"role": "tool", "tool_call_id": "c", "content": "Hi"}]}],
        "responses": [{"input": [{"type": "function_call_output", "call_id": "c", "output": "Hi"}]}],
        "anthropic": [
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "Hi"}]}]}
        ],
        "ollama": [{"messages": [{"role": "tool", "tool_name": "f", "content": "Hi"}]}],
        "gemini": [
            {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {"result": "Hi"}}}]}]},
        ],
        "cohere": [{"messages": [{"role": "tool", "tool_call_id": "c", "content": "Hi"}]}],
        "converse": [
            {
                "messages": [
                    {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": "Hi"}]}}]}
                ]
            }
        ],
    },
    "expr": {" ".join(FORMATS): [{"seed": 1}, {"seed": [0]}]},
}
"""Per field and format, what says it. A format that is not there has no such field: it never exists."""

HEADERS = {"header": {"x-test": "a"}, "idempotency_key": {"idempotency-key": "a"}}
KEYS = {"header": "X-Test", "metadata": "key", "expr": "seed"}
ALWAYS = {"model": ["gemini", "converse"], "format": list(FORMATS)}
"""What stands in the address, or is what was called."""


def stated(field: str) -> Iterator[tuple[str, Body]]:
    for names, formats in STATED.items():
        if field in names.split():
            for several, bodies in formats.items():
                yield from ((name, body) for name in several.split() if name in FORMATS for body in bodies)


def emptied(value: object) -> Iterator[Any]:
    """Yield what says nothing in a value's place: null, emptiness, and null in place of what an object holds."""
    yield None
    if not isinstance(value, int):
        yield type(value)()
    if isinstance(value, dict) and not value.keys() & {"type", "name", "parts"}:
        yield dict.fromkeys(value)


def exists(field: str, format_: str, body: Body, headers: Mapping[str, str] | None = None) -> tuple[bool, bool, bool]:
    """Return what `exists: true`, `exists: false` and a bare null say of a request."""
    wire, route, least = FORMATS[format_]
    prompt = wire.parse(json.dumps(least | body).encode(), headers or {}, validate=False, route=route)
    found = []
    for condition in ({"exists": True}, {"exists": False}, None):
        keyed = {KEYS[field]: condition} if field in KEYS else condition
        found.append(match(read_text(json.dumps({field: keyed}), "m.yaml")).matches(prompt))
    return found[0], found[1], found[2]


THERE, MISSING = (True, False, False), (False, True, True)
TAKE_EXISTS = [name for name, field in FIELDS.items() if "exists" in LOOKUPS_OF[field.kind]] + ["tool_result", "expr"]


@pytest.mark.parametrize("field", TAKE_EXISTS)
@pytest.mark.parametrize("format_", FORMATS)
def test_exists__is_false_where_the_request_says_nothing(field: str, format_: str) -> None:
    assert exists(field, format_, {}) == (THERE if format_ in ALWAYS.get(field, ()) else MISSING)


@pytest.mark.parametrize(("field", "format_", "body"), [(f, n, b) for f in TAKE_EXISTS for n, b in stated(f)])
def test_exists__is_true_where_the_request_says_it_and_not_for_null(field: str, format_: str, body: Body) -> None:
    assert exists(field, format_, body) == THERE
    for key in body:
        if body[key] is not None:
            for empty in emptied(body[key]):
                assert exists(field, format_, {key: empty}) == MISSING, empty


@pytest.mark.parametrize("field", HEADERS)
@pytest.mark.parametrize("format_", FORMATS)
def test_exists__of_headers(field: str, format_: str) -> None:
    assert exists(field, format_, {}, HEADERS[field]) == THERE
    assert exists(field, format_, {}, dict.fromkeys(HEADERS[field], "")) == MISSING


def test_exists__is_tried_on_every_field() -> None:
    tried = {name for names in STATED for name in names.split()} | HEADERS.keys() | ALWAYS.keys() | {"dialect"}
    assert tried == set(TAKE_EXISTS)
