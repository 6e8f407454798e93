"""The structure of the code: which component may import which, and what else holds in every file.

The tables come first; then the guards of `tests/architecture.py` are held against our files, and each against files
that break it.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import architecture
from tests.architecture import Sources

ROOT = Path(__file__).parent.parent
SOURCES = architecture.read_sources(ROOT, "completions", "mocksite", "llmclient")

GROUND = {"budget", "conf", "conversation", "event", "exceptions", "faults", "ids", "outcome"}
"""Modules of frozen values, which import none of the components above them."""

DEPENDENCIES: dict[str, set[str]] = {
    "__init__": {"conversation"},  # what users import
    "budget": set(),
    "conf": set(),
    "conversation": {"event"},
    "event": set(),
    "exceptions": set(),
    "faults": {"outcome"},
    "ids": set(),
    "outcome": {"conversation", "event", "exceptions"},
    "tokens": {"budget", "conversation", "exceptions"},
    "script": {"budget", "conversation", "event", "exceptions", "faults", "outcome", "tokens"},
    "wire": {"budget", "conversation", "event", "exceptions", "ids", "tokens"},
    "delivery": {"event", "faults", "outcome"},
    "journal": {"conf", "conversation", "event", "exceptions", "ids", "models", "outcome", "tokens"},
    "models": set(),  # Django's
    "migrations": set(),
    "state": {"budget", "conf", "conversation", "delivery", "exceptions", "journal", "outcome", "script"},
    "resolve": GROUND - {"event", "ids"} | {"script", "state", "tokens", "wire"},
    "views": GROUND - {"ids"} | {"delivery", "journal", "resolve", "state", "wire"},
    "control": {
        "budget",
        "conf",
        "conversation",
        "exceptions",
        "journal",
        "outcome",
        "resolve",
        "script",
        "state",
        "views",
        "wire",
    },
    "inspector": {"conf", "control", "exceptions", "journal", "state", "views"},
    "urls": {"control", "inspector", "views", "wire"},
    "apps": {"management", "wire"},
    "receive": {"conf", "delivery", "exceptions", "ids", "inspector", "journal", "management", "state", "tokens"}
    | {"views", "wire"},
    "management": {
        "conf",
        "conversation",
        "exceptions",
        "inspector",
        "journal",
        "models",
        "outcome",
        "resolve",
        "script",
        "state",
    },
    "pytest_plugin": {"conversation", "exceptions", "script"},  # of these only what loads no Django
}
"""Each component of `completions`, and the components that it may import. A component is a module or a package."""

PROVIDERS: dict[str, set[str]] = {
    "anthropic": set(),
    "bedrock": {"anthropic", "cohere", "openai"},
    "cohere": {"openai"},
    "dialects": {"cohere", "gemini", "ollama", "openai"},
    "gemini": {"openai"},
    "ollama": {"openai"},
    "openai": set(),
    "vertex": {"anthropic", "dialects", "gemini", "openai"},
}
"""The packages of wire formats, a provider each, and those of which a provider speaks formats too."""

MAX_COMPONENTS, MAX_DEPENDENCIES = 30, 115
"""The structure has fewer components and dependencies than these, the three packages among the components."""

APART = {"completions": {"mocksite", "llmclient"}, "mocksite": {"llmclient"}, "llmclient": {"completions", "mocksite"}}
"""The packages that a package must not import."""

CALLER = "completions/resolve/provider.py"
"""The one file of the mock that calls the client, where LiteLLM asks a model for an answer."""

ENVIRONMENT = [
    "completions/journal/metrics.py",  # prometheus-client takes its folder from nowhere else
    "completions/management/server.py",
    "completions/pytest_plugin/__init__.py",  # the test's own, and the server's made of it
    "completions/pytest_plugin/process.py",
    "completions/pytest_plugin/testing.py",  # the test's own
    "mocksite/__main__.py",  # this and asgi name the settings module
    "mocksite/asgi.py",
    "mocksite/environment.py",
    "mocksite/settings.py",
    "llmclient/config.py",
    "llmclient/lite.py",  # LiteLLM reads how to be quiet from nowhere else
]
"""The files that may read the process's environment."""

