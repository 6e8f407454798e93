"""The tests in other languages that the manual shows, run by their own tools where these are installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES
from tests.patience import PATIENCE
from tests.server import ROOT

(PAGE,) = (page for page in PAGES if page.name == "docs/other-languages.md")


def tool(name: str) -> str:
    """Return where a program is; skip the test where it is not installed."""
    return shutil.which(name) or pytest.skip(f"there is no {name} in the path")


def junit() -> str:
    """Return JUnit's console, in one file."""
    named = os.environ.get("JUNIT_JAR")
    found = [named] if named else sorted(Path.home().glob(".m2/**/junit-platform-console-standalone-*.jar"))
    return str(found[-1]) if found else pytest.skip("JUNIT_JAR names no junit-platform-console-standalone.jar")


def node(file: str) -> list[list[str]]:
    return [[tool("node"), "--test", file]]


def go(file: str) -> list[list[str]]:
    """Where Go has not compiled its library yet, which takes most of a minute, COMPILE_GO asks for that."""
    wanted = [tool("go"), "list", "-f", "{{.Stale}}", "net/http"]
    done = subprocess.run(wanted, capture_output=True, text=True, timeout=PATIENCE)
    if done.stdout.strip() != "false" and not os.environ.get("COMPILE_GO"):
        pytest.skip("Go would compile its library first: set COMPILE_GO=1")
    return [[tool("go"), "mod", "init", "refunds"], [tool("go"), "test", "-vet=off", "./..."]]


def java(file: str) -> list[list[str]]:
    console = junit()
    run = [tool("java"), "-jar", console, "execute", "--class-path", "classes", "--scan-class-path"]
    return [[tool("javac"), "-d", "classes", "-cp", console, file], run]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with the command `mocksite`, as the installed package has it."""
    command = tmp_path / "bin" / "mocksite"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m mocksite "$@"\n')
    command.chmod(0o755)
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST", "COV"))}
    return {**theirs, "PATH": f"{command.parent}{os.pathsep}{theirs['PATH']}", "GOPROXY": "off", "GOTOOLCHAIN": "local"}


@pytest.mark.parametrize(("language", "commands"), [("js", node), ("go", go), ("java", java)], ids=["js", "go", "java"])
def test_recipe__passes(language: str, commands: object, tmp_path: Path, environment: dict[str, str]) -> None:
    (text,) = PAGE.blocks_of(language)
    file = text.partition("\n")[0].removeprefix("// ")
    assert callable(commands)
    steps: list[list[str]] = commands(file)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / file).write_text(text)
    for step in steps:
        done = subprocess.run(step, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
