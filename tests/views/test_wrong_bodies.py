"""Whatever the script checks, nothing is made of a wrong body, or listed by a wrong query: both would do nothing."""

import json
import re
from collections.abc import Iterator, Mapping

import pytest
from django.urls import URLPattern

from completions import urls
from completions.receive.handler import Handler
from tests.asgi import call

APIS: Mapping[str, Mapping[str, str]] = {
    "openai": {"openai-beta": "agents=v1"},
    "anthropic": {"anthropic-version": "2023-06-01", "anthropic-beta": "managed-agents-2026-04-01"},
    "google": {"x-goog-api-key": "k"},
}
WRONG = dict.fromkeys(("agent", "events", "expires_after", "file_ids", "items", "metadata", "session", "tools"), "x")
WRONG_TYPES = dict.fromkeys(("config", "input", "model", "name", "purpose", "url", "uses", "webhook"), 7)
BODY = json.dumps({**WRONG, **WRONG_TYPES, "description": [], "displayName": [], "event_types": 7}).encode()


def creations() -> Iterator[tuple[str, str]]:
    """Yield the addresses without variable parts at which something is made, with the API that a request names."""
    for pattern in urls.api:
        path = str(pattern.pattern).strip("^$").removesuffix(r"\Z")
        if path.startswith("upload/"):
            continue  # any bytes are a file
        for _ in range(2):  # groups in groups
            path = re.sub(r"\(\?:(\w+)(?:\|\w+)*\)", r"\1", path)  # the first of alternatives
        if isinstance(pattern, URLPattern) and hasattr(pattern.callback, "choose") and not re.search(r"[<(\[]", path):
            yield from ((f"/{path}", api) for api in APIS)


def test_creations__are_found() -> None:
    found = {path for path, _ in creations()}
    assert {
        "/v1/conversations",
        "/v1/containers",
        "/v1/webhook_endpoints",
        "/v1/agents",
        "/v1beta/auth_tokens",
    } <= found


@pytest.mark.parametrize(("path", "api"), list(creations()))
async def test_creation__refuses_a_wrong_body_under_the_default_script(path: str, api: str) -> None:
    answer = await call(Handler(), "POST", path, BODY, headers=APIS[api])
    assert 400 <= answer.status < 500, answer.body


async def test_conversation__refuses_wrong_items_under_the_default_script() -> None:
    app = Handler()
    made = json.loads((await call(app, "POST", "/v1/conversations", b"{}")).body)
    answer = await call(app, "POST", f"/v1/conversations/{made['id']}/items", b'{"items": [{}]}')
    assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, "items[0]")


@pytest.mark.parametrize("path", ["/v1/files", "/v1/vector_stores", "/v1/batches", "/v1/chat/completions"])
@pytest.mark.parametrize(
    ("query", "status"), [("limit=0", 400), ("limit=x", 400), ("limit=10001", 400), ("order=up", 400), ("after=x", 404)]
)
async def test_list__refuses_a_wrong_query_under_the_default_script(path: str, query: str, status: int) -> None:
    answer = await call(Handler(), "GET", path, b"", query=query.encode())
    assert (answer.status, json.loads(answer.body)["error"]["param"]) == (status, query.partition("=")[0])
