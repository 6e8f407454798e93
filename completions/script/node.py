"""A YAML document whose every value knows its line, so that an error can name it."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml

from completions.exceptions import ScriptError

T = TypeVar("T")

KINDS = {dict: "a mapping", list: "a list", str: "a string", int: "a whole number", bool: "true or false"}


class Node:
    """One value of a script: read it as what it should be, or get an error that names file, line and path."""

    def __init__(self, file: str, node: yaml.Node, value: object, path: str = "") -> None:
        self.file, self.path, self.value = file, path, value
        self._node = node

    def error(self, message: str) -> ScriptError:
        """Return an error at this value's line."""
        where = f"`{self.path}` " if self.path else "the script "
        return ScriptError(f"{where}{message}", self.file, self._node.start_mark.line + 1)

    def as_(self, kind: type[T]) -> T:
        """Return the value, which must be of `kind`."""
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.error(f"must be {KINDS[kind]}, and is {self.value!r}.")
        return self.value

    def fields(self, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, "Node"]:
        """Return a mapping's values by key; an unknown or a missing key is an error."""
        found = dict(self._items())
        allowed = (*required, *optional)
        for key, child in found.items():
            if key not in allowed:
                close = difflib.get_close_matches(key, allowed, n=1)
                hint = f" Did you mean `{close[0]}`?" if close else ""
                raise child.error(f"is not known here; allowed: {', '.join(allowed)}.{hint}")
        for key in required:
            if key not in found:
                raise self.error(f"lacks `{key}`.")
        return found

    def items(self) -> list["Node"]:
        """Return a list's values."""
        values = self.as_(list)
        nodes: list[yaml.Node] = self._node.value
        return [
            Node(self.file, node, value, f"{self.path}[{index}]")
            for index, (node, value) in enumerate(zip(nodes, values, strict=True))
        ]

    def _items(self) -> Iterator[tuple[str, "Node"]]:
        values: dict[Any, object] = self.as_(dict)
        for key_node, node in self._node.value:
            key = key_node.value
            if key in values:
                yield key, Node(self.file, node, values[key], f"{self.path}.{key}".lstrip("."))


def read(path: Path, name: str) -> Node:
    """Read a YAML file; `name` stands for it in errors."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            value = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except OSError as exc:
        raise ScriptError(f"cannot be read: {exc.strerror}.", name) from exc
    except UnicodeDecodeError as exc:
        raise ScriptError("is not UTF-8 text.", name) from exc
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else None
        raise ScriptError(f"is not YAML: {exc.problem}.", name, line) from exc
    except yaml.YAMLError as exc:
        raise ScriptError(f"is not YAML: {exc}.", name) from exc
    if node is None:
        raise ScriptError("is empty.", name)
    return Node(name, node, value)