LINES, FUNCTION_LINES, PARAMETERS = 400, 40, 5
"""The most lines of a file and of a function, and the most parameters of a function."""

VAGUE_NAMES = {"common", "helper", "helpers", "misc", "service", "services", "util", "utilities", "utils"}
"""Names of files and folders that would fit any of them."""


def providers_that_know_others(sources: Sources) -> list[str]:
    """Find files of one provider that import another's, and shared files of `wire` that import a provider's."""
    found = []
    for path, text in sources.items():
        if path.startswith("completions/wire/") and path != "completions/wire/registry.py":
            own = Path(path).parts[2]
            names = [name.split(".") for name in architecture.imported_names(path, text)]
            others = {parts[2] for parts in names if parts[:2] == ["completions", "wire"] and len(parts) > 2}
            allowed = PROVIDERS.get(own, set()) | {own}
            found += [f"{path} imports {other}" for other in sorted(others & PROVIDERS.keys() - allowed)]
    return found


@pytest.fixture(scope="module", autouse=True)
def nodes() -> Iterator[None]:
    """Forget what was kept of our files, which is a hundred megabytes."""
    yield
    architecture.nodes.cache_clear()


def test_files__import_one_another_in_no_cycle() -> None:
    assert architecture.cycles(architecture.import_graph(SOURCES)) == []


def test_components__import_only_what_is_declared() -> None:
    assert architecture.undeclared_imports(SOURCES, "completions", DEPENDENCIES) == []


def test_dependencies__have_no_cycle() -> None:
    assert architecture.cycles(DEPENDENCIES) == []


def test_dependencies__are_few_and_each_is_needed() -> None:
    drawn = architecture.component_imports(SOURCES, DEPENDENCIES)
    assert len(drawn) < MAX_COMPONENTS
    assert sum(map(len, drawn.values())) < MAX_DEPENDENCIES
    assert {
        component: targets
        for component in DEPENDENCIES
        if (targets := DEPENDENCIES[component] - drawn.get(component, set()))
    } == {}


def test_components__are_on_the_map() -> None:
    told = ast.get_docstring(ast.parse(SOURCES["completions/__init__.py"])) or ""
    named = {name.removesuffix(".py") for name in re.findall(r"`(\w+(?:\.py)?)/?", told)}
    assert DEPENDENCIES.keys() - named == {"__init__"}


def test_wire__no_provider_imports_another() -> None:
    assert providers_that_know_others(SOURCES) == []


def test_packages__keep_apart() -> None:
    assert architecture.across_packages({path: SOURCES[path] for path in SOURCES if path != CALLER}, APART) == []
    assert {found.partition(" imports ")[0] for found in architecture.across_packages(SOURCES, APART)} == {CALLER}


def test_client__knows_no_django() -> None:
    assert architecture.across_packages(SOURCES, {"llmclient": {"django"}}) == []


def test_environment__is_read_in_few_places() -> None:
    assert architecture.environment_readers(SOURCES) == ENVIRONMENT


def test_files__have_one_idea() -> None:
    assert architecture.too_long(SOURCES, LINES, FUNCTION_LINES) == []


def test_files__have_names_that_tell_what_is_in_them() -> None:
    assert architecture.vaguely_named(SOURCES, VAGUE_NAMES) == []


def test_functions__have_few_parameters() -> None:
    assert architecture.with_many_parameters(SOURCES, PARAMETERS) == []


def test_files__say_what_they_are_for() -> None:
    assert architecture.undocumented(SOURCES) == []


AUTO = "completions.script.auto.answer"
"""What generates answers."""


@pytest.mark.parametrize("module", ["litellm", "redis", AUTO])
def test_server__starts_without(module: str) -> None:
    code = "import sys, mocksite.asgi, completions.tokens.text as text; text.load_default_encoding()"
    code += f"; print('{module}' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_late_views__exist() -> None:
    code = "import sys, django; from importlib import import_module; django.setup()"
    code += "; assert 'completions.urls' not in sys.modules; from completions.views.dispatch import LateViews"
    code += "; LateViews.__getattr__ = lambda self, name: getattr(import_module(self._module), name)"
    code += "; import completions.urls"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mocksite.settings"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


