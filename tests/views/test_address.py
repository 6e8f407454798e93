"""Addresses in answers: they lead back to the mock, whatever stands before its own paths."""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client as Caller
from django.test import override_settings
from django.urls import include, path, set_script_prefix

from completions.receive.lifespan import PREFIX
from completions.views.address import prefix_of, without_prefix
from tests.patience import PATIENCE
from tests.server import LiveServer

IMAGE = {"model": "dall-e-2", "prompt": "A cat", "size": "256x256"}
PARAMS = {"model": "claude-sonnet-4-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
KEY, VERSION = {"authorization": "Bearer k", "x-api-key": "k"}, {"anthropic-version": "2023-06-01"}
START = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}

FORCED = """
from mocksite.settings import *

FORCE_SCRIPT_NAME = "/llm"
"""

PROJECT = """
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["completions"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "tests.views.test_address"
SECRET_KEY = "k"
"""

ASGI = """
from django.core.asgi import get_asgi_application

application = get_asgi_application()
"""

urlpatterns = [
    path("api/7/", include([path("llm/", include("completions.urls"))])),
    path("", include("completions.urls")),
]


class Way(NamedTuple):
    """A way to the mock: what the client puts before its paths, what a proxy takes off of it, and what it says."""

    before: str = ""
    taken_off: str = ""
    says: str = ""
    settings: str = ""
    command: tuple[str, ...] = ("mocksite.asgi:application",)


WAYS = {
    "at the root": Way(),
    "--root-path": Way("/llm", "/llm", command=("mocksite.asgi:application", "--root-path", "/llm")),
    "--root-path and the header": Way("/a", "/a", "/a", command=("mocksite.asgi:application", "--root-path", "/a")),
    "the header": Way("/a/llm", "/a/llm", "/a/llm/"),
    "the header, with nothing taken off": Way("/llm", "", "/llm"),
    "FORCE_SCRIPT_NAME": Way("/llm", "/llm", settings=FORCED),
    "a project": Way("/api/7/llm", "", settings=PROJECT, command=("site_asgi:application",)),
}


class Client:
    """A client behind a proxy: it knows the address of the proxy alone."""

    def __init__(self, way: Way, server: LiveServer) -> None:
        says = {"x-forwarded-prefix": way.says} if way.says else {}
        self.root, self._way, self._server = f"{server.url}{way.before}", way, server.url
        self._http = httpx.Client(headers=KEY | says, trust_env=False, timeout=PATIENCE)

    def ask(self, method: str, url: str, **more: object) -> httpx.Response:
        """Send a request as the proxy passes it on."""
        assert url.startswith(f"{self.root}/"), url
        url = self._server + url.removeprefix(self._server).removeprefix(self._way.taken_off)
        return self._http.request(method, url, **more).raise_for_status()  # type: ignore[arg-type]  # as httpx has it

    def close(self) -> None:
        """Close its connections."""
        self._http.close()


@pytest.fixture(params=[*WAYS.values()], ids=[*WAYS], scope="module")
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    way: Way = request.param
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "site_settings.py").write_text(way.settings)
    (folder / "site_asgi.py").write_text(ASGI)
    own = {"DJANGO_SETTINGS_MODULE": "site_settings"} if way.settings else {}
    with LiveServer("-m", "uvicorn", *way.command, "--port", "0", PYTHONPATH=str(folder), **own) as server:
        client = Client(way, server)
        yield client
        client.close()


@pytest.fixture(params=["", "/ns/a"])
def root(request: pytest.FixtureRequest, client: Client) -> str:
    return f"{client.root}{request.param}"


def test_image__has_an_address_that_shows_it(client: Client, root: str) -> None:
    url = client.ask("POST", f"{root}/v1/images/generations", json=IMAGE).json()["data"][0]["url"]
    assert url.startswith(f"{root}/v1/images/drawn/")
    assert client.ask("GET", url).headers["content-type"] == "image/png"


def test_batch__says_where_its_results_are(client: Client, root: str) -> None:
    asked = {"requests": [{"custom_id": "a", "params": PARAMS}]}
    batch = client.ask("POST", f"{root}/v1/messages/batches", headers=VERSION, json=asked).json()
    while batch["processing_status"] != "ended":
        batch = client.ask("GET", f"{root}/v1/messages/batches/{batch['id']}", headers=VERSION).json()
    assert batch["results_url"] == f"{root}/v1/messages/batches/{batch['id']}/results"
    assert '"custom_id":"a"' in client.ask("GET", batch["results_url"]).text


