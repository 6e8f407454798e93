"""What another API's question is as a chat completion's parameters, by which LiteLLM asks a model."""

import json
from typing import Any

import pytest

from completions.resolve.chat import NotExpressible, chat_parameters
from completions.wire.registry import format_at

HELLO = {"role": "user", "content": "Hello"}
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}}
LOOK = {"name": "look", "description": "Look.", "parameters": SCHEMA}
DATA = "iVBORw0KGgo="
PICTURE = "https://a.example/b.png"

CLAUDE = ("/v1/messages", {"messages": [HELLO]})
RESPONSES = ("/v1/responses", {"input": "Hello"})
GEMINI = ("/v1beta/models/a:generateContent", {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]})

CALLS = [{"id": "toolu_1", "type": "function", "function": {"name": "look", "arguments": '{"place":"Rome"}'}}]


def parameters(api: tuple[str, dict[str, Any]], more: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters for a body that is sent to an API."""
    path, body = api
    found = format_at(path)
    assert found is not None
    wire, route = found
    sent = json.dumps({"model": "a", **body, **more}).encode()
    return chat_parameters(wire.parse(sent, {"content-type": "application/json"}, validate=False, route=route))


@pytest.mark.parametrize(
    ("api", "more", "said"),
    [
        (CLAUDE, {"max_tokens": 9, "temperature": 0.5}, {"max_tokens": 9, "temperature": 0.5}),
        (CLAUDE, {"stop_sequences": ["END"]}, {"stop": ["END"]}),
        (CLAUDE, {"tool_choice": {"type": "any"}}, {"tool_choice": "required"}),
        (
            CLAUDE,
            {"tools": [{"name": "look", "description": "Look.", "input_schema": SCHEMA}]},
            {"tools": [{"type": "function", "function": LOOK}]},
        ),
        (
            RESPONSES,
            {
                "tools": [{"type": "function", **LOOK, "strict": True}],
                "tool_choice": {"type": "function", "name": "look"},
            },
            {
                "tools": [{"type": "function", "function": {**LOOK, "strict": True}}],
                "tool_choice": {"type": "function", "function": {"name": "look"}},
            },
        ),
        (RESPONSES, {"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
        (RESPONSES, {"parallel_tool_calls": True}, {}),
        (RESPONSES, {"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"}),
        (RESPONSES, {"text": {"format": {"type": "json_object"}}}, {"response_format": {"type": "json_object"}}),
        (
            RESPONSES,
            {"text": {"format": {"type": "json_schema", "name": "f", "schema": SCHEMA, "strict": True}}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "f", "schema": SCHEMA, "strict": True},
                }
            },
        ),
        (GEMINI, {"generationConfig": {"candidateCount": 1, "topP": 0.5}}, {"top_p": 0.5}),
        (GEMINI, {"generationConfig": {"candidateCount": 2}}, {"n": 2}),
        (GEMINI, {"tools": [{"functionDeclarations": [LOOK]}]}, {"tools": [{"type": "function", "function": LOOK}]}),
    ],
)
def test_parameters__are_what_is_asked(
    api: tuple[str, dict[str, Any]], more: dict[str, Any], said: dict[str, Any]
) -> None:
    assert parameters(api, more) == {"messages": [HELLO], **said}


@pytest.mark.parametrize(
    ("api", "body", "messages"),
    [
        (
            CLAUDE,
            {
                "system": "Be brief.",
                "messages": [
                    HELLO,
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "text", "text": "So:"},
                            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"place": "Rome"}},
                        ],
                    },
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "Rain"}],
                    },
                ],
            },
            [
                {"role": "system", "content": "Be brief."},
                HELLO,
                {"role": "assistant", "content": "So:", "tool_calls": CALLS},
                {"role": "tool", "content": "Rain", "tool_call_id": "toolu_1"},
            ],
        ),
        (
            CLAUDE,
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "See."},
                            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
                            {"type": "image", "source": {"type": "url", "url": PICTURE}},
                            {
                                "type": "document",
                                "source": {"type": "base64", "media_type": "application/pdf", "data": DATA},
                            },
                        ],
                    }
                ]
            },
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "See."},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
                        {"type": "image_url", "image_url": {"url": PICTURE}},
                        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{DATA}"}},
                    ],
                }
            ],
        ),
        (
            GEMINI,
            {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "audio/mp3", "data": DATA}}]}]},
            [
                {
                    "role": "user",
                    "content": [{"type": "input_audio", "input_audio": {"data": DATA, "format": "mp3"}}],
                }
            ],
        ),
    ],
    ids=["calls and results", "pictures and files", "sound"],
)
def test_messages__are_those_of_the_conversation(
    api: tuple[str, dict[str, Any]], body: dict[str, Any], messages: list[dict[str, Any]]
) -> None:
    assert parameters(api, body) == {"messages": messages}


@pytest.mark.parametrize(
    ("api", "more"),
    [
        (RESPONSES, {"tools": [{"type": "web_search"}]}),
        (GEMINI, {"tools": [{"googleSearch": {}}]}),
        (RESPONSES, {"tools": [{"type": "custom", "name": "write"}]}),
        (("/v1/embeddings", {"input": "Hello"}), {}),
    ],
    ids=["a hosted tool", "Gemini's search", "a custom tool", "no conversation"],
)
def test_parameters__are_not_made_of_what_no_chat_completion_can_ask(
    api: tuple[str, dict[str, Any]], more: dict[str, Any]
) -> None:
    with pytest.raises(NotExpressible):
        parameters(api, more)
