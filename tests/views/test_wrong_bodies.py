"""What APIs keep is never made of a body that is wrong, whatever the script checks: it would silently be without it.

Wrong queries of OpenAI's lists, which the tests of its SDKs send, are refused by scripts that check requests.
"""

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


@pytest.mark.parametrize("items", ["x", [3], [[]]])
async def test_conversation__refuses_wrong_items_under_the_default_script(items: object) -> None:
    app = Handler()
    made = json.loads((await call(app, "POST", "/v1/conversations", b"{}")).body)
    for path in ("/v1/conversations", f"/v1/conversations/{made['id']}/items"):
        answer = await call(app, "POST", path, json.dumps({"items": items}).encode())
        assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "invalid_type")
