"""What Converse refuses of a conversation by model, as it was recorded and quoted in 2026."""

import json
from typing import Any

import pytest

from completions.wire.bedrock.converse import Converse
from completions.wire.bedrock.errors import AmazonError
from tests.wire.bedrock.test_bedrock import CALL, MODEL, RESULT, TOOLS, USER, thought

NOVA, GPT = "us.amazon.nova-2-lite-v1:0", "openai.gpt-oss-120b-1:0"
TEXT, BLANK, POINT = {"text": "Hi"}, {"text": "\n"}, {"cachePoint": {"type": "default"}}
ASSISTANT = {"role": "assistant", "content": [TEXT]}
TXT, PDF = ({"document": {"format": name, "name": name, "source": {"bytes": "aGk="}}} for name in ("txt", "pdf"))
SERVED = [
    {"toolUse": {"toolUseId": "s", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "s", "content": [{"json": {"stdOut": "4"}}], "type": "nova_code_interpreter_result"}},
]


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": [*content]}


def many(*names: str) -> dict[str, Any]:
    return user(TEXT, *({"document": {**PDF["document"], "name": name}} for name in names))


@pytest.mark.parametrize(
    ("model", "messages", "said"),
    [
        (MODEL, [ASSISTANT, USER], None),
        (NOVA, [ASSISTANT, USER], "A conversation must start with a user message"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", [ASSISTANT, USER], "must start with a user message"),
        (NOVA, [user(BLANK)], "at messages.0.content.0 is blank"),
        (MODEL, [user({"text": ""})], "messages: text content blocks must be non-empty"),
        (MODEL, [user(TEXT, TXT, BLANK, POINT)], None),
        (MODEL, [user(TEXT, PDF, BLANK)], "must contain non-whitespace text"),
        (MODEL, [user(TEXT, TXT, POINT)], "following errors: messages.0.content.3.type: Field required"),
        (MODEL, [user(TEXT, PDF, POINT)], None),
        (NOVA, [user(TEXT, TXT, POINT)], None),
        (MODEL, [user(TXT)], "A text block must be included when using documents."),
        (MODEL, [many(*"abcde")], None),
        (MODEL, [many(*"abc"), ASSISTANT, many(*"def")], "can't include more than 5 documents in a request"),
        (MODEL, [many("a"), ASSISTANT, many("a")], "Messages can't contain duplicate document names."),
        (
            GPT,
            [USER, {"role": "assistant", "content": [thought("Hm.", "c2ln"), TEXT]}, USER],
            "reasoningText.signature field. Remove",
        ),
        (GPT, [USER, {"role": "assistant", "content": [thought("Hm.", ""), TEXT]}, USER], None),
        (NOVA, [USER, {"role": "assistant", "content": [*SERVED, TEXT]}, USER], None),
        (NOVA, [USER, {"role": "assistant", "content": SERVED[1:]}, USER], "exceeds the number of toolUse blocks"),
        (NOVA, [USER, {**CALL, "content": [*SERVED, *CALL["content"]]}, user(RESULT)], None),
    ],
)
def test_converse__refuses_by_model(model: str, messages: list[Any], said: str | None) -> None:
    body = json.dumps({"messages": messages, "toolConfig": TOOLS}).encode()
    route = {"model": model, "method": "converse"}
    if said is None:
        prompt = Converse().parse(body, {}, validate=True, route=route)
        calls = [call.name for message in prompt.messages for call in message.tool_calls]
        assert "nova_code_interpreter" not in calls
        return
    with pytest.raises(AmazonError) as caught:
        Converse().parse(body, {}, validate=True, route=route)
    assert said in caught.value.message
