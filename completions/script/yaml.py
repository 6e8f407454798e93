"""YAML as scripts are written in it: what comes out is JSON, and a key that stands twice is an error.

The words that YAML 1.1 turns into something else stay strings, as in YAML 1.2's core schema: `no`, `12:30`,
`2026-01-31`. So do `.inf` and `.nan`, which JSON has not.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml


class DuplicateKey(yaml.YAMLError):
    """A key that stands twice in one mapping."""

    def __init__(self, key: str, line: int, first: int) -> None:
        super().__init__(f"`{key}` stands twice in one mapping, first in line {first}.")
        self.line = line


class Loader(yaml.SafeLoader):
    """A safe loader with JSON's types alone."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  # PyYAML's own class attribute

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge `<<`, after a look at the keys as they are written."""
        _refuse_duplicates(node)
        super().flatten_mapping(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping; its keys are the texts that are written."""
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """Return the text; half a surrogate pair, which an escape can write and no answer can carry, is refused."""
        try:
            str(node.value).encode()
        except UnicodeEncodeError as exc:
            why = "a text holds half a surrogate pair"
            raise yaml.constructor.ConstructorError(None, None, why, node.start_mark) from exc
        return super().construct_scalar(node)


def _refuse_duplicates(node: yaml.MappingNode) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a string", key.start_mark)
        if key.value in lines and key.value != "<<":
            raise DuplicateKey(key.value, line, lines[key.value])
        lines[key.value] = line


def _resolve(tag: str, pattern: str, first: str) -> None:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


_resolve("null", "~|null|Null|NULL|", "~nN")
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
_resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve("int", "[-+]?(?:0|[1-9][0-9]*)", "-+0123456789")
_resolve("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", "-+.0123456789")
_resolve("merge", "<<", "<")
