"""Other people's projects, with the package installed and nothing set up: `mock_llm` is there."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.patience import PATIENCE
from tests.server import ROOT

Run = Callable[..., str]
"""Runs pytest in a project of these files, and returns its output."""

BUILT = ("completions", "mocksite", "llmclient", "docs", "pyproject.toml", "requirements.txt", "README.md")

LEFT_OUT = [part for name in ("cacheprovider", "hypothesispytest", "langsmith_plugin") for part in ("-p", f"no:{name}")]
"""Leaves out plugins of other packages here, which take most of a second of each process to import."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where pip has installed the package; one for all processes of a run, by whichever comes first."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    target = shared / "installed"
    with open(shared / "installed.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            install(tmp_path_factory.mktemp("source")).rename(target)
    return target


def install(source: Path) -> Path:
    """Install the package from a copy in this folder, so that nothing is built in the repository."""
    for name in BUILT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    target = source / "installed"
    flags = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-warn-script-location"]
    command = [sys.executable, "-m", "pip", "install", *flags, "--target", str(target), str(source)]
    subprocess.run(command, check=True, timeout=PATIENCE)
    return target


@pytest.fixture
def project(tmp_path: Path, installed: Path) -> Run:
    """Write a project's files, and run its tests as its owner does."""

    def run(files: Mapping[str, str], *arguments: str, **told: str) -> str:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST", "COV"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *LEFT_OUT, *arguments],
            cwd=tmp_path,
            env={**theirs, **told, "PYTHONPATH": str(installed)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        return done.stdout

    return run


APPLICATION = """
from openai import AsyncOpenAI, OpenAI

def question(text):
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}

def ask(text):
    with OpenAI(max_retries=0) as client:
        return client.chat.completions.create(**question(text)).choices[0].message.content

async def aask(text):
    async with AsyncOpenAI(max_retries=0) as client:
        return (await client.chat.completions.create(**question(text))).choices[0].message.content
"""

INI = """
[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = --strict-markers
"""

PLAIN = """
import sys
import pytest
from application import aask, ask

@pytest.mark.parametrize("text", ["a", "b/c d", "é" * 200])
def test_sync(mock_llm, text):
    mock_llm.reply(lambda prompt: f"{prompt.last_user}, as {mock_llm.namespace}")
    assert ask(text) == f"{text}, as {mock_llm.namespace}"
    mock_llm.assert_called(times=1)

@pytest.mark.asyncio
async def test_async(mock_llm):
    mock_llm.reply("Hi.")
    assert await aask("Hello") == "Hi."
    assert [exchange.prompt for exchange in await mock_llm.await_for(1)] == ["Hello"]

@pytest.mark.llm_script("script.yaml")
def test_marked(mock_llm):
    assert ask("Hello") == "From the file."

def test_django_is_not_set_up(mock_llm):
    mock_llm.reply("x")
    ask("Hello")
    mock_llm.assert_called(when="Hello")
    from django.conf import settings
    assert not settings.configured
"""

SCRIPT = "version: 1\nrules: [{reply: From the file.}]\n"


MARKED = """
import pytest

@pytest.mark.llm_script("nowhere.yaml")
def test_nowhere(mock_llm):
    pass

@pytest.mark.llm_script()
def test_nothing(mock_llm):
    pass

@pytest.mark.filterwarnings("default")
@pytest.mark.llm_script("{version: 1, rules: [{reply: a}, {reply: b}]}")
def test_doubted(mock_llm):
    pass
"""

PARAMETRIZED = """
import pytest
from application import ask

SCRIPTS = ["script.yaml", {"version": 1, "rules": [{"reply": "From the file."}]}]

@pytest.mark.parametrize("mock_llm", SCRIPTS, indirect=True)
def test_scripts(mock_llm):
    assert ask("Hello") == "From the file."

@pytest.mark.parametrize("mocksite_llm, class_mock_llm", [("mock", "script.yaml")], indirect=True)
def test_both(mocksite_llm, class_mock_llm):
    assert ask("Hello") == "This is a mock response."

@pytest.mark.parametrize("class_mock_llm", SCRIPTS, indirect=True)
class TestClass:
    def test_script(self, class_mock_llm):
        assert ask("Hello") == "From the file."

@pytest.mark.parametrize("mock_llm", ["nowhere.yaml", 5], indirect=True)
def test_no_script(mock_llm):
    pass

@pytest.mark.llm_script("script.yaml")
@pytest.mark.parametrize("mock_llm", ["mock"], indirect=True)
def test_marked_too(mock_llm):
    pass
"""


FAILING = """
import pytest
from application import ask

def test_failing(mock_llm):
    def broken(prompt):
        raise LookupError("my own mistake")
    mock_llm.reply("x", when="refund", name="refunds")
    mock_llm.reply(broken, when="break", name="breaks")
    ask("Where is my order?")
    try:
        ask("break it")
    except Exception:
        pass
    assert ask("a refund") == "y"

@pytest.fixture
def broken_setup(mock_llm):
    ask("from a fixture")
    raise RuntimeError("in setup")

def test_setup(broken_setup):
    pass
"""


SHOWN = (
    "mock_llm: exchanges",
    "1. POST /v1/chat/completions 200 (gpt-4o, no rule)",
    "asked: Where is my order?",
    "near miss: refunds: last_user contains 'refund' (saw 'Where is my order?')",
    "2. POST /v1/chat/completions 500 (gpt-4o, rule 'breaks')",
    "error: callback_failed: test_failing.<locals>.broken raised LookupError: my own mistake",
    "mock_llm: raised by callables",
    '    raise LookupError("my own mistake")',
    "(gpt-4o, rule 'refunds')",
    "answered: x",
    "asked: from a fixture",
    "In the inspector, for as long as the test run lasts: http://127.0.0.1:",
)
"""What is told of tests that failed."""

CONFTEST = """
import pytest
from openai import OpenAI

client = OpenAI(max_retries=0)

@pytest.fixture(scope="session")
def session_client():
    with OpenAI(max_retries=0) as made:
        yield made
"""

EARLY = """
import functools
import os
import threading
import openai
import pytest
from openai import OpenAI
import conftest

client = OpenAI(max_retries=0)

@functools.lru_cache
def cached():
    return OpenAI(max_retries=0)

def ask(client, text="Hello"):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content

@pytest.mark.parametrize("answer", ["one", "two", "three"])
def test_early(mock_llm, session_client, answer):
    mock_llm.reply(answer)
    for made in (client, cached(), session_client, conftest.client):
        assert ask(made) == answer
    mock_llm.assert_called(times=4)

def test_threads(mock_llm):
    mock_llm.reply("from a thread")
    heard = []
    threads = [threading.Thread(target=lambda: heard.append(ask(client))) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert heard == ["from a thread"] * 4
    mock_llm.assert_called(times=4)

late = []

def test_before(mock_llm):
    late.append(mock_llm)
    mock_llm.reply("x")
    assert ask(client) == "x"

def test_without_a_mock():
    if not late:
        pytest.skip("another worker has the test before")
    with pytest.raises(openai.NotFoundError, match="is retired: the test that it belonged to has ended"):
        ask(client)
    with OpenAI(base_url=late[0].base_url, max_retries=0) as old:
        with pytest.raises(openai.NotFoundError, match="test_before"):
            ask(old)
    with pytest.raises(RuntimeError, match="has ended, so this call has no effect"):
        late[0].reply("y")

def test_litellm_is_offline(mock_llm):
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
"""


SCOPES = """
import pytest
from openai import OpenAI

client = OpenAI(max_retries=0)

def ask(text="Hello"):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content

@pytest.fixture(scope="session", autouse=True)
def everywhere(session_mock_llm):
    session_mock_llm.reply("session")

def test_session(session_mock_llm):
    assert ask() == "session"

@pytest.fixture(scope="module")
def in_module(module_mock_llm):
    module_mock_llm.reply("module")

def test_module(in_module):
    assert ask() == "module"

class TestClass:
    def test_first(self, class_mock_llm):
        class_mock_llm.reply("class")
        assert ask() == "class"

    def test_second(self, class_mock_llm):
        assert ask() == "class"
        class_mock_llm.assert_called(times=2)

    def test_own(self, mock_llm, class_mock_llm):
        mock_llm.reply("own")
        assert ask() == "own"
        class_mock_llm.assert_called(times=2)

def test_after_the_class(in_module):
    assert ask() == "module"

def test_fails(module_mock_llm):
    ask("in the failing test")
    module_mock_llm.assert_called(when="never")
"""


BUILT_UPON = """
import pytest

@pytest.fixture
def mock_llm(mock_llm):
    mock_llm.reply("mine", when="mine")
    return mock_llm

def test_built_upon(mock_llm):
    mock_llm.reply("x")
"""

WITHOUT_DJANGO = {
    "pytest.ini": INI,
    "application.py": APPLICATION,
    "conftest.py": CONFTEST,
    "script.yaml": SCRIPT,
    "test_plain.py": PLAIN,
    "test_marked.py": MARKED,
    "test_failing.py": FAILING,
    "test_early.py": EARLY,
    "test_built_upon.py": BUILT_UPON,
}


def ended(out: str) -> dict[str, int]:
    """Return how many tests of a run passed, failed and so on."""
    (line,) = re.findall(r"^=+ (.+) in \d.*=$", out, re.MULTILINE)
    return {how.rstrip("s"): int(number) for number, how in (each.split() for each in line.split(", "))}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=" ".join)
def test_project__without_django(project: Run, workers: tuple[str, ...]) -> None:
    """Tests of all kinds, in one process, the last of them with mocks of wider scopes, and in two."""
    out = project(WITHOUT_DJANGO | ({} if workers else {"test_scopes.py": SCOPES}), *workers)
    told, _ = out.split("short test summary info")  # which repeats the message whole where `CI` is set
    found = ended(out)
    assert found.pop("skipped", 0) + found.pop("passed") == (15 if workers else 21), out
    assert found == {"failed": 1 if workers else 2, "error": 3, "warning": 1}, out
    for shown in SHOWN:
        assert shown in out, out
    assert re.search("^@pytest.mark.llm_script: There is no script nowhere.yaml in ", out, re.MULTILINE), out
    assert re.search("^@pytest.mark.llm_script: it takes one script: YAML, a dict, ", out, re.MULTILINE), out
    assert re.search(r"test_marked\.py:\d+: MockLLMWarning: script:1: the rule 'rule 2' never answers: ", out), out
    assert told.count("asked: in the failing test") == (0 if workers else 1), out
    for ours in ("plugin.py", "session.py", "mock.py", "not the mock"):
        assert ours not in out, "frames of the package, or a warning of a fixture that is built upon ours"


def test_project__parametrized_with_scripts(project: Run) -> None:
    """A parameter of any mock is its script; what is none, or beside the marker's, is an error."""
    files = {"pytest.ini": INI, "application.py": APPLICATION, "script.yaml": SCRIPT, "test_them.py": PARAMETRIZED}
    out = project(files)
    assert ended(out) == {"passed": 5, "error": 3}, out
    named = re.escape("@pytest.mark.parametrize('mock_llm', ..., indirect=True): ")
    for why in (
        "There is no script nowhere.yaml in ",
        r"script\(\): `script` takes a text, ",
        "the test already has a script",
    ):
        assert re.search(f"^{named}{why}", out, re.MULTILINE), out


SETTINGS = """
SECRET_KEY = "theirs"
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
USE_TZ = True
"""

URLS = """
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from django.urls import path
from application import aask, ask

def sync_view(request):
    return HttpResponse(ask(request.GET["q"]))

async def async_view(request):
    return HttpResponse(await aask(request.GET["q"]))

urlpatterns = [path("sync", sync_view), path("async", async_view)]
"""

DJANGO_INI = INI + "DJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n"

DJANGO = """
import pytest
from django.contrib.auth.models import User

def test_sync(mock_llm, client, settings):
    assert settings.SECRET_KEY == "theirs"
    mock_llm.reply("Hi.", when="Hello")
    assert client.get("/sync", {"q": "Hello"}).content == b"Hi."
    mock_llm.assert_called(times=1, when={"last_user": "Hello"})

@pytest.mark.asyncio
async def test_async(mock_llm, async_client):
    mock_llm.reply(lambda prompt: prompt.last_user.upper())
    assert (await async_client.get("/async", {"q": "Hello"})).content == b"HELLO"
    mock_llm.assert_no_unmatched()

@pytest.mark.django_db
def test_database(mock_llm, client):
    User.objects.create(username="ann")
    mock_llm.reply(f"There is {User.objects.count()}.")
    assert client.get("/sync", {"q": "How many?"}).content == b"There is 1."
"""


IN_PROCESS_SETTINGS = (
    SETTINGS.replace("INSTALLED_APPS = [", 'INSTALLED_APPS = ["completions", ') + 'MOCK_SCRIPT = "echo"\n'
)

IN_PROCESS_URLS = """
from django.urls import include, path

urlpatterns = [path("", include("completions.urls"))]
"""

IN_PROCESS = """
import json
import pytest
from django.test import Client

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
PATH = "/v1/chat/completions"

@pytest.mark.asyncio
async def test_async(async_client):
    answer = await async_client.post(PATH, BODY, content_type="application/json")
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"

@pytest.mark.asyncio
async def test_stream(async_client):
    answer = await async_client.post(PATH, {**BODY, "stream": True}, content_type="application/json")
    text = b"".join([piece async for piece in answer.streaming_content]).decode()
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events) == "Hello"

def test_sync(client, settings):
    settings.MOCK_SCRIPT = "auto"
    assert client.post(PATH, BODY, content_type="application/json").status_code == 200

@pytest.mark.asyncio
async def test_control(async_client):
    rule = {"reply": "Pushed.", "times": 1}
    assert (await async_client.post("/ns/t/_mock/rules", rule, content_type="application/json")).status_code == 201
    said = [(await async_client.post("/ns/t" + PATH, BODY, content_type="application/json")).json() for _ in range(2)]
    assert [each["choices"][0]["message"]["content"] for each in said] == ["Pushed.", "Hello"]

def test_no_csrf_token_is_asked_for():
    client = Client(enforce_csrf_checks=True)
    assert client.post(PATH, BODY, content_type="application/json").status_code == 200

@pytest.mark.django_db
def test_database(client):
    assert client.post(PATH, BODY, content_type="application/json").status_code == 200
"""


def test_project__with_the_api_in_process(project: Run) -> None:
    own = {"site_settings.py": IN_PROCESS_SETTINGS, "site_urls.py": IN_PROCESS_URLS}
    out = project({"pytest.ini": DJANGO_INI, **own, "test_it.py": IN_PROCESS})
    assert re.search(r"^=+ 6 passed in", out, re.MULTILINE), out


OTHERS = """
import pytest

@pytest.fixture
def mock_llm():
    return "theirs"
"""


def test_project__another_plugin_s_mock_llm_is_told_of(project: Run) -> None:
    test = """
def test_theirs(mock_llm, mocksite_llm):
    assert mock_llm == "theirs"
    mocksite_llm.reply("ours")

def test_fails(mock_llm):
    mock_llm.reply("ours")
"""
    out = project(
        {"pytest.ini": INI, "theirs.py": OTHERS, "conftest.py": "pytest_plugins = ['theirs']\n", "test_it.py": test}
    )
    assert re.search(r"^=+ 1 failed, 1 passed in", out, re.MULTILINE), out
    told = "not the mock of the LLM API, but comes from theirs; the mock is also available as mocksite_llm."
    assert out.count(told) == 2, "in the head and in the report of the test that failed"


def test_installed__has_the_manual_for_the_inspector(installed: Path) -> None:
    manual = installed / "completions" / "inspector" / "manual"
    pages = {file.name for file in (ROOT / "docs").glob("*.md")}
    assert {file.name for file in manual.glob("*.md")} == pages
    assert (manual.parent / "start.md").read_text() == (ROOT / "README.md").read_text()
    assert {file.name for file in manual.glob("images/*")} == {file.name for file in (ROOT / "docs/images").iterdir()}


def test_installed__needs_pytest_only_where_the_extra_is_asked_for(installed: Path) -> None:
    (metadata,) = installed.glob("mocksite-*.dist-info/METADATA")
    needed = [Requirement(each) for each in re.findall(r"^Requires-Dist: (.+)$", metadata.read_text(), re.MULTILINE)]
    assert {each.name for each in needed if each.marker is None} >= {"django", "uvicorn", "litellm", "orjson"}
    extra = {each.name for each in needed if each.marker is not None and each.marker.evaluate({"extra": "pytest"})}
    assert extra - {each.name for each in needed if each.marker and each.marker.evaluate({"extra": ""})} == {
        *("pytest", "pytest-django")
    }


KEEPING = """
import json
import os
import urllib.request
from application import ask

def test_one(mock_llm):
    mock_llm.reply("Hi.")
    ask("Hello")

def test_two(mock_llm):
    with urllib.request.urlopen(mock_llm.url.partition("/ns/")[0] + "/_mock/runs") as answer:
        kept = [run["namespace"] for run in json.load(answer)["runs"]]
    assert (kept == ["test_it.py-test_one-1"]) == (os.environ["KEEPS"] == "yes"), kept
"""


VARIABLES = """
import os

before = dict(os.environ)

def test_outside():
    assert "OPENAI_BASE_URL" not in os.environ

def test_inside(mock_llm):
    assert os.environ["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")

def test_after():
    assert "OPENAI_BASE_URL" not in os.environ
"""


@pytest.mark.parametrize("flags", [("--mock-llm-keep", "-q"), ()], ids=" ".join)
def test_project__keeps_what_passed_tests_asked_where_that_is_asked_for(project: Run, flags: tuple[str, ...]) -> None:
    """And has variables in tests alone, where its settings say that."""
    files = {"application.py": APPLICATION, "test_it.py": KEEPING, "test_variables.py": VARIABLES}
    ini = INI + "mock_llm_variables = test\n"
    out = project({"pytest.ini": ini, **files}, "-p", "no:xdist", *flags, KEEPS="yes" if flags else "no")
    assert re.search(r"^(=+ )?5 passed in", out, re.MULTILINE), out
    told = re.search(r"^mock_llm: http://127.0.0.1:\d+/_mock/inspector/runs shows the tests", out, re.MULTILINE)
    assert (told is not None) == bool(flags), out


def test_project__is_told_of_a_wrong_setting(project: Run) -> None:
    out = project({"pytest.ini": INI + "mock_llm_variables = never\n", "test_it.py": VARIABLES})
    assert "mock_llm_variables is 'never', but must be one of run, test." in out


EXAMINED = """
import httpx
from {module} import {case} as Case
from application import ask

class Test(Case):
    def test_examined(self):
        self.mock_llm.error(429, retry_after_ms=5000, times=1)
        self.mock_llm.reply("Hi.")
        question = {{"model": "gpt-4o", "messages": [{{"role": "user", "content": "Hello"}}]}}
        with httpx.Client(base_url=self.mock_llm.base_url) as client:
            statuses = [client.post("/chat/completions", json=question).status_code for _ in range(2)]
        assert statuses == [429, 200]
        verdict = self.mock_llm.verdict()
        assert (verdict.rules, verdict.score, verdict.answered) == (["retry_after_ignored"], 0, 1), verdict
        exported = self.mock_llm.run.export()
        assert "status: 429" in exported and "reply: Hi." in exported
        compile(exported, "test_run.py", "exec")
"""


def test_project__of_django_with_settings_of_its_own(project: Run) -> None:
    """Its test cases, with a base class of unittest's and without, have a verdict and an export."""
    files = {"application.py": APPLICATION, "site_settings.py": SETTINGS, "site_urls.py": URLS, "test_it.py": DJANGO}
    for at, case in enumerate(["LLMTestCase", "LLMMixin"]):
        files[f"test_{at}.py"] = EXAMINED.format(module="completions.pytest_plugin.testing", case=case)
    out = project({"pytest.ini": DJANGO_INI, **files})
    assert ended(out) == {"passed": 5}, out
