"""`POST /_mock/script/try` names the rule that the API answers by, and says what the API says, on every surface."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from tests.asgi import call
from tests.control.client import told
from tests.same_bytes.requests import CHAT, SURFACES, Request, requests

RULES = (Path(__file__).parent.parent / "same_bytes" / "script.yaml").read_text(encoding="utf-8")
OVERRIDES: dict[str, str] = {"X-Mock-Error": "503", "X-Mock-Pacing": "ttft_ms=1; apply=both"}


def asked() -> Iterator[Request]:
    """Yield the recorded requests that are JSON objects, and some whose own headers say what they get."""
    for request in requests():
        if request.body.startswith(b"{") and "oops" not in request.body.decode() and "nothing" not in request.path:
            yield request
    for name in ("chat", "anthropic", "responses", "ollama chat"):
        surface = SURFACES[name]
        for header, value in OVERRIDES.items():
            body = json.dumps(surface.body("Text")).encode()
            yield Request(f"{name}: {header}", surface.path, body, surface.query, {**surface.headers, header: value})


async def outcome_of(request: Request) -> tuple[Any, Any]:
    """Return the rule that answered a request at the API, and its status."""
    answer = await call(Handler(), "POST", request.path, request.body, headers=request.headers, query=request.query)
    exchange = await told("GET", f"exchanges/{answer.headers['x-request-id']}")
    return exchange["rule"], answer.status


async def outcome_of_try(request: Request) -> tuple[Any, Any]:
    """Return the rule that would answer a request, and the status that it would have."""
    path = request.path + (f"?{request.query.decode()}" if request.query else "")
    facts = {"path": path, "request": json.loads(request.body), "headers": dict(request.headers)}
    found = await told("POST", "script/try", json.dumps(facts))
    return found["rule"], found["error"]["status"] if found["error"] else 200


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("dialect", ["", "groq", "mistral"])
async def test_try__agrees_with_the_api(settings: Settings, tmp_path: Path, dialect: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(RULES.replace("seed: 7", f"seed: 7, dialect: {dialect}") if dialect else RULES, encoding="utf-8")
    settings.MOCK_SCRIPT = str(file)
    differ = {}
    for request in asked():
        if dialect and not request.path.endswith(CHAT):
            continue
        there, here = await outcome_of(request), await outcome_of_try(request)
        if there != here:
            differ[request.name] = (there, here)
    assert differ == {}
