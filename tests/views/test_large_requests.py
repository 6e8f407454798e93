"""What is large is answered in a thread, however little text it has: many inputs, documents, tokens, messages."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from completions import budget
from completions.receive.handler import Handler
from completions.wire.vectors import MAX_NUMBERS
from tests.asgi import Answer, call

Body = dict[str, Any]


def said(times: int) -> list[Body]:
    return [{"role": "user", "content": "Hi"}] * times


REQUESTS: dict[str, Callable[[int], Body]] = {
    "/v1/embeddings": lambda times: {"model": "text-embedding-3-large", "input": ["a"] * times},
    "/api/embed": lambda times: {"model": "nomic-embed-text", "input": ["a"] * times},
    "/v2/embed": lambda times: {"model": "embed-v4.0", "input_type": "classification", "texts": ["a" * times * 30]},
    "/v2/rerank": lambda times: {"model": "rerank-v3.5", "query": "a", "documents": ["a"] * times},
    "/vllm/detokenize": lambda times: {"model": "m", "tokens": list(range(times * 100))},
    "/api/chat": lambda times: {"model": "mine", "messages": said(times), "stream": False},
    "/v1/responses": lambda times: {"model": "gpt-4o", "input": said(times)},
    "/v1/messages/count_tokens": lambda times: {"model": "claude-sonnet-4-5", "messages": said(times)},
}
"""Requests by address, and by how much there is of them; the large ones are 2,000 times the small ones."""


@pytest.fixture(autouse=True)
def auto(settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"


async def ask(path: str, body: Body) -> Answer:
    return await call(Handler(), "POST", path, json.dumps(body).encode(), headers={"anthropic-version": "2023-06-01"})


@pytest.mark.parametrize("path", REQUESTS)
async def test_large_request__is_answered_in_a_thread(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    in_thread = budget.in_thread

    async def spied(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        seen.append(work)
        return await in_thread(work, *args, **kwargs)

    await ask(path, REQUESTS[path](1))  # which may load a tokenizer
    monkeypatch.setattr(budget, "in_thread", spied)
    assert (await ask(path, REQUESTS[path](1))).status == 200
    assert budget._within not in seen
    answer = await ask(path, REQUESTS[path](2_000))
    assert answer.status == 200, answer.body
    assert budget._within in seen


async def test_vectors__have_a_limit_that_no_api_comes_to() -> None:
    most = MAX_NUMBERS // 768
    answer = await ask("/api/embed", {"model": "nomic-embed-text", "input": ["a"] * (most + 1)})
    assert answer.status == 400
    why = f"The vectors of {most + 1} inputs have {(most + 1) * 768} numbers, and an answer has at most {MAX_NUMBERS}."
    assert json.loads(answer.body) == {"error": why}
