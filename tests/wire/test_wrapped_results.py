"""What a tool said, read out of the object that clients put around it where an API wants an object."""

import json
from typing import Any

import pytest

from completions.conversation import Prompt
from completions.wire.bedrock.converse import Converse
from completions.wire.cohere.chat import CohereChat
from completions.wire.gemini.generate import Gemini

CALL = {"name": "f", "args": {}}


def by_gemini(result: dict[str, Any]) -> Prompt:
    parts = [{"functionResponse": {"name": "f", "response": result}}]
    contents = [{"role": "model", "parts": [{"functionCall": CALL}]}, {"role": "user", "parts": parts}]
    route = {"model": "gemini-2.5-flash", "method": "generateContent"}
    return Gemini().parse(json.dumps({"contents": contents}).encode(), {}, validate=False, route=route)


def by_cohere(result: dict[str, Any]) -> Prompt:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    content = [{"type": "document", "document": {"data": result}}]
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": content},
    ]
    return CohereChat().parse(
        json.dumps({"model": "command-a-03-2025", "messages": messages}).encode(), {}, validate=False
    )


def by_bedrock(result: dict[str, Any]) -> Prompt:
    content = [{"toolResult": {"toolUseId": "c", "content": [{"json": result}]}}]
    body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
    return Converse().parse(body, {}, validate=False, route={"model": "amazon.nova-pro-v1:0", "method": "converse"})


@pytest.mark.parametrize("read", [by_gemini, by_cohere, by_bedrock])
@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"output": "21 degrees"}, "21 degrees"),
        ({"result": "21 degrees"}, "21 degrees"),
        ({"return_value": "21 degrees"}, "21 degrees"),
        ({"content": "21 degrees"}, "21 degrees"),
        ({"response": "21 degrees"}, "21 degrees"),
        ({"output": [{"text": "21"}, {"text": "degrees"}]}, "21\ndegrees"),
        ({"output": [{"text": "21", "at": "noon"}]}, '[{"text":"21","at":"noon"}]'),
        ({"result": {"degrees": 21}}, '{"degrees":21}'),
        ({"degrees": 21}, '{"degrees":21}'),
        ({"output": "21", "more": True}, '{"output":"21","more":true}'),
        ({"name": "notes.txt", "content": "21"}, '{"name":"notes.txt","content":"21"}'),
    ],
)
def test_result__is_what_the_tool_said(read: Any, result: dict[str, Any], said: str) -> None:
    assert read(result).messages[-1].text == said


def test_result__may_name_its_tool() -> None:
    assert by_gemini({"name": "f", "content": "21 degrees"}).messages[-1].text == "21 degrees", "as the AI SDK has it"


@pytest.mark.parametrize("read", [by_gemini, by_cohere, by_bedrock])
def test_result__counts_with_what_is_around_it(read: Any) -> None:
    """So recordings of Pydantic AI with Gemini show it."""
    assert read({"return_value": "21 degrees"}).messages[-1].wrapped == '{"return_value":"21 degrees"}'
