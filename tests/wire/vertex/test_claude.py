"""Claude on Vertex AI: the anthropic SDK's own client for it, against a live server."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import pytest

from completions.exceptions import RequestError
from completions.wire.vertex.claude import VertexClaude
from tests.leaky import LEAKY
from tests.server import LiveServer

pytestmark = LEAKY

MODEL = "claude-sonnet-4-5@20250929"
PLACE = "/v1/projects/p/locations/us-east5/publishers/anthropic/models"
USER = {"role": "user", "content": "Hi"}
BODY = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 100, "messages": [USER]}
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, keys: [good], models: [known, mine]}
rules:
- {match: {last_user: limit}, error: 429}
- {match: {last_user: busy}, error: 529}
- {match: {model: "claude-sonnet-4-5@20250929", format: anthropic}, reply: {text: "To Claude."}}
"""


@pytest.fixture
def sdk(live: LiveServer) -> Iterator[anthropic.AnthropicVertex]:
    with anthropic.AnthropicVertex(
        base_url=f"{live.url}/v1", region="us-east5", project_id="p", access_token="good", max_retries=0
    ) as client:
        yield client


def post(server: LiveServer, path: str, body: dict[str, Any], key: str = "good") -> httpx.Response:
    return httpx.post(server.url + PLACE + path, json=body, headers={"authorization": f"Bearer {key}"}, timeout=60)


def test_sdk__gets_a_message_whole_and_streamed(sdk: anthropic.AnthropicVertex) -> None:
    asked: Any = {"model": MODEL, "max_tokens": 100, "messages": [USER]}
    message = sdk.messages.create(**asked)
    assert message.content[0].to_dict() == {"type": "text", "text": "To Claude."}
    assert message.model == "claude-sonnet-4-5-20250929" and message.id.startswith("msg_vrtx_01")
    with sdk.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    assert streamed.content[0].to_dict() == {"type": "text", "text": "To Claude."}
    assert streamed.usage.output_tokens == message.usage.output_tokens
    asked["betas"] = ["context-1m-2025-08-07"]
    beta: Any = sdk.beta.messages
    assert beta.create(**asked).model == message.model


def test_sdk__counts_tokens_as_anthropic_does(sdk: anthropic.AnthropicVertex) -> None:
    asked: Any = {"model": MODEL, "messages": [USER]}
    message = sdk.messages.create(max_tokens=100, **asked)
    counted = sdk.messages.count_tokens(**asked)
    assert counted.input_tokens == message.usage.input_tokens > 0


@pytest.mark.parametrize(
    ("path", "body", "key", "status", "said"),
    [
        (MODEL, {"anthropic_version": None}, "good", 400, "anthropic_version: Input should be 'vertex-2023-10-16'"),
        (MODEL, {"model": MODEL}, "good", 400, "model: Extra inputs are not permitted"),
        (MODEL, {"cache_control": {"type": "ephemeral"}}, "good", 400, "cache_control: Extra inputs are not permitted"),
        (MODEL, {"max_tokens": "x"}, "good", 400, "max_tokens: Input should be a valid integer"),
        (MODEL, {"thread": {"type": "create"}}, "good", 400, "thread: Extra inputs are not permitted"),
        (MODEL, {"max_tokens": 99_999_999}, "good", 400, "maximum allowed number of output tokens"),
        (MODEL, {"messages": [{"role": "user", "content": "busy"}]}, "good", 529, "Overloaded"),
        (MODEL, {"messages": [{"role": "user", "content": "limit"}]}, "good", 429, "RESOURCE_EXHAUSTED"),
        (MODEL, {}, "bad", 401, "UNAUTHENTICATED"),
        ("claude-none@1", {}, "good", 404, "Publisher Model `publishers/anthropic/models/claude-none@1`"),
    ],
)
def test_error__is_anthropics_for_the_message_and_googles_around_it(
    live: LiveServer, path: str, body: dict[str, Any], key: str, status: int, said: str
) -> None:
    answer = post(live, f"/{path}:rawPredict", BODY | body, key)
    assert answer.status_code == status and said in answer.text
    assert (answer.json().get("type") == "error") == (status in (400, 529))
    assert ("code" in answer.json()["error"]) == (status not in (400, 529))


def test_request__streams_if_it_says_so_whatever_the_script_validates() -> None:
    wire, route = VertexClaude(), {"model": MODEL}
    for stream in (False, True):
        prompt = wire.parse(json.dumps(BODY | {"stream": stream}).encode(), {}, validate=False, route=route)
        assert (prompt.model, prompt.stream) == (MODEL, stream)
    with pytest.raises(RequestError, match="stream: Input should be a valid boolean"):
        wire.parse(json.dumps(BODY | {"stream": "yes"}).encode(), {}, validate=False, route=route)


def test_error__is_the_sdk_s_own_class(sdk: anthropic.AnthropicVertex) -> None:
    limit: Any = [{"role": "user", "content": "limit"}]
    with pytest.raises(anthropic.RateLimitError, match="Resource exhausted"):
        sdk.messages.create(model=MODEL, max_tokens=100, messages=limit)