@pytest.mark.parametrize(
    ("script", "loaded"),
    [
        ("mock", []),
        ("echo", ["tiktoken"]),
        ("auto", ["tiktoken", AUTO]),
        ("{version: 1, rules: [{match: {last_user: x}, reply: y}]}", ["tiktoken", AUTO]),
        ("{version: 1, rules: [{match: {last_user: x}, reply: y}, {reply: z}]}", ["tiktoken"]),
    ],
)
def test_server__loads_before_the_first_request_what_answers_need(
    script: str, loaded: list[str], tmp_path: Path
) -> None:
    if script.startswith("{"):
        (tmp_path / "script.yaml").write_text(script)
        script = str(tmp_path / "script.yaml")
    code = f"print([name for name in ('tiktoken', {AUTO!r}) if name in sys.modules])"
    assert once_warm(code, MOCK_SCRIPT=script) == str(loaded)


def test_server__reads_before_the_first_request_what_is_recorded(tmp_path: Path) -> None:
    code = "from completions.state.cassettes.deck import deck; print(deck.cache_info().currsize)"
    assert once_warm(code, CASSETTES=str(tmp_path)) == "1"


def once_warm(code: str, **settings: str) -> str:
    """Return what code prints in a process that is ready for the first request."""
    code = f"import sys, mocksite.asgi; from completions.receive.lifespan import warm; warm(); {code}"
    environment = os.environ | settings | {"DJANGO_SETTINGS_MODULE": "mocksite.settings"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


MODULE = '"""A module."""\n'
LATE = "def late() -> None:\n    "
TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("import app.b", "import app.a"),
        ("from app import b", "from app.a import name"),
        ("from . import b", "from .a import name"),
        ("from app.b import name", f"{LATE}from app.a import name"),
        ("from app.b import name", f"{TYPES}from app.a import name"),
        (f"{LATE}import app.b as other", f"{TYPES}from app import a"),
        ("import app.c", "import app.a"),
    ],
)
def test_cycles__are_found(a: str, b: str) -> None:
    """A cycle is found however its files are imported, and through other files too."""
    files = {
        "app/__init__.py": "",
        "app/a.py": a,
        "app/b.py": b,
        "app/c.py": "import app.b",
        "app/d.py": "import app.a",
    }
    found = architecture.cycles(architecture.import_graph(files))
    assert found == [f"a cycle: app.a, app.b{', app.c' if 'app.c' in a else ''}"]


ROOMS = {
    "journal/rows.py": "from app.ids import new_id",
    "ids.py": "",
    "wire/base.py": "import app.ids",
    "wire/openai/chat.py": "from app.wire.base import WireFormat",
    "wire/gemini/chat.py": "from app.wire import base",
    "__init__.py": "",
}
DECLARED = {"ids": [], "journal": ["ids"], "wire": ["ids"], "wire.openai": ["wire"], "wire.gemini": ["wire"]}


@pytest.mark.parametrize(
    ("changed", "complaints"),
    [
        ({}, []),
        ({"ids.py": "import app.journal.rows"}, ["app.ids imports app.journal.rows"]),
        ({"ids.py": f"{LATE}from app import journal"}, ["app.ids imports app.journal"]),
        ({"wire/base.py": f"{TYPES}from app.journal.rows import Row"}, ["app.wire.base imports app.journal.rows"]),
        ({"wire/openai/chat.py": "import app.wire.gemini.chat"}, ["app.wire.openai.chat imports app.wire.gemini.chat"]),
        ({"wire/base.py": "from .openai import chat"}, ["app.wire.base imports app.wire.openai.chat"]),
        ({"ids.py": "import app"}, ["app.ids imports app"]),
        ({"__init__.py": "from app.ids import new_id"}, ["app imports app.ids"]),
        ({"views.py": ""}, ["views has no dependencies"]),
    ],
)
def test_dependencies__each_breach_is_named(changed: dict[str, str], complaints: list[str]) -> None:
    packages = {"journal/__init__.py": "", "wire/__init__.py": "", "wire/openai/__init__.py": ""}
    files = {f"app/{path}": text for path, text in (packages | ROOMS | changed).items()}
    assert architecture.undeclared_imports(files, "app", DECLARED) == complaints


