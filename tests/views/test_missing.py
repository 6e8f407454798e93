"""Stored things that are not there, read and deleted: each API says so in its own words and status."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from completions.receive.handler import Handler
from tests.asgi import call

ANTHROPIC = {"anthropic-version": "2023-06-01"}
STORE = "No vector store found with id 'vs_x'."
DENIED = "You do not have permission to access the"

READ_AND_DELETED: Mapping[str, tuple[int, str]] = {
    "/v1/files/file-x": (404, "No such File object: file-x"),
    "/v1/vector_stores/vs_x": (404, STORE),
    "/v1/vector_stores/vs_x/files/file-x": (404, STORE),
    "/v1/responses/resp_x": (404, "Response with id 'resp_x' not found."),
    "/v1/conversations/conv_x": (404, "Conversation with id 'conv_x' not found."),
    "/v1/chat/completions/chatcmpl-x": (404, "Chat completion with id 'chatcmpl-x' not found."),
    "/mistral/v1/files/x": (404, "File x not found."),
    "/mistral/v1/batch/jobs/x": (404, "Job x not found."),
    "/groq/openai/v1/files/file_x": (404, "No such File object: file_x"),
    "/v1beta/files/x": (403, f"{DENIED} File x or it may not exist."),
    "/v1beta/cachedContents/x": (403, "CachedContent not found (or permission denied)"),
    "/v1beta/batches/x": (404, "Batch x not found."),
    "/v1beta/interactions/x": (400, "Invalid interaction name: interactions/x"),
    "/v1beta/fileSearchStores/x": (403, f"{DENIED} file search store x or it may not exist."),
}
READ: Mapping[str, tuple[int, str]] = {
    "/v1/files/file-x/content": (404, "No such File object: file-x"),
    "/v1/batches/batch_x": (404, "Batch with id 'batch_x' not found."),
    "/groq/openai/v1/batches/batch_x": (404, "Batch with id 'batch_x' not found."),
    "/mistral/v1/files/x/content": (404, "File x not found."),
    "/xai/v1/batches/batch_x": (404, "Batch batch_x not found."),
}
OF_ANTHROPIC: Mapping[str, tuple[int, str]] = {
    "/v1/files/file_x": (404, "File not found: file_x"),
    "/v1/messages/batches/msgbatch_x": (404, "Batch msgbatch_x not found."),
}


@pytest.mark.parametrize(
    ("method", "path", "status", "said", "headers"),
    [
        *((method, path, *told, {}) for method in ("GET", "DELETE") for path, told in READ_AND_DELETED.items()),
        *(("GET", path, *told, {}) for path, told in READ.items()),
        *((method, path, *told, ANTHROPIC) for method in ("GET", "DELETE") for path, told in OF_ANTHROPIC.items()),
    ],
)
async def test_stored__that_is_not_there(
    method: str, path: str, status: int, said: str, headers: Mapping[str, str]
) -> None:
    answer = await call(Handler(), method, path, b"", headers=headers)
    document = json.loads(answer.body)
    error = document.get("error", document)
    assert (answer.status, error if isinstance(error, str) else error["message"]) == (status, said)


OPENAI = {"openai-processing-ms", "openai-version", "openai-organization", "openai-project"}
OWNER = {"request-id", "anthropic-organization-id", "anthropic-workspace-id"}
GOOGLE = {"server-timing", "vary", "x-content-type-options", "x-frame-options", "x-xss-protection"}
LISTS: Mapping[str, tuple[set[str], Mapping[str, str]]] = {
    "/v1/files": (OPENAI, {}),
    "/v1/containers": (OPENAI, {}),
    "/v1/chat/completions": (OPENAI, {}),
    "/v1/files ": (OWNER, ANTHROPIC),
    "/v1/messages/batches": (OWNER, ANTHROPIC),
    "/v1beta/files": (GOOGLE, {}),
    "/groq/openai/v1/batches": ({"x-groq-region"}, {}),
}


@pytest.mark.parametrize("path", LISTS)
async def test_stored__is_told_with_the_headers_of_its_api_and_without_limits(path: str) -> None:
    own, headers = LISTS[path]
    for place in (path.strip(), f"{path.strip()}/x_1"):
        answer = await call(Handler(), "GET", place, b"", headers=headers)
        assert own <= answer.headers.keys(), answer.headers
        assert not [name for name in answer.headers if "ratelimit" in name]


@pytest.mark.parametrize("path", ["/api/tags", "/api/ps", "/api/version", "/api/show"])
async def test_ollama__says_of_all_json_that_it_is_utf_8(path: str) -> None:
    method, body = ("POST", b'{"model": "llama3.2"}') if path == "/api/show" else ("GET", b"")
    answer = await call(Handler(), method, path, body)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")


async def test_stored__tells_who_must_sign_in(settings: Any) -> None:
    settings.API_KEYS = ["sk-right"]
    answer = await call(Handler(), "GET", "/v1/files", b"", headers={"authorization": "Bearer sk-wrong"})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="OpenAI API"')
    assert "openai-organization" not in answer.headers
