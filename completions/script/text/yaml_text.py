"""YAML in the style of a person, for files that people read and change."""

import re
from typing import Any

import yaml


class Dumper(yaml.SafeDumper):
    """Indents lists, and writes texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists within mappings too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        return True


NUMBER = re.compile(r"[-+]?[.0-9][-+.0-9eE]*")
"""Texts that scripts may read as numbers, but PyYAML as texts."""


def _string(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _string)

STYLE: dict[str, Any] = {"sort_keys": False, "allow_unicode": True}


UNFOLDED = 1_000_000_000
"""The `width` at which lines are not folded, so that a text can be searched and replaced."""


def yaml_text(value: object, width: int = 100) -> str:
    """Return a value as YAML, folded at a line width."""
    text: str = yaml.dump(value, Dumper=Dumper, width=width, **STYLE)
    return text
