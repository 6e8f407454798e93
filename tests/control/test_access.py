"""Who may use the control API: a table of clients, names, pages and tokens."""

import json
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from completions.control.table import OPERATIONS
from completions.receive.handler import Handler
from tests.asgi import Connection, scope

TOKEN = {"authorization": "Bearer s3cret"}


async def status(
    client: Any = ("127.0.0.1", 1234), method: str = "GET", path: str = "script", **headers: str
) -> tuple[int, str]:
    connection = Connection()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = scope(method, f"/_mock/{path}", named) | {"client": client}
    await Handler()(asked, connection.receive, connection.send)
    document = json.loads(connection.answer.body)
    return connection.answer.status, document["error"]["code"] if "error" in document else ""


@pytest.mark.parametrize("client", [("127.0.0.1", 1), ("127.3.2.1", 1), ("::1", 1), ("::ffff:127.0.0.1", 1)])
async def test_client__on_this_machine(client: tuple[str, int]) -> None:
    assert await status(client) == (200, "")


@pytest.mark.parametrize(
    "client",
    [("10.0.0.1", 1), ("192.168.1.5", 1), ("2001:db8::1", 1), ("::ffff:10.0.0.1", 1), ("", 0), ("unix:", 0), None],
)
async def test_client__from_elsewhere_or_nowhere(client: tuple[str, int] | None) -> None:
    assert await status(client) == (403, "client_not_allowed")


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"x_forwarded_for": "127.0.0.1"}, True),
        ({"x_forwarded_for": "203.0.113.9"}, False),
        ({"x_forwarded_for": "127.0.0.1, 203.0.113.9"}, False),
        ({"x_forwarded_for": "nonsense"}, False),
        ({"forwarded": "for=127.0.0.1"}, False),
        ({"via": "1.1 proxy"}, False),
        ({"x_real_ip": "203.0.113.9"}, False),
    ],
)
async def test_client__behind_a_proxy_on_this_machine(headers: dict[str, str], allowed: bool) -> None:
    assert await status(**headers) == ((200, "") if allowed else (403, "client_not_allowed"))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "http://localhost"}, ""),
        ({"origin": "https://LOCALHOST"}, ""),
        ({"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"}, ""),
        ({"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:3000"}, "origin_not_allowed"),
        ({"origin": "http://localhost:3000"}, "origin_not_allowed"),
        ({"origin": "https://evil.example"}, "origin_not_allowed"),
        ({"origin": "https://localhost.evil.example"}, "origin_not_allowed"),
        ({"origin": "null"}, "origin_not_allowed"),
        ({"origin": ""}, "origin_not_allowed"),
        ({"origin": "http://[::1"}, "origin_not_allowed"),
        ({"sec_fetch_site": "same-origin"}, ""),
        ({"sec_fetch_site": "none"}, ""),
        ({"sec_fetch_site": "same-site"}, "origin_not_allowed"),
        ({"sec_fetch_site": "cross-site"}, "origin_not_allowed"),
    ],
)
async def test_page__of_another_site(headers: dict[str, str], code: str, settings: Settings) -> None:
    assert (await status(**headers))[1] == code
    settings.ADMIN_TOKEN = "s3cret"
    assert (await status(**headers, **TOKEN))[1] == code, "not with the token either"


@pytest.mark.parametrize(
    ("host", "hosts", "code"),
    [
        ("mock.localhost", ["*"], ""),
        ("127.9.9.9:8000", ["*"], ""),
        ("[::1]:8000", ["*"], ""),
        ("evil.example", ["*"], "host_not_allowed"),
        ("evil.example", ["localhost"], "host_not_allowed"),
        ("mock.example", ["*", "mock.example"], ""),
        ("a.mock.example", ["*", ".mock.example"], ""),
        ("a_b c", ["*"], "host_not_allowed"),
    ],
)
async def test_host__that_any_page_may_have_made_up(host: str, hosts: list[str], code: str, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = hosts
    assert (await status(host=host))[1] == code


@pytest.mark.parametrize(
    ("authorization", "allowed"),
    [
        ("Bearer s3cret", True),
        ("bearer  s3cret ", True),
        ("Bearer s3cre", False),
        ("Bearer s3cret2", False),
        ("Bearer", False),
        ("Basic s3cret", False),
        ("Bearer s3crét", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("client", [("127.0.0.1", 1), ("10.0.0.1", 1), None])
async def test_token__is_what_counts_where_one_is_set(
    client: tuple[str, int] | None, authorization: str, allowed: bool, settings: Settings
) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    settings.ALLOWED_HOSTS = ["*"]
    got = await status(client, authorization=authorization, host="mock:8000")
    assert got == ((200, "") if allowed else (401, "invalid_admin_token"))


async def test_token__is_asked_for_in_http_s_own_words(settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    connection = Connection()
    await Handler()(scope("GET", "/_mock/script"), connection.receive, connection.send)
    assert connection.answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
async def test_operations__are_closed_to_the_world_but_for_health(operation: Any) -> None:
    path = operation.path.replace("{name}", "x").replace("{id}", "x")
    expected = (200, "") if operation.path in ("health", "ready") else (403, "client_not_allowed")
    assert await status(("10.0.0.1", 1), operation.method, path) == expected
    assert (await status(("10.0.0.1", 1), "TRACE", path))[0] == (405 if expected[0] == 200 else 403)


async def test_admittance__under_django_s_own_handler(async_client: AsyncClient, settings: Settings) -> None:
    assert (await async_client.get("/_mock/script")).status_code == 200
    assert (await async_client.get("/_mock/script", headers={"Origin": "http://evil.example"})).status_code == 403
    settings.ALLOWED_HOSTS = ["localhost"]
    assert (await async_client.get("/_mock/script")).json()["error"]["code"] == "host_not_allowed"
