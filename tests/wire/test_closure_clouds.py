"""Whatever clouds and Cohere answer is accepted when it comes back, as `test_closure` has it of the other APIs.

What these APIs themselves refuse of it is refused in their words.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.leaky import LEAKY
from tests.server import LiveServer
from tests.wire.anthropic import stream as anthropic_stream
from tests.wire.bedrock.test_bedrock import folded, runtime
from tests.wire.cohere import test_cohere as cohere
from tests.wire.test_closure import FUNCTIONS, KINDS, PARAMETERS

pytestmark = LEAKY

Json = dict[str, Any]
SCRIPT = Path(__file__).with_name("closure.yaml").read_text()
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.fixture(scope="module")
def http(live: LiveServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def bedrock(live: LiveServer) -> Any:
    return runtime(live)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("thinking", [False, True], ids=["", "thinking"])
@pytest.mark.parametrize("kind", KINDS)
def test_converse__takes_back_what_it_said(bedrock: Any, kind: str, thinking: bool, stream: bool) -> None:
    tools = [{"toolSpec": {"name": name, "inputSchema": {"json": it}}} for name, it in PARAMETERS.items()]
    request: Json = {"modelId": MODEL, "toolConfig": {"tools": tools}, "inferenceConfig": {"maxTokens": 4000}}
    if thinking:
        request["additionalModelRequestFields"] = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    asked = {"role": "user", "content": [{"text": kind}]}
    if stream:
        answer = folded(bedrock.converse_stream(**request, messages=[asked])["stream"])
    else:
        answer = bedrock.converse(**request, messages=[asked])
    message = answer["output"]["message"]
    if kind == "Empty.":
        with pytest.raises(bedrock.exceptions.ValidationException, match=r"Message object at messages\.1 is empty"):
            bedrock.converse(**request, messages=[asked, message, asked])
        return
    results: list[Json] = [
        {"toolResult": {"toolUseId": block["toolUse"]["toolUseId"], "content": [{"text": "sunny"}]}}
        for block in message["content"]
        if "toolUse" in block
    ]
    for last in ([*results, {"text": "And then?"}], results or [{"text": "And then?"}]):
        again = bedrock.converse(**request, messages=[asked, message, {"role": "user", "content": last}])
        assert again["stopReason"] == "end_turn"


CLAUDE = {
    "bedrock": (f"/model/{MODEL}/invoke", "bedrock-2023-05-31"),
    "vertex": ("/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5:", "vertex-2023-10-16"),
}
"""The beginnings of the addresses where clouds have Claude, and the version that they want."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cloud", CLAUDE)
def test_claude__in_clouds_takes_back_what_it_said(
    http: httpx.Client, bedrock: Any, cloud: str, kind: str, stream: bool
) -> None:
    address, version = CLAUDE[cloud]
    tools = [{"name": name, "input_schema": it} for name, it in PARAMETERS.items()]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    request = {"anthropic_version": version, "max_tokens": 4000, "tools": tools, "thinking": thinking}
    whole = address if cloud == "bedrock" else f"{address}rawPredict"
    asked = {"role": "user", "content": kind}
    body = {**request, "messages": [asked]}
    if stream and cloud == "bedrock":
        sent = bedrock.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))["body"]
        message = anthropic_stream.fold([json.loads(event["chunk"]["bytes"]) for event in sent])
    elif stream:
        sent = http.post(f"{address}streamRawPredict", json={**body, "stream": True})
        message = anthropic_stream.fold(anthropic_stream.read(sent.content))
    else:
        message = http.post(whole, json=body).json()
    results: list[Json] = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": "sunny"}
        for block in message["content"]
        if block["type"] == "tool_use"
    ]
    then = {"role": "user", "content": [*results, {"type": "text", "text": "And then?"}]}
    said = [asked, {"role": "assistant", "content": message["content"]}, then]
    again = http.post(whole, json={**request, "messages": said})
    assert again.status_code == 200, again.text


REFUSED = {
    "Empty.": "invalid request: invalid message provided at index 1: must have non-empty content or tool calls.",
}
"""What Cohere itself does not take back of what its models say, and how it says so."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_cohere__takes_back_what_it_said(http: httpx.Client, kind: str, stream: bool) -> None:
    request: Json = {"model": cohere.MODEL, "tools": FUNCTIONS}
    asked = {"role": "user", "content": kind}
    first = http.post("/v2/chat", json={**request, "messages": [asked], "stream": stream})
    assert first.status_code == 200, first.text
    message = cohere.fold(cohere.events(first.text))["message"] if stream else first.json()["message"]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in message.get("tool_calls") or []
    ]
    said = [asked, message, *results, {"role": "user", "content": "And then?"}]
    again = http.post("/v2/chat", json={**request, "messages": said})
    if kind in REFUSED:
        assert (again.status_code, again.json()["message"]) == (400, REFUSED[kind])
    else:
        assert again.status_code == 200, again.text
