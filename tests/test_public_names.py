"""What users import from the packages: the names, and nothing else; and what readers find of the errors."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import completions
import llmclient
from completions import conversation, exceptions


def test_completions__exports_what_functions_take_and_return() -> None:
    assert sorted(completions.__all__) == completions.__all__
    assert all(getattr(completions, name) is getattr(conversation, name) for name in completions.__all__)
    assert {"Choice", "Prompt", "Reply", "ToolCall", "Usage"} <= {*completions.__all__}


def test_llmclient__exports_what_it_names() -> None:
    assert all(hasattr(llmclient, name) for name in llmclient.__all__)


ROOT = Path(__file__).parents[1]
ANY_NAME = ("completions", "llmclient", "llmclient.errors")
"""Modules with a `__getattr__`, for which mypy takes any name as right."""


def imported(package: str) -> Iterator[tuple[str, str]]:
    """Yield the modules of `ANY_NAME` from which a package's files import, with the names."""
    for file in sorted((ROOT / package).rglob("*.py")):
        text = file.read_text()
        if not any(f"from {module} import" in text for module in ANY_NAME):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module in ANY_NAME:
                yield from ((node.module, alias.name) for alias in node.names)


def test_imports__from_modules_with_any_name_have_a_right_one() -> None:
    found = {pair for package in ("completions", "llmclient", "mocksite", "tests") for pair in imported(package)}
    assert {module for module, _ in found} == {*ANY_NAME}
    modules = {name: importlib.import_module(name) for name in ANY_NAME}
    submodules = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in ROOT.glob("*/*.py")}
    packages = {".".join(file.relative_to(ROOT).parent.parts) for file in ROOT.glob("*/*/__init__.py")}
    missing = {f"{module}.{name}" for module, name in found if not hasattr(modules[module], name)}
    assert missing - submodules - packages == set()


def test_errors__each_is_below_its_base_in_the_tree() -> None:
    bases: list[str] = []
    tree: dict[str, str] = {}
    for indent, name in re.findall(r"^([│├└─ ]*)([A-Z]\w+)(?: |$)", exceptions.__doc__ or "", re.MULTILINE)[1:]:
        depth = len(indent) // 4
        bases[depth:] = [name]
        tree[name] = bases[depth - 1] if depth else "Exception"
    errors = {name: each for name, each in vars(exceptions).items() if isinstance(each, type)}
    assert tree == {name: each.__mro__[1].__name__ for name, each in errors.items() if issubclass(each, Exception)}
