"""Answers from data on every API, whole and streamed."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings

MESSAGES = {"messages": [{"role": "user", "content": "Where?"}]}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Where?"}]}]}
GEMINI = "/v1beta/models/gemini-2.5-flash"
SURFACES: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"model": "gpt-4o", **MESSAGES}),
    "completions": ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Where?"}),
    "responses": ("/v1/responses", {"model": "gpt-4o", "input": "Where?"}),
    "anthropic": ("/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 100, **MESSAGES}),
    "gemini": (f"{GEMINI}:generateContent", CONTENTS),
    "ollama chat": ("/api/chat", {"model": "llama3.2", "stream": False, **MESSAGES}),
    "ollama generate": ("/api/generate", {"model": "llama3.2", "prompt": "Where?", "stream": False}),
    "cohere": ("/v2/chat", {"model": "command-r-08-2024", "stream": False, **MESSAGES}),
    "vllm": ("/vllm/v1/chat/completions", {"model": "llama", **MESSAGES}),
}
LINES = [{"prompt": "Where?", "reply": "Berlin"}, {"prompt": "When?", "reply": "Today"}]


@pytest.fixture(params=["turn", "hash", "prompt"])
def data(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> None:
    lines = LINES[:1] if request.param == "hash" else LINES
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, lines)))
    script = tmp_path / "script.yaml"
    script.write_text(f"version: 1\nrules:\n- reply: {{dataset: {{file: data.jsonl, by: {request.param}}}}}\n")
    settings.MOCK_SCRIPT, settings.MOCK_TTFT_MS, settings.MOCK_ITL_MS = str(script), 0, 0


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("surface", SURFACES)
async def test_dataset__answers_on_every_api(async_client: AsyncClient, surface: str, stream: bool) -> None:
    path, body = SURFACES[surface]
    if surface == "gemini":
        path = f"{GEMINI}:streamGenerateContent" if stream else path
    elif stream:
        body = {**body, "stream": True}
    headers = {"anthropic-version": "2023-06-01"}
    response: Any = await async_client.post(path, body, content_type="application/json", headers=headers)
    said = b"".join([part async for part in response.streaming_content]) if response.streaming else response.content
    assert response.status_code == 200, said
    assert b"Berlin" in said
