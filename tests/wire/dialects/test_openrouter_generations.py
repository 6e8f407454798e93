"""What OpenRouter tells of an answer afterwards, asked of a live server by the id of the answer's header."""

import json
from typing import Any

import httpx
import pytest

from tests.server import LiveServer, serving

SCRIPT = """
version: 1
rules:
- reply: {text: It is warm., reasoning: Hm., usage: {prompt_tokens: 1000, completion_tokens: 100, cached_tokens: 10}}
  pacing: {ttft_ms: 0, itl_ms: 5}
"""

server = serving(script=SCRIPT)

PLACE = "openrouter/api/v1"
ASKED: dict[str, Any] = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def told(server: LiveServer, name: str, space: str = "") -> httpx.Response:
    return httpx.get(f"{server.url}/{space}{PLACE}/generation", params={"id": name} if name else {})


@pytest.mark.parametrize("stream", [False, True])
def test_generation__tells_what_an_answer_cost(server: LiveServer, stream: bool) -> None:
    answer = httpx.post(f"{server.url}/{PLACE}/chat/completions", json=ASKED | {"stream": stream})
    last = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")][-1] if stream else answer.text
    usage, name = json.loads(last)["usage"], answer.headers["x-generation-id"]
    found = told(server, name).json()["data"]
    counts = ("tokens_prompt", "tokens_completion", "native_tokens_prompt", "native_tokens_completion")
    assert [found[count] for count in counts] == [1000, 100, 1000, 100]
    assert found["total_cost"] == found["usage"] == usage["cost"] > 0
    assert (found["id"], found["model"], found["streamed"]) == (name, "openai/gpt-4o", stream)
    assert (found["finish_reason"], found["native_finish_reason"]) == ("stop", "stop")
    assert found["native_tokens_cached"] == 10 and (found["generation_time"] > 0) == stream


def test_generation__that_is_not_there(server: LiveServer) -> None:
    answer = httpx.post(f"{server.url}/{PLACE}/chat/completions", json=ASKED)
    elsewhere, unnamed = told(server, answer.headers["x-generation-id"], "ns/other/"), told(server, "")
    assert (elsewhere.status_code, unnamed.status_code) == (404, 400)
    name = answer.headers["x-generation-id"]
    assert elsewhere.json()["error"] == {"message": f"Generation {name} not found", "code": 404}
