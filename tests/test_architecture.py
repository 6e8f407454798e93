"""The arrows between the rooms: which part may import which, read from the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEUTRAL = {"exceptions", "conversation"}
VALUES = NEUTRAL | {"outcome", "event"}

ARROWS: dict[str, set[str]] = {
    "exceptions": set(),
    "conversation": set(),
    "outcome": NEUTRAL,
    "event": set(),
    "faults": VALUES,
    "tokens": NEUTRAL,
    "vectors": set(),
    "conf": set(),
    "counting": NEUTRAL | {"tokens"},
    "model_table": NEUTRAL,
    "admission": NEUTRAL | {"counting", "model_table"},
    "chance": set(),
    "finish": NEUTRAL | {"tokens", "counting", "chance"},
    "script": VALUES | {"tokens", "faults"},
    "wire": VALUES | {"tokens", "model_table", "vectors"},
    "delivery": VALUES | {"tokens", "faults"},
    "gates": set(),
    "limits": NEUTRAL | {"script"},
    "demand": VALUES | {"faults", "script"},
    "state": VALUES | {"script", "conf", "gates", "limits", "delivery"},
    "engine": VALUES | {"script", "state", "conf", "finish", "demand", "limits"},
    "rehearsal": VALUES | {"script", "finish"},
    "models": set(),
    "journal": VALUES | {"models", "conf", "model_table", "chance"},
    "access": VALUES | {"conf", "counting", "state", "engine", "journal", "demand", "limits", "wire"},
    "responses": NEUTRAL | {"wire", "journal", "delivery"},
    "streaming": VALUES | {"delivery", "gates", "journal", "conf"},
    "misbehave": VALUES | {"faults", "wire", "delivery", "journal", "responses", "gates", "streaming"},
    "endpoints": NEUTRAL | {"access", "conf", "journal", "responses", "state", "wire"},
    "catalog": NEUTRAL | {"state", "wire"},
    "memory": VALUES | {"delivery", "state", "wire"},
    "views": VALUES
    | {"script", "wire", "delivery", "journal", "engine", "state", "responses", "admission", "demand", "misbehave"}
    | {"access", "streaming", "endpoints", "memory", "catalog"},
    "stored": NEUTRAL | {"access", "conf", "delivery", "endpoints", "journal", "responses", "state", "wire"},
    "control": VALUES
    | {"admission", "conf", "endpoints", "journal", "metrics", "rehearsal", "responses", "script", "state", "wire"},
    "metrics": {"journal", "conf"},
    "inspector": NEUTRAL | {"access", "conf", "control", "journal", "state"},
    "urls": {"stored", "views", "wire", "control", "inspector"},
    "checks": NEUTRAL | {"conf", "script", "state", "journal"},
    "migrations": set(),
    "apps": {"checks"},
    "management": VALUES | {"conf", "script", "state", "engine", "checks", "inspector"},
    "pytest_plugin": NEUTRAL | {"script", "wire"},  # of these only what loads no Django
}
"""Each room of `completions`, and the rooms that it may import; `models` is Django's."""


def imports(file: Path) -> set[str]:
    """Return the dotted names that a file imports, with the names that it takes from packages."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(*packages: str) -> list[Path]:
    return [file for package in packages for file in sorted((ROOT / package).rglob("*.py"))]


def room(file: Path) -> str:
    return file.relative_to(ROOT / "completions").parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", files("completions"), ids=lambda file: str(file.relative_to(ROOT)))
def test_completions__imports_along_the_arrows(file: Path) -> None:
    own = room(file)
    rooms = {name.split(".")[1] for name in imports(file) if name.startswith("completions.")}
    assert rooms - {own} <= ARROWS.get(own, set())


def test_arrows__have_no_circle() -> None:
    """Take away the rooms whose arrows all lead to rooms already taken; all must go."""
    left = {own: targets - {"models"} for own, targets in ARROWS.items()}
    while left:
        free = {own for own, targets in left.items() if not targets & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {own: targets for own, targets in left.items() if own not in free}


@pytest.mark.parametrize("file", files("completions/wire"), ids=lambda file: file.name)
def test_wire__no_format_imports_another(file: Path) -> None:
    """A format's files begin with its name; what they share imports none of them. Some have several of OpenAI's."""
    formats = {"anthropic", "chat", "embeddings", "gemini", "legacy", "moderations", "ollama", "responses"}
    own = file.stem.partition("_")[0]
    others = {name.split(".")[2].partition("_")[0] for name in imports(file) if name.startswith("completions.wire.")}
    above = {"azure": {"chat", "legacy", "embeddings"}, "mistral": {"chat", "embeddings"}}
    assert not (others - {own} - above.get(own, set())) & (formats | set(above))


@pytest.mark.parametrize("file", files("completions", "mocksite", "llmclient"), ids=lambda file: str(file.name))
def test_packages__keep_apart(file: Path) -> None:
    package = file.relative_to(ROOT).parts[0]
    forbidden = {
        "completions": {"mocksite", "llmclient"},
        "mocksite": {"llmclient"},
        "llmclient": {"completions", "mocksite", "django"},
    }[package]
    assert not {name.split(".")[0] for name in imports(file)} & forbidden


def test_settings__alone_read_the_environment() -> None:
    readers = [
        str(file.relative_to(ROOT))
        for file in files("completions", "mocksite")
        if "os.environ" in (text := file.read_text()) or "getenv" in text
    ]
    # asgi and __main__ name the settings module; tiktoken and prometheus-client take their folders from nowhere else
    assert readers == [
        "completions/management/server.py",
        "completions/metrics.py",
        "completions/pytest_plugin/__init__.py",  # the test's own, and the server's made of it
        "completions/pytest_plugin/process.py",
        "completions/tokens.py",
        "mocksite/__main__.py",
        "mocksite/asgi.py",
        "mocksite/environment.py",
        "mocksite/settings.py",
    ]


@pytest.mark.parametrize("module", ["litellm", "redis"])
def test_server__starts_without(module: str) -> None:
    code = f"import sys, mocksite.asgi, completions.tokens as t; t.warm(); print('{module}' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("file", files("completions", "mocksite", "llmclient"), ids=lambda file: str(file.name))
def test_files__have_one_idea(file: Path) -> None:
    source = file.read_text()
    assert source.count("\n") <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno <= 40, f"{node.name} is too long"


@pytest.mark.parametrize("file", files("completions", "mocksite", "llmclient"), ids=lambda file: str(file.name))
def test_files__say_what_they_are_for(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree) or not tree.body, "a module docstring"
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            nested = node not in ast.walk(tree) or isinstance(node, ast.ClassDef)
            assert ast.get_docstring(node) or not nested, f"{node.name} has no docstring"
