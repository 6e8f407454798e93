"""The views under Django's own async test client: Django is in charge, with DEBUG and without."""

import logging
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings

from completions.state.namespaces import namespace
from completions.views import generate
from tests.document import MOCK, events, fold

CHAT = "/v1/chat/completions"


@pytest.fixture(autouse=True, params=[False, True], ids=["", "debug"])
def debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.DEBUG = request.param
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0


async def post(client: AsyncClient, path: str, body: Any, **extra: Any) -> Any:
    return await client.post(path, body, content_type="application/json", **extra)


async def test_chat__answers_the_mission_document(async_client: AsyncClient) -> None:
    response = await post(async_client, CHAT, {"model": "gpt-4o", "messages": []})
    assert response.json() == MOCK
    assert response.headers["Content-Type"] == "application/json"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert response.headers["x-request-id"].startswith("req_")


async def test_chat__streams(async_client: AsyncClient) -> None:
    response = await post(async_client, CHAT, {"stream": True, "stream_options": {"include_usage": True}})
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["x-request-id"].startswith("req_")
    assert fold(events(b"".join([piece async for piece in response.streaming_content]))) == MOCK


def test_chat__streams_to_a_server_of_wsgi(client: Client) -> None:
    """Django would gather all pieces first, and warn of that, which is an error here."""
    response: Any = client.post(CHAT, {"stream": True}, content_type="application/json")
    assert fold(events(b"".join(response))) == {key: value for key, value in MOCK.items() if key != "usage"}


def test_chat__gives_a_server_of_wsgi_each_piece_when_it_is_due(client: Client) -> None:
    headers = {"x-mock-fault": "stall; after_tokens=1"}
    response: Any = client.post(CHAT, {"stream": True}, content_type="application/json", headers=headers)
    pieces = iter(response)
    assert b'"content":"This"' in next(pieces)
    pieces.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "message"),
    [
        ("PUT", CHAT, 405, None, f"Invalid method for URL (PUT {CHAT})"),
        ("DELETE", "/v1/completions", 405, None, "Invalid method for URL (DELETE /v1/completions)"),
        ("POST", "/v1/models", 405, None, "Invalid method for URL (POST /v1/models)"),
        ("POST", "/v1/models/mock", 405, None, "Invalid method for URL (POST /v1/models/mock)"),
        ("PUT", "/v1/files", 405, None, "Invalid method for URL (PUT /v1/files)"),
        ("GET", "/v1/embeddings", 405, None, "Invalid method for URL (GET /v1/embeddings)"),
        ("POST", "/_mock/health", 405, "method_not_supported", "allowed: GET, HEAD."),
        ("GET", "/nothing", 404, None, "Invalid URL (GET /nothing)"),
        ("POST", "/v1/chat/completions/", 404, None, "Invalid URL (POST /v1/chat/completions/)"),
        ("POST", "/v9/anything", 404, None, "Invalid URL (POST /v9/anything)"),
        ("GET", "/_mock/nothing", 404, None, "Invalid URL (GET /_mock/nothing)"),
        ("GET", "/v1/models/none", 404, "model_not_found", "The model 'none' does not exist"),
    ],
)
async def test_refusals__are_envelopes(
    async_client: AsyncClient, method: str, path: str, status: int, code: str | None, message: str
) -> None:
    response = await async_client.generic(method, path)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json")
    error = response.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert message in error["message"]
    assert response.headers["x-request-id"].startswith("req_")
    assert ("Allow" in response.headers) == (status == 405)


async def test_models__list_and_one(async_client: AsyncClient) -> None:
    listed = (await async_client.get("/v1/models")).json()
    assert [model["id"] for model in listed["data"]] == ["mock"]
    assert (await async_client.get("/v1/models/mock")).json() == listed["data"][0]


async def test_ready__tells_of_a_broken_edit(async_client: AsyncClient, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\nrules:\n- reply: Before\n")
    settings.MOCK_SCRIPT = str(file)
    assert "problem" not in (await async_client.get("/_mock/ready")).json()
    file.write_text("version: 1\nrules: {}  # broken\n")
    namespace().file.next_check = 0  # it looks at most twice a second
    told = (await async_client.get("/_mock/ready")).json()
    assert told["problem"] == f"{file}:2: `rules` must be a list, not {{}}."
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    assert (await post(async_client, CHAT, body)).json()["choices"][0]["message"]["content"] == "Before"


async def test_models__are_those_of_the_script(async_client: AsyncClient, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\ndefaults: {models: [gpt-4o, my/own]}\nrules:\n- reply: Hi\n")
    settings.MOCK_SCRIPT = str(file)
    assert [model["id"] for model in (await async_client.get("/v1/models")).json()["data"]] == ["gpt-4o", "my/own"]
    assert (await async_client.get("/v1/models/my/own")).json()["id"] == "my/own"
    response = await post(async_client, CHAT, {"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}]})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"
    settings.MOCK_SCRIPT = "auto"
    assert "gpt-4o" in [model["id"] for model in (await async_client.get("/v1/models")).json()["data"]]
    assert (await async_client.get("/v1/models/any-other")).status_code == 200


async def test_health_and_ready(async_client: AsyncClient) -> None:
    assert (await async_client.get("/_mock/health")).json() == {"status": "ok"}
    assert (await async_client.get("/_mock/ready")).json() == {"status": "ready", "script": "mock"}


@pytest.mark.parametrize("setting", ["MAX_BODY_BYTES", "DATA_UPLOAD_MAX_MEMORY_SIZE"])
async def test_body__over_a_limit_is_a_413_that_names_the_setting(
    async_client: AsyncClient, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, 100)
    assert (await post(async_client, CHAT, b"{" + b" " * 98 + b"}")).status_code == 200
    response = await post(async_client, CHAT, b"{" + b" " * 99 + b"}")
    assert response.status_code == 413
    assert (
        response.json()["error"]["message"] == f"The request body is larger than the 100 bytes that {setting} allows."
    )
    assert response.json()["error"]["code"] == "request_too_large"


async def test_bug__is_a_500_envelope_and_a_traceback_in_the_log(
    async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(generate, "answer", fail)
    caplog.set_level(logging.INFO, "completions")
    response = await post(async_client, CHAT, {})
    assert (response.status_code, response.headers["Content-Type"]) == (500, "application/json")
    assert response.json()["error"] == {
        "message": "The server had an error while processing your request. Its log has the traceback.",
        "type": "server_error",
        "param": None,
        "code": "internal_error",
    }
    assert "ZeroDivisionError: a bug" in caplog.text
    assert response.headers["x-request-id"] in caplog.text


async def test_pacing__applies_to_a_whole_answer_where_the_script_says_so(
    async_client: AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(
        "version: 1\nrules:\n"
        "- {match: {last_user: wait}, reply: one two, pacing: {ttft_ms: 60, itl_ms: 40, apply: both}}\n"
        "- {match: {last_user: spoilt}, reply: one two, fault: truncated_json, pacing: {ttft_ms: 100, apply: both}}\n"
        "- {reply: at once, pacing: {ttft_ms: 3600000}}\n"
    )
    settings.MOCK_SCRIPT = str(file)
    for text, least in (("now", 0.0), ("wait", 0.1), ("spoilt", 0.1)):
        started = time.monotonic()
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
        assert (await post(async_client, CHAT, body)).status_code == 200
        assert time.monotonic() - started >= least
