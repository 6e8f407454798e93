"""The media types of answers, as they were recorded of each API between July 2025 and August 2026."""

import json
from typing import Any

import pytest
from django.test import override_settings

from completions.receive.handler import Handler
from tests.asgi import call

JSON, GOOGLE = "application/json", "application/json; charset=UTF-8"
PLAIN, UTF8 = "text/event-stream", "text/event-stream; charset=utf-8"

HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
CLAUDE = {**HELLO, "model": "claude-sonnet-4-5", "max_tokens": 9}
CLAUDES = {"anthropic-version": "2023-06-01"}
"""The header without which a request is none of Anthropic's; other APIs ignore it at addresses of their own."""

CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
MODEL, VERTEX = "/models/gemini-2.5-flash", "/v1beta1/projects/p/locations/global/publishers/google"

STREAMS: dict[str, tuple[dict[str, Any], str]] = {
    "/v1/chat/completions": ({**HELLO, "model": "gpt-4o"}, UTF8),
    "/v1/responses": ({"input": "Hello", "model": "gpt-4o"}, UTF8),
    "/v1/completions": ({"prompt": "Hello", "model": "gpt-3.5-turbo-instruct"}, PLAIN),
    "/v1/messages": (CLAUDE, UTF8),
    "/deepseek/chat/completions": ({**HELLO, "model": "deepseek-chat"}, UTF8),
    "/mistral/v1/chat/completions": ({**HELLO, "model": "mistral-small-latest"}, UTF8),
    "/groq/openai/v1/chat/completions": ({**HELLO, "model": "llama-3.3-70b-versatile"}, PLAIN),
    "/xai/v1/responses": ({"input": "Hello", "model": "grok-4"}, PLAIN),
    "/openrouter/api/v1/chat/completions": ({**HELLO, "model": "openai/gpt-4o"}, PLAIN),
    "/models/chat/completions?api-version=2024-05-01-preview": ({**HELLO, "model": "grok-4"}, PLAIN),
    "/compatibility/v1/chat/completions": ({**HELLO, "model": "command-a-03-2025"}, PLAIN),
    "/v2/chat": ({**HELLO, "model": "command-a-03-2025"}, PLAIN),
}
JSONS: dict[tuple[str, str], str] = {
    ("POST", f"/v1beta{MODEL}:generateContent"): GOOGLE,
    ("POST", f"/v1beta{MODEL}:countTokens"): GOOGLE,
    ("POST", f"{VERTEX}{MODEL}:generateContent"): GOOGLE,
    ("POST", "/v1beta/models/no-such:generateContent"): GOOGLE,
    ("POST", f"/v1beta{MODEL}:generateContent?what=a-body-without-contents"): GOOGLE,
    ("GET", "/v1beta/models"): GOOGLE,
    ("GET", "/v1beta/files"): GOOGLE,
    ("GET", "/v1beta/files/none"): GOOGLE,
    ("GET", "/v1/models"): JSON,
    ("GET", "/v1/files"): JSON,
}


async def media_type(method: str, path: str, body: dict[str, Any] | None = None) -> str:
    """Return the media type of an answer."""
    path, _, query = path.partition("?")
    sent = b"" if body is None else json.dumps(body).encode()
    with override_settings(MOCK_SCRIPT="auto", MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        answer = await call(Handler(), method, path, sent, headers=CLAUDES, query=query.encode())
    return answer.headers["content-type"]


@pytest.mark.parametrize("path", STREAMS)
async def test_answer__has_the_media_types_of_its_api(path: str) -> None:
    body, streamed = STREAMS[path]
    assert await media_type("POST", path, {**body, "stream": True}) == streamed
    assert await media_type("POST", path, body) == JSON


@pytest.mark.parametrize(("method", "path"), JSONS)
async def test_json_of_google__names_its_charset(method: str, path: str) -> None:
    asked = None if method == "GET" else {} if "without" in path else CONTENTS
    assert await media_type(method, path, asked) == JSONS[method, path]


async def test_stream_of_google__names_no_charset() -> None:
    assert await media_type("POST", f"/v1beta{MODEL}:streamGenerateContent?alt=sse", CONTENTS) == PLAIN


@pytest.mark.parametrize("path", [f"/v1beta{MODEL}", f"{VERTEX}{MODEL}"])
async def test_error_of_google__has_the_type_of_the_stream_that_is_asked_for(path: str) -> None:
    """As maruel/genai recorded of a wrong model in September 2026; a stream that is one array is JSON."""
    hot = {**CONTENTS, "generationConfig": {"temperature": 9}}
    assert await media_type("POST", f"{path}:streamGenerateContent", hot) == GOOGLE
    assert await media_type("POST", f"{path}:generateContent?alt=sse", hot) == GOOGLE
    with override_settings(MOCK_SCRIPT="auto"):
        sent = json.dumps(hot).encode()
        refused = await call(Handler(), "POST", f"{path}:streamGenerateContent", sent, query=b"alt=sse")
    assert (refused.status, refused.headers["content-type"]) == (400, PLAIN)
    assert refused.body.startswith(b'{\n  "error": {\n    "code": 400,') and refused.body.endswith(b"\n}\n")
