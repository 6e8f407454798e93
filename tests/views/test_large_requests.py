"""What is large is answered in a thread, however little text it has: many inputs, documents, tokens, messages."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from completions import budget
from completions.receive.handler import Handler
from completions.wire.dialects import mistral_batches
from completions.wire.json_lines import MAX_ERRORS
from completions.wire.openai import batches as openai_batches
from completions.wire.vectors import MAX_NUMBERS
from tests.asgi import Answer, call

Body = dict[str, Any]


def said(times: int) -> list[Body]:
    return [{"role": "user", "content": "Hi"}] * times


def tool(times: int) -> Body:
    values = [*range(times)]
    properties = {"a": {"type": "integer", "enum": values}}
    return {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": properties}}}


def pictures(times: int) -> Body:
    url = "https://a.example/" + "a" * 5
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url, "detail": "low"}}] * times}


def many(times: int) -> Body:
    return {"n": min(times, 100), "top_logprobs": min(times, 8)}


REQUESTS: dict[str, Callable[[int], Body]] = {
    "/v1/embeddings": lambda times: {"model": "text-embedding-3-large", "input": ["a"] * times},
    "/api/embed": lambda times: {"model": "nomic-embed-text", "input": ["a"] * times},
    "/v2/embed": lambda times: {"model": "embed-v4.0", "input_type": "classification", "texts": ["a" * times * 30]},
    "/v2/rerank": lambda times: {"model": "rerank-v3.5", "query": "a", "documents": ["a"] * times},
    "/mistral/v1/ocr": lambda times: {
        "model": "mistral-ocr-latest",
        "document": {"document_url": "data:text/plain;base64," + "YQph" * 10 * times},
    },
    "/vllm/detokenize": lambda times: {"model": "m", "tokens": list(range(times * 100))},
    "/api/chat": lambda times: {"model": "mine", "messages": said(times), "stream": False},
    "/v1/responses": lambda times: {"model": "gpt-4o", "input": said(times)},
    "/v1/chat/completions": lambda times: {
        "model": "gpt-4o",
        "messages": said(1),
        "tools": [tool(times * 8)],
    },
    "/openai/v1/chat/completions": lambda times: {"model": "gpt-4.1", "messages": [pictures(times)]},
    "/xai/v1/chat/completions": lambda times: {"model": "grok-3", "logprobs": True, "messages": said(1)} | many(times),
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
    assert budget._with_thread_budget not in seen
    answer = await ask(path, REQUESTS[path](2_000))
    assert answer.status == 200, answer.body
    assert budget._with_thread_budget in seen


async def test_vectors__have_a_limit_that_no_api_comes_to() -> None:
    most = MAX_NUMBERS // 768
    answer = await ask("/api/embed", {"model": "nomic-embed-text", "input": ["a"] * (most + 1)})
    assert answer.status == 400
    why = f"The vectors of {most + 1} inputs have {(most + 1) * 768} numbers, and an answer has at most {MAX_NUMBERS}."
    assert json.loads(answer.body) == {"error": why}


@pytest.mark.parametrize(
    "read",
    [
        lambda content: openai_batches.read_lines(content, "/v1/chat/completions"),
        mistral_batches.read_lines,
    ],
)
def test_batch__tells_of_some_wrong_lines_and_reads_no_more(read: Callable[[bytes], tuple[Any, list[Any]]]) -> None:
    lines, wrong = read(b"{\n" * MAX_ERRORS * 20)
    assert not lines and len(wrong) == MAX_ERRORS
    lines, wrong = read(b"{\n" * (MAX_ERRORS - 1))
    assert not lines and len(wrong) == MAX_ERRORS - 1


async def test_batch__is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    read_lines = openai_batches.read_lines

    def read(content: bytes, endpoint: str) -> tuple[list[Any], list[Any]]:
        seen.append(threading.current_thread().name)
        return read_lines(content, endpoint)

    monkeypatch.setattr(openai_batches, "read_lines", read)
    form = (
        b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n--x--\r\n'
    )
    sent = await call(Handler(), "POST", "/v1/files", form, headers={"content-type": "multipart/form-data; boundary=x"})
    body = {"input_file_id": json.loads(sent.body)["id"], "endpoint": "/v1/embeddings", "completion_window": "24h"}
    assert (await ask("/v1/batches", body)).status == 200
    assert len(seen) == 1 and seen[0].startswith("work-")
