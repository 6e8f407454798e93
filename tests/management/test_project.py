"""A project with pages, middleware and an ASGI application of its own, which includes the mock behind a prefix."""

import json
import types
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.urls import get_resolver, include, path, re_path
from pytest_django import Settings

from completions.management.checks import check_settings, check_urls
from completions.management.server import (
    MOCKSITE_APPLICATION,
    STATIC_FILES_APPLICATION,
    application_path,
    development_path,
    uvicorn_options,
)
from tests.server import LiveServer, run_manage

JSON = "application/json"

SETTINGS = """
ALLOWED_HOSTS = ["127.0.0.1"]
ASGI_APPLICATION = "site_asgi.application"
DATABASES = {
    name: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": True}
    for name in ("default", "other")
}
DEBUG = True
INSTALLED_APPS = ["completions", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
INSTALLED_APPS += ["django.contrib.staticfiles"]
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
ROOT_URLCONF = "site_urls"
SECRET_KEY = "k"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
STATIC_URL = "static/"
STATICFILES_DIRS = [__file__.removesuffix("site_settings.py") + "assets"]
"""

URLS = """
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [path("page", login_not_required(lambda request: HttpResponse("a page"))),
               path("private", lambda request: HttpResponse("private")),
               path("llm/", include("completions.urls"))]
"""

