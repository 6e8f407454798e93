"""Web pages: whose may use the API, what their browsers are told, and what those that may not leave untouched."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import AsyncClient
from pytest_django import Settings

from completions.receive.handler import Handler
from tests.asgi import Answer, call

CHAT = "/v1/chat/completions"
BODY = orjson.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]})
APP = "http://localhost:5173"


async def ask(method: str = "POST", path: str = CHAT, body: bytes = BODY, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in ({"host": "127.0.0.1:8000"} | headers).items()}
    return await call(Handler(), method, path, body, headers=named)


def code(answer: Answer) -> str | None:
    document: dict[str, Any] = json.loads(answer.body)
    return document["error"]["code"] if "error" in document else None


ALLOWED: list[tuple[list[str], str, bool]] = [
    ([], "http://localhost:5173", True),
    ([], "http://localhost", True),
    ([], "https://127.0.0.1:8443", True),
    ([], "http://app.localhost:3000", True),
    ([], "http://[::1]:3000", True),
    ([], "https://evil.example", False),
    ([], "http://localhost.evil.example", False),
    ([], "http://localhost:80.evil.example", False),
    ([], "http://evil.example/http://localhost", False),
    ([], "null", False),
    ([], "", False),
    (["https://app.example"], "https://app.example", True),
    (["https://app.example"], "https://APP.example", True),
    (["https://app.example"], "http://app.example", False),
    (["https://app.example"], "https://app.example:444", False),
    (["https://app.example"], "https://appxexample", False),
    (["https://app.example"], "http://localhost:5173", False),
    (["https://a.example", "https://*.b.example"], "https://x.b.example", True),
    (["https://*.b.example"], "https://b.example", False),
    (["http://dev.example:*"], "http://dev.example:99", True),
    (["*"], "https://evil.example", True),
    (["*"], "null", True),
    (["null"], "null", True),
]


@pytest.mark.parametrize(("origins", "origin", "allowed"), ALLOWED)
async def test_page__of_another_site(origins: list[str], origin: str, allowed: bool, settings: Settings) -> None:
    settings.CORS_ORIGINS = origins
    for method, path, body in (("POST", CHAT, BODY), ("GET", "/v1/models", b"")):
        answer = await ask(method, path, body, origin=origin)
        assert (answer.status, code(answer)) == ((200, None) if allowed else (403, "origin_not_allowed"))
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert answer.headers["x-request-id"].startswith("req_")


async def test_page__of_the_server_itself_needs_no_permission(settings: Settings) -> None:
    settings.CORS_ORIGINS = ["https://app.example"]
    answer = await ask(host="localhost:8000", origin="http://localhost:8000")
    assert (answer.status, answer.headers.get("access-control-allow-origin")) == (200, None)


async def test_page__that_may_reads_every_header_of_the_answer(settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"
    answer = await ask(origin=APP)
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"x-request-id", "x-ratelimit-remaining-requests", "openai-processing-ms"} <= exposed
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (CHAT, b"{", {}, 400),
        ("/v1/nothing", BODY, {}, 404),
        (CHAT, BODY, {"x_mock_error": "429; retry_after=3"}, 429),
        ("/v1/messages", b"{}", {"x_mock_namespace": "a b"}, 400),
    ],
)
async def test_page__that_may_reads_errors_too(
    path: str, body: bytes, headers: dict[str, str], status: int, settings: Settings
) -> None:
    settings.MOCK_SCRIPT = "auto"
    answer = await ask("POST", path, body, origin=APP, **headers)
    assert (answer.status, answer.headers.get("access-control-allow-origin")) == (status, APP)


async def test_page__that_may_reads_that_its_body_is_too_large(settings: Settings) -> None:
    settings.MAX_BODY_BYTES = 3
    answer = await ask(origin=APP)
    assert (answer.status, answer.headers.get("access-control-allow-origin")) == (413, APP)


@pytest.mark.parametrize("path", [CHAT, "/v1/responses/resp_1", "/ns/page/v1/models", "/v1/messages", "/api/chat"])
async def test_preflight__allows_what_is_asked_for(path: str) -> None:
    asked = "authorization,content-type,x-stainless-os"
    answer = await ask(
        "OPTIONS",
        path,
        b"",
        origin=APP,
        access_control_request_method="DELETE",
        access_control_request_headers=asked,
        access_control_request_private_network="true",
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-allow-headers"] == asked
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-private-network"] == "true"


async def test_preflight__of_a_page_that_may_not(settings: Settings) -> None:
    answer = await ask("OPTIONS", origin="https://evil.example", access_control_request_method="POST")
    assert (answer.status, code(answer)) == (403, "origin_not_allowed")
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_options__that_are_no_preflight() -> None:
    assert (await ask("OPTIONS")).status == 405
    assert (await ask("OPTIONS", origin=APP)).status == 405


@pytest.mark.parametrize("path", ["/_mock/rules", "/_mock/typo", "/ns/a/_mock/rules", "/_mock/health"])
@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
async def test_control_api__is_open_to_no_other_page(path: str, method: str, settings: Settings) -> None:
    settings.CORS_ORIGINS = ["*"]
    answer = await ask(method, path, b"", origin=APP, access_control_request_method="POST")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 200),
        ({"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, 200),
        ({"sec_fetch_site": "none", "sec_fetch_mode": "navigate"}, 200),
        ({}, 200),
    ],
)
async def test_image__of_another_site_s_page_is_refused(headers: dict[str, str], status: int) -> None:
    assert (await ask("GET", "/v1/models", b"", **headers)).status == status


async def test_page__that_may_not_uses_nothing_up(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\ndefaults: {quota: {requests: 1}}\nrules: [{reply: Once., times: 1}, {reply: Later.}]")
    settings.MOCK_SCRIPT = str(file)
    for _ in range(3):
        assert (await ask(origin="https://evil.example", content_type="text/plain")).status == 403
    assert b"Once." in (await ask()).body
    assert (await ask()).status == 429


async def test_page__under_django_s_own_handler(async_client: AsyncClient) -> None:
    for origin, status in ((APP, 200), ("https://evil.example", 403)):
        response = await async_client.post(CHAT, BODY, content_type="application/json", headers={"Origin": origin})
        assert response.status_code == status
        assert response.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
    headers = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    assert (await async_client.options(CHAT, headers=headers)).status_code == 204
