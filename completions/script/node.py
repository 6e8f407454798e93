"""A YAML document whose every value knows its line, so that an error can name it."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from completions.exceptions import ScriptError
from completions.script.language import Keys
from completions.script.yaml import DuplicateKey, Loader

T = TypeVar("T")

KINDS = {dict: "a mapping", list: "a list", str: "a string", int: "a whole number", bool: "true or false"}

SHOWN = 60
"""Characters of a wrong value that an error shows."""


class Node:
    """One value of a script: read it as what it should be, or get an error that names file, line and path.

    `line` is where its key stands, or itself where it has none. In a `literal` one no text is a template.
    """

    def __init__(
        self, file: str, node: yaml.Node, value: object, path: str = "", line: int | None = None, literal: bool = False
    ) -> None:
        self.file, self.path, self.value = file, path, value
        self.line = line if line is not None else node.start_mark.line + 1
        self.literal = literal
        self._node = node

    def error(self, message: str, line: int | None = None) -> ScriptError:
        """Return an error at this value's line, or another one."""
        where = f"`{self.path}` " if self.path else "the script "
        return ScriptError(f"{where}{message}", self.file, line or self.line, self.path or None)

    def wrong(self, expected: str) -> ScriptError:
        """Return the error of a value that is something else than is allowed here."""
        return self.error(f"must be {expected}, and is {_shown(self.value)}.")

    def as_(self, kind: type[T]) -> T:
        """Return the value, which must be of `kind`."""
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.wrong(KINDS[kind])
        return self.value

    def count(self, least: int = 0) -> int:
        """Return a whole number of at least `least`."""
        if (value := self.as_(int)) < least:
            raise self.wrong(f"a whole number from {least}")
        return value

    def number(self) -> float:
        """Return a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self.wrong("a number")
        return self.value

    def one_of(self, allowed: Iterable[T]) -> T:
        """Return the value, which must be one of these."""
        for value in allowed:
            if self.value == value and not isinstance(self.value, bool):
                return value
        hint = did_you_mean(str(self.value), map(str, allowed))
        raise self.error(f"must be one of {', '.join(map(str, allowed))}, and is {_shown(self.value)}.{hint}")

    @property
    def raw(self) -> str:
        """Return a scalar as it is written, so that `007` and `true` can stand for strings; else an error."""
        if not isinstance(self._node, yaml.ScalarNode) or self.value is None:
            raise self.wrong("a string")
        written: str = self._node.value
        return written

    @property
    def text_line(self) -> int:
        """The line where the first line of a text stands; a block's (`|`, `>`) is the one after its sign."""
        line: int = self._node.start_mark.line
        return line + (2 if getattr(self._node, "style", None) in ("|", ">") else 1)

    def keyed(self, keys: Keys) -> dict[str, "Node"]:
        """Return a mapping's values by key; the keys are a table of the language."""
        return self.fields(required=tuple(key for key in keys if keys[key].required), optional=tuple(keys))

    def fields(self, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, "Node"]:
        """Return a mapping's values by key; an unknown or a missing key is an error."""
        found = self.entries()
        allowed = list(dict.fromkeys((*optional, *required)))
        for key, child in found.items():
            if key not in allowed:
                hint = did_you_mean(key, allowed)
                raise child.error(f"is not known here; allowed: {', '.join(allowed)}.{hint}")
        for key in required:
            if key not in found:
                raise self.error(f"lacks `{key}`.")
        return found

    def entries(self) -> dict[str, "Node"]:
        """Return a mapping's values by key, whatever the keys."""
        values: dict[Any, object] = self.as_(dict)
        nodes = {key.value: (key, node) for key, node in self._node.value}
        return {name: self._child(name, key, node, values[name]) for name, (key, node) in nodes.items()}

    def items(self) -> list["Node"]:
        """Return a list's values."""
        values = self.as_(list)
        nodes: list[yaml.Node] = self._node.value
        return [
            Node(self.file, node, value, f"{self.path}[{index}]", literal=self.literal)
            for index, (node, value) in enumerate(zip(nodes, values, strict=True))
        ]

    def _child(self, name: str, key: yaml.Node, node: yaml.Node, value: object) -> "Node":
        return Node(self.file, node, value, f"{self.path}.{name}".lstrip("."), key.start_mark.line + 1, self.literal)


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return a hint at the allowed word that is nearest; empty where none is near."""
    close = difflib.get_close_matches(word, list(allowed), n=1)
    return f" Did you mean `{close[0]}`?" if close else ""


def read(path: Path, name: str) -> Node:
    """Read a YAML file; `name` stands for it in errors."""
    return read_text(text_of(path, name), name)


def text_of(path: Path, name: str) -> str:
    """Return the text of a YAML file; `name` stands for it in errors."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise ScriptError(f"cannot be read: {exc.strerror}.", name) from exc
    except UnicodeDecodeError as exc:
        raise ScriptError("is not UTF-8 text.", name) from exc


def read_text(text: str, name: str, path: str = "", literal: bool = False) -> Node:
    """Read YAML; `name` stands for where it is from in errors, and `path` for what it is a part of."""
    try:
        loader = Loader(text)
        try:
            node = loader.get_single_node()
            value = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except DuplicateKey as exc:
        raise ScriptError(str(exc), name, exc.line) from exc
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else None
        raise ScriptError(f"is not YAML: {exc.problem}.", name, line) from exc
    except yaml.YAMLError as exc:
        raise ScriptError(f"is not YAML: {exc}.", name) from exc
    except RecursionError as exc:
        raise ScriptError("is nested too deep.", name) from exc
    if node is None:
        raise ScriptError("is empty.", name)
    return Node(name, node, value, path, literal=literal)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