def test_images_of_a_batch__have_addresses_too(client: Client, root: str) -> None:
    line = b'{"custom_id":"a","method":"POST","url":"/v1/images/generations","body":{"model":"dall-e-2","prompt":"A"}}'
    files = {"file": ("a.jsonl", line)}
    file = client.ask("POST", f"{root}/v1/files", files=files, data={"purpose": "batch"}).json()["id"]
    asked = {"input_file_id": file, "endpoint": "/v1/images/generations", "completion_window": "24h"}
    batch = client.ask("POST", f"{root}/v1/batches", json=asked).json()
    while batch["status"] != "completed":
        batch = client.ask("GET", f"{root}/v1/batches/{batch['id']}").json()
    results = client.ask("GET", f"{root}/v1/files/{batch['output_file_id']}/content").json()
    assert results["response"]["body"]["data"][0]["url"].startswith(f"{root}/v1/images/drawn/")


def test_file__has_an_address_for_its_bytes(client: Client, root: str) -> None:
    files = {"file": ("a.jsonl", b"{}")}
    file = client.ask("POST", f"{root}/mistral/v1/files", files=files, data={"purpose": "batch"}).json()["id"]
    url = client.ask("GET", f"{root}/mistral/v1/files/{file}/url").json()["url"]
    assert client.ask("GET", url).content == b"{}"


@pytest.mark.parametrize("by_header", [False, True])
def test_upload__goes_on_at_the_address_that_it_is_told(client: Client, by_header: bool) -> None:
    place = client.root if by_header else f"{client.root}/ns/b"
    headers = START | ({"x-mock-namespace": "b"} if by_header else {})
    begun = client.ask("POST", f"{place}/upload/v1beta/files", headers=headers, json={})
    url = begun.headers["x-goog-upload-url"]
    assert url.startswith(f"{client.root}/ns/b/upload/v1beta/files?upload_id=")
    end = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}
    assert client.ask("POST", url, headers=end, content=b"text").json()["file"]["sizeBytes"] == "4"


def test_inspector__links_to_itself(client: Client, root: str) -> None:
    page = client.ask("GET", f"{root}/_mock/")
    assert f'"{urlsplit(root).path}/_mock/inspector/static/' in page.text


@pytest.mark.parametrize("space", ["", "/ns/a"])
def test_upstream__is_asked_at_its_own_path(space: str) -> None:
    command = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", "--root-path", "/llm")
    with LiveServer() as upstream, LiveServer(*command, MOCK_SCRIPT="relay", MOCK_UPSTREAM=upstream.url) as server:
        client = Client(WAYS["--root-path"], server)
        answer = client.ask("POST", f"{client.root}{space}/v1/chat/completions", json={})
        models = client.ask("GET", f"{client.root}{space}/v1/models")
        client.close()
    assert answer.json()["id"] == "chatcmpl-mock" and models.json()["object"] == "list"


def test_error__names_the_path_of_the_api(client: Client, root: str) -> None:
    with pytest.raises(httpx.HTTPStatusError) as caught:
        client.ask("GET", f"{root}/v1/nothing")
    assert caught.value.response.json()["error"]["message"] == "Invalid URL (GET /v1/nothing)"


@pytest.mark.parametrize(
    ("script", "asked", "before"),
    [
        ("/", "/v1/a", ""),
        ("/", "/ns/a/v1/b", "/ns/a"),
        ("/", "/api/7/llm/v1/b", "/api/7/llm"),
        ("/", "/api/7/llm/ns/a/v1/b", "/api/7/llm/ns/a"),
        ("/", "/api/chat", ""),
        ("/", "/ns/a", ""),
        ("/x/", "/x/api/7/llm/ns/a/v1/b", "/x/api/7/llm/ns/a"),
        ("/x/", "/v1/b", "/x"),
    ],
)
def test_path__is_told_from_what_stands_before_it(script: str, asked: str, before: str) -> None:
    set_script_prefix(script)
    try:
        with override_settings(ROOT_URLCONF=__name__):
            assert prefix_of(asked) == before
            assert prefix_of(asked) + without_prefix(asked) in (asked, script.rstrip("/") + asked)
    finally:
        set_script_prefix("/")


def test_prefix__that_captures_something_is_named_where_a_view_fails() -> None:
    urls = types.ModuleType("urls")
    vars(urls)["urlpatterns"] = [path("t/<slug:tenant>/", include("completions.urls"))]
    with override_settings(ROOT_URLCONF=urls):
        answer = Caller().get("/t/a/v1/models")
    told = (
        "The pattern before completions.urls captures arguments that its views do not take: tenant. Use a fixed path, "
    )
    assert (answer.status_code, answer.json()["error"]["message"].startswith(told)) == (500, True)


@pytest.mark.parametrize(
    "prefix", ["", "/", "llm", "//evil.example", "/a//b", "/a b", "/_mock", "/a/ns", "/a\u00e9", "/a?"]
)
def test_prefix__that_is_none_counts_for_nothing(prefix: str) -> None:
    assert PREFIX.fullmatch(prefix) is None