def test_dependencies__of_no_component_are_named() -> None:
    files = {"app/a.py": "", "app/b.py": "import app.a"}
    assert architecture.undeclared_imports(files, "app", {"a": [], "b": ["a", "c"], "d": []}) == [
        "c is not a component",
        "d is not a component",
    ]


@pytest.mark.parametrize(
    ("guard", "path", "text", "complaint"),
    [
        (
            providers_that_know_others,
            "completions/wire/gemini/answer.py",
            "import completions.wire.anthropic.rules",
            "imports anthropic",
        ),
        (
            providers_that_know_others,
            "completions/wire/openai/chat/format.py",
            "from completions.wire import dialects",
            "imports dialects",
        ),
        (
            providers_that_know_others,
            "completions/wire/base.py",
            "from completions.wire import openai",
            "imports openai",
        ),
        (
            lambda sources: architecture.across_packages(sources, APART),
            "completions/state/ledger.py",
            f"{LATE}from mocksite.settings import JOURNAL",
            "imports mocksite.settings.JOURNAL",
        ),
        (
            lambda sources: architecture.across_packages(sources, APART),
            "llmclient/a.py",
            "import completions",
            "imports",
        ),
        (architecture.environment_readers, "app/a.py", "import os\nhome = os.environ['HOME']", ""),
        (architecture.environment_readers, "app/a.py", "import os as system\nhome = system.getenv('HOME')", ""),
        (architecture.environment_readers, "app/a.py", "from os import environ", ""),
        (lambda sources: architecture.too_long(sources, 3, 3), "app/a.py", "a = 1\n" * 4, "is too long"),
        (
            lambda sources: architecture.too_long(sources, 9, 3),
            "app/a.py",
            f"{LATE}pass\n    pass\n    pass",
            "late is",
        ),
        (
            lambda sources: architecture.too_long(sources, 9, 3),
            "app/a.py",
            "class A:\n    async def b(self):\n        pass\n        pass\n        pass\n",
            "b is too long",
        ),
        (lambda sources: architecture.with_many_parameters(sources, 2), "app/a.py", "def a(b, *c, d): ...", "a has"),
        (
            lambda sources: architecture.with_many_parameters(sources, 2),
            "app/a.py",
            "class A:\n    async def a(self, b, c, /, **d): ...",
            "a has",
        ),
        (architecture.undocumented, "app/a.py", "a = 1", "has no docstring"),
        (architecture.undocumented, "app/a.py", f"{MODULE}def a(): ...", "a has no docstring"),
        (architecture.undocumented, "app/a.py", f"{MODULE}async def a(): ...", "a has no docstring"),
        (architecture.undocumented, "app/a.py", f"{MODULE}class A: ...", "A has no docstring"),
        (architecture.undocumented, "app/a.py", f"{MODULE}if True:\n    def a(): ...", "a has no docstring"),
        (
            architecture.undocumented,
            "app/a.py",
            f"{MODULE}class A:\n    'It.'\n    def b(self): ...",
            "b has no docstring",
        ),
    ],
)
def test_guards__each_sees_what_it_guards(
    guard: Callable[[Sources], list[str]], path: str, text: str, complaint: str
) -> None:
    assert guard({path: MODULE}) == []
    (found,) = guard({path: text})
    assert found.startswith(path)
    assert complaint in found


@pytest.mark.parametrize("path", ["app/misc.py", "app/misc/a.py"])
def test_names__that_are_vague_are_found(path: str) -> None:
    assert architecture.vaguely_named({path: "", "app/miscount.py": ""}, {"misc"}) == [f"{path} is named vaguely"]


def test_parameters__are_not_many_without_self_or_with_a_reason() -> None:
    text = "class A:\n    def a(self, b, c): ...\n\ndef d(  # a reason\n    e, f, g\n): ..."
    assert architecture.with_many_parameters({"app/a.py": text}, 2) == []


def test_docstrings__are_not_asked_of_what_is_private() -> None:
    text = (
        f"{MODULE}def _a():\n    def b(): ...\n\ndef c():\n    'Do.'\n    def d(): ...\n\nclass _E:\n    def f(): ..."
    )
    assert architecture.undocumented({"app/a.py": text}) == []
