"""How deep a body may be nested: what is read too deep is refused in each API's words, and never a failure of ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from completions.exceptions import RequestError
from completions.receive.handler import Handler
from completions.state.namespaces import DEFAULT, remove
from completions.wire.base import decode_object
from completions.wire.depth import MAX_DEPTH
from tests.asgi import call


def nested(levels: int, inner: Any = 1) -> Any:
    for _ in range(levels):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize(
    "body",
    [
        nested(MAX_DEPTH),
        {"a": [nested(MAX_DEPTH - 3, [])] * 50},
        {"a": [nested(3)] * 1000},
        {"code": "[{" * 5000},
        {"a": nested(MAX_DEPTH - 1, "]}" * 5000), "b": "{" * 5000},
    ],
    ids=["as deep as may be", "often", "wide", "in a text", "in texts of what is deep"],
)
def test_body__may_be_as_deep_as_requests_are(body: Any) -> None:
    assert decode_object(json.dumps(body).encode()) == body


@pytest.mark.parametrize("levels", [MAX_DEPTH, 300, 1000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
@pytest.mark.parametrize("before", ["", '"b": "' + "}]" * 2000 + '", '])
def test_body__is_refused_where_it_is_too_deep(levels: int, opening: str, closing: str, before: str) -> None:
    body = f'{{{before}"a": {opening * levels}1{closing * levels}}}'
    with pytest.raises(RequestError, match="nested more than 200 levels deep"):
        decode_object(body.encode())


CALL = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
GEMINI = "/v1beta/models/gemini-2.5-flash:generateContent"
CONVERSE = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse"


def asked(path: str, deep: Any) -> dict[str, Any]:
    """Return a request in which a call or its result is as deep as this, where its API takes any object there."""
    said: dict[str, Any] = {"role": "user", "content": "Hi"}
    if path == GEMINI:
        return {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": deep}}]}]}
    if path == CONVERSE:
        result = {"toolResult": {"toolUseId": "c", "content": [{"json": deep}]}}
        return {"messages": [{"role": "user", "content": [result]}]}
    if path == "/v1/messages":
        call = {"type": "tool_use", "id": "c", "name": "f", "input": deep}
        return {"model": "m", "max_tokens": 9, "messages": [said, {"role": "assistant", "content": [call]}, said]}
    if path == "/api/chat":
        call = {"function": {"name": "f", "arguments": deep}}
        return {"model": "m", "stream": False, "messages": [said, {"role": "assistant", "tool_calls": [call]}, said]}
    if path == "/v2/chat":
        document = [{"type": "document", "document": {"data": deep}}]
        told = {"role": "tool", "tool_call_id": "c", "content": document}
        return {"model": "m", "messages": [said, {"role": "assistant", "tool_calls": CALL}, told]}
    return {"model": "m", "input": "Hi", "tools": [{"type": "function", "name": "f", "parameters": deep}]}


@pytest.mark.parametrize("path", [GEMINI, CONVERSE, "/v1/messages", "/api/chat", "/v2/chat", "/v1/responses"])
@pytest.mark.parametrize(("levels", "status"), [(180, 200), (300, 400), (900, 400)])
async def test_request__is_answered_or_refused_however_deep_it_is(
    tmp_path: Path, path: str, levels: int, status: int
) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("{version: 1, defaults: {validate: false}, rules: [{reply: Hi.}]}")
    text = json.dumps(asked(path, "DEEP")).replace('"DEEP"', '{"a":' * levels + "1" + "}" * levels)
    with override_settings(MOCK_SCRIPT=str(file), MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        await remove(DEFAULT)
        answer = await call(Handler(), "POST", path, text.encode(), headers={"anthropic-version": "2023-06-01"})
    assert (answer.status, b"nested more than 200 levels" in answer.body) == (status, status == 400)


@pytest.mark.parametrize("path", ["/mistral/v1/chat/completions", "/vllm/v1/chat/completions", "/v1/chat/completions"])
async def test_request__is_refused_where_json_itself_ends(path: str) -> None:
    answer = await call(Handler(), "POST", path, b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}")
    assert answer.status == 400, answer.body
