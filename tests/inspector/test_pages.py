"""The inspector's pages in process: who may see them, their headers, the way in, the files."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from completions.control import tickets
from completions.control.access import COOKIE
from completions.inspector import sign_in as sign_in_page
from completions.inspector.address import inspector_url
from completions.inspector.assets import assets
from completions.receive.handler import Handler
from tests.asgi import Answer, Connection, scope
from tests.control.client import ask, control

pytestmark = pytest.mark.usefixtures("world")

INSPECTOR = "/_mock/inspector/"
PAGES = ["/_mock/", *(INSPECTOR + name for name in ("exchanges/req_1", "playground", "script", "figures"))]


async def get(path: str, method: str = "GET", body: str = "", client: str = "127.0.0.1", **headers: str) -> Answer:
    """Ask for a page, as a client of this address."""
    connection = Connection(body.encode())
    path, _, query = path.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    await Handler()(
        scope(method, path, named, query.encode()) | {"client": (client, 1234)}, connection.receive, connection.send
    )
    return connection.answer


async def sign_in(token: str, next: str = "", client: str = "127.0.0.1") -> Answer:
    """Send the form."""
    form = f"token={token}&next={next}"
    headers = {"content_type": "application/x-www-form-urlencoded", "content_length": str(len(form))}
    return await get(f"{INSPECTOR}sign-in", "POST", form, client=client, origin="http://localhost", **headers)


@pytest.mark.parametrize("path", [*PAGES, f"{INSPECTOR}sign-in", "/ns/a/_mock/", f"/ns/a{INSPECTOR}script"])
async def test_page__runs_and_fetches_nothing_but_its_own(path: str) -> None:
    answer = await get(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy and "http" not in policy
    assert answer.headers["cache-control"] == "no-store"
    text = re.sub(r'\splaceholder="[^"]*"', "", answer.body.decode())
    assert not re.search(r"<style|\son\w+=|\sstyle=|https?://(?!localhost)", text)
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) in (
        [],
        [f'<script id="{name}" type="application/json">' for name in ("first", "given")],
    )
    for name in re.findall(r'(?:src|href)="([^"]+/static/[^"]+)"', text):
        assert (await get(name)).status == 200, name


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("10.0.0.1", {}),
        ("127.0.0.1", {"sec_fetch_site": "cross-site"}),
        ("127.0.0.1", {"origin": "http://evil.example"}),
        ("127.0.0.1", {"via": "1.1 proxy"}),
    ],
)
async def test_page__is_open_to_whom_the_control_api_is(path: str, client: str, headers: dict[str, str]) -> None:
    answer = await get(path, client=client, **headers)
    assert answer.status == 403
    assert answer.headers["content-security-policy"]
    assert "Refused" in answer.body.decode()


@pytest.mark.parametrize("path", PAGES)
async def test_page__takes_get_alone(path: str) -> None:
    assert (await get(path, "POST")).status == 405
    assert (await get(path, "HEAD")).status == 200


async def test_token__is_asked_for_once(settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    refused = await get(f"{INSPECTOR}script?x=1", client="10.0.0.1")
    assert refused.status == 401
    assert f'name="next" value="{INSPECTOR}script?x=1"' in refused.body.decode()
    wrong = await sign_in("guess")
    assert wrong.status == 401 and "set-cookie" not in wrong.headers and "not the token" in wrong.body.decode()
    answer = await sign_in("s3cret", f"{INSPECTOR}script")
    assert (answer.status, answer.headers["location"]) == (302, f"{INSPECTOR}script")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "s3cret" not in cookie
    own = {"cookie": cookie.partition(";")[0]}
    assert (await get("/_mock/", client="10.0.0.1", **own)).status == 200
    assert (await get("/_mock/script", client="10.0.0.1", **own)).status == 200
    assert (await get("/_mock/script", client="10.0.0.1", **own, origin="http://localhost:3000")).status == 403
    assert (await get("/_mock/script", client="10.0.0.1", **own, sec_fetch_site="same-site")).status == 403
    settings.ADMIN_TOKEN = "another"
    assert (await get("/_mock/script", client="10.0.0.1", **own)).status == 401


@pytest.mark.parametrize("value", [None, "", "s3cret", tickets.issue("x"), "1.a.b", "é"])
async def test_cookie__that_is_no_ticket(value: str | None, settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    cookie = COOKIE if value is None else f"{COOKIE}={value}"
    assert (await get("/_mock/script", cookie=cookie)).status == 401


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "///evil.example"])
async def test_sign_in__leads_nowhere_else(place: str, settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    assert (await sign_in("s3cret", place)).headers["location"] == "/_mock/"


async def test_sign_in__is_refused_to_other_sites(settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    answer = await get(f"{INSPECTOR}sign-in", "POST", "token=s3cret", origin="http://evil.example")
    assert answer.status == 403 and "set-cookie" not in answer.headers


async def test_sign_in__takes_no_empty_token() -> None:
    answer = await sign_in("")
    assert answer.status == 401, "without ADMIN_TOKEN there is nothing to sign in to"
    assert b"so there is nothing to sign in to." in answer.body
    assert b"<input" not in answer.body
    assert b"That is not the token" not in answer.body


async def test_sign_out__takes_the_cookie_back(settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    answer = await get(f"{INSPECTOR}sign-out", "POST", origin="http://localhost")
    assert answer.status == 302 and f'{COOKIE}=""' in answer.headers["set-cookie"]


async def test_sign_out__ends_the_ticket_wherever_it_is(settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    mine, other = [(await sign_in("s3cret")).headers["set-cookie"].partition(";")[0] for _ in range(2)]
    assert [(await get("/_mock/script", cookie=each)).status for each in (mine, other)] == [200, 200]
    assert (await get(f"{INSPECTOR}sign-out", "POST", cookie=mine, origin="http://localhost")).status == 302
    assert [(await get("/_mock/script", cookie=each)).status for each in (mine, other)] == [401, 200]


async def test_ticket__ends_by_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    answer = await sign_in("s3cret")
    assert f"Max-Age={tickets.LIFETIME}" in answer.headers["set-cookie"]
    cookie = answer.headers["set-cookie"].partition(";")[0]
    later = time.time() + tickets.LIFETIME
    monkeypatch.setattr(time, "time", lambda: later - 60)
    assert (await get("/_mock/script", cookie=cookie)).status == 200
    monkeypatch.setattr(time, "time", lambda: later + 1)
    assert (await get("/_mock/script", cookie=cookie)).status == 401


async def test_sign_in__takes_only_so_many_guesses_of_an_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    monkeypatch.setattr(sign_in_page, "guesses", sign_in_page.Guesses())
    statuses = [(await sign_in("guess")).status for _ in range(sign_in_page.MAX_GUESSES)]
    assert statuses == [401] * sign_in_page.MAX_GUESSES
    for token in ("guess", "s3cret"):
        answer = await sign_in(token)
        assert (answer.status, "set-cookie" in answer.headers) == (429, False)
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert "wrong tokens within a minute" in answer.body.decode()
    assert (await sign_in("s3cret", client="127.0.0.2")).status == 302, "others may go on"
    monkeypatch.setattr(sign_in_page, "WINDOW_SECONDS", 0.0)
    assert (await sign_in("s3cret")).status == 302


async def test_files__are_kept_for_good_under_their_hash() -> None:
    at = f"{INSPECTOR}static/"
    answer = await get(f"{at}{assets().version}/style.css", client="10.0.0.1")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-type"].startswith("text/css")
    assert (await get(f"{at}older/style.css")).headers["cache-control"] == "no-cache"
    for name in ("nothing.css", "..%2Fpages.py", "__init__.py"):
        assert (await get(f"{at}{assets().version}/{name}")).status == 404


def test_files__are_all_small_and_import_only_each_other() -> None:
    files = assets().files
    for name, data in files.items():
        assert len(data) < 32 * 1024, name
        for target in re.findall(r'from "([^"]+)"', data.decode()) if name.endswith(".js") else ():
            assert target.removeprefix("./") in files, f"{name} imports {target}"
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", data.decode()), name


async def test_list__has_what_its_address_asks_for() -> None:
    await ask("count")
    await ask("refund <b>please</b>")
    text = (await get("/_mock/?search=refund&model=")).body.decode()
    assert r"refund \u003Cb\u003Eplease\u003C/b\u003E" in text and '"count"' not in text
    assert '<input class="tools-text" type="search" name="search" value="refund"' in text


@pytest.mark.parametrize("query", ["status=x", "colour=red", "since=nothing", "unmatched=perhaps"])
async def test_list__says_what_is_wrong_with_its_address(query: str) -> None:
    answer = await get(f"/_mock/?{query}")
    text = answer.body.decode()
    assert answer.status == 400 and "<h1>Refused</h1>" not in text
    assert f"`{query.partition('=')[0]}`" in text.replace("&#x27;", "'").partition('role="alert"')[2]


@pytest.mark.parametrize(
    "path", ["/_mock/typo", "/_mock/inspector/typo", "/ns/a/_mock/typo", "/ns/a/_mock/script/typo"]
)
async def test_address__that_nobody_has_is_a_page_for_a_browser(path: str) -> None:
    answer = await get(path, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert f"There is no page at {path}." in answer.body.decode()
    for method, accept in (("GET", "application/json"), ("GET", "*/*"), ("POST", "text/html")):
        assert (await get(path, method, accept=accept)).headers["content-type"] == "application/json"


async def test_list__without_a_journal_says_how_to_have_one(settings: Settings) -> None:
    settings.JOURNAL = False
    answer = await get("/_mock/")
    assert answer.status == 200 and "JOURNAL=true turns it on" in answer.body.decode()
    assert "No requests can be shown" in answer.body.decode() and "No requests yet" not in answer.body.decode()


async def test_address__without_its_slash_leads_there() -> None:
    assert (await get("/_mock")).headers["location"] == "/_mock/"
    assert (await get("/ns/a/_mock")).headers["location"] == "/ns/a/_mock/"
    assert (await control("GET", "nothing")).status == 404


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (("127.0.0.1", 8000), "http://127.0.0.1:8000/_mock/"),
        (("0.0.0.0", 80), "http://127.0.0.1:80/_mock/"),
        (("::", 8000), "http://[::1]:8000/_mock/"),
        (("::", 8443, "https"), "https://[::1]:8443/_mock/"),
    ],
)
def test_url__is_one_that_a_browser_can_open(place: tuple[Any, ...], url: str) -> None:
    assert inspector_url(*place) == url


async def test_pages__under_django_s_own_handler(async_client: AsyncClient, settings: Settings) -> None:
    settings.ADMIN_TOKEN = "s3cret"
    settings.MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
    settings.TEMPLATES = []
    assert (await async_client.get("/_mock/")).status_code == 401
    assert (await async_client.post(f"{INSPECTOR}sign-in", {"token": "s3cret"})).status_code == 302
    response = await async_client.get("/_mock/?text=x")
    assert response.status_code == 200 and "No exchange matches" in response.content.decode()


def test_package__has_all_files() -> None:
    kinds = {file.suffix for folder in ("static", "templates") for file in _folder(folder)}
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert all(f'"*{kind}"' in project for kind in kinds)


def _folder(name: str) -> list[Path]:
    return list((Path(__file__).parents[2] / "completions" / "inspector" / name).iterdir())