ASGI = """
from django.core.asgi import get_asgi_application

application = get_asgi_application()
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[dict[str, str]]:
    files = {"site_settings.py": SETTINGS, "site_urls.py": URLS, "site_asgi.py": ASGI, "assets/style.css": "a {}"}
    (tmp_path / "assets").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    yield {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(tmp_path)}


def get(url: str, body: bytes | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": JSON})) as response:
        read: bytes = response.read()
        return read


@pytest.mark.parametrize("command", [("runserver", "0"), ("runserver", "0", "--noreload"), ("serve", "--port", "0")])
def test_project__is_served_with_the_mock_in_it(command: tuple[str, ...], project: dict[str, str]) -> None:
    with LiveServer("manage.py", *command, **project) as server:
        assert get(f"{server.url}/page") == b"a page"
        server.wait_for('"GET /page HTTP/1.1" 200')
        if command[0] == "runserver":
            assert get(f"{server.url}/static/style.css") == b"a {}"
        answer = json.loads(get(f"{server.url}/llm/v1/chat/completions", b"{}"))
        assert answer["choices"][0]["message"]["content"] == "This is a mock response."
        stream = get(f"{server.url}/llm/v1/chat/completions", b'{"stream": true}')
        assert stream.endswith(b"data: [DONE]\n\n")
        assert json.loads(get(f"{server.url}/llm/_mock/ready"))["status"] == "ready"
        assert b"<title>" in get(f"{server.url}/llm/_mock/")
        assert not [line for line in server.log if "Traceback" in line]
        server.stop()


def test_application__of_a_project_is_served_its_own_way(settings: Settings) -> None:
    assert (application_path(), development_path()) == (MOCKSITE_APPLICATION, MOCKSITE_APPLICATION)
    assert uvicorn_options()["lifespan"] == "on"
    settings.ASGI_APPLICATION, settings.LOGGING = "site_asgi.application", {}
    assert development_path() == application_path() == "site_asgi:application"
    settings.DEBUG = True
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django.contrib.staticfiles"]
    assert development_path() == STATIC_FILES_APPLICATION
    assert uvicorn_options() == {"server_header": False}
    settings.LOGGING = {"loggers": {"uvicorn": {"level": "INFO"}}}
    assert uvicorn_options() == {"server_header": False, "log_config": None}


def said(messages: list[CheckMessage]) -> list[tuple[str | None, str]]:
    return [(each.id, str(each.msg)) for each in messages]


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("API_KEYS", "secret", "a list of strings"),
        ("API_KEYS", [1], "a list of strings"),
        ("API_KEYS", None, "a list of strings"),
        ("MOCK_UPSTREAM", "https://api.example", "a list of strings"),
        ("JOURNAL", "false", "True or False"),
        ("LOG_CHUNKS", 0, "True or False"),
        ("MOCK_SCRIPT", None, "a text"),
        ("ADMIN_TOKEN", 5, "a text"),
        ("WORKERS", "2", "a whole number from 1"),
        ("JOURNAL_KEEP", 0, "a whole number from 1"),
        ("MAX_BODY_BYTES", 1e6, "a whole number from 1"),
        ("SHUTDOWN_TIMEOUT", True, "a whole number from 0"),
        ("MOCK_TTFT_MS", "50", "a number from 0"),
        ("MOCK_ITL_MS", -1, "a number from 0"),
        ("MOCK_ITL_MS", float("nan"), "a number from 0"),
    ],
)
def test_check__of_a_value_that_a_project_sets(name: str, value: object, allowed: str, settings: Settings) -> None:
    setattr(settings, name, value)
    assert said(check_settings(None)) == [("completions.E009", f"{name}={value!r} is not allowed: it takes {allowed}.")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEYS", ("a", "b")),
        ("API_KEYS", {"a"}),
        ("MOCK_TTFT_MS", 5),
        ("MOCK_SCRIPT", Path(__file__).parent.parent / "example.yaml"),
        ("SHUTDOWN_TIMEOUT", 0),
    ],
)
def test_check__of_a_value_of_another_type_that_fits(name: str, value: Any, settings: Settings) -> None:
    setattr(settings, name, value)
    assert check_settings(None) == []


def test_check__of_the_mode_of_cassettes(settings: Settings) -> None:
    settings.CASSETTE_MODE = "sometimes"
    modes = "none, once, new_episodes, all, passthrough"
    assert said(check_settings(None)) == [
        ("completions.E001", f"CASSETTE_MODE='sometimes' is not allowed: it takes one of {modes}.")
    ]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"CASSETTE_MODE": "once"}, ["completions.W005", "CASSETTE_MODE has no effect: there is no folder"]),
        ({"CASSETTE_RETRIES": True}, ["completions.W005", "CASSETTE_RETRIES has no effect"]),
        ({"CASSETTE_IGNORE": "ids"}, ["completions.W005", "CASSETTE_IGNORE has no effect"]),
        ({"CASSETTE_IGNORE": "ids", "CASSETTE_ROOT": "cassettes"}, []),
        (
            {"CASSETTES": __file__, "CASSETTE_MODE": "once", "MOCK_SCRIPT": "relay"},
            ["completions.E010", "CASSETTES cannot be used to record: "],
        ),
        (
            {"CASSETTE_ROOT": __file__},
            ["completions.E010", f"CASSETTE_ROOT cannot be used to record: {__file__} is a file, not a folder"],
        ),
        ({"CASSETTE_ROOT": f"{__file__}/below"}, ["completions.E010", "CASSETTE_ROOT cannot be used to record: "]),
        ({"CASSETTE_ROOT": str(Path(__file__).parent)}, []),
    ],
)
def test_check__of_what_is_recorded_nowhere(given: dict[str, Any], found: list[str], settings: Settings) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    told = said(check_settings(None))
    assert [part for each in told for part in (each[0], each[1][: len(found[1])])] == found


MOCKS = "completions.urls"
BEHIND = "of its own."
TAKEN = "MOCK_SCRIPT=mock matches every request."


@pytest.mark.parametrize(
    ("given", "rule", "found"),
    [
        ({"MOCK_SCRIPT": "mock", "MOCK_UPSTREAM": ["http://127.0.0.1:1"]}, "", [TAKEN]),
        ({"MOCK_SCRIPT": "mock", "CASSETTES": "."}, "", [TAKEN]),
        ({"MOCK_SCRIPT": "relay", "MOCK_UPSTREAM": ["http://127.0.0.1:1"], "CASSETTES": "."}, "", []),
        ({"MOCK_UPSTREAM": ["http://127.0.0.1:1"]}, "defaults: {strict: true}\nrules: []", [BEHIND]),
        ({"MOCK_UPSTREAM": ["http://127.0.0.1:1"]}, "defaults: {fallback: auto}\nrules: []", [BEHIND]),
        ({"CASSETTES": "."}, "defaults: {strict: true}\nrules: []", []),
        ({"MOCK_UPSTREAM": ["http://127.0.0.1:1"]}, "rules: [{match: {last_user: a}, reply: b}]", []),
        ({"MOCK_UPSTREAM": ["http://127.0.0.1:1"]}, "rules: [{reply: b, times: 1}]", []),
        ({"MOCK_SCRIPT": "mock"}, "", []),
    ],
)
def test_check__of_others_that_never_answer(
    given: dict[str, Any], rule: str, found: list[str], settings: Settings, tmp_path: Path
) -> None:
    if rule:
        settings.MOCK_SCRIPT = tmp_path / "script.yaml"
        settings.MOCK_SCRIPT.write_text(f"version: 1\n{rule}\n")
    for name, value in given.items():
        setattr(settings, name, value)
    told = said(check_settings(None))
    assert [name for name, _ in told] == ["completions.W006"] * len(found)
    assert all(text.endswith(end) for (_, text), end in zip(told, found, strict=True))


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (lambda ours: path("<slug:tenant>/", ours), "tenant"),
        (lambda ours: path("<slug:tenant>/", include([path("<int:n>/", ours)])), "tenant, n"),
        (lambda ours: re_path("^(a|b)/", ours), "a group without a name"),
        (lambda ours: path("llm/", ours, {"tenant": "a"}), "tenant"),
        (lambda ours: path("<slug:tenant>/", include(get_resolver(MOCKS).url_patterns)), "tenant"),
        (lambda ours: path("<slug:tenant>/", include(([*get_resolver(MOCKS).url_patterns], "llm"))), "tenant"),
        (lambda ours: path("llm/", ours), ""),
        (lambda ours: path("<str:namespace>/", ours), ""),
        (lambda ours: re_path("^(?:a|b)/", ours), ""),
        (lambda ours: re_path("^(a|b)/(?P<namespace>c)/", ours), ""),
        (lambda ours: path("<slug:tenant>/", include([])), ""),
    ],
)
def test_check__of_a_pattern_that_gives_views_what_they_do_not_take(
    before: Callable[[Any], Any], found: str, settings: Settings
) -> None:
    urls = types.ModuleType("urls")
    vars(urls)["urlpatterns"] = [before(include("completions.urls"))]
    settings.ROOT_URLCONF = urls
    told = f"The pattern before completions.urls captures arguments that its views do not take: {found}."
    assert said(check_urls(None)) == ([("completions.E011", told)] if found else [])


def test_check__of_a_journal_that_is_a_folder(tmp_path: Path) -> None:
    told = run_manage("check", DATABASE_URL=f"sqlite:///{tmp_path}").stderr
    assert f"The journal cannot be written to {tmp_path}, which DATABASE_URL names: it is a folder." in told
